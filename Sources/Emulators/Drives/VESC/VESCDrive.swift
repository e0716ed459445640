// A VESC, emulated: commands in, values out, and its timeout.
//
// It obeys at once and asks for no arming; it answers GET_VALUES and FW_VERSION and nothing else.
// Its timeout does not latch: after it the next command is obeyed. Values beyond its limits are
// cut off, as the firmware does it. Sources: vedderb/bldc 6.02 (comm/commands.c, timeout.c,
// motor/foc_math.c, motor/mc_interface.c); CubeMars, AK series manual V1.0.8, section 5.2.2.
// Not documented, and so not emulated: a CubeMars's answer to FW_VERSION.

public import RT

/// One drive, one joint.
public struct VESCDrive: Drive {
  /// timeout.c looks so often.
  static var timeoutLook: Nanoseconds { .milliseconds(10) }
  /// A CubeMars that was told to report its position does it so often.
  static var reportPeriod: Nanoseconds { .milliseconds(10) }

  public let options: VESCOptions
  var joint: DrivenJoint
  var mode = VESCMode.none
  /// The ramp of POS_SPD and, of a CubeMars, of SET_POS.
  var ramp: JointRamp?
  /// Where a CubeMars's position is zero, degrees of the joint.
  var origin = 0.0
  var reportInstant: MonotonicInstant?
  private var parser = VESCParser()
  private(set) var fault = VESCFault.none
  private var faultEnd: MonotonicInstant
  private var hasTimeout = false
  private var fed: MonotonicInstant
  private var nextLook: MonotonicInstant
  private var noted: String
  private var consumption = VESCConsumption()
  private var motionCommands: UInt64 = 0
  private var refusedCommands: UInt64 = 0
  private var watchdogTrips: UInt64 = 0

  /// - Parameter now: power-up.
  public init(options: VESCOptions = VESCOptions(), now: MonotonicInstant = .now()) {
    self.options = options
    joint = DrivenJoint(
      positionDegrees: options.positionDegrees, endStops: options.endStops,
      effortMax: options.currentMax * options.newtonMetresPerAmpere, now: now)
    faultEnd = now
    fed = now
    nextLook = now + Self.timeoutLook
    noted = VESCMode.none.rawValue
  }

  public var name: String { options.isCubeMars ? "cubemars" : "vesc" }

  public var nextInstant: MonotonicInstant? {
    // A fault and a timeout end by themselves; a joint at rest needs no more than that.
    let quiet = fault == .none && mode == .none && reportInstant == nil
    return quiet ? joint.nextInstant : joint.nextStep
  }

  public var status: DriveStatus {
    DriveStatus(
      state: stateText, isDriven: joint.isDriven, positionDegrees: joint.positionDegrees,
      velocityDegreesPerSecond: joint.velocityDegreesPerSecond,
      effortNewtonMetres: joint.effortNewtonMetres, motionCommands: motionCommands,
      refusedCommands: refusedCommands, watchdogTrips: watchdogTrips,
      badFrames: parser.badFrames)
  }

  private var stateText: String {
    if fault != .none { return fault.name }
    return hasTimeout && mode == .none ? "timeout" : mode.rawValue
  }

  public mutating func disturb(_ disturbance: DriveDisturbance) {
    joint.isObstructed = disturbance == .obstructed
  }

  /// The motor is released, and nothing is obeyed until `faultStop` has passed; then the fault is
  /// forgotten.
  public mutating func raise(
    _ fault: VESCFault, at now: MonotonicInstant, into turn: inout Turn
  ) {
    self.fault = fault
    faultEnd = now + options.faultStop
    release()
    note(into: &turn)
  }

  public mutating func raiseFault(at now: MonotonicInstant, into turn: inout Turn) {
    raise(.absoluteOverCurrent, at: now, into: &turn)
  }

  public mutating func receive(
    _ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    advance(to: now, into: &turn)
    parser.add(bytes)
    while let payload = parser.next() {
      obey(payload, at: now, into: &turn)
      note(into: &turn)
    }
  }

