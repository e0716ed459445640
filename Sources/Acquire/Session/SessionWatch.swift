// What the main thread does while a session runs: looks, tells, and knows when to end.

import Amplifiers
import Decoding
import Exoskeleton
import Monitor
import RT
import Recording
import Signal

struct SessionWatch {
  private let classNames: [String]
  private let duration: Nanoseconds?
  private let isQuiet: Bool
  private var display: StatusDisplay
  /// What went wrong, one sentence each.
  private(set) var faults: [String] = []
  /// How the program shall end.
  private(set) var status = ExitStatus.success
  private var hasToldOfRecording = false
  private var toldLatch: String?
  private var toldState = GovernorState.disarmed
  private var toldArmings: UInt64 = 0
  private var toldRecoveries: UInt64 = 0
  private var isAway = false
  private var toldHindrance: String?
  private var toldOutages: UInt64 = 0
  private var isLineAway = false
  private var toldObstacle: String?

  init(plan: SessionPlan, duration: Nanoseconds?, isQuiet: Bool) {
    classNames = plan.model.classes
    self.duration = duration
    self.isQuiet = isQuiet
    display = StatusDisplay(
      isTerminal: Terminal.output.isTerminal, columns: Terminal.output.columns)
  }

  /// Until the duration is over, a signal comes, the amplifier ends, or a part fails for good.
  mutating func run(
    status snapshots: consuming OverwritingRingConsumer<StatusSnapshot>,
    recorder: RecorderStatus, notes: RecorderNotes, acquisitionEnded: StopSignal,
    line: borrowing ExoskeletonLine, bell: Doorbell, board: ControlBoard?,
    amplifier: AmplifierDescription, presence: DevicePresence?, gathering: Nanoseconds?
  ) {
    let panel = line.panel
    let attendant = line.attendant
    let line = line.name
    let look: Nanoseconds = gathering == nil ? .milliseconds(100) : .milliseconds(500)
    let start = MonotonicInstant.now()
    let end = duration.map { start + $0 }
    var nextShow = start + display.interval
    var lastSnapshot = start
    session: while !acquisitionEnded.isRaised {
      let now = MonotonicInstant.now()
      if let end, now >= end { break }
      let until = min(end ?? nextShow, nextShow, now + look)
      switch StopSignals.hear(atMost: max(.microseconds(100), until - now)) {
      case .emergency:
        panel.stop(.signal)
        bell.ring()
      case .ending(let signal):
        say("ended by \(signal)")
        break session
      case nil: break
      }
      if let fault = recorder.fault, !hasToldOfRecording {
        hasToldOfRecording = true
        say("! \(fault.message) The session goes on without a recording.")
      }
      note(presence, of: amplifier)
      guard let snapshot = snapshots.newest() else {
        // Two come in a second at least, whatever the amplifier does.
        if MonotonicInstant.now() - lastSnapshot > .seconds(3) {
          fail(.system, "the decoding thread has not run for 3 seconds: look at what else runs")
          break
        }
        continue
      }
      lastSnapshot = .now()
      board?.post(snapshot)
      note(attendant, snapshot, line: line, notes: notes)
      // The session's own first; what an operator asks for later is answered to him.
      if let refusal = snapshot.armRefusal, snapshot.armings <= 1, snapshot.outages.count == 0 {
        fail(.unavailable, "\(line) is not armed: \(refusal.message)")
        break
      }
      if snapshot.recoveryCount != toldRecoveries {
        toldRecoveries = snapshot.recoveryCount
        say("! the amplifier \(snapshot.recovery.text)")
      }
      if snapshot.hasExoskeleton { tell(of: snapshot, line: line, notes: notes) }
      let shown = MonotonicInstant.now()
      if shown >= nextShow {
        nextShow = shown + display.interval
        show(snapshot, elapsed: shown - start)
      }
    }
    if !isQuiet { Terminal.output.writeIfReady(display.finish()) }
  }

