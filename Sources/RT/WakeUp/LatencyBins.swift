// cyclictest's histogram: one bin for each microsecond, and the cycles that went beyond the last.

/// Bin i counts values from i up to, not including, i + 1 units. In fixed memory.
@safe
public struct LatencyBins: ~Copyable, @unchecked Sendable {
  /// 0: nothing is binned.
  public let binCount: Int
  private let counts: UnsafeMutablePointer<UInt64>
  private let cycles: UnsafeMutablePointer<UInt64>
  /// Values beyond the last bin.
  public private(set) var overflowCount: UInt64 = 0

  /// Takes and touches 16 bytes for each bin.
  public init(binCount: Int) {
    self.binCount = binCount
    unsafe counts = .allocate(capacity: max(1, binCount))
    unsafe counts.initialize(repeating: 0, count: max(1, binCount))
    unsafe cycles = .allocate(capacity: max(1, binCount))
    unsafe cycles.initialize(repeating: 0, count: max(1, binCount))
  }

  deinit {
    unsafe counts.deallocate()
    unsafe cycles.deallocate()
  }

  /// Real-time: constant time. A value below 0 counts as 0.
  ///
  /// - Parameter cycle: the number of the wake-up, from 0; kept for the first `binCount` values
  ///   beyond the last bin.
  @_noLocks @_noAllocation
  public mutating func record(_ units: Int64, cycle: Int64) {
    guard binCount > 0 else { return }
    let bin = units < 0 ? 0 : Int(truncatingIfNeeded: units)
    if bin < binCount {
      // Not `&+= 1`: Swift 6.3.1 makes a broken module of that under ThreadSanitizer.
      unsafe counts[bin] = counts[bin] &+ 1
      return
    }
    if overflowCount < UInt64(truncatingIfNeeded: binCount) {
      let place = Int(truncatingIfNeeded: overflowCount)
      unsafe cycles[place] = UInt64(truncatingIfNeeded: cycle)
    }
    overflowCount &+= 1
  }

  /// Copies, for reports.
  public var bins: [UInt64] { (0..<binCount).map { unsafe counts[$0] } }
  public var overflowCycles: [UInt64] {
    (0..<Int(min(overflowCount, UInt64(binCount)))).map { unsafe cycles[$0] }
  }
}

/// A wake-up that was later than asked for.
public struct LatencySpike: BitwiseCopyable, Sendable, Equatable {
  public var thread: Int
  /// In the run's unit: microseconds or nanoseconds.
  public var units: Int64
  public var woke: MonotonicInstant

  @_noLocks @_noAllocation
  public init(thread: Int, units: Int64, woke: MonotonicInstant) {
    self.thread = thread
    self.units = units
    self.woke = woke
  }
}

/// The first so many spikes; all of them are counted.
@safe
public struct LatencySpikes: ~Copyable, @unchecked Sendable {
  private let capacity: Int
  private let kept: UnsafeMutablePointer<LatencySpike>
  public private(set) var count: UInt64 = 0

  public init(capacity: Int) {
    self.capacity = capacity
    let none = LatencySpike(thread: 0, units: 0, woke: MonotonicInstant(nanoseconds: 0))
    unsafe kept = .allocate(capacity: max(1, capacity))
    unsafe kept.initialize(repeating: none, count: max(1, capacity))
  }

  deinit { unsafe kept.deallocate() }

  /// Real-time: constant time.
  @_noLocks @_noAllocation
  public mutating func record(_ spike: LatencySpike) {
    if count < UInt64(truncatingIfNeeded: capacity) {
      unsafe kept[Int(truncatingIfNeeded: count)] = spike
    }
    count &+= 1
  }

  /// A copy, for reports.
  public var first: [LatencySpike] {
    (0..<Int(min(count, UInt64(capacity)))).map { unsafe kept[$0] }
  }
}
