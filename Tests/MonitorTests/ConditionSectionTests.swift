import RT
import Testing

@testable import Monitor

@Suite("Conditions in a report")
struct ConditionSectionTests {
  private func text(_ conditions: MachineConditions, _ section: String, _ row: String) -> String? {
    conditions.sections.first { $0.title == section }?.rows.first { $0.name == row }?.text
  }

  private func cpu(_ number: Int, governor: String) -> ProcessorConditions {
    var conditions = ProcessorConditions(cpu: number)
    conditions.governor = governor
    conditions.kilohertz = 1_000_000 + Int64(number) * 1_000
    conditions.minimumKilohertz = 600_000
    conditions.maximumKilohertz = 2_400_000
    return conditions
  }

  @Test("256 CPUs and 300 interrupts stay readable")
  func many() throws {
    var conditions = MachineConditions(SystemFiles(root: "/nonexistent"))
    conditions.processors = (0..<256).map {
      cpu($0, governor: $0 == 7 ? "performance" : "powersave")
    }
    conditions.interrupts = (0..<300).map {
      InterruptConditions(number: $0, name: "dev\($0)", count: 1, affinity: "0-255")
    }
    #expect(
      text(conditions, "machine", "governor") == "CPU 0-6,8-255: powersave; CPU 7: performance")
    #expect(text(conditions, "CPUs", "frequency limits") == "600 … 2400 MHz")
    #expect(text(conditions, ReportSection.momentary, "frequency") == "1000 … 1255 MHz")
    let interrupts = try #require(conditions.sections.first { $0.title == "interrupts" })
    #expect(interrupts.rows.count == 41)
    #expect(interrupts.rows.last == ReportRow("others", "260 that came more seldom"))
  }

  @Test("an interrupt tells where it may run and its thread's priority")
  func interrupt() {
    var conditions = MachineConditions(SystemFiles(root: "/nonexistent"))
    conditions.interrupts = [
      InterruptConditions(
        number: 41, name: "spi", count: 9, affinity: "0-2", effectiveAffinity: "0",
        threads: [
          InterruptThread(name: "irq/41-spi", processIdentifier: 91, policy: 1, priority: 79)
        ])
    ]
    #expect(
      text(conditions, "interrupts", "41 spi") == "CPU 0-2, in effect 0, irq/41-spi FIFO 79")
  }

  @Test("of the kernel's command line a report says what matters, and how much it leaves out")
  func commandLine() {
    var conditions = MachineConditions(SystemFiles(root: "/nonexistent"))
    #expect(text(conditions, "kernel", "command line") == nil)
    for (line, told) in [
      ("isolcpus=3 root=/dev/secret nosmt ip=secret", "isolcpus=3 nosmt (and 2 other words)"),
      ("quiet", "nothing that matters to timing (and 1 other word)"), ("nosmt", "nosmt"),
      ("", "nothing that matters to timing"),
    ] {
      conditions.kernelParameters = KernelParameters(commandLine: line)
      #expect(text(conditions, "kernel", "command line") == told)
      #expect(
        !TimingReport(
          title: "", commandLine: "", begun: 0, duration: .zero, series: [],
          conditions: conditions.sections
        ).html.contains("secret"))
    }
  }

  @Test("ranges and the firmware's flags are told in words")
  func words() {
    #expect(MachineConditions.ranges([5, 0, 1, 2, 2, 9, 8]) == "0-2,5,8-9")
    #expect(MachineConditions.ranges([]) == "")
    #expect(
      MachineConditions.throttled(0x50005)
        == "under-voltage now, throttled now, under-voltage since boot, throttled since boot "
        + "(0x50005)")
    #expect(MachineConditions.throttled(0) == "no (0x0)")
  }

  @Test("this machine's first section says its kernel, and momentary things stand last")
  func thisMachine() {
    let sections = MachineConditions(.ofThisMachine).sections
    #expect(sections.first?.rows.first?.name == "kernel")
    #expect(sections.last?.title == ReportSection.momentary)
    #expect(sections.allSatisfy { !$0.rows.isEmpty })
  }
}
