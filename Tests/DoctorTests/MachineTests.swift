// Seven machines, each with the exact list of what is found on it.

import Foundation
import TestSupport
import Testing

@testable import Doctor

/// A machine of Machines/, the session that shall run on it, and what must be found.
struct Case: Sendable, CustomTestStringConvertible {
  let machine: String
  let plan: DoctorPlan
  /// "subject severity" a line, in the order of the rules.
  let findings: String

  var testDescription: String { machine }
}

extension DoctorPlan {
  static func chip(cpus: [Int], port: String? = nil, label: String = "pinctrl-bcm2711")
    -> DoctorPlan
  {
    var plan = DoctorPlan()
    plan.cpus = cpus
    plan.spiDevices = ["/dev/spidev0.0"]
    plan.gpioChips = [label]
    if let port { plan.ports = [Port(role: "exoskeleton", path: port)] }
    return plan
  }

  static func model(cpus: [Int]) -> DoctorPlan {
    var plan = DoctorPlan()
    plan.cpus = cpus
    return plan
  }

  static var cyton: DoctorPlan {
    var plan = model(cpus: [7, 6])
    plan.usb = USBDevice(vendor: 0x0403, products: [0x6015])
    return plan
  }
}

let cases = [
  Case(
    machine: "raspberry-pi-4-rt", plan: .chip(cpus: [3], port: "/dev/ttyUSB0"),
    findings: """
      preemption ok
      real-time-rights ok
      real-time-throttling ok
      memory-lock ok
      isolation ok
      tickless ok
      interrupt-affinity ok
      data-ready-interrupt ok
      spi-interrupt ok
      governor ok
      idle-states ok
      spi-device ok
      spi-buffer ok
      spi-polling ok
      gpio-chip ok
      serial-port ok
      serial-latency ok
      serial-console ok
      modem-manager ok
      device-rules ok
      service ok
      clock-source ok
      virtualisation ok
      under-voltage ok
      temperature ok
      swap ok
      huge-pages ok
      lockup-detector ok
      kernel-debugging ok
      timer-migration ok
      """),
  Case(
    machine: "raspberry-pi-4-stock", plan: .chip(cpus: [3, 2], port: "/dev/serial0"),
    findings: """
      preemption warning
      real-time-rights error
      real-time-throttling ok
      memory-lock error
      isolation warning
      tickless ok
      interrupt-affinity ok
      data-ready-interrupt note
      spi-interrupt ok
      governor warning
      idle-states ok
      spi-device ok
      spi-buffer ok
      spi-polling warning
      gpio-chip ok
      serial-port ok
      serial-console error
      device-rules note
      service note
      clock-source ok
      virtualisation ok
      under-voltage warning
      temperature warning
      swap note
      huge-pages ok
      lockup-detector note
      kernel-debugging note
      timer-migration note
      """),
  Case(
    machine: "raspberry-pi-5", plan: .chip(cpus: [3, 2], label: "pinctrl-rp1"),
    findings: """
      preemption warning
      real-time-rights ok
      real-time-throttling note
      memory-lock ok
      isolation warning
      tickless ok
      interrupt-affinity ok
      data-ready-interrupt warning
      spi-interrupt ok
      governor ok
      idle-states ok
      spi-device ok
      spi-buffer ok
      spi-polling ok
      gpio-chip ok
      device-rules note
      service note
      clock-source ok
      virtualisation ok
      under-voltage note
      swap ok
      huge-pages note
      lockup-detector ok
      kernel-debugging note
      timer-migration ok
      """),
  Case(
    machine: "debian-pc", plan: .cyton,
    findings: """
      preemption warning
      real-time-rights ok
      real-time-throttling ok
      memory-lock ok
      isolation warning
      tickless ok
      interrupt-affinity warning
      interrupt-affinity warning
      governor warning
      idle-states warning
      modem-manager warning
      usb-suspend note
      device-rules note
      service note
      clock-source ok
      virtualisation ok
      temperature ok
      swap note
      huge-pages note
      lockup-detector note
      kernel-debugging warning
      timer-migration note
      """),
  Case(
    machine: "virtual-machine", plan: .model(cpus: [1]),
    findings: """
      preemption warning
      real-time-rights error
      real-time-throttling ok
      memory-lock ok
      isolation warning
      tickless ok
      interrupt-affinity warning
      governor ok
      idle-states ok
      service note
      clock-source ok
      virtualisation warning
      swap ok
      huge-pages ok
      lockup-detector ok
      kernel-debugging ok
      timer-migration ok
      """),
  Case(
    machine: "container", plan: .model(cpus: [3, 2]),
    findings: """
      preemption warning
      real-time-rights error
      real-time-throttling note
      memory-lock error
      isolation warning
      tickless ok
      interrupt-affinity note
      governor ok
      idle-states ok
      clock-source note
      virtualisation note
      swap note
      huge-pages ok
      lockup-detector ok
      kernel-debugging note
      timer-migration ok
      """),
  Case(
    machine: "fair-server", plan: .model(cpus: [3, 2]),
    findings: """
      preemption ok
      real-time-rights ok
      real-time-throttling warning
      real-time-throttling ok
      memory-lock ok
      isolation ok
      tickless note
      interrupt-affinity ok
      governor ok
      idle-states ok
      clock-source warning
      virtualisation ok
      swap ok
      huge-pages ok
      lockup-detector ok
      kernel-debugging warning
      kernel-debugging note
      timer-migration ok
      """),
]

