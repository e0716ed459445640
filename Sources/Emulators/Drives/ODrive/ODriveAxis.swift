// One axis of an ODrive: its states, errors, watchdog and controller, at 1 ms a step.
//
// Source: odriverobotics/ODrive 0.5.x, Firmware/MotorControl/{axis,controller,main}.cpp. The gains
// of the loops are the joint model's own; setpoints, limits and feed-forward are the firmware's.

internal import RT

/// AXIS_STATE_…
enum ODriveState: UInt32, Sendable {
  case undefined = 0
  case idle = 1
  case startupSequence = 2
  case closedLoopControl = 8

  var name: String {
    switch self {
    case .undefined: "AXIS_STATE_UNDEFINED"
    case .idle: "AXIS_STATE_IDLE"
    case .startupSequence: "AXIS_STATE_STARTUP_SEQUENCE"
    case .closedLoopControl: "AXIS_STATE_CLOSED_LOOP_CONTROL"
    }
  }
}

/// axis.error
enum ODriveError {
  static var invalidState: UInt32 { 0x1 }
  /// That 0.5.6 raises it along with an error of the controller is not verified.
  static var controllerFailed: UInt32 { 0x200 }
  static var watchdogTimerExpired: UInt32 { 0x800 }
  static var estopRequested: UInt32 { 0x4000 }
}

/// controller.error
enum ODriveControllerError {
  static var overspeed: UInt32 { 0x1 }
  static var invalidInputMode: UInt32 { 0x2 }
}

/// What `ss` keeps. Turns, turns a second, newton metres, of the motor.
struct ODriveConfiguration: Equatable, Sendable {
  var isWatchdogEnabled = false
  var watchdogSeconds: Float = 0
  /// 1: torque, 2: velocity, 3: position.
  var controlMode: UInt32 = 3
  /// 1: passed through, 2: velocity ramp, 3: position filter, 5: trajectory, 6: torque ramp.
  var inputMode: UInt32 = 1
  var velocityLimit: Float = 2
  var velocityLimitTolerance: Float = 1.2
  var isVelocityLimited = true
  var isOverspeedAnError = true
  var isTorqueModeVelocityLimited = true
  var velocityGain: Float = 1.0 / 6.0
  var filterBandwidth: Float = 2
  var velocityRamp: Float = 1
  var torqueRamp: Float = 0.01
  var torqueConstant: Float = 0.04
  var currentLimit: Float = 10
  var torqueLimit: Float = .infinity
  var trajectoryVelocity: Float = 2
  var trajectoryAcceleration: Float = 0.5
  var trajectoryDeceleration: Float = 0.5
}

struct ODriveAxis: Sendable {
  var joint: DrivenJoint
  /// Motor revolutions a revolution of the joint.
  let gearRatio: Double
  /// Motor and encoder have been calibrated.
  let isCalibrated: Bool
  var configuration: ODriveConfiguration
  private(set) var state = ODriveState.idle
  var requestedState: UInt32 = 0
  var error: UInt32 = 0
  var motorError: UInt32 = 0
  var encoderError: UInt32 = 0
  var controllerError: UInt32 = 0
  private(set) var watchdogTrips: UInt64 = 0
  var inputPosition: Float = 0
  var inputVelocity: Float = 0
  var inputTorque: Float = 0
  private(set) var positionSetpoint: Float = 0
  private(set) var velocitySetpoint: Float = 0
  private(set) var torqueSetpoint: Float = 0
  /// `esl` moves the encoder's zero.
  private var zeroDegrees = 0.0
  private var watchdogLeft = Nanoseconds.zero
  private var ramp: JointRamp?
  private var isInputPositionNew = false

  init(
    joint: DrivenJoint, gearRatio: Double, isCalibrated: Bool,
    configuration: ODriveConfiguration
  ) {
    self.joint = joint
    self.gearRatio = gearRatio
    self.isCalibrated = isCalibrated
    self.configuration = configuration
    feedWatchdog()
  }

  var isClosedLoop: Bool { state == .closedLoopControl }

  // Turns of the motor.
  var position: Float { Float((joint.positionDegrees - zeroDegrees) / 360 * gearRatio) }
  var velocity: Float { Float(joint.velocityDegreesPerSecond / 360 * gearRatio) }
  var torque: Float { Float(joint.effortNewtonMetres / gearRatio) }

  private func degrees(_ turns: Float) -> Double { Double(turns) * 360 / gearRatio }

  var torqueMax: Float {
    max(
      0, min(configuration.torqueLimit, configuration.currentLimit * configuration.torqueConstant))
  }

  mutating func feedWatchdog() {
    let seconds = min(max(configuration.watchdogSeconds, 0), 500_000)
    watchdogLeft = Nanoseconds(seconds: Double(seconds))
  }

  mutating func inputPositionUpdated() { isInputPositionNew = true }

  mutating func setPosition(_ turns: Float) {
    zeroDegrees = joint.positionDegrees - degrees(turns)
  }

  mutating func clearErrors() {
    error = 0
    motorError = 0
    encoderError = 0
    controllerError = 0
  }

