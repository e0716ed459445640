// A VESC's frames: short and long, and how its firmware reads a stream of them.
//
//     02 | length           | payload | CRC high, low | 03      of 1 … 255 bytes
//     03 | length high, low | payload | CRC high, low | 03      of 255 … 512 bytes
//
// CRC-16/XMODEM over the payload. Source: vedderb/bldc 6.02, comm/packet.c and packet.h;
// CubeMars, AK series actuator driver manual V1.0.8, section 5.2.2 (short frames only).

enum VESCFrame {
  static var shortStart: UInt8 { 0x02 }
  static var longStart: UInt8 { 0x03 }
  static var end: UInt8 { 0x03 }
  /// PACKET_MAX_PL_LEN.
  static var payloadMax: Int { 512 }

  /// CRC-16/XMODEM: polynomial 0x1021, initial value 0, not reflected.
  static func crc(_ payload: some Sequence<UInt8>) -> UInt16 {
    var crc: UInt16 = 0
    for byte in payload {
      crc ^= UInt16(byte) << 8
      for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
    }
    return crc
  }

  static func bytes(_ payload: [UInt8]) -> [UInt8] {
    let crc = crc(payload)
    let head =
      payload.count <= 255
      ? [shortStart, UInt8(payload.count)]
      : [longStart, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    return head + payload + [UInt8(crc >> 8), UInt8(crc & 0xFF), end]
  }
}

/// Finds frames in what has come, as the firmware does: at each place it waits until the length
/// there is satisfied, and when that was no frame goes on one byte later. So nothing after garbage
/// is lost, but a false start can keep a frame back until up to 517 bytes have come.
struct VESCParser: Sendable {
  private var bytes: [UInt8] = []
  /// Ends and sums that were wrong.
  private(set) var badFrames: UInt64 = 0

  mutating func add(_ more: [UInt8]) { bytes += more }

  /// The next payload.
  mutating func next() -> [UInt8]? {
    var start = 0
    defer { bytes.removeFirst(start) }
    while start < bytes.count {
      switch look(at: start) {
      case .incomplete: return nil
      case .nothing: start += 1
      case .damaged:
        badFrames += 1
        start += 1
      case .frame(let payload, let byteCount):
        start += byteCount
        return payload
      }
    }
    return nil
  }

  private enum Look {
    case incomplete, nothing, damaged
    case frame([UInt8], byteCount: Int)
  }

  private func look(at start: Int) -> Look {
    let rest = bytes.count - start
    let length: Int
    let headCount = Int(bytes[start])
    switch bytes[start] {
    case VESCFrame.shortStart:
      guard rest >= 2 else { return .incomplete }
      length = Int(bytes[start + 1])
      guard length >= 1 else { return .nothing }
    case VESCFrame.longStart:
      guard rest >= 3 else { return .incomplete }
      length = Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
      guard length >= 255, length <= VESCFrame.payloadMax else { return .nothing }
    default: return .nothing
    }
    let byteCount = headCount + length + 3
    guard rest >= byteCount else { return .incomplete }
    let payload = bytes[(start + headCount)..<(start + headCount + length)]
    let tail = bytes[(start + headCount + length)..<(start + byteCount)]
    let crc = VESCFrame.crc(payload)
    guard Array(tail) == [UInt8(crc >> 8), UInt8(crc & 0xFF), VESCFrame.end] else {
      return .damaged
    }
    return .frame(Array(payload), byteCount: byteCount)
  }
}

/// The numbers in a payload: big-endian, scaled whole numbers.
struct VESCNumbers: Sendable {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ value: Int32) {
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  /// As 32 bits, times `scale`, cut off towards zero as the firmware's cast does.
  mutating func append(_ value: Double, scale: Double) {
    append(Int32(clamping: Int64(value * scale)))
  }

  /// As 16 bits.
  mutating func append(short value: Double, scale: Double) {
    let number = Int16(clamping: Int64(value * scale))
    bytes.append(UInt8(truncatingIfNeeded: number >> 8))
    bytes.append(UInt8(truncatingIfNeeded: number))
  }

  /// The 32-bit number at a place; nil: the payload ends before.
  static func int32(_ payload: [UInt8], at place: Int) -> Int32? {
    guard payload.count >= place + 4 else { return nil }
    let pattern = payload[place..<(place + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return Int32(bitPattern: pattern)
  }
}
