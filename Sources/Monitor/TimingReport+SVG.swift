// All of a report's distributions as one picture, with the conditions below.

import RT

extension TimingReport {
  /// A whole SVG document, to stand alone.
  public var svg: String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + picture(of: plots, showsTitle: true)
  }

  /// Series of one kind share axes; stages that take nanoseconds and stages that take milliseconds
  /// do not.
  var plots: [TimingPlot] {
    let shown = series.isEmpty ? [] : series
    guard shown.count > 1, !Self.areComparable(shown) else {
      let heading =
        shown.count == 1
        ? [shown[0].name, shown[0].detail].filter { !$0.isEmpty }.joined(separator: ": ") : ""
      return [TimingPlot(heading: heading, series: shown)]
    }
    return shown.filter { $0.latency.count > 0 }.prefix(Self.panelMaximum).map {
      TimingPlot(
        heading: $0.detail.isEmpty ? $0.name : "\($0.name): \($0.detail)", series: [$0],
        plotHeight: 150)
    }
  }

  /// More are in the table only.
  static var panelMaximum: Int { 16 }

  static func areComparable(_ series: [TimingSeries]) -> Bool {
    let medians = series.filter { $0.latency.count > 0 }.map { item in
      Double(
        (item.latency.bins.isEmpty ? item.latency.mean : item.latency.value(atQuantile: 0.5))
          .rawValue)
    }
    guard let least = medians.min(), let most = medians.max() else { return true }
    let haveOneBudget = series.allSatisfy { $0.budget == series.first?.budget }
    return haveOneBudget && most <= Swift.max(least, 1) * 20
  }

  /// - Parameters:
  ///   - showsTitle: false within a page that has it as its heading.
  ///   - foot: lines below; without: those of this report.
  func picture(of plots: [TimingPlot], showsTitle: Bool, foot: [String]? = nil) -> String {
    var body = ""
    var y = 8.0
    if showsTitle {
      body +=
        "<text x=\"\(plotNumber(TimingPlot.left))\" y=\"30\" class=\"tp-title\">"
        + title.cut(to: 90).escapedForMarkup + "</text>\n"
      y = 38
    }
    if plots.isEmpty {
      body +=
        "<text x=\"\(plotNumber(TimingPlot.left))\" y=\"\(plotNumber(y + 26))\" "
        + "class=\"tp-text\">Nothing was measured.</text>\n"
      y += 40
    }
    for plot in plots {
      let (svg, height) = plot.panel(top: y)
      body += svg
      y += height + 4
    }
    y += 8
    for line in foot ?? footLines {
      body +=
        "<text x=\"\(plotNumber(TimingPlot.left))\" y=\"\(plotNumber(y))\" class=\"tp-faint\">"
        + line.escapedForMarkup + "</text>\n"
      y += 15
    }
    return TimingPlotStyle.document(
      body, width: TimingPlot.width, height: (y + 2).rounded(.up), title: title)
  }

  /// When, how long, how, and on which machine: a figure never travels without its conditions.
  var footLines: [String] {
    var lines: [String] = []
    var run: [String] = []
    if begun > 0 { run.append(CivilDate.text(secondsSince1970: begun)) }
    if duration > .zero { run.append(duration.readable) }
    if !commandLine.isEmpty { run.append(commandLine) }
    if !run.isEmpty { lines.append(run.joined(separator: " · ").cut(to: 150)) }
    if let machine = conditions.first {
      let text = machine.rows.map { "\($0.name) \($0.text)" }.joined(separator: " · ")
      lines += Self.wrapped(text, width: 150, atMost: 3)
    }
    if !bestEffortReasons.isEmpty {
      lines.append(("BEST EFFORT: " + bestEffortReasons.joined(separator: "; ")).cut(to: 150))
    }
    return lines
  }

  /// Lines of words; what does not fit into so many is cut.
  static func wrapped(_ text: String, width: Int, atMost lineCount: Int) -> [String] {
    var lines: [String] = []
    // A number and its unit are one word.
    var words: [String] = []
    for word in text.split(separator: " ") {
      if ["ns", "µs", "ms", "s", "s."].contains(word.filter { $0 != "," }), !words.isEmpty {
        words[words.count - 1] += " " + word
      } else {
        words.append(String(word))
      }
    }
    var rest = words[...]
    while !rest.isEmpty, lines.count < lineCount {
      var line = rest.removeFirst()
      while let word = rest.first, line.count + 1 + word.count <= width {
        line += " " + word
        rest.removeFirst()
      }
      if lines.count == lineCount - 1, !rest.isEmpty { line += " …" }
      lines.append(line.cut(to: width))
    }
    return lines
  }
}

