// A tree that was captured gives the findings of the machine that it was captured of.

import Foundation
import RT
import TestSupport
import Testing

@testable import Doctor

@Suite("Captured trees")
struct CaptureTests {
  @Test(
    "the copy of a machine has the same findings, from the files that were read alone",
    arguments: cases)
  func roundTrip(of one: Case) throws {
    let tree = try CapturedTree(one.machine)
    let before = tree.findings(one.plan)
    let folder = try TemporaryFolder()
    let count = try tree.machine { try Capture.write($0, one.plan, to: folder.path("copy")) }
    #expect(count > 5)
    #expect(Doctor.examine(.captured(folder.path("copy")), one.plan) == before)
    // A second one does not write over the first.
    #expect(throws: CaptureFault.self) {
      try tree.machine { try Capture.write($0, one.plan, to: folder.path("copy")) }
    }
  }

  @Test("serial numbers, disks and what else the kernel was booted with stay where they are")
  func secrets() throws {
    let folder = try TemporaryFolder()
    let plan = DoctorPlan.chip(cpus: [3], port: "/dev/ttyUSB0")
    _ = try CapturedTree("raspberry-pi-4-rt").machine {
      try Capture.write($0, plan, to: folder.path("copy"))
    }
    func text(_ path: String) throws -> String {
      try String(contentsOfFile: folder.path("copy") + path, encoding: .utf8)
    }
    #expect(
      try text("/proc/cmdline")
        == "console=ttyS0,115200 console=tty1 isolcpus=domain,managed_irq,3 irqaffinity=0-2\n")
    #expect(try !text("/proc/cpuinfo").contains("100000001234abcd"))
    #expect(try text("/proc/cpuinfo").contains("processor"))
    let swap = Array("Filename Type\n/home-of/secret file\n".utf8)
    let kept = String(
      decoding: Capture.withoutSecrets(swap, "/proc/swaps"), as: UTF8.self)
    #expect(kept == "Filename Type\narea-1\n")
  }

  @Test("answers read back as they were written")
  func answers() {
    var answers = KernelAnswers()
    answers.realTimeRefusal = 1
    answers.nodes = ["/dev/spidev0.0": 13, "exoskeleton": 0]
    answers.links = ["controller /dev/spidev0.0": "fe204000.spi", "port exoskeleton": "ttyAMA0"]
    answers.chips = [.init(path: "/dev/gpiochip0", lineCount: 54, label: "a label with spaces")]
    answers.closedChips = ["/dev/gpiochip1"]
    #expect(KernelAnswers(text: answers.text) == answers)
    #expect(KernelAnswers(text: "node x y\nchip a b c\nlink\nreal-time no\n") == KernelAnswers())
  }
}
