// A plot of latency distributions as SVG, the way OSADL has taught everybody to read them: counts
// on a logarithmic axis over microseconds, each bin a step, the worst case marked.
//
// No script, no external resource, no identifier that could clash within a page; colours follow the
// reader's choice of light or dark.

import RT

/// One panel: series on common axes.
struct TimingPlot {
  var heading: String
  var series: [TimingSeries]
  var plotHeight = 300.0

  static var width: Double { 960 }
  static var left: Double { 78 }
  static var right: Double { 936 }

  /// More are drawn in grey: no two series share a colour.
  private static var colouredMaximum: Int { TimingPlotStyle.colourCount }

  private var budget: Nanoseconds? {
    guard let first = series.first?.budget, series.allSatisfy({ $0.budget == first }) else {
      return nil
    }
    return first
  }

  /// Indices, the worst first.
  private var ranking: [Int] {
    series.indices.filter { series[$0].latency.count > 0 }.sorted {
      (series[$1].latency.max, $0) < (series[$0].latency.max, $1)
    }
  }

  /// The panel's elements from `top` on, and the height it takes.
  func panel(top: Double) -> (svg: String, height: Double) {
    var svg = ""
    var y = top
    if !heading.isEmpty {
      y += 16
      svg += text(Self.left, y, heading.cut(to: 130), "tp-strong")
      y += 8
    }
    let ranking = ranking
    guard let worst = ranking.first else {
      svg += text(Self.left, y + 22, "Nothing was measured.", "tp-text")
      return (svg, y + 40 - top)
    }
    let coloured = Array(ranking.prefix(Self.colouredMaximum)).sorted()
    let (legend, legendHeight) = legend(coloured, top: y)
    svg += legend
    y += legendHeight

    let axis = LatencyAxis(
      series.map(\.latency), marks: budget.map { [$0] } ?? [], width: Self.right - Self.left)
    let edges = axis.edges
    let steps = series.map { PlotSteps($0.latency, edges: edges) }
    let counts = CountAxis(largest: steps.map(\.largest).max() ?? 1, height: plotHeight)

    let marks = PlotLabels.place(marks(ranking, axis: axis), right: Self.right)
    let rows = (marks.map(\.row).max() ?? -1) + 1
    let plotTop = y + Double(rows) * PlotLabels.rowHeight + 8
    svg += frame(axis, counts, top: plotTop)
    for index in ranking.dropFirst(Self.colouredMaximum) {
      svg += curve(steps[index], axis, counts, plotTop, "tp-rest", isFilled: false)
    }
    for index in coloured.reversed() {
      svg += curve(
        steps[index], axis, counts, plotTop, colour(index, coloured), isFilled: coloured.count < 4)
    }
    for placed in marks { svg += line(placed, top: y, plotTop: plotTop) }
    svg += worstMark(worst, steps, axis, counts, plotTop, colour(worst, coloured))
    return (svg, plotTop + plotHeight + 44 - top)
  }

  /// A class that gives stroke and fill.
  private func colour(_ index: Int, _ coloured: [Int]) -> String {
    "tp-c\(coloured.firstIndex(of: index) ?? 0)"
  }

  private func text(
    _ x: Double, _ y: Double, _ text: String, _ name: String, anchor: String = "start"
  ) -> String {
    let place = anchor == "start" ? "" : " text-anchor=\"\(anchor)\""
    return "<text x=\"\(plotNumber(x))\" y=\"\(plotNumber(y))\" class=\"\(name)\"\(place)>"
      + text.escapedForMarkup + "</text>\n"
  }

