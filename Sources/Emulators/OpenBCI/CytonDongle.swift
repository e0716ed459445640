// The radio on the dongle: it answers the commands that begin with F0 itself and hands everything
// else on to the board.
//
// Source: OpenBCI Cyton SDK, "Firmware v2.0.0 New Commands"; OpenBCI_Radios for the words.

struct CytonDongle: Sendable {
  enum Outcome: Equatable, Sendable {
    /// Part of a command that is not complete.
    case consumed
    case forBoard(UInt8)
    /// The command, as the truth names it, and the answer.
    case answered(command: String, reply: [UInt8])
  }

  static var channelMax: UInt8 { 25 }
  static let timeout = "Failure: Communications timeout - Device failed to poll Host$$$"

  private var command: [UInt8] = []
  private(set) var hostChannel: UInt8 = 1
  private(set) var boardChannel: UInt8 = 1
  private(set) var pollMilliseconds: UInt8 = 80

  /// Whether dongle and board hear each other.
  var isUp: Bool { hostChannel == boardChannel }

  mutating func take(_ byte: UInt8) -> Outcome {
    if command.isEmpty {
      guard byte == 0xF0 else { return .forBoard(byte) }
      command = [byte]
      return .consumed
    }
    command.append(byte)
    let needsPayload = [0x01, 0x02, 0x04].contains(command[1])
    guard command.count == (needsPayload ? 3 : 2) else { return .consumed }
    defer { command = [] }
    let words = command.map { hexadecimal($0) }.joined(separator: " ")
    return .answered(command: words, reply: answer(code: command[1], payload: command.last ?? 0))
  }

  private mutating func answer(code: UInt8, payload: UInt8) -> [UInt8] {
    switch code {
    case 0x00:
      return isUp
        ? reply("Success: Host and Device on Channel number: ", number: hostChannel)
        : reply("Failure: Host on Channel number: ", number: hostChannel)
    case 0x01:
      guard isUp else { return Array(Self.timeout.utf8) }
      guard (1...Self.channelMax).contains(payload) else { return Self.wrongChannel }
      hostChannel = payload
      boardChannel = payload
      return reply("Success: Host and Device on Channel number: ", number: payload)
    case 0x02:
      guard (1...Self.channelMax).contains(payload) else { return Self.wrongChannel }
      hostChannel = payload
      return reply("Success: Host override - Channel number: ", number: payload)
    case 0x03, 0x04:
      guard isUp else { return Array(Self.timeout.utf8) }
      if code == 0x04 { pollMilliseconds = payload }
      return reply("Success: Poll time: ", number: pollMilliseconds)
    case 0x05: return Array("Success: Switch your baud rate to 115200$$$".utf8)
    case 0x06: return Array("Success: Switch your baud rate to 230400$$$".utf8)
    case 0x0A: return Array("Success: Switch your baud rate to 921600$$$".utf8)
    case 0x07:
      return Array((isUp ? "Success: System is Up$$$" : "Failure: System is Down$$$").utf8)
    default: return []
    }
  }

  private static var wrongChannel: [UInt8] {
    Array("Failure: Verify channel number is less than 25$$$".utf8)
  }

  /// The number in digits, then as one byte, then the end mark.
  private func reply(_ text: String, number: UInt8) -> [UInt8] {
    Array(text.utf8) + Array(String(number).utf8) + [number] + Array("$$$".utf8)
  }
}

func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return byte < 16 ? "0" + digits : digits
}
