// How long things took: every value counted, in fixed memory, without a system call.
//
// Log-linear: 128 buckets for each power of two, so that a quantile is at most 1/128 above the
// true value; values under 256 ns are exact. Minimum, maximum, count and sum are exact.

/// Counts spans of 0 … 2^40 ns (about 18 minutes); longer ones fall into the last bucket.
@safe
public struct LatencyHistogram: ~Copyable, @unchecked Sendable {
  @usableFromInline static var exactBits: Int { 7 }
  @usableFromInline static var bucketCount: Int { (40 - 7 + 1) * 128 }

  @usableFromInline let buckets: UnsafeMutablePointer<UInt64>
  @usableFromInline var minimum = Int64.max
  @usableFromInline var maximum = Int64.min
  @usableFromInline var sum: Int64 = 0
  @usableFromInline var recorded: UInt64 = 0
  /// Spans that ended before they began: a clock or a program is wrong. Not in the distribution.
  public private(set) var negativeCount: UInt64 = 0
  /// Longer spans are counted, beside everything else that is done with them.
  public let limit: Nanoseconds
  public private(set) var overLimitCount: UInt64 = 0

  /// Takes 34 KB and touches all of it.
  public init(limit: Nanoseconds = Nanoseconds(.max)) {
    self.limit = limit
    unsafe buckets = .allocate(capacity: Self.bucketCount)
    unsafe buckets.initialize(repeating: 0, count: Self.bucketCount)
  }

  deinit { unsafe buckets.deallocate() }

  /// Real-time: constant time, a few nanoseconds.
  @_noLocks @_noAllocation
  public mutating func record(_ span: Nanoseconds) {
    let value = span.rawValue
    guard value >= 0 else {
      negativeCount &+= 1
      return
    }
    let bucket = Self.bucket(of: UInt64(truncatingIfNeeded: value))
    unsafe buckets[bucket] &+= 1
    if value < minimum { minimum = value }
    if value > maximum { maximum = value }
    sum &+= value
    recorded &+= 1
    if value > limit.rawValue { overLimitCount &+= 1 }
  }

  @_noLocks @_noAllocation
  static func bucket(of value: UInt64) -> Int {
    guard value >= 256 else { return Int(truncatingIfNeeded: value) }
    let shift = 63 &- value.leadingZeroBitCount &- exactBits
    let index = Int(truncatingIfNeeded: value &>> UInt64(shift)) &+ shift &* 128
    return index < bucketCount ? index : bucketCount &- 1
  }

  /// The largest value that falls into a bucket.
  static func upperBound(of bucket: Int) -> Int64 {
    guard bucket >= 256 else { return Int64(bucket) }
    let shift = bucket / 128 - 1
    return (Int64(bucket - shift * 128 + 1) << Int64(shift)) - 1
  }

  public var count: UInt64 { @_noLocks @_noAllocation get { recorded } }

  /// The smallest recorded value below or at which so large a share of all lies; at most 1/128
  /// above the true one, and never beyond the exact extremes. Zero when nothing was recorded.
  ///
  /// - Parameter quantile: 0 … 1.
  public func value(atQuantile quantile: Double) -> Nanoseconds {
    guard recorded > 0 else { return .zero }
    let wanted = max(1, UInt64((quantile * Double(recorded)).rounded(.up)))
    var seen: UInt64 = 0
    for bucket in 0..<Self.bucketCount {
      unsafe seen += buckets[bucket]
      if seen >= wanted {
        return Nanoseconds(max(minimum, min(maximum, Self.upperBound(of: bucket))))
      }
    }
    return Nanoseconds(maximum)
  }

  public var summary: LatencySummary { distribution.summary }

  /// A copy as a value, for reports. Takes memory: not for the real-time path.
  public var distribution: LatencyDistribution {
    guard recorded > 0 else { return LatencyDistribution(negativeCount: negativeCount) }
    var bins: [LatencyBin] = []
    var lower: Int64 = 0
    for bucket in 0..<Self.bucketCount {
      let upper = Self.upperBound(of: bucket)
      let count = unsafe buckets[bucket]
      if count > 0 {
        bins.append(
          LatencyBin(lower: Nanoseconds(lower), upper: Nanoseconds(upper), count: count))
      }
      lower = upper + 1
    }
    return LatencyDistribution(
      bins: bins, count: recorded, min: Nanoseconds(minimum), max: Nanoseconds(maximum),
      mean: Nanoseconds(sum / Int64(recorded)), negativeCount: negativeCount)
  }

  /// Adds what another histogram counted.
  public mutating func merge(_ other: borrowing LatencyHistogram) {
    for bucket in 0..<Self.bucketCount { unsafe buckets[bucket] += other.buckets[bucket] }
    minimum = Swift.min(minimum, other.minimum)
    maximum = Swift.max(maximum, other.maximum)
    sum += other.sum
    recorded += other.recorded
    overLimitCount += other.overLimitCount
    negativeCount += other.negativeCount
  }

  /// Forgets everything.
  public mutating func reset() {
    unsafe buckets.update(repeating: 0, count: Self.bucketCount)
    minimum = .max
    maximum = .min
    sum = 0
    recorded = 0
    negativeCount = 0
    overLimitCount = 0
  }
}

/// A distribution in ten numbers. All zero when nothing was recorded.
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
