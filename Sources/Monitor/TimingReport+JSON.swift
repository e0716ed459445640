// A timing report as JSON: schema version 1, every time in nanoseconds.
//
//   {"schemaVersion": 1, "kind": "acquire timing report", "title": …, "commandLine": …,
//    "begunUnixSeconds": …, "durationNanoseconds": …, "resolutionNanoseconds": …,
//    "bestEffortReasons": […],
//    "series": [{"name": …, "detail": …, "latency": {"count": …, "negativeCount": …, "min": …,
//      "mean": …, "max": …, "percentiles": {"p50": … "p99_999": …},
//      "bins": [[lower, upper, count], …]}, "corrected": {…} or null, "missed": n or null,
//      "budget": ns or null, "breaches": n, "worstAt": ns or null}],
//    "findings": [{"title": …, "rows": [{"name": …, "text": …}]}], "conditions": […],
//    "faults": […]}
//
// The percentiles are for readers who do not want bins: they are reckoned from them, null where no
// bins were kept or nothing was measured, and not read back.

public import RT

extension TimingReport {
  static var kind: String { "acquire timing report" }
  static var schemaVersion: Int64 { 1 }

  public var json: JSON {
    .object([
      .init("schemaVersion", .integer(Self.schemaVersion)),
      .init("kind", .string(Self.kind)),
      .init("title", .string(title)),
      .init("commandLine", .string(commandLine)),
      .init("begunUnixSeconds", .integer(begun)),
      .init("durationNanoseconds", .integer(duration.rawValue)),
      .init("resolutionNanoseconds", .integer(resolution.rawValue)),
      .init("bestEffortReasons", .array(bestEffortReasons.map(JSON.string))),
      .init("series", .array(series.map(\.json))),
      .init("findings", .array(findings.map(\.json))),
      .init("conditions", .array(conditions.map(\.json))),
      .init("faults", .array(faults.map(JSON.string))),
    ])
  }
}

extension TimingSeries {
  var json: JSON {
    .object([
      .init("name", .string(name)),
      .init("detail", .string(detail)),
      .init("latency", latency.json),
      .init("corrected", corrected.map(\.json) ?? .null),
      .init("missed", missed.map(JSON.unsigned) ?? .null),
      .init("budget", budget.map { .integer($0.rawValue) } ?? .null),
      .init("breaches", .unsigned(breaches)),
      .init("worstAt", worstAt.map { .integer($0.rawValue) } ?? .null),
    ])
  }
}

extension LatencyDistribution {
  /// The quantiles that every report names, rising.
  static var namedQuantiles: [(name: String, member: String, quantile: Double)] {
    [
      ("p50", "p50", 0.5), ("p90", "p90", 0.9), ("p99", "p99", 0.99), ("p99.9", "p99_9", 0.999),
      ("p99.99", "p99_99", 0.9999), ("p99.999", "p99_999", 0.99999),
    ]
  }

  public var json: JSON {
    let percentiles = Self.namedQuantiles.map { name in
      JSON.Member(
        name.member,
        bins.isEmpty ? .null : .integer(interpolated(atQuantile: name.quantile).rawValue))
    }
    return .object([
      .init("count", .unsigned(count)),
      .init("negativeCount", .unsigned(negativeCount)),
      .init("min", .integer(min.rawValue)),
      .init("mean", .integer(mean.rawValue)),
      .init("max", .integer(max.rawValue)),
      .init("percentiles", .object(percentiles)),
      .init(
        "bins",
        .array(
          bins.map {
            .array([
              .integer($0.lower.rawValue), .integer($0.upper.rawValue), .unsigned($0.count),
            ])
          })),
    ])
  }
}

extension ReportSection {
  var json: JSON {
    .object([
      .init("title", .string(title)),
      .init(
        "rows",
        .array(
          rows.map { .object([.init("name", .string($0.name)), .init("text", .string($0.text))]) }
        )),
    ])
  }
}
