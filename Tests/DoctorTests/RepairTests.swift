// What --fix does to a tree, and that it is gone afterwards.

import RT
import TestSupport
import Testing

@testable import Doctor

@Suite("Repairs")
struct RepairTests {
  @Test("what was repaired is in order when it is looked at again, and nothing else has changed")
  func cures() throws {
    for one in cases {
      let tree = try CapturedTree(one.machine)
      let before = tree.findings(one.plan)
      let writes = before.flatMap(\.repairs).filter {
        if case .write = $0 { true } else { false }
      }
      for repair in writes {
        // A controller that tells where interrupts really go follows what it was asked for.
        if case .write(let value, let path) = repair, path.hasSuffix("/smp_affinity_list") {
          try tree.write(path, "0-7\n")
          let effective = path.replacing("smp_affinity", with: "effective_affinity")
          try tree.write(effective, value + "\n")
        }
        let outcome = Repairs.perform(repair, on: tree.files)
        #expect(outcome.isDone, "\(one.machine): \(outcome)")
        #expect(outcome.before != outcome.after)
      }
      let after = tree.findings(one.plan)
      #expect(after.count == before.count, "\(one.machine)")
      for (then, now) in zip(before, after) {
        let hasWrites = then.repairs.contains { writes.contains($0) }
        if hasWrites {
          #expect(now.severity == .ok, "\(one.machine): \(now)")
        } else {
          #expect(now == then)
        }
      }
    }
  }

  @Test("a file that is not there, and a thread that is another by now, are left alone")
  func careful() throws {
    let tree = try CapturedTree("raspberry-pi-5")
    let missing = Repairs.perform(.write(value: "1", path: "/sys/not/there"), on: tree.files)
    #expect(!missing.isDone && missing.errno == 2)
    // Of this very process, were it not for the name.
    let own = Repairs.perform(
      .interruptPriority(thread: 900, name: "irq/9-other", priority: 85), on: tree.files)
    #expect(!own.isDone && own.before == nil && own.errno == 2)
  }

  @Test("a program that calls itself an interrupt's thread gets no priority")
  func impostor() throws {
    let tree = try CapturedTree("raspberry-pi-5")
    let name = "irq/167-acquire data-ready"
    let old = try #require(tree.files.text("/proc/900/stat"))
    // As it is but for PF_KTHREAD.
    try tree.write(
      "/proc/901/stat", old.replacing("900 (", with: "901 (").replacing("2129984", with: "4194560"))
    let found = tree.findings(.chip(cpus: [3, 2], label: "pinctrl-rp1"))
    let threads = found.flatMap(\.repairs).compactMap { repair -> Int? in
      if case .interruptPriority(let thread, _, _) = repair { thread } else { nil }
    }
    #expect(threads == [900])
    let outcome = Repairs.perform(
      .interruptPriority(thread: 901, name: name, priority: 85), on: tree.files)
    #expect(!outcome.isDone && outcome.errno == 2)
  }

  @Test("a low interrupt thread is told with the command that raises it")
  func priorities() throws {
    let found = try CapturedTree("raspberry-pi-5").findings(
      .chip(cpus: [3, 2], label: "pinctrl-rp1"))
    let interrupt = try #require(found.first { $0.subject == .dataReadyInterrupt })
    #expect(
      interrupt.repairs
        == [.interruptPriority(thread: 900, name: "irq/167-acquire data-ready", priority: 85)])
    #expect(interrupt.cure == "chrt -f -p 85 900")
  }
}
