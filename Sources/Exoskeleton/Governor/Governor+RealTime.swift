// Real-time: the decoding thread, once a control period. A fixed number of comparisons, at most
// one square root. No system call, no loop but over the ten reasons.

public import RT
internal import MathShim

/// A position and a velocity that lie within a governor's limits. Only a governor makes one: the
/// initialiser is private to this file.
public struct MotionSetpoint: Equatable, Sendable {
  public let positionDegrees: Double
  public let velocityDegreesPerSecond: Double

  @_noLocks @_noAllocation
  fileprivate init(_ setpoint: Setpoint) {
    positionDegrees = setpoint.positionDegrees
    velocityDegreesPerSecond = setpoint.velocityDegreesPerSecond
  }
}

extension Governor {
  // MARK: Deliberate acts

  /// The deliberate act without which nothing moves. Nil when it is armed now, else why not.
  @_noLocks @_noAllocation
  public mutating func arm(now: MonotonicInstant, lastFrame: MonotonicInstant, link: LinkState)
    -> ArmRefusal?
  {
    switch state {
    case .stopped: return .stopped
    case .armed, .active, .neutral: return .notDisarmed
    case .disarmed: break
    }
    guard link.isUp else { return .linkDown }
    guard isFresh(link.lastConfirmed, now, limits.acknowledgementTimeout) else {
      return .exoskeletonSilent
    }
    guard case .disarmed? = link.exoskeleton else { return .exoskeletonNotDisarmed }
    guard let joint = link.joint, isFresh(joint.time, now, limits.acknowledgementTimeout) else {
      return .jointUnknown
    }
    guard isWithinLimits(joint.positionDegrees) else { return .jointOutsideLimits }
    guard isFit(joint) else { return .jointMoving }
    guard isFresh(lastFrame, now, limits.frameTimeout) else { return .noFrames }
    state = .armed(since: now)
    counts.armings += 1
    return nil
  }

  /// Takes the drive out of service. Does not end a stop.
  @_noLocks @_noAllocation
  public mutating func disarm() {
    switch state {
    case .stopped: break
    case .disarmed, .armed, .active, .neutral: state = .disarmed
    }
  }

