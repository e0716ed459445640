// Real-time: the decoding thread, once a control period. A fixed number of comparisons and of
// roots. No system call, no loop but over the eighteen causes and the seven pieces of a course.

internal import RT
internal import MathShim

/// A position and a velocity that lie within a governor's limits. Only a governor makes one: the
/// initialiser is private to this file.
public struct MotionSetpoint: Equatable, Sendable, BitwiseCopyable {
  public let positionDegrees: Double
  public let velocityDegreesPerSecond: Double
  public let accelerationDegreesPerSecondSquared: Double

  @_noLocks @_noAllocation
  fileprivate init(_ setpoint: Setpoint) {
    positionDegrees = setpoint.positionDegrees
    velocityDegreesPerSecond = setpoint.velocityDegreesPerSecond
    accelerationDegreesPerSecondSquared = setpoint.accelerationDegreesPerSecondSquared
  }
}

/// An effort that lies within a governor's limits. Only a governor makes one.
public struct EffortSetpoint: Equatable, Sendable, BitwiseCopyable {
  public let newtonMetres: Double

  @_noLocks @_noAllocation
  fileprivate init(_ newtonMetres: Double) { self.newtonMetres = newtonMetres }
}

extension Governor {
  // MARK: Deliberate acts

  /// The deliberate act without which nothing ever moves. Only from disarmed.
  ///
  /// The steps that follow bring the exoskeleton into service. Motion begins when it has confirmed
  /// that, the joint's position is known, and nothing else speaks against it; when the first two
  /// do not come about within a second, the governor is disarmed again and `armRefusal` says why.
  @_noLocks @_noAllocation
  public mutating func arm() {
    switch state {
    case .disarmed:
      state = .armed
      armedSince = nil
      armRefusal = nil
      burst.forget()
      counts.armings += 1
    case .armed, .active, .neutral, .stopped: break
    }
  }

  /// Takes the drive out of service. Does not end a stop.
  @_noLocks @_noAllocation
  public mutating func disarm() {
    switch state {
    case .armed, .active, .neutral: state = .disarmed
    case .disarmed, .stopped: break
    }
  }

  /// Stops, from any state, until `release()`.
  @_noLocks @_noAllocation
  public mutating func stop(_ cause: StopCause) {
    switch state {
    case .disarmed, .armed, .active, .neutral:
      state = .stopped(cause)
      counts.stops += 1
    case .stopped: break
    }
  }

  /// The deliberate end of a stop; leads to disarmed, never further. The exoskeleton's own stop is
  /// ended by `Command.release`.
  @_noLocks @_noAllocation
  public mutating func release() {
    switch state {
    case .stopped: state = .disarmed
    case .disarmed, .armed, .active, .neutral: break
    }
  }

  // MARK: The control period

  /// The command of this control period.
  @_noLocks @_noAllocation
  public mutating func step(_ input: GovernorInput) -> Command {
    counts.steps += 1
    let elapsed = elapsed(at: input.now)
    previousStep = input.now
    burst.note(closings: input.signal.closings, at: input.now)
    switch state {
    case .stopped: return .stop
    case .disarmed: return disarmedCommand(input)
    case .armed, .active, .neutral: break
    }
    if let joint = input.joint, case .stopped = joint.state {
      stop(.exoskeleton)
      return .stop
    }
    var causes = causes(input, elapsed)
    switch state {
    case .stopped: return .stop
    case .disarmed: return .heartbeat
    case .armed: return armedCommand(input, causes)
    case .active:
      if causes.rawValue != 0 { return neutral(causes, before: NeutralCauses(rawValue: 0)) }
      return isDriven(input.joint)
        ? advance(input.demand, elapsed ?? .zero, at: input.now) : beginAnew(input)
    case .neutral(let before):
      causes.add(before.and(limits.latching))
      return begin(input, causes, before: before)
    }
  }

  @_noLocks @_noAllocation
  private func disarmedCommand(_ input: GovernorInput) -> Command {
    guard let joint = input.joint else { return .heartbeat }
    switch joint.state {
    case .disarmed, .stopped: return .heartbeat
    case .armed, .moving, .neutral, .watchdog: return .disarm
    }
  }

