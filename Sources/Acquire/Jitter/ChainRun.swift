// Two threads that wake each other, started, ended and told.

import Monitor
import RT
import SPIShim

struct ChainRun {
  private let plan: JitterPlan
  private let means: WakeMeans
  private let machine = Machine.current()

  init(_ plan: JitterPlan, means: WakeMeans) {
    self.plan = plan
    self.means = means
  }

  func run() throws(Failure) -> ExitStatus {
    try plan.checkOutputPlaces()
    let preparation = try JitterMachine(plan)
    StopSignals.block()
    let begunUnixSeconds = shim_clock_realtime() / 1_000_000_000
    let begun = MonotonicInstant.now()
    let chain = try explaining(.system) { () throws(SchedulingFault) in try WakeChain(means) }
    let (caller, answerer) = (plan.threads[0], plan.threads[1])
    let answering = try explaining(.refused) { () throws(SchedulingFault) in
      try RealTimeThread.start(
        settings("answerer", answerer), workspace: ChainAnswerer(chain: chain)
      ) { $0.run() }
    }
    let stop = StopSignal()
    let calls = ChainCaller(
      WakeUpPlan(
        period: caller.period, cycleLimit: plan.loops, periodLimit: plan.periodLimit(caller)),
      chain: chain, stop: stop)
    let progress = calls.progress
    var reasons = preparation.refusals
    if let refusal = answering.refusal { reasons.append(refusal.message) }
    let answered: ChainAnswerer
    let called: ChainCaller
    do throws(SchedulingFault) {
      let calling = try RealTimeThread.start(settings("caller", caller), workspace: calls) {
        $0.run()
      }
      if let refusal = calling.refusal, !reasons.contains(refusal.message) {
        reasons.append(refusal.message)
      }
      if let refusal = plan.settleMainThread() { reasons.append(refusal) }
      while !progress.isFinished, StopSignals.wait(atMost: .milliseconds(50)) == nil {}
      stop.raise()
      called = calling.join()
      answered = answering.join()
      chain.close()
    } catch {
      chain.hangUp()
      _ = answering.join()
      chain.close()
      throw Failure(.refused, error.message)
    }
    let ended = MonotonicInstant.now()
    let series = Self.series(called, answered, caller: caller, answerer: answerer)
    let prompt = [("there", answered.promptCount), ("back", called.promptCount)]
    let identifiers = [called.progress.threadID, answered.progress.threadID]
    // The file first: a terminal that stands still must not keep it from being written.
    try plan.report?.write(
      TimingReport(
        title: "Wake chain by \(means.rawValue)", commandLine: typedCommandLine(),
        begun: begunUnixSeconds, duration: ended - begun, bestEffortReasons: reasons,
        series: series,
        findings: [
          ReportSection(
            "no wake-up, because it was there before the thread slept",
            prompt.map { ReportRow($0.0, "\($0.1)") })
        ],
        conditions: MachineConditions(.ofThisMachine).sections + [preparation.section]))
    tell(
      series, identifiers, prompt: prompt.map(\.1), reasons: reasons, remark: preparation.remark)
    extendLifetime(preparation)
    return .success
  }

  private func settings(_ name: String, _ thread: JitterPlan.Thread) -> ThreadSettings {
    ThreadSettings(
      name: name, policy: thread.policy, cpu: thread.cpu,
      enforcement: plan.allowsBestEffort ? .bestEffort : .enforce)
  }

  private static func series(
    _ called: borrowing ChainCaller, _ answered: borrowing ChainAnswerer,
    caller: JitterPlan.Thread, answerer: JitterPlan.Thread
  ) -> [TimingSeries] {
    let progress = called.progress
    let worstAt: Nanoseconds? =
      if let begun = progress.begun, let worst = progress.worstWoke { worst - begun } else { nil }
    return [
      TimingSeries(
        name: "there", detail: "the caller wakes the answerer: \(answerer.detail)",
        latency: answered.wakeLatency.distribution),
      TimingSeries(
        name: "back", detail: "the answerer wakes the caller: \(caller.detail)",
        latency: called.wakeLatency.distribution),
      TimingSeries(
        name: "round trip", detail: "there and back, for the caller",
        latency: called.roundTrip.distribution),
      TimingSeries(
        name: "timer", detail: "the caller's own timer: \(caller.detail)",
        latency: called.timerLatency.distribution,
        corrected: called.timerCorrected.distribution, missed: progress.missed, worstAt: worstAt),
    ]
  }

  /// ptsematest's two lines for either way, then ours.
  private func tell(
    _ series: [TimingSeries], _ identifiers: [Int32], prompt: [UInt64], reasons: [String],
    remark: String
  ) {
    var text = ""
    if !reasons.isEmpty {
      text += "# BEST EFFORT, not real time: \(reasons.joined(separator: "; "))\n"
    }
    text += remark
    let threads = plan.threads.enumerated().map { index, thread in
      "#\(index): ID\(identifiers[index]), P\(thread.priority)"
        + (thread.cpu.map { ", CPU\($0)" } ?? "")
        + (index == 0 ? ", I\(thread.period.rawValue / 1_000)" : "")
    }
    text += threads.joined(separator: "; ") + ", Cycles \(series[2].latency.count)\n"
    for (way, found) in [("#0 -> #1", series[0].latency), ("#1 -> #0", series[1].latency)] {
      func microseconds(_ span: Nanoseconds) -> String {
        (found.count > 0 ? String(span.rawValue / 1_000) : "–").leading(4)
      }
      text += "\(way), Min \(microseconds(found.min)), Avg \(microseconds(found.mean)), "
      text += "Max \(microseconds(found.max))\n"
    }
    text += MissedPeriodsText.text(
      series.map {
        MeasuredThread(
          name: $0.name, latency: $0.latency, corrected: $0.corrected, missed: $0.missed,
          worstAt: $0.worstAt)
      }, isColoured: Terminal.output.isTerminal)
    if prompt.contains(where: { $0 > 0 }) {
      text += "# there before the thread slept, so no wake-up: \(prompt[0]) there, "
      text += "\(prompt[1]) back\n"
    }
    for row in machine.rows { text += "# \(row.name): \(row.text)\n" }
    Terminal.output.writeLast(text)
  }
}
