// Real-time: the decoding thread. One Dynamixel packet into memory, and out of a queue. At most 71
// bytes are summed for each false start. No system call.
//
//   FF FF FD 00 ID length length instruction parameters … CRC-16
//
// Numbers are little-endian; the length counts what follows it. Where FF FF FD stands among
// instruction and parameters an FD is put behind it, and counted. A status is the instruction 55
// with an error before its parameters. Source: ROBOTIS e-Manual, DYNAMIXEL Protocol 2.0.

/// CRC-16/UMTS: polynomial 0x8005, start 0, not reflected; the check value is 0xFEE8.
struct DynamixelCRC: Sendable {
  private(set) var checksum: UInt16 = 0

  @_noLocks @_noAllocation
  init() {}

  @_noLocks @_noAllocation
  mutating func add(_ byte: UInt8) {
    checksum ^= UInt16(byte) << 8
    for _ in 0..<8 {
      checksum = checksum & 0x8000 == 0 ? checksum << 1 : checksum << 1 ^ 0x8005
    }
  }

  @_noLocks @_noAllocation
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    // SAFETY: indices of the buffer itself.
    for index in 0..<bytes.count { add(unsafe bytes[index]) }
  }
}

/// What a servo answered.
struct DynamixelStatus: Sendable {
  /// Bit 7: a hardware error; the rest: what became of the instruction, 0 when it was obeyed.
  var error: UInt8 = 0
  var id: UInt8 = 0
  /// Without what was stuffed in.
  var count = 0
  var bytes = InlineArray<16, UInt8>(repeating: 0)
  /// Our own instruction has come back.
  var isEcho = false

  @_noLocks @_noAllocation
  init() {}

  var isAlert: Bool { @_noLocks @_noAllocation get { error & 0x80 != 0 } }
  /// The e-Manual's Error field: 1 result … 7 access.
  var result: UInt8 { @_noLocks @_noAllocation get { error & 0x7F } }

  @_noLocks @_noAllocation
  func word(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 }

  @_noLocks @_noAllocation
  func long(_ offset: Int) -> UInt32 { UInt32(word(offset)) | UInt32(word(offset + 2)) << 16 }
}

enum DynamixelPacket {
  static var broadcastID: UInt8 { @_noLocks @_noAllocation get { 254 } }
  private static var ping: UInt8 { @_noLocks @_noAllocation get { 0x01 } }
  private static var read: UInt8 { @_noLocks @_noAllocation get { 0x02 } }
  private static var write: UInt8 { @_noLocks @_noAllocation get { 0x03 } }
  private static var status: UInt8 { @_noLocks @_noAllocation get { 0x55 } }
  /// More than anything that is asked for is answered by.
  private static var lengthMax: Int { @_noLocks @_noAllocation get { 64 } }
  private static var startByteCount: Int { @_noLocks @_noAllocation get { 7 } }

  @_noLocks @_noAllocation
  static func putPing(id: UInt8, into out: inout ByteWriter) {
    put(ping, id: id, parameters: 0, count: 0, into: &out)
  }

  @_noLocks @_noAllocation
  static func putRead(_ item: DynamixelItem, id: UInt8, into out: inout ByteWriter) {
    let parameters = UInt64(item.address) | UInt64(item.byteCount) << 16
    put(read, id: id, parameters: parameters, count: 4, into: &out)
  }

  @_noLocks @_noAllocation
  static func putWrite(
    _ item: DynamixelItem, _ value: UInt32, id: UInt8, into out: inout ByteWriter
  ) {
    let parameters = UInt64(item.address) | UInt64(value) << 16
    put(write, id: id, parameters: parameters, count: 2 + item.byteCount, into: &out)
  }