@Suite("Findings on captured machines")
struct MachineTests {
  @Test(
    "each machine has exactly its findings, and each that is not in order its cost or its cure",
    arguments: cases)
  func findings(of one: Case) throws {
    let found = try CapturedTree(one.machine).findings(one.plan)
    let lines = found.map { "\($0.subject.rawValue) \($0.severity.rawValue)" }
    #expect(lines.joined(separator: "\n") == one.findings)
    for finding in found where finding.severity >= .warning {
      #expect(!finding.cost.isEmpty, "\(finding)")
      #expect(finding.cure != nil, "\(finding)")
    }
  }

  @Test("every subject but those that are measured or of older boards is seen on some machine")
  func complete() {
    let seen = Set(
      cases.flatMap { $0.findings.split(separator: "\n") }.compactMap {
        $0.split(separator: " ").first.map(String.init)
      })
    let elsewhere: Set = ["interruptions", "usb-host-controller"]
    #expect(seen.union(elsewhere) == Set(Subject.allCases.map(\.rawValue)))
    #expect(Rule.all.map(\.subject) == Subject.allCases)
  }

  private func finding(_ subject: Subject, _ machine: String, _ plan: DoctorPlan) throws -> Finding
  {
    let found = try CapturedTree(machine).findings(plan)
    return try #require(found.first { $0.subject == subject })
  }

