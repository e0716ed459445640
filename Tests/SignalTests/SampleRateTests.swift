// The estimate of the sample rate: its arithmetic against scipy, its interval against the truth.

import Foundation
import HeapCounter
import RT
import TestSupport
import Testing

@testable import Signal

/// How stamps are late.
private enum Jitter: String, Sendable, CaseIterable {
  /// Both ways alike, 20 µs.
  case white
  /// Late only: 3 µs exponential.
  case interrupt
  /// The same, and one in twenty by Pareto's law with an infinite variance.
  case heavyTailed
  /// The same, and now and then for up to two seconds all of them by up to 100 µs.
  case bursts
}

/// A stream of edges with a true period that nobody is told.
private struct Edges {
  var random: SplitMix64
  let jitter: Jitter
  let period: Double
  let start: Int64
  private var burstEnd: UInt64 = 0
  private var burst = 0.0

  /// - Parameter nominal: the oscillator is off by up to ±2.5 %.
  init(seed: UInt64, jitter: Jitter, nominal: Double) {
    random = SplitMix64(seed: seed)
    self.jitter = jitter
    period = 1e9 / nominal * (1 + 0.05 * (Self.uniform(&random) - 0.5))
    start = Int64(Self.uniform(&random) * 1e15)
  }

  var rate: Double { 1e9 / period }

  mutating func time(_ index: UInt64) -> MonotonicInstant {
    let late = delay(index)
    // The whole number of nanoseconds of a product is exact where a Double is not.
    let whole = Int64((Double(index) * period + late).rounded(.down))
    return MonotonicInstant(nanoseconds: start + whole)
  }

  private mutating func delay(_ index: UInt64) -> Double {
    switch jitter {
    case .white:
      let radius = (-2 * log(1 - Self.uniform(&random))).squareRoot()
      return 20_000 * radius * cos(2 * .pi * Self.uniform(&random))
    case .interrupt: return exponential(3_000)
    case .heavyTailed: return exponential(3_000) + tail()
    case .bursts:
      if index >= burstEnd && Self.uniform(&random) < 0.0005 {
        burstEnd = index + UInt64(500 * Self.uniform(&random))
        burst = 100_000 * Self.uniform(&random)
      }
      return exponential(3_000) + (index < burstEnd ? burst : 0)
    }
  }

  private mutating func exponential(_ mean: Double) -> Double {
    -mean * log(1 - Self.uniform(&random))
  }

  /// Pareto with exponent 1.5 from 20 µs, at most 50 ms.
  private mutating func tail() -> Double {
    guard Self.uniform(&random) < 0.05 else { return 0 }
    return min(5e7, 20_000 * pow(1 - Self.uniform(&random), -1 / 1.5))
  }

  private static func uniform(_ random: inout SplitMix64) -> Double {
    Double(random.next() >> 11) / 0x1p53
  }
}

/// The estimate after so many edges.
private func estimate(
  _ edges: inout Edges, nominal: Double, count: UInt64, isLost: (UInt64) -> Bool = { _ in false }
) -> SampleRateEstimate {
  var estimate = SampleRateEstimate(nominal: nominal)
  for index in 0..<count where !isLost(index) {
    estimate.add(index: index, time: edges.time(index), epoch: 1)
  }
  return estimate
}

