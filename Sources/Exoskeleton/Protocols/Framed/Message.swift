// What frames say, as values. No I/O, no memory of their own.

/// One frame, decoded.
public struct WireFrame: Equatable, Sendable {
  /// The sender's counter, one more with each frame, modulo 65 536.
  public var sequence: UInt16
  public var message: Message

  @_noLocks @_noAllocation
  public init(sequence: UInt16, message: Message) {
    self.sequence = sequence
    self.message = message
  }
}

/// Everything that the framed protocol can say.
public enum Message: Equatable, Sendable {
  /// Host: who are you? Answered by `identity`; every other command by `acknowledgement`.
  case identify
  /// Host: take the drive into service. Motion is refused before it.
  case arm
  /// Host: take the drive out of service.
  case disarm
  /// Host: be there now, at that velocity.
  case motion(MotionParameters)
  /// Host: drive nothing; the joint is free but damped.
  case neutral
  /// Host: I am alive; change nothing.
  case heartbeat
  /// Host: stop, and stay stopped until `release`.
  case stop
  /// Host: leave the stop, into disarmed.
  case release
  /// Exoskeleton.
  case acknowledgement(Acknowledgement)
  /// Exoskeleton.
  case identity(FramedIdentity)
}

/// The parameters of `motion`, 8 bytes. Integers in thousandths: exact, and never NaN.
public struct MotionParameters: Equatable, Sendable {
  public var positionMillidegrees: Int32
  public var velocityMillidegreesPerSecond: Int32

  @_noLocks @_noAllocation
  public init(positionMillidegrees: Int32, velocityMillidegreesPerSecond: Int32) {
    self.positionMillidegrees = positionMillidegrees
    self.velocityMillidegreesPerSecond = velocityMillidegreesPerSecond
  }
}

/// What the exoskeleton is doing.
public enum ExoskeletonState: Equatable, Sendable, BitwiseCopyable, CaseIterable {
  case disarmed
  case armed
  case moving
  case neutral
  /// Latched until `release`.
  case stopped
  /// Its own watchdog went off; left by `neutral` or `disarm`, by nothing else.
  case watchdog

  public var name: String {
    switch self {
    case .disarmed: "disarmed"
    case .armed: "armed"
    case .moving: "moving"
    case .neutral: "neutral"
    case .stopped: "stopped"
    case .watchdog: "watchdog"
    }
  }

  public var wireByte: UInt8 {
    @_noLocks @_noAllocation
    get {
      switch self {
      case .disarmed: 0
      case .armed: 1
      case .moving: 2
      case .neutral: 3
      case .stopped: 4
      case .watchdog: 5
      }
    }
  }

  @_noLocks @_noAllocation
  public init?(wireByte: UInt8) {
    switch wireByte {
    case 0: self = .disarmed
    case 1: self = .armed
    case 2: self = .moving
    case 3: self = .neutral
    case 4: self = .stopped
    case 5: self = .watchdog
    default: return nil
    }
  }
}

/// What is wrong with the exoskeleton. Kept until it is armed anew.
public struct ExoskeletonFaults: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16

  @_noLocks @_noAllocation
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// No valid frame for longer than its watchdog allows.
  public static var watchdog: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 0) } }
  /// A motion command beyond its own limits.
  public static var outOfRange: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 1) } }
  /// A motion command while it was not armed.
  public static var notArmed: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 2) } }
  /// The drive could not follow: effort at its limit for too long.
  public static var overload: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 3) } }
  /// The joint's position is not to be believed.
  public static var sensor: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 4) } }
  /// A drive of another maker reports a fault; `JointState.faultCode` is its number.
  public static var drive: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 5) } }
}

/// What became of a command.
public enum CommandResult: Equatable, Sendable, CaseIterable {
  case done
  /// Motion before `arm`.
  case notArmed
  /// Motion beyond the exoskeleton's own limits.
  case outOfRange
  /// Latched: `release` first.
  case stopped
  /// The watchdog went off: `neutral` or `disarm` first.
  case watchdog

  public var wireByte: UInt8 {
    @_noLocks @_noAllocation
    get {
      switch self {
      case .done: 0
      case .notArmed: 1
      case .outOfRange: 2
      case .stopped: 3
      case .watchdog: 4
      }
    }
  }

  @_noLocks @_noAllocation
  public init?(wireByte: UInt8) {
    switch wireByte {
    case 0: self = .done
    case 1: self = .notArmed
    case 2: self = .outOfRange
    case 3: self = .stopped
    case 4: self = .watchdog
    default: return nil
    }
  }
}