  @Test("advice is true for the board: cmdline.txt on a Raspberry Pi, GRUB on a PC")
  func boards() throws {
    let board = DoctorPlan.chip(cpus: [3, 2], port: "/dev/serial0")
    let isolation = try #require(finding(.isolation, "raspberry-pi-4-stock", board).cure)
    #expect(isolation.contains("/boot/firmware/cmdline.txt"))
    #expect(isolation.contains("isolcpus=domain,managed_irq,2-3 irqaffinity=0-1"))
    let kernel = try #require(finding(.preemption, "raspberry-pi-4-stock", board).cure)
    #expect(kernel.contains("raspberrypi/linux") && !kernel.contains("apt install"))
    let newest = DoctorPlan.chip(cpus: [3, 2], label: "pinctrl-rp1")
    #expect(
      try #require(finding(.preemption, "raspberry-pi-5", newest).cure).contains("no package"))
    let personal = try #require(finding(.preemption, "debian-pc", .cyton).cure)
    #expect(personal.contains("linux-image-rt-amd64") && personal.contains("preempt=full"))
    #expect(personal.contains("/etc/default/grub"))
    let polling = try finding(.spiPolling, "raspberry-pi-4-stock", board)
    // 27 bytes at 4 MHz, in truth 3.5 at least: 9 000 000 / 72 = 125 000, 28 of which are 3.5 MHz.
    #expect(
      polling.repairs
        == [
          .write(value: "72", path: "/sys/module/spi_bcm2835/parameters/polling_limit_us")
        ])
  }

  @Test("who refuses a real-time thread is told apart: limits, control group, filter")
  func refusals() throws {
    let group = try finding(.realTimeRights, "virtual-machine", .model(cpus: [1]))
    #expect(group.found.contains("no real-time budget"))
    #expect(try #require(group.cure).contains("ssh.service/cpu.rt_runtime_us"))
    let limits = try finding(.realTimeRights, "container", .model(cpus: [3]))
    #expect(limits.found.contains("may go up to real-time priority 0"))

    let tree = try CapturedTree("virtual-machine")
    try tree.remove("/sys/fs/cgroup/cpu,cpuacct/system.slice/ssh.service/cpu.rt_runtime_us")
    let hidden = tree.findings(.model(cpus: [1]))[1]
    #expect(hidden.found.contains("only groups with a budget"))
    try tree.remove("/boot/config-5.10.192-183.736.amzn2.x86_64")
    let filtered = tree.findings(.model(cpus: [1]))[1]
    #expect(filtered.found.contains("filter of system calls"))
    // Who accepts less is warned only.
    var modest = DoctorPlan.model(cpus: [1])
    modest.allowsBestEffort = true
    #expect(tree.findings(modest)[1].severity == .warning)
  }

  @Test("a chip is found by its label; a number is warned of, a label that is not there named")
  func labels() throws {
    let byLabel = try finding(
      .gpioChip, "raspberry-pi-5", .chip(cpus: [3], label: "pinctrl-rp1"))
    #expect(byLabel.found == "pinctrl-rp1 is /dev/gpiochip0, 54 lines")
    let older = try finding(.gpioChip, "raspberry-pi-5", .chip(cpus: [3]))
    #expect(older.severity == .error)
    #expect(try #require(older.cure).contains("pinctrl-rp1 (/dev/gpiochip0)"))
    let number = try finding(.gpioChip, "raspberry-pi-5", .chip(cpus: [3], label: "/dev/gpiochip4"))
    #expect(number.severity == .warning)
  }

  @Test("DRDY's interrupt is not taken for the controller's where one device is both")
  func oneDeviceForBoth() throws {
    let tree = try CapturedTree("raspberry-pi-5")
    try tree.write(
      "/doctor-answers", "node 0 /dev/spidev0.0\nlink pinctrl-rp1 controller /dev/spidev0.0\n")
    let found = tree.findings(.chip(cpus: [3, 2], label: "pinctrl-rp1"))
    let controller = try #require(found.first { $0.subject == .spiInterrupt })
    #expect(controller.severity == .ok && controller.repairs.isEmpty)
    #expect(found.first { $0.subject == .dataReadyInterrupt }?.severity == .warning)
  }

  @Test("a CPU that is kept free and not used is told, with the keys that use it")
  func unusedIsolation() throws {
    let found = try finding(.isolation, "raspberry-pi-4-rt", .chip(cpus: [2]))
    #expect(found.severity == .warning)
    #expect(try #require(found.cure).contains("realtime.acquisition-cpu = 3"))
    let missing = try finding(.isolation, "debian-pc", .model(cpus: [9]))
    #expect(missing.severity == .error)
  }

  @Test("an older Raspberry Pi with PREEMPT_RT is told of the USB controller's fast interrupts")
  func olderBoard() throws {
    let tree = try CapturedTree("raspberry-pi-4-rt")
    try tree.write("/proc/device-tree/model", "Raspberry Pi 3 Model B Plus Rev 1.3\0")
    func found() -> Finding? {
      tree.findings(.chip(cpus: [3])).first { $0.subject == .usbHostController }
    }
    #expect(found()?.severity == .warning)
    try tree.write("/proc/cmdline", "dwc_otg.fiq_enable=0 dwc_otg.fiq_fsm_enable=0\n")
    #expect(found()?.severity == .ok)
  }

  @Test("the older kernels' get_throttled is read bit by bit")
  func throttled() throws {
    let tree = try CapturedTree("raspberry-pi-5")
    let path = "/sys/devices/platform/soc/soc:firmware/get_throttled"
    func found() -> Finding? {
      tree.findings(.model(cpus: [3])).first { $0.subject == .underVoltage }
    }
    try tree.write(path, "50005\n")
    #expect(
      found()?.found
        == "under-voltage now, throttled now, under-voltage since boot, throttled since boot")
    try tree.write(path, "0\n")
    #expect(found()?.severity == .ok)
    try tree.write(path, "volts\n")
    #expect(found()?.severity == .note)
  }
}
