// The conditions of a machine as a report shows them: equal CPUs in one row, long lists cut.

public import RT

extension MachineConditions {
  /// "machine" first, whose rows stand below every plot; "while measuring" last.
  public var sections: [ReportSection] {
    [
      machineSection, kernelSection, processorSection, schedulingSection, memorySection,
      interruptSection, momentarySection,
    ].filter { !$0.rows.isEmpty }
  }

  private var machineSection: ReportSection {
    var rows = [
      ReportRow("kernel", machine.kernelRelease), ReportRow("preemption", machine.preemption),
      ReportRow(
        "CPU",
        machine.cpuModel + ", \(processors.count) online" + (machine.isVirtual ? ", virtual" : "")),
    ]
    if let board { rows.append(ReportRow("board", board)) }
    let governors = Self.grouped(processors.map { ($0.cpu, $0.governor ?? "none") })
    if processors.contains(where: { $0.governor != nil }) {
      rows.append(
        ReportRow("governor", governors.count == 1 ? governors[0].text : Self.joined(governors)))
    }
    let isolated = Self.ranges(machine.isolatedCPUs)
    rows.append(ReportRow("isolated", isolated.isEmpty ? "no CPU" : "CPU " + isolated))
    return ReportSection("machine", rows)
  }

  private var kernelSection: ReportSection {
    var rows = [ReportRow("version", kernelVersion)]
    if let kernelParameters { rows.append(ReportRow("command line", Self.text(kernelParameters))) }
    if let dynamicPreemption { rows.append(ReportRow("preemption mode", dynamicPreemption)) }
    if let clockSource { rows.append(ReportRow("clock source", clockSource)) }
    return ReportSection("kernel", rows)
  }

  /// Only what matters to timing, and how much is not told.
  static func text(_ parameters: KernelParameters) -> String {
    let told =
      parameters.words.isEmpty
      ? "nothing that matters to timing" : parameters.words.joined(separator: " ")
    let count = parameters.leftOutCount
    return count == 0 ? told : "\(told) (and \(count) other word\(count == 1 ? "" : "s"))"
  }

  private var processorSection: ReportSection {
    var rows: [ReportRow] = []
    func add(_ name: String, _ text: (ProcessorConditions) -> String?) {
      let known = processors.compactMap { cpu in text(cpu).map { (cpu.cpu, $0) } }
      let groups = Self.grouped(known)
      guard !groups.isEmpty else { return }
      rows.append(
        ReportRow(
          name,
          groups.count == 1 && known.count == processors.count
            ? groups[0].text : Self.joined(groups)))
    }
    rows.append(ReportRow("allowed here", "CPU " + Self.ranges(machine.allowedCPUs)))
    add("frequency limits") { cpu in
      guard let low = cpu.minimumKilohertz, let high = cpu.maximumKilohertz else { return nil }
      return "\(low / 1_000) … \(high / 1_000) MHz"
    }
    add("idle states") { cpu in
      if cpu.idleStates.isEmpty { return nil }
      return cpu.idleStates.map {
        "\($0.name) (\($0.exitMicroseconds) µs\($0.isDisabled ? ", disabled" : ""))"
      }.joined(separator: ", ")
    }
    if let idleDriver { rows.append(ReportRow("idle driver", idleDriver)) }
    let tickless = Self.ranges(processors.filter(\.isTickless).map(\.cpu))
    if !tickless.isEmpty { rows.append(ReportRow("without tick", "CPU " + tickless)) }
    return ReportSection("CPUs", rows)
  }

  private var schedulingSection: ReportSection {
    var rows: [ReportRow] = []
    if let runtime = realtimeRuntimeMicroseconds, let period = realtimePeriodMicroseconds {
      rows.append(
        ReportRow(
          "real-time limit",
          runtime < 0 ? "none (-1)" : "\(runtime) of \(period) µs (sched_rt_runtime_us)"))
    }
    let servers = Self.grouped(
      fairServers.map {
        ($0.cpu, "\($0.runtimeNanoseconds / 1_000) of \($0.periodNanoseconds / 1_000) µs")
      })
    if !servers.isEmpty { rows.append(ReportRow("fair server", Self.joined(servers))) }
    if let timerMigration { rows.append(ReportRow("timer migration", timerMigration)) }
    if let numaBalancing { rows.append(ReportRow("NUMA balancing", numaBalancing)) }
    return ReportSection("scheduling", rows)
  }

  private var memorySection: ReportSection {
    var rows: [ReportRow] = []
    if let transparentHugePages {
      rows.append(ReportRow("transparent huge pages", transparentHugePages))
    }
    rows.append(ReportRow("swap", swaps.isEmpty ? "none" : swaps.joined(separator: ", ")))
    return ReportSection("memory", rows)
  }

