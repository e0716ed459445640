// One session, from the first device opened to the last byte durable.
//
// Assembled from the right to the left and taken down from the left to the right; see Pipeline.
// Main thread; nothing here runs in real time.

import Amplifiers
import Decoding
import Exoskeleton
import Monitor
import RT
import Recording
import Signal

struct Session {
  var plan: SessionPlan
  /// False for `acquire record`: no decoder and no exoskeleton.
  let decodes: Bool
  private var watch: SessionWatch
  private var refusals: [String] = []

  init(plan: SessionPlan, decodes: Bool, duration: Nanoseconds?, isQuiet: Bool) {
    self.plan = plan
    self.decodes = decodes
    watch = SessionWatch(plan: plan, duration: duration, isQuiet: isQuiet)
  }

  /// Runs until the duration is over, a signal comes, or a part fails.
  ///
  /// - Returns: the report, and how the program shall end.
  /// - Throws: what could not be opened or started. Everything that was opened is closed again, and
  ///   nothing has moved: the governor is armed when both threads run.
  mutating func run<Source: Amplifier & SendableMetatype & ~Copyable>(_ amplifier: consuming Source)
    throws(Failure) -> (report: SessionReport, status: ExitStatus)
  {
    let machine = Machine.current()
    var layout = Pipeline.layout(plan.montage, machine: machine, plan.configuration.realTime)
    // Nobody is awake for frames that come in bunches.
    if plan.gathering != nil { layout.lead = .zero }
    try prepareMachine(layout)
    // This thread, the recorder and a virtual exoskeleton leave the real-time CPUs alone.
    Housekeeping.leave(
      [layout.acquisitionCPU, layout.decodingCPU].compactMap { $0 }, allowed: machine.allowedCPUs)
    let latencyRequest = CPULatencyRequest()
    let channelCount = plan.montage.channels.count

    // The rings, and from the right whoever takes from them.
    let slot = FrameSlot.byteCount(channelCount: channelCount)
    let decoderRing = Ring(slotByteCount: slot, capacity: layout.decoderFrames)
    let recorderRing = Ring(slotByteCount: slot, capacity: layout.recorderFrames)
    let eventRing = RecordedEventRing(capacity: layout.recorderEvents)
    let statusRing = OverwritingRing<StatusSnapshot>(capacity: 16)
    let bell = Doorbell()
    let go = StopSignal()
    let halt = StopSignal()
    let stopDecoding = StopSignal()
    let stopAcquiring = StopSignal()
    let acquisitionEnded = StopSignal()

    let stage = decodes ? try plan.stage() : nil
    let meter = try plan.impedance?.meter()
    var line = try ExoskeletonLine(decodes ? plan : nil)
    let section = plan.configuration.exoskeleton
    if decodes {
      try line.watchEmergencyLine(
        section, bell: bell, settings: settings("emergency", priority: 90, cpu: layout.decodingCPU))
    }
    // Before anything can be armed, so that whatever moves can also be stopped.
    let control = try line.control(bell: bell)
    let notes = RecorderNotes()
    let actuation = try line.actuation(plan, go: go, halt: halt)
    do throws(AmplifierFault) {
      try amplifier.arm()
    } catch {
      throw Failure(error.status, error.message)
    }
    // The serial number is known when the device has been found.
    let description = amplifier.description
    let presence = amplifier.presence
    let recording = try RecordingThread(
      plan, description: description, frames: recorderRing.consumer,
      events: eventRing.consumer, notes: notes)

    let decoding = DecodingWorkspace(
      nominalRate: plan.montage.samplesPerSecond, lead: layout.lead,
      gathering: plan.gathering, budget: plan.configuration.budget,
      frames: decoderRing.consumer, bell: bell, stop: stopDecoding, stage: stage,
      actuation: actuation, meter: meter, events: eventRing.producer,
      status: statusRing.producer)
    let decodingThread = try start(
      "decoding", priority: plan.configuration.realTime.decodingPriority,
      cpu: layout.decodingCPU, workspace: decoding
    ) { workspace in
      workspace.warmUp(channelCount: channelCount)
      workspace.cost.begin()
      workspace.run()
      workspace.cost.finish()
    }
    let acquisitionThread: RealTimeThread<AcquisitionWorkspace<Source>>
    do throws(Failure) {
      acquisitionThread = try start(
        "acquisition", priority: plan.configuration.realTime.acquisitionPriority,
        cpu: layout.acquisitionCPU,
        workspace: AcquisitionWorkspace(
          amplifier: amplifier,
          sink: FrameSink(
            decoder: decoderRing.producer, recorder: recorderRing.producer, decoderBell: bell,
            channelCount: channelCount, wakesDecoder: plan.gathering == nil),
          stop: stopAcquiring, ended: acquisitionEnded)
      ) { $0.run() }
    } catch {
      stopDecoding.raise()
      bell.ring()
      var finished = decodingThread.join()
      line.endAttending()
      _ = finished.actuation?.release()
      recording.finish()
      throw error
    }
    // Everything runs: from here on every way out leads over `halt` and `release`.
    go.raise()
    let started = MonotonicInstant.now()
    let begun = WallClock.seconds
    control?.board.begin(
      ControlIdentity(
        amplifier: description.name, exoskeleton: line.name, classNames: plan.model.classes,
        started: started))
    let processBefore = ThreadUsage.ofThisProcess()

    watch.run(
      status: statusRing.consumer, recorder: recording.status, notes: notes,
      acquisitionEnded: acquisitionEnded, line: line, bell: bell, board: control?.board,
      amplifier: description, presence: presence, gathering: plan.gathering)

    // The person first: neutral goes out within a control period, whatever the rest does. Then
    // taken down from the left.
    halt.raise()
    stopAcquiring.raise()
    var acquisition = acquisitionThread.join()
    stopDecoding.raise()
    bell.ring()
    var finished = decodingThread.join()
    let duration = MonotonicInstant.now() - started
    let isLineGone = finished.actuation?.link.isGone ?? false
    let isNeutral = finished.actuation?.release()
    // No current through anybody while others wait for a disk or for a port to open.
    acquisition.amplifier.stop()
    let obstacle = line.attendant?.hindrance
    line.endAttending()
    line.finish()
    control?.finish()
    let recordingPath = recording.path
    let recorderStatus = recording.status
    recording.finish()
    let ledger = finished.ledger(
      acquisition.sink, endedAt: acquisition.endedAt, plan: plan, recorder: recorderStatus)
    watch.conclude(ledger)
    watch.conclude(
      acquisition.end, isNeutral: isNeutral ?? true,
      goneLine: isLineGone ? (line.name, obstacle) : nil, description: description,
      recorder: recorderStatus, path: recordingPath ?? "no recording")

    let process = ThreadUsage.ofThisProcess()
    var report = finished.report(
      plan: plan, description: description, ledger: ledger, exoskeleton: line.name,
      started: started, duration: duration,
      recording: recordingPath, samplesNotStored: recorderStatus.notStoredSamples,
      recordingFault: recorderStatus.fault?.message, acquisitionCost: acquisition.cost,
      bestEffortReasons: refusals,
      cpuShare: (process.cpuTime - processBefore.cpuTime).seconds / max(1e-9, duration.seconds),
      machine: machine.rows + [(latencyRequest.row.name, latencyRequest.row.text)],
      faults: watch.faults)
    report.begun = begun
    report.commandLine = CommandLine.arguments.joined(separator: " ")
    report.conditions =
      MachineConditions(.ofThisMachine).sections + [
        ReportSection("session", layout.rows + [latencyRequest.row])
      ]
    report.firmware = description.firmware
    report.contacts = finished.contacts(plan)
    report.actuator = finished.actuatorRecord(remarks: line.remarks)
    report.line = acquisition.amplifier.lineStatistics.map(LineRecord.init)
    report.sampleTimes = finished.sampleTimes
    report.gathering = plan.gathering
    if report.line != nil { report.faults += [report.rateWarning].compactMap { $0 } }
    // They are told apart, being none of ours.
    report.mallocsAfterArming -= min(
      report.mallocsAfterArming, report.line?.libraryHeapCalls ?? 0)
    return (report, watch.status)
  }

