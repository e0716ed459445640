// The session's end at the exoskeleton: the line, who is on it, and leaving it neutral.
//
// Main thread; nothing here runs in real time.

import Exoskeleton
import RT
import Signal

/// What stands at the other end, if anything does.
struct ExoskeletonLine: ~Copyable {
  /// As the report names it.
  let name: String
  private let virtual: VirtualExoskeleton?
  private var link: ExoskeletonLink?

  /// Opens the port and waits until somebody answers; nothing can move yet.
  ///
  /// - Parameter section: nil when the session does not command.
  init(_ section: ExoskeletonSection?, limits: GovernorLimits) throws(Failure) {
    guard let section, section.port != "none" else {
      name = "no exoskeleton"
      virtual = nil
      link = nil
      return
    }
    var virtual: VirtualExoskeleton?
    if section.port == "virtual" {
      let exoskeleton = try explaining(.unavailable) { () throws(SerialFault) in
        try VirtualExoskeleton()
      }
      try explaining(.system) { () throws(SchedulingFault) in try exoskeleton.start() }
      virtual = exoskeleton
    }
    let path = virtual?.path ?? section.port
    let opened = try Self.open(path, baud: section.baud, limits: limits)
    name = virtual == nil ? "exoskeleton on \(path)" : "virtual exoskeleton"
    self.virtual = virtual
    link = consume opened
  }

  private static func open(_ path: String, baud: Int, limits: GovernorLimits) throws(Failure)
    -> ExoskeletonLink
  {
    let port = try explaining(.unavailable) { () throws(SerialFault) in
      try SerialPort(path: path, baud: UInt32(baud))
    }
    var link = ExoskeletonLink(port: port, settings: DriveSettings(controlPeriod: limits.controlPeriod))
    let identity: ExoskeletonIdentity
    do throws(LinkFault) {
      identity = try link.connect(timeout: .seconds(2))
    } catch {
      throw Failure(.unavailable, error.message)
    }
    do throws(GovernorFault) {
      try limits.check(against: identity)
    } catch {
      throw Failure(.configuration, "[exoskeleton] \(error.message)")
    }
    return link
  }

  /// Governor and line in one, for the decoding thread. Nil without an exoskeleton.
  mutating func actuation(_ plan: SessionPlan, go: StopSignal, halt: StopSignal) -> Actuation? {
    guard let link = link.take() else { return nil }
    return Actuation(
      governor: Governor(limits: plan.limits), link: link, demands: plan.demands,
      samplesPerSecond: plan.montage.samplesPerSecond, go: go, halt: halt, now: .now())
  }

  /// Ends the virtual exoskeleton, if it was one.
  func finish() { virtual?.stop() }
}

extension Actuation {
  /// The end of a session: the joint free, the exoskeleton disarmed.
  ///
  /// - Returns: false when the exoskeleton has not confirmed neutral; its own watchdog is what is
  ///   left then.
  mutating func release() -> Bool {
    let isNeutral = link.sendNeutralBlocking(deadline: .now() + .milliseconds(300))
    governor.disarm()
    return link.insist(on: .disarm, until: [.disarmed, .stopped]) && isNeutral
  }
}
