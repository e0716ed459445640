// Real-time: when to look for what has come, in a session that gathers. Acquisition thread; a few
// operations and one clock_nanosleep of at most an eighth of a second.

import RT
import SPIShim

/// Instants that are a span apart on average, and not quite: each is put off by another part of the
/// longest wait. A rhythm that keeps step with the packets would have the newest of each bunch wait
/// for the same unknown time; so all waits occur alike, and the clock sees and averages them.
struct GatheringTimer: BitwiseCopyable {
  private let span: Nanoseconds
  private let longestWait: Double
  private var next = MonotonicInstant(nanoseconds: 0)
  private(set) var instant = MonotonicInstant(nanoseconds: 0)
  private var part = 0.0

  init(_ gathering: Gathering) {
    span = gathering.span
    longestWait = Double(gathering.longestWait.rawValue)
  }

  /// Where it is off it is always time.
  var isOn: Bool { @_noLocks @_noAllocation get { span > .zero } }

  /// Whether it is time to look; sleeps for a while when it is not.
  @_noLocks @_noAllocation
  mutating func isDue() -> Bool {
    if !isOn { return true }
    let now = MonotonicInstant.now()
    if now < instant {
      // Not longer, so that whoever is told to stop hears it.
      let soon = now + .milliseconds(125)
      _ = shim_sleep_until(instant < soon ? instant.nanoseconds : soon.nanoseconds)
      if MonotonicInstant.now() < instant { return false }
    }
    advance(MonotonicInstant.now())
    return true
  }

  /// What was missed is not made up for: one look takes it all.
  @_noLocks @_noAllocation
  mutating func advance(_ now: MonotonicInstant) {
    next = next + span
    if next <= now { next = now + span }
    // The golden section: of all sequences it leaves the smallest holes.
    part += 0.618_033_988_749_894_9
    if part >= 1 { part -= 1 }
    instant = next + Nanoseconds(Int64(part * longestWait))
  }
}
