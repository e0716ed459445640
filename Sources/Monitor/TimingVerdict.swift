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

  var breachTotal: UInt64 {
    series.map(\.breaches).reduce(0) { $0.addingReportingOverflow($1).partialValue }
  }

  var hasBudget: Bool { series.contains { $0.budget != nil } }

  /// Values of the series that has fewest of them, empty ones aside.
  private var leastCount: UInt64 { series.map(\.latency.count).filter { $0 > 0 }.min() ?? 0 }

  var worstSeries: TimingSeries? {
    series.filter { $0.latency.count > 0 }.max { $0.latency.max < $1.latency.max }
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
    if missed > 0 {
      clauses.append("\(grouped(missed)) period\(missed == 1 ? " was" : "s were") missed")
    }
    if breachTotal > 0 {
      clauses.append(
        "\(grouped(breachTotal)) value\(breachTotal == 1 ? "" : "s") lay above budget")
    }
    let whose = series.count > 1 ? " (\(worst.name))" : ""
    let worstText = "the worst latency was \(worst.latency.max.readable)\(whose)"
    if clauses.isEmpty {
      if missedTotal != nil { clauses.append("No period was missed") }
      if hasBudget { clauses.append("no value lay above its budget") }
    } else {
      level = .bad
    }
    let rest = clauses.isEmpty ? worstText : clauses.joined(separator: ", ") + ", and " + worstText
    sentences.append(Self.capitalised(rest) + ".")
    if !bestEffortReasons.isEmpty {
      says("This was best effort, not real time: some of what it needs was refused.", .limited)
    }
    if leastCount < 100_000 {
      says(
        "With \(grouped(leastCount)) values the run is too short to say anything of p99.999.",
        .limited)
    }
    return TimingVerdict(level: level, sentence: sentences.joined(separator: " "))
  }

  private static func capitalised(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
