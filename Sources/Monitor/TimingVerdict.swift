// What a report says, in a sentence or two: no more than the figures bear.

import RT

struct TimingVerdict: Equatable {
  enum Level: String {
    /// Nothing was missed, breached, refused or lost.
    case good
    /// The figures hold, but the run or its conditions limit what they say.
    case limited
    /// Something was missed, breached or lost.
    case bad
  }

  var level: Level
  var sentence: String
}

extension TimingReport {
  var missedTotal: UInt64? {
    let counts = series.compactMap(\.missed)
    return counts.isEmpty ? nil : counts.reduce(0) { $0.addingReportingOverflow($1).partialValue }
  }

  /// In a session a frame that was late or lost stands in the place of a missed period.
  private var countsFrames: Bool {
    series.contains { $0.name == Stage.edgeToWake.rawValue && $0.missed != nil }
  }

  private func missedClause(_ missed: UInt64) -> String {
    if countsFrames {
      return missed == 0
        ? "no frame was late or lost"
        : "\(grouped(missed)) frame\(missed == 1 ? " was" : "s were") late or lost"
    }
    return missed == 0
      ? "no period was missed"
      : "\(grouped(missed)) period\(missed == 1 ? " was" : "s were") missed"
  }

  /// Somebody else's program measured, and skipped periods without counting them.
  private var hidesMissedPeriods: Bool {
    missedTotal == nil && findings.contains { $0.title == ReportSection.untold }
  }

  var breachTotal: UInt64 {
    series.map(\.breaches).reduce(0) { $0.addingReportingOverflow($1).partialValue }
  }

  var hasBudget: Bool { series.contains { $0.budget != nil } }

  /// Values of the series that has fewest of them, empty ones aside.
  private var leastCount: UInt64 { series.map(\.latency.count).filter { $0 > 0 }.min() ?? 0 }

  /// A session's whole way where it was measured: its parts and the wire beyond are no worse or
  /// another matter.
  var worstSeries: TimingSeries? {
    let filled = series.filter { $0.latency.count > 0 }
    return filled.first { $0.name == Stage.edgeToCommand.rawValue }
      ?? filled.max { $0.latency.max < $1.latency.max }
  }

  var verdict: TimingVerdict {
    guard let worst = worstSeries else {
      let cause = faults.first.map { ": " + $0 } ?? "."
      return TimingVerdict(level: .bad, sentence: "Nothing was measured" + cause)
    }
    var sentences: [String] = []
    var level = TimingVerdict.Level.good
    func says(_ sentence: String, _ itsLevel: TimingVerdict.Level) {
      sentences.append(sentence)
      if itsLevel == .bad || level == .good { level = itsLevel }
    }
    if !faults.isEmpty {
      says(faults.count == 1 ? "The run had a fault." : "The run had \(faults.count) faults.", .bad)
    }
    var clauses: [String] = []
    let missed = missedTotal ?? 0
    if missed > 0 { clauses.append(missedClause(missed)) }
    if breachTotal > 0 {
      clauses.append(
        "\(grouped(breachTotal)) value\(breachTotal == 1 ? "" : "s") lay above budget")
    }
    let whose = series.count > 1 ? " (\(worst.name))" : ""
    let worstText = "the worst latency was \(worst.latency.max.readable)\(whose)"
    if clauses.isEmpty {
      if missedTotal != nil { clauses.append(missedClause(0)) }
      if hasBudget { clauses.append("no value lay above its budget") }
    } else {
      level = .bad
    }
    let rest = clauses.isEmpty ? worstText : clauses.joined(separator: ", ") + ", and " + worstText
    sentences.append(Self.capitalised(rest) + ".")
    if !bestEffortReasons.isEmpty {
      says("This was best effort, not real time: some of what it needs was refused.", .limited)
    }
    let empty = series.filter { $0.latency.count == 0 }.map(\.name)
    if !empty.isEmpty {
      says("Nothing was measured of \(empty.joined(separator: ", ").cut(to: 200)).", .limited)
    }
    if hidesMissedPeriods { says("Whether periods were missed is not told.", .limited) }
    if leastCount < 100_000 {
      says(
        "With \(grouped(leastCount)) value\(leastCount == 1 ? "" : "s") the run is too short to "
          + "say anything of p99.99.", .limited)
    }
    return TimingVerdict(level: level, sentence: sentences.joined(separator: " "))
  }

  private static func capitalised(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