/// How a plot looks; the same within a page and as a file.
enum TimingPlotStyle {
  private static var lightColours: [String] {
    ["#0067b1", "#c77700", "#00855f", "#7b4fb5", "#2f9bd6", "#b8478f", "#7d7a00", "#8a5a3c"]
  }

  private static var darkColours: [String] {
    ["#5cb3ff", "#f2a93b", "#3fcf9f", "#b893f0", "#8fd0f5", "#f08bc8", "#c9c54a", "#cf9f7e"]
  }

  static var colourCount: Int { 8 }

  static var css: String {
    rules(
      colours: lightColours, ink: "#1b1f24", faint: "#5b6570", grid: "#dfe3e8",
      ground: "#ffffff", alarm: "#c3132b") + """
        .tp-text,.tp-small,.tp-faint,.tp-strong,.tp-title{font-family:system-ui,-apple-system,\
        "Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",Arial,sans-serif;font-size:12px}
        .tp-small{font-size:11px}.tp-faint{font-size:11px}.tp-strong{font-weight:600}
        .tp-title{font-size:17px;font-weight:600}
        .tp-grid,.tp-axis,.tp-mark,.tp-budget,.tp-curve,.tp-coarse{fill:none}
        .tp-curve{stroke-width:1.2;stroke-linejoin:round}
        .tp-filled{fill-opacity:.2}
        .tp-rest{stroke-opacity:.35}
        .tp-coarse{stroke-dasharray:3 3}
        .tp-mark{stroke-width:1;stroke-dasharray:2 3}
        .tp-budget{stroke-width:1.6}
        .tp-worst,.tp-swatch,.tp-tint{stroke:none!important}
        .tp-halo{stroke-width:3;paint-order:stroke;stroke-linejoin:round}

        """
      + "@media (prefers-color-scheme:dark){\n"
      + rules(
        colours: darkColours, ink: "#e6e9ed", faint: "#9aa5b1", grid: "#2c333b",
        ground: "#14171b", alarm: "#ff6b78") + "}\n"
  }

  private static func rules(
    colours: [String], ink: String, faint: String, grid: String, ground: String, alarm: String
  ) -> String {
    var css = ""
    for (index, colour) in colours.enumerated() {
      css += ".tp-c\(index){stroke:\(colour)}"
      css += ".tp-c\(index).tp-filled,.tp-c\(index).tp-worst,.tp-c\(index).tp-swatch,"
      css += ".tp-c\(index).tp-tint"
      css += "{fill:\(colour)}\n"
    }
    return css + """
      .tp-text,.tp-small,.tp-strong,.tp-title{fill:\(ink)}.tp-faint{fill:\(faint)}
      .tp-ground{fill:\(ground)}.tp-grid{stroke:\(grid)}.tp-axis,.tp-ink{stroke:\(ink)}
      .tp-rest,.tp-none{stroke:\(faint)}.tp-rest.tp-swatch,.tp-none.tp-swatch{fill:\(faint)}
      .tp-budget{stroke:\(alarm)}.tp-alarm{fill:\(alarm)}.tp-halo{stroke:\(ground)}

      """
  }

  static func document(_ body: String, width: Double, height: Double, title: String) -> String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(plotNumber(width)) "
      + "\(plotNumber(height))\" width=\"\(plotNumber(width))\" height=\"\(plotNumber(height))\" "
      + "role=\"img\" aria-label=\"\(title.escapedForMarkup)\">\n<style>\n\(css)</style>\n"
      + "<rect width=\"100%\" height=\"100%\" class=\"tp-ground\"/>\n" + body + "</svg>\n"
  }
}
