// Whether several chips convert at the same time: the phase of each chip's DRDY against the first
// chip's.
//
// Real-time: on the acquisition thread, about once a second. Bounded; no system calls.
//
// Chips with one clock and one START keep their phase. Chips with oscillators of their own walk:
// by up to 1 % of each other, a whole sample in less than a second at 250 SPS. Merging such chips
// into one stream would invent samples or drop them, so it is refused. The walk shows in the time
// between the edges where a period is long enough to be told from an interrupt's delay, and in
// their number at every rate.

import RT

struct PhaseMonitor {
  /// What is known of one chip.
  private struct Watch {
    var hasBegun = false
    /// Of the newest edge.
    var newest: Int64 = 0
    var phase: Int64 = 0
    var time: Int64 = 0
    /// The chip's count of edges less the first chip's, at the beginning.
    var lead: UInt32 = 0
    var walk: Int64 = 0
    var span: Int64 = 0
    var slip: Int32 = 0

    @_noLocks @_noAllocation
    init() {}
  }

  private var watches = InlineArray<4, Watch>(repeating: Watch())
  /// The first chip's newest edge at the last look, its period, and how many chips there are.
  private var reference: Int64 = 0
  private var period: Int64 = 0
  private var chipCount = 1

  @_noLocks @_noAllocation
  init() {}

  /// One edge of another chip.
  ///
  /// - Parameters:
  ///   - reference: a recent edge of the first chip.
  ///   - period: the first chip's, measured.
  @_noLocks @_noAllocation
  mutating func note(_ other: ChipEdge, reference: Edge, period: Nanoseconds) {
    guard other.chip > 0 && other.chip < 4 && period.rawValue > 0 else { return }
    var watch = watches[other.chip]
    let time = other.edge.time.nanoseconds
    let length = period.rawValue
    let apart = time - reference.time.nanoseconds
    // Whole periods between the two edges are no lead.
    let periods = (apart >= 0 ? apart + length / 2 : apart - length / 2) / length
    let phase = apart - periods * length
    let lead =
      other.edge.lineSequence &- reference.lineSequence
      &- UInt32(truncatingIfNeeded: periods)
    watch.newest = time
    if !watch.hasBegun {
      watch.hasBegun = true
      watch.phase = phase
      watch.time = time
      watch.lead = lead
    }
    watch.slip = Int32(bitPattern: lead &- watch.lead)
    watch.walk = phase - watch.phase + Int64(watch.slip) * -length
    watch.span = time - watch.time
    watches[other.chip] = watch
  }

  /// The first chip's newest edge, after the others' edges were noted.
  @_noLocks @_noAllocation
  mutating func noteReference(_ edge: Edge, period: Nanoseconds, chipCount: Int) {
    reference = edge.time.nanoseconds
    self.period = period.rawValue
    self.chipCount = min(4, chipCount)
  }

  /// A chip that has not converted for eight periods before the last look, while the first did.
  var silentChip: Int? {
    @_noLocks @_noAllocation
    get {
      for chip in 1..<4
      where chip < chipCount && reference - watches[chip].newest > 8 * period { return chip }
      return nil
    }
  }

  /// How far a chip has moved against the first since its first edge; negative: it runs ahead.
  @_noLocks @_noAllocation
  func walk(ofChip chip: Int) -> Nanoseconds { Nanoseconds(watches[chip].walk) }

  /// The same in parts per million of the time it took; 0 before a second edge.
  @_noLocks @_noAllocation
  func partsPerMillion(ofChip chip: Int) -> Int64 {
    let watch = watches[chip]
    return watch.span > 0 ? watch.walk * 1_000_000 / watch.span : 0
  }

  /// How far a chip may move: an eighth of a period, and never less than interrupts are late by.
  @_noLocks @_noAllocation
  static func tolerance(period: Nanoseconds) -> Nanoseconds {
    Nanoseconds(max(100_000, period.rawValue / 8))
  }

  /// The chip that has moved too far or fallen silent; 0: none.
  @_noLocks @_noAllocation
  func unsynchronisedChip(tolerance: Nanoseconds) -> Int {
    for chip in 1..<4 where abs(watches[chip].walk) > tolerance.rawValue { return chip }
    return silentChip ?? 0
  }
}
