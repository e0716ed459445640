// Real-time: the decoding thread. Whether what a drive has told of the joint is of now.

internal import RT

/// For drives that acknowledge by one message and tell of the joint by another: when the latter
/// stays away, what it told last is no news, however many acknowledgements come.
struct Freshness: Sendable, BitwiseCopyable {
  private let span: Nanoseconds
  private var since: MonotonicInstant?

  /// Three control periods, and 50 ms at least: two messages in a row may get lost.
  init(controlPeriod: Nanoseconds) { span = max(controlPeriod * 3, .milliseconds(50)) }

  @_noLocks @_noAllocation
  mutating func note(at now: MonotonicInstant) { since = now }

  /// False for what has never been told.
  @_noLocks @_noAllocation
  func isStale(at now: MonotonicInstant) -> Bool {
    guard let since else { return false }
    return (now - since).rawValue > span.rawValue
  }
}
