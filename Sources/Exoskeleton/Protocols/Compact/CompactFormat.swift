// Short frames of a fixed layout, as a table: which byte means what. Laboratories' own boards speak
// so: eleven or twelve bytes, a start byte, a code, a few numbers, a checksum.
//
//     let format = try CompactFormat(
//       name: "the laboratory's knee", command: frame, reply: frame,
//       commands: [.neutral: …, .motion: …], replies: [state])
//
// A format that cannot say what is needed is refused when it is made, with a sentence; what a
// number on the wire cannot hold is sent as neutral, never cut off.

public import RT

/// How the bytes of a number stand on the wire.
public enum CompactNumber: String, CaseIterable, Sendable, BitwiseCopyable {
  case u8, i8, u16, i16, u32, i32, f32

  public var byteCount: Int {
    @_noLocks @_noAllocation
    get {
      switch self {
      case .u8, .i8: 1
      case .u16, .i16: 2
      case .u32, .i32, .f32: 4
      }
    }
  }

  var isReal: Bool {
    @_noLocks @_noAllocation
    get { if case .f32 = self { true } else { false } }
  }

  /// The whole numbers that it holds.
  public var range: ClosedRange<Int64> {
    @_noLocks @_noAllocation
    get {
      switch self {
      case .u8: 0...0xFF
      case .i8: -0x80...0x7F
      case .u16: 0...0xFFFF
      case .i16: -0x8000...0x7FFF
      case .u32: 0...0xFFFF_FFFF
      case .i32, .f32: -0x8000_0000...0x7FFF_FFFF
      }
    }
  }
}

/// What a number means.
public enum CompactMeaning: String, CaseIterable, Sendable, BitwiseCopyable {
  /// Always the same; commands only.
  case constant
  /// Degrees of the drive.
  case position
  /// Degrees per second of the drive.
  case velocity
  /// Degrees per second squared of the drive; commands only.
  case acceleration
  /// Newton metres at the joint.
  case effort
  /// Of the command; in a reply of the command that it answers.
  case sequence
  /// Which joint, as `DriveSettings.address` has it.
  case address
  /// The drive's state, by `CompactFormat.states`; replies only.
  case state
  /// 0: none; replies only.
  case fault
}

public enum CompactChecksum: Equatable, Sendable, BitwiseCopyable {
  /// The bytes added, without carry.
  case sum8
  case xor8
  /// Most significant bit first, begun with 0, nothing added at the end.
  case crc8(polynomial: UInt8)
  /// CRC-16/ARC: polynomial 0x8005, reflected, begun with 0.
  case crc16IBM
  /// CRC-16/IBM-3740, often called CCITT-FALSE: polynomial 0x1021, begun with 0xFFFF.
  case crc16CCITT
  /// CRC-16/XMODEM: the same, begun with 0.
  case crc16XMODEM

  public var byteCount: Int {
    @_noLocks @_noAllocation
    get {
      switch self {
      case .sum8, .xor8, .crc8: 1
      case .crc16IBM, .crc16CCITT, .crc16XMODEM: 2
      }
    }
  }
}

/// The only commands that there are.
public enum CompactCommand: String, CaseIterable, Sendable {
  case identify, heartbeat, arm, disarm, motion, exert, neutral, stop, release
  /// A question for the state, for drives that answer no command by themselves; it goes out behind
  /// every command.
  case query
}

/// What frames of one direction have in common. Offsets count from the first byte, which is 0; a
/// negative one counts from the end, -1 being the last.
public struct CompactFrame: Equatable, Sendable {
  /// 1 to 4 bytes.
  public var start: [UInt8]
  /// At most 2.
  public var end: [UInt8] = []
  /// Of the whole frame; a message may have another.
  public var byteCount: Int
  public var isBigEndian = false
  /// Where the code stands, one byte; nil: there is none, and only one message can be.
  public var codeAt: Int?
  /// Where a length stands, one byte; nil: none.
  public var lengthAt: Int?
  /// How many bytes of the frame that length does not count.
  public var lengthLess = 0
  public var checksum: CompactChecksum
  public var checksumAt: Int
  public var isChecksumBigEndian = false
  /// The first and the last byte that it is taken over.
  public var checksumFirst: Int
  public var checksumLast: Int

  public init(
    start: [UInt8], byteCount: Int, codeAt: Int?, checksum: CompactChecksum, checksumAt: Int,
    checksumFirst: Int, checksumLast: Int
  ) {
    self.start = start
    self.byteCount = byteCount
    self.codeAt = codeAt
    self.checksum = checksum
    self.checksumAt = checksumAt
    self.checksumFirst = checksumFirst
    self.checksumLast = checksumLast
  }
}

/// A number at a place: on the wire stands `value * scale + offset`.
public struct CompactField: Equatable, Sendable {
  public var meaning: CompactMeaning
  public var at: Int
  public var number: CompactNumber
  public var scale: Double
  /// Of a constant, its value.
  public var offset: Double

  public init(
    _ meaning: CompactMeaning, at: Int, _ number: CompactNumber, scale: Double = 1,
    offset: Double = 0
  ) {
    self.meaning = meaning
    self.at = at
    self.number = number
    self.scale = scale
    self.offset = offset
  }
}

public struct CompactMessage: Equatable, Sendable {
  /// Nil where the frame has no code.
  public var code: UInt8?
  /// Nil: as the frame says.
  public var byteCount: Int?
  public var fields: [CompactField]

  public init(code: UInt8?, fields: [CompactField] = [], byteCount: Int? = nil) {
    self.code = code
    self.fields = fields
    self.byteCount = byteCount
  }
}

/// A whole protocol; sound by construction.
public struct CompactFormat: Equatable, Sendable {
  public static var byteCountMax: Int { @_noLocks @_noAllocation get { 64 } }
  public static var fieldCountMax: Int { @_noLocks @_noAllocation get { 12 } }
  public static var replyCountMax: Int { @_noLocks @_noAllocation get { 4 } }
  public static var stateCountMax: Int { @_noLocks @_noAllocation get { 16 } }

  public let name: String
  public let command: CompactFrame
  public let reply: CompactFrame
  public let commands: [CompactCommand: CompactMessage]
  public let replies: [CompactMessage]
  /// What the values of `state` mean.
  public let states: [Int: ExoskeletonState]
  /// The drive's own, as its maker says it; nil: it has none.
  public let watchdog: Nanoseconds?

  /// - Throws: the first thing that cannot be.
  public init(
    name: String, command: CompactFrame, reply: CompactFrame,
    commands: [CompactCommand: CompactMessage], replies: [CompactMessage],
    states: [Int: ExoskeletonState] = [:], watchdog: Nanoseconds? = nil
  ) throws(CompactFault) {
    self.name = name
    self.command = command
    self.reply = reply
    self.commands = commands
    self.replies = replies
    self.states = states
    self.watchdog = watchdog
    try check()
  }

  func has(_ meaning: CompactMeaning, in message: CompactMessage) -> Bool {
    message.fields.contains { $0.meaning == meaning }
  }

  /// Whether it can lead a joint so.
  public func canLead(by mode: MotionMode) -> Bool {
    switch mode {
    case .position: commands[.motion] != nil
    case .effort: commands[.exert] != nil
    }
  }
}
