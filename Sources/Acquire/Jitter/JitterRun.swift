// A run of measuring threads: started together, watched, ended together, told.

import Monitor
import RT
import SPIShim

final class JitterRun {
  private let plan: JitterPlan
  private let machine = Machine.current()
  private let stop = StopSignal()
  private let breach = ThresholdBreach()
  private var threads: [MeasuringThread] = []
  private var reasons: [String] = []
  private var begun = MonotonicInstant.now()
  private var begunUnixSeconds: Int64 = 0
  private var output = UnhurriedOutput(.output)
  private var live = LivePage()
  private var conditions: [ReportSection] = []
  private var soak: SoakState?

  init(_ plan: JitterPlan) { self.plan = plan }

  func run() throws(Failure) -> ExitStatus {
    try plan.checkOutputPlaces()
    let preparation = try JitterMachine(plan)
    StopSignals.block()
    reasons = preparation.refusals
    conditions = [preparation.section]
    begunUnixSeconds = shim_clock_realtime() / 1_000_000_000
    begun = .now()
    if plan.isSoak {
      soak = SoakState(seriesCount: plan.threads.count, slotLength: plan.slotLength)
    }
    try start(trace: preparation.traceTarget)
    if let refusal = plan.settleMainThread() { reasons.append(refusal) }
    _ = output.offer(head(preparation.remark))
    let isEnded = watch(since: .now())
    stop.raise()
    for thread in threads { thread.join() }
    extendLifetime(preparation)
    // Nobody waits long for a program that was told to end, or reads what a soak prints.
    let patience: Nanoseconds? = isEnded || plan.isSoak ? .seconds(5) : nil
    return try tell(ended: .now(), patience: patience)
  }

  private func start(trace: TraceTarget) throws(Failure) {
    for index in plan.threads.indices {
      do throws(SchedulingFault) {
        threads.append(
          try MeasuringThread(index, of: plan, stop: stop, breach: breach, trace: trace))
      } catch {
        stop.raise()
        for thread in threads { thread.join() }
        throw Failure(.refused, error.message)
      }
    }
    for message in threads.compactMap({ $0.refusal?.message }) where !reasons.contains(message) {
      reasons.append(message)
    }
  }

  private func head(_ remark: String) -> String {
    var text = ""
    if !reasons.isEmpty {
      text += "# BEST EFFORT, not real time: \(reasons.joined(separator: "; "))\n"
    }
    if plan.isVerbose {
      text += "Max CPUs = \(machine.allowedCPUs.count)\n"
      text += "Online CPUs = \(machine.allowedCPUs.count)\n"
    }
    text += remark
    if plan.isVerbose {
      for (index, thread) in plan.threads.enumerated() {
        if let cpu = thread.cpu { text += "Thread \(index) using cpu \(cpu).\n" }
        text += "Thread \(index) Interval: \(thread.period.rawValue / 1_000)\n"
      }
    }
    return text
  }

  /// Until a thread has reached its end, the time is over, or somebody ends it.
  ///
  /// - Parameter started: all of them run.
  /// - Returns: whether a signal ended it.
  private func watch(since started: MonotonicInstant) -> Bool {
    var isLastRound = false
    while true {
      // As often as cyclictest's own main thread.
      let heard = StopSignals.wait(atMost: .milliseconds(10))
      stream()
      paint()
      let now = MonotonicInstant.now()
      if var state = soak {
        state.take(threads, elapsed: now - begun)
        if state.isDue(now, every: plan.stateEvery) {
          do throws(Failure) { try writeState(state, ended: now) } catch { state.note(error) }
        }
        soak = state
      }
      // A soak outlives its terminal.
      if let heard, !(plan.isSoak && heard == "SIGHUP") { return true }
      if threads.allSatisfy(\.progress.isFinished) || isLastRound { return false }
      if breach.found != nil { return false }
      // The others get another round to finish what they have begun at the same time.
      if plan.duration == nil { isLastRound = threads.contains { $0.progress.isFinished } }
      if let duration = plan.duration, now - started > duration + .milliseconds(200) {
        return false
      }
    }
  }

  private var cyclictest: CyclictestRun {
    CyclictestRun(
      isInNanoseconds: plan.isInNanoseconds, threads: threads.map(\.cyclictest),
      showsSums: plan.showsSums)
  }

  /// What waits for a slow reader waits in the threads' rings, which count what they refuse.
  private func stream() {
    guard plan.isVerbose else { return }
    for _ in 0..<64 where output.isIdle() {
      let text = streamed(atMost: 4_096)
      guard !text.isEmpty else { return }
      _ = output.offer(text)
    }
  }

  /// - Parameter byteCount: of each thread.
  private func streamed(atMost byteCount: Int) -> String {
    var text = ""
    for (index, thread) in threads.enumerated() {
      var lines = ""
      while lines.utf8.count < byteCount, let sample = thread.nextSample() {
        lines += CyclictestRun.streamLine(thread: index, cycle: sample.cycle, value: sample.units)
      }
      text += lines
    }
    return text
  }

