// Reads a timing report back, from a file that anybody may have written.

import RT

/// Why a file is no timing report.
public enum TimingReportFault: Error, Equatable, Sendable {
  case notJSON(JSONFault)
  /// JSON, but of none of the kinds that are read.
  case unknownKind
  case unknownVersion(Int64)
  /// The path of a member: "series[0].latency.count".
  case missing(member: String)
  case unexpected(member: String, expected: String)
  /// A member contradicts others or itself.
  case contradictory(member: String, reason: String)

  /// One sentence without the file's name.
  public var message: String {
    switch self {
    case .notJSON(let fault): fault.message
    case .unknownKind:
      "it is neither a report of `acquire jitter` nor JSON of cyclictest or jitterdebugger"
    case .unknownVersion(let version):
      "it is of version \(version), which this program does not know: use a newer acquire"
    case .missing(let member): "\(member) is missing"
    case .unexpected(let member, let expected): "\(member) is not \(expected)"
    case .contradictory(let member, let reason): "\(member) cannot be: \(reason)"
    }
  }
}

extension TimingReport {
  /// Reads a report of ours, a session's included, of cyclictest (`--json`, file version 1) or of
  /// jitterdebugger (version 3).
  public init(file bytes: [UInt8]) throws(TimingReportFault) {
    let json: JSON
    do throws(JSONFault) {
      json = try JSON(reading: bytes)
    } catch {
      throw .notJSON(error)
    }
    if json["kind"] == .string(Self.kind) {
      try self.init(json: json)
    } else if let timing = json["timing"] ?? json["acquire"] {
      try self.init(json: timing)
    } else if json["file_version"] != nil, json["thread"] != nil {
      try self.init(cyclictest: json)
    } else if json["version"] != nil, json["cpu"] != nil {
      try self.init(jitterdebugger: json)
    } else {
      throw .unknownKind
    }
  }

  /// Reads what `json` wrote.
  public init(json: JSON) throws(TimingReportFault) {
    let report = JSONMember(path: "", value: json)
    guard case .string(Self.kind)? = json["kind"] else { throw .unknownKind }
    let version = try report.member("schemaVersion").integer()
    guard version == Self.schemaVersion else { throw .unknownVersion(version) }
    self.init(
      title: try report.member("title").string(),
      commandLine: try report.member("commandLine").string(),
      begun: try report.member("begunUnixSeconds").integer(),
      duration: try report.member("durationNanoseconds").span(),
      resolution: try report.member("resolutionNanoseconds").span(),
      bestEffortReasons: try report.member("bestEffortReasons").strings(),
      series: [],
      findings: try ReportSection.sections(report.member("findings")),
      conditions: try ReportSection.sections(report.member("conditions")),
      faults: try report.member("faults").strings())
    for member in try report.member("series").items() {
      series.append(try TimingSeries(member))
    }
  }
}

extension TimingSeries {
  init(_ series: JSONMember) throws(TimingReportFault) {
    let corrected = try series.member("corrected")
    let missed = try series.member("missed")
    let budget = try series.member("budget")
    let worstAt = try series.member("worstAt")
    self.init(
      name: try series.member("name").string(), detail: try series.member("detail").string(),
      latency: try LatencyDistribution(series.member("latency")),
      corrected: corrected.isNull ? nil : try LatencyDistribution(corrected),
      missed: missed.isNull ? nil : try missed.count(),
      budget: budget.isNull ? nil : try budget.span(),
      breaches: try series.member("breaches").count(),
      worstAt: worstAt.isNull ? nil : try worstAt.span())
  }
}

extension LatencyDistribution {
  init(_ distribution: JSONMember) throws(TimingReportFault) {
    self.init(
      count: try distribution.member("count").count(),
      min: try distribution.member("min").span(), max: try distribution.member("max").span(),
      mean: try distribution.member("mean").span(),
      negativeCount: try distribution.member("negativeCount").count())
    guard min <= mean, mean <= max else {
      throw .contradictory(member: distribution.path, reason: "min, mean and max do not rise")
    }
    let bins = try distribution.member("bins")
    for item in try bins.items() { self.bins.append(try LatencyBin(item)) }
    try checkBins(named: bins.path)
  }