@Suite("Sample rate")
struct SampleRateTests {
  @Test("slope, its error and t's quantiles are those of scipy")
  func oracle() throws {
    var random = SplitMix64(seed: 5)
    var fit = LineFit()
    var points: [Double] = []
    for index in 0..<3_000 {
      // Uneven, and an hour long, as times in nanoseconds are.
      let x = Double(index * 300 + Int(random.next() % 5))
      let rest = 0.25 * x + Double(random.next() % 100_000)
      fit.add(x: x, y: 4_000_321 * x + rest)
      // scipy takes the error from 1 - r², which has no digits left on so steep a line.
      points += [x, rest]
    }
    let input = unsafe points.withUnsafeBytes { unsafe Data($0) }
    let output = try Oracle.python(script: "signal/line.py", input: input)
    // SAFETY: whole Doubles within the bytes.
    let numbers = unsafe output.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map {
        unsafe bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
      }
    }
    #expect(abs((fit.slope - 4_000_321) / numbers[0] - 1) < 1e-6)
    #expect(abs(try #require(fit.slopeError) / numbers[1] - 1) < 1e-6)
    for degrees in 1...200 {
      let ours = StudentT.quantile975(degreesOfFreedom: degrees)
      #expect(abs(ours / numbers[1 + degrees] - 1) < 1e-4, "\(degrees)")
    }
  }

  /// Seen with these seeds: 0.943, 0.960, 0.955, 0.975.
  @Test("the true rate lies in the interval in about 95 of 100 runs", arguments: Jitter.allCases)
  fileprivate func coverage(_ jitter: Jitter) throws {
    var inside = 0
    let runs = 400
    for seed in 0..<UInt64(runs) {
      var edges = Edges(seed: 1_000 + seed, jitter: jitter, nominal: 250)
      // From five seconds to twenty.
      let count = 1_250 + seed * 3_750 / UInt64(runs)
      let rate = try #require(estimate(&edges, nominal: 250, count: count).rate)
      if rate.low <= edges.rate && edges.rate <= rate.high { inside += 1 }
      #expect(rate.low <= rate.estimate && rate.estimate <= rate.high)
    }
    let share = Double(inside) / Double(runs)
    // 400 runs of a true 0.95 lie within three standard deviations, 0.033; where neighbouring
    // blocks err alike the interval is wider than it need be.
    #expect(share > 0.917 && share < (jitter == .bursts ? 0.995 : 0.983), "\(share)")
  }

  @Test("late stamps hardly move the estimate, where they drag a line through all stamps along")
  func robust() throws {
    var ours = 0.0
    var plain = 0.0
    for seed in 0..<UInt64(40) {
      var edges = Edges(seed: seed, jitter: .heavyTailed, nominal: 250)
      var estimate = SampleRateEstimate(nominal: 250)
      var line = LineFit()
      for index in 0..<UInt64(2_500) {
        let time = edges.time(index)
        estimate.add(index: index, time: time, epoch: 1)
        line.add(x: Double(index), y: Double(time.nanoseconds - edges.start))
      }
      ours += abs(try #require(estimate.rate).estimate - edges.rate)
      plain += abs(1e9 / line.slope - edges.rate)
    }
    #expect(ours * 20 < plain)
  }

  @Test(
    "hours after boot, and over hours, nothing is lost to rounding",
    arguments: [250.0, 16_000.0])
  func hours(_ nominal: Double) throws {
    var edges = Edges(seed: 77, jitter: .interrupt, nominal: nominal)
    // Four hours of 250 a second, four minutes of 16 000.
    let estimate = estimate(&edges, nominal: nominal, count: 3_600_000)
    let rate = try #require(estimate.rate)
    #expect(abs(rate.estimate / edges.rate - 1) < 1e-10)
    #expect(rate.uncertaintyPartsPerMillion < 1e-4)
    #expect(abs(rate.estimate - edges.rate) < 3 * (rate.high - rate.low))
  }

  @Test("lost samples move nothing, as indices count them")
  func gaps() throws {
    var edges = Edges(seed: 3, jitter: .interrupt, nominal: 500)
    let rate = try #require(
      estimate(&edges, nominal: 500, count: 10_000) { index in
        // Every third, and four seconds on end.
        index % 3 == 1 || (4_000..<6_000).contains(index)
      }.rate)
    #expect(rate.low <= edges.rate && edges.rate <= rate.high)
    #expect(rate.uncertaintyPartsPerMillion < 0.1)
  }

  @Test("a new epoch begins anew, and the stretch before it speaks until the new one can")
  func epochs() throws {
    var first = Edges(seed: 8, jitter: .interrupt, nominal: 250)
    var second = Edges(seed: 9, jitter: .interrupt, nominal: 250)
    var estimate = SampleRateEstimate(nominal: 250)
    for index in 0..<UInt64(2_500) {
      estimate.add(index: index, time: first.time(index), epoch: 1)
    }
    let before = try #require(estimate.rate)
    // Indices go on over a gap of which nobody knows how long it was.
    for index in 0..<UInt64(2_500) {
      estimate.add(index: 9_000 + index, time: second.time(index), epoch: 2)
      if index < 240 { #expect(estimate.rate == before) }
    }
    let after = try #require(estimate.rate)
    #expect(before.low <= first.rate && first.rate <= before.high)
    #expect(after.low <= second.rate && second.rate <= after.high)
    #expect(abs(after.estimate - before.estimate) > 0.1)
    // Indices that begin again are a restart too.
    for index in 0..<UInt64(2_500) {
      estimate.add(index: index, time: first.time(index), epoch: 2)
    }
    #expect(try #require(estimate.rate).low <= first.rate)
  }

  @Test("an oscillator that drifts widens the interval until it holds the rates it had")
  func drift() throws {
    // 20 ppm slower over ten minutes, as a chip that warms up.
    var estimate = SampleRateEstimate(nominal: 250)
    var time = 0.0
    for index in 0..<UInt64(150_000) {
      estimate.add(
        index: index, time: MonotonicInstant(nanoseconds: Int64(time.rounded())), epoch: 0)
      time += 4e6 * (1 + 20e-6 * Double(index) / 150_000)
    }
    let rate = try #require(estimate.rate)
    #expect(abs(rate.partsPerMillion + 10) < 0.1)
    #expect(rate.low <= 250 / (1 + 10e-6) && 250 / (1 + 10e-6) <= rate.high)
    #expect(rate.uncertaintyPartsPerMillion > 0.01)
  }

  @Test("without jitter the rate is exact, and an interval of whole nanoseconds remains")
  func exact() throws {
    var estimate = SampleRateEstimate(nominal: 250)
    for index in 0..<UInt64(2_500) {
      estimate.add(
        index: index, time: MonotonicInstant(nanoseconds: Int64(index) * 4_000_000), epoch: 0)
    }
    let rate = try #require(estimate.rate)
    #expect(abs(rate.estimate - 250) < 1e-9 && abs(rate.partsPerMillion) < 1e-5)
    #expect(rate.low < 250 && rate.high > 250 && rate.uncertaintyPartsPerMillion < 1e-3)
  }

  @Test("there is no estimate before the first second, and none where edges have no times")
  func tooEarly() {
    var edges = Edges(seed: 1, jitter: .interrupt, nominal: 250)
    #expect(estimate(&edges, nominal: 250, count: 240).rate == nil)
    #expect(estimate(&edges, nominal: 250, count: 250).rate != nil)
    var timeless = SampleRateEstimate(nominal: 250)
    for index in 0..<UInt64(2_500) {
      timeless.add(index: index, time: MonotonicInstant(nanoseconds: 7), epoch: 0)
    }
    #expect(timeless.rate == nil)
  }

  @Test("thousands of frames take nothing from the heap")
  func heap() {
    var edges = Edges(seed: 1, jitter: .interrupt, nominal: 250)
    let times = (0..<UInt64(5_000)).map { edges.time($0) }
    var estimate = SampleRateEstimate(nominal: 250)
    let before = heap_counter_calls_of_this_thread()
    for index in 0..<5_000 { estimate.add(index: UInt64(index), time: times[index], epoch: 0) }
    #expect(heap_counter_calls_of_this_thread() == before)
    #expect(estimate.rate != nil)
  }
}