  /// Nothing moves yet: the exoskeleton is armed, anew if its watchdog went off or a fault is left
  /// of before.
  @_noLocks @_noAllocation
  private mutating func armedCommand(_ input: GovernorInput, _ causes: NeutralCauses) -> Command {
    let since = armedSince ?? input.now
    armedSince = since
    guard let refusal = armObstacle(input) else {
      return begin(input, causes, before: NeutralCauses(rawValue: 0))
    }
    guard isFresh(since, input.now, GovernorLimits.armingTimeout) else {
      armRefusal = refusal
      state = .disarmed
      counts.armingTimeouts += 1
      return .disarm
    }
    guard let joint = input.joint else { return .heartbeat }
    switch joint.state {
    case .disarmed: return .arm
    case .watchdog: return .disarm
    case .armed, .moving, .neutral, .stopped:
      return joint.faults.rawValue != 0 ? .disarm : .neutral
    }
  }

  @_noLocks @_noAllocation
  private func armObstacle(_ input: GovernorInput) -> ArmRefusal? {
    if input.isLinkGone { return .linkGone }
    guard isFresh(input.lastAcknowledgement, input.now, limits.acknowledgementTimeout),
      let joint = input.joint
    else { return .exoskeletonSilent }
    switch joint.state {
    case .armed, .moving, .neutral: break
    case .disarmed, .watchdog, .stopped: return .exoskeletonNotArmed
    }
    if joint.faults.rawValue != 0 { return .exoskeletonNotArmed }
    if case .none = start(joint) { return .jointUnfit }
    return input.signal.isFit ? nil : .signalUnfit
  }

  /// Motion begins where the joint is, as fast as it is, or it does not begin.
  @_noLocks @_noAllocation
  private mutating func begin(
    _ input: GovernorInput, _ causes: NeutralCauses, before: NeutralCauses
  ) -> Command {
    if causes.rawValue != 0 { return neutral(causes, before: before) }
    lastDriven = input.now
    return resume(input, before: before)
  }

  @_noLocks @_noAllocation
  private mutating func resume(_ input: GovernorInput, before: NeutralCauses) -> Command {
    guard let joint = input.joint, let start = start(joint) else {
      return neutral(.jointUnfit, before: before)
    }
    state = .active
    counts.motions += 1
    effortNewtonMetres = 0
    course = Course(stoppingFrom: start, within: limits.motion)
    secondsOnCourse = 0
    switch mode {
    case .position: return .motion(MotionSetpoint(start))
    case .effort: return .exert(EffortSetpoint(0))
    }
  }

  @_noLocks @_noAllocation
  private func isDriven(_ joint: JointState?) -> Bool {
    if let joint, case .moving = joint.state { true } else { false }
  }

  /// A drive that does not follow yet would leap to where the course has gone on to meanwhile, or
  /// fetch a joint back that has gone on by itself. So motion begins anew in each period, until
  /// there is one, and not for long.
  @_noLocks @_noAllocation
  private mutating func beginAnew(_ input: GovernorInput) -> Command {
    guard isFresh(lastDriven, input.now, GovernorLimits.armingTimeout) else {
      return neutral(.notFollowing, before: NeutralCauses(rawValue: 0))
    }
    return resume(input, before: NeutralCauses(rawValue: 0))
  }

  @_noLocks @_noAllocation
  private mutating func advance(
    _ demand: Demand, _ elapsed: Nanoseconds, at now: MonotonicInstant
  ) -> Command {
    counts.motions += 1
    lastDriven = now
    let seconds = Double(elapsed.rawValue) * 1e-9
    switch mode {
    case .position:
      var target: Double?
      if case .moveTo(let degrees) = demand { target = degrees }
      steer(to: target, seconds)
      var setpoint = course.state(after: secondsOnCourse)
      // The course stays within the limits; arithmetic may leave them by the last bit.
      setpoint.positionDegrees = inside(setpoint.positionDegrees)
      return .motion(MotionSetpoint(setpoint))
    case .effort:
      var wanted = 0.0
      if case .exert(let newtonMetres) = demand { wanted = newtonMetres }
      let step = limits.effortRateMaximum * seconds
      effortNewtonMetres = min(
        max(wanted, effortNewtonMetres - step), effortNewtonMetres + step)
      return .exert(EffortSetpoint(effortNewtonMetres))
    }
  }