  /// Stops, from any state, until `release()`.
  @_noLocks @_noAllocation
  public mutating func stop(_ cause: StopCause) {
    switch state {
    case .stopped: break
    case .disarmed, .armed, .active, .neutral:
      state = .stopped(cause)
      counts.stops += 1
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
  ///
  /// - Parameters:
  ///   - now: the present.
  ///   - demand: the newest decision's, with its time.
  ///   - lastFrame: edge time of the newest frame that can be believed.
  ///   - link: as `ExoskeletonLink.state` says after `poll`.
  @_noLocks @_noAllocation
  public mutating func step(
    now: MonotonicInstant, demand: Demand, lastFrame: MonotonicInstant, link: LinkState
  ) -> Command {
    counts.steps += 1
    let elapsed = elapsed(now)
    previousStep = now
    switch state {
    case .stopped:
      return .stop
    case .disarmed:
      return disarmedCommand(link)
    case .armed(let since):
      if case .stopped? = link.exoskeleton { return stopWithExoskeleton() }
      return armedCommand(since, now, demand, lastFrame, link, elapsed)
    case .active:
      if case .stopped? = link.exoskeleton { return stopWithExoskeleton() }
      let reasons = reasons(now, demand, lastFrame, link, elapsed)
      if !reasons.hasNone {
        return neutral(because: reasons, before: NeutralReasons(rawValue: 0))
      }
      return advance(demand, elapsed ?? .zero)
    case .neutral(let before):
      if case .stopped? = link.exoskeleton { return stopWithExoskeleton() }
      var reasons = reasons(now, demand, lastFrame, link, elapsed)
      reasons.add(before.latched)
      return begin(link, now, unless: reasons, before: before)
    }
  }

  @_noLocks @_noAllocation
  private func disarmedCommand(_ link: LinkState) -> Command {
    switch link.exoskeleton {
    case nil, .disarmed?, .stopped?: .heartbeat
    case .armed?, .moving?, .neutral?, .watchdog?: .disarm
    }
  }

  @_noLocks @_noAllocation
  private mutating func armedCommand(
    _ since: MonotonicInstant, _ now: MonotonicInstant, _ demand: Demand,
    _ lastFrame: MonotonicInstant, _ link: LinkState, _ elapsed: Nanoseconds?
  ) -> Command {
    let none = NeutralReasons(rawValue: 0)
    switch link.exoskeleton {
    case nil, .disarmed?:
      // Its faults are those of before: arming clears them.
      let broken = linkReasons(now, link)
      if !broken.hasNone { return neutral(because: broken, before: none) }
      guard isFresh(since, now, limits.armingTimeout) else {
        state = .disarmed
        counts.armingTimeouts += 1
        return .disarm
      }
      return .arm
    case .armed?, .moving?, .neutral?, .watchdog?, .stopped?:
      return begin(
        link, now, unless: reasons(now, demand, lastFrame, link, elapsed), before: none)
    }
  }

  @_noLocks @_noAllocation
  private mutating func stopWithExoskeleton() -> Command {
    stop(.exoskeleton)
    return .stop
  }

  /// Motion begins where the joint is, as fast as it is, or it does not begin.
  @_noLocks @_noAllocation
  private mutating func begin(
    _ link: LinkState, _ now: MonotonicInstant, unless reasons: NeutralReasons,
    before: NeutralReasons
  ) -> Command {
    if !reasons.hasNone { return neutral(because: reasons, before: before) }
    guard let joint = link.joint, isFresh(joint.time, now, limits.acknowledgementTimeout),
      isFit(joint)
    else { return neutral(because: .jointUnfit, before: before) }
    setpoint = Setpoint(
      positionDegrees: joint.positionDegrees,
      velocityDegreesPerSecond: joint.velocityDegreesPerSecond)
    state = .active
    counts.motions += 1
    return .motion(MotionSetpoint(setpoint))
  }

  @_noLocks @_noAllocation
  private mutating func advance(_ demand: Demand, _ elapsed: Nanoseconds) -> Command {
    let target: Double
    switch demand {
    case .moveTo(let degrees, _): target = degrees
    case .hold, .neutral, .none:
      target = setpoint.stoppingPoint(
        accelerationMax: limits.accelerationMaxDegreesPerSecondSquared)
    }
    setpoint = setpoint.advanced(
      toward: target, elapsed: Double(elapsed.rawValue) * 1e-9,
      velocityMax: limits.velocityMaxDegreesPerSecond,
      accelerationMax: limits.accelerationMaxDegreesPerSecondSquared)
    // The course stays within the limits; arithmetic may leave them by the last bit.
    setpoint.positionDegrees = min(
      max(setpoint.positionDegrees, limits.positionMinDegrees), limits.positionMaxDegrees)
    counts.motions += 1
    return .motion(MotionSetpoint(setpoint))
  }

  @_noLocks @_noAllocation
  private mutating func neutral(because reasons: NeutralReasons, before: NeutralReasons)
    -> Command
  {
    let arisen = reasons.rawValue & ~before.rawValue
    for bit in 0..<NeutralReasons.bitCount where arisen & (1 << UInt16(bit)) != 0 {
      counts.reasons[bit] += 1
    }
    state = .neutral(reasons)
    counts.neutrals += 1
    return .neutral
  }

  // MARK: Causes

  /// Every reason to be neutral that holds now.
  @_noLocks @_noAllocation
  private mutating func reasons(
    _ now: MonotonicInstant, _ demand: Demand, _ lastFrame: MonotonicInstant, _ link: LinkState,
    _ elapsed: Nanoseconds?
  ) -> NeutralReasons {
    var reasons = linkReasons(now, link)
    switch link.exoskeleton {
    case .armed?, .moving?, .neutral?: break
    case nil, .disarmed?, .watchdog?, .stopped?: reasons.add(.exoskeletonLeft)
    }
    if link.faults.rawValue != 0 { reasons.add(.exoskeletonFault) }
    if !isFresh(lastFrame, now, limits.frameTimeout) { reasons.add(.frameLoss) }
    reasons.add(demandReasons(now, demand))
    if let elapsed {
      if elapsed < .zero || elapsed > limits.periodMax {
        reasons.add(.lateStep)
        counts.lateSteps += 1
      }
    }
    return reasons
  }

  @_noLocks @_noAllocation
  private func linkReasons(_ now: MonotonicInstant, _ link: LinkState) -> NeutralReasons {
    if !link.isUp { return .linkDown }
    return isFresh(link.lastConfirmed, now, limits.acknowledgementTimeout)
      ? NeutralReasons(rawValue: 0) : .acknowledgementMissed
  }

  @_noLocks @_noAllocation
  private mutating func demandReasons(_ now: MonotonicInstant, _ demand: Demand)
    -> NeutralReasons
  {
    var reasons = NeutralReasons(rawValue: 0)
    switch demand {
    case .none: reasons.add(.staleDecision)
    case .neutral(let time):
      reasons.add(.demanded)
      if !isFresh(time, now, limits.decisionTimeout) { reasons.add(.staleDecision) }
    case .hold(let time):
      if !isFresh(time, now, limits.decisionTimeout) { reasons.add(.staleDecision) }
    case .moveTo(let degrees, let time):
      if !isFresh(time, now, limits.decisionTimeout) { reasons.add(.staleDecision) }
      if !isWithinLimits(degrees) {
        reasons.add(.targetRefused)
        counts.refusedTargets += 1
      }
    }
    return reasons
  }

  /// False for NaN.
  @_noLocks @_noAllocation
  private func isWithinLimits(_ degrees: Double) -> Bool {
    degrees >= limits.positionMinDegrees && degrees <= limits.positionMaxDegrees
  }

  /// Inside the limits, no faster than allowed, and able to stop before it leaves them.
  @_noLocks @_noAllocation
  private func isFit(_ joint: JointState) -> Bool {
    let setpoint = Setpoint(
      positionDegrees: joint.positionDegrees,
      velocityDegreesPerSecond: joint.velocityDegreesPerSecond)
    return isWithinLimits(joint.positionDegrees)
      && math_fabs(joint.velocityDegreesPerSecond) <= limits.velocityMaxDegreesPerSecond
      && isWithinLimits(
        setpoint.stoppingPoint(accelerationMax: limits.accelerationMaxDegreesPerSecondSquared))
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

  /// Since the step before; nil at the first.
  @_noLocks @_noAllocation
  private func elapsed(_ now: MonotonicInstant) -> Nanoseconds? {
    guard let previousStep else { return nil }
    let (elapsed, isOverflow) =
      now.nanoseconds.subtractingReportingOverflow(previousStep.nanoseconds)
    // An absurd clock counts as late.
    return Nanoseconds(isOverflow ? -1 : elapsed)
  }
}