  private var isLive: Bool {
    !plan.isQuiet && !plan.isVerbose && Terminal.output.isTerminal
  }

  private func paint() {
    guard isLive else { return }
    let worst = threads.map(\.progress.max).max() ?? 0
    guard live.isDue(worst: plan.repaintsAtMaximum ? worst : nil) else { return }
    if output.offer(live.text(cyclictest, policy: plan.policyName)) { live.wasPainted() }
  }

  private func tell(ended: MonotonicInstant, patience: Nanoseconds?) throws(Failure) -> ExitStatus {
    let broken = breach.found
    let status = broken == nil ? ExitStatus.success : .threshold
    let run = cyclictest
    // Files first: a terminal that stands still must not keep them from being written.
    var fault: Failure?
    do throws(Failure) {
      try writeFiles(run, status: status, ended: ended)
    } catch {
      fault = error
    }
    var text = plan.isVerbose ? streamed(atMost: .max) : ""
    if isLive {
      text += live.text(run, policy: plan.policyName)
    } else if !plan.isVerbose && (plan.binCount == 0 || !plan.isQuiet) {
      text += run.threadLines
    }
    if plan.spikeAbove != nil {
      text += CyclictestRun.spikeText(
        spikes, count: threads.map(\.spikeCount).reduce(0, &+))
    }
    if plan.binCount > 0 && plan.histogramFile == nil { text += run.histogramText }
    if plan.breakAbove != nil {
      text += run.breakText(broken.map { ($0.thread, $0.units) })
    }
    text += MissedPeriodsText.text(
      threads.enumerated().map { $1.measured($0) }, isColoured: Terminal.output.isTerminal)
    let unshown = threads.map(\.unshownCount).reduce(0, &+)
    if unshown > 0 { text += "# \(unshown) values are not shown: their reader was too slow\n" }
    for row in machine.rows { text += "# \(row.name): \(row.text)\n" }
    if !output.finish(text, patience: patience) {
      Terminal.error.writeIfReady("acquire: nobody took the last lines: not all were printed\n")
    }
    if let fault { throw fault }
    return status
  }

  /// In the order of their instants, those of all threads together.
  private var spikes: [CyclictestSpike] {
    threads.flatMap(\.spikes).sorted { $0.woke < $1.woke }.prefix(plan.spikeCapacity).map {
      CyclictestSpike(
        thread: $0.thread, value: $0.units, microseconds: $0.woke.nanoseconds / 1_000)
    }
  }

  private func writeFiles(_ run: CyclictestRun, status: ExitStatus, ended: MonotonicInstant)
    throws(Failure)
  {
    if let file = plan.histogramFile { try TextFile.write(run.histogramText, to: file) }
    if let file = plan.jsonFile {
      let environment = CyclictestEnvironment(
        begun: begunUnixSeconds, ended: shim_clock_realtime() / 1_000_000_000, status: status)
      try TextFile.write(run.json(environment, own: report(ended: ended).json), to: file)
    }
    if var state = soak {
      state.take(threads, elapsed: ended - begun)
      try writeState(state, ended: ended)
    } else if let file = plan.report {
      try file.write(report(ended: ended))
    }
  }

  private func writeState(_ state: SoakState, ended: MonotonicInstant) throws(Failure) {
    guard let file = plan.report else { return }
    var report = report(ended: ended)
    report.findings.append(state.maxima.section)
    if let fault = state.fault {
      report.faults.append("the state was not written \(state.faultCount) times: \(fault.sentence)")
    }
    try file.write(report)
  }

  private func report(ended: MonotonicInstant) -> TimingReport {
    TimingReport(
      title: "Wake-up latency", commandLine: typedCommandLine(), begun: begunUnixSeconds,
      duration: ended - begun, bestEffortReasons: reasons,
      series: threads.enumerated().map { index, thread in
        TimingSeries(
          name: "thread \(index)", detail: thread.plan.detail,
          latency: thread.latency.distribution, corrected: thread.corrected.distribution,
          missed: thread.progress.missed, budget: plan.breakAbove,
          breaches: thread.latency.overLimitCount, worstAt: thread.worstAt)
      },
      conditions: MachineConditions(.ofThisMachine).sections + conditions,
      faults: breach.found.map { found in
        let unit = plan.isInNanoseconds ? "ns" : "µs"
        return ["thread \(found.thread) woke \(found.units) \(unit) late, above the threshold"]
      } ?? [])
  }
}

extension JitterPlan.Thread {
  /// "SCHED_FIFO 80 on CPU 1, every 1.00 ms".
  var detail: String {
    let scheduling =
      switch policy {
      case .fifo(let priority): "SCHED_FIFO \(priority)"
      case .roundRobin(let priority): "SCHED_RR \(priority)"
      case .deadline(let runtime, _, _): "SCHED_DEADLINE with \(runtime.readable)"
      case .other: "SCHED_OTHER"
      case .batch: "SCHED_BATCH"
      case .idle: "SCHED_IDLE"
      }
    return scheduling + (cpu.map { " on CPU \($0)" } ?? "") + ", every \(period.readable)"
  }
}
