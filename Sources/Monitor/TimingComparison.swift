// Two reports side by side: which series belong together, and whether the conditions let their
// figures be compared.

import RT

public struct TimingComparison: Sendable {
  public var first: TimingReport
  public var second: TimingReport
  /// What the two are called, such as their files.
  public var names: (first: String, second: String)

  public init(
    _ first: TimingReport, _ second: TimingReport,
    names: (first: String, second: String) = ("first", "second")
  ) {
    self.first = first
    self.second = second
    self.names = names
  }

  struct Pair {
    var first: TimingSeries
    var second: TimingSeries

    var name: String {
      first.name == second.name ? first.name : "\(first.name) | \(second.name)"
    }
  }

  /// Those with the same name; where no name is in both, in order.
  var pairs: [Pair] {
    let byName = first.series.compactMap { item in
      second.series.first { $0.name == item.name }.map { Pair(first: item, second: $0) }
    }
    return byName.isEmpty
      ? zip(first.series, second.series).map { Pair(first: $0, second: $1) } : byName
  }

  /// One sentence for each report that has series which the other has not.
  var unpaired: [String] {
    let pairs = pairs
    func sentence(_ report: TimingReport, _ name: String, _ paired: [String]) -> String? {
      let alone = report.series.map(\.name).filter { !paired.contains($0) }
      return alone.isEmpty
        ? nil : "Only \(name) has: \(alone.joined(separator: ", ").cut(to: 300))."
    }
    return [
      sentence(first, names.first, pairs.map(\.first.name)),
      sentence(second, names.second, pairs.map(\.second.name)),
    ].compactMap { $0 }
  }

  /// One sentence for each report whose values were cut down to whole microseconds.
  var resolutionNotes: [String] {
    [(names.first, first), (names.second, second)].compactMap { name, report in
      guard report.resolution > Nanoseconds(1) else { return nil }
      let step = LatencyAxisLabel.text(report.resolution)
      return "\(name) has values cut down to whole steps of \(step): its percentiles are "
        + "interpolated, its worst values may be up to \(step) longer than shown, and differences "
        + "below \(step) say nothing."
    }
  }

  /// A figure of both, as text.
  struct Figure {
    var name: String
    var first: String
    var second: String
    /// Second by first, and second less first; "–" where one is not known.
    var ratio = "–"
    var difference = "–"
  }

  /// Those of which at least one report says something.
  func figures(_ pair: Pair) -> [Figure] {
    let (a, b) = (pair.first.latency, pair.second.latency)
    func counts(_ name: String, _ first: UInt64?, _ second: UInt64?) -> Figure {
      var figure = Figure(
        name: name, first: first.map { grouped($0) } ?? "–",
        second: second.map { grouped($0) } ?? "–")
      if let first, let second {
        figure.ratio = first > 0 ? Self.ratio(Double(second) / Double(first)) : "–"
        figure.difference =
          second == first
          ? "0"
          : second > first
            ? "+" + grouped(second - first)
            : "−" + grouped(first - second)
      }
      return figure
    }
    func spans(_ name: String, _ first: Percentile, _ second: Percentile) -> Figure {
      var figure = Figure(name: name, first: first.text, second: second.text)
      if let one = first.span, let other = second.span {
        if one > .zero { figure.ratio = Self.ratio(other.seconds / one.seconds) }
        let change = other.rawValue.subtractingReportingOverflow(one.rawValue).partialValue
        let size = Nanoseconds(Int64(clamping: change.magnitude)).readable
        figure.difference = change == 0 ? "0" : (change > 0 ? "+" : "−") + size
      }
      return figure
    }
    func worst(_ latency: LatencyDistribution) -> Percentile {
      latency.count == 0 ? .unknown : .value(latency.max)
    }
    var figures = [counts("values", a.count, b.count)]
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
      figures.append(spans(name, a.percentile(quantile), b.percentile(quantile)))
    }
    figures.append(spans("worst", worst(a), worst(b)))
    figures.append(counts("missed", pair.first.missed, pair.second.missed))
    return figures.filter { $0.first != "–" || $0.second != "–" }
  }

  private static func ratio(_ value: Double) -> String {
    "× " + decimal(value, places: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
  }

  /// A condition that both tell.
  struct Condition: Equatable {
    var section: String
    var name: String
    var first: String
    var second: String
    var isMomentary: Bool { section == ReportSection.momentary }
    var isEqual: Bool { first == second }
  }

  /// Those that both tell, in the order of the first, and how many only one of them tells.
  var conditions: (both: [Condition], toldByOne: Int) {
    func key(_ section: String, _ row: String) -> String { section + "\u{0}" + row }
    var others: [String: String] = [:]
    for section in second.conditions {
      for row in section.rows { others[key(section.title, row.name)] = row.text }
    }
    var both: [Condition] = []
    var alone = 0
    for section in first.conditions {
      for row in section.rows {
        if let other = others.removeValue(forKey: key(section.title, row.name)) {
          both.append(
            Condition(section: section.title, name: row.name, first: row.text, second: other))
        } else {
          alone += 1
        }
      }
    }
    return (both, alone + others.count)
  }

  /// Kernel and architecture alone say little of how a machine was set up.
  private static var conditionMinimum: Int { 5 }

  var verdict: TimingVerdict {
    let (both, alone) = conditions
    let lasting = both.filter { !$0.isMomentary }
    let different = lasting.filter { !$0.isEqual }
    if !different.isEmpty {
      let named = different.prefix(6).map { "\($0.section): \($0.name)" }.joined(separator: ", ")
      return TimingVerdict(
        level: .bad,
        sentence:
          "The conditions differ (\(named)\(different.count > 6 ? ", …" : "")): the figures "
          + "cannot be compared as those of one machine in one set-up.")
    }
    let more = alone == 1 ? "1 more is" : "\(alone) more are"
    let rest = alone > 0 ? " \(more) told by one of them only." : ""
    guard lasting.count >= Self.conditionMinimum else {
      return TimingVerdict(
        level: .limited,
        sentence:
          "Too few conditions (\(lasting.count)) are told by both to compare the machines." + rest)
    }
    return TimingVerdict(
      level: alone > lasting.count ? .limited : .good,
      sentence: "All \(lasting.count) conditions that both tell are the same." + rest)
  }

  /// For each pair both distributions over each other.
  var plots: [TimingPlot] {
    let pairs = pairs
    return pairs.prefix(TimingReport.panelMaximum).map { pair in
      var (one, other) = (pair.first, pair.second)
      one.name = names.first
      other.name = names.second
      return TimingPlot(
        heading: pair.name, series: [one, other], plotHeight: pairs.count > 2 ? 170 : 260)
    }
  }

  var title: String { "\(first.title) | \(second.title)" }
}
