import Foundation
import RT
import TestSupport
import Testing

@testable import Monitor

@Suite("Percentiles that mean something")
struct PercentileTests {
  @Test("a percentile with fewer than ten values above it is not shown")
  func tooFew() {
    for (count, shown) in [(999, false), (1_000, true), (1_001, true)] {
      let latency = ReportSample.distribution((0..<Int64(count)).map { 1_000 + $0 })
      #expect((latency.percentile(0.99) != .tooFewValues) == shown, "\(count)")
      #expect((latency.percentile(0.99).text != "–") == shown)
    }
    let million = LatencyDistribution(
      bins: [LatencyBin(lower: Nanoseconds(5), upper: Nanoseconds(5), count: 1_000_000)],
      count: 1_000_000, min: Nanoseconds(5), max: Nanoseconds(5), mean: Nanoseconds(5))
    #expect(million.percentile(0.99999) == .value(Nanoseconds(5)))
    #expect(LatencyDistribution().percentile(0.5) == .tooFewValues)
  }
}

@Suite("Verdict")
struct VerdictTests {
  private func latency(_ count: UInt64) -> LatencyDistribution {
    let span = Nanoseconds(20_000)
    return LatencyDistribution(
      bins: [LatencyBin(lower: span, upper: span, count: count)], count: count, min: span,
      max: span, mean: span)
  }

  private func report(
    count: UInt64 = 200_000, missed: UInt64? = 0, breaches: UInt64 = 0, reasons: [String] = [],
    faults: [String] = []
  ) -> TimingReport {
    var report = ReportSample.report([
      TimingSeries(
        name: "thread 0", detail: "", latency: latency(count), missed: missed,
        budget: .microseconds(100), breaches: breaches)
    ])
    report.bestEffortReasons = reasons
    report.faults = faults
    return report
  }

  @Test("a clean long run is good, and says no more than it knows")
  func good() {
    #expect(
      report().verdict
        == TimingVerdict(
          level: .good,
          sentence: "No period was missed, no value lay above its budget, and the worst latency "
            + "was 20.0 µs."))
    #expect(!report(missed: nil).verdict.sentence.contains("missed"))
  }

  @Test("missed periods, breaches and faults are bad; best effort and short runs limit")
  func others() {
    #expect(report(missed: 1).verdict.level == .bad)
    #expect(report(missed: 1).verdict.sentence.contains("1 period was missed"))
    #expect(report(breaches: 2).verdict.sentence.contains("2 values lay above budget"))
    #expect(report(breaches: 2, reasons: ["x"]).verdict.level == .bad)
    #expect(report(faults: ["the line fell silent"]).verdict.level == .bad)
    #expect(report(reasons: ["x"]).verdict.level == .limited)
    #expect(report(reasons: ["x"]).verdict.sentence.contains("not real time"))
    #expect(report(count: 99_999).verdict.level == .limited)
    #expect(report(count: 99_999).verdict.sentence.contains("p99.99."))
    #expect(report(count: 1).verdict.sentence.contains("With 1 value the run"))
    #expect(report(count: 0).verdict.sentence == "Nothing was measured.")
    var half = report()
    half.series.append(TimingSeries(name: "thread 1", detail: "", latency: latency(0), missed: 0))
    #expect(half.verdict.level == .limited)
    #expect(half.verdict.sentence.contains("Nothing was measured of thread 1."))
  }

  @Test("of a session's frames it says late or lost, and the worst of the whole way")
  func session() {
    var wake = TimingSeries(name: "edgeToWake", detail: "", latency: latency(200_000), missed: 0)
    let whole = TimingSeries(name: "edgeToCommand", detail: "", latency: latency(200_000))
    var firmware = TimingSeries(name: "firmware", detail: "", latency: latency(200_000))
    firmware.latency.max = .seconds(1)
    #expect(
      ReportSample.report([wake, whole, firmware]).verdict
        == TimingVerdict(
          level: .good,
          sentence: "No frame was late or lost, and the worst latency was 20.0 µs "
            + "(edgeToCommand)."))
    wake.missed = 1
    let one = ReportSample.report([wake, firmware]).verdict
    #expect(one.level == .bad && one.sentence.hasPrefix("1 frame was late or lost, and the worst"))
    #expect(one.sentence.contains("1.00 s (firmware)"))
    wake.missed = 445
    #expect(ReportSample.report([wake]).verdict.sentence.hasPrefix("445 frames were late or lost"))
    // Without a ledger nobody counted.
    wake.missed = nil
    #expect(ReportSample.report([wake]).verdict.sentence.hasPrefix("The worst latency"))
  }
}

