// What a VESC's commands do to its joint.

internal import RT

/// COMM_PACKET_ID, as far as anything is done about it; of any other nothing is said.
enum VESCCommand: UInt8, Sendable {
  case firmwareVersion = 0
  case getValues = 4
  case setDuty = 5
  case setCurrent = 6
  case setCurrentBrake = 7
  case setSpeed = 8
  case setPosition = 9
  case setHandbrake = 10
  case setDetect = 11
  case rotorPosition = 22
  case alive = 30
  /// Of CubeMars.
  case setPositionSpeed = 91
  /// Of CubeMars.
  case setOrigin = 95
}

/// The control mode, by its name in the firmware.
enum VESCMode: String, Sendable {
  case none = "CONTROL_MODE_NONE"
  case duty = "CONTROL_MODE_DUTY"
  case speed = "CONTROL_MODE_SPEED"
  case current = "CONTROL_MODE_CURRENT"
  case brake = "CONTROL_MODE_CURRENT_BRAKE"
  case position = "CONTROL_MODE_POS"
  case handbrake = "CONTROL_MODE_HANDBRAKE"
}

extension VESCDrive {
  /// The mode SET_POS of a CubeMars runs with, manual V1.0.8, section 5.1.
  private static var speedERPM: Double { 12_000 }
  private static var accelerationERPM: Double { 40_000 }

  /// What it says of its position: of a CubeMars since its origin, else of one turn, 0 … 360.
  var reportedDegrees: Double {
    guard !options.isCubeMars else { return joint.positionDegrees - origin }
    let turned = joint.positionDegrees.truncatingRemainder(dividingBy: 360)
    return turned < 0 ? turned + 360 : turned
  }

  /// Obeys a command of motion; false: its numbers are missing, or it is not this device's.
  mutating func move(_ command: VESCCommand, _ payload: [UInt8]) -> Bool {
    if command == .setOrigin { return setOrigin(payload) }
    guard let number = VESCNumbers.int32(payload, at: 1) else { return false }
    let value = Double(number)
    switch command {
    case .setDuty: turn(duty: min(max(value / 100_000, -0.95), 0.95))
    case .setCurrent: push(amperes: value / 1_000)
    case .setCurrentBrake: resist(.brake, amperes: value / 1_000)
    case .setHandbrake: resist(.handbrake, amperes: value / 1_000)
    case .setSpeed: turn(erpm: min(max(value, -options.erpmMax), options.erpmMax))
    case .setPosition: go(toDegrees: value / 1_000_000)
    case .setPositionSpeed: return goSlowly(value / 1_000, payload)
    case .firmwareVersion, .getValues, .setDetect, .rotorPosition, .alive, .setOrigin:
      return false
    }
    return true
  }

  private mutating func set(_ mode: VESCMode, _ demand: DrivenJoint.Demand) {
    self.mode = mode
    ramp = nil
    joint.demand = demand
  }

  /// A duty of zero shorts the motor, which brakes.
  private mutating func turn(duty: Double) {
    let fastest = options.degreesPerSecond(erpm: options.erpmMax)
    let isShort = duty == 0
    set(.duty, isShort ? .brake(effortMax: joint.effortMax) : .velocity(duty * fastest))
  }

  private mutating func push(amperes: Double) {
    let limited = min(max(amperes, -options.currentMax), options.currentMax)
    guard abs(limited) >= options.currentMin else { return set(.none, .off) }
    set(.current, .effort(limited * options.newtonMetresPerAmpere))
  }

  private mutating func resist(_ mode: VESCMode, amperes: Double) {
    let limited = min(abs(amperes), options.currentMax)
    guard limited >= options.currentMin else { return set(.none, .off) }
    let effort = limited * options.newtonMetresPerAmpere
    guard mode == .handbrake else { return set(mode, .brake(effortMax: effort)) }
    // Told again and again, it stays where it was when it was told first.
    if self.mode == .handbrake, case .hold(let place, _) = joint.demand {
      return set(mode, .hold(at: place, effortMax: effort))
    }
    set(mode, .hold(at: joint.positionDegrees, effortMax: effort))
  }

  private mutating func turn(erpm: Double) {
    guard abs(erpm) >= options.erpmMin else { return set(.speed, .off) }
    set(.speed, .velocity(options.degreesPerSecond(erpm: erpm)))
  }

  /// A VESC goes the shorter way round; a CubeMars to the turn that was named, at its own pace.
  private mutating func go(toDegrees degrees: Double) {
    guard options.isCubeMars else {
      let way = (degrees - joint.positionDegrees).remainder(dividingBy: 360)
      return set(.position, .position(joint.positionDegrees + way))
    }
    run(to: degrees, erpm: Self.speedERPM, erpmPerSecond: Self.accelerationERPM)
  }

  private mutating func goSlowly(_ degrees: Double, _ payload: [UInt8]) -> Bool {
    guard options.isCubeMars, let erpm = VESCNumbers.int32(payload, at: 5),
      let erpmPerSecond = VESCNumbers.int32(payload, at: 9), erpm > 0, erpmPerSecond > 0
    else { return false }
    run(to: degrees, erpm: Double(erpm), erpmPerSecond: Double(erpmPerSecond))
    return true
  }

  private mutating func run(to degrees: Double, erpm: Double, erpmPerSecond: Double) {
    let running = mode == .position ? ramp : nil
    set(.position, .position(joint.positionDegrees))
    ramp = JointRamp(
      target: degrees + origin, speedMax: options.degreesPerSecond(erpm: erpm),
      acceleration: options.degreesPerSecond(erpm: erpmPerSecond), from: joint,
      continuing: running)
  }

  /// 1: kept over power-down, 0: not; either way from now on. What becomes of a motion meanwhile is
  /// not documented: here it ends.
  private mutating func setOrigin(_ payload: [UInt8]) -> Bool {
    guard options.isCubeMars, payload.count == 2, payload[1] <= 1 else { return false }
    origin = joint.positionDegrees
    set(.none, .off)
    return true
  }
}

/// What has been drawn since power-up, and how far the motor has turned.
struct VESCConsumption: Sendable {
  private var ampereSeconds = (drawn: 0.0, given: 0.0)
  private var counts = (net: 0.0, all: 0.0)
  private var volts = 0.0

  mutating func add(_ joint: DrivenJoint, options: VESCOptions) {
    let seconds = DrivenJoint.step.seconds
    let speed = joint.velocityDegreesPerSecond
    volts = options.inputVolts
    let amperes =
      joint.effortNewtonMetres * speed / DrivenJoint.degreesPerRadian / options.inputVolts
    ampereSeconds.drawn += max(amperes, 0) * seconds
    ampereSeconds.given += max(-amperes, 0) * seconds
    let turned = speed * seconds / 360 * options.gearRatio * options.polePairs * 6
    counts.net += turned
    counts.all += abs(turned)
  }

  var values: VESCValues {
    var values = VESCValues()
    values.ampereHours = ampereSeconds.drawn / 3600
    values.ampereHoursCharged = ampereSeconds.given / 3600
    values.wattHours = values.ampereHours * volts
    values.wattHoursCharged = values.ampereHoursCharged * volts
    values.tachometer = Int32(clamping: Int64(counts.net))
    values.tachometerAbsolute = Int32(clamping: Int64(counts.all))
    return values
  }
}
