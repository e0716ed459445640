import HeapCounter
import Testing
import TestSupport

@testable import RT

@Suite("The latency histogram")
struct LatencyHistogramTests {
  /// Spans as they occur: most short, some long, a few enormous.
  private func spans(_ count: Int, seed: UInt64) -> [Int64] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      Int64.random(in: 0..<(Int64(1) << Int64.random(in: 1...39, using: &random)), using: &random)
    }
  }

  @Test(
    "quantiles lie at the sorted value or at most 1/128 above it",
    arguments: 0..<12 as Range<UInt64>)
  func quantiles(seed: UInt64) {
    let count = [1, 2, 3, 10, 100, 1_000, 5_000][Int(seed % 7)]
    let values = spans(count, seed: seed)
    var histogram = LatencyHistogram()
    for value in values { histogram.record(Nanoseconds(value)) }
    let sorted = values.sorted()
    for quantile in [0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1] {
      let rank = max(1, Int((quantile * Double(count)).rounded(.up)))
      let exact = sorted[rank - 1]
      let found = histogram.value(atQuantile: quantile).rawValue
      #expect(found >= exact, "quantile \(quantile)")
      #expect(Double(found) <= Double(exact) * (1 + 1 / 128.0) + 0.5, "quantile \(quantile)")
    }
    let summary = histogram.summary
    #expect(summary.count == UInt64(count))
    #expect(summary.min.rawValue == sorted.first && summary.max.rawValue == sorted.last)
    #expect(summary.mean.rawValue == values.reduce(0, +) / Int64(count))
  }

  @Test("every bucket begins where the one before it ends")
  func buckets() {
    var expected: Int64 = 0
    for bucket in 0..<HistogramWords.bucketCount {
      let upper = HistogramWords.upperBound(of: bucket)
      #expect(HistogramWords.bucket(of: UInt64(expected)) == bucket)
      #expect(HistogramWords.bucket(of: UInt64(upper)) == bucket)
      expected = upper + 1
    }
  }

  @Test("what is longer than the last bucket is kept in it, with its exact maximum")
  func overflow() {
    var histogram = LatencyHistogram()
    histogram.record(.seconds(100_000))
    histogram.record(Nanoseconds(.max / 4))
    let summary = histogram.summary
    #expect(summary.count == 2 && summary.max.rawValue == .max / 4)
    #expect(summary.min == .seconds(100_000))
  }

  @Test("quantiles among spans that are longer than the last bucket are never too small")
  func beyond() {
    var histogram = LatencyHistogram()
    for _ in 0..<50 { histogram.record(.seconds(1)) }
    for hours in 1...50 as ClosedRange<Int64> { histogram.record(.seconds(3_600 * hours)) }
    let (p90, p50) = (histogram.value(atQuantile: 0.9), histogram.value(atQuantile: 0.5))
    #expect(p90 == .seconds(180_000) && p50 < .milliseconds(1_008))
    let last = histogram.distribution.bins.last
    #expect(last?.count == 50 && last?.upper == .seconds(180_000))
  }

  @Test("a sum that would be too large stays, and the mean is reckoned from the buckets")
  func sums() {
    var histogram = LatencyHistogram()
    // 1 000 stalls of a day at a period of 1 ms: their sum is 3.7e24 ns.
    for _ in 0..<1_000 {
      histogram.recordMissed(86_400_000, late: .seconds(86_400), period: .milliseconds(1))
    }
    // Half a day, for which the last bucket is wide.
    let far = histogram.summary
    #expect(far.mean > .seconds(36_000) && far.mean < far.max && far.count == 86_400_000_000)
    var near = LatencyHistogram()
    for _ in 0..<400 {
      near.recordMissed(100_000_000, late: .seconds(1_000), period: .microseconds(10))
    }
    let mean = near.summary.mean.rawValue
    #expect(abs(mean - 500_000_000_000) <= 500_000_000_000 / 256)
    for _ in 0..<3 { near.record(Nanoseconds(.max)) }
    let after = near.summary
    #expect(after.max.rawValue == .max && after.mean.rawValue >= mean)
    var merged = LatencyHistogram()
    merged.merge(near)
    merged.merge(near)
    let twice = merged.summary
    #expect(twice.mean == after.mean)
  }

  @Test("of evenly spaced values the sum is exact, and where it is too large the largest")
  func evenSums() {
    for count in 1...9 as ClosedRange<Int64> {
      for step in 0...3 as ClosedRange<Int64> {
        let values = (0..<count).map { 5 + $0 * step }
        let sum = HistogramWords.sum(of: count, from: 5, to: values[values.count - 1])
        #expect(sum == UInt64(values.reduce(0, +)))
      }
    }
    #expect(HistogramWords.sum(of: .max, from: 1, to: .max) == HistogramWords.fullSum)
    #expect(HistogramWords.sum(of: 2, from: .max, to: .max) == HistogramWords.fullSum)
    #expect(HistogramWords.sum(of: 1, from: .max, to: .max) == HistogramWords.fullSum)
  }

  @Test(
    "spans over the limit are counted for whoever looks, and merged and forgotten with the rest")
  func overLimit() {
    var histogram = LatencyHistogram(limit: .microseconds(10))
    let reader = histogram.reader
    for value in 1...30 as ClosedRange<Int64> { histogram.record(.microseconds(value)) }
    #expect(reader.overLimitCount == 20)
    var other = LatencyHistogram()
    other.merge(histogram)
    let merged = other.overLimitCount
    histogram.reset()
    #expect(merged == 20 && reader.overLimitCount == 0)
  }

  @Test("a span that ends before it began is counted apart and changes nothing else")
  func negative() {
    var histogram = LatencyHistogram()
    histogram.record(Nanoseconds(-1))
    let (count, negative) = (histogram.count, histogram.negativeCount)
    #expect(count == 0 && negative == 1)
    let summary = histogram.summary
    #expect(summary == LatencySummary())
  }

  @Test("merging is recording everything in one", arguments: 0..<4 as Range<UInt64>)
  func merge(seed: UInt64) {
    let (left, right) = (spans(300, seed: seed), spans(200, seed: seed &+ 100))
    var a = LatencyHistogram()
    var b = LatencyHistogram()
    var both = LatencyHistogram()
    for value in left {
      a.record(Nanoseconds(value))
      both.record(Nanoseconds(value))
    }
    for value in right {
      b.record(Nanoseconds(value))
      both.record(Nanoseconds(value))
    }
    a.merge(b)
    let (merged, whole) = (a.summary, both.summary)
    #expect(merged == whole)
    a.reset()
    let empty = a.summary
    #expect(empty == LatencySummary())
  }

  @Test("recording makes no heap call")
  func noHeap() {
    var histogram = LatencyHistogram()
    let before = heap_counter_calls_of_this_thread()
    for value in 0..<10_000 { histogram.record(Nanoseconds(Int64(value) * 977)) }
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(calls == 0)
  }
}
