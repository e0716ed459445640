import RT
import Testing

@testable import Monitor

@Suite("Two reports side by side")
struct TimingComparisonTests {
  private func report(_ names: [String], median: Int64, conditions: [ReportSection]) -> TimingReport
  {
    var report = ReportSample.report(
      names.map { ReportSample.series($0, [Int64](repeating: median, count: 2_000), missed: 2) })
    report.conditions = conditions
    return report
  }

  private let kernel = ReportSection(
    "machine", [ReportRow("kernel", "6.12"), ReportRow("CPU", "A76")])
  private let load = ReportSection(ReportSection.momentary, [ReportRow("load", "0.1")])

  @Test("series with the same name belong together, others in order only when no name is shared")
  func pairs() {
    let first = report(["thread 0", "thread 1"], median: 100, conditions: [])
    let named = TimingComparison(
      first, report(["thread 1", "x"], median: 200, conditions: []))
    #expect(named.pairs.map(\.name) == ["thread 1"])
    #expect(named.unpaired == ["Only first has: thread 0.", "Only second has: x."])
    let ordered = TimingComparison(first, report(["a", "b", "c"], median: 200, conditions: []))
    #expect(ordered.pairs.map(\.name) == ["thread 0 | a", "thread 1 | b"])
  }

  @Test("figures have ratio and difference")
  func figures() throws {
    let comparison = TimingComparison(
      report(["thread 0"], median: 100, conditions: []),
      report(["thread 0"], median: 150, conditions: []))
    let figures = comparison.figures(try #require(comparison.pairs.first))
    #expect(figures.map(\.name) == ["values", "p50", "p99", "p99.9", "worst", "missed"])
    #expect(figures[1].ratio == "× 1.50" && figures[1].difference == "+50 ns")
    #expect(figures[3].first == "–" && figures[3].ratio == "–")
    #expect(figures[5].difference == "0" && figures[5].ratio == "× 1.00")
    let back = TimingComparison(comparison.second, comparison.first)
    #expect(back.figures(try #require(back.pairs.first))[4].difference == "−50 ns")
  }

  @Test("what changes by itself makes no difference, what lasts does")
  func conditions() {
    let first = report(["t"], median: 1, conditions: [kernel, load])
    var second = first
    second.conditions[1].rows[0].text = "7.9"
    let same = TimingComparison(first, second)
    #expect(same.verdict.level == .good && same.verdict.sentence.hasPrefix("All 2 conditions"))
    #expect(same.page().contains("load (changes by itself)"))
    second.conditions[0].rows[0].text = "6.18"
    let different = TimingComparison(first, second)
    #expect(different.verdict.level == .bad)
    #expect(different.verdict.sentence.contains("machine: kernel"))
    #expect(different.verdict.sentence.contains("cannot be compared"))
    #expect(different.html.contains("6.18") && different.page().contains("6.18"))
    second.conditions = []
    #expect(TimingComparison(first, second).verdict.level == .limited)
  }

  @Test("the page for a terminal keeps its width", arguments: [40, 80])
  func width(columns: Int) {
    let comparison = TimingComparison(
      report(["thread 0"], median: 16_000, conditions: [kernel]),
      report(["thread 0"], median: 18_000, conditions: [kernel]), names: ("a.json", "b.json"))
    for line in comparison.page(TerminalText(columns: columns)).split(separator: "\n") {
      #expect(line.count <= columns, "\(line)")
    }
    #expect(comparison.svg.contains("a.json · worst 16.0 µs"))
    let back = TimingComparison(comparison.second, comparison.first)
    let plain = back.page(TerminalText(columns: columns, isUnicode: false))
    #expect(plain.allSatisfy(\.isASCII) && plain.contains("x 0.89") && plain.contains("-2.00 us"))
  }
}
