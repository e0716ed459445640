// Real-time: the decoding thread. Numbers into bytes and back. No system call, no loop.

/// Bytes one after another into the caller's memory; what does not fit is not written, and told.
@safe
struct ByteWriter {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private(set) var byteCount = 0
  private(set) var isFull = false

  @_noLocks @_noAllocation
  init(_ base: UnsafeMutableRawPointer, capacity: Int) {
    unsafe self.base = unsafe base
    self.capacity = capacity
  }

  @_noLocks @_noAllocation
  mutating func put(_ byte: UInt8) {
    guard byteCount < capacity else {
      isFull = true
      return
    }
    // SAFETY: just checked.
    unsafe base.storeBytes(of: byte, toByteOffset: byteCount, as: UInt8.self)
    byteCount += 1
  }

  /// Little-endian.
  @_noLocks @_noAllocation
  mutating func put(_ number: UInt16) {
    put(UInt8(truncatingIfNeeded: number))
    put(UInt8(truncatingIfNeeded: number >> 8))
  }

  @_noLocks @_noAllocation
  mutating func put(_ number: UInt32) {
    put(UInt16(truncatingIfNeeded: number))
    put(UInt16(truncatingIfNeeded: number >> 16))
  }

  @_noLocks @_noAllocation
  mutating func put(_ number: UInt64) {
    put(UInt32(truncatingIfNeeded: number))
    put(UInt32(truncatingIfNeeded: number >> 32))
  }

  @_noLocks @_noAllocation
  mutating func putBigEndian(_ number: UInt16) { put(number.byteSwapped) }

  @_noLocks @_noAllocation
  mutating func putBigEndian(_ number: UInt32) { put(number.byteSwapped) }

  /// What has been written since an offset.
  @_noLocks @_noAllocation
  func bytes(from offset: Int) -> UnsafeRawBufferPointer {
    precondition(offset >= 0 && offset <= byteCount, "only what was written")
    // SAFETY: just checked.
    return unsafe UnsafeRawBufferPointer(start: base + offset, count: byteCount - offset)
  }
}

/// The other way round. Reads only what the parser has checked to be there.
@safe
struct ByteReader {
  private let base: UnsafeRawPointer
  private var offset = 0

  @_noLocks @_noAllocation
  init(_ base: UnsafeRawPointer) { unsafe self.base = unsafe base }

  @_noLocks @_noAllocation
  mutating func byte() -> UInt8 {
    // SAFETY: the parser calls for the parameters of a code only when all of them are there.
    let byte = unsafe base.load(fromByteOffset: offset, as: UInt8.self)
    offset += 1
    return byte
  }

  @_noLocks @_noAllocation
  mutating func word() -> UInt16 {
    let low = UInt16(byte())
    return low | UInt16(byte()) << 8
  }

  @_noLocks @_noAllocation
  mutating func long() -> UInt32 {
    let low = UInt32(word())
    return low | UInt32(word()) << 16
  }

  @_noLocks @_noAllocation
  mutating func signedLong() -> Int32 { Int32(bitPattern: long()) }

  @_noLocks @_noAllocation
  mutating func quad() -> UInt64 {
    let low = UInt64(long())
    return low | UInt64(long()) << 32
  }
}
