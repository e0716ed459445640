// Real-time: the decoding thread. Whether what a drive has told of the joint is of now.

internal import RT

/// For drives that acknowledge by one message and tell of the joint by another: when the latter
/// stays away, what it told last is no news, however many acknowledgements come.
struct Freshness: Sendable, BitwiseCopyable {
  private let span: Nanoseconds
  private let isExpected: Bool
  private var since: MonotonicInstant?

  /// Three control periods, and 50 ms at least: two messages in a row may get lost.
  ///
  /// - Parameter isExpected: the drive tells it, by what is known of it.
  init(controlPeriod: Nanoseconds, isExpected: Bool = true) {
    span = max(controlPeriod * 3, .milliseconds(50))
    self.isExpected = isExpected
  }

  @_noLocks @_noAllocation
  mutating func note(at now: MonotonicInstant) { since = now }

  /// Of what has never been told: whether it should have been.
  @_noLocks @_noAllocation
  func isStale(at now: MonotonicInstant) -> Bool {
    guard let since else { return isExpected }
    return (now - since).rawValue > span.rawValue
  }
}