  /// More are counted only.
  private static var interruptMaximum: Int { 40 }

  private var interruptSection: ReportSection {
    var rows = interrupts.prefix(Self.interruptMaximum).map { interrupt in
      var parts: [String] = []
      if let affinity = interrupt.affinity { parts.append("CPU \(affinity)") }
      if let effective = interrupt.effectiveAffinity, !effective.isEmpty,
        effective != interrupt.affinity
      {
        parts.append("in effect \(effective)")
      }
      parts += interrupt.threads.map { "\($0.name) \(Self.policy($0))" }
      let controller = interrupt.controller.isEmpty ? "" : " (\(interrupt.controller))"
      return ReportRow(
        "\(interrupt.number) \(interrupt.name)", parts.joined(separator: ", ") + controller)
    }
    if interrupts.count > rows.count {
      rows.append(
        ReportRow("others", "\(interrupts.count - rows.count) that came more seldom"))
    }
    return ReportSection("interrupts", rows)
  }

  private static func policy(_ thread: InterruptThread) -> String {
    switch thread.policy {
    case 0: "normal"
    case 1: "FIFO \(thread.priority)"
    case 2: "RR \(thread.priority)"
    case 6: "DEADLINE"
    default: "policy \(thread.policy)"
    }
  }

  private var momentarySection: ReportSection {
    var rows = [ReportRow("load", machine.load)]
    let frequencies = Self.grouped(
      processors.compactMap { cpu in cpu.kilohertz.map { (cpu.cpu, "\($0 / 1_000) MHz") } })
    let speeds = processors.compactMap { cpu in cpu.kilohertz.map { $0 / 1_000 } }
    if frequencies.count > 4, let low = speeds.min(), let high = speeds.max() {
      rows.append(ReportRow("frequency", "\(low) … \(high) MHz"))
    } else if !frequencies.isEmpty {
      rows.append(ReportRow("frequency", Self.joined(frequencies)))
    }
    for temperature in temperatures.prefix(16) {
      rows.append(
        ReportRow(
          temperature.zone, decimal(Double(temperature.milliCelsius) / 1_000, places: 1) + " °C"))
    }
    if let isUnderVoltage {
      rows.append(ReportRow("supply voltage", isUnderVoltage ? "TOO LOW" : "sufficient"))
    }
    if let throttledFlags { rows.append(ReportRow("throttled", Self.throttled(throttledFlags))) }
    if let stealShare {
      rows.append(
        ReportRow("taken by the hypervisor", decimal(stealShare * 100, places: 2) + " % since boot")
      )
    }
    return ReportSection(ReportSection.momentary, rows)
  }

  static func throttled(_ flags: UInt32) -> String {
    let bits = [
      (0, "under-voltage now"), (1, "frequency capped now"), (2, "throttled now"),
      (3, "temperature limit now"), (16, "under-voltage since boot"),
      (17, "frequency capped since boot"), (18, "throttled since boot"),
      (19, "temperature limit since boot"),
    ]
    let said = bits.filter { flags & (1 << UInt32($0.0)) != 0 }.map(\.1)
    return (said.isEmpty ? "no" : said.joined(separator: ", "))
      + " (0x" + String(flags, radix: 16) + ")"
  }

  /// CPUs with the same text together, in the order of their first.
  private static func grouped(_ items: [(cpu: Int, text: String)]) -> [(cpus: [Int], text: String)]
  {
    var groups: [(cpus: [Int], text: String)] = []
    var places: [String: Int] = [:]
    for item in items {
      if let place = places[item.text] {
        groups[place].cpus.append(item.cpu)
      } else {
        places[item.text] = groups.count
        groups.append(([item.cpu], item.text))
      }
    }
    return groups
  }

  private static func joined(_ groups: [(cpus: [Int], text: String)]) -> String {
    let shown = groups.prefix(16).map { "CPU \(ranges($0.cpus)): \($0.text)" }
    let rest = groups.count > 16 ? ["and \(groups.count - 16) more kinds"] : []
    return (shown + rest).joined(separator: "; ")
  }

  /// [0, 1, 2, 5] → "0-2,5".
  static func ranges(_ cpus: [Int]) -> String {
    var ranges: [(first: Int, last: Int)] = []
    for cpu in cpus.sorted() {
      if let last = ranges.indices.last, ranges[last].last + 1 == cpu {
        ranges[last].last = cpu
      } else if ranges.last?.last != cpu {
        ranges.append((cpu, cpu))
      }
    }
    return ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
      .joined(separator: ",")
  }
}
