// Real-time: the decoding thread. For drives that tell where the joint is, not how fast it moves.

internal import RT

/// The mean velocity over the last stretch of at least 50 ms; not a number until there was one, so
/// that nothing is armed on a velocity that nobody knows.
///
/// An answer is dated by the poll that read it, so that the estimate is uncertain by a control
/// period in `span`, and it lags by half of `span`.
struct VelocityEstimate: Sendable, BitwiseCopyable {
  static var span: Nanoseconds { @_noLocks @_noAllocation get { Nanoseconds(50_000_000) } }
  /// After a longer silence it begins anew.
  static var spanMax: Nanoseconds { @_noLocks @_noAllocation get { Nanoseconds(500_000_000) } }

  private(set) var degreesPerSecond = Double.nan
  private var degrees = Double.nan
  private var since = MonotonicInstant(nanoseconds: 0)

  @_noLocks @_noAllocation
  init() {}

  @_noLocks @_noAllocation
  mutating func note(_ degrees: Double, at now: MonotonicInstant) {
    let elapsed = now - since
    if elapsed.rawValue < Self.span.rawValue, elapsed.rawValue >= 0, self.degrees == self.degrees {
      return
    }
    let isFresh = elapsed.rawValue >= 0 && elapsed.rawValue <= Self.spanMax.rawValue
    degreesPerSecond =
      isFresh ? (degrees - self.degrees) / (Double(elapsed.rawValue) * 1e-9) : .nan
    self.degrees = degrees
    since = now
  }
}