  private func legend(_ coloured: [Int], top: Double) -> (String, Double) {
    // One series is named by the heading, and its worst value by its mark.
    guard series.count > 1 else { return ("", 4) }
    var svg = ""
    var x = Self.left
    var y = top + 14
    func add(_ label: String, _ name: String) {
      let width = PlotLabels.width(label, fontSize: 12) + 40
      if x > Self.left, x + width > Self.right {
        x = Self.left
        y += 18
      }
      svg +=
        "<rect x=\"\(plotNumber(x))\" y=\"\(plotNumber(y - 9))\" width=\"14\" height=\"10\" "
        + "rx=\"2\" class=\"tp-swatch \(name)\"/>\n"
      svg += text(x + 20, y, label, "tp-text")
      x += width
    }
    for index in coloured {
      let worst = series[index].latency.max.readable
      add("\(series[index].name.cut(to: 48)) · worst \(worst)", colour(index, coloured))
    }
    let filled = series.filter { $0.latency.count > 0 }.count
    if filled > coloured.count {
      add(filled - coloured.count == 1 ? "1 other" : "\(filled - coloured.count) others", "tp-rest")
    }
    let empty = series.filter { $0.latency.count == 0 }.map(\.name)
    if let name = empty.first {
      add("\(empty.count == 1 ? name.cut(to: 48) : "\(empty.count)") without a value", "tp-none")
    }
    return (svg, y + 10 - top)
  }

