import TestSupport
import Testing

@testable import RT

/// How latencies may be distributed.
enum Shape: String, CaseIterable, Sendable {
  case exponents, exact, powers, equal, wakeUps, enormous

  func value(_ random: inout SplitMix64) -> Int64 {
    switch self {
    case .exponents:
      let limit = Int64(1) << Int64.random(in: 1...39, using: &random)
      return Int64.random(in: 0..<limit, using: &random)
    case .exact: return Int64.random(in: 0..<300, using: &random)
    case .powers:
      let power = Int64(1) << Int64.random(in: 0...39, using: &random)
      return power + Int64.random(in: -1...1, using: &random)
    case .equal: return 17_000
    case .wakeUps:
      // Most near 15 µs, one in a thousand up to 30 ms.
      return Int.random(in: 0..<1_000, using: &random) == 0
        ? Int64.random(in: 50_000..<30_000_000, using: &random)
        : Int64.random(in: 12_000..<19_000, using: &random)
    case .enormous: return Int64.random(in: (1 << 38)..<(1 << 40), using: &random)
    }
  }
}

@Suite("The latency histogram against exact sorting")
struct LatencyHistogramPropertyTests {
  @Test(
    "every percentile that is reported lies at most 1/128 above the sorted value",
    arguments: Shape.allCases, 0..<12 as Range<UInt64>)
  func percentiles(shape: Shape, seed: UInt64) {
    var random = SplitMix64(seed: seed &* 31 &+ 7)
    let count = [1, 2, 9, 10, 99, 100, 1_001, 12_345, 100_001][Int(seed % 9)]
    let values = (0..<count).map { _ in max(0, shape.value(&random)) }
    var histogram = LatencyHistogram()
    for value in values { histogram.record(Nanoseconds(value)) }
    let sorted = values.sorted()
    let distribution = histogram.distribution
    let summary = distribution.summary
    for (quantile, found) in [
      (0.5, summary.p50), (0.9, summary.p90), (0.99, summary.p99), (0.999, summary.p99_9),
      (0.9999, summary.p99_99), (0.99999, summary.p99_999),
    ] {
      let exact = sorted[max(1, Int((quantile * Double(count)).rounded(.up))) - 1]
      #expect(found.rawValue >= exact, "p\(quantile), \(shape), seed \(seed)")
      #expect(
        Double(found.rawValue) <= Double(exact) * (1 + 1 / 128.0) + 0.5,
        "p\(quantile), \(shape), seed \(seed)")
      #expect(histogram.value(atQuantile: quantile) == found)
    }
    #expect(distribution.count == UInt64(count) && summary.max.rawValue == sorted.last)
    #expect(summary.min.rawValue == sorted.first)
    #expect(distribution.bins.reduce(0) { $0 + $1.count } == UInt64(count))
    var next = 0
    for bin in distribution.bins {
      let begin = next
      while next < count, sorted[next] <= bin.upper.rawValue { next += 1 }
      let isWithin = begin < count && sorted[begin] >= bin.lower.rawValue
      #expect(isWithin && bin.count == UInt64(next - begin), "\(bin), \(shape), seed \(seed)")
    }
  }

  @Test(
    "missed periods are recorded as one by one: late less a period, less two, … down to 0",
    arguments: 0..<60 as Range<UInt64>)
  func missed(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let period = Int64.random(
      in: 1...(1 << Int64.random(in: 1...24, using: &random)), using: &random)
    let missed = Int64.random(in: 1...30_000, using: &random)
    let late = missed * period + Int64.random(in: 0..<period, using: &random)
    var atOnce = LatencyHistogram()
    atOnce.record(Nanoseconds(late))
    atOnce.recordMissed(missed, late: Nanoseconds(late), period: Nanoseconds(period))
    var oneByOne = LatencyHistogram()
    var value = late
    while value >= 0 {
      oneByOne.record(Nanoseconds(value))
      value -= period
    }
    let (found, expected) = (atOnce.distribution, oneByOne.distribution)
    #expect(found == expected, "period \(period), late \(late), seed \(seed)")
    #expect(found.count == UInt64(missed) + 1)
  }

  @Test("a stall of a day at a period of 10 µs is recorded, and its mean is half of it")
  func day() {
    var histogram = LatencyHistogram()
    let late = Nanoseconds.seconds(86_400)
    histogram.recordMissed(8_640_000_000, late: late, period: .microseconds(10))
    let found = histogram.distribution
    #expect(found.count == 8_640_000_000)
    #expect(found.min == .zero && found.max == late - .microseconds(10))
    #expect(found.bins.reduce(0) { $0 + $1.count } == found.count)
  }

  @Test("periods that were not missed are not made up")
  func notMissed() {
    var histogram = LatencyHistogram()
    histogram.recordMissed(5, late: .microseconds(999), period: .milliseconds(1))
    histogram.recordMissed(0, late: .seconds(1), period: .milliseconds(1))
    histogram.recordMissed(1_000, late: .microseconds(2_500), period: .milliseconds(1))
    let found = histogram.distribution
    #expect(found.count == 2)
    #expect(found.max == .microseconds(1_500) && found.min == .microseconds(500))
  }

  @Test("merging and negative spans add up, whatever is merged with what")
  func merging() {
    for seed in 0..<20 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var left = LatencyHistogram()
      var right = LatencyHistogram()
      var whole = LatencyHistogram()
      for _ in 0..<Int.random(in: 0..<400, using: &random) {
        let value = Nanoseconds(Shape.exponents.value(&random) - 3)
        if Bool.random(using: &random) { left.record(value) } else { right.record(value) }
        whole.record(value)
      }
      left.merge(right)
      let (merged, expected) = (left.distribution, whole.distribution)
      #expect(merged == expected, "seed \(seed)")
    }
  }

  @Test("a reader on another thread always sees a whole distribution, and the last one in the end")
  func concurrentReader() throws {
    let stop = StopSignal()
    let recording = Recording(count: 400_000, stop: stop)
    let reader = recording.histogram.reader
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "records", policy: .other, enforcement: .bestEffort),
      workspace: recording
    ) { $0.run() }
    var last: UInt64 = 0
    while last < 400_000 {
      let found = reader.distribution
      #expect(found.count >= last)
      last = found.count
      guard last > 0 else { continue }
      #expect(found.bins.reduce(0) { $0 + $1.count } == found.count)
      #expect(found.min <= found.bins[0].upper)
      #expect(found.max >= found.bins[found.bins.count - 1].lower)
      #expect(found.mean >= found.min && found.mean <= found.max)
    }
    let finished = thread.join()
    let (own, seen) = (finished.histogram.distribution, reader.distribution)
    #expect(own == seen)
  }

  @Test("a reader outlives its histogram")
  func outlives() {
    let reader = Self.readerOfThree()
    #expect(reader.distribution.count == 3)
  }

  private static func readerOfThree() -> LatencyReader {
    var histogram = LatencyHistogram()
    for value in 1...3 as ClosedRange<Int64> { histogram.record(.microseconds(value)) }
    return histogram.reader
  }
}

/// Records so many values of every size.
private struct Recording: ~Copyable {
  var histogram = LatencyHistogram()
  let count: Int
  let stop: StopSignal

  init(count: Int, stop: StopSignal) {
    self.count = count
    self.stop = stop
  }

  @_noLocks @_noAllocation
  mutating func run() {
    var value: Int64 = 1
    for _ in 0..<count {
      histogram.record(Nanoseconds(value))
      value = (value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407) & 0xFF_FFFF
    }
  }
}
