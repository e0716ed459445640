// What can be chosen of every emulated board.

public struct BoardOptions: Equatable, Sendable {
  /// Samples a second by the board's own oscillator; nil: what is printed on the box.
  public var rate: Double?
  /// How wrong the oscillator is.
  public var partsPerMillion: Double
  public var faults: [Fault]
  /// Of the random bytes of a fault.
  public var seed: UInt64

  public init(
    rate: Double? = nil, partsPerMillion: Double = 0, faults: [Fault] = [], seed: UInt64 = 1
  ) {
    self.rate = rate
    self.partsPerMillion = partsPerMillion
    self.faults = faults
    self.seed = seed
  }

  /// - Parameter nominal: samples a second.
  func oscillator(nominal: Double) throws(EmulatorFault) -> Oscillator {
    let rate = rate ?? nominal
    guard rate.isFinite, (1...100_000).contains(rate) else {
      throw .unsuitable(what: "a rate of \(rate) Hz", remedy: "choose 1 to 100 000 Hz")
    }
    guard abs(partsPerMillion) <= 100_000 else {
      throw .unsuitable(
        what: "an oscillator that is wrong by \(partsPerMillion) ppm",
        remedy: "choose -100 000 to 100 000 ppm")
    }
    return Oscillator(packetsPerSecond: rate * (1 + partsPerMillion / 1e6))
  }
}
