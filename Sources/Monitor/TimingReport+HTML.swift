// A report as one HTML file: nothing is fetched, nothing runs, everything travels with it.

import RT

extension TimingReport {
  /// A whole HTML document.
  public var html: String {
    var body = "<h1>\(title.escapedForMarkup)</h1>\n" + TimingPage.head(self)
    body +=
      "<p class=\"verdict \(verdict.level.rawValue)\">\(verdict.sentence.escapedForMarkup)</p>\n"
    if !faults.isEmpty { body += TimingPage.list("Faults", faults) }
    if !bestEffortReasons.isEmpty { body += TimingPage.list("Best effort", bestEffortReasons) }
    body += "<figure>\n" + picture(of: plots, showsTitle: false) + "</figure>\n"
    body += "<h2>Figures</h2>\n" + TimingPage.table(series)
    if !findings.isEmpty {
      body +=
        "<h2>Findings</h2>\n<div class=\"sections\">\n"
        + findings.map(TimingPage.section).joined() + "</div>\n"
    }
    if !conditions.isEmpty {
      body +=
        "<h2>Conditions</h2>\n<div class=\"sections\">\n"
        + conditions.map(TimingPage.section).joined() + "</div>\n"
    }
    return TimingPage.document(title: title, body: body)
  }
}

/// The parts of a page.
enum TimingPage {
  static func head(_ report: TimingReport) -> String {
    var parts: [String] = []
    if report.begun > 0 { parts.append(CivilDate.text(secondsSince1970: report.begun)) }
    if report.duration > .zero { parts.append(report.duration.readable) }
    var text = parts.joined(separator: " · ").escapedForMarkup
    if !report.commandLine.isEmpty {
      text += (text.isEmpty ? "" : "<br>") + "<code>\(report.commandLine.escapedForMarkup)</code>"
    }
    return text.isEmpty ? "" : "<p class=\"run\">\(text)</p>\n"
  }

  static func list(_ title: String, _ sentences: [String]) -> String {
    "<h2>\(title)</h2>\n<ul>\n"
      + sentences.map { "<li>\($0.escapedForMarkup)</li>\n" }.joined() + "</ul>\n"
  }

  static func section(_ section: ReportSection) -> String {
    let rows = section.rows.map {
      "<tr><th scope=\"row\">\($0.name.escapedForMarkup)</th>"
        + "<td>\($0.text.escapedForMarkup)</td></tr>\n"
    }
    return "<section><h3>\(section.title.escapedForMarkup)</h3>\n<table class=\"rows\">\n"
      + rows.joined() + "</table></section>\n"
  }

  private static var columns: [String] {
    ["series", "values", "min"] + LatencyDistribution.namedQuantiles.map(\.name)
      + ["worst", "missed", "budget", "above it"]
  }

  /// Raw and, where there is one, corrected: what the missed periods would have shown is a row of
  /// its own below.
  static func table(_ series: [TimingSeries]) -> String {
    var html = "<div class=\"wide\"><table class=\"figures\">\n<thead><tr>"
    html += columns.map { "<th scope=\"col\">\($0)</th>" }.joined() + "</tr></thead>\n<tbody>\n"
    for item in series {
      html += row(item)
      if let corrected = item.corrected { html += row(corrected) }
    }
    html += "</tbody></table></div>\n"
    var notes = ["– : fewer than ten values lie above it, or it is not known."]
    if series.contains(where: { $0.corrected != nil }) {
      notes.append(
        "Corrected: with the latencies that would have been measured in the periods that were "
          + "missed.")
    }
    if series.contains(where: { $0.latency.negativeCount > 0 }) {
      notes.append("Spans that ended before they began are in none of the figures.")
    }
    return html + "<p class=\"note\">\(notes.joined(separator: " ").escapedForMarkup)</p>\n"
  }

  private static func row(_ series: TimingSeries) -> String {
    var name = "<b>\(series.name.escapedForMarkup)</b>"
    if !series.detail.isEmpty { name += "<small>\(series.detail.escapedForMarkup)</small>" }
    if series.latency.negativeCount > 0 {
      name += "<small>\(grouped(series.latency.negativeCount)) ended before they began</small>"
    }
    let isOver = series.breaches > 0
    var worst = TimingPage.worst(series.latency)
    if series.latency.count > 0, let at = series.worstAt {
      worst += " <small>after \(at.readable)</small>"
    }
    let missed = series.missed
    return "<tr><th scope=\"row\">\(name)</th>" + figures(series.latency)
      + cell(worst, isAlarming: isOver)
      + cell(missed.map { grouped($0) } ?? "–", isAlarming: (missed ?? 0) > 0)
      + cell(series.budget?.readable ?? "–")
      + cell(series.budget == nil ? "–" : grouped(series.breaches), isAlarming: isOver) + "</tr>\n"
  }

