// Advice that would be wrong, or never end, where a machine is a little different.

import Foundation
import RT
import TestSupport
import Testing

@testable import Doctor

@Suite("Advice for the machine at hand")
struct AdviceTests {
  private func finding(_ subject: Subject, _ tree: CapturedTree, _ plan: DoctorPlan) throws
    -> Finding
  {
    try #require(tree.findings(plan).first { $0.subject == subject })
  }

  // MARK: Containers

  @Test("in a container what belongs to the kernel is cured on the host, and nothing by --fix")
  func container() throws {
    for one in cases {
      let tree = try CapturedTree(one.machine)
      let outside = tree.findings(one.plan)
      try tree.write("/.dockerenv", "")
      let inside = tree.findings(one.plan)
      #expect(inside.flatMap(\.repairs).isEmpty)
      #expect(inside.contains { $0.subject == .virtualisation && $0.found == "a container" })
      for finding in inside where finding.subject.isOfHost {
        #expect(finding.cure?.hasPrefix("on the host: ") ?? true, "\(one.machine): \(finding)")
      }
      if one.machine == "debian-pc" { #expect(!outside.flatMap(\.repairs).isEmpty) }
    }
    let tree = try CapturedTree("container")
    let kernel = try #require(finding(.preemption, tree, .model(cpus: [3])).cure)
    // The distribution is the container's.
    #expect(!kernel.contains("linux-image-rt-amd64") && kernel.contains("your distribution's"))
    let isolation = try #require(finding(.isolation, tree, .model(cpus: [3])).cure)
    #expect(isolation.hasPrefix("on the host: ") && isolation.contains("isolcpus="))
    // What its maker gave it is not the host's.
    let rights = try #require(finding(.realTimeRights, tree, .model(cpus: [3])).cure)
    #expect(!rights.hasPrefix("on the host") && rights.contains("--cap-add=SYS_NICE"))
  }

  // MARK: Isolated CPUs

  @Test("interrupts go to CPUs that are neither the session's nor kept free for somebody else")
  func housekeeping() throws {
    let tree = try CapturedTree("debian-pc")
    try tree.write("/sys/devices/system/cpu/isolated", "3-5\n")
    let found = tree.findings(.cyton).filter { $0.subject == .interruptAffinity }
    let moved = try #require(found.first { !$0.repairs.isEmpty })
    #expect(
      moved.repairs == [
        .write(value: "0-2", path: "/proc/irq/8/smp_affinity_list"),
        .write(value: "0-2", path: "/proc/irq/125/smp_affinity_list"),
      ])
    #expect(try #require(moved.cure).contains("irqaffinity=0-2"))
    #expect(
      try finding(.lockupDetector, tree, .cyton).cure == "sysctl kernel.watchdog_cpumask=0-2")
    // Nowhere to move them to.
    try tree.write("/sys/devices/system/cpu/isolated", "0-5\n")
    let stuck = tree.findings(.cyton).filter { $0.subject == .interruptAffinity }
    #expect(stuck.flatMap(\.repairs).isEmpty)
    #expect(stuck.contains { $0.severity == .note && $0.cure == nil })
  }

  @Test("advice on isolation fits how a session chooses: by itself what is kept free and usable")
  func isolation() throws {
    let tree = try CapturedTree("raspberry-pi-4-rt")
    // One of two is kept free.
    let half = try finding(.isolation, tree, .chip(cpus: [3, 2]))
    #expect(half.found == "CPU 2 chosen, although CPU 3 is kept free (isolcpus)")
    #expect(try #require(half.cure).hasPrefix("leave realtime.acquisition-cpu"))

    let answers = try #require(tree.files.text(KernelAnswers.path))
    try tree.write(KernelAnswers.path, answers + "usable-isolated none\n")
    let kept = try finding(.isolation, tree, .chip(cpus: [2]))
    #expect(kept.severity == .warning && kept.found.contains("this process may not use it"))
    #expect(try !#require(kept.cure).contains("realtime.acquisition-cpu = 3"))
    #expect(try finding(.isolation, tree, .chip(cpus: [3])).severity == .error)
    try tree.write(KernelAnswers.path, answers + "usable-isolated 3\n")
    #expect(try finding(.isolation, tree, .chip(cpus: [3])).severity == .ok)
  }

  // MARK: Priorities

  @Test(
    "whatever the priorities, what --fix gives to an interrupt's thread is enough afterwards",
    arguments: [1, 50, 80, 93, 97, 98])
  func priorities(acquisition: Int) throws {
    for decoding in [1, 75, 98] {
      var plan = DoctorPlan.chip(cpus: [3, 2], label: "pinctrl-rp1")
      plan.acquisitionPriority = acquisition
      plan.decodingPriority = decoding
      let tree = try CapturedTree("raspberry-pi-5")
      // A thread for the controller, too.
      let thread = try #require(tree.files.text("/proc/900/stat"))
      try tree.write(
        "/proc/901/stat",
        thread.replacing("900 (irq/167-acquire data-ready)", with: "901 (irq/118-spi)"))
      for repair in tree.findings(plan).flatMap(\.repairs) {
        guard case .interruptPriority(let number, _, let priority) = repair else { continue }
        #expect((1...98).contains(priority))
        let stat = try #require(tree.files.text("/proc/\(number)/stat"))
        // Field 40, from the second on.
        var words = stat.split(separator: " ").map(String.init)
        words[words.count - 13] = String(priority)
        try tree.write("/proc/\(number)/stat", words.joined(separator: " ") + "\n")
        #expect(RunningProcess(stat: words.joined(separator: " "))?.realTimePriority == priority)
      }
      for subject in [Subject.dataReadyInterrupt, .spiInterrupt] {
        let now = try finding(subject, tree, plan)
        #expect(now.severity == .ok, "\(acquisition), \(decoding): \(now)")
      }
    }
  }

  // MARK: Clock and temperature

  @Test("a clock that somebody has fixed is shown against the highest, and warned of below it")
  func fixedClock() throws {
    let tree = try CapturedTree("raspberry-pi-4-rt")
    let folder = "/sys/devices/system/cpu/cpu3/cpufreq"
    func found() throws -> Finding { try finding(.governor, tree, .chip(cpus: [3])) }
    try tree.write(folder + "/scaling_governor", "userspace\n")
    #expect(try found().severity == .ok)
    try tree.write(folder + "/scaling_cur_freq", "600000\n")
    try tree.write(folder + "/cpuinfo_max_freq", "1800000\n")
    #expect(try found().severity == .warning)
    #expect(try found().found == "CPU 3: userspace, 600 of 1800 MHz")
    #expect(
      try found().repairs == [.write(value: "performance", path: folder + "/scaling_governor")])
    try tree.write(folder + "/scaling_cur_freq", "1800000\n")
    #expect(try found().severity == .ok)
    #expect(try found().found == "CPU 3: userspace, 1800 of 1800 MHz")
    try tree.write(folder + "/cpuinfo_max_freq", "9223372036854775807\n")
    #expect(try found().severity == .warning)
  }

  @Test("a Raspberry Pi's firmware slows down at 80 °C, whatever the kernel's only trip point says")
  func firmwareLimit() throws {
    let tree = try CapturedTree("raspberry-pi-4-rt")
    func found(_ milliCelsius: Int) throws -> Finding {
      try tree.write("/sys/class/thermal/thermal_zone0/temp", "\(milliCelsius)\n")
      return try finding(.temperature, tree, .chip(cpus: [3]))
    }
    #expect(try found(74_000).severity == .ok)
    #expect(try found(78_000).severity == .warning)
    #expect(try found(78_000).found == "cpu-thermal: 78 °C, limit 80 °C")
    try tree.write("/proc/device-tree/model", "Raspberry Pi 3 Model B Plus Rev 1.3\0")
    #expect(try found(58_000).found == "cpu-thermal: 58 °C, limit 60 °C")
    // Another board has its own limits alone.
    try tree.write("/proc/device-tree/model", "Radxa ROCK 5B\0")
    #expect(try found(78_000).found == "cpu-thermal: 78 °C, limit 110 °C")
  }

  // MARK: Throttling

  @Test(
    "a share of a short period is never repaired to nothing", arguments: [1, 2, 50, 99, 100_000])
  func shortPeriods(period: Int64) throws {
    let tree = try CapturedTree("raspberry-pi-4-stock")
    try tree.write("/proc/sys/kernel/sched_rt_period_us", "\(period)\n")
    try tree.write("/proc/sys/kernel/sched_rt_runtime_us", "0\n")
    let newer = try CapturedTree("raspberry-pi-4-rt")
    let server = "/sys/kernel/debug/sched/fair_server/cpu3"
    try newer.write(server + "/period", "\(period)\n")
    try newer.write(server + "/runtime", "\(period)\n")
    let repairs =
      tree.findings(.model(cpus: [3])).flatMap(\.repairs)
      + newer.findings(.model(cpus: [3])).flatMap(\.repairs)
    var count = 0
    for repair in repairs {
      guard case .write(let text, let path) = repair, path.contains("runtime") else { continue }
      let value = try #require(Int64(text))
      #expect(value > 0 && value <= period, "\(path): \(value) of \(period)")
      count += 1
    }
    // Half of one microsecond is none: that is not less than it.
    #expect(count == (period == 1 ? 1 : 2))
  }

  // MARK: Sessions

  @Test(
    "a session that runs is seen by its lines or its command, and nothing else is taken for one")
  func runningSession() throws {
    let tree = try CapturedTree("debian-pc")
    func session() -> String? { tree.machine { $0.runningSession } }
    let other = try #require(tree.files.text("/proc/701/stat"))
    func start(_ name: String, _ words: [String]) throws {
      try tree.write("/proc/702/stat", other.replacing("701 (ModemManager)", with: "702 (\(name))"))
      try tree.write("/proc/702/cmdline", words.joined(separator: "\0") + "\0")
    }
    #expect(session() == nil)
    try start("acquire", ["/usr/bin/acquire", "doctor", "run"])
    #expect(session() == nil)
    try start("vi", ["vi", "run"])
    #expect(session() == nil)
    try start("acquire", ["acquire"])
    #expect(session() == nil)
    try start("acquire", ["/usr/bin/acquire", "run", "--config", "a secret"])
    #expect(session() == "`acquire run` runs")
    try tree.remove("/proc/702/stat")
    #expect(session() == nil)
    #expect(
      try CapturedTree("raspberry-pi-5").machine { $0.runningSession }
        == "a session holds its lines")
  }

  @Test("what was not measured because of a session is told")
  func hindrance() throws {
    let tree = try CapturedTree("debian-pc")
    let found = tree.machine { machine in
      var machine = machine
      machine.measuringHindrance = "session 7 runs"
      return Doctor.examine(machine, .cyton)
    }
    let told = try #require(found.first { $0.subject == .interruptions })
    #expect(told.severity == .note && told.found == "not measured: session 7 runs")
  }
}
