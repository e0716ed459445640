// Complex numbers for the design of filters and their responses. Not on the real-time path.

import MathShim

func squareRoot(_ x: Double) -> Double { math_sqrt(x) }

struct Complex {
  var real: Double
  var imaginary: Double

  init(_ real: Double, _ imaginary: Double = 0) {
    self.real = real
    self.imaginary = imaginary
  }

  /// e^(i · angle).
  init(angle: Double) {
    real = math_cos(angle)
    imaginary = math_sin(angle)
  }

  var squaredMagnitude: Double { real * real + imaginary * imaginary }
  var magnitude: Double { squareRoot(squaredMagnitude) }

  /// The root with a real part that is not negative.
  var root: Complex {
    let length = magnitude
    // Differences of nearly equal numbers are avoided: the smaller part comes from the larger.
    let larger = squareRoot((length + abs(real)) / 2)
    guard larger > 0 else { return Complex(0) }
    let smaller = abs(imaginary) / (2 * larger)
    let (a, b) = real >= 0 ? (larger, smaller) : (smaller, larger)
    return Complex(a, imaginary < 0 ? -b : b)
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

  static func * (a: Complex, scale: Double) -> Complex {
    Complex(a.real * scale, a.imaginary * scale)
  }

  static func / (a: Complex, b: Complex) -> Complex {
    let divisor = b.squaredMagnitude
    return Complex(
      (a.real * b.real + a.imaginary * b.imaginary) / divisor,
      (a.imaginary * b.real - a.real * b.imaginary) / divisor)
  }
}
