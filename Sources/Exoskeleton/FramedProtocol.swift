// Our own protocol on the wire: framed, numbered, checked. docs/exoskeleton-protocol.md has it to
// the byte.
//
//     A5 5A | version | code | sequence (u16) | length | parameters … | CRC-16 (u16)
//
// Everything little-endian. The CRC is CRC-16/IBM-3740 (CCITT-FALSE: polynomial 1021, start FFFF)
// over version … parameters. An answer carries the code of its command with the top bit set, the
// command's sequence number, the exoskeleton's own time and the state of its joint.
//
// Real-time: pure functions over memory; no input or output in here.



/// What may be asked of an exoskeleton.
@frozen
public enum Command: Equatable, Sendable, BitwiseCopyable {
  /// Who is there? Changes nothing.
  case identify
  /// From now on motion commands are obeyed.
  case arm
  case disarm
  /// No effort: the joint can be moved freely.
  case neutral
  /// Where the joint shall be now, and how fast it is going there.
  case motion(positionDegrees: Double, velocityDegreesPerSecond: Double)
  /// Nothing new, still alive.
  case heartbeat
  /// Neutral until it is disarmed and armed again.
  case stop
}

/// What an exoskeleton says of itself.
@frozen
public enum ExoskeletonState: UInt8, Sendable, CaseIterable {
  case disarmed = 0
  case armed = 1
  case moving = 2
  case neutral = 3
  case stopped = 4

  public var name: String {
    switch self {
    case .disarmed: "disarmed"
    case .armed: "armed"
    case .moving: "moving"
    case .neutral: "neutral"
    case .stopped: "stopped"
    }
  }
}

/// What is wrong on the exoskeleton's side.
@frozen
public struct ExoskeletonFaults: OptionSet, Sendable, BitwiseCopyable {
  public var rawValue: UInt8

  @_noLocks @_noAllocation
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// No command came in time; it went neutral by itself.
  public static var watchdog: ExoskeletonFaults { ExoskeletonFaults(rawValue: 1) }
  /// A command was outside of its own limits and was not obeyed.
  public static var outOfRange: ExoskeletonFaults { ExoskeletonFaults(rawValue: 2) }
  /// A motion command came while it was not armed.
  public static var notArmed: ExoskeletonFaults { ExoskeletonFaults(rawValue: 4) }
}

/// The joint as the exoskeleton reported it.
@frozen
public struct JointState: Equatable, Sendable, BitwiseCopyable {
  /// The exoskeleton's own clock, microseconds.
  public var deviceMicroseconds: UInt64
  public var positionDegrees: Double
  public var velocityDegreesPerSecond: Double
  public var effortNewtonMetres: Double
  public var state: ExoskeletonState
  public var faults: ExoskeletonFaults

  @_noLocks @_noAllocation
  public init(
    deviceMicroseconds: UInt64, positionDegrees: Double, velocityDegreesPerSecond: Double,
    effortNewtonMetres: Double, state: ExoskeletonState, faults: ExoskeletonFaults
  ) {
    self.deviceMicroseconds = deviceMicroseconds
    self.positionDegrees = positionDegrees
    self.velocityDegreesPerSecond = velocityDegreesPerSecond
    self.effortNewtonMetres = effortNewtonMetres
    self.state = state
    self.faults = faults
  }
}

/// Sizes and codes.
public enum Wire {
  @usableFromInline static var headerByteCount: Int {
    @_noLocks @_noAllocation
    get { 7 }
  }
  @usableFromInline static var parameterByteCountMaximum: Int {
    @_noLocks @_noAllocation
    get { 32 }
  }
  /// The longest frame there is.
  public static var frameByteCountMaximum: Int {
    @_noLocks @_noAllocation
    get { 7 + 32 + 2 }
  }
  static var version: UInt8 {
    @_noLocks @_noAllocation
    get { 1 }
  }
  /// Set in the code of an answer.
  static var answerBit: UInt8 {
    @_noLocks @_noAllocation
    get { 0x80 }
  }
  /// Parameters of an answer: time u64, position, velocity, effort i32 (thousandths), state, faults.
  static var answerParameterByteCount: Int {
    @_noLocks @_noAllocation
    get { 22 }
  }

