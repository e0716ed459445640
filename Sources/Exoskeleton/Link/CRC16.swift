// The checksum of the framed protocol and, begun otherwise, of VESC's.

/// CRC-16/IBM-3740, often called CCITT-FALSE: polynomial 0x1021, start 0xFFFF, not reflected,
/// nothing added at the end; the check value of "123456789" is 0x29B1.
///
/// Source: catalogue of parametrised CRC algorithms (reveng), CRC-16/IBM-3740. Over frames as short
/// as ours it finds every error of up to three bits and every burst of up to 16.
public struct CRC16: Equatable, Sendable {
  public private(set) var checksum: UInt16

  /// - Parameter start: 0xFFFF as above; 0 is CRC-16/XMODEM, check value 0x31C3.
  @_noLocks @_noAllocation
  public init(start: UInt16 = 0xFFFF) { checksum = start }

  /// One byte, without a table: the eight steps of the division folded into shifts.
  @_noLocks @_noAllocation
  public mutating func add(_ byte: UInt8) {
    var quotient = (checksum >> 8) ^ UInt16(byte)
    quotient ^= quotient >> 4
    checksum = (checksum << 8) ^ (quotient << 12) ^ (quotient << 5) ^ quotient
  }

  @_noLocks @_noAllocation
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    // SAFETY: indices of the buffer itself.
    for index in 0..<bytes.count { add(unsafe bytes[index]) }
  }

  @_noLocks @_noAllocation
  public static func of(_ bytes: UnsafeRawPointer, byteCount: Int) -> UInt16 {
    var crc = CRC16()
    // SAFETY: the caller's promise that `byteCount` bytes are there.
    for offset in 0..<byteCount {
      crc.add(unsafe bytes.load(fromByteOffset: offset, as: UInt8.self))
    }
    return crc.checksum
  }
}