  mutating func step() {
    takeRequest()
    keepWatch()
    if isClosedLoop { control() }
    if error != 0, isClosedLoop { disarm() }
    joint.step()
  }

  private mutating func takeRequest() {
    guard requestedState != 0 else { return }
    let requested = ODriveState(rawValue: requestedState)
    requestedState = 0
    error &= ~ODriveError.invalidState
    disarm()
    switch requested {
    case .closedLoopControl where isCalibrated: arm()
    // Nothing is set to be done at startup.
    case .idle, .startupSequence: break
    // Calibrations and homing are not emulated either.
    case .closedLoopControl, .undefined, nil: error |= ODriveError.invalidState
    }
  }

  private mutating func arm() {
    feedWatchdog()
    state = .closedLoopControl
    velocitySetpoint = 0
    torqueSetpoint = 0
    ramp = nil
    // A velocity or torque that was set while idle is not forgotten, a position is.
    guard configuration.controlMode >= 3 else { return }
    positionSetpoint = position
    inputPosition = position
    isInputPositionNew = true
  }

  private mutating func disarm() {
    state = .idle
    ramp = nil
    joint.demand = .off
  }

  /// Counts down in every state, idle included.
  private mutating func keepWatch() {
    guard configuration.isWatchdogEnabled else { return }
    if watchdogLeft > .zero {
      watchdogLeft = watchdogLeft - DrivenJoint.step
      return
    }
    if error & ODriveError.watchdogTimerExpired == 0 { watchdogTrips += 1 }
    error |= ODriveError.watchdogTimerExpired
    disarm()
  }

  private mutating func fail(_ error: UInt32) {
    controllerError |= error
    self.error |= ODriveError.controllerFailed
  }

  private mutating func control() {
    let limit = configuration.velocityLimit
    if configuration.isOverspeedAnError,
      abs(velocity) > configuration.velocityLimitTolerance * limit
    {
      return fail(ODriveControllerError.overspeed)
    }
    guard updateSetpoints() else { return fail(ODriveControllerError.invalidInputMode) }
    let fastest = configuration.isVelocityLimited ? abs(degrees(limit)) : .infinity
    let speed = min(max(degrees(velocitySetpoint), -fastest), fastest)
    joint.effortMax = Double(torqueMax) * gearRatio
    let effort = Double(torqueSetpoint) * gearRatio
    switch configuration.controlMode {
    case 3 where ramp != nil: joint.demand = ramp?.step(from: joint) ?? .off
    case 3:
      joint.demand = .position(
        degrees(positionSetpoint) + zeroDegrees, velocityMax: fastest, velocity: speed,
        effort: effort)
    case 2: joint.demand = .velocity(speed, effort: effort)
    case 1: joint.demand = .effort(Double(slowed(torqueSetpoint)) * gearRatio)
    default: joint.demand = .off
    }
  }

  /// Near the velocity limit, torque gives way.
  private func slowed(_ torque: Float) -> Float {
    guard configuration.isTorqueModeVelocityLimited else { return torque }
    let most = (configuration.velocityLimit - velocity) * configuration.velocityGain
    let least = (-configuration.velocityLimit - velocity) * configuration.velocityGain
    return max(min(torque, most), least)
  }

  /// One step from what was put in to what is followed; false: the mode is none that is known.
  private mutating func updateSetpoints() -> Bool {
    let step = Float(DrivenJoint.step.seconds)
    switch configuration.inputMode {
    case 0: break
    case 1:
      positionSetpoint = inputPosition
      velocitySetpoint = inputVelocity
      torqueSetpoint = inputTorque
      ramp = nil
    case 2:
      let most = abs(step * configuration.velocityRamp)
      velocitySetpoint += min(max(inputVelocity - velocitySetpoint, -most), most)
      torqueSetpoint = 0
    case 3:
      // The firmware's own bound: a quarter of its steps a second.
      let damping = 2 * max(0, min(configuration.filterBandwidth, 0.25 / step))
      let pull = 0.25 * damping * damping * (inputPosition - positionSetpoint)
      velocitySetpoint += step * (pull + damping * (inputVelocity - velocitySetpoint))
      positionSetpoint += step * velocitySetpoint
      torqueSetpoint = 0
    case 5: planTrajectory()
    case 6:
      let most = abs(step * configuration.torqueRamp)
      torqueSetpoint += min(max(inputTorque - torqueSetpoint, -most), most)
    default: return false
    }
    return true
  }

  private mutating func planTrajectory() {
    guard isInputPositionNew else { return }
    isInputPositionNew = false
    positionSetpoint = inputPosition
    velocitySetpoint = 0
    torqueSetpoint = 0
    let slowest = min(
      abs(configuration.trajectoryAcceleration), abs(configuration.trajectoryDeceleration))
    ramp = JointRamp(
      target: degrees(inputPosition) + zeroDegrees,
      speedMax: abs(degrees(configuration.trajectoryVelocity)),
      acceleration: abs(degrees(slowest)), from: joint, continuing: ramp)
  }
}
