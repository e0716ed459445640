// What a byte, or a row of bytes, tells a Cyton to do.
//
// Source: OpenBCI Cyton SDK; the answers by OpenBCI_Cyton_Library 3.1.2, which takes what it cannot
// read in a field of `x…X` or `z…Z` for that field's default.

internal import RT

enum CytonCommand: Equatable, Sendable {
  case channelOff(Int)
  case channelOn(Int)
  case shortInputs
  case testSignal(TestSignal)
  case set(channel: Int, CytonChannel.Settings)
  case drive(channel: Int, p: Bool, n: Bool)
  case setDefaults
  case reportDefaults
  case eightChannels
  case sixteenChannels
  case start
  case stop
  case reset
  case registers
  case version
  case stamp(Bool)
  case mode(CytonBoardMode)
  case queryMode
  case rate(code: UInt8)
  case queryRate
  case marker(UInt8)
  case openCard
  case closeCard
  case attachShield
  case detachShield
  case queryShield
  case resetShield
  /// Bytes that are none, and how the board says so.
  case malformed(reply: String, saidWhileStreaming: Bool)
  /// A byte that means nothing.
  case unknown(UInt8)
}

/// Puts bytes together to commands, with the firmware's patience for those of several bytes.
struct CytonCommandReader: Sendable {
  static var patience: Nanoseconds { .milliseconds(1_000) }
  static let timeout =
    "Timeout processing multi byte message - please send all commands at once as of v2$$$"

  private(set) var pending: [UInt8] = []
  private var began = MonotonicInstant(nanoseconds: 0)

  /// When patience ends; nil: no command is half there.
  var deadline: MonotonicInstant? { pending.isEmpty ? nil : began + Self.patience }

  /// Forgets half a command.
  mutating func clear() { pending = [] }

  /// Nil: more bytes are needed. With the command come its bytes.
  mutating func take(_ byte: UInt8, at now: MonotonicInstant) -> (CytonCommand, [UInt8])? {
    if pending.isEmpty, !"xz/~`".utf8.contains(byte) {
      return (Self.single(byte), [byte])
    }
    if pending.isEmpty { began = now }
    pending.append(byte)
    guard let command = complete() else { return nil }
    defer { pending = [] }
    return (command, pending)
  }

  private func complete() -> CytonCommand? {
    guard pending.count > 1, let last = pending.last else { return nil }
    switch pending[0] {
    case UInt8(ascii: "/"): return Self.mode(last)
    case UInt8(ascii: "~"): return Self.rate(last)
    case UInt8(ascii: "`"): return .marker(last)
    case UInt8(ascii: "x"):
      return latched(by: "X", length: 9, wrongEnd: "Failure: Err: 9th char not X$$$") { fields in
        .set(
          channel: Self.channel(fields[0]),
          CytonChannel.Settings(
            isPoweredDown: Self.digit(fields[1]) == 1,
            gainCode: (0x30...0x36).contains(fields[2]) ? fields[2] - 0x30 : 6,
            input: Self.digit(fields[3]) & 7, isInBias: Self.digit(fields[4]) == 1,
            usesSRB2: Self.digit(fields[5]) == 1, usesSRB1: Self.digit(fields[6]) == 1))
      }
    default:
      return latched(by: "Z", length: 5, wrongEnd: "Failure: Err: 5th char not Z$$$") { fields in
        .drive(
          channel: Self.channel(fields[0]), p: Self.digit(fields[1]) == 1,
          n: Self.digit(fields[2]) == 1)
      }
    }
  }

  /// A command whose last byte must be the latch, and no other.
  private func latched(
    by latch: Unicode.Scalar, length: Int, wrongEnd: String, _ command: ([UInt8]) -> CytonCommand
  ) -> CytonCommand? {
    let isLatch = pending.last == UInt8(ascii: latch)
    if pending.count < length {
      return isLatch
        ? .malformed(reply: "Failure: too few chars$$$", saidWhileStreaming: false) : nil
    }
    return isLatch
      ? command(Array(pending[1..<(length - 1)]))
      : .malformed(reply: wrongEnd, saidWhileStreaming: false)
  }

  private static func channel(_ byte: UInt8) -> Int {
    let names = Array("12345678QWERTYUI".utf8)
    return names.firstIndex(of: byte) ?? 0
  }

  private static func digit(_ byte: UInt8) -> UInt8 {
    (0x30...0x39).contains(byte) ? byte - 0x30 : 0
  }

  private static func mode(_ byte: UInt8) -> CytonCommand {
    if byte == UInt8(ascii: "/") { return .queryMode }
    guard (0x30...0x39).contains(byte) else {
      return .malformed(
        reply: "Failure: invalid board mode value.$$$", saidWhileStreaming: true)
    }
    guard let mode = CytonBoardMode(rawValue: byte - 0x30) else {
      return .malformed(
        reply: "Failure: board mode value out of bounds.$$$", saidWhileStreaming: true)
    }
    return .mode(mode)
  }

  private static func rate(_ byte: UInt8) -> CytonCommand {
    if byte == UInt8(ascii: "~") { return .queryRate }
    guard (0x30...0x39).contains(byte) else {
      return .malformed(reply: "Failure: invalid sample value$$$", saidWhileStreaming: false)
    }
    guard byte <= 0x36 else {
      return .malformed(reply: "Failure: sample value out of bounds$$$", saidWhileStreaming: false)
    }
    return .rate(code: byte - 0x30)
  }

  private static func single(_ byte: UInt8) -> CytonCommand {
    if let place = Array("12345678qwertyui".utf8).firstIndex(of: byte) { return .channelOff(place) }
    if let place = Array("!@#$%^&*QWERTYUI".utf8).firstIndex(of: byte) { return .channelOn(place) }
    if "ASFGHJKLa".utf8.contains(byte) { return .openCard }
    switch byte {
    case UInt8(ascii: "0"): return .shortInputs
    case UInt8(ascii: "-"): return .testSignal(TestSignal(isDoubled: false, halfPeriod: 128))
    case UInt8(ascii: "="): return .testSignal(TestSignal(isDoubled: false, halfPeriod: 64))
    case UInt8(ascii: "p"): return .testSignal(TestSignal(isDoubled: true, halfPeriod: nil))
    case UInt8(ascii: "["): return .testSignal(TestSignal(isDoubled: true, halfPeriod: 128))
    case UInt8(ascii: "]"): return .testSignal(TestSignal(isDoubled: true, halfPeriod: 64))
    case UInt8(ascii: "d"): return .setDefaults
    case UInt8(ascii: "D"): return .reportDefaults
    case UInt8(ascii: "c"): return .eightChannels
    case UInt8(ascii: "C"): return .sixteenChannels
    case UInt8(ascii: "b"): return .start
    case UInt8(ascii: "s"): return .stop
    case UInt8(ascii: "v"): return .reset
    case UInt8(ascii: "?"): return .registers
    case UInt8(ascii: "V"): return .version
    case UInt8(ascii: "<"): return .stamp(true)
    case UInt8(ascii: ">"): return .stamp(false)
    case UInt8(ascii: "j"): return .closeCard
    case UInt8(ascii: "{"): return .attachShield
    case UInt8(ascii: "}"): return .detachShield
    case UInt8(ascii: ":"): return .queryShield
    case UInt8(ascii: ";"): return .resetShield
    default: return .unknown(byte)
    }
  }
}
