// One histogram for each stage of the chain, with its budget.
//
// Real-time: what the decoding thread calls of this; a comparison and two additions a value.

import Monitor
import RT

/// What a stage took, and whether that was too long.
struct StageClock: ~Copyable {
  let stage: Stage
  var histogram: LatencyHistogram
  /// Whether a breach makes the joint neutral.
  private let trips: Bool
  private let budget: Nanoseconds?
  private var breachesSeen: UInt64 = 0
  private var worst = Nanoseconds(-1)
  private var worstAt = MonotonicInstant(nanoseconds: 0)

  init(_ stage: Stage, _ section: BudgetSection) {
    self.stage = stage
    let budget = section.limit(of: stage)
    self.budget = budget
    trips = section.trip.contains(stage.key)
    histogram = LatencyHistogram(limit: budget ?? Nanoseconds(.max))
  }

  /// - Parameter end: of the stage.
  @_noLocks @_noAllocation
  mutating func record(_ span: Nanoseconds, until end: MonotonicInstant) {
    histogram.record(span)
    if span > worst {
      worst = span
      worstAt = end
    }
  }

  /// The same for values that somebody else has recorded since.
  @_noLocks @_noAllocation
  mutating func noteWorst(until end: MonotonicInstant) {
    let longest = histogram.longest
    if longest > worst {
      worst = longest
      worstAt = end
    }
  }

  /// Whether the budget was broken since the last time that this was asked, and that counts.
  @_noLocks @_noAllocation
  mutating func takeBreach() -> Bool {
    if !trips { return false }
    let breaches = histogram.overLimitCount
    let isBroken = breaches != breachesSeen
    breachesSeen = breaches
    return isBroken
  }

  /// Forgets everything.
  mutating func reset() {
    histogram.reset()
    breachesSeen = 0
    worst = Nanoseconds(-1)
  }

  borrowing func record(since start: MonotonicInstant) -> StageRecord {
    StageRecord(
      stage: stage, latency: histogram.distribution, budget: budget,
      breaches: histogram.overLimitCount, worstAt: worst < .zero ? nil : worstAt - start)
  }
}

/// Memory for all stages, taken at assembly.
struct StageHistograms: ~Copyable {
  var edgeToWake: StageClock
  var read: StageClock
  var ring: StageClock
  var signal: StageClock
  var decode: StageClock
  var govern: StageClock
  var write: StageClock
  var edgeToCommand: StageClock
  var wire: StageClock
  var firmware: StageClock
  /// The emergency line opened → the stop was handed to the driver.
  var lineToStop = LatencyHistogram()
  private var quietFrom: MonotonicInstant?

  init(_ section: BudgetSection) {
    edgeToWake = StageClock(.edgeToWake, section)
    read = StageClock(.read, section)
    ring = StageClock(.ring, section)
    signal = StageClock(.signal, section)
    decode = StageClock(.decode, section)
    govern = StageClock(.govern, section)
    write = StageClock(.write, section)
    edgeToCommand = StageClock(.edgeToCommand, section)
    wire = StageClock(.wire, section)
    firmware = StageClock(.firmware, section)
  }

  /// How long no stage that counts may break its budget before motion may begin again. Without it a
  /// stage near its budget would let the joint go and take it again many times a second.
  static var quietTime: Nanoseconds { @_noLocks @_noAllocation get { .seconds(1) } }

  /// Whether a stage that counts broke its budget within the quiet time.
  @_noLocks @_noAllocation
  mutating func isOverBudget(at now: MonotonicInstant) -> Bool {
    if takeBreach() { quietFrom = now + Self.quietTime }
    guard let quietFrom else { return false }
    return now < quietFrom
  }

  @_noLocks @_noAllocation
  private mutating func takeBreach() -> Bool {
    // All of them, so that none is told twice.
    var isBroken = edgeToWake.takeBreach()
    if read.takeBreach() { isBroken = true }
    if ring.takeBreach() { isBroken = true }
    if signal.takeBreach() { isBroken = true }
    if decode.takeBreach() { isBroken = true }
    if govern.takeBreach() { isBroken = true }
    if write.takeBreach() { isBroken = true }
    if edgeToCommand.takeBreach() { isBroken = true }
    if wire.takeBreach() { isBroken = true }
    if firmware.takeBreach() { isBroken = true }
    return isBroken
  }

  /// Touches every histogram.
  mutating func warmUp() {
    edgeToWake.record(.zero, until: .now())
    _ = isOverBudget(at: .now())
    firmware.noteWorst(until: .now())
    reset()
  }

  /// Forgets everything.
  mutating func reset() {
    edgeToWake.reset()
    read.reset()
    ring.reset()
    signal.reset()
    decode.reset()
    govern.reset()
    write.reset()
    edgeToCommand.reset()
    wire.reset()
    firmware.reset()
    lineToStop.reset()
    quietFrom = nil
  }

  /// - Parameter start: of the session.
  borrowing func records(since start: MonotonicInstant) -> [StageRecord] {
    Stage.allCases.map { stage in
      switch stage {
      case .edgeToWake: edgeToWake.record(since: start)
      case .read: read.record(since: start)
      case .ring: ring.record(since: start)
      case .signal: signal.record(since: start)
      case .decode: decode.record(since: start)
      case .govern: govern.record(since: start)
      case .write: write.record(since: start)
      case .edgeToCommand: edgeToCommand.record(since: start)
      case .wire: wire.record(since: start)
      case .firmware: firmware.record(since: start)
      }
    }
  }
}
