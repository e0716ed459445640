// The rules of an exoskeleton that speaks the framed protocol. Pure: messages and times in,
// replies out. docs/exoskeleton-protocol.md states the same rules in words.

internal import RT

struct Firmware: Sendable {
  /// Effort at its limit for so long is an overload.
  static var overloadTime: Nanoseconds { .milliseconds(300) }
  /// How long a motion command's velocity is believed without the next command.
  static var extrapolationMax: Nanoseconds { .milliseconds(40) }
  static var step: Nanoseconds { .milliseconds(1) }
  /// A loop that was held up is caught up by no more than this.
  static var catchUpMax: Nanoseconds { .seconds(1) }

  let identity: FramedIdentity
  private let watchdog: Nanoseconds
  private let powerOn: MonotonicInstant

  private(set) var state = ExoskeletonState.disarmed
  private(set) var faults = ExoskeletonFaults(rawValue: 0)
  var joint: JointModel
  private var reference: (setpoint: Setpoint, time: MonotonicInstant)?
  private var lastValidFrame: MonotonicInstant
  private var lastAdvance: MonotonicInstant
  private var effortLimitSince: MonotonicInstant?

  private(set) var motionCount: UInt64 = 0
  private(set) var refusedCount: UInt64 = 0
  private(set) var watchdogTrips: UInt64 = 0

  init(identity: FramedIdentity, positionDegrees: Double, now: MonotonicInstant) {
    self.identity = identity
    watchdog = .milliseconds(Int64(identity.watchdogMilliseconds))
    powerOn = now
    lastValidFrame = now
    lastAdvance = now
    let lowest = Double(identity.positionMinMillidegrees) / 1000
    let highest = Double(identity.positionMaxMillidegrees) / 1000
    joint = JointModel(positionDegrees: positionDegrees, limits: lowest...highest)
  }

  /// Takes a command and gives the reply; nil for what is no command.
  mutating func receive(_ frame: WireFrame, at now: MonotonicInstant) -> Message? {
    let result: CommandResult
    switch frame.message {
    case .acknowledgement, .identity: return nil
    case .identify:
      lastValidFrame = now
      var answer = identity
      answer.acknowledgedSequence = frame.sequence
      answer.state = state
      return .identity(answer)
    case .heartbeat: result = .done
    case .arm: result = arm()
    case .disarm: result = disarm()
    case .neutral: result = goNeutral()
    case .motion(let motion): result = move(motion, now)
    case .stop:
      drop(into: .stopped)
      result = .done
    case .release:
      if state == .stopped { state = .disarmed }
      result = .done
    }
    lastValidFrame = now
    if result != .done { refusedCount += 1 }
    return .acknowledgement(
      Acknowledgement(
        acknowledgedSequence: frame.sequence,
        acknowledgedCode: FrameEncoder.code(of: frame.message), result: result,
        timeMicroseconds: UInt64(max(0, (now - powerOn).rawValue) / 1000),
        positionMillidegrees: Int32(joint.positionDegrees * 1000),
        velocityMillidegreesPerSecond: Int32(joint.velocityDegreesPerSecond * 1000),
        effortMillinewtonmetres: Int32(joint.effortNewtonmetres * 1000), state: state,
        faults: faults))
  }

  /// Lets time pass: the watchdog, then the joint.
  mutating func advance(to now: MonotonicInstant) {
    if now - lastValidFrame > watchdog {
      switch state {
      case .armed, .moving, .neutral:
        drop(into: .watchdog)
        faults.insert(.watchdog)
        watchdogTrips += 1
      case .disarmed, .stopped, .watchdog: break
      }
    }
    if now - lastAdvance > Self.catchUpMax { lastAdvance = now - Self.catchUpMax }
    while now - lastAdvance >= Self.step {
      lastAdvance = lastAdvance + Self.step
      joint.advance(
        seconds: Self.step.seconds, reference: referenceSetpoint(at: lastAdvance))
      watchEffort(at: lastAdvance)
    }
  }

  private func referenceSetpoint(at time: MonotonicInstant) -> Setpoint? {
    guard state == .moving, let reference else { return nil }
    let ahead = min(max(time - reference.time, .zero), Self.extrapolationMax)
    var setpoint = reference.setpoint
    setpoint.positionDegrees += setpoint.velocityDegreesPerSecond * ahead.seconds
    if time - reference.time > Self.extrapolationMax { setpoint.velocityDegreesPerSecond = 0 }
    return setpoint
  }

  private mutating func watchEffort(at time: MonotonicInstant) {
    guard state == .moving, joint.isEffortAtLimit else {
      effortLimitSince = nil
      return
    }
    let since = effortLimitSince ?? time
    effortLimitSince = since
    if time - since > Self.overloadTime {
      faults.insert(.overload)
      drop(into: .neutral)
    }
  }

  private mutating func drop(into next: ExoskeletonState) {
    state = next
    reference = nil
    effortLimitSince = nil
  }

  private mutating func arm() -> CommandResult {
    switch state {
    case .disarmed:
      faults = ExoskeletonFaults(rawValue: 0)
      state = .armed
      return .done
    case .armed, .moving, .neutral: return .done
    case .stopped: return .stopped
    case .watchdog: return .watchdog
    }
  }

  private mutating func disarm() -> CommandResult {
    if state == .stopped { return .stopped }
    drop(into: .disarmed)
    return .done
  }

  private mutating func goNeutral() -> CommandResult {
    switch state {
    case .armed, .moving, .neutral, .watchdog: drop(into: .neutral)
    case .disarmed, .stopped: break
    }
    return .done
  }

  private mutating func move(_ motion: MotionParameters, _ now: MonotonicInstant)
    -> CommandResult
  {
    switch state {
    case .disarmed:
      faults.insert(.notArmed)
      return .notArmed
    case .stopped: return .stopped
    case .watchdog: return .watchdog
    case .armed, .moving, .neutral: break
    }
    let speed = motion.velocityMillidegreesPerSecond.magnitude
    guard motion.positionMillidegrees >= identity.positionMinMillidegrees,
      motion.positionMillidegrees <= identity.positionMaxMillidegrees,
      speed <= identity.velocityMaxMillidegreesPerSecond.magnitude
    else {
      faults.insert(.outOfRange)
      drop(into: .neutral)
      return .outOfRange
    }
    motionCount += 1
    state = .moving
    reference = (
      Setpoint(
        positionDegrees: Double(motion.positionMillidegrees) / 1000,
        velocity: Double(motion.velocityMillidegreesPerSecond) / 1000),
      now
    )
    return .done
  }
}
