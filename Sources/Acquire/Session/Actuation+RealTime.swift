// From an intent to a command on the wire: the governor's step and the frame that carries it.
//
// Real-time: decoding thread; for each control period one governor step, a look at the driver's
// queue, one write, one read and the dead-man line's ioctl; what was half written goes out first.

import Decoding
import Exoskeleton
import RT
import Signal

/// The governor, the line, and what each class asks for.
struct Actuation: ~Copyable {
  var governor: Governor
  var link: HeldLink
  let demands: DemandTable
  /// A command goes out on every so-manieth conversion.
  private let framesPerControl: UInt64
  private let controlPeriod: Nanoseconds
  private var demand = Demand.neutral
  private var lastFrame: MonotonicInstant
  private var lastDecision: MonotonicInstant?
  /// Unfit until the first decision can be made.
  private var signal = SignalHealth(isFit: false)
  private var lastControl: MonotonicInstant
  private var controlledBlocks: UInt64 = 0
  /// Raised when everything runs: to start a session is the deliberate act that arms.
  private let go: StopSignal
  /// Raised when the session ends, for whatever reason: nothing moves any more.
  private let halt: StopSignal
  private let panel: OperatorPanel
  private var deadMan: DeadManLine?
  private var lineOpened: MonotonicInstant?
  /// Somebody has armed, stopped or disarmed: to start the session arms no more.
  private var wasArmed = false
  /// Until when the exoskeleton's own stop is being released; nil: nobody asked for that.
  private var releasingUntil: MonotonicInstant?
  /// The driver took the newest command.
  private var hasDeparted = false

  init(
    governor: consuming Governor, link: consuming HeldLink, demands: DemandTable,
    samplesPerSecond: Double, go: StopSignal, halt: StopSignal, panel: OperatorPanel,
    deadMan: consuming DeadManLine?, now: MonotonicInstant
  ) {
    controlPeriod = governor.limits.controlPeriod
    framesPerControl = UInt64(max(1, (controlPeriod.seconds * samplesPerSecond).rounded(.down)))
    self.governor = governor
    self.link = link
    self.demands = demands
    self.go = go
    self.halt = halt
    self.panel = panel
    self.deadMan = deadMan
    lastFrame = now
    lastControl = now
  }

  /// A frame that is believed has come in.
  @_noLocks @_noAllocation
  mutating func noteFrame(_ header: FrameHeader) {
    let unbelievable = FrameFlags.corrupt.rawValue | FrameFlags.incomplete.rawValue
    if header.flags.rawValue & unbelievable == 0 { lastFrame = header.signalTime }
  }

  @_noLocks @_noAllocation
  mutating func take(_ intent: Intent, isDrifting: Bool) {
    demand = demands.demand(ofClass: intent.classIndex)
    lastDecision = intent.time
    signal.isFit = true
    signal.isDrifting = isDrifting
  }

  /// A decision was due and could not be made: what was decided before counts no longer, because
  /// no signal of now supports it.
  @_noLocks @_noAllocation
  mutating func withhold() {
    demand = .neutral
    lastDecision = nil
    if signal.isFit { signal.closings &+= 1 }
    signal.isFit = false
  }

  /// True on the conversions that a command follows.
  @_noLocks @_noAllocation
  mutating func isDue(on header: FrameHeader) -> Bool {
    let blocks = header.sampleIndex / framesPerControl
    guard blocks > controlledBlocks else { return false }
    controlledBlocks = blocks
    return true
  }

  /// When a command must go out although no frame has come: half a period after its time.
  var deadline: MonotonicInstant {
    @_noLocks @_noAllocation
    get { lastControl + Nanoseconds(controlPeriod.rawValue &+ controlPeriod.rawValue / 2) }
  }

  /// Whether a stop was asked, for which no control period is waited.
  var isUrgent: Bool {
    @_noLocks @_noAllocation
    get { panel.isStopAsked }
  }

  /// When the emergency line opened whose stop has just gone out; once.
  @_noLocks @_noAllocation
  mutating func takeLineOpened() -> MonotonicInstant? {
    let opened = lineOpened
    lineOpened = nil
    return opened
  }

