// A thread that measures how late it wakes.
//
// Real-time: the measuring thread. A sleep, a clock read and a few stores a period; at a stall of
// many periods at most one step more for each bucket of the histogram. Two writes into the
// kernel's trace at the end, if that was asked for.

import SPIShim

/// What a measuring thread owns.
public struct WakeUpMeasurement: ~Copyable {
  private var timer: CyclicTimer
  private let thread: Int
  private let cycleLimit: Int64
  private let periodLimit: Int64
  private let unit: Int64
  private let breakAbove: Int64
  private let spikeAbove: Int64
  private let stop: StopSignal
  private let claim: ThresholdClaim
  private var mark: TraceMark
  private var stream: RingProducer
  private var isStreaming = true

  private let journal = WakeUpJournal()
  /// As measured; what is over its limit breaks the threshold.
  public var histogram: LatencyHistogram
  /// With what the missed periods would have shown: its count is that of the other, and of them.
  public var corrected = LatencyHistogram()
  public var bins: LatencyBins
  public var spikes: LatencySpikes

  /// - Parameters:
  ///   - stop: ends it after the wake-up under way; shared by all threads of a run.
  ///   - trace: of a trace that stays open until the thread was joined.
  public init(
    _ plan: WakeUpPlan, stop: StopSignal, breach: ThresholdBreach, trace: TraceTarget = .none
  ) {
    let unread = Ring(slotByteCount: MemoryLayout<WakeUpSample>.size, capacity: 2)
    self.init(plan, stop: stop, breach: breach, trace: trace, stream: unread.producer)
    isStreaming = false
  }

  /// - Parameter stream: slots of a `WakeUpSample`; what does not fit the ring refuses and counts.
  public init(
    _ plan: WakeUpPlan, stop: StopSignal, breach: ThresholdBreach, trace: TraceTarget = .none,
    stream: consuming RingProducer
  ) {
    timer = CyclicTimer(period: plan.period)
    thread = plan.thread
    cycleLimit = plan.cycleLimit
    periodLimit = plan.periodLimit
    unit = max(1, plan.unit.rawValue)
    breakAbove = plan.breakAbove.map { $0.rawValue / max(1, plan.unit.rawValue) } ?? .max
    histogram = LatencyHistogram(limit: plan.breachLimit)
    spikeAbove = plan.spikeAbove.map { $0.rawValue / max(1, plan.unit.rawValue) } ?? .max
    self.stop = stop
    claim = breach.claim()
    mark = TraceMark(trace)
    self.stream = stream
    bins = LatencyBins(binCount: plan.binCount)
    spikes = LatencySpikes(capacity: plan.spikeAbove == nil ? 0 : plan.spikeCapacity)
  }

  /// For any thread, while this one measures and after. Not for the real-time path.
  public var progress: WakeUpProgress { journal.progress }

  /// Until a limit is reached, the threshold broken, or `stop` raised.
  @_noLocks @_noAllocation
  public mutating func run() {
    timer.restart()
    journal.begin(at: timer.next - timer.period, threadID: shim_thread_id())
    var cycles: Int64 = 0
    var periods: Int64 = 0
    while !stop.isRaised {
      guard comesNear() else { break }
      let tick = timer.wait()
      let late = tick.woke - tick.scheduled
      let units = late.rawValue / unit
      let isBreach = units > breakAbove
      if isBreach, claim.take(thread: thread, units: units) {
        mark.hit(units, above: breakAbove)
        stop.raise()
      }
      take(tick, late: late, units: units, cycle: cycles)
      cycles &+= 1
      periods &+= 1 &+ tick.missed
      if isBreach || cycles == cycleLimit || (periodLimit > 0 && periods >= periodLimit) { break }
    }
    journal.finish()
  }

  /// Sleeps in short pieces until the next tick is less than a second away, so that a long period
  /// can be ended; the last piece is left to the timer. False: it shall end.
  @_noLocks @_noAllocation
  private borrowing func comesNear() -> Bool {
    // A piece is a quarter of a second: 14 400 are an hour, longer than any period.
    for _ in 0..<14_400 {
      let now = MonotonicInstant.now()
      if timer.next - now < .seconds(1) { return true }
      _ = shim_sleep_until((now + .milliseconds(250)).nanoseconds)
      if stop.isRaised { return false }
    }
    return true
  }

  @_noLocks @_noAllocation
  private mutating func take(_ tick: Tick, late: Nanoseconds, units: Int64, cycle: Int64) {
    histogram.record(late)
    corrected.record(late)
    if tick.missed > 0 {
      corrected.recordMissed(tick.missed, late: late, period: timer.period)
    }
    bins.record(units, cycle: cycle)
    if units > spikeAbove {
      spikes.record(LatencySpike(thread: thread, units: units, woke: tick.woke))
    }
    journal.publish(tick, units: units)
    if isStreaming, let slot = unsafe stream.claim() {
      unsafe slot.storeBytes(
        of: WakeUpSample(cycle: UInt64(truncatingIfNeeded: cycle), units: units),
        as: WakeUpSample.self)
      stream.publish()
    }
  }
}
