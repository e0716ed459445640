// A servo of the X series behind its control table: modes, limits, bus watchdog, shutdown.
//
// Source: ROBOTIS e-Manual, "XM430-W350". What it leaves open, and is chosen here:
// - Torque on in a position mode holds the present position, whatever goal was written before; in
//   the velocity and the current mode the goal stands. (Switching to the current mode sets Goal
//   Current to Current Limit: a host has to write another before it switches the torque on.)
// - When the bus watchdog goes off the servo keeps its torque and holds where it is, in the current
//   mode without any current. While it is off nothing but 0 can be written to it.
// - After a shutdown Torque Enable stays 0, however often 1 is written; the alert says so.

internal import RT

struct DynamixelServo: Sendable {
  enum Mode: Int64, Sendable {
    case current = 0
    case velocity = 1
    case position = 3
    case extendedPosition = 4
    case currentBasedPosition = 5

    var name: String {
      switch self {
      case .current: "current"
      case .velocity: "velocity"
      case .position: "position"
      case .extendedPosition: "extended position"
      case .currentBasedPosition: "current-based position"
      }
    }

    var isOfPosition: Bool {
      switch self {
      case .current, .velocity: false
      case .position, .extendedPosition, .currentBasedPosition: true
      }
    }
  }

  /// 4096 counts a turn.
  static var countsPerDegree: Double { 4096.0 / 360 }
  /// The unit of velocities: 0.229 turns a minute.
  static var degreesPerSecond: Double { 0.229 * 6 }
  /// The unit of accelerations: 214.577 turns a minute².
  static var degreesPerSecondSquared: Double { 214.577 * 360 / 3600 }
  /// The unit of currents.
  static var amperes: Double { 0.00269 }
  static var extendedRange: ClosedRange<Int64> { -1_048_575...1_048_575 }
  /// Bus Watchdog reads so, as one byte, when it has gone off: -1.
  static var watchdogError: Int64 { 255 }
  static var overloadError: Int64 { 0x20 }

  let options: DynamixelOptions
  var table = DynamixelTable()
  var joint: DrivenJoint
  /// What Reg Write left for Action.
  var registered: [DynamixelTable.Change]?
  /// By which the count is wrong after Clear or a reboot: whole turns.
  var countOffset: Int64 = 0
  /// The profile's, degrees and degrees per second.
  var trajectory = 0.0
  var trajectoryVelocity = 0.0
  var isProfileOngoing = false
  var lastInstruction: MonotonicInstant
  private(set) var bootsUntil: MonotonicInstant?
  /// From which Realtime Tick counts.
  private(set) var poweredAt: MonotonicInstant
  private var overloadedSince: MonotonicInstant?
  private(set) var motionCommands: UInt64 = 0
  var refusedCommands: UInt64 = 0
  private(set) var watchdogTrips: UInt64 = 0

  init(id: UInt8, options: DynamixelOptions, now: MonotonicInstant) {
    self.options = options
    joint = DrivenJoint(effortMax: options.effortMax, now: now)
    lastInstruction = now
    poweredAt = now
    table[.id] = Int64(id)
    table[.baudRate] = Int64(options.baudRate.rawValue)
    table[.firmwareVersion] = Int64(options.firmwareVersion)
    trajectory = joint.positionDegrees
    refresh()
    table[.goalPosition] = table[.presentPosition]
  }

  var id: UInt8 { UInt8(truncatingIfNeeded: table[.id]) }
  var secondaryID: UInt8 { UInt8(truncatingIfNeeded: table[.secondaryID]) }
  /// A value of the table that is no mode cannot be written.
  var mode: Mode { Mode(rawValue: table[.operatingMode]) ?? .position }
  var isTorqueOn: Bool { table[.torqueEnable] == 1 }
  var isWatchdogOff: Bool { table[.busWatchdog] == Self.watchdogError }
  var isShutDown: Bool { table[.hardwareErrorStatus] & table[.shutdown] != 0 }
  var alert: UInt8 { table[.hardwareErrorStatus] == 0 ? 0 : DynamixelError.alert }
  var isBooting: Bool { bootsUntil != nil }

  var state: String {
    if isBooting { return "rebooting" }
    if isShutDown {
      return
        "hardware error 0x\(hexadecimal(UInt8(truncatingIfNeeded: table[.hardwareErrorStatus])))"
    }
    guard isTorqueOn else { return "torque off" }
    return isWatchdogOff ? "bus watchdog error" : mode.name
  }

  var status: DriveStatus {
    DriveStatus(
      state: state, isDriven: joint.isDriven, positionDegrees: joint.positionDegrees,
      velocityDegreesPerSecond: joint.velocityDegreesPerSecond,
      effortNewtonMetres: joint.effortNewtonMetres, motionCommands: motionCommands,
      refusedCommands: refusedCommands, watchdogTrips: watchdogTrips, badFrames: 0)
  }

  /// When something is to be done even if nothing comes.
  var nextInstant: MonotonicInstant? {
    [joint.nextInstant, bootsUntil, watchdogDeadline].compactMap { $0 }.min()
  }

  /// The instant at which the bus watchdog goes off unless something comes.
  private var watchdogDeadline: MonotonicInstant? {
    let units = table[.busWatchdog]
    guard isTorqueOn, (1...127).contains(units) else { return nil }
    return lastInstruction + .milliseconds(20 * units)
  }

  // MARK: Time

  /// Everything that is due by now.
  mutating func advance(to now: MonotonicInstant) {
    while joint.nextStep <= now {
      keepRules(at: joint.nextStep)
      followProfile()
      joint.demand = demand
      joint.effortMax = options.effortMax * Double(abs(table[.goalPWM])) / 885
      joint.step()
    }
  }

