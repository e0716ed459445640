// How long things took: every value counted, in fixed memory, without a system call.
//
// Log-linear: 128 buckets for each power of two, so that a quantile is at most 1/128 above the
// true value; values under 256 ns are exact. Minimum, maximum and count are exact. So is the sum
// below 2^63 ns; there it stays, and the mean is reckoned from the buckets.
//
// One thread records; others may look on through `reader` while it does.

import Synchronization

/// Counts spans of 0 … 2^40 ns (about 18 minutes); longer ones fall into the last bucket, which
/// reaches up to the maximum then.
@safe
public struct LatencyHistogram: ~Copyable, @unchecked Sendable {
  /// Keeps the memory; touched before and after recording only.
  private let memory: SharedWords
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  /// Longer spans are counted, beside everything else that is done with them.
  public let limit: Nanoseconds

  /// Takes 35 KB and touches all of it.
  public init(limit: Nanoseconds = Nanoseconds(.max)) {
    self.limit = limit
    memory = SharedWords(count: HistogramWords.count)
    unsafe words = memory.words
    unsafe words.writeSigned(HistogramWords.minimum, .max)
    unsafe words.writeSigned(HistogramWords.maximum, .min)
  }

  /// Real-time: constant time, a few nanoseconds.
  @_noLocks @_noAllocation
  public mutating func record(_ span: Nanoseconds) {
    let value = span.rawValue
    guard value >= 0 else {
      unsafe words.add(HistogramWords.negative, 1)
      return
    }
    widen(to: value, value)
    addToSum(UInt64(truncatingIfNeeded: value))
    if value > limit.rawValue { unsafe words.add(HistogramWords.overLimit, 1) }
    count(1, in: HistogramWords.bucket(of: UInt64(truncatingIfNeeded: value)))
  }

  /// Records what the periods would have shown that a late wake-up slept over: it was due at their
  /// instants, too, and later by less. Those are late − period, late − 2 period, … .
  ///
  /// Real-time: at most one step for each of the buckets, however many periods there were.
  ///
  /// - Parameters:
  ///   - count: of the periods; what would lie before the wake-up was due is not recorded.
  @_noLocks @_noAllocation
  public mutating func recordMissed(_ count: Int64, late: Nanoseconds, period: Nanoseconds) {
    guard period > .zero, late >= period, count > 0 else { return }
    let step = period.rawValue
    let whole = late.rawValue / step
    var left = count < whole ? count : whole
    var value = late.rawValue - step
    widen(to: late.rawValue - left &* step, value)
    while left > 0 {
      let bucket = HistogramWords.bucket(of: UInt64(truncatingIfNeeded: value))
      // As many as lie in this bucket.
      let fitting = (value &- HistogramWords.lowerBound(of: bucket)) / step &+ 1
      let here = fitting < left ? fitting : left
      addToSum(HistogramWords.sum(of: here, from: value &- (here &- 1) &* step, to: value))
      self.count(UInt64(truncatingIfNeeded: here), in: bucket)
      value &-= here &* step
      left &-= here
    }
  }

  /// Stops at `Int64.max`.
  @_noLocks @_noAllocation
  private mutating func addToSum(_ nanoseconds: UInt64) {
    // Both are below 2^63.
    let sum = unsafe words.read(HistogramWords.sum) &+ nanoseconds
    unsafe words.write(
      HistogramWords.sum, sum < HistogramWords.fullSum ? sum : HistogramWords.fullSum)
  }

  @_noLocks @_noAllocation
  private mutating func widen(to smallest: Int64, _ largest: Int64) {
    if unsafe smallest < words.readSigned(HistogramWords.minimum) {
      unsafe words.writeSigned(HistogramWords.minimum, smallest)
    }
    if unsafe largest > words.readSigned(HistogramWords.maximum) {
      unsafe words.writeSigned(HistogramWords.maximum, largest)
    }
  }

  /// Last of all: who sees the count sees the extremes and the sum that go with it.
  @_noLocks @_noAllocation
  private mutating func count(_ spans: UInt64, in bucket: Int) {
    unsafe words.add(HistogramWords.recorded, spans)
    let index = HistogramWords.firstBucket &+ bucket
    unsafe words[index].store(words.read(index) &+ spans, ordering: .releasing)
  }

