// What is left of a session, as a report.

import Amplifiers
import Decoding
import Exoskeleton
import Monitor
import RT
import Signal

extension DecodingWorkspace {
  /// The closing report, from this thread's accounts and what the others left.
  mutating func report(
    plan: SessionPlan, description: AmplifierDescription, ledger: FrameLedger,
    exoskeleton: String, started: MonotonicInstant, duration: Nanoseconds, recording: String?,
    samplesNotStored: UInt64,
    recordingFault: String?, acquisitionCost: ThreadCost, bestEffortReasons: [String],
    cpuShare: Double, machine: [(name: String, text: String)], faults: [String]
  ) -> SessionReport {
    let counts = actuation?.link.counts
    var reasons: [(reason: String, count: UInt64)] = []
    for (bit, name) in NeutralCauses.names.enumerated() {
      let count = actuation?.governor.count(ofCauseBit: bit) ?? 0
      if count > 0 { reasons.append((name, count)) }
    }
    var report = SessionReport(
      amplifier: description.name, exoskeleton: exoskeleton, duration: duration,
      nominalRate: plan.montage.samplesPerSecond, sampleRate: snapshot.sampleRate.rate,
      frames: ledger.delivered, lost: ledger.lost, paused: ledger.paused,
      recoveries: recoveries.records, late: ledger.late,
      corrupt: ledger.corrupt, incomplete: ledger.incomplete,
      undecoded: ledger.shares[0].refused, decisions: snapshot.decisions,
      commands: counts?.commands ?? 0, acknowledged: counts?.acknowledged ?? 0,
      neutralReasons: reasons,
      recording: recording, samplesNotStored: samplesNotStored, recordingFault: recordingFault,
      mallocsAfterArming: acquisitionCost.heapCalls + cost.heapCalls,
      pageFaultsAfterArming: acquisitionCost.pageFaults + cost.pageFaults,
      bestEffortReasons: bestEffortReasons,
      budget: LatencyBudget(
        stages: histograms.records(since: started),
        structural: structuralDelays(plan: plan, description)),
      processCPUShare: cpuShare, residentBytes: residentByteCount(), machine: machine,
      faults: faults)
    report.ledger = ledger
    return report
  }

  /// What the newest undisturbed second says of each electrode; empty when no current flowed.
  borrowing func contacts(_ plan: SessionPlan) -> [ContactRow] {
    guard let impedance = plan.impedance, meter != nil else { return [] }
    return impedance.measured.map { channel in
      let reading = meter?.latest(channel) ?? .settling
      return ContactRow(
        label: impedance.montage.channels[channel].label, reading: reading,
        grade: impedance.thresholds.grade(
          reading, fullScaleOhms: meter?.fullScaleOhms(ofChannel: channel) ?? 0))
    }
  }

  /// Nil without an exoskeleton.
  borrowing func actuatorRecord(remarks: [String]) -> ActuatorRecord? {
    actuation?.record(
      remarks: remarks,
      emergency: histograms.lineToStop.count > 0 ? histograms.lineToStop.summary : nil,
      outages: snapshot.outages)
  }

  /// Nil where the hardware's own edge is stamped.
  var sampleTimes: (error: Nanoseconds, latestArrival: Nanoseconds)? {
    let error = snapshot.sampleTimeErrorNanoseconds
    return error == 0 ? nil : (Nanoseconds(Int64(error)), snapshot.latestArrival)
  }

  private mutating func structuralDelays(plan: SessionPlan, _ description: AmplifierDescription)
    -> [StructuralDelay]
  {
    var delays: [StructuralDelay] = []
    if description.groupDelay > .zero {
      delays.append(
        StructuralDelay(
          name: "converter", delay: description.groupDelay,
          note: "group delay of the sinc³ filter"))
    }
    delays += description.delays
    for stage in stage?.chain.groupDelays ?? [] {
      delays.append(
        StructuralDelay(
          name: stage.name, delay: stage.delay,
          note: "group delay at \(decimal(stage.at.rawValue, places: 1)) Hz"))
    }
    if let window = stage?.chain.structuralWindow {
      delays.append(
        StructuralDelay(
          name: "band power", delay: window, note: "window that a decision looks back over"))
      delays.append(
        StructuralDelay(
          name: "dwell",
          delay: Nanoseconds(
            seconds: Double(plan.rule.dwellDecisions) * Double(plan.framesPerDecision)
              / plan.montage.samplesPerSecond),
          note: "decisions in a row to enter a class"))
    }
    return delays
  }
}

extension CPULatencyRequest {
  var row: ReportRow { ReportRow("idle states", isHeld ? "held off" : "not held off") }
}

extension Pipeline.Layout {
  /// Where the two threads ran.
  var rows: [ReportRow] {
    [
      ReportRow("acquisition", acquisitionCPU.map { "on CPU \($0)" } ?? "on any CPU"),
      ReportRow(
        "decoding",
        (decodingCPU.map { "on CPU \($0)" } ?? "on any CPU")
          + (lead > .zero ? ", awake \(lead.readable) before a frame" : "")),
    ]
  }
}

extension Machine {
  /// The conditions of a measurement, as they are shown.
  var rows: [(name: String, text: String)] {
    [
      ("machine", cpuModel + ", \(allowedCPUs.count) CPUs" + (isVirtual ? ", virtual" : "")),
      ("kernel", kernelRelease + " " + preemption),
      ("load", load + (governor.map { ", governor \($0)" } ?? "")),
    ]
  }
}

extension SchedulingFault {
  /// Shorter than `message`, for the first line of a best-effort report.
  var reason: String {
    switch self {
    case .priorityRefused(let requested, let limit):
      "priority \(requested) was refused (this user may go up to \(limit))"
    case .controlGroupHasNoBudget: "the control group has no real-time budget"
    case .deadlineNotAdmitted: "SCHED_DEADLINE was not admitted"
    case .deadlineOutOfRange: "SCHED_DEADLINE's times are out of range"
    case .cpuNotAvailable(let cpu): "CPU \(cpu) cannot be used"
    case .memoryLockRefused(let limit): "memory is not locked (limit \(limit / 1_024) kB)"
    case .system(let operation, let errno): "\(operation) failed (\(describe(errno: errno)))"
    }
  }
}

extension SessionReport {
  /// Filters and losses are reckoned by the nominal rate: of another one somebody must know.
  var rateWarning: String? {
    // What is lost for long makes every rate look wrong.
    guard let rate = sampleRate, abs(rate.partsPerMillion) > 5_000,
      Double(lost) * 10 < abs(rate.partsPerMillion) * 1e-6 * Double(frames)
    else { return nil }
    return "\(amplifier) sent \(decimal(rate.estimate, places: 1)) samples a second, not "
      + "\(nominalRate): filters and losses are reckoned by the latter; where firmware decides the "
      + "rate, set amplifier.device-rate"
  }
}

extension LineRecord {
  init(_ statistics: LineStatistics) {
    let errors = statistics.lineErrors
    self.init(
      packets: statistics.packets, receivedBytes: statistics.receivedBytes,
      skippedBytes: statistics.skippedBytes, lostLocks: statistics.lostLocks,
      repeatedPackets: statistics.repeatedPackets,
      implausiblePackets: statistics.implausiblePackets,
      lineErrors: errors.overruns + errors.parity + errors.framing + errors.breaks,
      outages: statistics.outages, restarts: statistics.restarts,
      libraryHeapCalls: statistics.libraryHeapCalls)
  }
}
