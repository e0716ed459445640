// The mains taken out: one second-order section.

import MathShim

public enum Notch {
  /// A notch whose −3 dB points lie frequency / quality apart.
  ///
  /// The design is that of scipy.signal.iirnotch: bilinear transform, unity gain at DC and at half
  /// the rate (Orfanidis, Introduction to Signal Processing, 1996, section 11.3.2).
  public static func section(
    mains: Hertz, quality: Double, samplesPerSecond: Double
  ) throws(SignalFault) -> Biquad {
    guard samplesPerSecond > 0, samplesPerSecond.isFinite else {
      throw .rateNotPositive(samplesPerSecond)
    }
    try mains.requireBelowNyquist(samplesPerSecond) { .mainsOverNyquist(mains, nyquist: $0) }
    guard quality >= 1, quality <= 200 else { throw .notchQualityOutOfRange(quality) }
    let angle = mains.angle(samplesPerSecond: samplesPerSecond)
    let gain = 1 / (1 + math_tan(angle / quality / 2))
    let middle = -2 * gain * math_cos(angle)
    return Biquad(b0: gain, b1: middle, b2: gain, a1: middle, a2: 2 * gain - 1)
  }
}
