// What cyclictest knows of a run, as values: what its texts are made of.

/// One of the measuring threads. Values are in the run's unit, µs or ns, truncated.
public struct CyclictestThread: Sendable, Equatable {
  /// The kernel's number of the thread; 0 before its first wake-up.
  public var threadID: Int32
  /// 0 where the policy has none.
  public var priority: Int
  public var intervalMicroseconds: Int64
  public var cycles: UInt64
  /// Newest value; of the others nothing is meant at 0 cycles.
  public var last: Int64
  public var min: Int64
  public var max: Int64
  /// Of all values.
  public var sum: Int64
  /// The CPU that it was pinned to; nil: none.
  public var cpu: Int?
  /// Bin i counts values from i up to, not including, i + 1; empty without a histogram.
  public var bins: [UInt64]
  /// Values beyond the last bin, and the first of the wake-ups, counted from 0, that had them.
  public var overflowCount: UInt64
  public var overflowCycles: [UInt64]

  public init(
    threadID: Int32, priority: Int, intervalMicroseconds: Int64, cycles: UInt64, last: Int64,
    min: Int64, max: Int64, sum: Int64, cpu: Int? = nil, bins: [UInt64] = [],
    overflowCount: UInt64 = 0, overflowCycles: [UInt64] = []
  ) {
    self.threadID = threadID
    self.priority = priority
    self.intervalMicroseconds = intervalMicroseconds
    self.cycles = cycles
    self.last = last
    self.min = min
    self.max = max
    self.sum = sum
    self.cpu = cpu
    self.bins = bins
    self.overflowCount = overflowCount
    self.overflowCycles = overflowCycles
  }

  /// Truncated; 0 without a value.
  var mean: Int64 { cycles == 0 ? 0 : sum / Int64(clamping: cycles) }
  /// Before the first value cyclictest shows a million and 0.
  var shownMin: Int64 { cycles == 0 ? 1_000_000 : min }
  var shownMax: Int64 { cycles == 0 ? 0 : max }
}

/// A value above `--spike`.
public struct CyclictestSpike: Sendable, Equatable {
  public var thread: Int
  public var value: Int64
  /// CLOCK_MONOTONIC.
  public var microseconds: Int64

  public init(thread: Int, value: Int64, microseconds: Int64) {
    self.thread = thread
    self.value = value
    self.microseconds = microseconds
  }
}

public struct CyclictestRun: Sendable, Equatable {
  /// -N: values are nanoseconds.
  public var isInNanoseconds: Bool
  public var threads: [CyclictestThread]
  /// -H: a column with the sum of all threads.
  public var showsSums: Bool

  public init(isInNanoseconds: Bool, threads: [CyclictestThread], showsSums: Bool = false) {
    self.isInNanoseconds = isInNanoseconds
    self.threads = threads
    self.showsSums = showsSums
  }
}
