import Foundation
import RT
import TestSupport
import Testing

@testable import Monitor

@Suite("Timing reports as JSON")
struct TimingReportJSONTests {
  @Test("reading what was written gives the equal report", arguments: 0..<100 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    let report = ReportSample.random(seed: seed)
    #expect(try TimingReport(file: Array(report.json.page.utf8)) == report, "seed \(seed)")
    #expect(try TimingReport(file: Array(report.json.line.utf8)) == report, "seed \(seed)")
  }

  @Test("a program finds counts, percentiles in nanoseconds, and bins as triples")
  func layout() throws {
    let report = ReportSample.report([
      ReportSample.series("thread 0", (1...1_000).map { $0 * 100 }, budget: .microseconds(90))
    ])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(report.json.page.utf8)) as? [String: Any])
    #expect(object["schemaVersion"] as? Int == 1)
    let series = try #require((object["series"] as? [[String: Any]])?.first)
    #expect(series["budget"] as? Int == 90_000 && series["breaches"] as? Int == 100)
    #expect(series["corrected"] is NSNull && series["missed"] as? Int == 0)
    let latency = try #require(series["latency"] as? [String: Any])
    #expect(latency["count"] as? Int == 1_000 && latency["max"] as? Int == 100_000)
    let percentiles = try #require(latency["percentiles"] as? [String: Int])
    let median = try #require(percentiles["p50"])
    #expect((50_000...50_000 + 50_000 / 128).contains(median))
    #expect(percentiles["p99_999"] == 100_000)
    let bins = try #require(latency["bins"] as? [[Int]])
    #expect(bins.allSatisfy { $0.count == 3 && $0[0] <= $0[1] })
    #expect(bins.map { $0[2] }.reduce(0, +) == 1_000)
  }

  /// The report as text with one piece of it replaced.
  private func changed(_ old: String, _ new: String) throws -> [UInt8] {
    let text = ReportSample.report([ReportSample.series("thread 0", [100, 100, 200])]).json.line
    try #require(text.contains(old))
    return Array(text.replacingOccurrences(of: old, with: new).utf8)
  }

  @Test(
    "a report with something missing or wrong is refused, and the member is named",
    arguments: [
      ("\"schemaVersion\":1", "\"schemaVersion\":2", "version 2"),
      ("\"title\":\"Wake-up latency\",", "", "title is missing"),
      ("\"name\":\"thread 0\"", "\"name\":7", "series[0].name is not a text"),
      ("\"count\":3", "\"count\":-3", "series[0].latency.count is not a count"),
      ("\"count\":3", "\"count\":4", "series[0].latency.bins cannot be: they hold 3 values, not 4"),
      ("[100,100,2]", "[100,99,2]", "bins[0] cannot be"),
      ("[200,200,1]", "[90,200,1]", "bins[1] cannot be"),
      ("[200,200,1]", "[200,200]", "bins[1] is not [lower, upper, count]"),
      ("[200,200,1]", "[200,200,0]", "bins[1] cannot be"),
      ("\"max\":200", "\"max\":50", "min, mean and max"),
      ("[200,200,1]", "[200,200,18446744073709551615]", "beyond all measure"),
      ("\"kind\":\"acquire timing report\"", "\"kind\":\"poem\"", "neither"),
      ("\"missed\":0", "\"missed\":\"none\"", "series[0].missed is not a count"),
      ("{\"schemaVersion\"", "{{\"schemaVersion\"", "no JSON"),
    ])
  func refused(old: String, new: String, sentence: String) throws {
    let bytes = try changed(old, new)
    do throws(TimingReportFault) {
      _ = try TimingReport(file: bytes)
      Issue.record("\(new) was accepted")
    } catch {
      #expect(error.message.contains(sentence), "\(error.message)")
    }
  }

  @Test("broken bytes are a fault or a report, never a crash", arguments: 0..<20 as Range<UInt64>)
  func broken(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let bytes = Array(ReportSample.random(seed: seed).json.line.utf8)
    for _ in 0..<40 {
      var broken = bytes
      for _ in 0..<3 {
        let place = Int.random(in: 0..<broken.count, using: &random)
        broken[place] = UInt8(
          ascii: "0123456789{}[]\",:-".unicodeScalars.randomElement(using: &random) ?? "0")
      }
      guard let report = try? TimingReport(file: broken) else { continue }
      // Whatever was read can be shown.
      let shown = report.svg.utf8.count + report.html.utf8.count + report.page().utf8.count
      #expect(shown > 0, "seed \(seed)")
    }
  }
}

