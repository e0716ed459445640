// Real-time: the decoding thread. One compact frame in fixed memory, its numbers and its checksum.
// At most 64 bytes, and eight steps of a CRC for each. No system call.

struct CompactBytes: Sendable {
  private var bytes = InlineArray<64, UInt8>(repeating: 0)

  @_noLocks @_noAllocation
  init() {}

  @_noLocks @_noAllocation
  func byte(_ at: Int) -> UInt8 { bytes[at] }

  @_noLocks @_noAllocation
  mutating func put(_ byte: UInt8, at: Int) { bytes[at] = byte }

  /// The lowest bytes of a pattern.
  @_noLocks @_noAllocation
  mutating func put(_ pattern: UInt32, at: Int, count: Int, isBigEndian: Bool) {
    for index in 0..<count {
      let place = isBigEndian ? count - 1 - index : index
      bytes[at + place] = UInt8(truncatingIfNeeded: pattern >> (8 * UInt32(index)))
    }
  }

  @_noLocks @_noAllocation
  func pattern(at: Int, count: Int, isBigEndian: Bool) -> UInt32 {
    var pattern: UInt32 = 0
    for index in 0..<count {
      let place = isBigEndian ? index : count - 1 - index
      pattern = pattern << 8 | UInt32(bytes[at + place])
    }
    return pattern
  }

  /// False when the value does not fit, or is none.
  @_noLocks @_noAllocation
  mutating func put(_ value: Double, as field: CompactTable.Field, isBigEndian: Bool) -> Bool {
    let count = field.number.byteCount
    if field.number.isReal {
      let real = Float(value * field.scale + field.offset)
      // False for NaN and for what overflowed.
      guard real.magnitude <= Float.greatestFiniteMagnitude else { return false }
      put(real.bitPattern, at: field.at, count: count, isBigEndian: isBigEndian)
      return true
    }
    guard let whole = compactInteger(value * field.scale + field.offset, field.number) else {
      return false
    }
    put(
      UInt32(truncatingIfNeeded: whole), at: field.at, count: count, isBigEndian: isBigEndian)
    return true
  }

  @_noLocks @_noAllocation
  func whole(_ field: CompactTable.Field, isBigEndian: Bool) -> Int64 {
    let pattern = pattern(at: field.at, count: field.number.byteCount, isBigEndian: isBigEndian)
    switch field.number {
    case .i8: return Int64(Int8(truncatingIfNeeded: pattern))
    case .i16: return Int64(Int16(truncatingIfNeeded: pattern))
    case .i32: return Int64(Int32(bitPattern: pattern))
    case .u8, .u16, .u32, .f32: return Int64(pattern)
    }
  }

  /// The value that stands there; not finite for a real number that is none.
  @_noLocks @_noAllocation
  func value(_ field: CompactTable.Field, isBigEndian: Bool) -> Double {
    let raw: Double
    if field.number.isReal {
      let pattern = pattern(at: field.at, count: 4, isBigEndian: isBigEndian)
      raw = Double(Float(bitPattern: pattern))
    } else {
      raw = Double(whole(field, isBigEndian: isBigEndian))
    }
    return (raw - field.offset) / field.scale
  }

  // MARK: Checksums

  @_noLocks @_noAllocation
  func checksum(_ kind: CompactChecksum, from first: Int, through last: Int) -> UInt32 {
    var sum: UInt32 = start(of: kind)
    for index in first...last {
      let byte = UInt32(bytes[index])
      switch kind {
      case .sum8: sum = (sum + byte) & 0xFF
      case .xor8: sum ^= byte
      case .crc8(let polynomial):
        sum = Self.divide(sum ^ byte, by: UInt32(polynomial), width: 8)
      case .crc16IBM: sum = Self.divideReflected(sum ^ byte)
      case .crc16CCITT, .crc16XMODEM:
        sum = Self.divide(sum ^ byte << 8, by: 0x1021, width: 16)
      }
    }
    return sum
  }

  @_noLocks @_noAllocation
  private func start(of kind: CompactChecksum) -> UInt32 {
    switch kind {
    case .sum8, .xor8, .crc8, .crc16IBM, .crc16XMODEM: 0
    case .crc16CCITT: 0xFFFF
    }
  }

  /// Eight steps of the division, most significant bit first.
  @_noLocks @_noAllocation
  private static func divide(_ dividend: UInt32, by polynomial: UInt32, width: UInt32) -> UInt32 {
    var rest = dividend
    for _ in 0..<8 {
      let isOver = rest >> (width - 1) & 1 == 1
      rest = rest << 1 & (1 << width - 1)
      if isOver { rest ^= polynomial }
    }
    return rest
  }

  /// The same, least significant bit first, by 0x8005 turned round.
  @_noLocks @_noAllocation
  private static func divideReflected(_ dividend: UInt32) -> UInt32 {
    var rest = dividend
    for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0xA001 : rest >> 1 }
    return rest
  }
}
