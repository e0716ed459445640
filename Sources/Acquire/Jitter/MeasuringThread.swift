// One of jitter's threads, seen from the main thread.

import Monitor
import RT

/// Readable while it measures; joined once.
final class MeasuringThread {
  let plan: JitterPlan.Thread
  let progress: WakeUpProgress
  let latency: LatencyReader
  let corrected: LatencyReader
  private var thread: RealTimeThread<WakeUpMeasurement>?
  private var stream: RingConsumer?
  /// What was refused it; nil: nothing.
  let refusal: SchedulingFault?
  /// After it was joined.
  private(set) var bins: [UInt64] = []
  private(set) var overflowCount: UInt64 = 0
  private(set) var overflowCycles: [UInt64] = []
  private(set) var spikes: [LatencySpike] = []
  private(set) var spikeCount: UInt64 = 0

  init(
    _ index: Int, of plan: JitterPlan, stop: StopSignal, breach: ThresholdBreach,
    trace: TraceTarget
  ) throws(SchedulingFault) {
    self.plan = plan.threads[index]
    let wakeUps = WakeUpPlan(
      thread: index, period: self.plan.period, cycleLimit: plan.loops,
      periodLimit: plan.periodLimit(self.plan),
      unit: plan.isInNanoseconds ? Nanoseconds(1) : .microseconds(1), binCount: plan.binCount,
      breakAbove: plan.breakAbove, spikeAbove: plan.spikeAbove, spikeCapacity: plan.spikeCapacity)
    let settings = ThreadSettings(
      name: "jitter \(index)", policy: self.plan.policy, cpu: self.plan.cpu,
      enforcement: plan.allowsBestEffort ? .bestEffort : .enforce)
    let measurement: WakeUpMeasurement
    if plan.isVerbose {
      // A second's worth at 16 kHz; the main thread empties it a hundred times a second.
      let ring = Ring(slotByteCount: MemoryLayout<WakeUpSample>.size, capacity: 16_384)
      let consumer = ring.consumer
      stream = consume consumer
      measurement = WakeUpMeasurement(
        wakeUps, stop: stop, breach: breach, trace: trace, stream: ring.producer)
    } else {
      measurement = WakeUpMeasurement(wakeUps, stop: stop, breach: breach, trace: trace)
    }
    progress = measurement.progress
    latency = measurement.histogram.reader
    corrected = measurement.corrected.reader
    let started = try RealTimeThread.start(settings, workspace: measurement) { $0.run() }
    refusal = started.refusal
    thread = consume started
  }

  /// Waits for its end, and takes what it kept for itself.
  func join() {
    guard let running = thread.take() else { return }
    let finished = running.join()
    bins = finished.bins.bins
    overflowCount = finished.bins.overflowCount
    overflowCycles = finished.bins.overflowCycles
    spikes = finished.spikes.first
    spikeCount = finished.spikes.count
  }

  /// The next value for `--verbose`; nil: none waits.
  func nextSample() -> WakeUpSample? { stream?.nextWakeUpSample() }

  /// Values that did not fit because the terminal was too slow.
  var unshownCount: UInt64 { stream?.refusedCount ?? 0 }

  /// As cyclictest knows it.
  var cyclictest: CyclictestThread {
    CyclictestThread(
      threadID: progress.threadID, priority: plan.priority,
      intervalMicroseconds: plan.period.rawValue / 1_000, cycles: progress.cycles,
      last: progress.last, min: progress.min, max: progress.max, sum: progress.sum, cpu: plan.cpu,
      bins: bins, overflowCount: overflowCount, overflowCycles: overflowCycles)
  }

  func measured(_ index: Int) -> MeasuredThread {
    MeasuredThread(
      name: String(index), latency: latency.distribution, corrected: corrected.distribution,
      missed: progress.missed, worstAt: worstAt)
  }

  /// When the worst value was taken, after the thread's own beginning.
  var worstAt: Nanoseconds? {
    guard let begun = progress.begun, let worst = progress.worstWoke else { return nil }
    return worst - begun
  }
}
