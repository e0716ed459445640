// An ODrive v3.6 with firmware 0.5.6, emulated: its ASCII protocol and its rules.
//
// It must be told to run (`w axis0.requested_state 8`); its watchdog is off until it is enabled,
// is fed by p, q, v, c, t and u and not by r or w, bites in every state, and latches: the axis is
// idle, and falls back to idle, until the error is cleared (`sc`). What it does not understand it
// says in words; what has a wrong sum it passes over in silence. A setpoint of velocity or torque
// that comes while idle is kept and is followed as soon as the axis runs. The joint is at axis 0;
// axis 1 has no motor. Source: odriverobotics/ODrive, Firmware/communication/ascii_protocol.cpp;
// help is answered by its first line only.

public import RT

/// One drive, one joint.
public struct ODriveDrive: Drive {
  /// From a reset to the first line that is read; not documented.
  static var bootTime: Nanoseconds { .milliseconds(500) }

  var axes: [ODriveAxis]
  private var saved: [ODriveConfiguration]
  private let defaults: [ODriveConfiguration]
  private var bootEnd: MonotonicInstant
  private var lines = ODriveLines()
  private var noted: String
  private var wrongSums: UInt64 = 0
  private var motionCommands: UInt64 = 0
  private var refusedCommands: UInt64 = 0
  private var earlierTrips: UInt64 = 0

  /// - Parameter now: power-up; it listens at once.
  public init(options: ODriveOptions = ODriveOptions(), now: MonotonicInstant = .now()) {
    var configuration = ODriveConfiguration()
    defaults = [configuration, configuration]
    configuration.velocityLimit = options.velocityLimit
    configuration.currentLimit = options.currentLimit
    configuration.torqueConstant = options.torqueConstant
    configuration.isWatchdogEnabled = options.isWatchdogEnabled
    configuration.watchdogSeconds = options.watchdogSeconds
    saved = [configuration, ODriveConfiguration()]
    bootEnd = now
    let joint = DrivenJoint(
      positionDegrees: options.positionDegrees, endStops: options.endStops, now: now)
    axes = zip([joint, DrivenJoint(now: now)], saved).enumerated().map { index, axis in
      ODriveAxis(
        joint: axis.0, gearRatio: options.gearRatio, isCalibrated: index == 0,
        configuration: axis.1)
    }
    noted = ODriveState.idle.name
  }

  public var name: String { "odrive" }

  public var nextInstant: MonotonicInstant? {
    let joint = axes[0].joint
    let isBusy = axes[0].configuration.isWatchdogEnabled || axes[0].requestedState != 0
    return isBusy ? joint.nextStep : joint.nextInstant
  }

  public var status: DriveStatus {
    let joint = axes[0].joint
    return DriveStatus(
      state: stateText, isDriven: joint.isDriven, positionDegrees: joint.positionDegrees,
      velocityDegreesPerSecond: joint.velocityDegreesPerSecond,
      effortNewtonMetres: joint.effortNewtonMetres, motionCommands: motionCommands,
      refusedCommands: refusedCommands, watchdogTrips: earlierTrips + axes[0].watchdogTrips,
      badFrames: wrongSums + lines.overlong)
  }

  private var stateText: String {
    let error = axes[0].error
    return axes[0].state.name + (error == 0 ? "" : " error 0x" + String(error, radix: 16))
  }

  public mutating func disturb(_ disturbance: DriveDisturbance) {
    axes[0].joint.isObstructed = disturbance == .obstructed
  }

  /// An emergency stop is requested, as over the device's CAN bus.
  public mutating func raiseFault(at now: MonotonicInstant, into turn: inout Turn) {
    axes[0].error |= ODriveError.estopRequested
    advance(to: now, into: &turn)
  }

  public mutating func receive(
    _ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    advance(to: now, into: &turn)
    for byte in bytes where now >= bootEnd {
      guard let line = lines.take(byte) else { continue }
      guard let command = ODriveLine(line) else {
        wrongSums += 1
        continue
      }
      for answer in obey(command.text, at: now, into: &turn) {
        turn.send(ODriveLine.answer(answer, hasSum: command.hasSum))
      }
    }
  }