  public mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    while joint.nextStep <= now {
      let instant = joint.nextStep
      if fault != .none, instant >= faultEnd { fault = .none }
      if instant >= nextLook {
        nextLook = instant + Self.timeoutLook
        lookAtTimeout(at: instant)
      }
      if let report = reportInstant, instant >= report {
        reportInstant = report + Self.reportPeriod
        sendPosition(into: &turn)
      }
      if let demand = ramp?.step(from: joint) { joint.demand = demand }
      joint.step()
      consumption.add(joint, options: options)
      note(into: &turn)
    }
  }

  private mutating func lookAtTimeout(at now: MonotonicInstant) {
    guard options.timeout > .zero, now - fed > options.timeout else {
      hasTimeout = false
      return
    }
    if !hasTimeout, mode != .none { watchdogTrips += 1 }
    hasTimeout = true
    release()
    if options.timeoutBrakeAmperes > options.currentMin {
      joint.demand = .brake(
        effortMax: options.timeoutBrakeAmperes * options.newtonMetresPerAmpere)
    }
  }

  private mutating func release() {
    mode = .none
    ramp = nil
    joint.demand = .off
  }

  private mutating func note(into turn: inout Turn) {
    let text = stateText
    guard text != noted else { return }
    noted = text
    turn.note(text)
  }

  private mutating func obey(
    _ payload: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    guard let command = VESCCommand(rawValue: payload[0]) else { return }
    switch command {
    case .firmwareVersion:
      if !options.isCubeMars { turn.send(VESCFrame.bytes(Self.firmwareVersion)) }
    case .getValues: turn.send(VESCFrame.bytes(values().payload(command: payload[0])))
    case .alive: fed = now
    case .setDetect: if options.isCubeMars { reportPosition(payload, at: now) }
    default:
      // The firmware feeds its timeout whether the motor may turn or not.
      fed = now
      guard fault == .none, move(command, payload) else {
        refusedCommands += 1
        return
      }
      motionCommands += joint.isDriven ? 1 : 0
    }
  }

  func values() -> VESCValues {
    var values = consumption.values
    let amperes = joint.effortNewtonMetres / options.newtonMetresPerAmpere
    values.motorAmperes = amperes
    values.quadratureAmperes = amperes
    values.inputAmperes =
      joint.effortNewtonMetres * joint.velocityDegreesPerSecond
      / DrivenJoint.degreesPerRadian / options.inputVolts
    values.erpm = options.erpm(degreesPerSecond: joint.velocityDegreesPerSecond)
    values.duty = values.erpm / options.erpmMax
    values.inputVolts = options.inputVolts
    values.quadratureVolts = values.duty * options.inputVolts
    values.fault = fault.rawValue
    values.positionDegrees = reportedDegrees
    values.identity = options.identity
    values.status = options.isCubeMars ? nil : (hasTimeout ? 1 : 0)
    return values
  }

  private mutating func sendPosition(into turn: inout Turn) {
    var numbers = VESCNumbers()
    numbers.append(VESCCommand.rotorPosition.rawValue)
    numbers.append(reportedDegrees, scale: 10_000)
    turn.send(VESCFrame.bytes(numbers.bytes))
  }

  private mutating func reportPosition(_ payload: [UInt8], at now: MonotonicInstant) {
    // DISP_POS_MODE_PID_POS; any other mode ends the reports.
    let isWanted = payload.count > 1 && payload[1] == 4
    reportInstant = isWanted ? now + Self.reportPeriod : nil
  }

  /// Command, major, minor, hardware, its number, pairing, test build, kind of hardware, custom
  /// configurations, phase filters, two user interfaces, radio, name of the build.
  private static var firmwareVersion: [UInt8] {
    [0, 6, 2] + Array("60_MK6".utf8) + [0] + (1...12) + [0, 0, 0, 0, 0, 0, 0, 0] + [0]
  }
}
