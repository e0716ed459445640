// The control table of an XM430-W350: where each item lies, how wide it is, what may be written.
//
// Source: ROBOTIS e-Manual, "XM430-W350", Control Table of EEPROM Area and of RAM Area, and the
// SDK's own xm430_w350.model, to which a test holds addresses and sizes. Initial values are those
// of firmware 42 and later.

/// An item of the table; the raw value is its address.
enum DynamixelRegister: Int, CaseIterable, Sendable {
  // EEPROM: cannot be written while the torque is on.
  case modelNumber = 0
  case modelInformation = 2
  case firmwareVersion = 6
  case id = 7
  case baudRate = 8
  case returnDelayTime = 9
  case driveMode = 10
  case operatingMode = 11
  case secondaryID = 12
  case protocolType = 13
  case homingOffset = 20
  case movingThreshold = 24
  case temperatureLimit = 31
  case maxVoltageLimit = 32
  case minVoltageLimit = 34
  case pwmLimit = 36
  case currentLimit = 38
  case velocityLimit = 44
  case maxPositionLimit = 48
  case minPositionLimit = 52
  case shutdown = 63
  // RAM
  case torqueEnable = 64
  case led = 65
  case statusReturnLevel = 68
  case registeredInstruction = 69
  case hardwareErrorStatus = 70
  case velocityIGain = 76
  case velocityPGain = 78
  case positionDGain = 80
  case positionIGain = 82
  case positionPGain = 84
  case feedforward2ndGain = 88
  case feedforward1stGain = 90
  case busWatchdog = 98
  case goalPWM = 100
  case goalCurrent = 102
  case goalVelocity = 104
  case profileAcceleration = 108
  case profileVelocity = 112
  case goalPosition = 116
  case realtimeTick = 120
  case moving = 122
  case movingStatus = 123
  case presentPWM = 124
  case presentCurrent = 126
  case presentVelocity = 128
  case presentPosition = 132
  case velocityTrajectory = 136
  case positionTrajectory = 140
  case presentInputVoltage = 144
  case presentTemperature = 146

  struct Layout: Sendable {
    var size: Int
    var initial: Int64
    /// What may be written; nil: nothing. Where it begins below zero the item is signed.
    var range: ClosedRange<Int64>?
  }

  var isEEPROM: Bool { rawValue < DynamixelRegister.torqueEnable.rawValue }

  /// Goals cannot be written once the bus watchdog has gone off.
  var isGoal: Bool {
    switch self {
    case .goalPWM, .goalCurrent, .goalVelocity, .goalPosition: true
    default: false
    }
  }

  var size: Int { layout.size }

  var layout: Layout {
    switch self {
    case .modelNumber: Layout(size: 2, initial: 1020)
    case .modelInformation: Layout(size: 4, initial: 0)
    case .firmwareVersion: Layout(size: 1, initial: 45)
    case .id: Layout(size: 1, initial: 1, range: 0...252)
    case .baudRate: Layout(size: 1, initial: 1, range: 0...7)
    case .returnDelayTime: Layout(size: 1, initial: 250, range: 0...254)
    // Reversed direction, profiles by time and torque on by goal are not modelled, so refused.
    case .driveMode: Layout(size: 1, initial: 0, range: 0...0)
    // 16, PWM control, is not modelled, so refused; 2 is none.
    case .operatingMode: Layout(size: 1, initial: 3, range: 0...5)
    case .secondaryID: Layout(size: 1, initial: 255, range: 0...255)
    // 1, the older protocol, is not modelled, so refused.
    case .protocolType: Layout(size: 1, initial: 2, range: 2...2)
    case .homingOffset: Layout(size: 4, initial: 0, range: -1_044_479...1_044_479)
    case .movingThreshold: Layout(size: 4, initial: 10, range: 0...1023)
    case .temperatureLimit: Layout(size: 1, initial: 80, range: 0...100)
    case .maxVoltageLimit: Layout(size: 2, initial: 160, range: 95...160)
    case .minVoltageLimit: Layout(size: 2, initial: 95, range: 95...160)
    case .pwmLimit: Layout(size: 2, initial: 885, range: 0...885)
    case .currentLimit: Layout(size: 2, initial: 1193, range: 0...1193)
    case .velocityLimit: Layout(size: 4, initial: 200, range: 0...1023)
    case .maxPositionLimit: Layout(size: 4, initial: 4095, range: 0...4095)
    case .minPositionLimit: Layout(size: 4, initial: 0, range: 0...4095)
    case .shutdown: Layout(size: 1, initial: 52, range: 0...61)
    case .torqueEnable: Layout(size: 1, initial: 0, range: 0...1)
    case .led: Layout(size: 1, initial: 0, range: 0...1)
    case .statusReturnLevel: Layout(size: 1, initial: 2, range: 0...2)
    case .registeredInstruction: Layout(size: 1, initial: 0)
    case .hardwareErrorStatus: Layout(size: 1, initial: 0)
    case .velocityIGain: Layout(size: 2, initial: 1920, range: 0...16_383)
    case .velocityPGain: Layout(size: 2, initial: 100, range: 0...16_383)
    case .positionDGain: Layout(size: 2, initial: 0, range: 0...16_383)
    case .positionIGain: Layout(size: 2, initial: 0, range: 0...16_383)
    case .positionPGain: Layout(size: 2, initial: 800, range: 0...16_383)
    case .feedforward2ndGain: Layout(size: 2, initial: 0, range: 0...16_383)
    case .feedforward1stGain: Layout(size: 2, initial: 0, range: 0...16_383)
    case .busWatchdog: Layout(size: 1, initial: 0, range: 0...127)
    // Of goals the limits are other items of the table: `limit` errors, not `range`.
    case .goalPWM: Layout(size: 2, initial: 885, range: -32_768...32_767)
    case .goalCurrent: Layout(size: 2, initial: 1193, range: -32_768...32_767)
    case .goalVelocity: Layout(size: 4, initial: 0, range: Self.anyInt32)
    case .profileAcceleration: Layout(size: 4, initial: 0, range: 0...32_767)
    case .profileVelocity: Layout(size: 4, initial: 0, range: 0...32_767)
    case .goalPosition: Layout(size: 4, initial: 0, range: Self.anyInt32)
    case .realtimeTick: Layout(size: 2, initial: 0)
    case .moving: Layout(size: 1, initial: 0)
    case .movingStatus: Layout(size: 1, initial: 0)
    case .presentPWM: Layout(size: 2, initial: 0)
    case .presentCurrent: Layout(size: 2, initial: 0)
    case .presentVelocity: Layout(size: 4, initial: 0)
    case .presentPosition: Layout(size: 4, initial: 0)
    case .velocityTrajectory: Layout(size: 4, initial: 0)
    case .positionTrajectory: Layout(size: 4, initial: 0)
    case .presentInputVoltage: Layout(size: 2, initial: 120)
    case .presentTemperature: Layout(size: 1, initial: 35)
    }
  }

  private static var anyInt32: ClosedRange<Int64> {
    Int64(Int32.min)...Int64(Int32.max)
  }
}

/// 28 further items at either of two places, each a byte that stands for any other of the RAM.
struct DynamixelIndirection: Sendable {
  static let all = [
    DynamixelIndirection(addresses: 168, data: 224),
    DynamixelIndirection(addresses: 578, data: 634),
  ]
  static var count: Int { 28 }

  /// Where the two-byte addresses begin.
  var addresses: Int
  /// Where the bytes begin that they redirect.
  var data: Int

  var addressRange: Range<Int> { addresses..<(addresses + 2 * Self.count) }
  var dataRange: Range<Int> { data..<(data + Self.count) }
}
