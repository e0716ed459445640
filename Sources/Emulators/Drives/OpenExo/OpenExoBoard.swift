// OpenExo's controller, a Teensy, as the host finds it in the Nano's place on the UART.
//
//     let drive = try VirtualDrive(drive: try OpenExoBoard(), link: "/tmp/openexo")
//
// As released it has no watchdog on this line: when the line dies it keeps the last torque, and so
// does this one. Its emergency stop is not wired to anything here either.
//
// Source: OpenExo, ExoCode/src: uart_commands.h, Exo.cpp, ExoData.cpp, Controller.cpp, Motor.cpp,
// Config.h.

public import RT

/// One motor behind a constant-torque controller; the other joints have controllers without motors.
public struct OpenExoBoard: Drive {
  /// A joint's controller and its parameters. Which parameters a controller begins with stands on
  /// the exoskeleton's memory card; this one's card has zeros.
  struct Controller: Equatable, Sendable {
    /// Room for them in the firmware.
    static var parameterMax: Int { 32 }
    static var disabled: UInt8 { 1 }
    static var zeroTorque: UInt8 { 2 }

    var id = zeroTorque
    var parameters = [Float](repeating: 0, count: parameterMax)

    mutating func reset() {
      parameters = [Float](repeating: 0, count: Self.parameterMax)
    }
  }

  enum Phase: Equatable, Sendable {
    /// Until the configuration is asked for, or this long.
    case handshake(until: MonotonicInstant)
    case running(since: MonotonicInstant)
  }

  /// One message is looked at in each turn of its loop, 500 a second.
  static var loop: Nanoseconds { .milliseconds(2) }
  /// Of the messages that wait; the firmware's own buffer holds fewer.
  static var queueMax: Int { 256 }

  public var name: String { "openexo" }
  let options: OpenExoOptions
  var joint: DrivenJoint
  var phase: Phase
  var status16 = OpenExoStatus.trialOff
  var isMotorEnabled = false
  var controllers: [OpenExoJoint: Controller]
  var calibrationEnd: MonotonicInstant?
  var fsrThresholds: [Float] = [0.25, 0.25]
  var errorReported: OpenExoError?
  private let powerUp: MonotonicInstant
  private var line = SLIP(byteCountMax: OpenExoMessage.byteCountMax)
  private var queue: [[UInt8]] = []
  private var nextLoop: MonotonicInstant
  private var nextRealTimeData: MonotonicInstant
  private var announced = ""
  var motionCommands: UInt64 = 0
  var refusedCommands: UInt64 = 0
  private(set) var badFrames: UInt64 = 0

  /// - Parameter now: the instant of power-up; the handshake begins.
  /// - Throws: `unsuitable`.
  public init(options: OpenExoOptions = OpenExoOptions(), now: MonotonicInstant = .now())
    throws(EmulatorFault)
  {
    try options.check()
    self.options = options
    joint = DrivenJoint(effortMax: options.effortMax, now: now)
    phase = .handshake(until: now + Nanoseconds(seconds: options.handshakeSeconds))
    controllers = Dictionary(
      uniqueKeysWithValues: OpenExoJoint.allCases.map { ($0, Controller()) })
    powerUp = now
    nextLoop = now + Self.loop
    nextRealTimeData = now
    announced = state
  }

  public var status: DriveStatus {
    DriveStatus(
      state: state, isDriven: joint.isDriven, positionDegrees: joint.positionDegrees,
      velocityDegreesPerSecond: joint.velocityDegreesPerSecond,
      effortNewtonMetres: joint.effortNewtonMetres, motionCommands: motionCommands,
      refusedCommands: refusedCommands, watchdogTrips: 0, badFrames: badFrames)
  }

  private var state: String {
    switch phase {
    case .handshake: "waiting for get_config"
    case .running:
      OpenExoStatus.name(status16) + (isMotorEnabled ? ", motors on" : ", motors off")
    }
  }

  public mutating func disturb(_ disturbance: DriveDisturbance) {
    joint.isObstructed = disturbance == .obstructed
  }

  public var nextInstant: MonotonicInstant? {
    if !queue.isEmpty || sendsNow { return nextLoop }
    return [joint.nextInstant, calibrationEnd].compactMap { $0 }.min()
  }

