// What the governor is told of the signal, and how it tells a burst of trouble from a blink.

internal import RT

/// Whether the newest decision rests on a signal that deserves one.
public struct SignalHealth: Equatable, Sendable, BitwiseCopyable {
  /// False while artifact, contact, a gap or settling filters forbid decisions.
  public var isFit: Bool
  /// How often it has become unfit so far.
  public var closings: UInt64
  /// The decoder says that its features have left what it was trained on.
  public var isDrifting: Bool

  @_noLocks @_noAllocation
  public init(isFit: Bool = true, closings: UInt64 = 0, isDrifting: Bool = false) {
    self.isFit = isFit
    self.closings = closings
    self.isDrifting = isDrifting
  }
}

/// When the signal last became unfit. Fixed memory.
struct SignalBurst: Sendable, BitwiseCopyable {
  static var closingsMax: Int { @_noLocks @_noAllocation get { 16 } }

  private var times = InlineArray<16, MonotonicInstant>(
    repeating: MonotonicInstant(nanoseconds: 0))
  /// How many were noted, and how many the signal has counted.
  private var noted = 0
  private var seen: UInt64 = 0
  private var hasSeen = false

  @_noLocks @_noAllocation
  init() {}

  /// Counts anew: what was before is known to whoever arms.
  @_noLocks @_noAllocation
  mutating func forget() { noted = 0 }

  @_noLocks @_noAllocation
  mutating func note(closings: UInt64, at now: MonotonicInstant) {
    // The first look tells nothing: nobody knows when those were.
    let new = hasSeen ? closings &- seen : 0
    hasSeen = true
    seen = closings
    for _ in 0..<min(new, UInt64(Self.closingsMax)) {
      times[noted & (Self.closingsMax - 1)] = now
      noted += 1
    }
  }

  /// Whether so many have come within the window.
  @_noLocks @_noAllocation
  func lasts(_ count: Int, within window: Nanoseconds, at now: MonotonicInstant) -> Bool {
    guard noted >= count else { return false }
    let first = times[(noted - count) & (Self.closingsMax - 1)]
    let (age, isOverflow) = now.nanoseconds.subtractingReportingOverflow(first.nanoseconds)
    return isOverflow || age <= window.rawValue
  }
}
