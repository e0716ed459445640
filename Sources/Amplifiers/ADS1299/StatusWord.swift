// The 24 bits before the channels: 1100 | LOFF_STATP | LOFF_STATN | GPIO (SBAS499A p. 27).

/// A status word of the ADS1299.
@frozen
public struct ADS1299StatusWord: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: UInt32

  @_noLocks @_noAllocation
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Positive inputs whose electrode is off, channel 1 in bit 0.
  @inlinable public var leadOffPositive: UInt8 {
    @_noLocks @_noAllocation
    get { UInt8(truncatingIfNeeded: rawValue >> 12) }
  }

  /// Negative inputs whose electrode is off, channel 1 in bit 0.
  @inlinable public var leadOffNegative: UInt8 {
    @_noLocks @_noAllocation
    get { UInt8(truncatingIfNeeded: rawValue >> 4) }
  }

  /// The levels of the four GPIO pins, pin 1 in bit 0.
  @inlinable public var pins: UInt8 {
    @_noLocks @_noAllocation
    get { UInt8(truncatingIfNeeded: rawValue & 0xF) }
  }

  /// Whether the chip can have sent this: it begins with 1100, and the canary lives.
  ///
  /// - Parameter canary: the pattern that the pins drive, or 16 and more when none is.
  @_noLocks @_noAllocation
  @inlinable public func isCredible(canary: UInt8) -> Bool {
    rawValue >> 20 == 0b1100 && (canary > 0xF || pins == canary)
  }

  /// For `isCredible`: no pattern is driven.
  @inlinable public static var noCanary: UInt8 {
    @_noLocks @_noAllocation
    get { 0xFF }
  }
}
