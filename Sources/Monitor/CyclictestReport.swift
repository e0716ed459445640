// What cyclictest and jitterdebugger write as JSON, read as a report of ours, so that their figures
// and ours can stand side by side.
//
// Both count whole microseconds, cut off below: bin i holds i … i+1 µs. cyclictest leaves values
// beyond its histogram out of it (they are one bin up to the maximum here) and the whole histogram
// without -h; neither says how many periods were missed.

import RT

extension TimingReport {
  /// `cyclictest --json`, file version 1; the colons within two of its keys are its own.
  init(cyclictest json: JSON) throws(TimingReportFault) {
    let file = JSONMember(path: "", value: json)
    let version = try file.member("file_version").integer()
    guard version == 1 else { throw .unknownVersion(version) }
    let isInNanoseconds = json["resolution_in_ns"] == .integer(1)
    let command = try? file.member("cmdline:").string()
    self.init(
      title: "cyclictest", commandLine: command ?? "cyclictest", begun: 0, duration: .zero,
      resolution: Nanoseconds(isInNanoseconds ? 1 : 1_000),
      series: try Self.threads(
        file.member("thread"), name: "thread", countName: "cycles",
        unit: isInNanoseconds ? 1 : 1_000),
      findings: [Self.notTold("cyclictest")], conditions: Self.conditions(json))
    let start = Self.time(json["start_time"])
    begun = start ?? 0
    if let start, let end = Self.time(json["end_time"]), end >= start, end - start < 1 << 31 {
      duration = .seconds(end - start)
    }
    if case .integer(let code)? = json["return_code"], code != 0 {
      faults.append("cyclictest ended with status \(code)")
    }
  }

  /// `jitterdebugger -f`, version 3.
  init(jitterdebugger json: JSON) throws(TimingReportFault) {
    let file = JSONMember(path: "", value: json)
    let version = try file.member("version").integer()
    guard version == 3 else { throw .unknownVersion(version) }
    var unit: Int64 = 1_000
    if case .integer(let told)? = json["sysinfo"]?["resolution_in_ns"] { unit = told }
    guard (1...1_000).contains(unit) else {
      throw .contradictory(member: "sysinfo.resolution_in_ns", reason: "it is \(unit)")
    }
    self.init(
      title: "jitterdebugger", commandLine: "jitterdebugger", begun: 0, duration: .zero,
      resolution: Nanoseconds(unit),
      series: try Self.threads(
        file.member("cpu"), name: "thread", countName: "count", unit: unit),
      findings: [Self.notTold("jitterdebugger")], conditions: Self.conditions(json))
  }

  private static func notTold(_ program: String) -> ReportSection {
    ReportSection(
      ReportSection.untold,
      [ReportRow("missed periods", "\(program) does not say how many wake-ups it skipped")])
  }

  private static func threads(
    _ list: JSONMember, name: String, countName: String, unit: Int64
  ) throws(TimingReportFault) -> [TimingSeries] {
    var series: [TimingSeries] = []
    for (number, thread) in try list.members() {
      var detail = ""
      if case .integer(let cpu)? = thread.value["cpu"] { detail = "CPU \(cpu)" }
      let latency = try LatencyDistribution(thread, countName: countName, unit: unit)
      series.append(TimingSeries(name: "\(name) \(number)", detail: detail, latency: latency))
    }
    return series
  }

  /// Named as our own conditions are, so that both can be compared.
  private static func conditions(_ json: JSON) -> [ReportSection] {
    var machine: [ReportRow] = []
    var kernel: [ReportRow] = []
    func text(_ name: String) -> String? {
      guard case .string(let text)? = json["sysinfo"]?[name] else { return nil }
      return text
    }
    if let release = text("release") { machine.append(ReportRow("kernel", release)) }
    if let version = text("version") {
      let isRealTime = json["sysinfo"]?["realtime"] == .integer(1)
      machine.append(
        ReportRow("preemption", Machine.preemptionModel(version: version, isRealTime: isRealTime)))
      kernel.append(ReportRow("version", version))
    }
    if let architecture = text("machine") {
      kernel.append(ReportRow("architecture", architecture))
    }
    return [ReportSection("machine", machine), ReportSection("kernel", kernel)]
      .filter { !$0.rows.isEmpty }
  }

  /// "Fri, 20 Nov 2026 20:02:22 +0000" as seconds since 1970; nil for anything else.
  private static func time(_ json: JSON?) -> Int64? {
    guard case .string(let text)? = json else { return nil }
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let words = text.split(separator: " ")
    guard words.count == 6, let day = Int64(words[1]), (1...31).contains(day),
      let month = months.firstIndex(of: String(words[2])), let year = Int64(words[3]),
      (1970...9999).contains(year), let zone = Int64(words[5]), zone.magnitude <= 1_400
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    let offset = zone / 100 * 3_600 + zone % 100 * 60
    return CivilDate(year: year, month: month + 1, day: Int(day)).daysSince1970 * 86_400
      + clock[0] * 3_600 + clock[1] * 60 + clock[2] - offset
  }
}

extension LatencyDistribution {
  /// - Parameter unit: nanoseconds of one step of the histogram, of min, max and avg.
  fileprivate init(_ thread: JSONMember, countName: String, unit: Int64)
    throws(TimingReportFault)
  {
    // Ten years in µs; beyond it a product would not fit, and no latency lies.
    let limit: Int64 = 1 << 48
    func span(_ name: String) throws(TimingReportFault) -> Int64 {
      let number = try thread.member(name).number()
      guard number >= 0, number < Double(limit) else {
        throw .contradictory(member: "\(thread.path).\(name)", reason: "it is \(number)")
      }
      return Int64(number * Double(unit))
    }
    self.init(count: try thread.member(countName).count())
    if count == 0 { return }
    min = Nanoseconds(try span("min"))
    max = Nanoseconds(try span("max"))
    mean = Nanoseconds(try span("avg"))
    guard min <= mean, mean <= max else {
      throw .contradictory(member: thread.path, reason: "min, avg and max do not rise")
    }
    let histogram = try thread.member("histogram")
    var counted: UInt64 = 0
    for (name, member) in try histogram.members() {
      guard let lower = Int64(name), lower >= 0, lower < limit else {
        throw .unexpected(member: member.path, expected: "named by a latency")
      }
      let filled = try member.count()
      guard filled > 0 else { continue }
      let (sum, isTooMuch) = counted.addingReportingOverflow(filled)
      guard !isTooMuch, sum <= count else {
        throw .contradictory(member: histogram.path, reason: "it holds more than \(count) values")
      }
      counted = sum
      bins.append(
        LatencyBin(
          lower: Nanoseconds(lower * unit), upper: Nanoseconds(lower * unit + unit - 1),
          count: filled))
    }
    bins.sort { $0.lower < $1.lower }
    if counted > 0, counted < count, let last = bins.last {
      bins.append(
        LatencyBin(
          lower: last.upper + Nanoseconds(1),
          upper: Swift.max(max, last.upper + Nanoseconds(1)), count: count - counted))
    }
    try checkBins(named: histogram.path)
  }
}
