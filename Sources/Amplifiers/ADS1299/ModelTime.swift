// The model's clock: CLOCK_MONOTONIC, or for tests one that only moves when it is told to.
//
// Real-time: on the acquisition thread; bounded; `sleep` makes one system call, `now` none.

import RT
import SPIShim

/// How slow the host of a stepped clock is: random delays, from a seed.
package struct HostDelays: Sendable, BitwiseCopyable {
  package var seed: UInt64
  /// One call in so many is delayed; 0: none.
  package var oneIn: UInt64
  package var longest: Nanoseconds

  package init(seed: UInt64, oneIn: UInt64, longest: Nanoseconds) {
    self.seed = seed
    self.oneIn = oneIn
    self.longest = longest
  }
}

/// Which time the model lives in.
package enum ModelTimeBase: Sendable {
  case monotonic
  /// Moves when somebody sleeps, and by the delays of a slow host: no test waits.
  case stepped(HostDelays?)
}

struct ModelTime {
  private let isStepped: Bool
  private var instant: Int64
  private var delays: HostDelays

  init(_ base: ModelTimeBase) {
    instant = 1_000_000_000
    switch base {
    case .monotonic:
      isStepped = false
      delays = HostDelays(seed: 0, oneIn: 0, longest: .zero)
    case .stepped(let delays):
      isStepped = true
      self.delays = delays ?? HostDelays(seed: 0, oneIn: 0, longest: .zero)
    }
  }

  var now: Int64 {
    @_noLocks @_noAllocation
    get { isStepped ? instant : shim_clock_monotonic() }
  }

  /// Sleeps until an instant; may return early when a signal comes.
  @_noLocks @_noAllocation
  mutating func sleep(until target: Int64) {
    if !isStepped {
      _ = shim_sleep_until(target)
    } else if target > instant {
      instant = target
    }
  }

  /// Lets time pass that a transfer takes; on a real clock it passes by itself.
  @_noLocks @_noAllocation
  mutating func pass(_ nanoseconds: Int64) {
    if isStepped { instant += nanoseconds }
  }

  /// A slow host, now and then.
  @_noLocks @_noAllocation
  mutating func dawdle() {
    guard isStepped, delays.oneIn > 0 else { return }
    if random() % delays.oneIn != 0 { return }
    // Squared, so that short delays are common and long ones happen.
    let share = Int64(random() >> 44)
    let squared = (share * share) >> 20
    instant += (delays.longest.rawValue * squared) >> 20
  }

  /// SplitMix64 (Steele, Lea and Flood 2014).
  @_noLocks @_noAllocation
  private mutating func random() -> UInt64 {
    delays.seed &+= 0x9E37_79B9_7F4A_7C15
    var mixed = delays.seed
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
