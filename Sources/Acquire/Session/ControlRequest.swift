// What may be said to a session, and what it answers. Pure: a request and a status in, a line out.

import Exoskeleton
import Monitor
import RT

/// The words of the control socket, one to a line.
enum ControlWord: String, CaseIterable {
  case stop, release, arm, disarm, heartbeat, status
}

/// The newest that is known of a session, beyond its snapshot.
struct ControlStatus {
  var snapshot: StatusSnapshot
  var isLineOpen: Bool
  var lastHeartbeat: MonotonicInstant?
}

/// One line that waits for its answer.
struct ControlRequest {
  /// Nil: it is no word, and its turn is a refusal.
  let word: ControlWord?
  private(set) var asked: MonotonicInstant
  /// How often had been armed before.
  private(set) var armingsBefore: UInt64?

  init(_ word: ControlWord?, at now: MonotonicInstant) {
    self.word = word
    asked = now
  }

  /// An arming takes a second at most, and is known a little later.
  static var patience: Nanoseconds { .milliseconds(2_500) }
  /// The exoskeleton has as long to say that it has stopped.
  static var stopPatience: Nanoseconds { .milliseconds(600) }

  /// Its turn has come: what was known before says nothing of it. A stop was asked when it came.
  mutating func begin(at now: MonotonicInstant) { if word != .stop { asked = now } }

  /// Why it must not even be tried, or what is so already; nil: it may be asked of the governor.
  mutating func refusal(_ status: ControlStatus?) -> String? {
    guard let word else {
      let words = ControlWord.allCases.map(\.rawValue).joined(separator: ", ")
      return "refused: that is none of \(words)"
    }
    guard let status else {
      return word == .stop ? nil : "refused: the session is only starting: ask again in a moment"
    }
    armingsBefore = status.snapshot.armings
    let joint = status.snapshot.joint?.state
    switch word {
    case .stop, .heartbeat, .status: return nil
    case .release:
      if status.isLineOpen {
        return "refused: the emergency line is open: close it first, then release"
      }
      if case .stopped = status.snapshot.governorState { return nil }
      return joint == .stopped ? nil : "refused: nothing is stopped"
    case .arm:
      switch status.snapshot.governorState {
      case .disarmed:
        return joint == .stopped
          ? "refused: the exoskeleton's own stop lasts: release it first" : nil
      case .armed: return nil
      case .active: return "ok armed already"
      case .neutral(let causes):
        let latched = status.snapshot.latchedCauses
        return latched.isEmpty
          ? "ok armed already, neutral: \(causes.text)"
          : "refused: \(latched.text) is latched: see to it, then disarm and arm"
      case .stopped(let cause): return "refused: it is stopped by \(cause.text): release it first"
      }
    case .disarm:
      if case .stopped(let cause) = status.snapshot.governorState {
        return "refused: it is stopped by \(cause.text), which is more: release leads to disarmed"
      }
      return nil
    }
  }

  /// The answer, once it is known; nil: not yet.
  func answer(_ status: ControlStatus?, now: MonotonicInstant) -> String? {
    if let status, status.snapshot.time > asked, let answer = outcome(status.snapshot, now) {
      return answer
    }
    guard let word, now - asked > Self.patience else { return nil }
    return word == .stop
      ? "refused: the stop was asked for and is not confirmed: cut the exoskeleton's power"
      : "refused: \(word.rawValue) was asked for and has not come about: look at the status"
  }

  private func outcome(_ snapshot: StatusSnapshot, _ now: MonotonicInstant) -> String? {
    let joint = snapshot.joint?.state
    switch (word, snapshot.governorState) {
    case (.stop, .stopped):
      if snapshot.isLinkGone {
        return "refused: the governor is stopped, but the exoskeleton's line is gone, and nobody "
          + "has told it: cut its power"
      }
      return confirmation(of: "stopped", [.stopped], snapshot, now, advice: ": cut its power")
    case (.release, .disarmed):
      return joint == .stopped ? nil : "ok released and disarmed; arm lets it move again"
    case (.release, .armed), (.release, .active), (.release, .neutral):
      return "ok released, and armed since"
    case (.arm, .active): return "ok armed"
    case (.arm, .neutral(let causes)): return "ok armed, neutral at first: \(causes.text)"
    case (.arm, .stopped(let cause)): return "refused: it is stopped by \(cause.text)"
    case (.arm, .disarmed):
      guard snapshot.armings > armingsBefore ?? 0, let refusal = snapshot.armRefusal else {
        return nil
      }
      return "refused: \(refusal.message)"
    case (.disarm, .disarmed):
      if snapshot.isLinkGone {
        return "ok disarmed; the exoskeleton's line is gone, and nobody has told it"
      }
      return confirmation(of: "disarmed", [.disarmed, .stopped], snapshot, now)
    case (.disarm, .stopped(let cause)): return "refused: it is stopped by \(cause.text)"
    case (nil, _), (.heartbeat, _), (.status, _), (.stop, _), (.release, .stopped), (.arm, .armed),
      (.disarm, _):
      return nil
    }
  }
}

