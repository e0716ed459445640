// Where every microsecond went, from the edge at the amplifier to the answer of the exoskeleton.

public import RT
public import Signal

/// The stages of the chain, in the order of the data.
public enum Stage: String, CaseIterable, Sendable {
  /// The conversion was ready → the acquisition thread knew.
  case edgeToWake
  /// → the counts had been read.
  case read
  /// Handed over → taken by the decoding thread.
  case ring
  /// Filters, artifact gate, band power.
  case signal
  /// The model's decision.
  case decode
  /// The governor's step.
  case govern
  /// The command encoded and handed to the serial driver.
  case write
  /// The whole: edge → command handed to the serial driver.
  case edgeToCommand
  /// Command handed to the driver → its last bit on the wire, by arithmetic: bytes that waited
  /// before it, its own, and the bits a second.
  case wire
  /// Command handed to the driver → its acknowledgement read; the wire is in it, both ways.
  case firmware

  /// As configurations and command lines write it: "edge-to-wake".
  public var key: String {
    rawValue.reduce(into: "") { key, letter in
      key += letter.isUppercase ? "-" + letter.lowercased() : String(letter)
    }
  }

  /// The part of a latency budget that the stage belongs to.
  public var part: String {
    switch self {
    case .edgeToWake, .ring: "buffer"
    case .read: "transfer"
    case .signal: "preprocessing"
    case .decode: "classification"
    case .govern, .write: "command"
    case .edgeToCommand: "together"
    case .wire: "wire"
    case .firmware: "firmware"
    }
  }

  /// Whether the whole is made of it, and of what the others leave.
  fileprivate var isInChain: Bool {
    switch self {
    case .edgeToWake, .read, .ring, .signal, .decode, .govern, .write, .edgeToCommand: true
    case .wire, .firmware: false
    }
  }
}

/// What one stage took.
public struct StageRecord: Sendable, Equatable {
  public var stage: Stage
  public var latency: LatencyDistribution
  /// Nil: nothing is asked of it.
  public var budget: Nanoseconds?
  /// How often it took longer than that.
  public var breaches: UInt64
  /// When the longest was, after the session's beginning; nil where nobody knows.
  public var worstAt: Nanoseconds?

  public init(
    stage: Stage, latency: LatencyDistribution, budget: Nanoseconds?, breaches: UInt64,
    worstAt: Nanoseconds?
  ) {
    self.stage = stage
    self.latency = latency
    self.budget = budget
    self.breaches = breaches
    self.worstAt = worstAt
  }

  var series: TimingSeries {
    TimingSeries(
      name: stage.rawValue, detail: stage.part, latency: latency, budget: budget,
      breaches: breaches, worstAt: worstAt)
  }
}

/// The latencies of a session, each stage with its distribution and its budget.
public struct LatencyBudget: Sendable {
  public var stages: [StageRecord]
  /// What the method itself needs, however fast the machine: windows, filters, dwells.
  public var structural: [StructuralDelay]

  public init(stages: [StageRecord], structural: [StructuralDelay]) {
    self.stages = stages
    self.structural = structural
  }

  /// The table that a person reads: typical is the median, worst the maximum; `over` is how often
  /// the budget was broken; the share is that of the median in the whole chain's median.
  public var table: String {
    let whole = stages.first { $0.stage == .edgeToCommand }?.latency.summary.p50 ?? .zero
    var lines = [
      row("part", "stage", "typical", "p99.9", "worst", "budget", "over", "share"), rule,
    ]
    for record in stages {
      if record.stage == .edgeToCommand { lines.append(rule) }
      lines.append(row(record, whole: whole))
    }
    if !structural.isEmpty {
      lines.append(rule)
      lines.append("Delay of the method itself, beside the processing chain:")
      for delay in structural {
        lines.append(
          delay.name.trailing(24) + delay.delay.readable.leading(10) + "   " + delay.note)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var rule: String { String(repeating: "─", count: 84) }

  private func row(_ record: StageRecord, whole: Nanoseconds) -> String {
    let stage = record.stage
    let budget = record.budget?.readable ?? "–"
    let summary = record.latency.summary
    guard summary.count > 0 else {
      return row(stage.part, stage.rawValue, "–", "–", "–", budget, "–", "–")
    }
    let hasShare = stage.isInChain && whole > .zero
    let share = hasShare ? Double(summary.p50.rawValue) / Double(whole.rawValue) * 100 : 0
    return row(
      stage.part, stage.rawValue, summary.p50.readable, summary.p99_9.readable,
      summary.max.readable + (record.breaches > 0 ? " !" : "  "), budget,
      record.budget == nil ? "–" : "\(record.breaches)",
      hasShare ? decimal(share, places: 0) + " %" : "–")
  }

  private func row(
    _ part: String, _ stage: String, _ typical: String, _ tail: String, _ worst: String,
    _ budget: String, _ breaches: String, _ share: String
  ) -> String {
    part.trailing(15) + stage.trailing(14) + typical.leading(9) + tail.leading(9)
      + worst.leading(11) + budget.leading(9) + breaches.leading(8) + share.leading(8)
  }

  var json: JSON {
    .object(
      stages.map { record in
        var members: [JSON.Member] = []
        if case .object(let summary) = record.latency.summary.json { members = summary }
        members.append(.init("budget", record.budget.map { .integer($0.rawValue) } ?? .null))
        members.append(.init("overBudget", .unsigned(record.breaches)))
        return JSON.Member(record.stage.rawValue, .object(members))
      })
  }
}

extension LatencySummary {
  /// All in nanoseconds.
  public var json: JSON {
    .object([
      .init("count", .unsigned(count)),
      .init("min", .integer(min.rawValue)),
      .init("mean", .integer(mean.rawValue)),
      .init("p50", .integer(p50.rawValue)),
      .init("p90", .integer(p90.rawValue)),
      .init("p99", .integer(p99.rawValue)),
      .init("p99_9", .integer(p99_9.rawValue)),
      .init("p99_99", .integer(p99_99.rawValue)),
      .init("p99_999", .integer(p99_999.rawValue)),
      .init("max", .integer(max.rawValue)),
    ])
  }
}
