// Real-time: the decoding thread; a few comparisons. How long a drive has said nothing.
//
// A drive that starts anew says nothing for a while, and has forgotten then what it was set to. So
// one that was silent for so long is not believed to be the one that was armed.

internal import RT

struct Silence: Sendable, BitwiseCopyable {
  private let longest: Nanoseconds
  /// When the first question was asked that nothing has come back after.
  private var since: MonotonicInstant?

  init(_ settings: DriveSettings) { longest = settings.silenceMaximum }

  @_noLocks @_noAllocation
  mutating func noteQuestion(at now: MonotonicInstant) {
    if case .none = since { since = now }
  }

  /// The drive has said something, whatever it was.
  @_noLocks @_noAllocation
  mutating func end() { since = nil }

  /// Whether it has been silent for so long that it may have started anew.
  @_noLocks @_noAllocation
  func isTooLong(at now: MonotonicInstant) -> Bool {
    guard let since else { return false }
    return now - since >= longest
  }
}