  /// Bins rise, and together hold as many values as were counted, unless none were kept.
  func checkBins(named path: String) throws(TimingReportFault) {
    var total: UInt64 = 0
    var last = Nanoseconds(-1)
    for (index, bin) in bins.enumerated() {
      guard bin.lower > last, bin.lower <= bin.upper, bin.count > 0 else {
        throw .contradictory(member: "\(path)[\(index)]", reason: "bins must rise and be filled")
      }
      last = bin.upper
      let (sum, isTooMuch) = total.addingReportingOverflow(bin.count)
      guard !isTooMuch else {
        throw .contradictory(member: path, reason: "the counts are beyond all measure")
      }
      total = sum
    }
    guard bins.isEmpty || total == count else {
      throw .contradictory(member: path, reason: "they hold \(total) values, not \(count)")
    }
  }
}

extension LatencyBin {
  fileprivate init(_ bin: JSONMember) throws(TimingReportFault) {
    let items = try bin.items()
    guard items.count == 3 else {
      throw .unexpected(member: bin.path, expected: "[lower, upper, count]")
    }
    self.init(
      lower: try items[0].span(), upper: try items[1].span(), count: try items[2].count())
  }
}

extension ReportSection {
  fileprivate static func sections(_ list: JSONMember) throws(TimingReportFault) -> [ReportSection]
  {
    var sections: [ReportSection] = []
    for section in try list.items() {
      var rows: [ReportRow] = []
      for row in try section.member("rows").items() {
        rows.append(ReportRow(try row.member("name").string(), try row.member("text").string()))
      }
      sections.append(ReportSection(try section.member("title").string(), rows))
    }
    return sections
  }
}

/// A value and where it stands, so that an error can say so.
struct JSONMember {
  /// "series[0].latency"; empty for the whole.
  let path: String
  let value: JSON

  var isNull: Bool { value == .null }

  private var shownPath: String { path.isEmpty ? "the whole" : path }

  private func fault(_ expected: String) -> TimingReportFault {
    .unexpected(member: shownPath, expected: expected)
  }

  /// Throws when there is no such member; null is one.
  func member(_ name: String) throws(TimingReportFault) -> JSONMember {
    let inner = path.isEmpty ? name : "\(path).\(name)"
    guard let found = value[name] else { throw .missing(member: inner) }
    return JSONMember(path: inner, value: found)
  }

  func items() throws(TimingReportFault) -> [JSONMember] {
    guard case .array(let items) = value else { throw fault("a list") }
    return items.enumerated().map { JSONMember(path: "\(shownPath)[\($0)]", value: $1) }
  }

  func members() throws(TimingReportFault) -> [(name: String, member: JSONMember)] {
    guard case .object(let members) = value else { throw fault("an object") }
    return members.map { ($0.name, JSONMember(path: "\(shownPath).\($0.name)", value: $0.value)) }
  }

  func string() throws(TimingReportFault) -> String {
    guard case .string(let text) = value else { throw fault("a text") }
    return text
  }

  func strings() throws(TimingReportFault) -> [String] {
    var texts: [String] = []
    for item in try items() { texts.append(try item.string()) }
    return texts
  }

  func integer() throws(TimingReportFault) -> Int64 {
    guard case .integer(let number) = value else { throw fault("a whole number") }
    return number
  }

  func number() throws(TimingReportFault) -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .unsigned(let number): return Double(number)
    case .number(let number): return number
    default: throw fault("a number")
    }
  }

  func count() throws(TimingReportFault) -> UInt64 {
    switch value {
    case .integer(let number) where number >= 0: return UInt64(number)
    case .unsigned(let number): return number
    default: throw fault("a count")
    }
  }

  /// Nanoseconds, not negative.
  func span() throws(TimingReportFault) -> Nanoseconds {
    guard case .integer(let number) = value, number >= 0 else {
      throw fault("a span in nanoseconds")
    }
    return Nanoseconds(number)
  }
}
