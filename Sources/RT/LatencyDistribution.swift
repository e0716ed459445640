// What a histogram held at a moment, as a value: for reports, files and comparisons.
//
// Not for the real-time path: it is made of arrays.

/// Where so many spans lay: from `lower` to `upper`, both included.
public struct LatencyBin: Sendable, Equatable {
  public var lower: Nanoseconds
  public var upper: Nanoseconds
  public var count: UInt64

  public init(lower: Nanoseconds, upper: Nanoseconds, count: UInt64) {
    self.lower = lower
    self.upper = upper
    self.count = count
  }
}

public struct LatencyDistribution: Sendable, Equatable {
  /// Those with a count, rising.
  public var bins: [LatencyBin]
  public var count: UInt64
  /// Exact, as `max` is, and `mean` of all but enormous sums; zero when nothing was recorded.
  public var min: Nanoseconds
  public var max: Nanoseconds
  public var mean: Nanoseconds
  /// Spans that ended before they began; in none of the others.
  public var negativeCount: UInt64

  public init(
    bins: [LatencyBin] = [], count: UInt64 = 0, min: Nanoseconds = .zero, max: Nanoseconds = .zero,
    mean: Nanoseconds = .zero, negativeCount: UInt64 = 0
  ) {
    self.bins = bins
    self.count = count
    self.min = min
    self.max = max
    self.mean = mean
    self.negativeCount = negativeCount
  }

  /// The smallest recorded value below or at which so large a share of all lies, as the bins know
  /// it: at most 1/128 above the true one, and never beyond the exact extremes. Zero when nothing
  /// was recorded.
  ///
  /// - Parameter quantile: 0 … 1.
  public func value(atQuantile quantile: Double) -> Nanoseconds {
    let wanted = Swift.max(1, UInt64((quantile * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for bin in bins {
      seen += bin.count
      if seen >= wanted { return Swift.max(min, Swift.min(max, bin.upper)) }
    }
    return max
  }

  public var summary: LatencySummary {
    LatencySummary(
      count: count, min: min, mean: mean, p50: value(atQuantile: 0.5),
      p90: value(atQuantile: 0.9), p99: value(atQuantile: 0.99), p99_9: value(atQuantile: 0.999),
      p99_99: value(atQuantile: 0.9999), p99_999: value(atQuantile: 0.99999), max: max)
  }
}
