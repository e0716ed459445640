// A report as text: what a person reads in a terminal.

import RT

extension TimingReport {
  /// Title, verdict, figures, a histogram for each series, findings and conditions.
  public func page(_ terminal: TerminalText = TerminalText()) -> String {
    let columns = terminal.columns
    var text = terminal.bold(title) + "\n"
    var run: [String] = []
    if begun > 0 { run.append(CivilDate.text(secondsSince1970: begun)) }
    if duration > .zero { run.append(duration.readable) }
    if !run.isEmpty { text += run.joined(separator: ", ") + "\n" }
    if !commandLine.isEmpty { text += commandLine + "\n" }
    text +=
      "\n"
      + Self.wrapped(verdict.sentence, width: columns, atMost: 20)
      .joined(separator: "\n") + "\n"
    for reason in bestEffortReasons { text += bullet("best effort: " + reason, columns) }
    for fault in faults { text += bullet("fault: " + fault, columns) }
    text += "\n" + figures(columns: columns)
    // A page of histograms is read, a hundred are not.
    for item in series.prefix(Self.panelMaximum) where item.latency.count > 0 {
      let histogram = TerminalHistogram(item, terminal: terminal).text
      if histogram.isEmpty { continue }
      text +=
        "\n" + terminal.bold(item.name) + (item.detail.isEmpty ? "" : ": " + item.detail)
        + "\n" + histogram
    }
    if series.count > Self.panelMaximum {
      text += "\n\(series.count - Self.panelMaximum) more series are in the table only.\n"
    }
    text += Self.sectionsText(findings, columns: columns)
    text += Self.sectionsText(conditions, columns: columns)
    return terminal.shown(text)
  }

  private func bullet(_ sentence: String, _ columns: Int) -> String {
    let lines = Self.wrapped(sentence, width: columns - 2, atMost: 20)
    return lines.enumerated().map { ($0 == 0 ? "! " : "  ") + $1 + "\n" }.joined()
  }

  static func sectionsText(_ sections: [ReportSection], columns: Int) -> String {
    sections.map { "\n\($0.title)\n" + textRows($0.rows, columns: columns) }.joined()
  }

  /// The table of all series; the corrected figures of one stand below it.
  func figures(columns: Int) -> String {
    var table = TextTable(
      head: ["series", "values", "min"] + LatencyDistribution.namedQuantiles.map(\.name)
        + ["worst", "missed", "budget", "above"])
    for item in series {
      table.rows.append(
        [item.name] + Self.cells(item.latency) + [
          item.missed.map { grouped($0, separator: " ") } ?? "–", item.budget?.readable ?? "–",
          item.budget == nil ? "–" : grouped(item.breaches, separator: " "),
        ])
      if let corrected = item.corrected {
        table.rows.append(["  corrected"] + Self.cells(corrected) + ["", "", ""])
      }
    }
    table.dropEmptyColumns()
    var text = table.text(columns: columns)
    for item in series where item.latency.negativeCount > 0 {
      text += "\(item.name): \(item.latency.negativeCount) spans ended before they began\n"
    }
    return text
  }

  private static func cells(_ latency: LatencyDistribution) -> [String] {
    let isEmpty = latency.count == 0
    return [grouped(latency.count, separator: " "), isEmpty ? "–" : latency.min.readable]
      + LatencyDistribution.namedQuantiles.map { latency.percentile($0.quantile).text }
      + [isEmpty ? "–" : latency.max.readable]
  }
}

extension TextTable {
  /// Columns in which no row says anything.
  mutating func dropEmptyColumns() {
    for column in head.indices.reversed()
    where rows.allSatisfy({ $0[column] == "–" || $0[column].isEmpty }) {
      head.remove(at: column)
      for row in rows.indices { rows[row].remove(at: column) }
    }
  }
}
