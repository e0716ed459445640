// acquire doctor: on this machine, on a tree, its page, its codes, and the plan that it examines.

import Doctor
import Foundation
import Monitor
import RT
import TestSupport
import Testing

@testable import Acquire

@Suite("acquire doctor")
struct DoctorCommandTests {
  private struct Found: Decodable, Equatable {
    var subject: String
    var severity: String
    var found: String
    var cost: String
    var cure: String?
    var repairs: [String]
  }

  private func findings(_ outcome: Outcome) throws -> [Found] {
    try JSONDecoder().decode([Found].self, from: Data(outcome.output.utf8))
  }

  private func code(of findings: [Found]) -> Int32 {
    let severities = Set(findings.map(\.severity))
    return severities.contains("error") ? 20 : severities.contains("warning") ? 10 : 0
  }

  @Test("on this machine it runs, its JSON parses, and its code is that of the worst finding")
  func thisMachine() throws {
    let outcome = try Program.run(["doctor", "--json"])
    let found = try findings(outcome)
    #expect(outcome.signal == nil)
    #expect(outcome.status == code(of: found), "\(outcome.errors)")
    let subjects = Set(Subject.allCases.map(\.rawValue))
    for finding in found {
      #expect(subjects.contains(finding.subject))
      #expect(Severity(rawValue: finding.severity) != nil)
    }
    #expect(found.contains { $0.subject == "preemption" })
    #expect(found.contains { $0.subject == "real-time-rights" })
    // It measured, unless another test's session runs just now.
    let measured = try #require(found.first { $0.subject == "interruptions" }).found
    #expect(measured.contains("stood still") || measured.hasPrefix("not measured"))
  }

  @Test("on top of a session that runs it measures nothing, and says so")
  func liveSession() throws {
    let folder = try TemporaryFolder()
    let environment = ["RUNTIME_DIRECTORY": folder.path("run"), "XDG_RUNTIME_DIR": ""]
    let session = try Program(
      ["run", "--duration", "10m", "--allow-best-effort"], environment: environment)
    defer { session.send(SIGKILL) }
    let socket = folder.path("run") + "/acquire-\(session.processIdentifier).sock"
    for _ in 0..<1_200 where !FileManager.default.fileExists(atPath: socket) && session.isRunning {
      usleep(50_000)
    }
    try #require(session.isRunning)
    let outcome = try Program.run(["doctor", "--json"], environment: environment)
    let found = try findings(outcome).filter { $0.subject == "interruptions" }
    #expect(found.count == 1)
    // Another test's session may be found first.
    #expect(found.first?.found.hasPrefix("not measured: `acquire ") == true, "\(found)")
  }

  @Test("devices that are not there are errors, with a page that names them, and code 20")
  func missingDevices() throws {
    let outcome = try Program.run([
      "doctor", "--no-measure", "--amplifier", "ads1299", "--set",
      "amplifier.spi-device=/dev/spidev97.3", "--set", "amplifier.data-ready-chip=no-such-chip",
      "--exoskeleton", "/dev/ttyUSB97",
    ])
    #expect(outcome.status == 20)
    for words in [
      "✗ spi device: there is no /dev/spidev97.3", "✗ serial port: there is no /dev/ttyUSB97",
      "ERRORS",
    ] {
      #expect(outcome.output.contains(words), "\(outcome.output)")
    }
    let last = try #require(outcome.output.components(separatedBy: "\n\n").last)
    #expect(last.contains("errors: a session would not start"))
  }

