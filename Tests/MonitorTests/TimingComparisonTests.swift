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
    "machine",
    [
      ReportRow("kernel", "6.12"), ReportRow("CPU", "A76"), ReportRow("board", "Pi"),
      ReportRow("governor", "performance"), ReportRow("isolated", "CPU 3"),
    ])
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
    #expect(figures.map(\.name) == ["values", "p50", "p99", "worst", "missed"])
    #expect(figures[1].ratio == "× 1.50" && figures[1].difference == "+50 ns")
    #expect(figures[4].difference == "0" && figures[4].ratio == "× 1.00")
    let back = TimingComparison(comparison.second, comparison.first)
    #expect(back.figures(try #require(back.pairs.first))[3].difference == "−50 ns")
  }

  @Test("what changes by itself makes no difference, what lasts does")
  func conditions() {
    let first = report(["t"], median: 1, conditions: [kernel, load])
    var second = first
    second.conditions[1].rows[0].text = "7.9"
    let same = TimingComparison(first, second)
    #expect(same.verdict.level == .good && same.verdict.sentence.hasPrefix("All 5 conditions"))
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

  @Test("four conditions that are the same do not make two machines one")
  func few() {
    let first = report(["t"], median: 1, conditions: [kernel, load])
    var second = first
    second.conditions[0].rows.removeLast()
    let verdict = TimingComparison(first, second).verdict
    #expect(verdict.level == .limited)
    #expect(
      verdict.sentence
        == "Too few conditions (4) are told by both to compare the machines. 1 more is told by one "
        + "of them only.")
    // One that differs says enough.
    second.conditions[0].rows[0].text = "6.18"
    #expect(TimingComparison(first, second).verdict.level == .bad)
  }

  @Test("a row of which neither report knows anything is left out, and the resolution is told")
  func sparse() throws {
    var first = report(["t"], median: 16_000, conditions: [])
    first.series[0].missed = nil
    first.series[0].latency.bins = []
    var second = first
    let both = TimingComparison(first, second, names: ("a.json", "b.json"))
    #expect(both.figures(try #require(both.pairs.first)).map(\.name) == ["values", "worst"])
    #expect(both.resolutionNotes.isEmpty && !both.page().contains("missed"))
    second.resolution = .microseconds(1)
    second.series[0].missed = 0
    let cut = TimingComparison(first, second, names: ("a.json", "b.json"))
    #expect(
      cut.figures(try #require(cut.pairs.first)).map(\.name) == ["values", "worst", "missed"])
    let sentence = "b.json has values cut down to whole steps of 1 µs"
    #expect(cut.resolutionNotes.map { $0.prefix(sentence.count) } == [sentence[...]])
    #expect(cut.html.contains(sentence) && cut.page(TerminalText(columns: 200)).contains(sentence))
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
