// What bytes that go out tell a drive to do, read without the driver that wrote them: whether they
// move the joint, and where to.

import RT

@testable import Exoskeleton

/// One thing in what goes out that moves a joint or lets it be moved.
enum WireMotion {
  /// A number that leads the joint, and what the wire's last digit is worth.
  case position(Double, digit: Double)
  case velocity(Double, digit: Double)
  case effort(Double, digit: Double)
  /// The drive is switched on.
  case on
  /// Nothing that a driver has any business to say.
  case foreign(UInt8)
}

extension WireMotion {
  static func all(in bytes: [UInt8], _ settings: DriveSettings) -> [WireMotion] {
    switch settings.kind {
    case .framed: framed(bytes)
    case .vesc, .cubemars: vesc(bytes)
    case .dynamixel: dynamixel(bytes)
    case .odrive: odrive(bytes)
    case .openExo: openExo(bytes, settings)
    case .compact: compact(bytes, settings)
    }
  }

  /// A little-endian number of four bytes; a big-endian one the other way round.
  static func signed(_ bytes: ArraySlice<UInt8>) -> Double {
    Double(Int32(bitPattern: bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
  }

  private static func framed(_ bytes: [UInt8]) -> [WireMotion] {
    var found: [WireMotion] = []
    var at = 0
    while at + 9 <= bytes.count {
      let length = Int(bytes[at + 6])
      if bytes[at + 3] == 0x04, at + 15 <= bytes.count {
        found.append(.position(signed(bytes[(at + 7)..<(at + 11)]) / 1000, digit: 1e-3))
        found.append(.velocity(signed(bytes[(at + 11)..<(at + 15)]) / 1000, digit: 1e-3))
      }
      at += 9 + length
    }
    return found
  }

  /// Payloads of a VESC's short frames.
  static func payloads(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var found: [ArraySlice<UInt8>] = []
    var at = 0
    while at + 6 <= bytes.count {
      let count = Int(bytes[at + 1])
      guard at + count + 5 <= bytes.count else { break }
      found.append(bytes[(at + 2)..<(at + 2 + count)])
      at += count + 5
    }
    return found
  }

  private static func vesc(_ bytes: [UInt8]) -> [WireMotion] {
    payloads(bytes).compactMap { payload in
      guard let code = payload.first else { return nil }
      let number = payload.count == 5 ? signed(ArraySlice(payload.dropFirst().reversed())) : 0
      switch code {
      case 0, 4, 30: return nil
      case 6: return number == 0 ? nil : .effort(number / 1000, digit: 1e-3)
      case 9: return .position(number / 1_000_000, digit: 1e-6)
      default: return .foreign(code)
      }
    }
  }

  /// Instructions of a Dynamixel line, from the instruction to its last parameter, unstuffed.
  static func instructions(_ bytes: [UInt8]) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var at = 0
    while at + 10 <= bytes.count {
      let length = Int(bytes[at + 5]) | Int(bytes[at + 6]) << 8
      guard length >= 3, at + 7 + length <= bytes.count else { break }
      var instruction: [UInt8] = []
      for byte in bytes[(at + 7)..<(at + 5 + length)] {
        let isStuffed = byte == 0xFD && instruction.suffix(3) == [0xFF, 0xFF, 0xFD]
        if !isStuffed { instruction.append(byte) }
      }
      found.append(instruction)
      at += 7 + length
    }
    return found
  }

  private static func dynamixel(_ bytes: [UInt8]) -> [WireMotion] {
    instructions(bytes).compactMap { instruction in
      guard instruction[0] == 3 else { return instruction[0] == 2 ? nil : .foreign(instruction[0]) }
      switch (instruction[1], instruction.count) {
      case (64, 4): return instruction[3] == 0 ? nil : .on
      case (98, 4): return nil
      case (116, 7): return .position(signed(instruction[3...]) * 360 / 4096, digit: 360.0 / 4096)
      case (102, 5):
        let counts = Int16(bitPattern: UInt16(instruction[3]) | UInt16(instruction[4]) << 8)
        return .effort(Double(counts) * 0.00269, digit: 0.00269)
      default: return .foreign(instruction[1])
      }
    }
  }

  /// Lines of an ODrive without their sums, as words.
  static func lines(_ bytes: [UInt8]) -> [[String]] {
    bytes.split(separator: 0x0A).map { line in
      let text = line.prefix { $0 != 0x2A }
      return text.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  private static func odrive(_ bytes: [UInt8]) -> [WireMotion] {
    var found: [WireMotion] = []
    for words in lines(bytes) {
      switch words.first {
      case "p" where words.count == 5:
        found.append(.position((Double(words[2]) ?? .nan) * 360, digit: 360e-6))
        found.append(.velocity((Double(words[3]) ?? .nan) * 360, digit: 360e-6))
        if words[4] != "0" { found.append(.foreign(0x70)) }
      case "c" where words.count == 3:
        found.append(.effort(Double(words[2]) ?? .nan, digit: 1e-6))
      case "w" where words.count == 3 && words[1].hasSuffix(".requested_state"):
        if words[2] != "1" { found.append(.on) }
      case "w" where words.count == 3 && words[1].contains(".config."): break
      case "f", "r", "u", "sc": break
      default: found.append(.foreign(words.first?.utf8.first ?? 0))
      }
    }
    return found
  }

  /// Messages of OpenExo without their envelopes.
  static func messages(_ bytes: [UInt8]) -> [[UInt8]] {
    bytes.split(separator: 0xC0).map { part in
      var message: [UInt8] = []
      var isEscaped = false
      for byte in part {
        if byte == 0xDB {
          isEscaped = true
        } else {
          message.append(!isEscaped ? byte : byte == 0xDC ? 0xC0 : 0xDB)
          isEscaped = false
        }
      }
      return message
    }
  }

  static func real(_ bytes: ArraySlice<UInt8>) -> Double {
    let pattern = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return Double(Float(bitPattern: pattern))
  }

  private static func openExo(_ bytes: [UInt8], _ settings: DriveSettings) -> [WireMotion] {
    messages(bytes).compactMap { message in
      switch (message[0], message.count) {
      case (0x01, 2), (0x03, 2), (0x05, 2), (0x11, 2): return nil
      case (0x04, 6): return nil
      case (0x0E, 6): return real(message[2...]) == 0 ? nil : .on
      case (0x14, 14):
        let value = real(message[10...])
        if value == 0 { return nil }
        guard real(message[6..<10]) == Double(settings.openExo.torqueIndex) else {
          return .foreign(message[0])
        }
        return .effort(value, digit: 0x1p-149)
      default: return .foreign(message[0])
      }
    }
  }

  /// Commands of a compact format, by the place at which each begins.
  static func commands(_ bytes: [UInt8], _ format: CompactFormat) -> [(CompactCommand, Int)] {
    var found: [(CompactCommand, Int)] = []
    var at = 0
    while at < bytes.count {
      let next = format.commands.first { _, message in
        guard let codeAt = format.command.codeAt, at + codeAt < bytes.count else {
          return format.commands.count == 1
        }
        return bytes[at + codeAt] == message.code
      }
      guard let next else { break }
      found.append((next.key, at))
      at += next.value.byteCount ?? format.command.byteCount
    }
    return found
  }

  private static func compact(_ bytes: [UInt8], _ settings: DriveSettings) -> [WireMotion] {
    guard let format = settings.compact else { return [] }
    var found: [WireMotion] = []
    for (name, at) in commands(bytes, format) where name == .motion || name == .exert {
      for field in format.commands[name]?.fields ?? [] {
        let count = format.commands[name]?.byteCount ?? format.command.byteCount
        let place = at + (field.at < 0 ? count + field.at : field.at)
        let part = bytes[place..<(place + field.number.byteCount)]
        let value = number(part, field, isBigEndian: format.command.isBigEndian)
        // A real number has 24 bits, and a least one; what is reckoned with has 53.
        let raw = (value * field.scale).magnitude + field.offset.magnitude
        let least = field.number.isReal ? max(raw * 0x1p-23, 0x1p-149) : 1 + raw * 0x1p-50
        let digit = least / field.scale.magnitude
        switch field.meaning {
        case .position: found.append(.position(value, digit: digit))
        case .velocity: found.append(.velocity(value, digit: digit))
        case .effort: found.append(.effort(value, digit: digit))
        case .constant, .acceleration, .sequence, .address, .state, .fault: break
        }
      }
    }
    return found
  }

  private static func number(_ part: ArraySlice<UInt8>, _ field: CompactField, isBigEndian: Bool)
    -> Double
  {
    let ordered = isBigEndian ? Array(part) : part.reversed()
    let pattern = ordered.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let raw: Double =
      switch field.number {
      case .u8, .u16, .u32: Double(pattern)
      case .i8: Double(Int8(truncatingIfNeeded: pattern))
      case .i16: Double(Int16(truncatingIfNeeded: pattern))
      case .i32: Double(Int32(bitPattern: pattern))
      case .f32: Double(Float(bitPattern: pattern))
      }
    return (raw - field.offset) / field.scale
  }
}
