// The closing report of a session: what came in, what was lost, what was commanded, how long it
// took, and on which machine. As a page for a person and as JSON for a program.

public import RT
public import Signal

public struct SessionReport: Sendable {
  public var amplifier: String
  /// The amplifier's, as it says it; nil where it says none.
  public var firmware: String?
  public var exoskeleton: String
  public var duration: Nanoseconds
  public var nominalRate: Double
  /// By the host's clock, from the times of the edges; nil when the session was too short.
  public var sampleRate: SampleRate?

  public var frames: UInt64
  /// Conversions that never became a frame, exactly.
  public var lost: UInt64
  /// Sample periods in which the amplifier made no conversion.
  public var paused: UInt64
  /// Times that the amplifier was brought back; the first 32 of them.
  public var recoveries: [RecoveryRecord]
  /// Frames read after the next conversion was already due.
  public var late: UInt64
  public var corrupt: UInt64
  /// Frames of which some channels were missing.
  public var incomplete: UInt64
  /// Frames that the decoding thread could not take because its ring was full.
  public var undecoded: UInt64
  public var decisions: UInt64
  public var commands: UInt64
  public var acknowledged: UInt64
  /// Why neutral was commanded, with counts.
  public var neutralReasons: [(reason: String, count: UInt64)]

  /// Path of the recording, if one was made.
  public var recording: String?
  public var samplesNotStored: UInt64
  /// What ended the recording before the session, if anything did.
  public var recordingFault: String?

  /// Heap calls of the two real-time threads after arming.
  public var mallocsAfterArming: UInt64
  /// Minor and major page faults of the two real-time threads after arming.
  public var pageFaultsAfterArming: UInt64
  /// Why real-time scheduling or memory locking is missing; empty when all was granted.
  public var bestEffortReasons: [String]

  public var budget: LatencyBudget
  public var processCPUShare: Double
  public var residentBytes: UInt64
  /// Conditions of the machine, in the order to be shown.
  public var machine: [(name: String, text: String)]
  /// What went wrong, one sentence each.
  public var faults: [String]

  /// Electrodes by the newest undisturbed second; empty when no current measured them.
  public var contacts: [ContactRow] = []

  /// Of an amplifier that streams packets; nil for others.
  public var line: LineRecord?
  /// How well the time of a sample is known where it is filtered from arrivals: the standard error
  /// at the end, and the latest arrival.
  public var sampleTimes: (error: Nanoseconds, latestArrival: Nanoseconds)?

  /// Nil without an exoskeleton.
  public var actuator: ActuatorRecord?
  /// What the amplifier sent was taken once in so long; nil: at once.
  public var gathering: Nanoseconds?

  /// Nil where nobody has kept one.
  public var ledger: FrameLedger?
  /// Seconds since 1970, UTC; and what was typed.
  public var begun: Int64 = 0
  public var commandLine = ""
  /// The machine, for a report that travels; empty: `machine` is all that is known.
  public var conditions: [ReportSection] = []

  public var isBestEffort: Bool { !bestEffortReasons.isEmpty }

  public init(
    amplifier: String, exoskeleton: String, duration: Nanoseconds, nominalRate: Double,
    sampleRate: SampleRate?, frames: UInt64, lost: UInt64, paused: UInt64,
    recoveries: [RecoveryRecord], late: UInt64, corrupt: UInt64, incomplete: UInt64,
    undecoded: UInt64, decisions: UInt64, commands: UInt64, acknowledged: UInt64,
    neutralReasons: [(reason: String, count: UInt64)], recording: String?,
    samplesNotStored: UInt64, recordingFault: String?, mallocsAfterArming: UInt64,
    pageFaultsAfterArming: UInt64, bestEffortReasons: [String], budget: LatencyBudget,
    processCPUShare: Double, residentBytes: UInt64, machine: [(name: String, text: String)],
    faults: [String]
  ) {
    self.amplifier = amplifier
    self.exoskeleton = exoskeleton
    self.duration = duration
    self.nominalRate = nominalRate
    self.sampleRate = sampleRate
    self.frames = frames
    self.lost = lost
    self.paused = paused
    self.recoveries = recoveries
    self.late = late
    self.corrupt = corrupt
    self.incomplete = incomplete
    self.undecoded = undecoded
    self.decisions = decisions
    self.commands = commands
    self.acknowledged = acknowledged
    self.neutralReasons = neutralReasons
    self.recording = recording
    self.samplesNotStored = samplesNotStored
    self.recordingFault = recordingFault
    self.mallocsAfterArming = mallocsAfterArming
    self.pageFaultsAfterArming = pageFaultsAfterArming
    self.bestEffortReasons = bestEffortReasons
    self.budget = budget
    self.processCPUShare = processCPUShare
    self.residentBytes = residentBytes
    self.machine = machine
    self.faults = faults
  }
}

