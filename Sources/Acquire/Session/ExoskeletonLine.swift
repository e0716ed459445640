// The session's end at the exoskeleton: the line, who is on it, and leaving it neutral.
//
// Main thread; nothing here runs in real time.

import Exoskeleton
import RT
import Signal

/// A virtual exoskeleton on a thread of its own, at normal priority.
struct VirtualExoskeletonThread: ~Copyable {
  let path: String
  private let thread: RealTimeThread<VirtualExoskeleton>
  private let stop: StopSignal

  init() throws(Failure) {
    let exoskeleton = try explaining(.unavailable) { () throws(SerialFault) in
      try VirtualExoskeleton()
    }
    let path = exoskeleton.path
    let stop = StopSignal()
    let settings = ThreadSettings(
      name: "virtual-exo", policy: .other, stackByteCount: 256 * 1_024)
    let thread: RealTimeThread<VirtualExoskeleton>
    do throws(SchedulingFault) {
      thread = try RealTimeThread.start(settings, workspace: exoskeleton) { exoskeleton in
        exoskeleton.run(until: stop)
      }
    } catch {
      throw Failure(.system, error.message)
    }
    self.path = path
    self.stop = stop
    self.thread = thread
  }

  consuming func finish() {
    stop.raise()
    _ = thread.join()
  }
}

/// What stands at the other end, if anything does.
struct ExoskeletonLine: ~Copyable {
  /// As the report names it.
  let name: String
  private var virtual: VirtualExoskeletonThread?
  private var link: ExoskeletonLink?

  /// Opens the port and waits until somebody answers; nothing can move yet.
  ///
  /// - Parameter section: nil when the session does not command.
  init(_ section: ExoskeletonSection?) throws(Failure) {
    guard let section, section.port != "none" else {
      name = "no exoskeleton"
      virtual = nil
      link = nil
      return
    }
    guard section.port == "virtual" else {
      let opened = try ExoskeletonLink.open(section.port, baud: section.baud)
      name = "exoskeleton on \(section.port)"
      virtual = nil
      link = consume opened
      return
    }
    let thread = try VirtualExoskeletonThread()
    let opened = try ExoskeletonLink.open(thread.path, baud: section.baud)
    name = "virtual exoskeleton"
    virtual = consume thread
    link = consume opened
  }

  /// The deliberate act: from here on motion commands are obeyed. Nil without an exoskeleton.
  mutating func arm(_ plan: SessionPlan) throws(Failure) -> Actuation? {
    guard var link = link.take() else { return nil }
    var governor = Governor(limits: plan.limits)
    let demands = try explaining(.configuration) { () throws(GovernorFault) in
      try DemandTable(plan.demands, limits: plan.limits)
    }
    try link.arm()
    governor.arm()
    return Actuation(
      governor: governor, link: link, demands: demands,
      samplesPerSecond: plan.montage.samplesPerSecond, now: .now())
  }

  /// Ends the virtual exoskeleton, if it was one.
  mutating func finish() { virtual.take()?.finish() }
}

extension ExoskeletonLink {
  fileprivate static func open(_ path: String, baud: Int) throws(Failure) -> ExoskeletonLink {
    let port = try explaining(.unavailable) { () throws(SerialFault) in
      try SerialPort(path: path, baud: UInt32(baud))
    }
    var link = ExoskeletonLink(port: port)
    var fault: LinkFault?
    do throws(LinkFault) {
      try link.connect()
    } catch {
      fault = error
    }
    if let fault { throw Failure(.unavailable, fault.message) }
    return link
  }

  fileprivate mutating func arm() throws(Failure) {
    if insist(on: .arm, until: [.armed]) { return }
    release()
    throw Failure(
      .unavailable,
      "the exoskeleton on \(port.path) does not arm (it says \(joint?.state.name ?? "nothing")): "
        + "release its stop and try again")
  }

  /// Leaves the joint free, whatever was before.
  mutating func release() {
    guard !isGone else { return }
    insist(on: .neutral, until: [.neutral, .stopped, .disarmed])
    insist(on: .disarm, until: [.disarmed])
  }
}
