// What a filter does to each frequency: gain and group delay, from its coefficients.

import MathShim
public import RT

/// How long a stage holds a slow change of a rhythm's strength back.
public struct StageDelay: Sendable, Equatable {
  /// The stage, as reports name it: "DC removal", "notch", "band-pass", "Kalman filter".
  public var name: String
  /// Group delay; below zero where the stage's phase leads.
  public var delay: Nanoseconds
  /// The frequency it holds for.
  public var at: Hertz

  public init(name: String, delay: Nanoseconds, at frequency: Hertz) {
    self.name = name
    self.delay = delay
    self.at = frequency
  }
}

/// The gain of a band-pass where it matters, in dB; nothing is below −300 dB.
public struct BandResponse: Sendable, Equatable {
  public var atDC: Double
  /// One octave below the lower edge.
  public var octaveBelow: Double
  public var atLowEdge: Double
  /// At the geometric centre.
  public var atCentre: Double
  public var atHighEdge: Double
  /// One octave above the upper edge; absent where that is not below half the rate.
  public var octaveAbove: Double?
  /// At 50 Hz; absent where that is not below half the rate.
  public var at50Hertz: Double?

  var sentence: String {
    func tenths(_ decibels: Double) -> String {
      let scaled = Int(math_rint(abs(decibels) * 10))
      return "\(decibels < 0 ? "−" : "+")\(scaled / 10).\(scaled % 10) dB"
    }
    var parts = [
      "measured \(tenths(atDC)) at DC", "\(tenths(octaveBelow)) an octave below the band",
      "\(tenths(atLowEdge)) at its lower edge", "\(tenths(atCentre)) at its centre",
      "\(tenths(atHighEdge)) at its upper edge",
    ]
    if let octaveAbove { parts.append("\(tenths(octaveAbove)) an octave above") }
    if let at50Hertz { parts.append("\(tenths(at50Hertz)) at 50 Hz") }
    return parts.joined(separator: ", ")
  }

  /// Asks a filter for its gain (a ratio of amplitudes) at each of the frequencies.
  init(_ band: Band, samplesPerSecond: Double, gain: (Hertz) -> Double) {
    func decibels(_ hertz: Double) -> Double {
      20 * math_log10(max(gain(Hertz(hertz)), 1e-15))
    }
    let nyquist = samplesPerSecond / 2
    atDC = decibels(0)
    octaveBelow = decibels(band.low.rawValue / 2)
    atLowEdge = decibels(band.low.rawValue)
    atCentre = decibels(band.centre.rawValue)
    atHighEdge = decibels(band.high.rawValue)
    octaveAbove = 2 * band.high.rawValue < nyquist ? decibels(2 * band.high.rawValue) : nil
    at50Hertz = 50 < nyquist ? decibels(50) : nil
  }
}

/// The polynomial Σ c[k] z⁻ᵏ on the unit circle: its value, and its delay −dφ/dω in samples.
///
/// The delay is Re(Σ k c[k] z⁻ᵏ / Σ c[k] z⁻ᵏ); where the polynomial is zero it has none.
func evaluate(_ coefficients: [Double], angle: Double) -> (value: Complex, delay: Double) {
  var value = Complex(0)
  var weighted = Complex(0)
  for (k, coefficient) in coefficients.enumerated() {
    let term = Complex(angle: -angle * Double(k)) * coefficient
    value = value + term
    weighted = weighted + term * Double(k)
  }
  return (value, value.squaredMagnitude > 0 ? (weighted / value).real : 0)
}

extension Hertz {
  /// Radians per sample.
  func angle(samplesPerSecond: Double) -> Double {
    2 * Double.pi * rawValue / samplesPerSecond
  }

  func requireBelowNyquist(
    _ samplesPerSecond: Double, else fault: (_ nyquist: Hertz) -> SignalFault
  ) throws(SignalFault) {
    let nyquist = Hertz(samplesPerSecond / 2)
    guard rawValue > 0, self < nyquist else { throw fault(nyquist) }
  }
}

extension Band {
  /// Throws unless 0 < low < high < half the rate.
  func validate(samplesPerSecond: Double) throws(SignalFault) {
    guard low.rawValue > 0, low < high else { throw .bandOutOfOrder(low: low, high: high) }
    let high = high
    try high.requireBelowNyquist(samplesPerSecond) { .bandOverNyquist(high: high, nyquist: $0) }
  }
}
