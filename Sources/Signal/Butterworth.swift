// The design of a causal Butterworth band-pass in second-order sections.
//
// Prototype poles on the unit circle, band transformation, bilinear transform with pre-warped
// edges: the design of `scipy.signal.butter(order, [low, high], 'bandpass', output='sos')`
// (Oppenheim & Schafer, Discrete-Time Signal Processing, §7.1).

import MathShim

public enum Butterworth {
  /// - Parameters:
  ///   - order: of the low-pass prototype, 1…8; the band-pass has twice as many poles.
  ///   - band: edges in hertz, where the response is −3 dB.
  /// - Throws: `SignalFault.badBand` when the edges are not 0 < low < high < half the rate.
  public static func bandPass(
    order: Int, lowHertz: Double, highHertz: Double, samplesPerSecond: Double
  ) throws(SignalFault) -> [Biquad] {
    guard (1...8).contains(order) else { throw .badOrder(order) }
    guard lowHertz > 0, lowHertz < highHertz, highHertz < samplesPerSecond / 2 else {
      throw .badBand(lowHertz: lowHertz, highHertz: highHertz, samplesPerSecond: samplesPerSecond)
    }
    // Everything at a rate of 2, as scipy does; 4 is then twice the rate.
    func warped(_ hertz: Double) -> Double {
      let angle = Double.pi * hertz / samplesPerSecond
      return 4 * math_sin(angle) / math_cos(angle)
    }
    let low = warped(lowHertz)
    let high = warped(highHertz)
    let width = high - low
    let centreSquared = low * high

    var poles: [Complex] = []
    var gainDenominator = Complex(1, 0)
    for k in 0..<order {
      let angle = Double.pi * Double(2 * k + order + 1) / Double(2 * order)
      let scaled = Complex(math_cos(angle), math_sin(angle)) * Complex(width / 2, 0)
      let root = (scaled * scaled - Complex(centreSquared, 0)).squareRoot
      for pole in [scaled + root, scaled - root] {
        gainDenominator = gainDenominator * (Complex(4, 0) - pole)
        poles.append((Complex(4, 0) + pole) / (Complex(4, 0) - pole))
      }
    }
    // The zeros: `order` of them at s = 0, which become z = 1 with a factor 4 each, and as many at
    // infinity, which become z = −1.
    var numerator = 1.0
    for _ in 0..<order { numerator *= 4 * width }
    let gain = (Complex(numerator, 0) / gainDenominator).real

    var sections = pairs(of: poles).map { Biquad(b0: 1, b1: 0, b2: -1, a1: $0.a1, a2: $0.a2) }
    sections[0].b0 *= gain
    sections[0].b2 *= gain
    return sections
  }

  /// Denominators of the sections: conjugate pairs first, then the real poles two by two.
  private static func pairs(of poles: [Complex]) -> [(a1: Double, a2: Double)] {
    let tolerance = 1e-12
    var denominators = poles.filter { $0.imaginary > tolerance }.map {
      (a1: -2 * $0.real, a2: $0.real * $0.real + $0.imaginary * $0.imaginary)
    }
    let real = poles.filter { $0.imaginary.magnitude <= tolerance }.map(\.real)
    for index in stride(from: 0, to: real.count, by: 2) {
      denominators.append((a1: -(real[index] + real[index + 1]), a2: real[index] * real[index + 1]))
    }
    return denominators
  }
}

/// As much complex arithmetic as a filter design needs.
private struct Complex {
  var real: Double
  var imaginary: Double

  init(_ real: Double, _ imaginary: Double) {
    self.real = real
    self.imaginary = imaginary
  }

  static func + (a: Complex, b: Complex) -> Complex {
    Complex(a.real + b.real, a.imaginary + b.imaginary)
  }

  static func - (a: Complex, b: Complex) -> Complex {
    Complex(a.real - b.real, a.imaginary - b.imaginary)
  }

  static func * (a: Complex, b: Complex) -> Complex {
    Complex(
      a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }

  static func / (a: Complex, b: Complex) -> Complex {
    let square = b.real * b.real + b.imaginary * b.imaginary
    let product = a * Complex(b.real, -b.imaginary)
    return Complex(product.real / square, product.imaginary / square)
  }

  /// The principal root.
  var squareRoot: Complex {
    let modulus = math_sqrt(real * real + imaginary * imaginary)
    let rootReal = math_sqrt(max(0, (modulus + real) / 2))
    let rootImaginary = math_sqrt(max(0, (modulus - real) / 2))
    return Complex(rootReal, imaginary < 0 ? -rootImaginary : rootImaginary)
  }
}