  public var count: UInt64 {
    @_noLocks @_noAllocation get { unsafe words.read(HistogramWords.recorded) }
  }

  /// Spans that ended before they began: a clock or a program is wrong. Not in the distribution.
  public var negativeCount: UInt64 {
    @_noLocks @_noAllocation get { unsafe words.read(HistogramWords.negative) }
  }

  /// −1 ns when nothing was recorded.
  public var longest: Nanoseconds {
    @_noLocks @_noAllocation
    get {
      count == 0
        ? Nanoseconds(-1) : unsafe Nanoseconds(words.readSigned(HistogramWords.maximum))
    }
  }

  /// Spans beyond the limit, of those that were recorded one by one.
  public var overLimitCount: UInt64 {
    @_noLocks @_noAllocation get { unsafe words.read(HistogramWords.overLimit) }
  }

  /// For another thread, now and while this one records. Not for the real-time path.
  public var reader: LatencyReader { LatencyReader(memory: memory) }

  /// The smallest recorded value below or at which so large a share of all lies; at most 1/128
  /// above the true one, and never beyond the exact extremes. Zero when nothing was recorded.
  ///
  /// - Parameter quantile: 0 … 1.
  public func value(atQuantile quantile: Double) -> Nanoseconds {
    distribution.value(atQuantile: quantile)
  }

  public var summary: LatencySummary { distribution.summary }

  /// A copy as a value, for reports. Takes memory: not for the real-time path.
  public var distribution: LatencyDistribution { reader.distribution }

  /// Adds what another histogram counted.
  public mutating func merge(_ other: borrowing LatencyHistogram) {
    guard other.count > 0 || other.negativeCount > 0 else { return }
    unsafe words.add(HistogramWords.overLimit, other.overLimitCount)
    unsafe words.add(HistogramWords.negative, other.negativeCount)
    unsafe widen(
      to: other.words.readSigned(HistogramWords.minimum),
      other.words.readSigned(HistogramWords.maximum))
    unsafe addToSum(other.words.read(HistogramWords.sum))
    for bucket in 0..<HistogramWords.bucketCount {
      let spans = unsafe other.words.read(HistogramWords.firstBucket + bucket)
      if spans > 0 { count(spans, in: bucket) }
    }
  }

  /// Forgets everything.
  public mutating func reset() {
    for index in 0..<HistogramWords.count { unsafe words.write(index, 0) }
    unsafe words.writeSigned(HistogramWords.minimum, .max)
    unsafe words.writeSigned(HistogramWords.maximum, .min)
  }
}

/// What another thread's histogram holds, while that thread goes on recording.
@safe
public struct LatencyReader: Sendable {
  private let memory: SharedWords

  init(memory: SharedWords) { self.memory = memory }

  /// Spans beyond the histogram's limit, of those that were recorded one by one.
  public var overLimitCount: UInt64 { unsafe memory.words.read(HistogramWords.overLimit) }

  /// What had been recorded: every span counted lies between `min` and `max`, and `count` is the
  /// sum of the bins. `mean` may know of a span or two more. Takes memory.
  public var distribution: LatencyDistribution {
    let words = unsafe memory.words
    var bins: [LatencyBin] = []
    var total: UInt64 = 0
    for bucket in 0..<HistogramWords.bucketCount {
      let index = HistogramWords.firstBucket + bucket
      let count = unsafe words[index].load(ordering: .acquiring)
      guard count > 0 else { continue }
      total &+= count
      bins.append(
        LatencyBin(
          lower: Nanoseconds(HistogramWords.lowerBound(of: bucket)),
          upper: Nanoseconds(HistogramWords.upperBound(of: bucket)), count: count))
    }
    let negativeCount = unsafe words.read(HistogramWords.negative)
    guard total > 0 else { return LatencyDistribution(negativeCount: negativeCount) }
    let minimum = unsafe words.readSigned(HistogramWords.minimum)
    let maximum = unsafe words.readSigned(HistogramWords.maximum)
    let recorded = unsafe Swift.max(total, words.read(HistogramWords.recorded))
    let sum = unsafe words.read(HistogramWords.sum)
    if let last = bins.last, last.upper.rawValue == HistogramWords.largest {
      bins[bins.count - 1].upper = Nanoseconds(Swift.max(maximum, last.upper.rawValue))
    }
    let mean =
      sum < HistogramWords.fullSum
      ? Int64(sum / recorded) : Self.mean(of: bins, count: total, maximum)
    return LatencyDistribution(
      bins: bins, count: total, min: Nanoseconds(minimum), max: Nanoseconds(maximum),
      mean: Nanoseconds(Swift.max(minimum, Swift.min(maximum, mean))),
      negativeCount: negativeCount)
  }

