// A latency distribution in a terminal: a row for each bin, a bar as long as the logarithm of its
// count, so that one value in a million is still seen.

internal import MathShim
import RT

/// Rows such as `  20 µs ████████████▌      12 345   45.12 %`: from where, how many, and how many
/// lie below the row's end.
public struct TerminalHistogram {
  let series: TimingSeries
  let terminal: TerminalText

  public init(_ series: TimingSeries, terminal: TerminalText = TerminalText()) {
    self.series = series
    self.terminal = terminal
  }

  /// More are hard to take in at once.
  private static var rowMaximum: Int { 24 }

  /// With a line end; nothing for a series without bins.
  public var text: String {
    let bins = rows
    guard !bins.isEmpty else { return "" }
    let worst = bins.lastIndex { $0.count > 0 } ?? 0
    let largest = bins.map(\.count).max() ?? 1
    let isNarrow = terminal.columns < 64
    let counts = bins.map { isNarrow ? compact($0.count) : grouped($0.count, separator: " ") }
    let countWidth = Swift.max(6, counts.map(\.count).max() ?? 0)
    let labelWidth = Swift.max(4, bins.map { $0.label.count }.max() ?? 0)
    let barWidth = Swift.max(6, terminal.columns - labelWidth - countWidth - 13)
    var lines = [
      "from".leading(labelWidth) + " " + String(repeating: " ", count: barWidth) + " "
        + "values".leading(countWidth) + "     below"
    ]
    var below: UInt64 = 0
    var isFolded = false
    for (index, bin) in bins.enumerated() {
      if let budget = series.budget, bin.lower == budget {
        lines.append(budgetLine(budget, width: labelWidth + barWidth + countWidth + 12))
      }
      below += bin.count
      if bin.count == 0, isFoldable(index, in: bins) {
        if !isFolded { lines.append("⋮".leading(labelWidth)) }
        isFolded = true
        continue
      }
      isFolded = false
      var bar = bar(bin.count, of: largest, width: barWidth)
      if index == worst {
        // Beside the bar, or below it where it is too long.
        let mark = "◀ worst \(series.latency.max.readable)"
        if bar.count + 1 + mark.count <= barWidth {
          bar += (bar.isEmpty ? "" : " ") + mark
        }
      }
      let share = Double(below) / Double(series.latency.count) * 100
      var line =
        bin.label.leading(labelWidth) + " " + bar.trailing(barWidth) + " "
        + counts[index].leading(countWidth) + " " + Self.percent(share, isAll: index == worst)
      if index == worst, !bar.contains("◀") {
        line +=
          "\n" + String(repeating: " ", count: labelWidth + 1)
          + "◀ worst \(series.latency.max.readable)"
      }
      lines.append(isOver(bin) ? terminal.red(line) : line)
      if index == worst { break }
    }
    if let budget = series.budget, budget > bins[worst].lower {
      lines.append(budgetLine(budget, width: labelWidth + barWidth + countWidth + 12))
    }
    return terminal.shown(lines.joined(separator: "\n") + "\n")
  }

  private struct Row {
    var lower: Nanoseconds
    var count: UInt64
    /// Its values lie anywhere above.
    var isOpen = false
    var label: String { (isOpen ? "≥ " : "") + LatencyAxisLabel.text(lower) }
  }

  private func isOver(_ row: Row) -> Bool {
    guard let budget = series.budget else { return false }
    return row.lower >= budget && row.count > 0
  }

  private func budgetLine(_ budget: Nanoseconds, width: Int) -> String {
    let text = "── budget \(budget.readable) "
    return terminal.red(text + String(repeating: "─", count: Swift.max(2, width - text.count)))
  }

  /// The second and later of three or more empty rows between filled ones.
  private func isFoldable(_ index: Int, in rows: [Row]) -> Bool {
    let run =
      rows[..<index].reversed().prefix { $0.count == 0 }.count
      + rows[index...].prefix { $0.count == 0 }.count
    return run >= 3
  }

  /// "45.12 %", with as many nines as there are: 100 % is said of the last row alone.
  static func percent(_ share: Double, isAll: Bool) -> String {
    if isAll { return "100 %".leading(9) }
    for places in 2...5 {
      let text = decimal(share, places: places)
      if !text.hasPrefix("100") { return "\(text) %".leading(9) }
    }
    return "> 99.99 %".leading(9)
  }

