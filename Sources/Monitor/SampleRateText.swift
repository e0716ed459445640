// The sample rate as a report tells it.

import Signal

extension SessionReport {
  /// "250.0312 a second (250.0309 to 250.0315 in 95 of 100), 125 ppm above nominal 250".
  var sampleRateText: String {
    let nominal = decimal(nominalRate, places: nominalRate == nominalRate.rounded() ? 0 : 3)
    guard let rate = sampleRate else { return "not known yet, nominal \(nominal)" }
    let places = Self.places(for: rate.high - rate.low)
    let deviation = rate.partsPerMillion
    let text = decimal(deviation.magnitude, places: 1)
    return decimal(rate.estimate, places: places) + " a second ("
      + decimal(rate.low, places: places) + " to " + decimal(rate.high, places: places)
      + " in 95 of 100), \(text) ppm \(deviation < 0 ? "below" : "above") nominal \(nominal)"
  }

  /// Nulls where it is not known.
  var sampleRateMembers: JSON {
    .object([
      .init("nominal", .number(nominalRate)),
      .init("estimate", sampleRate.map { .number($0.estimate) } ?? .null),
      .init("low", sampleRate.map { .number($0.low) } ?? .null),
      .init("high", sampleRate.map { .number($0.high) } ?? .null),
      .init("ppm", sampleRate.map { .number($0.partsPerMillion) } ?? .null),
    ])
  }

  /// So many decimals that the interval shows; two at least, eight at most.
  private static func places(for width: Double) -> Int {
    var places = 2
    var unit = 0.01
    while places < 8 && unit > width / 2 {
      places += 1
      unit /= 10
    }
    return places
  }
}
