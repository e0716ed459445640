import Foundation
import HeapCounter
import SPIShim
import TestSupport
import Testing

@testable import RT

extension TemporaryFolder {
  fileprivate func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
  }

  fileprivate func read(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }
}

@Suite("Wake-ups measured")
struct WakeUpTests {
  private func run(_ plan: WakeUpPlan, stop: StopSignal = StopSignal()) throws
    -> WakeUpMeasurement
  {
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "measures", policy: .other, enforcement: .bestEffort),
      workspace: WakeUpMeasurement(plan, stop: stop, breach: ThresholdBreach())
    ) { $0.run() }
    return thread.join()
  }

  @Test("so many wake-ups give so many values, and corrected ones for the periods missed")
  func cycles() throws {
    var found = try run(
      WakeUpPlan(period: .microseconds(500), cycleLimit: 200, binCount: 50))
    let progress = found.progress
    #expect(progress.cycles == 200 && progress.isFinished && progress.threadID > 0)
    let (raw, corrected) = (found.histogram.distribution, found.corrected.distribution)
    #expect(raw.count == 200 && corrected.count == 200 + progress.missed)
    #expect(found.bins.bins.reduce(0, +) + found.bins.overflowCount == 200)
    #expect(progress.min == raw.min.rawValue / 1_000 && progress.max == raw.max.rawValue / 1_000)
    #expect(corrected.max == raw.max)
    found.histogram.reset()
  }

  @Test("a length in periods ends after them, the missed ones included")
  func periods() throws {
    let found = try run(WakeUpPlan(period: .microseconds(400), periodLimit: 250))
    let progress = found.progress
    let due = progress.cycles + progress.missed
    // The last wake-up may have slept over some that were due later.
    #expect(due >= 250)
    let (raw, corrected) = (found.histogram.count, found.corrected.count)
    #expect(raw == progress.cycles && corrected == due)
  }

  @Test("a value above the threshold ends all threads, and the first to see it is remembered")
  func threshold() throws {
    let stop = StopSignal()
    let breach = ThresholdBreach()
    var plan = WakeUpPlan(
      thread: 0, period: .milliseconds(1), unit: Nanoseconds(1), breakAbove: Nanoseconds(1))
    let settings = ThreadSettings(name: "measures", policy: .other, enforcement: .bestEffort)
    let first = try RealTimeThread.start(
      settings, workspace: WakeUpMeasurement(plan, stop: stop, breach: breach)
    ) { $0.run() }
    plan.thread = 1
    plan.breakAbove = nil
    let second = try RealTimeThread.start(
      settings, workspace: WakeUpMeasurement(plan, stop: stop, breach: breach)
    ) { $0.run() }
    let one = first.join()
    let other = second.join()
    let (own, others) = (one.histogram.overLimitCount, other.histogram.overLimitCount)
    #expect(own == 1 && others == 0)
    let found = try #require(breach.found)
    #expect(found.thread == 0 && found.units > 1)
    #expect(found.units == one.progress.last)
    #expect(one.progress.cycles == 1)
  }

  @Test("the kernel's trace gets cyclictest's sentence and is stopped")
  func trace() throws {
    let folder = try TemporaryFolder()
    for name in ["trace_marker", "tracing_on"] { try folder.write("", to: name) }
    let trace = try KernelTrace(folders: [folder.path("nowhere"), folder.path])
    let plan = WakeUpPlan(
      period: .milliseconds(1), unit: Nanoseconds(1), breakAbove: Nanoseconds(7))
    let breach = ThresholdBreach()
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "measures", policy: .other, enforcement: .bestEffort),
      workspace: WakeUpMeasurement(plan, stop: StopSignal(), breach: breach, trace: trace.target)
    ) { $0.run() }
    _ = thread.join()
    extendLifetime(trace)
    let units = try #require(breach.found).units
    #expect(try folder.read("trace_marker") == "hit latency threshold (\(units) > 7)\n")
    #expect(try folder.read("tracing_on") == "0\n")
  }

  @Test("numbers of every length are written into the trace as they are")
  func numbers() throws {
    for units in [1, 9, 10, 11, 99, 100, 1_001, 123_456_789, Int64.max] {
      let folder = try TemporaryFolder()
      for name in ["trace_marker", "tracing_on"] { try folder.write("", to: name) }
      let trace = try KernelTrace(folders: [folder.path])
      var mark = TraceMark(trace.target)
      mark.hit(units, above: 0)
      extendLifetime(trace)
      #expect(try folder.read("trace_marker") == "hit latency threshold (\(units) > 0)\n")
    }
  }

  @Test("a tracefs that is not there, or not ours, is refused with the cure")
  func noTrace() throws {
    let folder = try TemporaryFolder()
    #expect(throws: KernelTraceFault.notMounted(folders: [folder.path("none")])) {
      _ = try KernelTrace(folders: [folder.path("none")])
    }
    try folder.write("", to: "trace_marker")
    #expect(throws: KernelTraceFault.notWritable(path: folder.path("tracing_on"), errno: 2)) {
      _ = try KernelTrace(folders: [folder.path])
    }
    #expect(KernelTraceFault.notMounted(folders: ["a", "b"]).message.contains("mount -t tracefs"))
  }

  @Test("spikes are kept up to their number, and all are counted")
  func spikes() throws {
    let found = try run(
      WakeUpPlan(
        period: .microseconds(300), cycleLimit: 20, unit: Nanoseconds(1),
        spikeAbove: Nanoseconds(0), spikeCapacity: 5))
    let (count, first) = (found.spikes.count, found.spikes.first)
    #expect(count == 20 && first.count == 5)
    #expect(first.allSatisfy { $0.units > 0 })
    #expect(zip(first, first.dropFirst()).allSatisfy { $0.woke < $1.woke })
  }

  @Test("bins truncate, and keep the cycles of as many overflows as there are bins")
  func bins() {
    var bins = LatencyBins(binCount: 3)
    for (cycle, units) in [0, 2, 3, -4, 700, 2, 9, 5].enumerated() {
      bins.record(Int64(units), cycle: Int64(cycle))
    }
    let (counts, overflow, cycles) = (bins.bins, bins.overflowCount, bins.overflowCycles)
    #expect(counts == [2, 0, 2] && overflow == 4 && cycles == [2, 4, 6])
  }

  @Test("the stream has every value in order, and what did not fit is counted")
  func stream() throws {
    let ring = Ring(slotByteCount: MemoryLayout<WakeUpSample>.size, capacity: 8)
    var consumer = ring.consumer
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "measures", policy: .other, enforcement: .bestEffort),
      workspace: WakeUpMeasurement(
        WakeUpPlan(period: .microseconds(300), cycleLimit: 20), stop: StopSignal(),
        breach: ThresholdBreach(), stream: ring.producer)
    ) { $0.run() }
    _ = thread.join()
    var cycles: [UInt64] = []
    while let sample = consumer.nextWakeUpSample() { cycles.append(sample.cycle) }
    #expect(cycles == Array(0..<8))
    let refused = consumer.refusedCount
    #expect(refused == 12)
  }

  @Test("a long period can be ended while the thread sleeps")
  func longPeriod() throws {
    let stop = StopSignal()
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "measures", policy: .other, enforcement: .bestEffort),
      workspace: WakeUpMeasurement(
        WakeUpPlan(period: .seconds(3_000)), stop: stop, breach: ThresholdBreach())
    ) { $0.run() }
    stop.raise()
    let found = thread.join()
    #expect(found.progress.cycles == 0)
  }

  @Test("measuring makes no heap call")
  func noHeap() {
    var measurement = WakeUpMeasurement(
      WakeUpPlan(
        period: .microseconds(100), cycleLimit: 50, binCount: 4, spikeAbove: Nanoseconds(0),
        spikeCapacity: 3), stop: StopSignal(), breach: ThresholdBreach())
    let before = heap_counter_calls_of_this_thread()
    measurement.run()
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(calls == 0)
  }
}