  private func bar(_ count: UInt64, of largest: UInt64, width: Int) -> String {
    guard count > 0 else { return "" }
    // A count of one has a bar, too.
    let share = (1 + math_log10(Double(count))) / (1 + math_log10(Double(largest)))
    guard terminal.isUnicode else {
      return String(repeating: "#", count: Swift.max(1, Int(share * Double(width))))
    }
    let eighths = Swift.max(1, Int(share * Double(width) * 8))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }

  /// The finest ladder of round numbers that fits; the budget is a rung, so that what lies above it
  /// is told apart.
  private var rows: [Row] {
    let latency = series.latency
    guard latency.count > 0, !latency.bins.isEmpty else { return [] }
    let ladders: [[Int64]] = [
      [
        10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 30, 33, 36, 40, 45, 50, 55, 60,
        70,
        80, 90,
      ],
      [10, 12, 15, 17, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90],
      [10, 12, 15, 20, 25, 30, 40, 50, 60, 80],
      [10, 15, 20, 30, 50, 70], [10, 20, 50], [10, 30],
    ]
    var rows: [Row] = []
    for ladder in ladders {
      rows = self.rows(ladder)
      let shown = rows.indices.filter { !isFoldable($0, in: rows) || rows[$0].count > 0 }.count
      if shown <= Self.rowMaximum { break }
    }
    return rows
  }

  private func rows(_ ladder: [Int64]) -> [Row] {
    let latency = series.latency
    let rungs = Self.rungs(ladder, from: latency.min, to: latency.max, budget: series.budget)
    var rows = rungs.map { Row(lower: $0, count: 0) }
    var open: [Row] = []
    for bin in latency.bins {
      if bin.isCoarse {
        open.append(Row(lower: bin.lower, count: bin.count, isOpen: true))
        continue
      }
      // Where a bin reaches across a rung its smallest possible value decides, never below the
      // exact minimum; above the budget its largest one, or a breach would not be seen.
      var value = Swift.max(bin.lower, latency.min)
      if let budget = series.budget, value <= budget, bin.upper > budget, latency.max > budget {
        value = Swift.min(bin.upper, latency.max)
      }
      let row = rungs.lastIndex { $0 <= value } ?? 0
      rows[row].count += bin.count
    }
    if let first = open.first {
      // Rungs beyond would be empty only because nobody knows better.
      rows.removeAll { $0.lower >= first.lower && $0.count == 0 }
      rows += open
    }
    return rows
  }

  private static func rungs(
    _ ladder: [Int64], from least: Nanoseconds, to most: Nanoseconds, budget: Nanoseconds?
  ) -> [Nanoseconds] {
    var rungs: [Int64] = [0]
    var decade: Int64 = 1
    for _ in 0..<19 {
      for step in ladder {
        let (product, isTooMuch) = step.multipliedReportingOverflow(by: decade)
        // The ladder counts tenths: nanoseconds have none.
        if isTooMuch || product % 10 != 0 { continue }
        rungs.append(product / 10)
      }
      let (next, isTooMuch) = decade.multipliedReportingOverflow(by: 10)
      if isTooMuch { break }
      decade = next
    }
    if let budget { rungs.append(budget.rawValue) }
    var unique: [Int64] = []
    for rung in rungs.sorted() where rung != unique.last { unique.append(rung) }
    let first = unique.lastIndex { $0 <= least.rawValue } ?? 0
    let last = Swift.max(first, unique.lastIndex { $0 <= most.rawValue } ?? 0)
    return unique[first...last].map { Nanoseconds($0) }
  }
}

/// Round spans without needless digits: "12 µs", "1.5 ms".
enum LatencyAxisLabel {
  static func text(_ span: Nanoseconds) -> String {
    let value = Double(span.rawValue)
    return switch value {
    case ..<1e3: LatencyAxis.short(value) + " ns"
    case ..<1e6: LatencyAxis.short(value / 1e3) + " µs"
    case ..<1e9: LatencyAxis.short(value / 1e6) + " ms"
    default: LatencyAxis.short(value / 1e9) + " s"
    }
  }
}