  public mutating func receive(
    _ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    for byte in bytes {
      guard let message = line.take(byte) else { continue }
      if queue.count < Self.queueMax { queue.append(message) } else { badFrames += 1 }
    }
  }

  public mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    while min(joint.nextStep, nextLoop) <= now {
      if nextLoop <= joint.nextStep {
        runLoop(at: nextLoop, into: &turn)
        nextLoop = nextLoop + Self.loop
      } else {
        joint.demand = demand
        joint.step()
      }
    }
  }

  /// One turn of the firmware's loop.
  private mutating func runLoop(at now: MonotonicInstant, into turn: inout Turn) {
    if case .handshake(let end) = phase, now >= end { begin(at: now) }
    if let end = calibrationEnd, now >= end {
      calibrationEnd = nil
      setStatus(OpenExoStatus.trialOn)
    }
    if !queue.isEmpty {
      let bytes = queue.removeFirst()
      if let message = OpenExoMessage(fromHost: bytes) {
        obey(message, at: now, into: &turn)
      } else {
        badFrames += 1
      }
    }
    joint.demand = demand
    reportError(at: now, into: &turn)
    if sendsNow, now >= nextRealTimeData {
      turn.send(realTimeMessage(at: now).bytesFromExoskeleton)
      nextRealTimeData = now + .milliseconds(options.realTimeMilliseconds)
    }
    if state != announced {
      announced = state
      turn.note(state)
    }
  }

  mutating func begin(at now: MonotonicInstant) {
    phase = .running(since: now)
    nextRealTimeData = now
  }

  /// Off, and from the beginning.
  mutating func reset(at now: MonotonicInstant) {
    phase = .handshake(until: now + Nanoseconds(seconds: options.handshakeSeconds))
    status16 = OpenExoStatus.trialOff
    isMotorEnabled = false
    calibrationEnd = nil
    errorReported = nil
    controllers = controllers.mapValues { _ in Controller() }
    queue = []
  }

  /// An error stays.
  mutating func setStatus(_ status: UInt16) {
    if status16 != OpenExoStatus.error { status16 = status }
  }

  private mutating func reportError(at now: MonotonicInstant, into turn: inout Turn) {
    guard let error = options.reportedError, errorReported == nil,
      case .running(let since) = phase, (now - since).seconds >= error.afterSeconds
    else { return }
    errorReported = error
    turn.send(
      OpenExoMessage(command: .updateError, joint: options.joint.rawValue, values: [error.code])
        .bytesFromExoskeleton)
  }

  // MARK: The motor

  /// What the controller asks of the motor, N·m at the joint.
  var torque: Float {
    let controller = controllers[options.joint] ?? Controller()
    guard controller.id == options.constantTorqueController, calibrationEnd == nil else { return 0 }
    return controller.parameters[1] == 1 ? -controller.parameters[0] : controller.parameters[0]
  }

  private var demand: DrivenJoint.Demand {
    guard isMotorEnabled, case .running = phase else { return .off }
    // What is no number passes the firmware's limits and becomes the least current there is.
    return .effort(torque.isNaN ? -options.effortMax : Double(torque))
  }

  // MARK: Real-time data

  /// Whether it is in a state in which it sends them unasked.
  private var sendsNow: Bool {
    guard options.sendsRealTimeData, case .running = phase else { return false }
    return [
      OpenExoStatus.trialOn, OpenExoStatus.fsrCalibration, OpenExoStatus.fsrRefinement,
      OpenExoStatus.error,
    ].contains(status16)
  }

  /// The newest firmware's places for a bilateral ankle: wanted and measured torque of the left and
  /// of the right, four of the soles, the torques that went out, status, clock, battery.
  func realTimeMessage(at now: MonotonicInstant) -> OpenExoMessage {
    var values = [Float](repeating: 0, count: 16)
    let isLeft = options.joint.rawValue & 0x40 != 0
    values[isLeft ? 0 : 2] = torque
    values[isLeft ? 1 : 3] = Float(joint.effortNewtonMetres)
    values[isLeft ? 8 : 9] = isMotorEnabled ? torque : 0
    values[10] = Float(status16)
    values[11] = Float((now - powerUp).seconds)
    values[12] = 24
    if let index = options.angleIndex { values[index] = Float(joint.positionDegrees) }
    return OpenExoMessage(
      command: .updateRealTimeData, values: Array(values.prefix(options.realTimeCount)))
  }
}
