// A drive that answers what it is asked and drives nothing: as a healthy one would, or with any
// number in the place of each that it tells. Fast, and without a time of its own; the emulated
// drives are the honest ones.

import RT

@testable import Exoskeleton

struct AnsweringDrive {
  let settings: DriveSettings
  /// Where another number may stand than the one that would be healthy; nil: nowhere.
  var whims: CaseScript?
  /// Which bits of a byte of the script must be 0 for a whim.
  var seldom: UInt8 = 3
  /// A Dynamixel's control table.
  private var table = [UInt8](repeating: 0, count: 256)
  private var axisState = "1"
  private var isTrial = false
  private var parameters = [Double](repeating: 0, count: 10)

  init(_ settings: DriveSettings) {
    self.settings = settings
    table[11] = settings.mode == .effort ? 0 : 3
    table[38] = 200
    table[44] = 100
    table[49] = 0x0F
    table[68] = 2
    table[133] = 8
    parameters[0] = Double(settings.openExo.controller)
  }

  /// What comes back of everything that went out since the last time.
  mutating func answer(_ heard: [UInt8]) -> [UInt8] {
    switch settings.kind {
    case .framed: framed(heard)
    case .vesc, .cubemars: vesc(heard)
    case .dynamixel: dynamixel(heard)
    case .odrive: odrive(heard)
    case .openExo: openExo(heard)
    case .compact: compact(heard)
    }
  }

  private mutating func told(_ healthy: UInt8) -> UInt8 {
    guard whims != nil, let isWhim = whims?.byte(), isWhim & seldom == 0 else { return healthy }
    return whims?.byte() ?? healthy
  }

  // MARK: Our own protocol

  private mutating func framed(_ heard: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var at = 0
    while at + 9 <= heard.count {
      let code = heard[at + 3]
      var frame: [UInt8] = [1, code == 1 ? 0x82 : 0x81, told(0), told(0), code == 1 ? 40 : 28]
      frame += heard[(at + 4)..<(at + 6)]
      if code == 1 {
        // One joint, disarmed, 1000 Hz, 100 ms, ±90°, and a name.
        frame += [told(1), told(0), 0xE8, 3, told(100), told(0)]
        frame += [0x70, 0xA0, 0xFE, told(0xFF), 0x90, 0x5F, 1, told(0)]
        frame += (0..<24).map { _ in told(0x61) }
      } else {
        frame += [code, told(0)] + (0..<20).map { _ in told(0) } + [told(1), told(0), told(0), 0]
      }
      var crc = CRC16()
      for byte in frame { crc.add(byte) }
      out += [0xA5, 0x5A] + frame
      out += [UInt8(crc.checksum & 0xFF), UInt8(crc.checksum >> 8)]
      at += 9 + Int(heard[at + 6])
    }
    return out
  }

  // MARK: VESC

  private mutating func vesc(_ heard: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for payload in WireMotion.payloads(heard) where payload.count == 1 {
      var answer: [UInt8]
      switch payload.first {
      case 0: answer = [0, told(6), told(5)] + Array("knee".utf8).map { told($0) } + [0]
      case 4: answer = [4] + (0..<(told(0) == 0 ? 77 : 60)).map { _ in told(0) }
      default: continue
      }
      if answer[0] == 4 { answer[55] = told(0x98) }
      var crc = CRC16(start: 0)
      for byte in answer { crc.add(byte) }
      out += [2, UInt8(answer.count)] + answer
      out += [UInt8(crc.checksum >> 8), UInt8(crc.checksum & 0xFF), 3]
    }
    return out
  }

  // MARK: Dynamixel

  private mutating func dynamixel(_ heard: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for instruction in WireMotion.instructions(heard) {
      var status: [UInt8] = [0x55, told(0)]
      switch instruction[0] {
      case 1: status += [told(0xFC), told(0x03), told(45)]
      case 2 where instruction.count == 5:
        let first = Int(instruction[1])
        let last = min(256, first + Int(instruction[3]))
        for place in first..<last { status.append(told(table[place])) }
      case 3:
        for (offset, byte) in instruction.dropFirst(3).enumerated() {
          table[min(255, Int(instruction[1]) + offset)] = byte
        }
      default: continue
      }
      out += Self.packet(UInt8(truncatingIfNeeded: settings.address), status)
    }
    return out
  }

  private static func packet(_ id: UInt8, _ status: [UInt8]) -> [UInt8] {
    var stuffed: [UInt8] = []
    for byte in status {
      stuffed.append(byte)
      if stuffed.suffix(3) == [0xFF, 0xFF, 0xFD] { stuffed.append(0xFD) }
    }
    var packet: [UInt8] = [0xFF, 0xFF, 0xFD, 0, id, UInt8(stuffed.count + 2), 0] + stuffed
    var crc = DynamixelCRC()
    for byte in packet { crc.add(byte) }
    packet += [UInt8(crc.checksum & 0xFF), UInt8(crc.checksum >> 8)]
    return packet
  }

  // MARK: ODrive

  private static let oddWords = [
    "nan", "-inf", "1e39", "-0.0", "99999999999", "", "1.2.3", "0x10", "4294967295", "-1",
    "340282350000000000000000000000000000000.000000", "1.5e+38", "True", "1 2", "2147483648.5",
  ]

  private mutating func text(_ healthy: String) -> String {
    guard whims != nil, let isWhim = whims?.byte(), isWhim & seldom == 0 else { return healthy }
    return Self.oddWords[Int(whims?.byte() ?? 0) % Self.oddWords.count]
  }

