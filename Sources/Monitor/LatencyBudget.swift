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
  /// Command handed to the driver → its acknowledgement read.
  case firmware

  /// What a stage may take; a worst case above it is marked in the report.
  ///
  /// Chosen for a PREEMPT_RT board at 250 samples a second (period 4 ms), `edgeToCommand` a quarter
  /// of a period; `firmware` is two periods of a 100 Hz firmware loop.
  public var budget: Nanoseconds {
    switch self {
    case .edgeToWake: .microseconds(200)
    case .read: .microseconds(200)
    case .ring: .microseconds(200)
    case .signal: .microseconds(50)
    case .decode: .microseconds(20)
    case .govern: .microseconds(20)
    case .write: .microseconds(100)
    case .edgeToCommand: .microseconds(1_000)
    case .firmware: .milliseconds(20)
    }
  }
}

/// The latencies of a session, each stage with its distribution.
public struct LatencyBudget: Sendable {
  public var stages: [(stage: Stage, summary: LatencySummary)]
  public var structural: [StructuralDelay]

  public init(
    stages: [(stage: Stage, summary: LatencySummary)], structural: [StructuralDelay]
  ) {
    self.stages = stages
    self.structural = structural
  }

  /// The table that a person reads: typical is the median, worst the maximum; the share is that of
  /// the median in the whole chain's median.
  public var table: String {
    let whole = stages.first { $0.stage == .edgeToCommand }?.summary.p50 ?? .zero
    var lines = [row("stage", "typical", "p99.9", "worst", "budget", "share")]
    lines.append(rule)
    for (stage, summary) in stages {
      if stage == .edgeToCommand { lines.append(rule) }
      lines.append(row(stage, summary, whole: whole))
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

  private var rule: String { String(repeating: "─", count: 72) }

  private func row(_ stage: Stage, _ summary: LatencySummary, whole: Nanoseconds) -> String {
    guard summary.count > 0 else { return row(stage.rawValue, "–", "–", "–", "–", "–") }
    let isInChain = stage != .firmware && whole > .zero
    let share = isInChain ? Double(summary.p50.rawValue) / Double(whole.rawValue) * 100 : 0
    let isOver = summary.max > stage.budget
    return row(
      stage.rawValue, summary.p50.readable, summary.p99_9.readable,
      summary.max.readable + (isOver ? " !" : "  "), stage.budget.readable,
      isInChain ? decimal(share, places: 0) + " %" : "–")
  }

  private func row(
    _ stage: String, _ typical: String, _ tail: String, _ worst: String, _ budget: String,
    _ share: String
  ) -> String {
    stage.trailing(14) + typical.leading(11) + tail.leading(11) + worst.leading(13)
      + budget.leading(11) + share.leading(9)
  }

  var json: JSON {
    .object(
      stages.map { stage, summary in
        JSON.Member(stage.rawValue, summary.json)
      })
  }
}

extension LatencySummary {
  /// All in nanoseconds.
  public var json: JSON {
    .object([
      .init("count", .unsigned(count)),
      .init("min", .integer(min.rawValue)),
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