  @Test("what is captured here is found again from the tree, and nothing is written over")
  func tree() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("tree")
    let captured = try Program.run(["doctor", "--capture", path])
    #expect(captured.status == 0, "\(captured.errors)")
    let again = try Program.run(["doctor", "--capture", path])
    #expect(again.status == 73)
    let outcome = try Program.run(["doctor", "--tree", path, "--json"])
    let found = try findings(outcome)
    #expect(outcome.status == code(of: found))
    let here = try findings(Program.run(["doctor", "--no-measure", "--json"]))
    #expect(found.map(\.subject) == here.map(\.subject))
    #expect(found.map(\.severity) == here.map(\.severity))
    let cmdline = try? String(contentsOfFile: path + "/proc/cmdline", encoding: .utf8)
    #expect(cmdline?.contains("root=") != true)
  }

  @Test(
    "options that contradict or that nobody knows are refused",
    arguments: [
      ["--tree", "/tmp", "--fix"], ["--capture", "x", "--tree", "y"], ["--capture", "x", "--json"],
      ["--mend"], ["--no-measure=1"], ["extra"], ["--tree", ""], ["--capture", ""],
    ])
  func refused(options: [String]) throws {
    #expect(try Program.run(["doctor"] + options).status == 64)
  }

  @Test("a folder without a tree is no input")
  func noTree() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(["doctor", "--tree", folder.path("nothing")])
    #expect(outcome.status == 66)
    #expect(outcome.sentence.contains("--capture"))
  }

  @Test("the page keeps to the width that it is given, but for words that are longer")
  func width() throws {
    let machine = ExaminedMachine.this(plan: DoctorPlan())
    let page = DoctorPage(
      findings: Doctor.examine(machine, DoctorPlan()), subject: "a machine of some length")
    for columns in [40, 60, 100, 500] {
      let width = min(columns, 120)
      for line in page.text(columns: columns).split(separator: "\n") {
        let words = line.split(separator: " ")
        #expect(
          line.count <= width || words.count <= 3 && words.contains { $0.count > width - 14 },
          "\(columns): \(line)")
      }
    }
    #expect(DoctorPage.wrapped("    cure   a b c", 14, indent: 11).count == 2)
  }

  @Test("a repair is told with before and after, or with the command for root")
  func outcomes() {
    let write = Repair.write(value: "1", path: "/sys/x")
    func line(_ after: String?, _ errno: Int32) -> String {
      DoctorPage.line(of: RepairOutcome(repair: write, before: "16", after: after, errno: errno))
    }
    #expect(line("1", 0) == "fixed: echo 1 > /sys/x   (was 16, is 1, until the next boot)")
    #expect(line("16", 13).hasSuffix("as root: sudo sh -c 'echo 1 > /sys/x'"))
    #expect(line("16", 0).hasPrefix("refused by the kernel"))
    #expect(line("16", 5).contains("Input/output error"))
    // An interrupt that the kernel places itself refuses, and that is no failure.
    let managed = Repair.write(value: "0-1", path: "/proc/irq/44/smp_affinity_list")
    for errno: Int32 in [1, 5] {
      let told = DoctorPage.line(of: RepairOutcome(repair: managed, before: "2", errno: errno))
      #expect(told.hasPrefix("left as it is: "))
      #expect(told.contains("managed_irq") && !told.contains("sudo"))
    }
    let refused = DoctorPage.line(of: RepairOutcome(repair: managed, before: "2", errno: 13))
    #expect(refused.contains("sudo"))
  }

  @Test("the plan is the configured session's: CPUs, devices, lines, ports, bytes of a frame")
  func plan() throws {
    var machine = Machine.current()
    machine.allowedCPUs = [0, 1, 2, 3]
    machine.isolatedCPUs = []
    var configuration = Configuration()
    let demonstration = try configuration.doctorPlan(machine)
    #expect(demonstration.cpus == [3, 2])
    #expect(demonstration.spiDevices.isEmpty && demonstration.ports.isEmpty)
    #expect(demonstration.gpioChips.isEmpty && demonstration.usb == nil)

    configuration.amplifier.kind = "ads1299"
    configuration.exoskeleton.port = "/dev/ttyAMA0"
    configuration.exoskeleton.emergencyLine = 17
    configuration.exoskeleton.gpioChip = "another"
    configuration.realTime.policy = "other"
    let chip = try configuration.doctorPlan(machine)
    #expect(chip.spiDevices == ["/dev/spidev0.0"] && chip.frameByteCount == 27)
    #expect(chip.gpioChips == ["pinctrl-bcm2711", "another"])
    #expect(chip.ports == [.init(role: "exoskeleton", path: "/dev/ttyAMA0")])
    #expect(chip.allowsBestEffort)

    configuration.amplifier.kind = "cyton"
    #expect(try configuration.doctorPlan(machine).usb?.vendor == 0x0403)
    configuration.amplifier.port = "/dev/ttyUSB1"
    #expect(
      try configuration.doctorPlan(machine).ports.map(\.role) == ["amplifier", "exoskeleton"])
  }
}