  /// - Parameter parameters: the first in the lowest byte.
  @_noLocks @_noAllocation
  private static func put(
    _ instruction: UInt8, id: UInt8, parameters: UInt64, count: Int, into out: inout ByteWriter
  ) {
    var stuffed = 0
    var recent: UInt32 = 0
    for index in 0..<count {
      recent = (recent << 8 | UInt32(byte(index, of: parameters))) & 0xFF_FFFF
      if recent == 0xFF_FFFD { stuffed += 1 }
    }
    let start = out.byteCount
    out.put(UInt16(0xFFFF))
    out.put(UInt16(0x00FD))
    out.put(id)
    out.put(UInt16(3 + count + stuffed))
    out.put(instruction)
    recent = 0
    for index in 0..<count {
      let byte = byte(index, of: parameters)
      out.put(byte)
      recent = (recent << 8 | UInt32(byte)) & 0xFF_FFFF
      if recent == 0xFF_FFFD { out.put(UInt8(0xFD)) }
    }
    var crc = DynamixelCRC()
    unsafe crc.add(out.bytes(from: start))
    out.put(crc.checksum)
  }

  @_noLocks @_noAllocation
  private static func byte(_ index: Int, of parameters: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: parameters >> UInt64(8 * index))
  }

  /// The next status of a servo, or our own instruction come back; nil when none is whole. What is
  /// no packet is skipped, a byte at a time; what other servos say is dropped.
  @_noLocks @_noAllocation
  static func find(from id: UInt8, in queue: inout ByteQueue) -> DynamixelStatus? {
    while queue.count > 0 {
      if !isStart(queue) {
        queue.skip()
        continue
      }
      guard queue.count >= startByteCount else { return nil }
      let length = Int(queue.byte(5)) | Int(queue.byte(6)) << 8
      guard length >= 3, length <= lengthMax else {
        queue.skip()
        continue
      }
      let byteCount = startByteCount + length
      guard queue.count >= byteCount else { return nil }
      guard isIntact(queue, byteCount: byteCount) else {
        queue.checksumErrors += 1
        queue.skip()
        continue
      }
      let found = content(queue, byteCount: byteCount)
      queue.drop(byteCount)
      if let found, found.id == id || id == broadcastID { return found }
    }
    return nil
  }

  /// Whether what has come so far can be the start of a packet.
  @_noLocks @_noAllocation
  private static func isStart(_ queue: borrowing ByteQueue) -> Bool {
    if queue.byte(0) != 0xFF { return false }
    if queue.count > 1, queue.byte(1) != 0xFF { return false }
    if queue.count > 2, queue.byte(2) != 0xFD { return false }
    return queue.count < 4 || queue.byte(3) == 0x00
  }

  @_noLocks @_noAllocation
  private static func isIntact(_ queue: borrowing ByteQueue, byteCount: Int) -> Bool {
    var crc = DynamixelCRC()
    unsafe crc.add(queue.bytes(0, count: byteCount - 2))
    let found = UInt16(queue.byte(byteCount - 2)) | UInt16(queue.byte(byteCount - 1)) << 8
    return crc.checksum == found
  }

  /// Nil for a status that nothing asked for: too short, or longer than any answer.
  @_noLocks @_noAllocation
  private static func content(_ queue: borrowing ByteQueue, byteCount: Int) -> DynamixelStatus? {
    var found = DynamixelStatus()
    found.id = queue.byte(4)
    guard queue.byte(7) == status else {
      found.isEcho = true
      return found
    }
    guard byteCount > startByteCount + 3 else { return nil }
    found.error = queue.byte(8)
    // The instruction and the error are part of what is stuffed.
    var recent = UInt32(status) << 8 | UInt32(found.error)
    for offset in 9..<(byteCount - 2) {
      let byte = queue.byte(offset)
      let isStuffed = recent == 0xFF_FFFD && byte == 0xFD
      recent = isStuffed ? 0 : (recent << 8 | UInt32(byte)) & 0xFF_FFFF
      if isStuffed { continue }
      guard found.count < 16 else { return nil }
      found.bytes[found.count] = byte
      found.count += 1
    }
    return found
  }
}
