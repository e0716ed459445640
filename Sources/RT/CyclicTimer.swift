// A rhythm that does not drift: sleeps to absolute instants and counts those it missed.
//
// Real-time: one clock_nanosleep and one clock read for each tick.

import SPIShim

/// One wake-up.
@frozen
public struct Tick: BitwiseCopyable, Sendable {
  /// When it should have been.
  public var scheduled: MonotonicInstant
  /// When it was.
  public var woke: MonotonicInstant
  /// Whole periods that had already passed at the wake-up; their instants are skipped.
  public var missed: Int64

  @inlinable public init(scheduled: MonotonicInstant, woke: MonotonicInstant, missed: Int64) {
    self.scheduled = scheduled
    self.woke = woke
    self.missed = missed
  }
}

public struct CyclicTimer: ~Copyable {
  public let period: Nanoseconds
  @usableFromInline var next: MonotonicInstant
  /// Periods missed so far.
  public private(set) var missedCount: Int64 = 0

  /// The first tick is one period after `start`.
  public init(period: Nanoseconds, start: MonotonicInstant = .now()) {
    precondition(period > .zero, "a rhythm has a period")
    self.period = period
    next = start + period
  }

  /// The next tick is one period from now; nothing in between counts as missed.
  @_noLocks @_noAllocation
  public mutating func restart() { next = MonotonicInstant.now() + period }

  /// Sleeps until the next tick; returns at once when it is already past.
  @_noLocks @_noAllocation
  public mutating func wait() -> Tick {
    // -EINTR only with a signal handler; a bounded number of tries keeps the loop finite.
    for _ in 0..<16 where shim_sleep_until(next.nanoseconds) == 0 { break }
    let woke = MonotonicInstant.now()
    let late = woke - next
    let missed = late >= period ? late.rawValue / period.rawValue : 0
    let tick = Tick(scheduled: next, woke: woke, missed: missed)
    missedCount &+= missed
    next = next + period * (missed &+ 1)
    return tick
  }
}
