import HeapCounter
import RT
import TestSupport
import Testing

@testable import Decoding

@Suite("Drift of the features")
struct DriftTests {
  private static func watch(ratio: Double = 4, seconds: Int64 = 10) throws -> DriftWatch {
    let model = try LinearModel(
      classes: ["rest", "move"], channels: ["C3", "C4"], centres: [2, 3], biases: [0, 0],
      weights: [[0, 0], [1, 1]])
    return DriftWatch(model: model, ratio: ratio, span: .seconds(seconds))
  }

  /// Decisions ten times a second; at which of them it said drift first, and whether at the end.
  private static func run(
    _ watch: inout DriftWatch, from start: Int = 0, decisions: Int,
    features: (Int) -> [Double]
  ) -> (first: Int?, isDrifting: Bool) {
    var first: Int?
    var isDrifting = false
    for index in start..<start + decisions {
      let time = MonotonicInstant(nanoseconds: 1_000_000_000 + Int64(index) * 100_000_000)
      isDrifting = unsafe features(index).withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return false }
        return unsafe watch.note(features: base, at: time)
      }
      if isDrifting, first == nil { first = index }
    }
    return (first, isDrifting)
  }

  @Test("features that stay about the centres are no drift, however they scatter")
  func steady() throws {
    var watch = try Self.watch()
    var random = SplitMix64(seed: 1)
    let outcome = Self.run(&watch, decisions: 20_000) { _ in
      [
        2 + Double.random(in: -3...3, using: &random),
        3 + Double.random(in: -3...3, using: &random),
      ]
    }
    #expect(outcome.first == nil)
  }

  /// ln 8 · (1 - e^(-t/10 s)) reaches ln 4 after 10 s · ln 3.
  @Test("a power eight times the centre's is drift when its average is four times it")
  func step() throws {
    var watch = try Self.watch()
    let outcome = Self.run(&watch, decisions: 300) { _ in [2, 3 + 2.0794415] }
    let expected = 10 * 1.0986123
    #expect(abs(Double(outcome.first ?? 0) / 10 - expected) < 0.2)
    #expect(outcome.isDrifting)
    // Back: below nine tenths of the limit it ends, not before.
    let offset = 2.0794415 * (1 - 0.04978707)  // after 30 s
    let back = 10 * Double.logOf(offset / (0.9 * 1.3862944))
    var ended: Int?
    for index in 300..<500 where ended == nil {
      if !Self.run(&watch, from: index, decisions: 1, features: { _ in [2, 3] }).isDrifting {
        ended = index
      }
    }
    #expect(abs(Double((ended ?? 0) - 300) / 10 - back) < 0.3)
  }

  @Test(
    "a power that sinks is drift as well, a moment is not, and what is no number changes nothing")
  func others() throws {
    var low = try Self.watch()
    let sunk = Self.run(&low, decisions: 300) { _ in [2 - 2.5, 3] }
    #expect(sunk.isDrifting)
    var moment = try Self.watch()
    let short = Self.run(&moment, decisions: 300) { $0 < 5 ? [9, 9] : [2, 3] }
    #expect(short.first == nil)
    var strange = try Self.watch()
    let none = Self.run(&strange, decisions: 300) { _ in [.nan, .infinity] }
    #expect(none.first == nil)
    low.reset()
    let anew = Self.run(&low, decisions: 5) { _ in [2, 3] }
    #expect(!anew.isDrifting)
  }

  @Test("watching makes no heap call")
  func heap() throws {
    var watch = try Self.watch()
    let features = [2.5, 3.5]
    let calls = unsafe features.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return UInt64.max }
      let before = heap_counter_calls_of_this_thread()
      for index in 0..<1000 {
        _ = unsafe watch.note(
          features: base, at: MonotonicInstant(nanoseconds: Int64(index) * 1_000_000))
      }
      return heap_counter_calls_of_this_thread() - before
    }
    #expect(calls == 0)
  }
}

extension Double {
  /// By the series of the area tangent: an oracle of its own.
  fileprivate static func logOf(_ value: Double) -> Double {
    let ratio = (value - 1) / (value + 1)
    return (0..<60).reduce(0) { sum, k in
      var power = ratio
      for _ in 0..<2 * k { power *= ratio }
      return sum + 2 * power / Double(2 * k + 1)
    }
  }
}