extension SessionReport {
  /// Schema version 2: `sampleRate` in the place of two rates. Times in nanoseconds, rates in
  /// samples a second.
  public var json: JSON {
    .object([
      .init("schemaVersion", .integer(2)),
      .init("amplifier", .string(amplifier)),
      .init("firmware", firmware.map(JSON.string) ?? .null),
      .init("exoskeleton", .string(exoskeleton)),
      .init("durationNanoseconds", .integer(duration.rawValue)),
      .init("sampleRate", sampleRateMembers),
      .init("frames", .unsigned(frames)),
      .init("lost", .unsigned(lost)),
      .init("paused", .unsigned(paused)),
      .init("recoveries", .array(recoveries.map(\.json))),
      .init("late", .unsigned(late)),
      .init("corrupt", .unsigned(corrupt)),
      .init("incomplete", .unsigned(incomplete)),
      .init("undecoded", .unsigned(undecoded)),
      .init("line", line.map(\.json) ?? .null),
      .init("gatheringNanoseconds", gathering.map { .integer($0.rawValue) } ?? .null),
      .init(
        "sampleTimes",
        sampleTimes.map { times in
          .object([
            .init("errorNanoseconds", .integer(times.error.rawValue)),
            .init("latestArrivalNanoseconds", .integer(times.latestArrival.rawValue)),
          ])
        } ?? .null),
      .init("decisions", .unsigned(decisions)),
      .init("commands", .unsigned(commands)),
      .init("acknowledged", .unsigned(acknowledged)),
      .init(
        "neutralReasons", .object(neutralReasons.map { .init($0.reason, .unsigned($0.count)) })),
      .init("recording", recording.map(JSON.string) ?? .null),
      .init("actuator", actuator.map(\.json) ?? .null),
      .init("samplesNotStored", .unsigned(samplesNotStored)),
      .init("recordingFault", recordingFault.map(JSON.string) ?? .null),
      .init("mallocsAfterArming", .unsigned(mallocsAfterArming)),
      .init("pageFaultsAfterArming", .unsigned(pageFaultsAfterArming)),
      .init("bestEffort", .bool(isBestEffort)),
      .init("bestEffortReasons", .array(bestEffortReasons.map(JSON.string))),
      .init("stages", budget.json),
      .init("ledger", ledger.map(\.json) ?? .null),
      .init(
        "structuralDelays",
        .array(
          budget.structural.map {
            .object([
              .init("name", .string($0.name)), .init("nanoseconds", .integer($0.delay.rawValue)),
              .init("note", .string($0.note)),
            ])
          })),
      .init("processCPUShare", .number(processCPUShare)),
      .init("residentBytes", .unsigned(residentBytes)),
      .init("machine", .object(machine.map { .init($0.name, .string($0.text)) })),
      .init("impedances", .array(contacts.map(\.json))),
      .init("faults", .array(faults.map(JSON.string))),
      .init("timing", timing.json),
    ])
  }