  /// Percentiles of one or two series, or of the worst of several; the budget.
  private func marks(_ ranking: [Int], axis: LatencyAxis) -> [PlotMark] {
    let coloured = Array(ranking.prefix(Self.colouredMaximum)).sorted()
    let named = series.count <= 2 ? ranking.sorted() : Array(ranking.prefix(1))
    var marks: [PlotMark] = []
    for index in named {
      for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
        guard let span = series[index].latency.percentile(quantile).span else { continue }
        let whose = series.count > 2 ? " of \(series[index].name.cut(to: 24))" : ""
        marks.append(
          PlotMark(
            x: Self.left + axis.position(Double(span.rawValue)),
            text: "\(name)\(whose) \(span.readable)",
            lineClass: "tp-mark \(series.count > 1 ? colour(index, coloured) : "tp-ink")",
            textClass: series.count > 1
              ? "tp-small tp-tint \(colour(index, coloured))" : "tp-small"))
      }
    }
    if let budget {
      marks.append(
        PlotMark(
          x: Self.left + axis.position(Double(budget.rawValue)),
          text: "budget \(budget.readable)", lineClass: "tp-budget",
          textClass: "tp-small tp-alarm"))
    }
    return marks
  }

  private func line(_ placed: PlacedMark, top: Double, plotTop: Double) -> String {
    let x = placed.mark.x
    let baseline = top + 12 + Double(placed.row) * PlotLabels.rowHeight
    return "<path d=\"M\(plotNumber(x)) \(plotNumber(baseline - 8))"
      + "V\(plotNumber(plotTop + plotHeight))\" class=\"\(placed.mark.lineClass)\"/>\n"
      + text(
        placed.isLeft ? x - 4 : x + 4, baseline, placed.mark.text, placed.mark.textClass,
        anchor: placed.isLeft ? "end" : "start")
  }

  private func curve(
    _ steps: PlotSteps, _ axis: LatencyAxis, _ counts: CountAxis, _ top: Double, _ name: String,
    isFilled: Bool
  ) -> String {
    var svg = ""
    let path = steps.path(x: axis, y: counts, left: Self.left, top: top)
    if !path.isEmpty {
      svg += "<path d=\"\(path)\" class=\"tp-curve \(name)\(isFilled ? " tp-filled" : "")\"/>\n"
    }
    for bin in steps.coarse {
      let begin = Self.left + axis.position(Double(bin.lower.rawValue))
      let end = Self.left + axis.position(Double(bin.upper.rawValue))
      let height = counts.height - counts.position(Double(bin.count))
      svg +=
        "<rect x=\"\(plotNumber(begin))\" y=\"\(plotNumber(top + counts.height - height))\" "
        + "width=\"\(plotNumber(max(1, end - begin)))\" height=\"\(plotNumber(height))\" "
        + "class=\"tp-coarse \(name)\"/>\n"
      let note = "\(grouped(bin.count)) somewhere in here"
      if end - begin > PlotLabels.width(note) + 12 {
        svg += text(begin + 6, top + counts.height - height + 13, note, "tp-small tp-tint \(name)")
      }
    }
    return svg
  }

  /// A triangle on the worst value, and its name above everything that is drawn there.
  private func worstMark(
    _ worst: Int, _ steps: [PlotSteps], _ axis: LatencyAxis, _ counts: CountAxis, _ top: Double,
    _ name: String
  ) -> String {
    let latency = series[worst].latency
    let value = Double(latency.max.rawValue)
    let x = Self.left + axis.position(value)
    let label = "worst \(latency.max.readable)"
    let half = PlotLabels.width(label, fontSize: 12) / 2 + 8
    let centre = Swift.min(Swift.max(x, Self.left + half), Self.right - half + 4)
    func tallest(_ steps: [PlotSteps], from: Double, to: Double) -> Double {
      steps.map { $0.largest(between: from - Self.left, and: to - Self.left, on: axis) }.max() ?? 0
    }
    let own = tallest([steps[worst]], from: x - 5, to: x + 5)
    let markY = top + counts.position(Swift.max(1, own)) - 1
    let around = tallest(steps, from: centre - half, to: centre + half)
    let labelY = Swift.min(markY - 14, top + counts.position(Swift.max(1, around)) - 6)
    return "<path d=\"M\(plotNumber(x)) \(plotNumber(markY))l-5 -9h10z\" "
      + "class=\"tp-worst \(name)\"/>\n"
      + text(
        centre, Swift.max(top + 12, labelY), label, "tp-strong tp-halo", anchor: "middle")
  }

  private func frame(_ axis: LatencyAxis, _ counts: CountAxis, top: Double) -> String {
    let bottom = top + counts.height
    var svg = ""
    for tick in counts.ticks {
      let y = plotNumber(top + counts.position(tick.value))
      svg +=
        "<path d=\"M\(plotNumber(Self.left)) \(y)H\(plotNumber(Self.right))\" class=\"tp-grid\"/>\n"
      svg += text(
        Self.left - 8, top + counts.position(tick.value) + 4, tick.label, "tp-text", anchor: "end")
    }
    for tick in axis.ticks {
      let x = Self.left + axis.position(tick.value)
      svg += "<path d=\"M\(plotNumber(x)) \(plotNumber(bottom))v5\" class=\"tp-axis\"/>\n"
      svg += text(x, bottom + 18, tick.label, "tp-text", anchor: "middle")
    }
    let linear = Self.left + axis.linearWidth
    svg +=
      "<path d=\"M\(plotNumber(Self.left)) \(plotNumber(top))V\(plotNumber(bottom))"
      + "H\(plotNumber(linear))\" class=\"tp-axis\"/>\n"
    if axis.isBroken {
      let tail = linear + LatencyAxis.gap
      svg +=
        "<path d=\"M\(plotNumber(tail)) \(plotNumber(bottom))H\(plotNumber(Self.right))\" "
        + "class=\"tp-axis\"/>\n"
      for x in [linear, tail] {
        svg +=
          "<path d=\"M\(plotNumber(x - 3)) \(plotNumber(bottom + 6))l6 -12\" class=\"tp-axis\"/>\n"
      }
      svg += text(
        (tail + Self.right) / 2, bottom + 36, "logarithmic from here", "tp-faint", anchor: "middle")
    }
    svg += text(
      Self.left + axis.linearWidth / 2, bottom + 36,
      "latency in \(axis.unit.name)  (bins of \(binText(axis)))", "tp-text", anchor: "middle")
    let middle = plotNumber(top + counts.height / 2)
    svg +=
      "<text transform=\"translate(16 \(middle)) rotate(-90)\" class=\"tp-text\" "
      + "text-anchor=\"middle\">values in a bin</text>\n"
    return svg
  }

  private func binText(_ axis: LatencyAxis) -> String {
    let width = Nanoseconds(Int64(axis.binWidth))
    let name = LatencyAxis.short(
      axis.binWidth / (axis.binWidth < 1e3 ? 1 : axis.binWidth < 1e6 ? 1e3 : 1e6))
    let unit = width < .microseconds(1) ? "ns" : width < .milliseconds(1) ? "µs" : "ms"
    let widening = axis.binWidth * 100
    guard axis.end > widening * 1.05 else { return "\(name) \(unit)" }
    let from = LatencyAxisLabel.text(Nanoseconds(Int64(Swift.min(widening, 9e18))))
    return "\(name) \(unit); above \(from) 1 % of it"
  }
}