@Suite("Wake chains")
struct WakeChainTests {
  @Test(
    "each call is answered once, and each of the four latencies has as many values",
    arguments: WakeMeans.allCases)
  func exchange(means: WakeMeans) throws {
    let chain = try WakeChain(means)
    let settings = ThreadSettings(name: "chain", policy: .other, enforcement: .bestEffort)
    let answerer = try RealTimeThread.start(settings, workspace: ChainAnswerer(chain: chain)) {
      $0.run()
    }
    let caller = try RealTimeThread.start(
      settings,
      workspace: ChainCaller(
        WakeUpPlan(period: .microseconds(300), cycleLimit: 100), chain: chain, stop: StopSignal())
    ) { $0.run() }
    let called = caller.join()
    let answered = answerer.join()
    chain.close()
    let counts = [
      called.timerLatency.count, called.wakeLatency.count + called.promptCount,
      called.roundTrip.count, answered.wakeLatency.count + answered.promptCount,
      called.progress.cycles,
    ]
    #expect(counts == [100, 100, 100, 100, 100])
    let corrected = called.timerCorrected.count
    #expect(corrected == 100 + called.progress.missed)
    guard answered.promptCount == 0, called.promptCount == 0 else { return }
    let round = called.roundTrip.distribution
    let (there, back) = (answered.wakeLatency.distribution, called.wakeLatency.distribution)
    #expect(round.min >= there.min && round.min >= back.min && there.min > .zero)
    #expect(round.mean >= there.mean)
  }

