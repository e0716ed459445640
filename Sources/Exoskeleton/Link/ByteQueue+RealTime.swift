// Real-time: the decoding thread. Bytes that have come and are not understood yet. Each operation
// is a few loads; `moveToFront` moves at most the beginning of one message. No system call.

/// Owns its memory, taken once. One thread at a time.
@safe
struct ByteQueue: ~Copyable, @unchecked Sendable {
  /// A whole read of a busy line fits.
  static var capacity: Int { @_noLocks @_noAllocation get { 1024 } }

  private let memory: UnsafeMutableRawPointer
  private var start = 0
  private var end = 0
  /// Bytes that belonged to no good message.
  private(set) var skippedBytes: UInt64 = 0
  /// Whole messages whose checksum was wrong.
  var checksumErrors: UInt64 = 0

  init() {
    unsafe memory = .allocate(byteCount: Self.capacity, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity)
  }

  deinit { unsafe memory.deallocate() }

  var count: Int { @_noLocks @_noAllocation get { end - start } }

  /// The byte at an offset below `count`.
  @_noLocks @_noAllocation
  func byte(_ offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < end - start, "no byte beyond those that have come")
    // SAFETY: just checked.
    return unsafe memory.load(fromByteOffset: start + offset, as: UInt8.self)
  }

  /// The bytes from an offset on; as many as were asked for are there.
  @_noLocks @_noAllocation
  func bytes(_ offset: Int, count: Int) -> UnsafeRawBufferPointer {
    precondition(offset >= 0 && count >= 0 && offset + count <= end - start, "they have come")
    // SAFETY: just checked.
    return unsafe UnsafeRawBufferPointer(start: memory + start + offset, count: count)
  }

  /// Room for bytes to come. Whoever cannot understand a full queue must skip in it.
  @_noLocks @_noAllocation
  mutating func freeMemory() -> UnsafeMutableRawBufferPointer {
    moveToFront()
    // SAFETY: `end` never exceeds the capacity.
    return unsafe UnsafeMutableRawBufferPointer(start: memory + end, count: Self.capacity - end)
  }

  /// Says that so many bytes were put at the beginning of `freeMemory()`.
  @_noLocks @_noAllocation
  mutating func received(_ byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= Self.capacity - end, "received bytes fit")
    end += byteCount
  }

  /// Takes a message away.
  @_noLocks @_noAllocation
  mutating func drop(_ byteCount: Int) { start += min(byteCount, count) }

  /// Takes away what cannot be understood.
  @_noLocks @_noAllocation
  mutating func skip(_ byteCount: Int = 1) {
    let taken = min(byteCount, count)
    start += taken
    skippedBytes += UInt64(taken)
  }

  /// Forgets everything.
  @_noLocks @_noAllocation
  mutating func clear() { skip(count) }

  @_noLocks @_noAllocation
  private mutating func moveToFront() {
    guard start > 0 else { return }
    // SAFETY: both regions lie within the memory; copyMemory allows an overlap.
    if end > start { unsafe memory.copyMemory(from: memory + start, byteCount: end - start) }
    end -= start
    start = 0
  }
}