  /// Says, once each, what became of the governor, and notes in the recording what a person did.
  private mutating func tell(of snapshot: StatusSnapshot, line: String, notes: RecorderNotes) {
    if snapshot.latched != toldLatch {
      toldLatch = snapshot.latched
      if let reason = toldLatch {
        let remedy = snapshot.governorState.isStopped ? "release, then arm" : "disarm, then arm"
        let sentence = "\(line) moves no more in this session: \(reason)"
        if !faults.contains(sentence) { faults.append(sentence) }
        say("! \(sentence) (until somebody says otherwise: acquire exo \(remedy))")
      }
    }
    let before = toldState
    toldState = snapshot.governorState
    if case .stopped(let cause) = toldState, !before.isStopped {
      notes.add("stop by \(cause.text)")
    }
    if before.isStopped, !toldState.isStopped {
      notes.add("stop released")
      say("the stop is released; `acquire exo arm` arms \(line) again")
    }
    if snapshot.armings != toldArmings {
      if toldArmings > 0 { say("\(line) is armed again") }
      toldArmings = snapshot.armings
      notes.add("armed")
    } else if toldState == .disarmed, before != .disarmed, !before.isStopped {
      notes.add("disarmed")
      say("\(line) is disarmed")
    }
  }

  /// Says that the exoskeleton's line went and came back, and what a person has to do then.
  private mutating func note(
    _ attendant: LinkAttendant?, _ snapshot: StatusSnapshot, line: String, notes: RecorderNotes
  ) {
    // Both may have happened since the snapshot before.
    if snapshot.outages.count != toldOutages {
      toldOutages = snapshot.outages.count
      isLineAway = true
      notes.add("exoskeleton gone")
      say(
        "! \(line) is gone: it was unplugged or switched off; it is looked for there, and the "
          + "session goes on")
    }
    guard isLineAway else { return }
    if !snapshot.isLinkGone {
      isLineAway = false
      toldObstacle = nil
      notes.add("exoskeleton back")
      let remedy =
        switch snapshot.governorState {
        case .disarmed: "acquire exo arm"
        case .armed, .active, .neutral: "acquire exo disarm, then arm"
        case .stopped: "acquire exo release, then arm"
        }
      say("\(line) is back; nothing moves until somebody arms it: \(remedy)")
    } else if let obstacle = attendant?.hindrance, obstacle != toldObstacle {
      toldObstacle = obstacle
      say("! \(obstacle)")
    }
  }

  /// Says that the device went; that it came back a frame says.
  private mutating func note(_ presence: DevicePresence?, of amplifier: AmplifierDescription) {
    guard let presence else { return }
    for alarm in presence.alarms where !faults.contains("\(amplifier.name): \(alarm)") {
      faults.append("\(amplifier.name): \(alarm)")
      say("! \(amplifier.name): \(alarm)")
    }
    if presence.isAway, let hindrance = presence.hindrance, hindrance != toldHindrance {
      toldHindrance = hindrance
      say("! \(hindrance)")
    }
    guard presence.isAway != isAway else { return }
    isAway = presence.isAway
    let number = amplifier.serialNumber.map { " with the serial number \($0)" } ?? ""
    if isAway {
      say(
        "! \(amplifier.name)\(number) is gone or silent: it is looked for, and the session goes on")
    }
  }

  /// A run whose sums do not close has lost something that nobody counted: it has failed.
  mutating func conclude(_ ledger: FrameLedger) {
    for discrepancy in ledger.discrepancies {
      fail(.ledger, "the ledger does not close, which is a fault of this program: \(discrepancy)")
    }
  }

