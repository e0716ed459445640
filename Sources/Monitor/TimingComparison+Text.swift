// A comparison for a terminal, as a picture, and as a page.

import RT

extension TimingComparison {
  public func page(_ terminal: TerminalText = TerminalText()) -> String {
    let columns = terminal.columns
    var text = ""
    for (name, report) in [(names.first, first), (names.second, second)] {
      let when = report.begun > 0 ? ", " + CivilDate.text(secondsSince1970: report.begun) : ""
      text += Self.paragraph("\(name): \(report.title)\(when)", columns: columns, indent: 0)
      if !report.commandLine.isEmpty { text += "  \(report.commandLine)\n" }
      text += Self.paragraph(report.verdict.sentence, columns: columns, indent: 2)
    }
    text += "\n" + Self.paragraph(verdict.sentence, columns: columns, indent: 0)
    for pair in pairs {
      var table = TextTable(
        head: [
          pair.name.cut(to: 30), names.first.cut(to: 20), names.second.cut(to: 20), "ratio",
          "difference",
        ])
      table.rows = figures(pair).map { [$0.name, $0.first, $0.second, $0.ratio, $0.difference] }
      text += "\n" + table.text(columns: columns)
    }
    for sentence in resolutionNotes + unpaired {
      text += "\n" + Self.paragraph(sentence, columns: columns, indent: 0)
    }
    text += conditionsText(columns: columns)
    return terminal.shown(text)
  }

  private static func paragraph(_ sentence: String, columns: Int, indent: Int) -> String {
    TimingReport.wrapped(sentence, width: columns - indent, atMost: 20)
      .map { String(repeating: " ", count: indent) + $0 + "\n" }.joined()
  }

  private func conditionsText(columns: Int) -> String {
    let (both, alone) = conditions
    var text = ""
    let different = both.filter { !$0.isEqual }
    if !different.isEmpty {
      text += "\nConditions that differ\n"
      for condition in different {
        text +=
          "  \(condition.section): \(condition.name)"
          + (condition.isMomentary ? " (changes by itself)\n" : "\n")
        text += textRows(
          [ReportRow(names.first, condition.first), ReportRow(names.second, condition.second)],
          indent: 4, columns: columns)
      }
    }
    let equal = both.count - different.count
    return text + "\n"
      + Self.paragraph(
        "Conditions that are the same: \(equal); told by one report only: \(alone).",
        columns: columns, indent: 0)
  }

  /// A whole SVG document.
  public var svg: String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + picture(showsTitle: true)
  }

  private func picture(showsTitle: Bool) -> String {
    var both = first
    both.title = title
    return both.picture(of: plots, showsTitle: showsTitle, foot: footLines)
  }

  private var footLines: [String] {
    [(names.first, first), (names.second, second)].flatMap { name, report in
      let lines = report.footLines
      return lines.enumerated().map { index, line in
        (index == 0 ? "\(name): " : "    ") + line
      }
    }
  }

  /// A whole HTML document.
  public var html: String {
    var body = "<h1>\(title.escapedForMarkup)</h1>\n"
    body +=
      "<p class=\"verdict \(verdict.level.rawValue)\">\(verdict.sentence.escapedForMarkup)</p>\n"
    for (name, report) in [(names.first, first), (names.second, second)] {
      body +=
        "<h2>\(name.escapedForMarkup): \(report.title.escapedForMarkup)</h2>\n"
        + TimingPage.head(report)
        + "<p>\(report.verdict.sentence.escapedForMarkup)</p>\n"
      for fault in report.faults { body += "<p class=\"alarm\">\(fault.escapedForMarkup)</p>\n" }
    }
    body += "<figure>\n" + picture(showsTitle: false) + "</figure>\n<h2>Figures</h2>\n"
    for pair in pairs { body += table(pair) }
    for sentence in resolutionNotes + unpaired {
      body += "<p class=\"note\">\(sentence.escapedForMarkup)</p>\n"
    }
    body += "<p class=\"note\">– : fewer than ten values lie above it, or it is not known.</p>\n"
    body += "<h2>All figures of each</h2>\n"
    for (name, report) in [(names.first, first), (names.second, second)] {
      body += "<h3>\(name.escapedForMarkup)</h3>\n" + TimingPage.table(report.series)
    }
    return TimingPage.document(title: title, body: body + conditionsPage)
  }

  private func table(_ pair: Pair) -> String {
    var html = "<div class=\"wide\"><table class=\"figures\">\n<thead><tr>"
    for name in [pair.name, names.first, names.second, "ratio", "difference"] {
      html += "<th scope=\"col\">\(name.escapedForMarkup)</th>"
    }
    html += "</tr></thead>\n<tbody>\n"
    for figure in figures(pair) {
      html += "<tr><th scope=\"row\">\(figure.name)</th>"
      for text in [figure.first, figure.second, figure.ratio, figure.difference] {
        html += TimingPage.cell(text.escapedForMarkup)
      }
      html += "</tr>\n"
    }
    return html + "</tbody></table></div>\n"
  }

  private var conditionsPage: String {
    let (both, alone) = conditions
    let different = both.filter { !$0.isEqual }
    let equal = both.filter(\.isEqual)
    var html = "<h2>Conditions</h2>\n"
    if !different.isEmpty {
      html +=
        "<div class=\"wide\"><table class=\"compared\">\n<thead><tr><th>differs</th>"
        + "<th>\(names.first.escapedForMarkup)</th><th>\(names.second.escapedForMarkup)</th>"
        + "</tr></thead>\n<tbody>\n"
      for condition in different {
        html +=
          "<tr\(condition.isMomentary ? " class=\"momentary\"" : "")><th scope=\"row\">"
          + "\(condition.section.escapedForMarkup): \(condition.name.escapedForMarkup)</th>"
          + "<td>\(condition.first.escapedForMarkup)</td>"
          + "<td>\(condition.second.escapedForMarkup)</td></tr>\n"
      }
      html += "</tbody></table></div>\n"
    }
    if !equal.isEmpty {
      html +=
        "<details><summary>Conditions that are the same: \(equal.count)</summary>\n"
        + "<table class=\"rows\">\n"
      for condition in equal {
        html +=
          "<tr><th scope=\"row\">\(condition.section.escapedForMarkup): "
          + "\(condition.name.escapedForMarkup)</th>"
          + "<td>\(condition.first.escapedForMarkup)</td></tr>\n"
      }
      html += "</table></details>\n"
    }
    if alone > 0 { html += "<p class=\"note\">Told by one report only: \(alone).</p>\n" }
    return html
  }
}
