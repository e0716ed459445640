import Glibc
import SPIShim
import Testing

@testable import RT

@Suite("Real-time threads")
struct ThreadTests {
  /// What a thread found out about itself.
  private struct Findings {
    var policy: Int32 = -1
    var priority: Int32 = -1
    var cpu: Int32 = -1
  }

  @Test("has the policy, priority, CPU and name that it asked for, or does not start")
  func granted() throws {
    let cpu = try #require(Machine.current().allowedCPUs.last)
    for (policy, number) in [
      (SchedulingPolicy.fifo(priority: 7), Int32(1)), (.roundRobin(priority: 8), 2), (.other, 0),
    ] {
      do throws(SchedulingFault) {
        let thread = try RealTimeThread.start(
          ThreadSettings(name: "abcdefghijklmnopq", policy: policy, cpu: cpu),
          workspace: Findings()
        ) { findings in
          unsafe shim_get_scheduler(&findings.policy, &findings.priority)
          findings.cpu = shim_current_cpu()
        }
        #expect(thread.refusal == nil)
        let found = thread.join()
        #expect(found.policy == number)
        #expect(found.cpu == Int32(cpu))
        if case .fifo(let priority) = policy { #expect(found.priority == Int32(priority)) }
      } catch {
        // An ordinary user: the refusal must say so, and it must be no other.
        guard case .priorityRefused = error else {
          Issue.record("\(error.message)")
          continue
        }
        #expect(geteuid() != 0)
      }
    }
  }

  @Test("a CPU that there is not is refused, or named as what best effort lacks")
  func noSuchCPU() throws {
    let settings = ThreadSettings(name: "far", policy: .other, cpu: 1_000)
    #expect(throws: SchedulingFault.cpuNotAvailable(1_000)) {
      _ = try RealTimeThread.start(settings, workspace: 0) { _ in }.join()
    }
    var accepting = settings
    accepting.enforcement = .bestEffort
    let thread = try RealTimeThread.start(accepting, workspace: 41) { $0 += 1 }
    #expect(thread.refusal == .cpuNotAvailable(1_000))
    #expect(thread.join() == 42)
  }

  @Test("the workspace comes back, and a refused thread has never run its body")
  func workspace() throws {
    struct Box: ~Copyable { var value = 1 }
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "box", policy: .other), workspace: Box()
    ) { $0.value = 5 }
    let value = thread.join().value
    #expect(value == 5)
    let ran = StopSignal()
    #expect(throws: SchedulingFault.self) {
      _ = try RealTimeThread.start(
        ThreadSettings(name: "no", policy: .fifo(priority: 1_000)), workspace: 0
      ) { _ in ran.raise() }.join()
    }
    #expect(!ran.isRaised)
  }

  @Test("the cause of a refusal is told apart, and each sentence names its cure")
  func causes() {
    let fifo = SchedulingPolicy.fifo(priority: 80)
    let deadline = SchedulingPolicy.deadline(
      runtime: .milliseconds(1), deadline: .milliseconds(4), period: .milliseconds(4))
    let cases: [(Int32, SchedulingPolicy, Bool, SchedulingFault, String)] = [
      (1, fifo, false, .priorityRefused(requested: 80, limit: 5), "limits.d"),
      (1, fifo, true, .controlGroupHasNoBudget, "cpu.rt_runtime_us"),
      (16, deadline, true, .deadlineNotAdmitted, "runtime"),
      (22, fifo, true, .system(operation: "sched_setscheduler", errno: 22), "22"),
    ]
    for (errno, policy, mayRaise, expected, word) in cases {
      let fault = SchedulingFault.of(errno: errno, policy: policy, mayRaise: mayRaise, limit: 5)
      #expect(fault == expected)
      #expect(fault.message.contains(word) && !fault.message.contains("\n"))
    }
  }

  @Test("page faults and switches of a thread are its own")
  func usage() throws {
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "usage", policy: .other), workspace: (UInt64(0), UInt64(0))
    ) { found in
      let before = ThreadUsage.ofThisThread().pageFaults
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 8 << 20, alignment: 4_096)
      for page in 0..<2_048 {
        unsafe memory.storeBytes(of: 1, toByteOffset: page * 4_096, as: UInt8.self)
      }
      found.0 = ThreadUsage.ofThisThread().pageFaults - before
      unsafe memory.deallocate()
    }
    // Huge pages may serve many at once.
    #expect(thread.join().0 >= 1)
    #expect(residentByteCount() > 1_000_000)
  }
}

