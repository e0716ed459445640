// A joint in a person's hands, from the main thread's side: begins, follows, and always ends it.

import Exoskeleton
import Monitor
import RT

/// A control loop that runs. It must be ended by `finish()`.
struct ExoMotion: ~Copyable {
  let name: String
  let wish: PersonsWish
  let panel: OperatorPanel
  /// Why it is not real-time; nil: it is.
  let refusal: String?
  private(set) var newest = MotionReport()
  private var lastReport = MonotonicInstant.now()
  private var reports: OverwritingRingConsumer<MotionReport>
  private let stop: StopSignal
  private let thread: RealTimeThread<MotionLoop>
  private let virtual: VirtualExoskeleton?
  private var emergency: EmergencyWatch?

  private init(
    _ name: String, loop: borrowing Handles, refusal: String?,
    emergency: consuming EmergencyWatch?,
    reports: consuming OverwritingRingConsumer<MotionReport>,
    thread: consuming RealTimeThread<MotionLoop>, virtual: VirtualExoskeleton?
  ) {
    self.name = name
    wish = loop.wish
    panel = loop.panel
    stop = loop.stop
    self.refusal = refusal
    self.reports = reports
    self.thread = thread
    self.virtual = virtual
    self.emergency = emergency
  }

  /// What both threads hold.
  private struct Handles {
    let wish = PersonsWish()
    let panel = OperatorPanel()
    let stop = StopSignal()
  }

  /// Opens, asks who is there, compares that with the limits and runs the loop, disarmed.
  static func begin(_ configuration: Configuration, mode: MotionMode?, watchesQueue: Bool = false)
    throws(Failure) -> ExoMotion
  {
    let section = configuration.exoskeleton
    let limits = try section.limits()
    let held = try HeldDrive(section, mode: mode)
    let name = held.name
    try explaining(.configuration, prefix: "[exoskeleton] ") { () throws(GovernorFault) in
      try limits.check(against: held.identity)
    }
    guard held.link.joint?.state != .stopped else {
      throw Failure(
        .unavailable,
        "\(name) is stopped: see why, then end it by `acquire exo release --port …`")
    }
    let virtual = held.virtual
    var refusal: String?
    do throws(SchedulingFault) {
      try MemoryLock.engage()
    } catch {
      refusal = error.message
    }
    let ring = OverwritingRing<MotionReport>(capacity: 16)
    let handles = Handles()
    let priority = configuration.realTime.decodingPriority
    // Nobody listens to the bell: the loop looks at the panel in each control period.
    let emergency = try EmergencyWatch(
      section, panel: handles.panel, bell: Doorbell(),
      settings: ThreadSettings(
        name: "emergency", policy: .fifo(priority: 90), enforcement: .bestEffort))
    let loop = MotionLoop(
      governor: Governor(limits: limits, mode: mode ?? section.usualMode), link: held.link,
      panel: handles.panel, deadMan: try section.deadMan(),
      wish: handles.wish, stop: handles.stop, watchesQueue: watchesQueue, reports: ring.producer)
    let thread: RealTimeThread<MotionLoop>
    do throws(SchedulingFault) {
      thread = try RealTimeThread.start(
        ThreadSettings(
          name: "exo", policy: .fifo(priority: priority), enforcement: .bestEffort),
        workspace: loop
      ) { $0.run() }
    } catch {
      throw Failure(.system, error.message)
    }
    refusal = thread.refusal?.message ?? refusal
    return ExoMotion(
      name, loop: handles, refusal: refusal, emergency: emergency, reports: ring.consumer,
      thread: thread, virtual: virtual)
  }

  /// Looks at what the loop has told since.
  ///
  /// - Returns: why it must end; nil: it goes on.
  mutating func look() -> Failure? {
    if let report = reports.newest() {
      newest = report
      lastReport = .now()
    } else if MonotonicInstant.now() - lastReport > .seconds(3) {
      return Failure(.system, "the control loop has not run for 3 seconds: look at what else runs")
    }
    if newest.isLinkGone {
      return Failure(
        .unavailable, "\(name) is gone: it was unplugged or switched off; plug it in again")
    }
    if let refusal = newest.armRefusal {
      return Failure(.unavailable, "\(name) is not armed: \(refusal.message)")
    }
    if case .stopped(let cause) = newest.governorState {
      return Failure(.unavailable, "\(name) is stopped by \(cause.text)")
    }
    guard newest.latchedCauses.isEmpty else {
      let joint = newest.joint.map { "; the joint is \($0.text)" } ?? ""
      return Failure(.unavailable, "\(name) is neutral: \(newest.latchedCauses.text)\(joint)")
    }
    return nil
  }

  /// The joint free, the exoskeleton disarmed.
  ///
  /// - Returns: what the loop has measured, and whether the exoskeleton has confirmed the end.
  consuming func finish() -> EndedMotion {
    stop.raise()
    var loop = thread.join()
    loop.governor.disarm()
    let isNeutral = loop.link.sendNeutralBlocking(deadline: .now() + .milliseconds(500))
    let isDisarmed = loop.link.insist(
      on: .disarm, until: [.disarmed, .stopped], timeout: .milliseconds(500))
    if let watching = emergency.take() { watching.end() }
    virtual?.stop()
    return EndedMotion(loop: loop, isConfirmed: isNeutral && isDisarmed)
  }
}

struct EndedMotion: ~Copyable {
  var loop: MotionLoop
  let isConfirmed: Bool

  /// - Throws: why it ended, or that the exoskeleton has not confirmed its end.
  borrowing func check(_ failure: Failure?, name: String) throws(Failure) {
    if let failure { throw failure }
    guard isConfirmed else {
      throw Failure(
        .unavailable,
        "\(name) did not confirm that it is neutral and disarmed: its own watchdog has to; cut its "
          + "power")
    }
  }
}
