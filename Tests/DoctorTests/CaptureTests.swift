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
    let after = Doctor.examine(.captured(folder.path("copy")), one.plan)
    #expect(after.map(\.severity) == before.map(\.severity))
    for (now, then) in zip(after, before) {
      // Names of control groups are replaced.
      var then = then
      then.cure = then.cure?.replacing("/ssh.service/", with: "/group/")
      #expect(now == then)
    }
    // A second one does not write over the first, nor beside it.
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
    let kernel = try CapturedTree("raspberry-pi-4-rt").machine { $0.kernel }
    let swap = Array("Filename Type\n/home-of/secret file\n".utf8)
    let kept = String(
      decoding: Discretion.kept(swap, "/proc/swaps", kernel).bytes, as: UTF8.self)
    #expect(kept == "Filename Type\narea-1\n")
  }

  @Test("what people wrote into the files that are read, and who they are, is in no captured tree")
  func discretion() throws {
    let tree = try CapturedTree("virtual-machine")
    let secret = "SECRET"
    let container = String(repeating: "5ec4e7", count: 10)
    try tree.write(
      "/etc/systemd/system/acquire.service",
      "[Service]\nEnvironment=TOKEN=\(secret)\nExecStart=/opt/\(secret)/run\nLimitRTPRIO=90\n")
    try tree.write("/etc/udev/rules.d/60-acquire.rules", "ATTRS{serial}==\"\(secret)\"\n")
    try tree.write("/etc/os-release", "ID=debian\nPRETTY_NAME=\(secret)\n")
    let status = try #require(tree.files.text("/proc/self/status"))
    try tree.write("/proc/self/status", "Name:\t\(secret)\nGroups:\t31337\n" + status)
    let group = "/user.slice/user-31337.slice/docker-\(container).scope"
    try tree.write(
      "/proc/self/cgroup", "1:name=systemd:/\(secret)\n4:cpu,cpuacct:\(group)\n0::/\(secret)\n")
    try tree.write("/sys/fs/cgroup/cpu,cpuacct\(group)/cpu.rt_runtime_us", "0\n")
    let interrupts = try #require(tree.files.text("/proc/interrupts"))
    try tree.write(
      "/proc/interrupts", interrupts.replacing("ena-Tx-Rx", with: "enx5ec4e7000001-Tx"))
    let config = try #require(
      tree.files.text("/boot/config-5.10.192-183.736.amzn2.x86_64"))
    try tree.write(
      "/boot/config-5.10.192-183.736.amzn2.x86_64",
      config + "CONFIG_DEFAULT_HOSTNAME=\"\(secret)\"\n")
    try tree.write("/proc/77/cmdline", "acquire\0run\0\(secret)\0")

    var plan = DoctorPlan.model(cpus: [1])
    plan.ports = [.init(role: "exoskeleton", path: "/dev/serial/by-id/usb-FTDI_\(secret)-if00")]
    let folder = try TemporaryFolder()
    _ = try tree.machine { try Capture.write($0, plan, to: folder.path("copy")) }
    let walker = try #require(FileManager.default.enumerator(atPath: folder.path("copy")))
    var count = 0
    for case let path as String in walker {
      let whole = folder.path("copy") + "/" + path
      for word in [secret, container, "31337", "5ec4e7"] {
        #expect(!path.contains(word))
        let text = (try? String(contentsOfFile: whole, encoding: .utf8)) ?? ""
        #expect(!text.contains(word), "\(path): \(text)")
      }
      count += 1
    }
    #expect(count > 10)
    let after = Doctor.examine(.captured(folder.path("copy")), plan)
    #expect(after.map(\.severity) == tree.findings(plan).map(\.severity))
    #expect(try #require(after[1].cure).contains("/user.slice/group/group/cpu.rt_runtime_us"))
    #expect(after.contains { $0.subject == .service && $0.found.contains("lacks LimitMEMLOCK=") })
  }

  @Test("nothing is written into a folder that is there already")
  func existingFolder() throws {
    let folder = try TemporaryFolder()
    let empty = folder.path("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
    #expect(throws: CaptureFault(errno: EEXIST, path: empty)) {
      try CapturedTree("container").machine {
        try Capture.write($0, .model(cpus: [3]), to: empty)
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: empty).isEmpty)
  }

  @Test("answers read back as they were written")
  func answers() {
    var answers = KernelAnswers()
    answers.realTimeRefusal = 1
    answers.nodes = ["/dev/spidev0.0": 13, "exoskeleton": 0]
    answers.links = ["controller /dev/spidev0.0": "fe204000.spi", "port exoskeleton": "ttyAMA0"]
    answers.chips = [.init(path: "/dev/gpiochip0", lineCount: 54, label: "a label with spaces")]
    answers.closedChips = ["/dev/gpiochip1"]
    answers.usableIsolatedCPUs = [2, 3, 5]
    #expect(KernelAnswers(text: answers.text) == answers)
    answers.usableIsolatedCPUs = []
    #expect(KernelAnswers(text: answers.text) == answers)
    #expect(KernelAnswers(text: "node x y\nchip a b c\nlink\nreal-time no\n") == KernelAnswers())
  }
}