  /// Adds how the amplifier and the recorder ended.
  mutating func conclude(
    _ end: AcquisitionEnd, isNeutral: Bool, goneLine: (name: String, obstacle: String?)?,
    description: AmplifierDescription, recorder: RecorderStatus, path: String
  ) {
    if let goneLine {
      fail(
        .unavailable,
        "\(goneLine.name) is gone: it was unplugged or switched off, and was not back when the "
          + "session ended; its own watchdog has to have made it neutral: check it"
          + (goneLine.obstacle.map { "; \($0)" } ?? ""))
    } else if !isNeutral, status == .success {
      fail(
        .unavailable,
        "the exoskeleton did not confirm neutral at the end: its own watchdog has to; check it")
    }
    if isAway {
      faults.append(
        "\(description.name) was gone or silent when the session ended: the time since its last "
          + "sample is in no count")
    }
    if let failure = end.failure(of: description.name) { fail(failure.status, failure.sentence) }
    if recorder.notStoredAnnotations > 0 {
      fail(
        .inputOutput,
        "\(recorder.notStoredAnnotations) annotations are not in \(path): a replay may decide "
          + "otherwise than the session did")
    }
    if let fault = recorder.fault {
      fail(.inputOutput, "\(fault.message) \(recorder.notStoredSamples) samples are not stored.")
    } else if recorder.notStoredSamples > 0 {
      fail(
        .inputOutput,
        "\(recorder.notStoredSamples) samples are not in \(path): the disk could not keep up")
    }
  }

  private mutating func fail(_ status: ExitStatus, _ sentence: String) {
    if self.status == .success { self.status = status }
    faults.append(sentence)
  }

  private mutating func say(_ sentence: String) {
    if !isQuiet { Terminal.output.writeIfReady(display.say(sentence)) }
  }

  private mutating func show(_ snapshot: StatusSnapshot, elapsed: Nanoseconds) {
    guard !isQuiet else { return }
    let isDecided = classNames.indices.contains(snapshot.classIndex)
    Terminal.output.writeIfReady(
      display.show(
        SessionStatus(
          elapsed: elapsed, frames: snapshot.frames, lost: snapshot.lost,
          samplesPerSecond: snapshot.sampleRate.rate?.estimate, latency: snapshot.latency,
          worstLatency: snapshot.worstLatency,
          decision: isDecided
            ? (classNames[snapshot.classIndex], snapshot.confidence) : nil,
          exoskeletonState: snapshot.hasExoskeleton ? snapshot.governorState.text : "",
          positionDegrees: snapshot.positionDegrees.isNaN ? nil : snapshot.positionDegrees,
          hindrance: snapshot.hindrance)))
  }
}

extension StatusSnapshot {
  /// Why nothing moves until somebody arms anew; nil while something may.
  var latched: String? {
    if case .stopped(let cause) = governorState { return "it is stopped by \(cause.text)" }
    return latchedCauses.isEmpty ? nil : latchedCauses.text
  }
}

extension StopCause {
  var text: String {
    switch self {
    case .operatorCommand: "its operator"
    case .emergencyLine: "the emergency line"
    case .signal: "a signal"
    case .exoskeleton: "the exoskeleton itself"
    }
  }
}

extension GovernorState {
  var isStopped: Bool { if case .stopped = self { true } else { false } }

  /// For the status line: "active", or why not.
  var text: String {
    switch self {
    case .disarmed: "disarmed"
    case .armed: "arming"
    case .active: "active"
    case .neutral(let causes): "neutral: \(causes.text)"
    case .stopped: "stopped"
    }
  }
}

extension NeutralCauses {
  /// "no decisions, no frames".
  var text: String {
    Self.names.enumerated().filter { rawValue & 1 << UInt32($0.offset) != 0 }
      .map(\.element).joined(separator: ", ")
  }
}

extension StatusSnapshot {
  /// What stands in the way of a decision.
  var hindrance: String {
    guard decodes else { return "recording" }
    if !isSettled { return "settling" }
    if isGateOpen { return isDrifting ? "drift" : "" }
    let names = [
      "amplitude", "gradient", "flat line", "saturated", "lead off", "corrupt", "gap",
      "incomplete",
    ]
    let found = names.enumerated().filter { gateFlags & 1 << UInt8($0.offset) != 0 }
    return found.isEmpty ? "artifact" : "artifact: " + found.map(\.element).joined(separator: ", ")
  }
}
