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