@Suite("Housekeeping")
struct HousekeepingTests {
  @Test("a thread leaves the CPUs that it is told to, unless there is no other")
  func leaves() throws {
    let allowed = Machine.current().allowedCPUs
    let last = try #require(allowed.last)
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "house", policy: .other), workspace: ([Int](), [Int](), Int32(-1))
    ) { found in
      found.0 = Housekeeping.leave([last], allowed: allowed)
      found.2 = shim_current_cpu()
      found.1 = Housekeeping.leave(allowed, allowed: allowed)
    }
    let (left, none, cpu) = thread.join()
    #expect(left == allowed.dropLast())
    #expect(none.isEmpty)
    if allowed.count > 1 { #expect(cpu != Int32(last)) }
  }
}

@Suite("Waiting")
struct WaitingTests {
  @Test("a bell that rings between the ticket and the wait is not missed")
  func ticket() {
    let bell = Doorbell()
    let ticket = bell.ticket()
    bell.ring()
    // An hour: the test would never end if the ring were lost.
    bell.wait(ticket, until: .now() + .seconds(3_600))
    #expect(bell.ticket() == ticket &+ 1)
  }

  @Test("two threads hand a number to and fro by bells, and never sleep through one")
  func pingPong() throws {
    let (there, back) = (Doorbell(), Doorbell())
    let rounds = 20_000
    let echo = try RealTimeThread.start(
      ThreadSettings(name: "echo", policy: .other), workspace: 0
    ) { count in
      var ticket: UInt32 = 0
      while count < rounds {
        while there.ticket() == ticket { there.wait(ticket, until: .now() + .seconds(3_600)) }
        ticket &+= 1
        count += 1
        back.ring()
      }
    }
    var ticket: UInt32 = 0
    for _ in 0..<rounds {
      there.ring()
      while back.ticket() == ticket { back.wait(ticket, until: .now() + .seconds(3_600)) }
      ticket &+= 1
    }
    #expect(echo.join() == rounds)
  }

  /// How often a thread slept in a wait, each of several times.
  ///
  /// The kernel counts every sleep: that of a page fault, too, which waits for a neighbour's mmap.
  /// What the wait itself does it does each time.
  private func sleeps(
    ringing: Bool, _ wait: @escaping @Sendable (Doorbell, UInt32) -> Void
  ) throws -> [UInt64] {
    try (0..<8).map { _ in
      let bell = Doorbell()
      let ready = StopSignal()
      let waiter = try RealTimeThread.start(
        ThreadSettings(name: "waits", policy: .other), workspace: UInt64(0)
      ) { sleeps in
        let ticket = bell.ticket()
        let before = ThreadUsage.ofThisThread().voluntarySwitches
        ready.raise()
        wait(bell, ticket)
        sleeps = ThreadUsage.ofThisThread().voluntarySwitches - before
      }
      while !ready.isRaised {
        shim_sleep_until((MonotonicInstant.now() + .milliseconds(1)).nanoseconds)
      }
      if ringing {
        // Time enough to fall asleep, for who would.
        shim_sleep_until((MonotonicInstant.now() + .milliseconds(5)).nanoseconds)
        bell.ring()
      }
      return waiter.join()
    }
  }

