// What a signal chain refuses.

/// A configuration that would not do what it says. `message` is one sentence for a person.
public enum SignalFault: Error, Equatable, Sendable {
  case badOrder(Int)
  case badBand(lowHertz: Double, highHertz: Double, samplesPerSecond: Double)
  /// The FIR passes what it should stop; gains in dB, measured on the coefficients.
  case orderTooShort(
    taps: Int, atDC: Double, atHalfLowEdge: Double, atCentre: Double, atTwiceHighEdge: Double)
  /// A number that must be positive (or in a range) and is not.
  case badValue(name: String, value: Double, mustBe: String)

  public var message: String {
    switch self {
    case .badOrder(let order):
      return "a Butterworth band-pass of order \(order) is refused: choose 1 to 8"
    case .badBand(let low, let high, let rate):
      return "the band \(low)…\(high) Hz does not fit \(rate) samples a second: the edges must "
        + "rise and lie between 0 and \(rate / 2) Hz"
    case .orderTooShort(let taps, let atDC, let atHalfLow, let atCentre, let atTwiceHigh):
      func dB(_ gain: Double) -> String { "\((gain * 10).rounded() / 10) dB" }
      return "an FIR of \(taps) taps is too short for its band: it has \(dB(atDC)) at 0 Hz, "
        + "\(dB(atHalfLow)) at half the low edge, \(dB(atCentre)) at the centre and "
        + "\(dB(atTwiceHigh)) at twice the high edge; take more taps (signal.taps), or the "
        + "Butterworth"
    case .badValue(let name, let value, let mustBe):
      return "\(name) is \(value), but must be \(mustBe)"
    }
  }
}