  /// Locks memory, and finds out whether the priorities will be granted before anything is armed.
  private mutating func prepareMachine(_ layout: Pipeline.Layout) throws(Failure) {
    do throws(SchedulingFault) {
      try MemoryLock.engage()
    } catch {
      try accept(error)
    }
    let section = plan.configuration.realTime
    for (name, priority, cpu) in [
      ("acquisition", section.acquisitionPriority, layout.acquisitionCPU),
      ("decoding", section.decodingPriority, layout.decodingCPU),
    ] {
      let probe = try start(name, priority: priority, cpu: cpu, workspace: 0) { _ in }
      let refusal = probe.refusal
      _ = probe.join()
      if let refusal { try accept(refusal) }
    }
  }

  private mutating func accept(_ refusal: SchedulingFault) throws(Failure) {
    guard plan.configuration.realTime.allowBestEffort else {
      throw Failure(.refused, refusal.message)
    }
    if !refusals.contains(refusal.reason) { refusals.append(refusal.reason) }
  }

  private func start<Workspace: ~Copyable>(
    _ name: String, priority: Int, cpu: Int?, workspace: consuming Workspace,
    run: @escaping @Sendable (inout Workspace) -> Void
  ) throws(Failure) -> RealTimeThread<Workspace> {
    let settings = settings(name, priority: priority, cpu: cpu)
    do throws(SchedulingFault) {
      return try RealTimeThread.start(settings, workspace: workspace, run: run)
    } catch {
      throw Failure(.refused, error.message)
    }
  }

  private func settings(_ name: String, priority: Int, cpu: Int?) -> ThreadSettings {
    let section = plan.configuration.realTime
    let policy: SchedulingPolicy =
      switch section.policy {
      case "rr": .roundRobin(priority: priority)
      case "other": .other
      default: .fifo(priority: priority)
      }
    return ThreadSettings(
      name: name, policy: policy, cpu: cpu,
      enforcement: section.allowBestEffort ? .bestEffort : .enforce)
  }
}