  /// From the middles of the bins: right to 1/256, but for what lies beyond the last bucket.
  private static func mean(of bins: [LatencyBin], count: UInt64, _ maximum: Int64) -> Int64 {
    let shares = bins.map { bin in
      let upper = Swift.min(bin.upper.rawValue, maximum)
      return (Double(bin.lower.rawValue) + Double(upper)) / 2 * Double(bin.count) / Double(count)
    }
    // A Double's neighbour of the largest whole number is beyond it.
    return Int64(exactly: shares.reduce(0, +).rounded()) ?? maximum
  }
}

/// Where things stand in a histogram's memory.
enum HistogramWords {
  static var minimum: Int { @_noLocks @_noAllocation get { 0 } }
  static var maximum: Int { @_noLocks @_noAllocation get { 1 } }
  static var sum: Int { @_noLocks @_noAllocation get { 2 } }
  static var recorded: Int { @_noLocks @_noAllocation get { 3 } }
  static var negative: Int { @_noLocks @_noAllocation get { 4 } }
  static var overLimit: Int { @_noLocks @_noAllocation get { 5 } }
  static var firstBucket: Int { @_noLocks @_noAllocation get { 8 } }
  static var bucketCount: Int { @_noLocks @_noAllocation get { (40 - 7 + 1) * 128 } }
  static var count: Int { firstBucket + bucketCount }
  /// Where the sum stays.
  static var fullSum: UInt64 { @_noLocks @_noAllocation get { 1 &<< 63 &- 1 } }
  /// The largest value that the last bucket is for.
  static var largest: Int64 { upperBound(of: bucketCount - 1) }

  /// Of so many values, evenly from the first to the last; `fullSum` where it would be more.
  @_noLocks @_noAllocation
  static func sum(of count: Int64, from first: Int64, to last: Int64) -> UInt64 {
    // Not below 0, and below 2^63, so that two of them fit.
    let ends = UInt64(truncatingIfNeeded: first) &+ UInt64(truncatingIfNeeded: last)
    let number = UInt64(truncatingIfNeeded: count)
    // Of an odd number the ends are an even multiple of the step apart: their sum is even.
    let (product, isOver) =
      number & 1 == 0
      ? (number / 2).multipliedReportingOverflow(by: ends)
      : number.multipliedReportingOverflow(by: ends / 2)
    return isOver || product > fullSum ? fullSum : product
  }

  @_noLocks @_noAllocation
  static func bucket(of value: UInt64) -> Int {
    guard value >= 256 else { return Int(truncatingIfNeeded: value) }
    let shift = 63 &- value.leadingZeroBitCount &- 7
    let index = Int(truncatingIfNeeded: value &>> UInt64(shift)) &+ shift &* 128
    return index < bucketCount ? index : bucketCount &- 1
  }

  /// The largest value that falls into a bucket.
  static func upperBound(of bucket: Int) -> Int64 { lowerBound(of: bucket + 1) - 1 }

  /// The smallest.
  @_noLocks @_noAllocation
  static func lowerBound(of bucket: Int) -> Int64 {
    guard bucket >= 256 else { return Int64(truncatingIfNeeded: bucket) }
    let shift = bucket / 128 &- 1
    return Int64(truncatingIfNeeded: bucket &- shift &* 128) &<< Int64(truncatingIfNeeded: shift)
  }
}
