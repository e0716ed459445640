// What a measurement of time leaves: distributions, what was missed, and the conditions under which
// it was so. A figure never travels without them.

public import RT

/// One thread, or one stage of the chain.
public struct TimingSeries: Sendable, Equatable {
  /// "thread 0", "edgeToWake": unique within a report.
  public var name: String
  /// What was measured, for a person: "SCHED_FIFO 80 on CPU 1, every 1.00 ms".
  public var detail: String
  public var latency: LatencyDistribution
  /// With what would have been measured in the periods that were missed; nil where nothing is
  /// periodic.
  public var corrected: LatencyDistribution?
  /// Periods whose instant was over before the thread woke; nil where nothing is periodic.
  public var missed: UInt64?
  /// What it may take; nil: no limit was set.
  public var budget: Nanoseconds?
  /// Values above the budget.
  public var breaches: UInt64
  /// When the worst value was taken, after the beginning; nil where that is not known.
  public var worstAt: Nanoseconds?

  public init(
    name: String, detail: String, latency: LatencyDistribution,
    corrected: LatencyDistribution? = nil, missed: UInt64? = nil, budget: Nanoseconds? = nil,
    breaches: UInt64 = 0, worstAt: Nanoseconds? = nil
  ) {
    self.name = name
    self.detail = detail
    self.latency = latency
    self.corrected = corrected
    self.missed = missed
    self.budget = budget
    self.breaches = breaches
    self.worstAt = worstAt
  }
}

extension ReportSection {
  /// Title of the section of what another program does not say of its measurement.
  public static var untold: String { "not told" }

  /// Title of the section of what changes from one moment to the next on the same machine: load,
  /// temperature, clock frequency. Two reports may differ there and still be comparable.
  public static var momentary: String { "while measuring" }
}

/// A named value, as it is shown.
public struct ReportRow: Sendable, Equatable {
  public var name: String
  public var text: String

  public init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
  }
}

/// Rows under a heading: "kernel", "CPU 1", "interrupts", "ledger".
public struct ReportSection: Sendable, Equatable {
  public var title: String
  public var rows: [ReportRow]

  public init(_ title: String, _ rows: [ReportRow]) {
    self.title = title
    self.rows = rows
  }
}

public struct TimingReport: Sendable, Equatable {
  /// "Wake-up latency", "Session: ADS1299 → VESC".
  public var title: String
  /// As it was typed.
  public var commandLine: String
  /// Seconds since 1970, UTC.
  public var begun: Int64
  public var duration: Nanoseconds
  /// All values were cut down to whole ones of it: cyclictest counts microseconds.
  public var resolution: Nanoseconds
  /// Why real-time scheduling or memory locking is missing; empty when all was granted.
  public var bestEffortReasons: [String]
  public var series: [TimingSeries]
  /// The ledger, the counts, whatever else the run found.
  public var findings: [ReportSection]
  /// The machine: kernel, CPUs, interrupts, temperature, load.
  public var conditions: [ReportSection]
  /// What went wrong, one sentence each.
  public var faults: [String]

  public init(
    title: String, commandLine: String, begun: Int64, duration: Nanoseconds,
    resolution: Nanoseconds = Nanoseconds(1), bestEffortReasons: [String] = [],
    series: [TimingSeries], findings: [ReportSection] = [],
    conditions: [ReportSection] = [], faults: [String] = []
  ) {
    self.title = title
    self.commandLine = commandLine
    self.begun = begun
    self.duration = duration
    self.resolution = resolution
    self.bestEffortReasons = bestEffortReasons
    self.series = series
    self.findings = findings
    self.conditions = conditions
    self.faults = faults
  }
}
