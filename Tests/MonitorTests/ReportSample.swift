// Reports to test with.

import RT
import TestSupport

@testable import Monitor

enum ReportSample {
  static func distribution(_ spans: [Int64]) -> LatencyDistribution {
    var histogram = LatencyHistogram()
    for span in spans { histogram.record(Nanoseconds(span)) }
    return histogram.distribution
  }

  /// So many values around a median, one in `tailEvery` far above it.
  static func spans(
    _ count: Int, median: Int64 = 16_000, tailEvery: Int = 500, seed: UInt64 = 1
  ) -> [Int64] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { index in
      let spread = Int64.random(in: 0...median / 4, using: &random)
      let late =
        index % tailEvery == tailEvery - 1 ? Int64.random(in: 0...median * 20, using: &random) : 0
      return median - median / 8 + spread + late
    }
  }

  static func series(
    _ name: String = "thread 0", _ spans: [Int64] = spans(5_000), budget: Nanoseconds? = nil,
    missed: UInt64? = 0
  ) -> TimingSeries {
    TimingSeries(
      name: name, detail: "SCHED_FIFO 80 on CPU 1", latency: distribution(spans), missed: missed,
      budget: budget,
      breaches: budget.map { limit in
        UInt64(spans.count { Nanoseconds($0) > limit })
      } ?? 0)
  }

  static func report(_ series: [TimingSeries], title: String = "Wake-up latency") -> TimingReport {
    TimingReport(
      title: title, commandLine: "acquire jitter -p 80", begun: 1_795_281_319,
      duration: .seconds(60), series: series,
      conditions: [ReportSection("machine", [ReportRow("kernel", "6.12.48-rt")])])
  }

  /// All members filled by chance.
  static func random(seed: UInt64) -> TimingReport {
    var random = SplitMix64(seed: seed)
    func text() -> String {
      String(
        (0..<Int.random(in: 0..<6, using: &random)).map { _ in
          "aµ\"<&\\\n→ ".randomElement(using: &random) ?? "a"
        })
    }
    func distribution() -> LatencyDistribution {
      var histogram = LatencyHistogram()
      for _ in 0..<Int.random(in: 0..<300, using: &random) {
        let bits = Int64.random(in: 0..<45, using: &random)
        histogram.record(Nanoseconds(Int64.random(in: -3..<(Int64(1) << bits), using: &random)))
      }
      return histogram.distribution
    }
    func sections() -> [ReportSection] {
      (0..<Int.random(in: 0..<3, using: &random)).map { _ in
        ReportSection(
          text(), (0..<Int.random(in: 0..<3, using: &random)).map { _ in ReportRow(text(), text()) }
        )
      }
    }
    func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &random) ? value : nil }
    return TimingReport(
      title: text(), commandLine: text(), begun: Int64.random(in: 0...1 << 40, using: &random),
      duration: Nanoseconds(Int64.random(in: 0...Int64.max, using: &random)),
      resolution: Nanoseconds(Int64.random(in: 1...1_000, using: &random)),
      bestEffortReasons: (0..<2).map { _ in text() },
      series: (0..<Int.random(in: 0..<4, using: &random)).map { _ in
        TimingSeries(
          name: text(), detail: text(), latency: distribution(), corrected: maybe(distribution()),
          missed: maybe(UInt64.random(in: 0 ... .max, using: &random)),
          budget: maybe(Nanoseconds(Int64.random(in: 0...1 << 40, using: &random))),
          breaches: UInt64.random(in: 0...9, using: &random),
          worstAt: maybe(Nanoseconds(Int64.random(in: 0...1 << 50, using: &random))))
      }, findings: sections(), conditions: sections(), faults: (0..<2).map { _ in text() })
  }
}
