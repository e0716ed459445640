// The alternating current that measures an electrode, and how much of its voltage the converter
// lets through: from a peak in volts to ohms.
//
//     Z = c · π · V / (4 · I · H) − R
//
// V  peak of the voltage's fundamental, as it stands in the samples
// I  the current: a square wave of ±I, whose fundamental has a peak of 4 · I / π
// H  what the converter's sinc³ filter leaves of that frequency, and a firmware that sends means
// c  the board's calibration: the true current is I / c (see `ImpedanceCorrection`)
// R  resistors of the board in series with the electrode
//
// Not on the real-time path.

import MathShim

/// A square wave of current through an electrode, in step with the converter.
public struct ImpedanceExcitation: Sendable, Equatable {
  /// The current's magnitude; it flows as +I and −I in turn.
  public let amperes: Double
  /// Samples in a period: a power of two, at least four.
  public let periodSamples: Int
  public let samplesPerSecond: Double
  /// Modulator clocks in a sample: the decimation of the sinc³ filter.
  public let decimation: Int
  /// Conversions whose mean is one sample: 2 from an OpenBCI board with a Daisy, else 1.
  public let averaged: Int

  /// - Throws: `.excitationImpossible` when a number is none that a converter can have.
  public init(
    amperes: Double, periodSamples: Int, samplesPerSecond: Double, decimation: Int,
    averaged: Int = 1
  ) throws(ImpedanceFault) {
    guard amperes > 0, amperes.isFinite, samplesPerSecond > 0, samplesPerSecond.isFinite,
      (4...1 << 16).contains(periodSamples), periodSamples & (periodSamples - 1) == 0,
      (1...1 << 20).contains(decimation), (1...16).contains(averaged)
    else {
      throw .excitationImpossible(
        amperes: amperes, periodSamples: periodSamples, samplesPerSecond: samplesPerSecond)
    }
    self.amperes = amperes
    self.periodSamples = periodSamples
    self.samplesPerSecond = samplesPerSecond
    self.decimation = decimation
    self.averaged = averaged
  }

  public var frequency: Hertz { Hertz(samplesPerSecond / Double(periodSamples)) }

  /// H: |sin(π f / fDR) / (N · sin(π f / (N · fDR)))|³ with decimation N and output rate fDR, times
  /// |sin(π M f / fDR) / (M · sin(π f / fDR))| of the mean of M conversions.
  ///
  /// SBAS499C, "Sinc Filter Stage"; the same for every odd harmonic.
  public var filterGain: Double { filterGain(harmonic: 1) }

  /// Volts of the fundamental's peak in the samples, for each ohm: (4 / π) · I · H.
  public var voltsPerOhm: Double { 4 / Double.pi * amperes * filterGain }

  /// The largest relative error that the unknown phase between current and conversions can make.
  ///
  /// Odd harmonics beyond half the rate come back as the fundamental: 1.45 % with four samples a
  /// period, 0.06 % with eight, nothing to speak of with more; 8.2 % with four that are means of
  /// two, which hold more of the third.
  public var phaseError: Double {
    var folded = 0.0
    for harmonic in stride(from: 3, through: 32 * periodSamples + 1, by: 2) {
      let place = harmonic % periodSamples
      guard place == 1 || place == periodSamples - 1 else { continue }
      folded += filterGain(harmonic: harmonic) / Double(harmonic)
    }
    return folded / filterGain
  }

  private func filterGain(harmonic: Int) -> Double {
    let angle = Double.pi * Double(harmonic) / Double(periodSamples * averaged)
    let inner = math_sin(angle / Double(decimation))
    // Whole multiples of the modulator's clock pass as direct current does.
    guard abs(inner) > 1e-12 else { return 1 }
    let ratio = abs(math_sin(angle) / (Double(decimation) * inner))
    let step = math_sin(angle)
    let mean =
      abs(step) > 1e-12
      ? abs(math_sin(Double(averaged) * angle) / (Double(averaged) * step)) : 1
    return ratio * ratio * ratio * mean
  }

  /// Whether a harmonic of the mains lies where the current is looked for.
  ///
  /// Near means within three bins of the meter, 2.9 Hz, and the converter's clock being off by half
  /// a per cent. Up to the seventh: higher ones are weak, and their noise shows in the uncertainty
  /// unless they lie in the very bin.
  ///
  /// - Returns: the harmonic, 1 for the mains itself; nil when there is none.
  public func collidingHarmonic(of mains: Mains) -> Int? {
    let margin = 3 * ImpedanceMeter.binHertz(samplesPerSecond: samplesPerSecond)
    return (1...7).first { harmonic in
      let distance = abs(Double(harmonic) * mains.frequency.rawValue - frequency.rawValue)
      return distance <= margin + 0.005 * frequency.rawValue
    }
  }
}

/// What a board adds to the truth.
public struct ImpedanceCorrection: Sendable, Equatable {
  /// c: known / measured with a known resistor. 1 when nobody has measured it.
  ///
  /// It corrects the current, which flows through the series resistors as well, and is therefore
  /// applied before they are subtracted.
  public var calibration: Double
  /// R: between the chip's pin and the electrode.
  public var seriesOhms: Double

  public init(calibration: Double = 1, seriesOhms: Double = 0) {
    self.calibration = calibration
    self.seriesOhms = seriesOhms
  }
}

/// Why an impedance cannot be measured so.
public enum ImpedanceFault: Error, Sendable, Equatable {
  case excitationImpossible(amperes: Double, periodSamples: Int, samplesPerSecond: Double)
  case correctionImpossible(calibration: Double, seriesOhms: Double)
  case noChannels
  /// The montage's rate is not the excitation's.
  case rateDiffers(montage: Double, excitation: Double)
  case scaleOutOfRange(channel: Int, microvoltsPerCount: Double)

  /// One sentence: what is wrong, with what, and what to do.
  public var message: String {
    switch self {
    case .excitationImpossible(let amperes, let periodSamples, let rate):
      "a current of \(amperes) A with \(periodSamples) samples a period at \(rate) samples a "
        + "second measures no impedance: choose one that the amplifier has"
    case .correctionImpossible(let calibration, let seriesOhms):
      "a calibration of \(calibration) with \(seriesOhms) Ω in series corrects nothing: give a "
        + "positive calibration and a resistance that is not negative"
    case .noChannels:
      "the montage has no channel: name at least one"
    case .rateDiffers(let montage, let excitation):
      "the montage has \(montage) samples a second and the current was planned for "
        + "\(excitation): plan it for the montage's rate"
    case .scaleOutOfRange(let channel, let scale):
      "channel \(channel + 1) has \(scale) µV per count: give the size of one count, above 0 and "
        + "at most 1000000"
    }
  }
}
