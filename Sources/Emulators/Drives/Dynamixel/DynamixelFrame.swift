// Dynamixel Protocol 2.0 on the wire: header, length, byte stuffing, CRC.
//
//     FF FF FD 00 ID LENlo LENhi INST P1 … Pn CRClo CRChi
//
// Source: ROBOTIS e-Manual, "DYNAMIXEL Protocol 2.0" and "CRC Calculation".

/// A packet without its envelope.
struct DynamixelFrame: Equatable, Sendable {
  static var broadcast: UInt8 { 254 }
  /// Of a servo; 253 to 255 have other meanings.
  static var idMax: UInt8 { 252 }
  static var header: [UInt8] { [0xFF, 0xFF, 0xFD, 0x00] }

  var id: UInt8
  var instruction: UInt8
  /// Without stuffing; of a status the first is its error.
  var parameters: [UInt8]

  static func status(id: UInt8, error: UInt8, _ data: [UInt8] = []) -> DynamixelFrame {
    DynamixelFrame(
      id: id, instruction: DynamixelInstruction.status.rawValue, parameters: [error] + data)
  }

  /// As it goes over the line.
  var bytes: [UInt8] {
    let body = Self.stuffed([instruction] + parameters)
    var bytes = Self.header + [id] + Self.littleEndian16(body.count + 2) + body
    bytes += Self.littleEndian16(Int(Self.crc(bytes)))
    return bytes
  }

  /// After each FF FF FD a further FD, which the length counts and the CRC covers.
  static func stuffed(_ body: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for byte in body {
      out.append(byte)
      if out.suffix(3) == [0xFF, 0xFF, 0xFD] { out.append(0xFD) }
    }
    return out
  }

  static func unstuffed(_ body: some Sequence<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var isStuffing = false
    for byte in body {
      if isStuffing, byte == 0xFD {
        isStuffing = false
        continue
      }
      out.append(byte)
      isStuffing = out.suffix(3) == [0xFF, 0xFF, 0xFD]
    }
    return out
  }

  /// CRC-16 of polynomial 0x8005, begun with 0, not reflected.
  static func crc(_ bytes: some Sequence<UInt8>) -> UInt16 {
    var crc: UInt16 = 0
    for byte in bytes {
      crc ^= UInt16(byte) << 8
      for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x8005 : crc << 1 }
    }
    return crc
  }

  static func littleEndian16(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
  }
}

/// What a host can ask.
enum DynamixelInstruction: UInt8, CaseIterable, Sendable {
  case ping = 0x01
  case read = 0x02
  case write = 0x03
  case regWrite = 0x04
  case action = 0x05
  case factoryReset = 0x06
  case reboot = 0x08
  case clear = 0x10
  case status = 0x55
  case syncRead = 0x82
  case syncWrite = 0x83
  case fastSyncRead = 0x8A
  case bulkRead = 0x92
  case bulkWrite = 0x93
}

/// The error number of a status; bit 7 beside it is the alert.
enum DynamixelError: UInt8, Error, Sendable {
  case result = 1
  case instruction = 2
  case crc = 3
  case range = 4
  case length = 5
  case limit = 6
  case access = 7

  static var alert: UInt8 { 0x80 }
}

/// Finds packets in what comes over the line.
struct DynamixelReader: Sendable {
  enum Found: Equatable, Sendable {
    case frame(DynamixelFrame)
    /// A packet for this id whose CRC is wrong.
    case damaged(id: UInt8)
    /// A header with a length that no packet has.
    case nonsense
  }

  /// From the header to the CRC; the e-Manual names no limit, ROBOTIS' own SDK takes this one.
  static var byteCountMax: Int { 1024 }
  private static var envelope: Int { 7 }

  /// From the beginning of a header, or of what may become one, on.
  private var pending: [UInt8] = []

  var isAmidFrame: Bool { !pending.isEmpty }

  mutating func take(_ byte: UInt8) -> [Found] {
    pending.append(byte)
    var found: [Found] = []
    while let next = step() { found.append(next) }
    return found
  }

  /// The rest of a packet did not come: what came of it is searched for others.
  mutating func giveUp() -> [Found] {
    var found: [Found] = []
    while !pending.isEmpty {
      pending.removeFirst()
      while let next = step() { found.append(next) }
    }
    return found
  }

  /// One packet, or nil when more has to come.
  private mutating func step() -> Found? {
    skipToHeader()
    guard pending.count >= Self.envelope else { return nil }
    let length = Int(pending[5]) | Int(pending[6]) << 8
    guard (3...(Self.byteCountMax - Self.envelope)).contains(length), pending[4] != 0xFD,
      pending[4] != 0xFF
    else {
      pending.removeFirst()
      return .nonsense
    }
    let end = Self.envelope + length
    guard pending.count >= end else { return nil }
    let id = pending[4]
    let crc = UInt16(pending[end - 2]) | UInt16(pending[end - 1]) << 8
    guard DynamixelFrame.crc(pending[..<(end - 2)]) == crc else {
      // A header may stand within what was taken for a packet.
      pending.removeFirst()
      return .damaged(id: id)
    }
    let body = DynamixelFrame.unstuffed(pending[Self.envelope..<(end - 2)])
    pending.removeFirst(end)
    return .frame(
      DynamixelFrame(id: id, instruction: body[0], parameters: Array(body.dropFirst())))
  }

  private mutating func skipToHeader() {
    let header = DynamixelFrame.header
    var start = 0
    while start < pending.count {
      let rest = pending.count - start
      let matches = min(rest, header.count)
      if pending[start..<(start + matches)] == header[..<matches] { break }
      start += 1
    }
    pending.removeFirst(start)
  }
}
