// Files of odd kernels and of ill-disposed trees: nothing crashes, and nothing gets worse than
// "cannot be known" where a file is merely missing.

import Foundation
import RT
import TestSupport
import Testing

@testable import Doctor

@Suite("Garbage instead of files")
struct GarbageTests {
  private static let seeds: [UInt64] = Array(1...60)

  @Test(
    "random bytes, digits and cut files in random places of a tree crash nothing",
    arguments: seeds)
  func garbage(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let one = cases[Int(random.next() % UInt64(cases.count))]
    let tree = try CapturedTree(one.machine)
    for path in tree.paths where random.next() % 3 == 0 {
      let old = try Data(contentsOf: URL(fileURLWithPath: tree.folder.path + path))
      try tree.write(path, Self.garbage(instead: old, &random))
    }
    let found = tree.findings(one.plan)
    #expect(!found.isEmpty, "seed \(seed)")
    for finding in found { #expect(!finding.found.isEmpty, "seed \(seed): \(finding)") }
  }

  private static func garbage(instead old: Data, _ random: inout SplitMix64) -> Data {
    switch random.next() % 6 {
    case 0: return Data()
    case 1:
      return Data(
        (0..<Int(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    case 2: return Data("\(Int64(bitPattern: random.next()))\n".utf8)
    case 3:
      return Data(
        ["-1", "9223372036854775807", "-9223372036854775808", "0-4095,0-4095", ":", "()", "("]
          .randomElement(using: &random).map { Array($0.utf8) } ?? [])
    case 4: return old.prefix(Int(random.next() % UInt64(old.count + 1)))
    default:
      var bytes = old
      for _ in 0..<8 where !bytes.isEmpty {
        bytes[bytes.startIndex + Int(random.next() % UInt64(bytes.count))] = UInt8(
          truncatingIfNeeded: random.next())
      }
      return bytes
    }
  }

  @Test("a pipe instead of a file stops nobody, and what a terminal obeys is not shown")
  func hostile() throws {
    let tree = try CapturedTree("raspberry-pi-4-stock")
    let pipe = "/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor"
    try tree.remove(pipe)
    // SAFETY: the string lives through the call.
    #expect(unsafe mkfifo(tree.folder.path + pipe, 0o600) == 0)
    try tree.write(
      "/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "\u{1B}[2Jondemand\u{7}\n")
    let found = tree.findings(.chip(cpus: [3, 2], port: "/dev/serial0"))
    let governor = try #require(found.first { $0.subject == .governor })
    #expect(governor.found == "CPU 2: ?[2Jondemand?")
  }

  @Test("no link of a tree is followed, neither out of it nor within, and no way leads up")
  func links() throws {
    let secret = try TemporaryFolder()
    try Data("SECRET\n".utf8).write(to: URL(fileURLWithPath: secret.path("shadow")))
    let tree = try CapturedTree("raspberry-pi-4-rt")
    let plan = DoctorPlan.chip(cpus: [3], port: "/dev/ttyUSB0")
    func link(_ path: String, _ target: String) throws {
      try tree.remove(path)
      try FileManager.default.createSymbolicLink(
        atPath: tree.folder.path + path, withDestinationPath: target)
    }
    try link("/proc/sys/kernel/version", secret.path("shadow"))
    // Within the tree it would be harmless, and nobody makes one.
    try link(
      "/sys/devices/system/clocksource/clocksource0/current_clocksource",
      "../../../../../proc/sys/kernel/osrelease")
    // A folder above.
    try FileManager.default.createDirectory(
      atPath: secret.path("cpu3/cpufreq"), withIntermediateDirectories: true)
    try Data("SECRET\n".utf8).write(
      to: URL(fileURLWithPath: secret.path("cpu3/cpufreq/scaling_governor")))
    try link("/sys/devices/system/cpu/cpu3", secret.path("cpu3"))
    // Names that a tree chooses itself.
    let outside = String(repeating: "../", count: 40) + secret.path("shadow").dropFirst()
    let answers = try #require(tree.files.text(KernelAnswers.path))
    try tree.write(
      KernelAnswers.path,
      answers.replacing("link ttyUSB0 port", with: "link \(outside) port"))
    let found = tree.findings(plan)
    #expect(!found.contains { $0.found.contains("SECRET") || ($0.cure ?? "").contains("SECRET") })
    #expect(
      found.first { $0.subject == .preemption }?.found
        == "cannot be known: there is no /proc/sys/kernel/version")
    #expect(found.first { $0.subject == .clockSource }?.severity == .note)
    #expect(found.first { $0.subject == .governor }?.found.contains("no cpufreq") == true)
    // Folders are not looked into through links either.
    try link("/sys/class/thermal", secret.path)
    #expect(tree.files.names(in: "/sys/class/thermal").isEmpty)
    #expect(tree.files.text("/sys/class/tty/" + outside) == nil)
    #expect(tree.files.text("/sys/class/../../etc/os-release") == nil)
    #expect(tree.files.text("/etc/os-release") == "ID=debian\n")
  }

  @Test("a tree without any file gives notes, and nothing that a session would be refused for")
  func nothing() throws {
    let folder = try TemporaryFolder()
    let plan = DoctorPlan.chip(cpus: [3], port: "/dev/ttyUSB0")
    let found = Doctor.examine(.captured(folder.path), plan)
    #expect(found.allSatisfy { $0.severity <= .note }, "\(found.filter { $0.severity > .note })")
    #expect(found.contains { $0.subject == .preemption && $0.found.hasPrefix("cannot be known") })
  }

  @Test("one file that is missing never makes an error out of a machine that is in order")
  func oneMissing() throws {
    let plan = DoctorPlan.chip(cpus: [3], port: "/dev/ttyUSB0")
    let all = try CapturedTree("raspberry-pi-4-rt").paths
    for path in all where path != KernelAnswers.path {
      let tree = try CapturedTree("raspberry-pi-4-rt")
      try tree.remove(path)
      let errors = tree.findings(plan).filter { $0.severity == .error }
      // Which CPUs are isolated decides whether CPU 3 may be used at all.
      if path.hasSuffix("/cpu/isolated") { continue }
      #expect(errors.isEmpty, "without \(path): \(errors)")
    }
  }

  @Test(
    "gzip: what python packed is unpacked, and no broken stream is believed or crashes",
    arguments: [0, 1, 6, 9])
  func inflate(level: Int) throws {
    var random = SplitMix64(seed: UInt64(level) + 99)
    // Words that repeat, as a configuration's do, and stretches that do not.
    var text: [UInt8] = []
    for line in 0..<3_000 {
      text += Array("CONFIG_WORD_\(random.next() % 97)=\(line % 5 == 0 ? "m" : "y")\n".utf8)
      if line % 100 == 0 { text += (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
    }
    let folder = try TemporaryFolder()
    let plain = folder.path("plain")
    try Data(text).write(to: URL(fileURLWithPath: plain))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      "import gzip, sys; name = sys.argv[1]; "
        + "gzip.open(name + '.gz', 'wb', \(level)).write(open(name, 'rb').read())",
      plain,
    ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let packed = Array(try Data(contentsOf: URL(fileURLWithPath: plain + ".gz")))
    #expect(Inflate.gunzip(packed, atMost: 1 << 20) == text)
    #expect(Inflate.gunzip(packed, atMost: text.count - 1) == nil)
    for _ in 0..<200 {
      var broken = packed
      for _ in 0..<3 {
        broken[Int(random.next() % UInt64(broken.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      let result = Inflate.gunzip(
        Array(broken.prefix(Int(random.next() % UInt64(broken.count + 1)))), atMost: 1 << 20)
      #expect((result?.count ?? 0) <= 1 << 20)
    }
  }
}