  private mutating func odrive(_ heard: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for words in WireMotion.lines(heard) where words.count > 1 {
      let line: String
      switch words[0] {
      case "f": line = text("0.250000") + " " + text("0.000000")
      case "r": line = text(property(words[1]))
      case "w":
        if words[1].hasSuffix("requested_state"), words.count > 2 { axisState = words[2] }
        continue
      default: continue
      }
      let sum = line.utf8.reduce(0) { $0 ^ $1 }
      out += Array("\(line)*\(sum)\r\n".utf8)
    }
    return out
  }

  private func property(_ name: String) -> String {
    let known: [(String, String)] = [
      ("current_state", axisState), ("watchdog_timeout", "\(settings.watchdog.seconds)"),
      ("enable_watchdog", "1"), ("control_mode", settings.mode == .effort ? "1" : "3"),
      ("input_mode", "1"), ("is_calibrated", "1"), ("is_ready", "1"), ("fw_version_minor", "5"),
      ("fw_version_revision", "6"), ("hw_version_major", "3"), ("torque_constant", "0.040000"),
      ("Iq_measured", "0.500000"), ("vel_limit", "2.000000"), ("vbus_voltage", "24.000000"),
    ]
    return known.first { name.hasSuffix($0.0) }?.1 ?? "0"
  }

  // MARK: OpenExo

  private mutating func openExo(_ heard: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for message in WireMotion.messages(heard) where message.count >= 2 {
      switch message[0] {
      case 0x01: out += hundredths(0x02, message[1], parameters)
      case 0x03: out += hundredths(0x04, 0, [isTrial ? 2 : 1])
      case 0x04 where message.count == 6: isTrial = WireMotion.real(message[2...]) == 2
      case 0x05: out += hundredths(0x06, message[1], [1, 2])
      case 0x11:
        var numbers = [Double](repeating: 1, count: 13)
        if let index = settings.openExo.angleIndex { numbers[min(index, 12)] = 10 }
        out += hundredths(0x12, 0, numbers)
      case 0x14 where message.count == 14:
        let index = WireMotion.real(message[6..<10])
        let value = WireMotion.real(message[10...])
        if index >= 0, index < 8, value.magnitude < 300 { parameters[Int(index) + 2] = value }
      default: continue
      }
    }
    return out
  }

  private mutating func hundredths(_ command: UInt8, _ joint: UInt8, _ numbers: [Double])
    -> [UInt8]
  {
    var bytes: [UInt8] = [command, told(joint)]
    for number in numbers {
      let hundredths = UInt16(bitPattern: Int16(number * 100))
      bytes += [told(UInt8(hundredths & 0xFF)), told(UInt8(hundredths >> 8))]
    }
    var out: [UInt8] = [0xC0]
    for byte in bytes {
      switch byte {
      case 0xC0: out += [0xDB, 0xDC]
      case 0xDB: out += [0xDB, 0xDD]
      default: out.append(byte)
      }
    }
    return out + [0xC0]
  }

  // MARK: Compact frames

  /// Each reply that the format has, once for every command.
  private mutating func compact(_ heard: [UInt8]) -> [UInt8] {
    guard let format = settings.compact else { return [] }
    var out: [UInt8] = []
    for (name, at) in WireMotion.commands(heard, format) where name != .query {
      var sequence: UInt32 = 0
      if let field = format.commands[name]?.fields.first(where: { $0.meaning == .sequence }) {
        let count = format.commands[name]?.byteCount ?? format.command.byteCount
        let place = at + (field.at < 0 ? count + field.at : field.at)
        guard place + field.number.byteCount <= heard.count else { break }
        let part = Array(heard[place..<(place + field.number.byteCount)])
        let ordered = format.command.isBigEndian ? part : part.reversed()
        sequence = ordered.reduce(0) { $0 << 8 | UInt32($1) }
      }
      for index in format.replies.indices { out += reply(index, format, sequence) }
    }
    return out
  }

  private mutating func reply(_ index: Int, _ format: CompactFormat, _ sequence: UInt32)
    -> [UInt8]
  {
    let message = format.replies[index]
    let frame = format.reply
    let byteCount = message.byteCount ?? frame.byteCount
    func place(_ at: Int) -> Int { at < 0 ? byteCount + at : at }
    var bytes = CompactBytes()
    for field in message.fields {
      let number: UInt32 =
        switch field.meaning {
        case .sequence: sequence
        case .address: UInt32(truncatingIfNeeded: settings.address)
        case .state: UInt32(truncatingIfNeeded: format.states.keys.min() ?? 0)
        case .constant, .position, .velocity, .acceleration, .effort, .fault: 0
        }
      var pattern: UInt32 = 0
      for shift in [UInt32(0), 8, 16, 24] {
        pattern |= UInt32(told(UInt8(truncatingIfNeeded: number >> shift))) << shift
      }
      bytes.put(
        pattern, at: place(field.at), count: field.number.byteCount,
        isBigEndian: frame.isBigEndian)
    }
    for (index, byte) in frame.start.enumerated() { bytes.put(byte, at: index) }
    for (index, byte) in frame.end.enumerated() {
      bytes.put(byte, at: byteCount - frame.end.count + index)
    }
    if let codeAt = frame.codeAt { bytes.put(message.code ?? 0, at: codeAt) }
    if let lengthAt = frame.lengthAt {
      bytes.put(UInt8(truncatingIfNeeded: byteCount - frame.lengthLess), at: lengthAt)
    }
    let sum = bytes.checksum(
      frame.checksum, from: place(frame.checksumFirst), through: place(frame.checksumLast))
    bytes.put(
      sum, at: place(frame.checksumAt), count: frame.checksum.byteCount,
      isBigEndian: frame.isChecksumBigEndian)
    return (0..<byteCount).map { bytes.byte($0) }
  }
}
