// A timing report as JSON, and the part of it that goes beside cyclictest's own JSON.

import Monitor
import RT

extension TimingReport {
  /// All of it; spans in nanoseconds.
  var plainJSON: JSON {
    .object([
      .init("schemaVersion", .integer(1)),
      .init("kind", .string("acquire timing report")),
      .init("title", .string(title)),
      .init("commandLine", .string(commandLine)),
      .init("begunUnixSeconds", .integer(begun)),
      .init("durationNanoseconds", .integer(duration.rawValue)),
      .init("bestEffortReasons", .array(bestEffortReasons.map(JSON.string))),
      .init("series", .array(series.map { $0.plainJSON(withBins: true) })),
      .init("findings", .array(findings.map(Self.json))),
      .init("conditions", .array(conditions.map(Self.json))),
      .init("faults", .array(faults.map(JSON.string))),
    ])
  }

  /// What cyclictest does not say: for its JSON file, where parsers of it pass over it.
  var ownJSON: JSON {
    .object([
      .init("bestEffortReasons", .array(bestEffortReasons.map(JSON.string))),
      .init("series", .array(series.map { $0.plainJSON(withBins: false) })),
      .init("conditions", .array(conditions.map(Self.json))),
    ])
  }

  private static func json(_ section: ReportSection) -> JSON {
    .object([
      .init("title", .string(section.title)),
      .init(
        "rows",
        .array(
          section.rows.map {
            .object([.init("name", .string($0.name)), .init("text", .string($0.text))])
          })),
    ])
  }
}

extension TimingSeries {
  fileprivate func plainJSON(withBins: Bool) -> JSON {
    .object([
      .init("name", .string(name)),
      .init("detail", .string(detail)),
      .init("latency", latency.plainJSON(withBins: withBins)),
      .init("corrected", corrected.map { $0.plainJSON(withBins: withBins) } ?? .null),
      .init("missed", missed.map(JSON.unsigned) ?? .null),
      .init("budget", budget.map { .integer($0.rawValue) } ?? .null),
      .init("breaches", .unsigned(breaches)),
      .init("worstAt", worstAt.map { .integer($0.rawValue) } ?? .null),
    ])
  }
}

extension LatencyDistribution {
  fileprivate func plainJSON(withBins: Bool) -> JSON {
    let found = summary
    var members: [JSON.Member] = [
      .init("count", .unsigned(count)), .init("negativeCount", .unsigned(negativeCount)),
      .init("min", .integer(min.rawValue)), .init("mean", .integer(mean.rawValue)),
      .init("max", .integer(max.rawValue)),
      .init(
        "percentiles",
        .object([
          .init("p50", .integer(found.p50.rawValue)), .init("p90", .integer(found.p90.rawValue)),
          .init("p99", .integer(found.p99.rawValue)),
          .init("p99_9", .integer(found.p99_9.rawValue)),
          .init("p99_99", .integer(found.p99_99.rawValue)),
          .init("p99_999", .integer(found.p99_999.rawValue)),
        ])),
    ]
    if withBins {
      members.append(
        .init(
          "bins",
          .array(
            bins.map {
              .array([
                .integer($0.lower.rawValue), .integer($0.upper.rawValue), .unsigned($0.count),
              ])
            })))
    }
    return .object(members)
  }
}
