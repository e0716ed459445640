// Real-time: the decoding thread. One frame of VESC's UART into memory, and out of a queue.
//
//   02 length            payload CRC-16/XMODEM 03      up to 255 bytes of payload
//   03 length length     payload CRC-16/XMODEM 03      more; nothing that we ask needs it
//
// Numbers are big-endian; the CRC is taken over the payload. Sources: vedderb/bldc comm/packet.c;
// CubeMars, AK series manual, servo mode by serial port.

enum VESCFrame {
  static var end: UInt8 { @_noLocks @_noAllocation get { 0x03 } }

  /// A command with a number.
  @_noLocks @_noAllocation
  static func put(_ code: UInt8, _ number: Int32, into out: inout ByteWriter) {
    out.put(UInt8(0x02))
    out.put(UInt8(5))
    let start = out.byteCount
    out.put(code)
    out.putBigEndian(UInt32(bitPattern: number))
    close(from: start, &out)
  }

  /// A command without.
  @_noLocks @_noAllocation
  static func put(_ code: UInt8, into out: inout ByteWriter) {
    out.put(UInt8(0x02))
    out.put(UInt8(1))
    let start = out.byteCount
    out.put(code)
    close(from: start, &out)
  }

  @_noLocks @_noAllocation
  private static func close(from start: Int, _ out: inout ByteWriter) {
    var crc = CRC16(start: 0)
    unsafe crc.add(out.bytes(from: start))
    out.putBigEndian(crc.checksum)
    out.put(end)
  }

  /// The payload of the frame at the queue's beginning, as an offset and a length; nil when none is
  /// whole. What is no frame is skipped, a byte at a time.
  @_noLocks @_noAllocation
  static func find(in queue: inout ByteQueue) -> (offset: Int, count: Int)? {
    while queue.count > 0 {
      switch queue.byte(0) {
      case 0x02:
        guard queue.count > 1 else { return nil }
        let count = Int(queue.byte(1))
        guard count > 0 else { break }
        guard queue.count >= count + 5 else { return nil }
        if queue.byte(count + 4) != end { break }
        if isIntact(queue, offset: 2, count: count) { return (2, count) }
        queue.checksumErrors += 1
      default: break
      }
      queue.skip()
    }
    return nil
  }

  @_noLocks @_noAllocation
  private static func isIntact(_ queue: borrowing ByteQueue, offset: Int, count: Int) -> Bool {
    var crc = CRC16(start: 0)
    unsafe crc.add(queue.bytes(offset, count: count))
    let found = UInt16(queue.byte(offset + count)) << 8 | UInt16(queue.byte(offset + count + 1))
    return crc.checksum == found
  }
}