  private static func row(_ corrected: LatencyDistribution) -> String {
    "<tr class=\"corrected\"><th scope=\"row\">corrected</th>" + figures(corrected)
      + cell(worst(corrected)) + "<td></td><td></td><td></td></tr>\n"
  }

  private static func worst(_ latency: LatencyDistribution) -> String {
    latency.count == 0 ? "–" : latency.max.readable
  }

  private static func figures(_ latency: LatencyDistribution) -> String {
    cell(grouped(latency.count)) + cell(latency.count == 0 ? "–" : latency.min.readable)
      + LatencyDistribution.namedQuantiles.map {
        cell(latency.percentile($0.quantile).text.escapedForMarkup)
      }.joined()
  }

  static func cell(_ text: String, isAlarming: Bool = false) -> String {
    "<td\(isAlarming ? " class=\"alarm\"" : "")>\(text)</td>"
  }

  static func document(title: String, body: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(title.escapedForMarkup)</title>
    <style>
    \(css)</style>
    </head>
    <body>
    \(body)</body>
    </html>

    """
  }

  private static var css: String {
    """
    :root{color-scheme:light dark;--ink:#1b1f24;--faint:#5b6570;--grid:#dfe3e8;--ground:#fff;
    --good:#0b6b3a;--limited:#8a5a00;--bad:#b3122a;--panel:#f6f7f9}
    @media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--faint:#9aa5b1;--grid:#2c333b;
    --ground:#14171b;--good:#4fd08a;--limited:#f0b64b;--bad:#ff7b86;--panel:#1c2127}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem 3rem;background:var(--ground);
    color:var(--ink);font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",
    "DejaVu Sans",Arial,sans-serif;overflow-wrap:break-word}
    h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2rem 0 .6rem}
    h3{font-size:.95rem;margin:0 0 .4rem}
    code{font:.85rem/1.4 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;
    overflow-wrap:anywhere}
    .run,.note{color:var(--faint);font-size:.85rem;margin:.2rem 0 1rem}.note{margin-top:.5rem}
    .verdict{border-left:5px solid;background:var(--panel);padding:.7rem .9rem;margin:1rem 0;
    font-weight:600;border-radius:3px}
    .good{border-color:var(--good)}.limited{border-color:var(--limited)}
    .bad{border-color:var(--bad)}
    figure{margin:1rem 0;overflow-x:auto}
    figure svg{display:block;width:100%;min-width:40rem;height:auto}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums}
    th,td{padding:.3rem .5rem;border-bottom:1px solid var(--grid);vertical-align:top}
    .figures td,.figures thead th{text-align:right;white-space:nowrap}
    .figures th:first-child{text-align:left;white-space:normal;min-width:9rem}
    .figures thead th{color:var(--faint);font-weight:600}
    .figures small{display:block;color:var(--faint);font-weight:400}
    .figures th b{font-weight:600}
    .corrected th{font-weight:400;color:var(--faint);padding-left:1.2rem}
    .alarm{color:var(--bad);font-weight:700}
    .sections{columns:2 24rem;column-gap:2rem}
    .sections section{break-inside:avoid-column;margin:0 0 1.4rem}
    .rows{width:100%}.rows th{text-align:left;font-weight:400;color:var(--faint);width:34%}
    .rows td,.rows th{overflow-wrap:anywhere}
    .compared{width:100%}.compared th{text-align:left;font-weight:600}
    .compared tbody th{font-weight:400;color:var(--faint);width:30%}
    .compared .momentary td{color:var(--faint)}
    summary{cursor:pointer;margin:.8rem 0}
    @media print{figure svg{min-width:0}
    body{max-width:none;padding:0;font-size:11pt;background:#fff}
    .wide{overflow:visible}.figures{font-size:7.5pt}figure,section,.verdict{break-inside:avoid}
    h2,h3{break-after:avoid}}

    """
  }
}
