// What OpenExo's two microcontrollers say to each other: SLIP around command, joint and numbers.
//
// From the host float32, from the exoskeleton int16 hundredths, both little-endian. There is no
// length, no sum and no sequence: a damaged message is a message.
//
// Source: OpenExo, ExoCode/src/UARTHandler.cpp and .h, uart_commands.h, Utilities.cpp; RFC 1055.

/// The commands; one that gets is odd, and is answered by the one that updates, one more.
enum OpenExoCommand: UInt8, CaseIterable, Sendable {
  case getControllerParameters = 0x01
  case updateControllerParameters = 0x02
  case getStatus = 0x03
  case updateStatus = 0x04
  case getConfiguration = 0x05
  case updateConfiguration = 0x06
  case getTorqueCalibration = 0x07
  case updateTorqueCalibration = 0x08
  case getFSRCalibration = 0x09
  case updateFSRCalibration = 0x0A
  case getFSRRefinement = 0x0B
  case updateFSRRefinement = 0x0C
  case getMotorEnable = 0x0D
  case updateMotorEnable = 0x0E
  case getMotorZero = 0x0F
  case updateMotorZero = 0x10
  case getRealTimeData = 0x11
  case updateRealTimeData = 0x12
  case getControllerParameter = 0x13
  case updateControllerParameter = 0x14
  case getError = 0x15
  case updateError = 0x16
  case getFSRThresholds = 0x17
  case updateFSRThresholds = 0x18
  // Newer firmware only.
  case getReset = 0x19
  case updateReset = 0x1A
  case parameterAcknowledgement = 0x1B
  case resetAcknowledgement = 0x1C
}

/// What the exoskeleton is doing; an error is bit 3, its code in the bits above.
enum OpenExoStatus {
  static var off: UInt16 { 0 }
  static var trialOff: UInt16 { 1 }
  static var trialOn: UInt16 { 2 }
  static var test: UInt16 { 3 }
  static var torqueCalibration: UInt16 { 4 }
  static var fsrCalibration: UInt16 { 5 }
  static var fsrRefinement: UInt16 { 6 }
  static var motorStartUp: UInt16 { 7 }
  static var error: UInt16 { 8 }

  static func name(_ status: UInt16) -> String {
    switch status {
    case off: "off"
    case trialOff: "trial off"
    case trialOn: "trial on"
    case test: "test"
    case torqueCalibration: "torque calibration"
    case fsrCalibration: "FSR calibration"
    case fsrRefinement: "FSR refinement"
    case motorStartUp: "motor start up"
    default: status & error != 0 ? "error \(status >> 4)" : "status \(status)"
    }
  }
}

/// A message as the host makes it.
struct OpenExoMessage: Equatable, Sendable {
  /// Of the exoskeleton's receiver; what is longer is cut.
  static var byteCountMax: Int { 200 }

  var command: UInt8
  var joint: UInt8
  var values: [Float]

  /// What the exoskeleton makes of a message's bytes; what is left of a number is dropped.
  init?(fromHost bytes: [UInt8]) {
    guard bytes.count >= 2 else { return nil }
    command = bytes[0]
    joint = bytes[1]
    values = stride(from: 2, through: bytes.count - 4, by: 4).map { start in
      Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * $1) })
    }
  }

  init(command: OpenExoCommand, joint: UInt8 = 0, values: [Float] = []) {
    self.command = command.rawValue
    self.joint = joint
    self.values = values
  }

  /// As the exoskeleton sends it.
  var bytesFromExoskeleton: [UInt8] {
    var bytes = [command, joint]
    for value in values {
      let hundredths = UInt16(bitPattern: Self.hundredths(value))
      bytes += [UInt8(truncatingIfNeeded: hundredths), UInt8(truncatingIfNeeded: hundredths >> 8)]
    }
    return SLIP.encoded(bytes)
  }

  /// Cut, not rounded; what does not fit wraps, as the processor's conversion has it.
  static func hundredths(_ value: Float) -> Int16 {
    let scaled = value * 100
    if scaled.isNaN { return 0 }
    let whole = Int32(exactly: scaled.rounded(.towardZero)) ?? (scaled < 0 ? .min : .max)
    return Int16(truncatingIfNeeded: whole)
  }

  /// A number of the host's where a byte is meant, as the processor converts it.
  static func byte(_ value: Float) -> UInt8 {
    guard value > 0 else { return 0 }
    let whole = UInt32(exactly: value.rounded(.towardZero)) ?? .max
    return UInt8(truncatingIfNeeded: whole)
  }
}

/// RFC 1055, with an END before each message as well.
struct SLIP: Sendable {
  static var end: UInt8 { 0xC0 }
  static var escape: UInt8 { 0xDB }
  static var escapedEnd: UInt8 { 0xDC }
  static var escapedEscape: UInt8 { 0xDD }

  private let byteCountMax: Int
  private var pending: [UInt8] = []
  private var isEscaped = false

  init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

  static func encoded(_ bytes: [UInt8]) -> [UInt8] {
    var out = [end]
    for byte in bytes {
      switch byte {
      case end: out += [escape, escapedEnd]
      case escape: out += [escape, escapedEscape]
      default: out.append(byte)
      }
    }
    return out + [end]
  }

  /// A message, when this byte ends one. An escape before any other byte is left out.
  mutating func take(_ byte: UInt8) -> [UInt8]? {
    if isEscaped {
      isEscaped = false
      switch byte {
      case Self.escapedEnd: add(Self.end)
      case Self.escapedEscape: add(Self.escape)
      default: add(byte)
      }
      return nil
    }
    switch byte {
    case Self.escape:
      isEscaped = true
      return nil
    case Self.end:
      defer { pending = [] }
      return pending.isEmpty ? nil : pending
    default:
      add(byte)
      return nil
    }
  }

  private mutating func add(_ byte: UInt8) {
    if pending.count < byteCountMax { pending.append(byte) }
  }
}