@Suite("Pages of a report")
struct TimingPageTests {
  @Test("the HTML page holds everything, runs nothing and fetches nothing")
  func page() throws {
    var report = ReportSample.report([
      ReportSample.series("thread 0", ReportSample.spans(2_000), budget: .microseconds(100))
    ])
    report.series[0].corrected = report.series[0].latency
    report.findings = [ReportSection("ledger", [ReportRow("lost", "3 <frames>")])]
    report.faults = ["the amplifier & its line fell silent"]
    let html = report.html
    for text in [
      "<!doctype html>", "Wake-up latency", "acquire jitter -p 80", "corrected", "3 &lt;frames&gt;",
      "6.12.48-rt", "amplifier &amp; its", "prefers-color-scheme:dark", "name=\"viewport\"",
      "<svg ",
      report.verdict.sentence.escapedForMarkup,
    ] { #expect(html.contains(text), "\(text)") }
    for text in ["<script", "<link", "@import", "url(", " src=", "href=", "javascript:"] {
      #expect(!html.contains(text), "\(text)")
    }
    // p99.99 of 2000 values means nothing.
    #expect(html.contains("<td>–</td>"))
  }

  @Test("the page for a terminal keeps its width", arguments: [40, 60, 80, 120])
  func width(columns: Int) {
    var report = ReportSample.report([
      ReportSample.series("thread 0", ReportSample.spans(9_000), budget: .microseconds(100)),
      ReportSample.series("thread 1", [5]), ReportSample.series("thread 2", []),
    ])
    report.commandLine = "acquire jitter"
    report.faults = [String(repeating: "a long sentence ", count: 12)]
    for line in report.page(TerminalText(columns: columns)).split(separator: "\n") {
      #expect(line.count <= columns, "\(line)")
    }
  }

  @Test("a series without a value has a dash for each figure, nowhere 0 ns")
  func empty() {
    var series = ReportSample.series("thread 1", [], budget: .microseconds(100))
    series.corrected = series.latency
    series.worstAt = .zero
    let filled = ReportSample.series("thread 0", ReportSample.spans(2_000))
    for report in [ReportSample.report([series]), ReportSample.report([filled, series])] {
      let comparison = TimingComparison(report, report)
      for text in [
        report.page(), report.html, report.svg, comparison.page(), comparison.html, comparison.svg,
      ] {
        #expect(
          text.firstMatch(of: /(^|[^0-9.])0 ns/) == nil, "\(text.prefix(4_000))")
      }
      #expect(report.html.contains("<td>0</td><td>–</td><td>–</td>"))
      #expect(report.json.line.contains(#""p50":null"#))
    }
    series.budget = nil
    #expect(ReportSample.report([filled, series]).svg.contains(">thread 1 without a value<"))
  }

  @Test("a day is the day that Foundation says")
  func days() throws {
    let formatter = ISO8601DateFormatter()
    var random = SplitMix64(seed: 7)
    for _ in 0..<2_000 {
      let seconds = Int64.random(in: 1..<253_402_300_800, using: &random)
      let date = Date(timeIntervalSince1970: Double(seconds))
      let expected = formatter.string(from: date)
        .replacingOccurrences(of: "T", with: " ").replacingOccurrences(of: "Z", with: " UTC")
      #expect(CivilDate.text(secondsSince1970: seconds) == expected)
      let day = CivilDate(daysSince1970: seconds / 86_400)
      #expect(day.daysSince1970 == seconds / 86_400)
    }
  }
}

@Suite("Histogram in a terminal")
struct TerminalHistogramTests {
  /// The last number of each row before its percentage.
  private func counts(_ text: String) -> [UInt64] {
    text.split(separator: "\n").compactMap { line in
      guard line.hasSuffix(" %") else { return nil }
      let words = line.split(separator: " ").dropLast(line.contains(" > ") ? 3 : 2)
      var digits = ""
      for word in words.reversed() {
        guard word.allSatisfy(\.isNumber), word.count <= 3 else { break }
        digits = word + digits
        if word.count < 3 { break }
      }
      return UInt64(digits)
    }
  }

  @Test("its rows hold every value and fit the width", arguments: [64, 80, 120])
  func sums(columns: Int) {
    for seed in 0..<40 as Range<UInt64> {
      for series in ReportSample.random(seed: seed).series where series.latency.count > 0 {
        let text = TerminalHistogram(series, terminal: TerminalText(columns: columns)).text
        #expect(counts(text).reduce(0, +) == series.latency.count, "seed \(seed):\n\(text)")
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= columns }, "\(text)")
        #expect(text.contains("◀ worst \(series.latency.max.readable)"), "seed \(seed):\n\(text)")
      }
    }
  }

  @Test("the budget is a line, and exactly the breaches stand below it")
  func budget() {
    let spans = ReportSample.spans(20_000, tailEvery: 300)
    let series = ReportSample.series("thread 0", spans, budget: .microseconds(90))
    let text = TerminalHistogram(series).text
    let parts = text.components(separatedBy: "budget 90.0 µs")
    #expect(parts.count == 2)
    #expect(counts(parts.last ?? "").reduce(0, +) == series.breaches, "\(text)")
    #expect(counts(text).reduce(0, +) == 20_000)
  }

  @Test("where UTF-8 is not spoken it is ASCII, and without being asked it has no colour")
  func ascii() {
    let series = ReportSample.series(
      "thread 0", ReportSample.spans(900) + [5_000_000], budget: .microseconds(90))
    let plain = TerminalHistogram(series, terminal: TerminalText(isUnicode: false)).text
    #expect(plain.allSatisfy(\.isASCII) && plain.contains("###") && plain.contains(" us "))
    #expect(!plain.contains("\u{1B}"))
    let coloured = TerminalHistogram(series, terminal: TerminalText(isColoured: true)).text
    #expect(coloured.contains("\u{1B}[31m"))
    for (variables, isUnicode) in [
      (["LANG": "de_DE.UTF-8"], true), (["LANG": "C"], false), ([:], false),
      (["LC_ALL": "C", "LANG": "de_DE.utf8"], false), (["LC_ALL": "", "LANG": "C.utf8"], true),
    ] {
      #expect(TerminalText.isUnicode { variables[$0] } == isUnicode, "\(variables)")
    }
  }

  @Test("nearly all is not all")
  func percent() {
    #expect(TerminalHistogram.percent(45.123, isAll: false) == "  45.12 %")
    #expect(TerminalHistogram.percent(99.9996, isAll: false) == "99.9996 %")
    #expect(TerminalHistogram.percent(99.999_999, isAll: false) == "> 99.99 %")
    #expect(TerminalHistogram.percent(100, isAll: true) == "    100 %")
  }
}
