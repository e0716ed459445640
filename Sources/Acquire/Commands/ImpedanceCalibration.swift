// acquire impedance --calibrate: a known resistor in place of every electrode, and the constant
// that makes the board say so.

import Monitor
import Signal

/// Known over measured, for each channel and for the board.
struct ImpedanceCalibration {
  struct Channel: Equatable {
    var label: String
    var ohms: Double
    var uncertainty: Double
    var constant: Double
  }

  /// Channels of one chip differ by a few per cent; more is a wrong resistor or a bad joint.
  static var spreadMaximum: Double { 0.1 }
  /// A current that is off by more is not the one that was programmed, or the resistor another.
  static var constants: ClosedRange<Double> { 0.5...2 }
  /// The reading must be this much better than the spread.
  static var uncertaintyMaximum: Double { 0.02 }

  let knownOhms: Double
  let channels: [Channel]
  /// The median of the channels' constants.
  let constant: Double
  /// (largest − smallest) / median.
  let spread: Double

  /// - Parameter readings: measured with a calibration of 1.
  /// - Throws: `Failure` when a channel has no number, and when the numbers make no sense together.
  init(knownOhms: Double, seriesOhms: Double, readings: [(label: String, ImpedanceReading)])
    throws(Failure)
  {
    var channels: [Channel] = []
    for (label, reading) in readings {
      guard case .measured(let ohms, let uncertainty) = reading,
        uncertainty <= Self.uncertaintyMaximum * (ohms + seriesOhms)
      else {
        let row = ContactRow(label: label, reading: reading, grade: .unknown)
        let reason =
          row.remark.isEmpty
          ? "\(row.number) kΩ" + (row.uncertainty.isEmpty ? "" : " ± \(row.uncertainty) kΩ")
          : row.remark
        throw Failure(
          .data,
          "\(label) cannot be calibrated (\(reason)): check its resistor, name only connected "
            + "electrodes with --channels, or measure longer with --duration")
      }
      // The current flows through the series resistors as well.
      channels.append(
        Channel(
          label: label, ohms: ohms, uncertainty: uncertainty,
          constant: (knownOhms + seriesOhms) / (ohms + seriesOhms)))
    }
    let sorted = channels.map(\.constant).sorted()
    guard let smallest = sorted.first, let largest = sorted.last else {
      throw Failure(.usage, "there is no electrode to calibrate with: name one with --channels")
    }
    let middle = sorted.count / 2
    let median =
      sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    let spread = (largest - smallest) / median
    if let worst = channels.max(by: {
      ($0.constant - median).magnitude < ($1.constant - median).magnitude
    }), spread > Self.spreadMaximum {
      throw Failure(
        .data,
        "the channels differ by \(decimal(spread * 100, places: 0)) %, most of all \(worst.label) "
          + "with \(decimal(worst.ohms / 1_000, places: 2)) kΩ: check that the same resistor is in "
          + "place of every electrode")
    }
    guard Self.constants.contains(median) else {
      throw Failure(
        .data,
        "a constant of \(decimal(median, places: 3)) means a current that is not the chip's: check "
          + "that the resistor has \(decimal(knownOhms / 1_000, places: 3)) kΩ, and "
          + "impedance.series-ohms")
    }
    self.knownOhms = knownOhms
    self.channels = channels
    constant = median
    self.spread = spread
  }

  /// Four decimals: beyond what a resistor of one per cent is worth.
  private var rounded: String { decimal(constant, places: 4) }

  func tell(asJSON: Bool) {
    if asJSON {
      let object = JSON.object([
        .init("schemaVersion", .integer(1)),
        .init("knownOhms", .number(knownOhms)),
        .init("calibration", .number(constant)),
        .init("spread", .number(spread)),
        .init(
          "electrodes",
          .array(
            channels.map {
              .object([
                .init("label", .string($0.label)), .init("ohms", .number($0.ohms)),
                .init("uncertaintyOhms", .number($0.uncertainty)),
                .init("calibration", .number($0.constant)),
              ])
            })),
      ])
      Terminal.output.write(object.page)
      return
    }
    let width = max(11, (channels.map(\.label.count).max() ?? 0) + 2)
    func row(_ label: String, _ ohms: String, _ uncertainty: String, _ constant: String) -> String {
      label + ohms.leading(9 + width - label.count) + uncertainty.leading(9)
        + constant.leading(11) + "\n"
    }
    var text = row("electrode", "kΩ", "±", "constant")
    for channel in channels {
      text += row(
        channel.label, decimal(channel.ohms / 1_000, places: 3),
        decimal(channel.uncertainty / 1_000, places: 3), decimal(channel.constant, places: 4))
    }
    text += row("board", "", "", rounded)
    text +=
      "\nThe channels differ by \(decimal(spread * 100, places: 1)) %. For the configuration:\n\n"
      + "[impedance]\ncalibration = \(rounded)\n"
    Terminal.output.write(text)
  }
}
