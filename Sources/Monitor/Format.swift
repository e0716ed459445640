// Numbers as a person reads them.

public import RT

extension Nanoseconds {
  /// Three digits and the unit that fits: "850 ns", "12.3 µs", "4.56 ms", "1.20 s".
  public var readable: String {
    let magnitude = Double(rawValue.magnitude)
    let sign = rawValue < 0 ? "-" : ""
    switch magnitude {
    case ..<1e3: return sign + String(rawValue.magnitude) + " ns"
    case ..<1e6: return sign + Self.threeDigits(magnitude / 1e3) + " µs"
    case ..<1e9: return sign + Self.threeDigits(magnitude / 1e6) + " ms"
    default: return sign + Self.threeDigits(magnitude / 1e9) + " s"
    }
  }

  private static func threeDigits(_ number: Double) -> String {
    decimal(number, places: number < 9.995 ? 2 : number < 99.95 ? 1 : 0)
  }
}

/// A number with a fixed count of decimal places, 0...9, rounded half up.
public func decimal(_ number: Double, places: Int) -> String {
  guard number.isFinite, number.magnitude < 9e8 else { return number.description }
  var power: Int64 = 1
  for _ in 0..<places { power *= 10 }
  let scaled = Int64(number.magnitude * Double(power) + 0.5)
  let sign = number < 0 && scaled > 0 ? "-" : ""
  let whole = String(scaled / power)
  guard places > 0 else { return sign + whole }
  let rest = String(scaled % power)
  return sign + whole + "." + String(repeating: "0", count: places - rest.count) + rest
}

extension String {
  /// Filled up with spaces on the left.
  public func leading(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }

  /// Filled up with spaces on the right.
  public func trailing(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