  public mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    while axes[0].joint.nextStep <= now {
      for index in axes.indices { axes[index].step() }
      let text = stateText
      guard text != noted else { continue }
      noted = text
      turn.note(text)
    }
  }

  private mutating func obey(
    _ text: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) -> [String] {
    var scanner = ODriveScanner(text.dropFirst())
    switch text.first.map({ Character(UnicodeScalar($0)) }) {
    case "p", "q", "v", "c", "t": return move(text[0], &scanner)
    case "f":
      return ofAxis(&scanner) { axis in
        ["\(ODriveNumber.text(axis.position)) \(ODriveNumber.text(axis.velocity))"]
      }
    case "u":
      return ofAxis(&scanner) { axis in
        axis.feedWatchdog()
        return []
      }
    case "r": return read(&scanner)
    case "w": return write(&scanner)
    case "e": return setEncoder(text)
    case "h": return ["Please see documentation for more details"]
    case "i":
      return [
        "Hardware version: 3.6-56V", "Firmware version: 0.5.6", "Serial number: 5EED5EED5EED",
      ]
    case "s":
      control(text.dropFirst().first, at: now, into: &turn)
      return []
    default: return ["unknown command"]
    }
  }

  /// Of an axis that is named first.
  private mutating func ofAxis(
    _ scanner: inout ODriveScanner, _ act: (inout ODriveAxis) -> [String]
  ) -> [String] {
    guard let number = scanner.unsigned() else { return invalidFormat() }
    guard number < axes.count else { return ["invalid motor \(number)"] }
    return act(&axes[Int(number)])
  }

  private mutating func invalidFormat() -> [String] {
    refusedCommands += 1
    return ["invalid command format"]
  }

  private mutating func move(_ command: UInt8, _ scanner: inout ODriveScanner) -> [String] {
    guard let number = scanner.unsigned(), let first = scanner.float() else {
      return invalidFormat()
    }
    guard number < axes.count else {
      refusedCommands += 1
      return ["invalid motor \(number)"]
    }
    let second = scanner.float()
    let third = second == nil ? nil : scanner.float()
    axes[Int(number)].put(command, first, second, third)
    if number == 0, axes[0].isClosedLoop { motionCommands += 1 } else { refusedCommands += 1 }
    return []
  }

  private func axisAndName(_ path: String) -> (index: Int, name: String)? {
    let parts = path.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    switch parts[0] {
    case "axis0": return (0, String(parts[1]))
    case "axis1": return (1, String(parts[1]))
    default: return nil
    }
  }

  private func ownProperty(_ name: String) -> ODriveProperty? {
    let volts: Float = 24
    let joint = axes[0].joint
    let watts =
      joint.effortNewtonMetres * joint.velocityDegreesPerSecond / DrivenJoint.degreesPerRadian
    return switch name {
    case "vbus_voltage": .float(volts)
    case "ibus": .float(Float(watts) / volts)
    case "hw_version_major": .whole(3)
    case "hw_version_minor": .whole(6)
    case "hw_version_variant": .whole(56)
    // 48 bits, of which nine decimal places are printed.
    case "serial_number": .long(0x205F_3091_5056)
    case "fw_version_major": .whole(0)
    case "fw_version_minor": .whole(5)
    case "fw_version_revision": .whole(6)
    case "fw_version_unreleased": .whole(0)
    case "error": .whole(0)
    default: nil
    }
  }

  private mutating func read(_ scanner: inout ODriveScanner) -> [String] {
    guard let path = scanner.word() else { return invalidFormat() }
    let property =
      if let (index, name) = axisAndName(path) { axes[index].property(name) } else {
        ownProperty(path)
      }
    return [property?.text ?? "invalid property"]
  }

  private mutating func write(_ scanner: inout ODriveScanner) -> [String] {
    guard let path = scanner.word() else { return invalidFormat() }
    let writing: ODriveAxis.Writing =
      if let (index, name) = axisAndName(path) { axes[index].write(scanner.word(), to: name) } else
      { ownProperty(path) == nil ? .unknown : .readOnly }
    switch writing {
    case .done: return []
    case .unknown: return ["invalid property"]
    case .readOnly, .unreadable: return ["not implemented"]
    }
  }

  /// `esl axis count`, of an encoder with 8192 counts a turn.
  private mutating func setEncoder(_ text: [UInt8]) -> [String] {
    var scanner = ODriveScanner(text.dropFirst(3))
    guard text.starts(with: "esl".utf8), let number = scanner.unsigned(),
      let count = scanner.integer()
    else { return invalidFormat() }
    guard number < axes.count else { return ["invalid motor \(number)"] }
    let counts = Int32(truncatingIfNeeded: count)
    axes[Int(number)].setPosition(Float(counts) / 8192)
    axes[Int(number)].feedWatchdog()
    return ["encoder set to \(UInt32(bitPattern: counts))"]
  }

  private mutating func control(
    _ letter: UInt8?, at now: MonotonicInstant, into turn: inout Turn
  ) {
    switch letter.map({ Character(UnicodeScalar($0)) }) {
    case "c": for index in axes.indices { axes[index].clearErrors() }
    case "r": reboot(at: now, into: &turn)
    case "s" where !axes.contains(where: \.isClosedLoop):
      saved = axes.map(\.configuration)
      reboot(at: now, into: &turn)
    case "e":
      saved = defaults
      reboot(at: now, into: &turn)
    default: break
    }
  }

  private mutating func reboot(at now: MonotonicInstant, into turn: inout Turn) {
    earlierTrips += axes[0].watchdogTrips
    axes = zip(axes, saved).map { axis, configuration in
      var joint = axis.joint
      joint.demand = .off
      return ODriveAxis(
        joint: joint, gearRatio: axis.gearRatio, isCalibrated: axis.isCalibrated,
        configuration: configuration)
    }
    bootEnd = now + Self.bootTime
    lines = ODriveLines()
    noted = stateText
    turn.note("reboot")
  }
}

extension ODriveAxis {
  /// p, q, v, c, t: puts a setpoint in, and feeds the watchdog.
  mutating func put(_ command: UInt8, _ first: Float, _ second: Float?, _ third: Float?) {
    switch Character(UnicodeScalar(command)) {
    case "p":
      configuration.controlMode = 3
      inputPosition = first
      inputVelocity = second ?? inputVelocity
      inputTorque = third ?? inputTorque
      inputPositionUpdated()
    case "q":
      configuration.controlMode = 3
      inputPosition = first
      configuration.velocityLimit = second ?? configuration.velocityLimit
      configuration.torqueLimit = third ?? configuration.torqueLimit
      inputPositionUpdated()
    case "v":
      configuration.controlMode = 2
      inputVelocity = first
      inputTorque = second ?? inputTorque
    case "c":
      configuration.controlMode = 1
      inputTorque = first
    default:
      configuration.inputMode = 5
      configuration.controlMode = 3
      inputPosition = first
      inputPositionUpdated()
    }
    feedWatchdog()
  }
}