extension ControlRequest {
  /// What the exoskeleton says of what the governor has done, asked and answered since; nil:
  /// nothing yet.
  private func confirmation(
    of done: String, _ states: [ExoskeletonState], _ snapshot: StatusSnapshot,
    _ now: MonotonicInstant, advice: String = ""
  ) -> String? {
    let joint = snapshot.joint?.state
    if let joint, let last = snapshot.lastAcknowledgement, last > asked, states.contains(joint) {
      return "ok \(done), and so says the exoskeleton"
    }
    guard now - asked > Self.stopPatience else { return nil }
    return "refused: the governor is \(done), but the exoskeleton does not say so (it last said "
      + "\(joint?.name ?? "nothing"))" + advice
  }
}

/// What a session says of itself, beyond its snapshot.
struct ControlIdentity: Sendable {
  var amplifier: String
  var exoskeleton: String
  var classNames: [String]
  var started: MonotonicInstant
}

extension ControlStatus {
  /// One line of JSON.
  func json(of identity: ControlIdentity, process: Int32, now: MonotonicInstant) -> JSON {
    let isDecided = identity.classNames.indices.contains(snapshot.classIndex)
    let links = snapshot.links
    return .object([
      .init("schemaVersion", .integer(1)),
      .init("pid", .integer(Int64(process))),
      .init("seconds", .number((now - identity.started).seconds)),
      .init("amplifier", .string(identity.amplifier)),
      .init("exoskeleton", .string(identity.exoskeleton)),
      .init(
        "governor",
        .object([
          .init("state", .string(snapshot.governorState.name)),
          .init("stoppedBy", snapshot.stoppedBy.map { .string($0.text) } ?? .null),
          .init("causes", snapshot.causes.json),
          .init("latched", snapshot.latchedCauses.json),
          .init(
            "armRefusal", snapshot.armRefusal.map { .string($0.message) } ?? .null),
        ])),
      // What it said before its line went says nothing of now.
      .init("joint", snapshot.isLinkGone ? .null : snapshot.joint?.json ?? .null),
      .init("linkGone", .bool(snapshot.isLinkGone)),
      .init("outages", .unsigned(snapshot.outages.count)),
      .init("link", links.json),
      .init("frames", .unsigned(snapshot.frames)),
      .init("lost", .unsigned(snapshot.lost)),
      .init(
        "decision",
        isDecided
          ? .object([
            .init("class", .string(identity.classNames[snapshot.classIndex])),
            .init("confidence", .number(snapshot.confidence)),
          ]) : .null),
      .init("emergencyLineOpen", .bool(isLineOpen)),
      .init(
        "heartbeatAgeSeconds", lastHeartbeat.map { .number((now - $0).seconds) } ?? .null),
    ])
  }
}

extension StatusSnapshot {
  fileprivate var stoppedBy: StopCause? {
    if case .stopped(let cause) = governorState { cause } else { nil }
  }

  fileprivate var causes: NeutralCauses {
    if case .neutral(let causes) = governorState { causes } else { [] }
  }
}

extension NeutralCauses {
  fileprivate var json: JSON {
    .array(
      Self.names.enumerated().filter { rawValue & 1 << UInt32($0.offset) != 0 }
        .map { .string($0.element) })
  }
}

extension JointState {
  var json: JSON {
    .object([
      .init("positionDegrees", .number(positionDegrees)),
      .init("velocityDegreesPerSecond", .number(velocityDegreesPerSecond)),
      .init("effortNewtonMetres", .number(effortNewtonMetres)),
      .init("state", .string(state.name)),
      .init("faults", .array(faults.words.map(JSON.string))),
      .init("faultCode", .unsigned(UInt64(faultCode))),
    ])
  }

  /// "moving at 12.3°, 4.0 °/s, 1.20 N·m", and the faults.
  var text: String {
    var text =
      "\(state.name) at \(decimal(positionDegrees, places: 2))°, "
      + "\(decimal(velocityDegreesPerSecond, places: 1)) °/s"
    if effortNewtonMetres.isFinite { text += ", \(decimal(effortNewtonMetres, places: 2)) N·m" }
    if !faults.isEmpty {
      text += ", faults: " + faults.words.joined(separator: ", ")
      if faultCode != 0 { text += " (number \(faultCode) of its own)" }
    }
    return text
  }
}

extension ExoskeletonFaults {
  var words: [String] {
    let names: [(Self, String)] = [
      (.watchdog, "watchdog"), (.outOfRange, "out of range"), (.overload, "overload"),
      (.notArmed, "not armed"), (.sensor, "sensor"), (.drive, "drive"),
    ]
    return names.filter { contains($0.0) }.map(\.1)
  }
}

extension LinkCounts {
  var json: JSON {
    .object([
      .init("commands", .unsigned(commands)), .init("acknowledged", .unsigned(acknowledged)),
      .init("unacknowledged", .unsigned(unacknowledged)), .init("inFlight", .unsigned(inFlight)),
      .init("refusedByExoskeleton", .unsigned(refusedByExoskeleton)),
      .init("writeRefusals", .unsigned(writeRefusals)), .init("withheld", .unsigned(withheld)),
      .init("heldBack", .unsigned(heldBack)),
      .init("checksumErrors", .unsigned(checksumErrors)),
      .init("skippedBytes", .unsigned(skippedBytes)),
    ])
  }
}