  /// The page for a person. A best-effort session says so in its first line.
  public var page: String {
    var lines: [String] = []
    if isBestEffort {
      lines.append("BEST EFFORT, not real time: " + bestEffortReasons.joined(separator: "; "))
      lines.append("")
    }
    lines.append("\(amplifier) → \(exoskeleton), \(duration.readable)")
    lines.append("")
    if let firmware { lines.append(row("board's firmware", firmware)) }
    lines.append(row("sample rate", sampleRateText))
    if let ledger {
      for entry in ledger.rows { lines.append(row(entry.name, entry.text)) }
    } else {
      lines.append(row("frames", "\(frames)"))
      lines.append(row("lost", "\(lost)" + notes))
    }
    for recovery in recoveries { lines.append(row("brought back", recovery.text)) }
    if let line { lines.append(row("line", line.text)) }
    if let gathering { lines.append(row("taken", "every \(gathering.readable)")) }
    if let sampleTimes {
      lines.append(
        row(
          "sample times",
          "known to ±\(sampleTimes.error.readable) by the filtered clock; the latest arrival was "
            + "\(sampleTimes.latestArrival.readable) late"))
    }
    lines.append(row("decisions", "\(decisions)"))
    if ledger == nil {
      lines.append(row("commands", "\(commands), \(acknowledged) acknowledged"))
    }
    if !neutralReasons.isEmpty {
      let text = neutralReasons.map { "\($0.reason) \($0.count)×" }.joined(separator: ", ")
      lines.append(row("neutral because", text))
    }
    if let actuator {
      lines.append(row("a command", actuator.wireText))
      lines.append(row("drive's watchdog", actuator.watchdog))
      if actuator.outages > 0 { lines.append(row("exoskeleton gone", actuator.outageText)) }
      if let emergency = actuator.emergency {
        lines.append(row("emergency stop", "sent \(emergency.max.readable) after the line opened"))
      }
    }
    lines.append(row("recording", recordingText))
    lines.append(
      row(
        "after arming",
        "\(mallocsAfterArming) heap calls, \(pageFaultsAfterArming) page faults on both "
          + "real-time threads"
          + (line.map { $0.libraryHeapCalls > 0 ? ", \($0.libraryHeapCalls) in libusb" : "" } ?? "")
      ))
    lines.append(
      row(
        "process",
        "\(decimal(processCPUShare * 100, places: 1)) % of one CPU, "
          + "\(decimal(Double(residentBytes) / 1e6, places: 1)) MB resident"))
    for (name, text) in machine { lines.append(row(name, text)) }
    lines.append("")
    lines.append(budget.table)
    if !contacts.isEmpty {
      lines.append(ContactTable(isColoured: false, columns: nil).page(contacts))
    }
    for remark in actuator?.remarks ?? [] { lines.append("! " + remark) }
    for fault in faults { lines.append("! " + fault) }
    return lines.joined(separator: "\n") + (faults.isEmpty ? "" : "\n")
  }

  private var notes: String {
    var notes: [String] = []
    if late > 0 { notes.append("\(late) late") }
    if corrupt > 0 { notes.append("\(corrupt) corrupt") }
    if incomplete > 0 { notes.append("\(incomplete) incomplete") }
    if undecoded > 0 { notes.append("\(undecoded) not decoded") }
    return notes.isEmpty ? "" : " (" + notes.joined(separator: ", ") + ")"
  }

  private var recordingText: String {
    guard let recording else { return "none" }
    return recording
      + (samplesNotStored > 0 ? " – INCOMPLETE, \(samplesNotStored) samples not stored" : "")
  }

  private func row(_ name: String, _ text: String) -> String { name.trailing(18) + text }
}

extension SessionReport {
  /// The same as a measurement of time, to be plotted and compared.
  public var timing: TimingReport {
    var findings = ledger.map { [ReportSection("ledger of frames", $0.rows)] } ?? []
    let structural = budget.structural.map {
      ReportRow($0.name, "\($0.delay.readable), \($0.note)")
    }
    if !structural.isEmpty {
      findings.append(ReportSection("delay of the method itself", structural))
    }
    findings.append(
      ReportSection(
        "real-time threads",
        [
          ReportRow("heap calls after arming", "\(mallocsAfterArming)"),
          ReportRow("page faults after arming", "\(pageFaultsAfterArming)"),
        ]))
    var series = budget.stages.filter { $0.latency.count > 0 }.map(\.series)
    if let ledger, let first = series.firstIndex(where: { $0.name == Stage.edgeToWake.rawValue }) {
      series[first].missed = ledger.late + ledger.lost
    }
    return TimingReport(
      title: "\(amplifier) → \(exoskeleton)", commandLine: commandLine, begun: begun,
      duration: duration, bestEffortReasons: bestEffortReasons,
      series: series, findings: findings,
      conditions: conditions.isEmpty
        ? [ReportSection("machine", machine.map { ReportRow($0.name, $0.text) })] : conditions,
      faults: faults)
  }
}