@Suite("Reports of cyclictest and jitterdebugger")
struct CyclictestReportTests {
  // Cut down from what cyclictest 2.40 wrote with -h 60, and jitterdebugger 0.3.1.
  private let cyclictest = #"""
    {"file_version": 1, "cmdline:": "cyclictest -m -S -p 80 -h 60", "rt_test_version:": "2.40",
     "start_time": "Fri, 20 Nov 2026 20:02:22 +0000",
     "end_time": "Fri, 20 Nov 2026 20:02:23 +0000", "return_code": 0,
     "sysinfo": {"sysname": "Linux", "nodename": "vm", "release": "6.18.44",
       "version": "#1 SMP PREEMPT_DYNAMIC @0", "machine": "x86_64", "realtime": 0},
     "num_threads": 2, "resolution_in_ns": 0,
     "thread": {
       "0": {"histogram": {"9": 2, "13": 779, "12": 88, "57": 1}, "cycles": 882, "min": 9,
         "max": 1519, "avg": 16.00, "cpu": 0, "node": -1},
       "1": {"histogram": {      }, "cycles": 1011, "min": 15, "max": 80, "avg": 18.88, "cpu": 1,
         "node": -1}}}
    """#

  @Test("cyclictest's histogram is read in µs, with what lay beyond it in one open bin")
  func threads() throws {
    let report = try TimingReport(file: Array(cyclictest.utf8))
    #expect(report.commandLine == "cyclictest -m -S -p 80 -h 60")
    #expect(report.begun == 1_795_204_942 && report.duration == .seconds(1))
    #expect(report.series.map(\.name) == ["thread 0", "thread 1"])
    let first = report.series[0]
    #expect(first.detail == "CPU 0" && first.missed == nil)
    #expect(first.latency.count == 882 && first.latency.max == .microseconds(1_519))
    // The 441st: the 351st of 779 in the bin 13 … 14 µs.
    #expect(first.latency.percentile(0.5) == .value(.microseconds(13) + Nanoseconds(450)))
    #expect(report.resolution == .microseconds(1))
    #expect(
      first.latency.bins.last
        == LatencyBin(lower: .microseconds(58), upper: .microseconds(1_519), count: 12))
    #expect(first.latency.percentile(0.988) == .above(.microseconds(58)))
    let second = report.series[1].latency
    #expect(second.count == 1_011 && second.mean == Nanoseconds(18_880))
    #expect(second.percentile(0.5) == .unknown)
    #expect(report.conditions[0].rows.contains(ReportRow("preemption", "PREEMPT_DYNAMIC")))
    #expect(try TimingReport(file: Array(report.json.line.utf8)) == report)
  }

  @Test("with -N everything is in nanoseconds")
  func nanoseconds() throws {
    let text = cyclictest.replacingOccurrences(
      of: "\"resolution_in_ns\": 0", with: "\"resolution_in_ns\": 1")
    let report = try TimingReport(file: Array(text.utf8))
    #expect(report.series[0].latency.max == Nanoseconds(1_519))
    #expect(report.resolution == Nanoseconds(1))
    #expect(report.series[0].latency.bins[0].lower == Nanoseconds(9))
  }

  @Test("jitterdebugger's cpus are read like threads")
  func jitterdebugger() throws {
    let text = #"""
      {"version": 3, "sysinfo": {"release": "6.18.44", "version": "#1 SMP PREEMPT_RT",
        "cpus_online": 1, "resolution_in_ns": 1000},
       "cpu": {"0": {"histogram": {"12": 3, "13": 283}, "count": 286, "min": 12, "max": 13,
         "avg": 12.99}}}
      """#
    let report = try TimingReport(file: Array(text.utf8))
    #expect(report.title == "jitterdebugger" && report.series[0].name == "thread 0")
    #expect(report.series[0].latency.count == 286)
    #expect(report.series[0].latency.percentile(0.5) == .value(.microseconds(13)))
    #expect(report.resolution == .microseconds(1))
  }

  @Test(
    "cut down to whole microseconds, the same values have the same percentiles",
    arguments: [12_000, 20_000, 47_300, 90_000] as [Int64])
  func unbiased(median: Int64) throws {
    var random = SplitMix64(seed: UInt64(median))
    let spans = (0..<40_000).map { _ in
      (0..<4).reduce(median / 2) { sum, _ in sum + Int64.random(in: 0...median / 4, using: &random)
      }
    }
    var bins: [Int64: Int] = [:]
    for span in spans { bins[span / 1_000, default: 0] += 1 }
    let histogram = bins.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
    let (least, most) = ((spans.min() ?? 0) / 1_000, (spans.max() ?? 0) / 1_000)
    let text = """
      {"file_version": 1, "resolution_in_ns": 0, "thread": {"0": {"histogram": {\(histogram)},
       "cycles": \(spans.count), "min": \(least), "max": \(most), "avg": \(least)}}}
      """
    let theirs = try TimingReport(file: Array(text.utf8)).series[0].latency
    let ours = ReportSample.distribution(spans)
    for quantile in [0.5, 0.9, 0.99] {
      let (a, b) = (
        ours.percentile(quantile).span?.rawValue ?? 0,
        theirs.percentile(quantile).span?.rawValue ?? 0
      )
      // A tenth of a microsecond, and what our own bins are wide.
      #expect(abs(a - b) <= 100 + a / 128, "p\(quantile): \(a) and \(b)")
    }
  }

  @Test("whoever skips periods uncounted is never said to be good")
  func untold() throws {
    let text = cyclictest.replacingOccurrences(of: "\"13\": 779", with: "\"13\": 200779")
      .replacingOccurrences(of: "\"cycles\": 882", with: "\"cycles\": 200882")
      .replacingOccurrences(of: "\"cycles\": 1011", with: "\"cycles\": 200000")
    let verdict = try TimingReport(file: Array(text.utf8)).verdict
    #expect(verdict.level == .limited)
    #expect(verdict.sentence.contains("Whether periods were missed is not told."))
  }

  @Test("a resolution that nobody has is refused")
  func resolution() {
    let text = #"""
      {"version": 3, "sysinfo": {"resolution_in_ns": 1000000000},
       "cpu": {"0": {"histogram": {"99999999999999": 1}, "count": 1, "min": 1, "max": 1, "avg": 1}}}
      """#
    #expect(throws: TimingReportFault.self) { try TimingReport(file: Array(text.utf8)) }
  }

  @Test(
    "senseless figures are refused, and the thread is named",
    arguments: [
      ("\"cycles\": 882", "\"cycles\": 5", "more than 5 values"),
      ("\"cycles\": 882,", "", "thread.0.cycles is missing"),
      ("\"9\": 2", "\"nine\": 2", "named by a latency"),
      ("\"9\": 2", "\"9\": -2", "is not a count"),
      ("\"max\": 1519", "\"max\": 1e300", "thread.0.max cannot be"),
      ("\"min\": 9", "\"min\": 99999", "do not rise"),
      ("\"file_version\": 1", "\"file_version\": 9", "version 9"),
      ("\"9\": 2", "\"9223372036854775807\": 2", "named by a latency"),
    ])
  func refused(old: String, new: String, sentence: String) throws {
    let text = cyclictest.replacingOccurrences(of: old, with: new)
    try #require(text != cyclictest)
    do throws(TimingReportFault) {
      _ = try TimingReport(file: Array(text.utf8))
      Issue.record("\(new) was accepted")
    } catch {
      #expect(error.message.contains(sentence), "\(error.message)")
    }
  }
}