  @_noLocks @_noAllocation
  static func code(of command: Command) -> UInt8 {
    switch command {
    case .identify: 1
    case .arm: 2
    case .disarm: 3
    case .neutral: 4
    case .motion: 5
    case .heartbeat: 6
    case .stop: 7
    }
  }

  /// CRC-16/IBM-3740; 29B1 for "123456789".
  @_noLocks @_noAllocation
  public static func checksum(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt16 {
    var remainder: UInt16 = 0xFFFF
    for index in 0..<count {
      unsafe remainder ^= UInt16(bytes[index]) << 8
      for _ in 0..<8 {
        remainder =
          remainder & 0x8000 != 0 ? (remainder &<< 1) ^ 0x1021 : remainder &<< 1
      }
    }
    return remainder
  }

  /// Writes a command; returns its length in bytes.
  ///
  /// - Parameter bytes: room for `frameByteCountMaximum` bytes.
  @_noLocks @_noAllocation
  public static func encode(
    _ command: Command, sequence: UInt16, into bytes: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var length = 0
    if case .motion(let position, let velocity) = command {
      unsafe put(thousandths(position), at: bytes + 7)
      unsafe put(thousandths(velocity), at: bytes + 11)
      length = 8
    }
    return unsafe seal(
      code: code(of: command), sequence: sequence, parameterByteCount: length, in: bytes)
  }

  /// Writes an answer; returns its length in bytes.
  @_noLocks @_noAllocation
  public static func encode(
    answer joint: JointState, to code: UInt8, sequence: UInt16,
    into bytes: UnsafeMutablePointer<UInt8>
  ) -> Int {
    for byte in 0..<8 {
      unsafe bytes[7 &+ byte] = UInt8(
        truncatingIfNeeded: joint.deviceMicroseconds &>> UInt64(8 &* byte))
    }
    unsafe put(thousandths(joint.positionDegrees), at: bytes + 15)
    unsafe put(thousandths(joint.velocityDegreesPerSecond), at: bytes + 19)
    unsafe put(thousandths(joint.effortNewtonMetres), at: bytes + 23)
    unsafe bytes[27] = joint.state.rawValue
    unsafe bytes[28] = joint.faults.rawValue
    return unsafe seal(
      code: code | answerBit, sequence: sequence, parameterByteCount: answerParameterByteCount,
      in: bytes)
  }

  @_noLocks @_noAllocation
  private static func seal(
    code: UInt8, sequence: UInt16, parameterByteCount: Int, in bytes: UnsafeMutablePointer<UInt8>
  ) -> Int {
    unsafe bytes[0] = 0xA5
    unsafe bytes[1] = 0x5A
    unsafe bytes[2] = version
    unsafe bytes[3] = code
    unsafe bytes[4] = UInt8(truncatingIfNeeded: sequence)
    unsafe bytes[5] = UInt8(truncatingIfNeeded: sequence &>> 8)
    unsafe bytes[6] = UInt8(truncatingIfNeeded: parameterByteCount)
    let checked = unsafe checksum(UnsafePointer(bytes + 2), count: 5 &+ parameterByteCount)
    unsafe bytes[7 &+ parameterByteCount] = UInt8(truncatingIfNeeded: checked)
    unsafe bytes[8 &+ parameterByteCount] = UInt8(truncatingIfNeeded: checked &>> 8)
    return 9 &+ parameterByteCount
  }

  /// Degrees, degrees a second or newton metres as thousandths. What does not fit an Int32 never
  /// comes this far: the governor refuses it.
  @_noLocks @_noAllocation
  private static func thousandths(_ number: Double) -> Int32 {
    let scaled = number * 1_000
    guard scaled > -2e9, scaled < 2e9 else { return 0 }
    return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
  }

  @_noLocks @_noAllocation
  private static func put(_ number: Int32, at bytes: UnsafeMutablePointer<UInt8>) {
    let bits = UInt32(bitPattern: number)
    for byte in 0..<4 {
      unsafe bytes[byte] = UInt8(truncatingIfNeeded: bits &>> UInt32(8 &* byte))
    }
  }
}
