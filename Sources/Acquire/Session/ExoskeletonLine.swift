// The session's end at the exoskeleton: the line, who is on it, who may stop it, and leaving it
// neutral.
//
// Main thread; nothing here runs in real time.

import Exoskeleton
import Monitor
import RT
import Signal

/// What stands at the other end, if anything does.
struct ExoskeletonLine: ~Copyable {
  /// As the report names it.
  let name: String
  /// What a person should know of the drive, a sentence each.
  let remarks: [String]
  /// Any thread may ask; the decoding thread obeys.
  let panel = OperatorPanel()
  private let virtual: VirtualExoskeleton?
  private var link: ExoskeletonLink?
  private var emergency: EmergencyWatch?
  /// Who finds it again when its adapter is unplugged. Nil without an adapter.
  private(set) var attendant: LinkAttendant?
  private var attending: RealTimeThread<LinkAttendant>?

  /// Opens the port and waits until somebody answers; nothing can move yet.
  ///
  /// - Parameter plan: nil when the session does not command.
  init(_ plan: SessionPlan?) throws(Failure) {
    guard let plan, plan.configuration.exoskeleton.port != "none" else {
      name = "no exoskeleton"
      remarks = []
      virtual = nil
      link = nil
      return
    }
    let section = plan.configuration.exoskeleton
    var virtual: VirtualExoskeleton?
    if section.port == "virtual" {
      guard plan.drive.kind == .framed else {
        throw Failure(
          .configuration,
          "`exoskeleton.port` is virtual, which speaks the framed protocol alone: run `acquire "
            + "simulate exo --protocol \(plan.drive.kind.rawValue)` and name its port")
      }
      let exoskeleton = try explaining(.unavailable) { () throws(SerialFault) in
        try VirtualExoskeleton()
      }
      try explaining(.system) { () throws(SchedulingFault) in try exoskeleton.start() }
      virtual = exoskeleton
    }
    let path = virtual?.path ?? section.port
    let link = try ExoskeletonLink.open(
      path, baud: section.baud, drive: plan.drive, limits: plan.limits)
    let identity = link.identity
    name =
      virtual == nil
      ? "\(identity?.name ?? plan.drive.kind.rawValue) on \(path)" : "virtual exoskeleton"
    var remarks = identity?.remarks ?? []
    if virtual != nil, section.deadManLine >= 0 {
      remarks.append("the dead-man line is left alone: the exoskeleton is virtual")
    }
    self.remarks = remarks
    self.virtual = virtual
    self.link = consume link
  }

  /// Governor and line in one, for the decoding thread. Nil without an exoskeleton.
  mutating func actuation(_ plan: SessionPlan, go: StopSignal, halt: StopSignal) throws(Failure)
    -> Actuation?
  {
    guard let link = link.take() else { return nil }
    // Its wave lets power reach a drive, which nobody would command here.
    let deadMan = virtual == nil ? try plan.configuration.exoskeleton.deadMan() : nil
    if virtual == nil { try attend(link, limits: plan.limits) }
    return Actuation(
      governor: Governor(limits: plan.limits, mode: plan.demands.mode),
      link: HeldLink(link, attendant: attendant),
      demands: plan.demands, samplesPerSecond: plan.montage.samplesPerSecond, go: go, halt: halt,
      panel: panel, deadMan: deadMan, now: .now())
  }

  /// Listens for an operator from now on. Nil without an exoskeleton.
  borrowing func control(bell: Doorbell) throws(Failure) -> ControlSocket? {
    guard link != nil else { return nil }
    return try ControlSocket(
      folder: try ControlFolder.own(environment: Environment.value), panel: panel, bell: bell)
  }

  /// Watches the emergency line from now on, if there is one. Without it nothing may be armed.
  mutating func watchEmergencyLine(
    _ section: ExoskeletonSection, bell: Doorbell, settings: ThreadSettings
  ) throws(Failure) {
    guard section.port != "none" else { return }
    emergency = try EmergencyWatch(section, panel: panel, bell: bell, settings: settings)
  }

  private mutating func attend(_ link: borrowing ExoskeletonLink, limits: GovernorLimits)
    throws(Failure)
  {
    guard let attendant = LinkAttendant(for: link, limits: limits) else { return }
    attending = try explaining(.system) { () throws(SchedulingFault) in
      try RealTimeThread.start(
        ThreadSettings(name: "exo-attendant", policy: .other), workspace: attendant
      ) { $0.run() }
    }
    self.attendant = attendant
  }

  /// Ends the search for it, when the decoding thread takes no link any more.
  mutating func endAttending() {
    guard let running = attending.take() else { return }
    attendant?.end()
    running.join().closeLeftover()
  }

  /// Ends the virtual exoskeleton, if it was one, and the watch over the emergency line.
  mutating func finish() {
    if let watching = emergency.take() { watching.end() }
    virtual?.stop()
  }
}

extension ExoskeletonLink {
  /// Opens a port, asks who is there, and compares that with the limits. Nothing can move yet.
  static func open(
    _ path: String, baud: Int, drive: DriveSettings, limits: GovernorLimits
  ) throws(Failure) -> ExoskeletonLink {
    let port = try explaining(.unavailable) { () throws(SerialFault) in
      try SerialPort(path: path, baud: baud == 0 ? drive.kind.usualBaud : UInt32(baud))
    }
    var link = ExoskeletonLink(port: port, settings: drive)
    let identity: ExoskeletonIdentity
    do throws(LinkFault) {
      identity = try link.connect(timeout: .seconds(2))
    } catch {
      throw Failure(.unavailable, error.message)
    }
    try explaining(.configuration, prefix: "[exoskeleton] ") { () throws(GovernorFault) in
      try limits.check(against: identity)
    }
    return link
  }
}

extension Actuation {
  borrowing func record(remarks: [String], emergency: LatencySummary?, outages: LinkOutages)
    -> ActuatorRecord
  {
    ActuatorRecord(
      wireTime: link.lastWireTime, baud: link.baud,
      commandByteCount: link.lastCommandByteCount,
      watchdog: link.identity?.watchdog.text ?? "", remarks: remarks, emergency: emergency,
      deadManFailures: deadManFailures, outages: outages.count, outageTime: outages.duration)
  }

  /// The end of a session: the joint free, the exoskeleton disarmed.
  ///
  /// - Returns: false when the exoskeleton has not confirmed neutral; its own watchdog is what is
  ///   left then.
  mutating func release() -> Bool {
    dropDeadMan()
    let isNeutral = link.sendNeutralBlocking(deadline: .now() + .milliseconds(300))
    governor.disarm()
    return link.insist(on: .disarm, until: [.disarmed, .stopped]) && isNeutral
  }
}