/// Answer to a command, 28 bytes.
public struct Acknowledgement: Equatable, Sendable {
  public var acknowledgedSequence: UInt16
  /// The code of the command that is answered (`FrameCode`).
  public var acknowledgedCode: UInt8
  public var result: CommandResult
  /// The exoskeleton's own clock, since it was switched on.
  public var timeMicroseconds: UInt64
  public var positionMillidegrees: Int32
  public var velocityMillidegreesPerSecond: Int32
  public var effortMillinewtonmetres: Int32
  public var state: ExoskeletonState
  public var faults: ExoskeletonFaults

  @_noLocks @_noAllocation
  public init(
    acknowledgedSequence: UInt16, acknowledgedCode: UInt8, result: CommandResult,
    timeMicroseconds: UInt64, positionMillidegrees: Int32, velocityMillidegreesPerSecond: Int32,
    effortMillinewtonmetres: Int32, state: ExoskeletonState, faults: ExoskeletonFaults
  ) {
    self.acknowledgedSequence = acknowledgedSequence
    self.acknowledgedCode = acknowledgedCode
    self.result = result
    self.timeMicroseconds = timeMicroseconds
    self.positionMillidegrees = positionMillidegrees
    self.velocityMillidegreesPerSecond = velocityMillidegreesPerSecond
    self.effortMillinewtonmetres = effortMillinewtonmetres
    self.state = state
    self.faults = faults
  }
}

/// Who an exoskeleton is and what it allows, 40 bytes. Answer to `identify`.
public struct FramedIdentity: Equatable, Sendable {
  public var acknowledgedSequence: UInt16
  public var jointCount: UInt8
  public var state: ExoskeletonState
  /// How often its firmware looks at the line and at the joint.
  public var loopHertz: UInt16
  /// Its own watchdog; 0: it has none.
  public var watchdogMilliseconds: UInt16
  public var positionMinMillidegrees: Int32
  public var positionMaxMillidegrees: Int32
  public var velocityMaxMillidegreesPerSecond: Int32
  /// Major, minor, patch in the low three bytes.
  public var firmwareVersion: UInt32
  public var name: ExoskeletonName

  @_noLocks @_noAllocation
  public init(
    acknowledgedSequence: UInt16, jointCount: UInt8, state: ExoskeletonState, loopHertz: UInt16,
    watchdogMilliseconds: UInt16, positionMinMillidegrees: Int32, positionMaxMillidegrees: Int32,
    velocityMaxMillidegreesPerSecond: Int32, firmwareVersion: UInt32, name: ExoskeletonName
  ) {
    self.acknowledgedSequence = acknowledgedSequence
    self.jointCount = jointCount
    self.state = state
    self.loopHertz = loopHertz
    self.watchdogMilliseconds = watchdogMilliseconds
    self.positionMinMillidegrees = positionMinMillidegrees
    self.positionMaxMillidegrees = positionMaxMillidegrees
    self.velocityMaxMillidegreesPerSecond = velocityMaxMillidegreesPerSecond
    self.firmwareVersion = firmwareVersion
    self.name = name
  }

  /// "1.0.0".
  public var firmwareVersionText: String {
    "\(firmwareVersion >> 16 & 0xFF).\(firmwareVersion >> 8 & 0xFF).\(firmwareVersion & 0xFF)"
  }
}

/// Sixteen bytes of ASCII, padded with zeros; kept as two words so that it needs no heap.
public struct ExoskeletonName: Equatable, Sendable, CustomStringConvertible {
  /// Bytes 0...7, the first in the lowest byte.
  public var low: UInt64
  /// Bytes 8...15.
  public var high: UInt64

  @_noLocks @_noAllocation
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The first sixteen printable ASCII characters of a text.
  public init(_ text: String) {
    low = 0
    high = 0
    let printable = text.utf8.filter { (0x20...0x7E).contains($0) }
    for (index, byte) in printable.prefix(16).enumerated() {
      if index < 8 {
        low |= UInt64(byte) << UInt64(8 * index)
      } else {
        high |= UInt64(byte) << UInt64(8 * (index - 8))
      }
    }
  }

  /// Bytes that are not printable are shown as "?": the name goes to terminals and logs.
  public var description: String {
    var text = ""
    for index in 0..<16 {
      let word = index < 8 ? low : high
      let byte = UInt8(truncatingIfNeeded: word >> UInt64(8 * (index & 7)))
      if byte == 0 { break }
      text.unicodeScalars.append(
        (0x20...0x7E).contains(byte) ? Unicode.Scalar(byte) : Unicode.Scalar(UInt8(0x3F)))
    }
    return text
  }
}
