// A distribution in ten numbers.

/// All zero when nothing was recorded.
public struct LatencySummary: Sendable, Equatable {
  public var count: UInt64
  public var min: Nanoseconds
  public var mean: Nanoseconds
  public var p50: Nanoseconds
  public var p90: Nanoseconds
  public var p99: Nanoseconds
  public var p99_9: Nanoseconds
  public var p99_99: Nanoseconds
  public var p99_999: Nanoseconds
  public var max: Nanoseconds

  public init(
    count: UInt64 = 0, min: Nanoseconds = .zero, mean: Nanoseconds = .zero,
    p50: Nanoseconds = .zero, p90: Nanoseconds = .zero, p99: Nanoseconds = .zero,
    p99_9: Nanoseconds = .zero, p99_99: Nanoseconds = .zero, p99_999: Nanoseconds = .zero,
    max: Nanoseconds = .zero
  ) {
    self.count = count
    self.min = min
    self.mean = mean
    self.p50 = p50
    self.p90 = p90
    self.p99 = p99
    self.p99_9 = p99_9
    self.p99_99 = p99_99
    self.p99_999 = p99_999
    self.max = max
  }
}