  @Test("who waits awake for a ring does not sleep for it")
  func awake() throws {
    let found = try sleeps(ringing: true) { bell, ticket in
      // Longer than any machine stands still.
      let now = MonotonicInstant.now()
      bell.wait(ticket, until: now + .seconds(3_600), expecting: now, lead: .seconds(600))
    }
    #expect(found.contains(0), "\(found)")
  }

  @Test(
    "a wait for an expected ring ends with the ring, whenever it comes", arguments: [-10, 0, 1, 30])
  func unexpected(milliseconds: Int64) throws {
    let bell = Doorbell()
    let waiter = try RealTimeThread.start(
      ThreadSettings(name: "waits", policy: .other), workspace: UInt32(0)
    ) { count in
      for ticket in UInt32(0)..<50 {
        let expected = MonotonicInstant.now() + .milliseconds(milliseconds)
        bell.wait(
          ticket, until: .now() + .seconds(3_600), expecting: expected, lead: .microseconds(300))
        if bell.ticket() != ticket { count += 1 }
        while bell.ticket() == ticket { bell.wait(ticket, until: .now() + .seconds(3_600)) }
      }
    }
    for _ in 0..<50 {
      shim_sleep_until((MonotonicInstant.now() + .microseconds(400)).nanoseconds)
      bell.ring()
    }
    #expect(waiter.join() == 50)
  }

  @Test("without a lead a wait for an expected ring sleeps once, not twice")
  func noLead() throws {
    let found = try sleeps(ringing: false) { bell, ticket in
      let now = MonotonicInstant.now()
      bell.wait(
        ticket, until: now + .milliseconds(60), expecting: now + .milliseconds(20), lead: .zero)
    }
    #expect(found.contains(1), "\(found)")
  }

  @Test(
    "a wait for an expected ring ends at its deadline when nobody rings",
    arguments: [-1, 2, 4, 60])
  func expectedDeadline(milliseconds: Int64) {
    let bell = Doorbell()
    let now = MonotonicInstant.now()
    let deadline = now + .milliseconds(5)
    bell.wait(
      bell.ticket(), until: deadline, expecting: now + .milliseconds(milliseconds),
      lead: .milliseconds(1))
    #expect(MonotonicInstant.now() >= deadline)
  }

  @Test("a wait ends at its deadline when nobody rings")
  func deadline() {
    let bell = Doorbell()
    let deadline = MonotonicInstant.now() + .milliseconds(5)
    bell.wait(bell.ticket(), until: deadline)
    #expect(MonotonicInstant.now() >= deadline)
  }

  @Test("a rhythm that is slept through counts the periods it missed, and keeps its phase")
  func missedPeriods() {
    let period = Nanoseconds.milliseconds(10)
    let start = MonotonicInstant.now()
    var timer = CyclicTimer(period: period, start: start)
    let first = timer.wait()
    #expect(first.woke >= first.scheduled && first.scheduled == start + period)
    shim_sleep_until((first.woke + .milliseconds(35)).nanoseconds)
    let late = timer.wait()
    #expect(late.missed >= 2)
    let next = timer.wait()
    // The next instant lies on the same grid, the missed ones left out.
    #expect(next.scheduled == late.scheduled + period * (late.missed + 1))
    let total = timer.missedCount
    #expect(total == first.missed + late.missed + next.missed)
  }
}

@Suite("The machine")
struct MachineTests {
  @Test(
    "lists of CPUs are read as the kernel writes them",
    arguments: [
      ("0-2,5", [0, 1, 2, 5]), ("", []), ("7", [7]), ("3-1", []), ("x", []), ("0-99999999", []),
    ])
  func cpuLists(text: String, cpus: [Int]) { #expect(Machine.cpuList(text) == cpus) }

  @Test("knows its kernel and its CPUs")
  func current() {
    let machine = Machine.current()
    #expect(!machine.allowedCPUs.isEmpty && machine.allowedCPUs == machine.allowedCPUs.sorted())
    #expect(machine.kernelRelease.contains("."))
    #expect(machine.load.split(separator: " ").count == 3)
  }
}
