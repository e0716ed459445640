// What an amplifier handed over, counted where every frame passes.

public import RT
public import Signal

/// `due == frames + lost + paused`, if the amplifier numbers its frames as the contract says: the
/// left side comes from the numbers, the right one from what was handed over and what each frame
/// said of the gap before it.
@frozen
public struct DeliveryAccount: Sendable, BitwiseCopyable {
  /// Handed over.
  public var frames: UInt64 = 0
  /// Sample periods up to the newest frame, by its number.
  public var due: UInt64 = 0
  /// Periods in which the amplifier made no conversion.
  public var paused: UInt64 = 0
  /// Conversions that never became a frame, by the raw value of what the amplifier came back from
  /// (`Recovery.Cause`); 0: the frame after them came without any such fault.
  public var lostByCause = InlineArray<16, UInt64>(repeating: 0)
  /// Of `frames`: read after the next conversion was already due.
  public var late: UInt64 = 0
  /// Of `frames`: with a status word that the amplifier cannot send.
  public var corrupt: UInt64 = 0
  /// Of `frames`: without some of the channels; in no other of these counts.
  public var incomplete: UInt64 = 0
  /// Number of the first, and when it was ready.
  public var firstIndex: UInt64 = 0
  public var firstEdge = MonotonicInstant(nanoseconds: 0)
  /// When the newest one was ready.
  public var lastEdge = MonotonicInstant(nanoseconds: 0)

  @inlinable public init() {}

  @_noLocks @_noAllocation
  @inlinable public mutating func note(_ header: FrameHeader) {
    if frames == 0 {
      firstIndex = header.sampleIndex
      firstEdge = header.edgeTime
    }
    frames &+= 1
    due = header.sampleIndex &+ 1
    paused &+= UInt64(header.pausedBefore)
    let cause = Int(header.recovery.rawValue & 15)
    lostByCause[cause] &+= UInt64(header.lostBefore &- header.pausedBefore)
    if header.flags.rawValue & FrameFlags.late.rawValue != 0 { late &+= 1 }
    if header.flags.rawValue & FrameFlags.incomplete.rawValue != 0 {
      incomplete &+= 1
    } else if header.flags.rawValue & FrameFlags.corrupt.rawValue != 0 {
      corrupt &+= 1
    }
    lastEdge = header.edgeTime
  }

  /// What `due` would be if conversions came at exactly this rate; nil before the second frame.
  ///
  /// - Parameter rate: a second.
  public func dueByClock(rate: Double) -> Double? {
    guard frames > 1 else { return nil }
    return Double(firstIndex) + 1 + (lastEdge - firstEdge).seconds * rate
  }

  public var lost: UInt64 {
    lostByCause.indices.reduce(0) { $0 + lostByCause[$1] }
  }
}
