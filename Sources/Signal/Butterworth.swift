// A causal band-pass, designed here: analogue prototype, band transform, bilinear transform.

import MathShim

public enum Butterworth {
  /// The sections of a band-pass of the given order (2 · order poles), −3 dB at both edges.
  ///
  /// The response is that of scipy.signal.butter(order, [low, high], 'bandpass', output='sos').
  /// Each section holds one zero at DC, one at half the rate, and has unity gain at the centre of
  /// the band, so no signal inside the cascade is larger than it need be; the most resonant
  /// sections come last.
  ///
  /// Source: Oppenheim and Schafer, Discrete-Time Signal Processing, 3rd edition, section 7.2.
  public static func bandPass(
    order: Int, band: Band, samplesPerSecond: Double
  ) throws(SignalFault) -> [Biquad] {
    guard samplesPerSecond > 0, samplesPerSecond.isFinite else {
      throw .rateNotPositive(samplesPerSecond)
    }
    guard (1...8).contains(order) else { throw .orderOutOfRange(order) }
    try band.validate(samplesPerSecond: samplesPerSecond)

    // The bilinear transform s = (1 − z⁻¹) / (1 + z⁻¹) bends frequencies: the edges are bent
    // beforehand so that they end up where they were asked for.
    let low = math_tan(Double.pi * band.low.rawValue / samplesPerSecond)
    let high = math_tan(Double.pi * band.high.rawValue / samplesPerSecond)
    let halfWidth = (high - low) / 2
    let centre = squareRoot(low * high)

    var sections: [Biquad] = []
    // The prototype's poles lie on the left half of the unit circle, in conjugate pairs; one of
    // each pair is enough, and the real pole of an odd order.
    for m in stride(from: order % 2 == 0 ? 1 : 0, to: order, by: 2) {
      let pole = Complex(angle: Double.pi * Double(m) / Double(2 * order)) * -halfWidth
      let apart = (pole * pole - Complex(centre * centre)).root
      let (one, other) = (discrete(pole + apart), discrete(pole - apart))
      if m == 0 {
        // Conjugates of each other, or both real: together they are one section.
        sections.append(section(sum: (one + other).real, product: (one * other).real, centre))
      } else {
        sections.append(section(sum: 2 * one.real, product: one.squaredMagnitude, centre))
        sections.append(section(sum: 2 * other.real, product: other.squaredMagnitude, centre))
      }
    }
    sections.sort { $0.a2 < $1.a2 }

    // Poles that crowd together beyond what a double can tell apart show at the edges.
    for edge in [band.low, band.high] {
      let decibels = 20 * math_log10(sections.gain(at: edge, samplesPerSecond: samplesPerSecond))
      guard abs(decibels + 10 * math_log10(2)) < 0.01, sections.allSatisfy({ $0.a2 < 1 }) else {
        throw .bandTooNarrow(low: band.low, high: band.high)
      }
    }
    return sections
  }

  /// The pole of the discrete filter for one of the analogue filter.
  private static func discrete(_ s: Complex) -> Complex { (Complex(1) + s) / (Complex(1) - s) }

  private static func section(sum: Double, product: Double, _ centre: Double) -> Biquad {
    // z at the centre of the band; 1 / z is its conjugate there.
    let inverse = (Complex(1) - Complex(0, centre)) / (Complex(1) + Complex(0, centre))
    let below = Complex(1) - inverse * sum + inverse * inverse * product
    let above = Complex(1) - inverse * inverse
    let gain = below.magnitude / above.magnitude
    return Biquad(b0: gain, b1: 0, b2: -gain, a1: -sum, a2: product)
  }
}