  /// On by some seconds to a target, by way of rest when the joint is under way to another; nil:
  /// to rest.
  @_noLocks @_noAllocation
  private mutating func steer(to target: Double?, _ seconds: Double) {
    if !course.isStop && target != course.restDegrees {
      course = Course(
        stoppingFrom: course.state(after: secondsOnCourse), within: limits.motion)
      secondsOnCourse = 0
    }
    secondsOnCourse += seconds
    guard course.isStop, secondsOnCourse >= course.seconds, let target,
      target != course.restDegrees
    else { return }
    // What is left of the period belongs to the new course; how long it rested before does not.
    secondsOnCourse = min(secondsOnCourse - course.seconds, seconds)
    course = Course(from: course.restDegrees, to: target, within: limits.motion)
  }

  @_noLocks @_noAllocation
  private mutating func neutral(_ causes: NeutralCauses, before: NeutralCauses) -> Command {
    let arisen = causes.rawValue & ~before.rawValue
    for bit in 0..<NeutralCauses.bitCount where arisen & (1 << UInt32(bit)) != 0 {
      causeCounts[bit] += 1
    }
    state = .neutral(causes)
    counts.neutrals += 1
    return .neutral
  }

  // MARK: Causes

  /// Everything that speaks against motion now.
  @_noLocks @_noAllocation
  private mutating func causes(_ input: GovernorInput, _ elapsed: Nanoseconds?) -> NeutralCauses {
    let now = input.now
    var causes = NeutralCauses(rawValue: 0)
    if !isFresh(input.lastFrame, now, limits.frameTimeout) { causes.add(.noFrames) }
    if !isFresh(input.lastDecision, now, limits.decisionTimeout) { causes.add(.noDecisions) }
    if !isFresh(input.lastAcknowledgement, now, limits.acknowledgementTimeout) {
      causes.add(.noAcknowledgements)
    }
    if input.isLinkGone { causes.add(.linkGone) }
    causes.add(jointCauses(input.joint))
    switch input.demand {
    case .neutral: causes.add(.demanded)
    case .hold, .moveTo, .exert:
      if !isAllowed(input.demand) {
        causes.add(.refusedDemand)
        counts.refusedDemands += 1
      }
    }
    causes.add(signalCauses(input.signal, now))
    if input.isOverBudget { causes.add(.overBudget) }
    if let heartbeatTimeout = limits.heartbeatTimeout,
      !isFresh(input.lastHeartbeat, now, heartbeatTimeout)
    {
      causes.add(.noHeartbeat)
    }
    if let elapsed, elapsed.rawValue < 0 || elapsed.rawValue > limits.latestStep.rawValue {
      causes.add(.lateStep)
      counts.lateSteps += 1
    }
    return causes
  }

  @_noLocks @_noAllocation
  private func jointCauses(_ joint: JointState?) -> NeutralCauses {
    guard let joint else { return .exoskeletonLeft }
    var causes = NeutralCauses(rawValue: 0)
    switch joint.state {
    case .armed, .moving, .neutral: break
    case .disarmed, .watchdog, .stopped: causes.add(.exoskeletonLeft)
    }
    if joint.faults.rawValue != 0 { causes.add(.exoskeletonFault) }
    if !isWithinPlay(joint.positionDegrees) { causes.add(.jointUnfit) }
    // What a person does with a joint that is not driven is no fault.
    if case .active = state {
      let speed = math_fabs(joint.velocityDegreesPerSecond)
      if speed > limits.velocityMaximum * GovernorLimits.overspeedFactor { causes.add(.overspeed) }
      if !follows(joint) { causes.add(.notFollowing) }
      // False for NaN, which is what a drive says that cannot tell its effort.
      if math_fabs(joint.effortNewtonMetres) > limits.effortMaximum { causes.add(.overEffort) }
    }
    return causes
  }

