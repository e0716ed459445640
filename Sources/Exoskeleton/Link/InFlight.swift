// Which commands wait for their acknowledgement, and how long the others waited. Fixed memory.

internal import RT

/// The newest 64 commands by sequence number. A command that is overwritten before it was
/// acknowledged is counted as unacknowledged.
struct InFlightTable: Sendable {
  static var capacity: Int { @_noLocks @_noAllocation get { 64 } }

  struct Entry: Sendable {
    var isWaiting = false
    var sequence: UInt16 = 0
    var written = MonotonicInstant(nanoseconds: 0)

    @_noLocks @_noAllocation
    init() {}
  }

  private var entries = InlineArray<64, Entry>(repeating: Entry())
  private(set) var waitingCount = 0
  private(set) var overwrittenCount: UInt64 = 0

  @_noLocks @_noAllocation
  mutating func write(_ sequence: UInt16, at now: MonotonicInstant) {
    let index = Int(sequence) & (Self.capacity - 1)
    if entries[index].isWaiting {
      overwrittenCount += 1
    } else {
      waitingCount += 1
    }
    entries[index].isWaiting = true
    entries[index].sequence = sequence
    entries[index].written = now
  }

  @_noLocks @_noAllocation
  func isWaiting(_ sequence: UInt16) -> Bool {
    let index = Int(sequence) & (Self.capacity - 1)
    return entries[index].isWaiting && entries[index].sequence == sequence
  }

  /// When the command was written; nil if none with this number waits (a second acknowledgement,
  /// or one of long ago).
  @_noLocks @_noAllocation
  mutating func acknowledge(_ sequence: UInt16) -> MonotonicInstant? {
    let index = Int(sequence) & (Self.capacity - 1)
    guard entries[index].isWaiting, entries[index].sequence == sequence else { return nil }
    entries[index].isWaiting = false
    waitingCount -= 1
    return entries[index].written
  }
}

/// Round trips not taken yet, oldest first; when 64 wait, the oldest gives way and is counted.
struct RoundTrips: Sendable {
  static var capacity: Int { @_noLocks @_noAllocation get { 64 } }

  private var times = InlineArray<64, Int64>(repeating: 0)
  private var first = 0
  private var count = 0
  private(set) var droppedCount: UInt64 = 0

  @_noLocks @_noAllocation
  mutating func add(_ time: Nanoseconds) {
    if count == Self.capacity {
      first = (first + 1) & (Self.capacity - 1)
      count -= 1
      droppedCount += 1
    }
    times[(first + count) & (Self.capacity - 1)] = time.rawValue
    count += 1
  }

  @_noLocks @_noAllocation
  mutating func take() -> Nanoseconds? {
    guard count > 0 else { return nil }
    let time = times[first]
    first = (first + 1) & (Self.capacity - 1)
    count -= 1
    return Nanoseconds(time)
  }
}
