// A recording as a source of voltages: what the electrodes of an emulated board carry.

public import Signal

/// Sample after sample of a recording, one for each sample of the board whatever the rates; at its
/// end it begins again. Channel k plays channel k modulo the recorded ones.
public struct Playback: Equatable, Sendable {
  /// `microvolts[sample * channelCount + channel]`.
  private let microvolts: [Double]
  public let channelCount: Int
  public let sampleCount: Int

  /// - Throws: `unsuitable` for a recording without samples.
  public init(_ table: SampleTable) throws(EmulatorFault) {
    guard table.channelCount > 0, table.sampleCount > 0 else {
      throw .unsuitable(
        what: "playing a recording without samples", remedy: "name another recording")
    }
    channelCount = table.channelCount
    sampleCount = table.sampleCount
    let scales = table.montage.channels.map(\.microvoltsPerCount)
    let channels = table.channelCount
    microvolts = table.counts.indices.map { Double(table.counts[$0]) * scales[$0 % channels] }
  }

  func microvolts(sample: Int, channel: Int) -> Double {
    microvolts[(sample % sampleCount) * channelCount + channel % channelCount]
  }

  /// The recording in the counts of a converter, beyond whose range it clips.
  ///
  /// Shape: `[sample * channelCount + channel]`.
  func counts(of converter: Converter) -> [Int32] { microvolts.map(converter.count) }
}

/// What a converter makes of a voltage.
struct Converter: Equatable, Sendable {
  let microvoltsPerCount: Double
  let range: ClosedRange<Int32>
  /// The count of zero volts.
  var zero: Int32 = 0

  static let range24Bit: ClosedRange<Int32> = -0x80_0000...0x7F_FFFF

  func count(_ microvolts: Double) -> Int32 {
    let count = (microvolts / microvoltsPerCount).rounded() + Double(zero)
    return Int32(min(max(count, Double(range.lowerBound)), Double(range.upperBound)))
  }
}
