// A band-pass that delays every frequency alike: a windowed sinc.
//
// `process` is real-time: decoding thread; channels × taps multiply-adds; no system call.

import MathShim
public import RT

/// A linear-phase band-pass: y[n] = Σ h[k] x[n−k], delay (taps − 1) / 2 samples at every frequency.
///
/// The taps are scipy.signal.firwin(taps, [low, high], window='hann', pass_zero=False): unity gain
/// at the arithmetic centre of the band, −6 dB at its edges. Starts at rest.
@safe
public struct LinearPhaseFIR: ~Copyable, FrameStage {
  public let channelCount: Int
  public let tapCount: Int
  private let taps: Workspace<Double>
  /// The last `tapCount` frames, a row each.
  private let history: Workspace<Double>
  private var newest = 0

  /// The taps of a band-pass, refused where they make none.
  ///
  /// The rule: at DC, one octave below the lower edge, and one octave above the upper edge (where
  /// that is below half the rate) at most −20 dB are let through; at the geometric centre the gain
  /// is within 1 dB of unity. For 8–30 Hz that takes a filter of about a quarter of a second.
  ///
  /// - Throws: `.tooFewTaps` with the measured response, or what is wrong with the band.
  public static func bandPass(
    taps count: Int, band: Band, samplesPerSecond: Double
  ) throws(SignalFault) -> [Double] {
    guard samplesPerSecond > 0, samplesPerSecond.isFinite else {
      throw .rateNotPositive(samplesPerSecond)
    }
    guard (3...8191).contains(count) else { throw .tapsOutOfRange(count) }
    try band.validate(samplesPerSecond: samplesPerSecond)
    let taps = windowedSinc(count, band, samplesPerSecond)
    let measured = response(of: taps, band: band, samplesPerSecond: samplesPerSecond)
    guard measured.atDC <= -20, measured.octaveBelow <= -20, (measured.octaveAbove ?? -20) <= -20,
      abs(measured.atCentre) <= 1
    else { throw .tooFewTaps(count, measured: measured) }
    return taps
  }

  /// Gains of a filter where they matter for a band.
  public static func response(
    of taps: [Double], band: Band, samplesPerSecond: Double
  ) -> BandResponse {
    BandResponse(band, samplesPerSecond: samplesPerSecond) { frequency in
      evaluate(taps, angle: frequency.angle(samplesPerSecond: samplesPerSecond)).value.magnitude
    }
  }

  static func windowedSinc(_ count: Int, _ band: Band, _ samplesPerSecond: Double) -> [Double] {
    let low = band.low.rawValue * 2 / samplesPerSecond
    let high = band.high.rawValue * 2 / samplesPerSecond
    let middle = Double(count - 1) / 2
    func sinc(_ x: Double) -> Double {
      x == 0 ? 1 : math_sin(Double.pi * x) / (Double.pi * x)
    }
    var taps = (0..<count).map { k in
      let m = Double(k) - middle
      let hann = 0.5 - 0.5 * math_cos(2 * Double.pi * Double(k) / Double(count - 1))
      return (high * sinc(high * m) - low * sinc(low * m)) * hann
    }
    let centre = Double.pi * (low + high) / 2
    var gain = 0.0
    for k in 0..<count { gain += taps[k] * math_cos(centre * (Double(k) - middle)) }
    for k in 0..<count { taps[k] /= gain }
    return taps
  }

  /// Runs any taps; `bandPass` makes and checks those of a band. Without taps: hands its input on.
  public init(taps: [Double], channelCount: Int) {
    self.channelCount = channelCount
    tapCount = taps.count
    self.taps = Workspace(count: taps.count, repeating: 0)
    // SAFETY: the workspace was made for exactly these taps.
    for (index, tap) in taps.enumerated() { unsafe self.taps.base[index] = tap }
    history = Workspace(count: taps.count * channelCount, repeating: 0)
  }

  /// (taps − 1) / 2 samples.
  public func groupDelay(samplesPerSecond: Double) -> Nanoseconds {
    Nanoseconds(seconds: Double(max(tapCount - 1, 0)) / 2 / samplesPerSecond)
  }

  /// Back to rest.
  @_noLocks @_noAllocation
  public mutating func reset() {
    // SAFETY: `history` holds `tapCount` rows of channels.
    for index in 0..<(tapCount * channelCount) { unsafe history.base[index] = 0 }
    newest = 0
  }

  @_noLocks @_noAllocation
  public mutating func process(_ samples: UnsafeMutablePointer<Double>) {
    guard tapCount > 0 else { return }
    newest = newest == 0 ? tapCount - 1 : newest - 1
    // SAFETY: rows are counted modulo `tapCount`; `samples` holds `channelCount` values.
    let latest = unsafe history.base + newest * channelCount
    for channel in 0..<channelCount {
      unsafe latest[channel] = samples[channel]
      unsafe samples[channel] = 0
    }
    var row = newest
    for k in 0..<tapCount {
      let tap = unsafe taps.base[k]
      let past = unsafe history.base + row * channelCount
      for channel in 0..<channelCount { unsafe samples[channel] += tap * past[channel] }
      row = row + 1 == tapCount ? 0 : row + 1
    }
  }
}
