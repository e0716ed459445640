// A linear-phase band-pass: the same delay at every frequency, and a long one.
//
// Real-time: `process` is bounded by the taps; no system calls.

import MathShim

/// Windowed-sinc design with a Hann window, scaled to unit gain at the middle of the band: that of
/// `scipy.signal.firwin(taps, [low, high], window='hann', pass_zero=False, fs=…)`.
public enum LinearPhaseFIR {
  /// Delay in samples: (taps − 1) / 2.
  ///
  /// - Throws: `SignalFault.orderTooShort` unless the response is at most −20 dB at 0 Hz, at most
  ///   −6 dB at half the low edge and at twice the high edge, and within 1 dB at the centre.
  public static func bandPass(
    taps: Int, lowHertz: Double, highHertz: Double, samplesPerSecond: Double
  ) throws(SignalFault) -> [Double] {
    guard lowHertz > 0, lowHertz < highHertz, highHertz < samplesPerSecond / 2 else {
      throw .badBand(lowHertz: lowHertz, highHertz: highHertz, samplesPerSecond: samplesPerSecond)
    }
    guard taps >= 3, taps % 2 == 1 else {
      throw .badValue(name: "taps", value: Double(taps), mustBe: "odd and at least 3")
    }
    let low = 2 * lowHertz / samplesPerSecond
    let high = 2 * highHertz / samplesPerSecond
    let middle = Double(taps - 1) / 2
    func sinc(_ x: Double) -> Double {
      x == 0 ? 1 : math_sin(Double.pi * x) / (Double.pi * x)
    }
    var coefficients = (0..<taps).map { index in
      let offset = Double(index) - middle
      let window = 0.5 - 0.5 * math_cos(2 * Double.pi * Double(index) / Double(taps - 1))
      return (high * sinc(high * offset) - low * sinc(low * offset)) * window
    }
    let scale = zip(0..., coefficients).reduce(0) { sum, tap in
      sum + tap.1 * math_cos(Double.pi * (Double(tap.0) - middle) * (low + high) / 2)
    }
    for index in coefficients.indices { coefficients[index] /= scale }

    func decibels(_ hertz: Double) -> Double {
      20 * math_log(max(1e-12, gain(of: coefficients, atHertz: hertz, samplesPerSecond)))
        / math_log(10)
    }
    let centre = (lowHertz + highHertz) / 2
    let atDC = decibels(0)
    let atHalfLow = decibels(lowHertz / 2)
    let atCentre = decibels(centre)
    let atTwiceHigh = decibels(min(2 * highHertz, samplesPerSecond / 2))
    guard atDC <= -20, atHalfLow <= -6, atTwiceHigh <= -6, atCentre.magnitude <= 1 else {
      throw .orderTooShort(
        taps: taps, atDC: atDC, atHalfLowEdge: atHalfLow, atCentre: atCentre,
        atTwiceHighEdge: atTwiceHigh)
    }
    return coefficients
  }

  /// Magnitude of the response.
  static func gain(of coefficients: [Double], atHertz hertz: Double, _ samplesPerSecond: Double)
    -> Double
  {
    let radians = 2 * Double.pi * hertz / samplesPerSecond
    var (real, imaginary) = (0.0, 0.0)
    for (index, tap) in coefficients.enumerated() {
      real += tap * math_cos(radians * Double(index))
      imaginary -= tap * math_sin(radians * Double(index))
    }
    return math_sqrt(real * real + imaginary * imaginary)
  }
}

/// The running filter: y[n] = Σ h[k] x[n−k], each channel with a history of its own.
@safe
public struct FIRFilter: ~Copyable, @unchecked Sendable {
  private let taps: Int
  private let coefficients: UnsafeMutablePointer<Double>
  /// Channels × 2·taps: every sample is written twice, so that the newest `taps` samples always lie
  /// in one piece.
  private let history: UnsafeMutablePointer<Double>
  private let channelCount: Int
  private let positions: UnsafeMutablePointer<Int>

  public init(_ coefficients: [Double], channelCount: Int) {
    precondition(!coefficients.isEmpty && channelCount > 0, "a filter has taps and channels")
    taps = coefficients.count
    self.channelCount = channelCount
    unsafe self.coefficients = .allocate(capacity: taps)
    // Reversed, so that the oldest sample meets the last tap.
    for (index, tap) in coefficients.reversed().enumerated() {
      unsafe (self.coefficients + index).initialize(to: tap)
    }
    unsafe history = .allocate(capacity: 2 * taps * channelCount)
    unsafe history.initialize(repeating: 0, count: 2 * taps * channelCount)
    unsafe positions = .allocate(capacity: channelCount)
    unsafe positions.initialize(repeating: 0, count: channelCount)
  }

  deinit {
    unsafe coefficients.deallocate()
    unsafe history.deallocate()
    unsafe positions.deallocate()
  }

  @_noLocks @_noAllocation
  public mutating func process(_ sample: Double, channel: Int) -> Double {
    precondition(channel >= 0 && channel < channelCount, "the channel exists")
    // SAFETY: the channel was checked; the position runs over 0..<taps.
    let position = unsafe positions[channel]
    let line = unsafe history + 2 &* taps &* channel
    unsafe line[position] = sample
    unsafe line[position &+ taps] = sample
    let next = position &+ 1 == taps ? 0 : position &+ 1
    unsafe positions[channel] = next
    let oldest = unsafe line + (position &+ 1)
    var sum = 0.0
    for index in 0..<taps { unsafe sum += coefficients[index] * oldest[index] }
    return sum
  }

  /// Forgets everything that was heard.
  @_noLocks @_noAllocation
  public mutating func reset() {
    for index in 0..<(2 &* taps &* channelCount) { unsafe history[index] = 0 }
    for channel in 0..<channelCount { unsafe positions[channel] = 0 }
  }
}