  private mutating func keepRules(at now: MonotonicInstant) {
    if let end = bootsUntil, now >= end { bootsUntil = nil }
    if let deadline = watchdogDeadline, now > deadline {
      watchdogTrips += 1
      table[.busWatchdog] = Self.watchdogError
      stopWhereItIs()
    }
    keepFromOverload(at: now)
  }

  private mutating func keepFromOverload(at now: MonotonicInstant) {
    let isOverloaded =
      isTorqueOn && joint.isDriven && abs(joint.effortNewtonMetres) >= 0.99 * joint.effortMax
    guard isOverloaded else {
      overloadedSince = nil
      return
    }
    let since = overloadedSince ?? now
    overloadedSince = since
    if (now - since).seconds >= options.overloadSeconds { raise(Self.overloadError) }
  }

  /// The hardware error status; what Shutdown names switches the torque off until a reboot.
  mutating func raise(_ error: Int64) {
    table[.hardwareErrorStatus] |= error
    if isShutDown { table[.torqueEnable] = 0 }
    joint.demand = demand
  }

  private mutating func stopWhereItIs() {
    table[.goalCurrent] = 0
    table[.goalVelocity] = 0
    table[.goalPosition] = count(joint.positionDegrees)
    trajectory = joint.positionDegrees
    trajectoryVelocity = 0
    isProfileOngoing = false
  }

  // MARK: What is written

  /// Whether the servo takes a value now.
  func check(_ change: DynamixelTable.Change) throws(DynamixelError) {
    guard case .item(let item, let value) = change else { return }
    if item.isEEPROM, isTorqueOn { throw .access }
    if item.isGoal, isWatchdogOff { throw .range }
    if item == .busWatchdog, isWatchdogOff, value != 0 { throw .range }
    guard let range = item.layout.range, range.contains(value) else { throw .range }
    switch item {
    case .operatingMode:
      guard Mode(rawValue: value) != nil else { throw .range }
    case .goalPWM: try check(abs(value), within: 0...table[.pwmLimit])
    case .goalCurrent: try check(abs(value), within: 0...table[.currentLimit])
    case .goalVelocity: try check(abs(value), within: 0...table[.velocityLimit])
    case .profileVelocity: try check(value, within: 0...table[.velocityLimit])
    case .goalPosition: try checkPosition(value)
    default: break
    }
  }

  private func checkPosition(_ value: Int64) throws(DynamixelError) {
    let lowest = table[.minPositionLimit]
    let highest = table[.maxPositionLimit]
    guard mode == .position else { return try check(value, within: Self.extendedRange) }
    guard lowest <= highest else { throw .limit }
    try check(value, within: lowest...highest)
  }

  private func check(_ value: Int64, within range: ClosedRange<Int64>) throws(DynamixelError) {
    guard range.contains(value) else { throw .limit }
  }

  /// Writes what has been checked, with everything that follows from it.
  mutating func apply(_ change: DynamixelTable.Change, at now: MonotonicInstant) {
    guard case .item(let item, let value) = change else { return table.apply(change) }
    switch item {
    case .torqueEnable: switchTorque(on: value == 1 && !isShutDown)
    case .operatingMode where value != table[.operatingMode]:
      table[.operatingMode] = value
      table[.profileVelocity] = 0
      table[.profileAcceleration] = 0
      table[.goalPWM] = table[.pwmLimit]
      table[.goalCurrent] = table[.currentLimit]
      table[.goalVelocity] = 0
    case .busWatchdog:
      table[.busWatchdog] = value
      lastInstruction = now
    default:
      table[item] = value
      if item.isGoal, isTorqueOn { motionCommands += 1 }
      if item == .goalPosition, mode.isOfPosition { isProfileOngoing = isTorqueOn }
    }
    joint.demand = demand
  }

  private mutating func switchTorque(on isOn: Bool) {
    if isOn, !isTorqueOn {
      trajectory = joint.positionDegrees
      trajectoryVelocity = mode == .velocity ? joint.velocityDegreesPerSecond : 0
      isProfileOngoing = false
      table[.goalPosition] = count(joint.positionDegrees)
    }
    table[.torqueEnable] = isOn ? 1 : 0
  }

  // MARK: Starting anew

  mutating func reboot(at now: MonotonicInstant) {
    table.resetRAM()
    registered = nil
    overloadedSince = nil
    joint.demand = .off
    forgetTurns()
    bootsUntil = now + Nanoseconds(seconds: options.rebootSeconds)
    poweredAt = now
    stopWhereItIs()
    table[.goalCurrent] = table[.currentLimit]
  }

  /// The count becomes that within one turn.
  mutating func forgetTurns() {
    let turn = Int64(4096)
    let present = count(joint.positionDegrees) - table[.homingOffset]
    let within = (present % turn + turn) % turn
    countOffset += within - present
  }

  mutating func resetEEPROM(keepsID: Bool, keepsBaudRate: Bool) {
    let (id, baudRate) = (table[.id], table[.baudRate])
    table.resetEEPROM()
    table[.firmwareVersion] = Int64(options.firmwareVersion)
    if keepsID { table[.id] = id }
    if keepsBaudRate { table[.baudRate] = baudRate }
  }

  // MARK: Counts

  /// What Present Position shows of a joint at so many degrees.
  func count(_ degrees: Double) -> Int64 {
    options.zeroCount + Int64((degrees * Self.countsPerDegree).rounded()) + countOffset
      + table[.homingOffset]
  }

  func degrees(_ count: Int64) -> Double {
    Double(count - options.zeroCount - countOffset - table[.homingOffset]) / Self.countsPerDegree
  }
}
