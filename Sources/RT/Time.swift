// Time on the real-time path: CLOCK_MONOTONIC nanoseconds, as a kernel GPIO event carries them.
//
// Every operator carries the oath: in a debug build the compiler sees the bodies of annotated
// functions only, across files.

public import SPIShim

/// A span of time in nanoseconds.
///
/// `Swift.Duration` is refused by `@_noLocks`; this is one integer.
@frozen
public struct Nanoseconds: RawRepresentable, Comparable, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: Int64

  @_noLocks @_noAllocation
  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @_noLocks @_noAllocation
  @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }

  @inlinable public static var zero: Nanoseconds {
    @_noLocks @_noAllocation
    get { Nanoseconds(0) }
  }

  @_noLocks @_noAllocation
  @inlinable public static func microseconds(_ count: Int64) -> Nanoseconds {
    Nanoseconds(count * 1_000)
  }

  @_noLocks @_noAllocation
  @inlinable public static func milliseconds(_ count: Int64) -> Nanoseconds {
    Nanoseconds(count * 1_000_000)
  }

  @_noLocks @_noAllocation
  @inlinable public static func seconds(_ count: Int64) -> Nanoseconds {
    Nanoseconds(count * 1_000_000_000)
  }

  /// The nearest nanosecond to a number of seconds that fits (about ±292 years).
  @_noLocks @_noAllocation
  @inlinable public init(seconds: Double) {
    let scaled = seconds * 1e9
    rawValue = Int64(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
  }

  @inlinable public var seconds: Double { Double(rawValue) / 1e9 }
  @inlinable public var milliseconds: Double { Double(rawValue) / 1e6 }
  @inlinable public var microseconds: Double { Double(rawValue) / 1e3 }

  // All four, because the protocol's own defaults are refused on the real-time path.
  @_noLocks @_noAllocation
  @inlinable public static func < (a: Nanoseconds, b: Nanoseconds) -> Bool {
    a.rawValue < b.rawValue
  }

  @_noLocks @_noAllocation
  @inlinable public static func <= (a: Nanoseconds, b: Nanoseconds) -> Bool {
    a.rawValue <= b.rawValue
  }

  @_noLocks @_noAllocation
  @inlinable public static func > (a: Nanoseconds, b: Nanoseconds) -> Bool {
    a.rawValue > b.rawValue
  }

  @_noLocks @_noAllocation
  @inlinable public static func >= (a: Nanoseconds, b: Nanoseconds) -> Bool {
    a.rawValue >= b.rawValue
  }

  @_noLocks @_noAllocation
  @inlinable public static func + (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
    Nanoseconds(a.rawValue + b.rawValue)
  }

  @_noLocks @_noAllocation
  @inlinable public static func - (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
    Nanoseconds(a.rawValue - b.rawValue)
  }

  @_noLocks @_noAllocation
  @inlinable public static func * (a: Nanoseconds, count: Int64) -> Nanoseconds {
    Nanoseconds(a.rawValue * count)
  }
}

/// An instant of CLOCK_MONOTONIC.
@frozen
public struct MonotonicInstant: Comparable, Hashable, Sendable, BitwiseCopyable {
  /// Nanoseconds since the clock's arbitrary start (on Linux: boot).
  public var nanoseconds: Int64

  @_noLocks @_noAllocation
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Real-time: one vDSO call.
  @_noLocks @_noAllocation
  @inlinable public static func now() -> MonotonicInstant {
    MonotonicInstant(nanoseconds: shim_clock_monotonic())
  }

  // All four, because the protocol's own defaults are refused on the real-time path.
  @_noLocks @_noAllocation
  @inlinable public static func < (a: MonotonicInstant, b: MonotonicInstant) -> Bool {
    a.nanoseconds < b.nanoseconds
  }

  @_noLocks @_noAllocation
  @inlinable public static func <= (a: MonotonicInstant, b: MonotonicInstant) -> Bool {
    a.nanoseconds <= b.nanoseconds
  }

  @_noLocks @_noAllocation
  @inlinable public static func > (a: MonotonicInstant, b: MonotonicInstant) -> Bool {
    a.nanoseconds > b.nanoseconds
  }

  @_noLocks @_noAllocation
  @inlinable public static func >= (a: MonotonicInstant, b: MonotonicInstant) -> Bool {
    a.nanoseconds >= b.nanoseconds
  }

  @_noLocks @_noAllocation
  @inlinable public static func - (later: MonotonicInstant, earlier: MonotonicInstant)
    -> Nanoseconds
  {
    Nanoseconds(later.nanoseconds - earlier.nanoseconds)
  }

  @_noLocks @_noAllocation
  @inlinable public static func + (instant: MonotonicInstant, span: Nanoseconds)
    -> MonotonicInstant
  {
    MonotonicInstant(nanoseconds: instant.nanoseconds + span.rawValue)
  }

  @_noLocks @_noAllocation
  @inlinable public static func - (instant: MonotonicInstant, span: Nanoseconds)
    -> MonotonicInstant
  {
    MonotonicInstant(nanoseconds: instant.nanoseconds - span.rawValue)
  }
}
