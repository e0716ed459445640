// What does measuring cost: one value into the histogram, and one stage (a clock read and a value)?
//
// Values like real latencies, so that the branches and cache lines are those of a session. The
// median of many turns; a heap call within any of them ends the program.

import HeapCounter
import RT

enum HistogramBenchmark {
  private static var valueCount: Int { 4_096 }
  private static var turns: Int { 2_000 }

  static func run() {
    let values = latencies()
    let heapCalls = heap_counter_calls_of_this_thread()
    var recording = Spread(values: [])
    var stage = Spread(values: [])
    var clock = Spread(values: [])
    recording.values.reserveCapacity(turns)
    stage.values.reserveCapacity(turns)
    clock.values.reserveCapacity(turns)
    let atStart = heap_counter_calls_of_this_thread() - heapCalls
    var histogram = LatencyHistogram()
    let afterInit = heap_counter_calls_of_this_thread() - heapCalls
    for _ in 0..<turns {
      recording.values.append(recordOnly(values, into: &histogram))
      stage.values.append(measureStage(values, into: &histogram))
      clock.values.append(clockOnly(values.count))
    }
    let calls = heap_counter_calls_of_this_thread() - heapCalls - afterInit
    let recorded = histogram.count
    precondition(recorded == UInt64(2 * turns * values.count), "every value was recorded")
    precondition(calls == 0, "recording made \(calls) heap calls (\(atStart) before)")
    print("histogram, \(turns) turns of \(values.count) values, heap calls \(calls)")
    print("  record, ns a value:              \(recording.text("%.2f"))")
    print("  clock read, ns:                  \(clock.text("%.2f"))")
    print("  a stage (clock read and record): \(stage.text("%.2f"))\n")
  }

  /// Most near 15 µs, a tenth between 20 and 60 µs, one in a hundred up to 3 ms.
  private static func latencies() -> [Nanoseconds] {
    var state: UInt64 = 42
    func draw(_ bound: UInt64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64((state >> 33) % bound)
    }
    return (0..<valueCount).map { _ in
      switch draw(100) {
      case 0: Nanoseconds(60_000 + draw(3_000_000))
      case 1..<11: Nanoseconds(20_000 + draw(40_000))
      default: Nanoseconds(12_000 + draw(8_000))
      }
    }
  }

  private static func recordOnly(_ values: [Nanoseconds], into histogram: inout LatencyHistogram)
    -> Double
  {
    let begun = MonotonicInstant.now()
    for value in values { histogram.record(value) }
    return Double((MonotonicInstant.now() - begun).rawValue) / Double(values.count)
  }

  private static func measureStage(_ values: [Nanoseconds], into histogram: inout LatencyHistogram)
    -> Double
  {
    let begun = MonotonicInstant.now()
    for value in values {
      // The value depends on the clock, as a stage's does, and stays like a real one.
      let now = MonotonicInstant.now()
      histogram.record(value + Nanoseconds(now.nanoseconds & 1))
    }
    return Double((MonotonicInstant.now() - begun).rawValue) / Double(values.count)
  }

  private static func clockOnly(_ count: Int) -> Double {
    let begun = MonotonicInstant.now()
    var last = begun
    for _ in 0..<count { last = MonotonicInstant.now() }
    return Double((last - begun).rawValue) / Double(count)
  }
}