  @Test(
    "a call that was there before the answerer slept is no wake-up", arguments: WakeMeans.allCases)
  func prompt(means: WakeMeans) throws {
    let chain = try WakeChain(means)
    let settings = ThreadSettings(name: "chain", policy: .other, enforcement: .bestEffort)
    let caller = try RealTimeThread.start(
      settings,
      workspace: ChainCaller(
        WakeUpPlan(period: .microseconds(300), cycleLimit: 1), chain: chain, stop: StopSignal())
    ) { $0.run() }
    // It has called before somebody is there to answer.
    for _ in 0..<6_000 where !chain.hasCalled { usleep(10_000) }
    let answerer = try RealTimeThread.start(settings, workspace: ChainAnswerer(chain: chain)) {
      $0.run()
    }
    let called = caller.join()
    let answered = answerer.join()
    chain.close()
    let (apart, measured) = (answered.promptCount, answered.wakeLatency.count)
    #expect(apart == 1 && measured == 0)
    let (back, round) = (called.wakeLatency.count + called.promptCount, called.roundTrip.count)
    #expect(back == 1 && round == 1)
  }

  @Test("an answerer whose caller never came can be ended", arguments: WakeMeans.allCases)
  func hangUp(means: WakeMeans) throws {
    let chain = try WakeChain(means)
    let answerer = try RealTimeThread.start(
      ThreadSettings(name: "chain", policy: .other, enforcement: .bestEffort),
      workspace: ChainAnswerer(chain: chain)
    ) { $0.run() }
    chain.hangUp()
    let finished = answerer.join()
    chain.close()
    let count = finished.wakeLatency.count
    #expect(count == 0)
  }
}

@Suite("The limit of a threshold")
struct BreachLimitTests {
  @Test(
    "is the last value that does not break it, in whole units", arguments: [1, 1_000] as [Int64])
  func last(unit: Int64) {
    let plan = WakeUpPlan(
      period: .milliseconds(1), unit: Nanoseconds(unit), breakAbove: Nanoseconds(150 * unit))
    let limit = plan.breachLimit.rawValue
    #expect(limit / unit == 150 && (limit + 1) / unit == 151)
    #expect(WakeUpPlan(period: .milliseconds(1)).breachLimit.rawValue == .max)
  }
}

@Suite("Policies")
struct PolicyTests {
  @Test("batch and idle are what the thread then has", arguments: [(true, 3), (false, 5)])
  func normal(isBatch: Bool, expected: Int32) throws {
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "policy", policy: isBatch ? .batch : .idle), workspace: PolicyFound()
    ) { $0.look() }
    #expect(thread.join().policy == expected)
  }

  @Test("a deadline whose runtime is longer than its period is out of range, if one may ask at all")
  func deadline() {
    #expect(
      SchedulingFault.of(
        errno: 22,
        policy: .deadline(runtime: .seconds(2), deadline: .seconds(1), period: .seconds(1)),
        mayRaise: true, limit: 0) == .deadlineOutOfRange)
    #expect(SchedulingFault.deadlineOutOfRange.message.contains("sched_deadline_period_min_us"))
  }
}

private struct PolicyFound: ~Copyable {
  var policy: Int32 = -1

  mutating func look() {
    var priority: Int32 = 0
    unsafe shim_get_scheduler(&policy, &priority)
  }
}
