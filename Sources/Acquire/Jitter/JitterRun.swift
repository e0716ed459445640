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
  private var live = LivePage()
  private var soak: SoakState?

  init(_ plan: JitterPlan) { self.plan = plan }

  func run() throws(Failure) -> ExitStatus {
    try plan.checkOutputPlaces()
    let preparation = try JitterMachine(plan)
    StopSignals.block()
    reasons = preparation.refusals
    begunUnixSeconds = shim_clock_realtime() / 1_000_000_000
    begun = .now()
    if plan.isSoak {
      soak = SoakState(seriesCount: plan.threads.count, slotLength: plan.slotLength)
    }
    try start(trace: preparation.traceTarget)
    settleMainThread()
    Terminal.output.write(head(preparation.remark))
    watch()
    stop.raise()
    for thread in threads { thread.join() }
    extendLifetime(preparation)
    let ended = MonotonicInstant.now()
    drainStream()
    return try tell(ended: ended)
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

  /// Only this thread moves; the measuring ones have begun.
  private func settleMainThread() {
    guard let cpus = plan.mainCPUs else { return }
    var flags = [UInt8](repeating: 0, count: 4_096)
    for cpu in cpus { flags[cpu] = 1 }
    if unsafe shim_set_affinity_mask(flags, Int32(flags.count)) < 0 {
      reasons.append("the printing thread could not be moved to CPUs \(cpus)")
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
  private func watch() {
    var isLastRound = false
    while true {
      // As often as cyclictest's own main thread.
      let heard = StopSignals.wait(atMost: .milliseconds(10))
      drainStream()
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
      if let heard, !(plan.isSoak && heard == "SIGHUP") { return }
      if threads.allSatisfy(\.progress.isFinished) || isLastRound { return }
      if breach.found != nil { return }
      // The others get another round to finish what they have begun at the same time.
      if plan.duration == nil { isLastRound = threads.contains { $0.progress.isFinished } }
      if let duration = plan.duration, now - begun > duration + .milliseconds(200) { return }
    }
  }

  private var cyclictest: CyclictestRun {
    CyclictestRun(
      isInNanoseconds: plan.isInNanoseconds, threads: threads.map(\.cyclictest),
      showsSums: plan.showsSums)
  }

  private func drainStream() {
    guard plan.isVerbose else { return }
    var text = ""
    for (index, thread) in threads.enumerated() {
      while let sample = thread.nextSample() {
        text += CyclictestRun.streamLine(
          thread: index, cycle: sample.cycle, value: sample.units)
      }
    }
    if !text.isEmpty { Terminal.output.write(text) }
  }

  private var isLive: Bool {
    !plan.isQuiet && !plan.isVerbose && Terminal.output.isTerminal
  }

  private func paint() {
    guard isLive else { return }
    let worst = threads.map(\.progress.max).max() ?? 0
    guard live.isDue(worst: plan.repaintsAtMaximum ? worst : nil) else { return }
    live.paint(cyclictest, policy: plan.policyName)
  }

  private func tell(ended: MonotonicInstant) throws(Failure) -> ExitStatus {
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
    var text = ""
    if isLive {
      live.paint(run, policy: plan.policyName, isLast: true)
    } else if !plan.isVerbose && plan.binCount == 0 {
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
    if unshown > 0 { text += "# \(unshown) values came too fast to be printed\n" }
    for row in machine.rows { text += "# \(row.name): \(row.text)\n" }
    Terminal.output.write(text)
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
        let isBroken = breach.found?.thread == index
        return TimingSeries(
          name: "thread \(index)", detail: thread.plan.detail,
          latency: thread.latency.distribution, corrected: thread.corrected.distribution,
          missed: thread.progress.missed, budget: plan.breakAbove, breaches: isBroken ? 1 : 0,
          worstAt: thread.worstAt)
      },
      conditions: MachineConditions(.ofThisMachine).sections,
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
