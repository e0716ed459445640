// Real-time: whether what comes is late or new. Acquisition thread; a few operations; no system
// calls.
//
// After a long silence the clock must say how often the counter has gone round, or that the device
// began anew. It can only be asked when nothing waits any more upstream: in a kernel's buffer that
// was full, or in a host that stood still. What was kept back comes faster than it was sampled.

import RT

/// Holds a packet back until its successors come as fast as they are sampled.
struct PaceWatch: BitwiseCopyable {
  private var heldSince = MonotonicInstant(nanoseconds: 0)
  private var markedAt = MonotonicInstant(nanoseconds: 0)
  private var markedCount = 0
  private(set) var isHolding = false
  private var sum = 0.0
  private var sumCount = 0.0
  private var lastArrival = MonotonicInstant(nanoseconds: 0)
  /// What the clock says of the packet in question, by all that has come since it came at its
  /// pace: the jitter of one arrival is more than a sample.
  private(set) var elapsed = 0.0

  private static var interval: Nanoseconds { @_noLocks @_noAllocation get { .milliseconds(40) } }
  private static var limit: Nanoseconds { @_noLocks @_noAllocation get { .seconds(1) } }

  @_noLocks @_noAllocation
  init() {}

  /// - Parameters:
  ///   - packets: that wait, the one in question included.
  ///   - elapsed: periods up to it, by the newest arrival.
  ///   - isFull: there is no room for many more.
  /// - Returns: whether to wait.
  @_noLocks @_noAllocation
  mutating func holds(
    at now: MonotonicInstant, packets: Int, arrival: MonotonicInstant, elapsed: Double,
    period: Double, isFull: Bool
  ) -> Bool {
    if !isHolding {
      isHolding = true
      heldSince = now
      mark(now, packets)
    }
    if arrival > lastArrival {
      lastArrival = arrival
      sum += elapsed
      sumCount += 1
    }
    let span = now - markedAt
    if span < Self.interval && !isFull { return true }
    let expected = Double(span.rawValue) / period
    let isFast = Double(packets - markedCount) > 1.5 * expected + 4
    if isFast && !isFull && now - heldSince < Self.limit {
      mark(now, packets)
      return true
    }
    isHolding = false
    self.elapsed = sumCount > 0 ? sum / sumCount : elapsed
    return false
  }

  /// The packet in question was none, after all.
  @_noLocks @_noAllocation
  mutating func release() { isHolding = false }

  @_noLocks @_noAllocation
  private mutating func mark(_ now: MonotonicInstant, _ packets: Int) {
    markedAt = now
    markedCount = packets
    sum = 0
    sumCount = 0
  }
}

/// Of a device that counts nothing: packets that are missing although every byte fitted, because
/// from some moment on all of them are late by the same time.
struct LatenessWatch: BitwiseCopyable {
  private var begin = MonotonicInstant(nanoseconds: 0)
  private var least = Double.infinity
  private var most = -Double.infinity

  private static var window: Nanoseconds { @_noLocks @_noAllocation get { .milliseconds(250) } }

  @_noLocks @_noAllocation
  init() {}

  /// - Parameters:
  ///   - late: periods that the newest packet is later than the clock expects.
  ///   - period: nanoseconds.
  /// - Returns: packets that were lost.
  @_noLocks @_noAllocation
  mutating func note(late: Double, at now: MonotonicInstant, period: Double) -> Int64 {
    if late < least { least = late }
    if late > most { most = late }
    if now - begin < Self.window { return 0 }
    let found = least
    // What waited somewhere and is worked off becomes less and less late.
    let isSteady = most - least < found / 2
    begin = now
    least = .infinity
    most = -.infinity
    // Three milliseconds and four packets: more than a host's jitter at its best.
    return isSteady && found > 4 && found * period > 3e6 ? Int64(found + 0.5) : 0
  }

  @_noLocks @_noAllocation
  mutating func reset() { self = LatenessWatch() }
}
