// Microvolts and hertz as types, so that neither is taken for the other at a boundary.

/// A potential, or a difference of two, in microvolts.
@frozen
public struct Microvolts: RawRepresentable, Comparable, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: Double

  @inlinable public init(rawValue: Double) { self.rawValue = rawValue }
  @inlinable public init(_ rawValue: Double) { self.rawValue = rawValue }

  @inlinable public static func < (a: Microvolts, b: Microvolts) -> Bool {
    a.rawValue < b.rawValue
  }
}

/// A frequency in hertz.
@frozen
public struct Hertz: RawRepresentable, Comparable, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: Double

  @inlinable public init(rawValue: Double) { self.rawValue = rawValue }
  @inlinable public init(_ rawValue: Double) { self.rawValue = rawValue }

  @inlinable public static func < (a: Hertz, b: Hertz) -> Bool { a.rawValue < b.rawValue }
}

/// The mains of the place where the recording is made.
public enum Mains: Int, Sendable, CaseIterable {
  case hertz50 = 50
  case hertz60 = 60

  public var frequency: Hertz { Hertz(Double(rawValue)) }
}

/// A range of frequencies that a filter lets through.
public struct Band: Sendable, Equatable {
  public var low: Hertz
  public var high: Hertz

  public init(low: Hertz, high: Hertz) {
    self.low = low
    self.high = high
  }

  /// The frequency at which delays are stated: √(low · high).
  public var centre: Hertz { Hertz(squareRoot(low.rawValue * high.rawValue)) }
}