  /// Whether the joint is near where it was told to be. One that is held and then let go would
  /// leap to where the course has gone on to meanwhile.
  @_noLocks @_noAllocation
  private func follows(_ joint: JointState) -> Bool {
    switch mode {
    case .effort: return true
    case .position:
      let told = course.state(after: secondsOnCourse).positionDegrees
      // An unknown position is no error of following; it is unfit by itself.
      return !(math_fabs(joint.positionDegrees - told) > limits.followingErrorMaximum)
    }
  }

  @_noLocks @_noAllocation
  private func signalCauses(_ signal: SignalHealth, _ now: MonotonicInstant) -> NeutralCauses {
    var causes = NeutralCauses(rawValue: 0)
    if !signal.isFit { causes.add(.signalUnfit) }
    if signal.isDrifting { causes.add(.drift) }
    if burst.lasts(limits.burstClosings, within: limits.burstWindow, at: now) {
      causes.add(.signalBurst)
    }
    return causes
  }

  /// Whether a demand is of this joint's kind and within its limits; false for what is no number.
  @_noLocks @_noAllocation
  private func isAllowed(_ demand: Demand) -> Bool {
    switch mode {
    case .position:
      switch demand {
      case .neutral, .hold: return true
      case .moveTo(let degrees): return isWithinLimits(degrees)
      case .exert: return false
      }
    case .effort:
      switch demand {
      case .neutral: return true
      case .exert(let newtonMetres): return math_fabs(newtonMetres) <= limits.effortMaximum
      case .hold, .moveTo: return false
      }
    }
  }

  /// Where and how fast motion would begin: as the joint is, inside the limits, able to stop before
  /// it leaves them. Within its play it begins at rest. Nil when it cannot begin.
  @_noLocks @_noAllocation
  private func start(_ joint: JointState) -> Setpoint? {
    let position = joint.positionDegrees
    let velocity = joint.velocityDegreesPerSecond
    guard isWithinPlay(position), math_fabs(velocity) <= limits.velocityMaximum else { return nil }
    let setpoint = Setpoint(positionDegrees: inside(position), velocity: velocity)
    let rest = Course(stoppingFrom: setpoint, within: limits.motion).restDegrees
    guard isWithinPlay(rest) else { return nil }
    return isWithinLimits(rest) ? setpoint : Setpoint(positionDegrees: setpoint.positionDegrees)
  }

  /// False for NaN.
  @_noLocks @_noAllocation
  private func isWithinLimits(_ degrees: Double) -> Bool {
    degrees >= limits.positionMinimum && degrees <= limits.positionMaximum
  }

  @_noLocks @_noAllocation
  private func isWithinPlay(_ degrees: Double) -> Bool {
    degrees >= limits.positionMinimum - GovernorLimits.playDegrees
      && degrees <= limits.positionMaximum + GovernorLimits.playDegrees
  }

  @_noLocks @_noAllocation
  private func inside(_ degrees: Double) -> Double {
    min(max(degrees, limits.positionMinimum), limits.positionMaximum)
  }

  /// No older than the timeout, and no more than a control period ahead: a time from the future is
  /// a broken clock, not news.
  @_noLocks @_noAllocation
  private func isFresh(_ time: MonotonicInstant?, _ now: MonotonicInstant, _ timeout: Nanoseconds)
    -> Bool
  {
    guard let time else { return false }
    let (age, isOverflow) = now.nanoseconds.subtractingReportingOverflow(time.nanoseconds)
    return !isOverflow && age <= timeout.rawValue && age >= -limits.controlPeriod.rawValue
  }

  /// Since the step before; nil at the first. An absurd clock counts as late.
  @_noLocks @_noAllocation
  private func elapsed(at now: MonotonicInstant) -> Nanoseconds? {
    guard let previousStep else { return nil }
    let (elapsed, isOverflow) =
      now.nanoseconds.subtractingReportingOverflow(previousStep.nanoseconds)
    return Nanoseconds(isOverflow ? -1 : elapsed)
  }
}