  /// Steps the governor and hands its command to the driver. What has come in on the line is read
  /// afterwards (`listen`), so that it does not stand between a frame and its command.
  ///
  /// - Parameter isOverBudget: a stage that counts took too long since the last time.
  /// - Returns: when the governor had decided.
  @_noLocks @_noAllocation
  mutating func control(now: MonotonicInstant, isOverBudget: Bool = false) -> MonotonicInstant {
    lastControl = now
    if halt.isRaised {
      deadMan?.drop()
      panel.apply(to: &governor)
      governor.disarm()
      if case .stopped = governor.state {
        hasDeparted = link.send(.stop)
      } else {
        hasDeparted = link.send(.neutral)
      }
      return now
    }
    if go.isRaised && signal.isFit && !wasArmed {
      // Once, and on a signal that deserves it: nothing arms it again by itself.
      wasArmed = true
      governor.arm()
    }
    note(panel.apply(to: &governor), at: now)
    let isGone = link.isGone
    var input = GovernorInput(
      now: now, lastFrame: lastFrame, lastDecision: lastDecision, demand: demand,
      lastAcknowledgement: link.lastAcknowledgement, isLinkGone: isGone,
      joint: link.joint, signal: signal, lastHeartbeat: panel.lastHeartbeat)
    input.isOverBudget = isOverBudget
    var command = governor.step(input)
    if isReleasing(at: now) { command = .release }
    let governed = MonotonicInstant.now()
    hasDeparted = link.send(command)
    // After the command: it says that this thread lives, not what it commands.
    if case .stopped = governor.state { deadMan?.drop() } else { deadMan?.beat() }
    if isGone { exchangeLink(at: now) }
    return governed
  }

  /// Only when the governor has seen that it is gone. Whoever comes back is disarmed, because a
  /// drive without a watchdog may still do what it was told last, and stands still until a person
  /// arms: neither to have started the session nor an arming under way counts any more.
  @_noLocks @_noAllocation
  private mutating func exchangeLink(at now: MonotonicInstant) {
    wasArmed = true
    guard link.exchange(at: now) else { return }
    link.send(.disarm)
    if case .armed = governor.state { governor.disarm() }
  }

  /// Whatever an operator asks for, the session's own first arming is over: what was stopped or
  /// disarmed before it stays so.
  @_noLocks @_noAllocation
  private mutating func note(_ asked: OperatorPanel.Asked, at now: MonotonicInstant) {
    if asked.isAny { wasArmed = true }
    if let opened = asked.lineOpened { lineOpened = opened }
    if asked.isRelease { releasingUntil = now + .milliseconds(300) }
  }

  /// The governor never releases an exoskeleton that has stopped; a person who ends the stop means
  /// both. Only while the governor is disarmed: a stop that comes meanwhile goes out as ever.
  @_noLocks @_noAllocation
  private mutating func isReleasing(at now: MonotonicInstant) -> Bool {
    guard let until = releasingUntil else { return false }
    guard case .disarmed = governor.state, now < until, let joint = link.joint,
      case .stopped = joint.state
    else {
      releasingUntil = nil
      return false
    }
    return true
  }

  /// What became of the newest command.
  var departure: Departure {
    @_noLocks @_noAllocation
    get {
      if hasDeparted { return .departed(wire: link.lastDeparture) }
      return link.isGone ? .gone : .held
    }
  }

  /// Takes the answers that have come in.
  @_noLocks @_noAllocation
  mutating func listen(roundTrips: inout LatencyHistogram) {
    link.poll(roundTrips: &roundTrips)
  }

  /// The dead-man line low, for good.
  @_noLocks @_noAllocation
  mutating func dropDeadMan() { deadMan?.drop() }

  /// Times that the dead-man line could not be driven.
  var deadManFailures: UInt64 {
    @_noLocks @_noAllocation
    get {
      switch deadMan {
      case .some(let line): line.failures
      case .none: 0
      }
    }
  }

  @_noLocks @_noAllocation
  func describe(in snapshot: inout StatusSnapshot, at now: MonotonicInstant) {
    snapshot.governorState = governor.state
    snapshot.latchedCauses = governor.latchedCauses
    snapshot.armRefusal = governor.armRefusal
    snapshot.isLinkGone = link.isGone
    snapshot.outages = link.outages(at: now)
    snapshot.armings = governor.counts.armings
    snapshot.joint = link.joint
    snapshot.lastAcknowledgement = link.lastAcknowledgement
    snapshot.links = link.counts
    if let joint = link.joint { snapshot.positionDegrees = joint.positionDegrees }
  }
}
