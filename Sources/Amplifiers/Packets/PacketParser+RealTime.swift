// Real-time: finds packets among bytes. Acquisition thread; every byte is looked at a fixed number
// of times; no system calls.
//
// Headers and footers occur in data, too. Three packets in a row, with counters that follow each
// other, are believed to be packets; from then on one after the other, until one does not fit.
// Then the search begins again, one byte further, and every byte that is passed over is counted.

import Signal

/// Where in a stream of bytes packets begin. A value without memory of its own.
package struct PacketParser: BitwiseCopyable {
  /// Bytes that belonged to no packet.
  package private(set) var skippedBytes: UInt64 = 0
  /// Times that packets stopped being where they should.
  private(set) var lostLocks: UInt64 = 0
  private(set) var isLocked = false
  /// Whether the packet that was found last is the first after a search.
  private(set) var isFirst = false

  /// Packets in a row that are believed.
  static var lockCount: Int { @_noLocks @_noAllocation get { 3 } }
  /// Counters of two of them may differ by so much: some loss must not keep the lock away.
  private static var lockStride: Int { @_noLocks @_noAllocation get { 8 } }

  @_noLocks @_noAllocation
  package init() {}

  /// The next packet.
  ///
  /// - Parameters:
  ///   - available: bytes from `bytes` on.
  ///   - passed: becomes the number of bytes before the packet; without one, of bytes that need not
  ///     be looked at again.
  /// - Returns: whether there is a packet `passed` bytes from here, all of it.
  @_noLocks @_noAllocation
  package mutating func find(
    in bytes: UnsafeRawPointer, available: Int, _ format: PacketFormat, passed: inout Int
  ) -> Bool {
    passed = 0
    let length = format.byteCount
    if isLocked {
      if available < length + format.successorByteCount { return false }
      // SAFETY: a whole packet is available, and the next one's header where it is looked at.
      if unsafe format.fits(bytes) && format.isFollowed(bytes) {
        isFirst = false
        return true
      }
      giveUp()
    }
    while available - passed >= 8 {
      // SAFETY: eight bytes are available from there on.
      let candidate = unsafe bytes + passed
      let head = unsafe candidate.loadUnaligned(as: UInt64.self)
      if head & format.headerMask == format.header {
        switch unsafe judge(candidate, available: available - passed, format) {
        case .packets:
          isLocked = true
          isFirst = true
          return true
        case .undecided: return false
        case .none: break
        }
      }
      passed += 1
      skippedBytes &+= 1
    }
    return false
  }

  /// What was found last cannot be one of the packets that went before: the search begins again.
  @_noLocks @_noAllocation
  mutating func giveUp() {
    if isLocked { lostLocks &+= 1 }
    isLocked = false
  }

  /// One byte belonged to no packet.
  @_noLocks @_noAllocation
  mutating func skip() { skippedBytes &+= 1 }

  private enum Judgement {
    case packets, undecided, none
  }

  @_noLocks @_noAllocation
  private func judge(_ bytes: UnsafeRawPointer, available: Int, _ format: PacketFormat)
    -> Judgement
  {
    let length = format.byteCount
    var previous = -1
    for index in 0..<Self.lockCount {
      if available < (index + 1) * length { return .undecided }
      // SAFETY: so many packets' bytes are available.
      let packet = unsafe bytes + index * length
      if unsafe !format.fits(packet) { return .none }
      let counter = unsafe format.counter(packet)
      if previous >= 0 {
        let step = (counter - previous) & 0xFF
        if step < 1 || step > Self.lockStride { return .none }
      }
      previous = counter
    }
    return .packets
  }
}
