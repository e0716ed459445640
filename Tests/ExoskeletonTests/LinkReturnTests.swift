// A link that goes and comes back, over pseudo-terminals that stand one after another behind one
// name, as adapters do behind /dev/serial/by-id.

import Foundation
import HeapCounter
import RT
import TestSupport
import Testing

@testable import Exoskeleton

/// A governor with a link that an attendant brings back.
private struct ReturnBench: ~Copyable {
  let folder: TemporaryFolder
  let attendant: LinkAttendant
  private var attending: RealTimeThread<LinkAttendant>?
  var link: HeldLink
  var governor: Governor
  var roundTrips = LatencyHistogram()
  var newest = Command.neutral
  /// Of this thread, in all control periods.
  var heapCalls: UInt64 = 0
  var name: String { folder.path("exo") }

  /// On an exoskeleton behind `folder.path("exo")`.
  init(_ folder: TemporaryFolder) throws {
    let limits = try GovernorLimits(
      velocityMaximum: 120, accelerationMaximum: 600, controlPeriod: .milliseconds(200),
      frameTimeout: .seconds(1), acknowledgementTimeout: .seconds(1))
    var link = ExoskeletonLink(
      port: try SerialPort(path: folder.path("exo"), baud: 115_200), settings: DriveSettings())
    let silent = LinkAttendant(for: link, limits: limits)
    #expect(silent == nil, "nobody was identified")
    try link.connect(timeout: .seconds(10))
    let made = LinkAttendant(for: link, limits: limits)
    let attendant = try #require(made)
    attending = try RealTimeThread.start(
      ThreadSettings(name: "attendant", policy: .other), workspace: attendant
    ) { $0.run() }
    self.folder = folder
    self.attendant = attendant
    self.link = HeldLink(link, attendant: attendant)
    governor = Governor(limits: limits)
  }

  mutating func step() {
    let before = heap_counter_calls_of_this_thread()
    link.poll(roundTrips: &roundTrips)
    let now = MonotonicInstant.now()
    let isGone = link.isGone
    newest = governor.step(
      GovernorInput(
        now: now, lastFrame: now, lastDecision: now, demand: .moveTo(degrees: 80),
        lastAcknowledgement: link.lastAcknowledgement, isLinkGone: isGone, joint: link.joint,
        signal: SignalHealth(), lastHeartbeat: nil))
    link.send(newest)
    if isGone { _ = link.exchange(at: now) }
    heapCalls += heap_counter_calls_of_this_thread() - before
  }

  mutating func run(until isSo: (borrowing ReturnBench) -> Bool) -> Bool {
    let deadline = MonotonicInstant.now() + .seconds(30)
    while MonotonicInstant.now() < deadline {
      step()
      if isSo(self) { return true }
      usleep(5_000)
    }
    return false
  }

  /// Arms until it moves; a machine that stands still lets its watchdog bite meanwhile.
  mutating func move(_ running: RunningExoskeleton) -> Bool {
    let exoskeleton = running.exoskeleton
    for _ in 0..<50 {
      governor.disarm()
      governor.arm()
      let isDecided = run {
        exoskeleton.statistics.state == .moving || !$0.governor.latchedCauses.isEmpty
          || $0.governor.state == .disarmed
      }
      if isDecided, exoskeleton.statistics.state == .moving { return true }
    }
    return false
  }

  /// Somebody behind the name.
  func plugIn(_ name: String = "virtual knee") throws -> RunningExoskeleton {
    try RunningExoskeleton(watchdog: .milliseconds(500), name: name, link: self.name)
  }

  func unplug(_ running: RunningExoskeleton) throws {
    // Before the terminal goes, whose number somebody else may get.
    try FileManager.default.removeItem(atPath: name)
    running.exoskeleton.unplug()
  }

  mutating func end() {
    attendant.end()
    if let running = attending.take() { running.join().closeLeftover() }
  }
}

@Suite("An exoskeleton that is unplugged and plugged in again")
struct LinkReturnTests {
  @Test("who comes back on the same path is commanded again, and moves when disarmed and armed")
  func comesBack() throws {
    let folder = try TemporaryFolder()
    var running = try RunningExoskeleton(watchdog: .milliseconds(500), link: folder.path("exo"))
    // One that ends removes its name, which may lead to the next already.
    var plugged = [running]
    var bench = try ReturnBench(folder)
    for outage in 1...2 as ClosedRange<UInt64> {
      let isMoving = bench.move(running)
      #expect(isMoving)
      let commands = bench.link.counts.commands
      try bench.unplug(running)
      bench.step()
      let newest = bench.newest
      #expect(newest == .neutral)
      let latched = bench.governor.latchedCauses
      #expect(latched.contains(.linkGone))
      for _ in 0..<20 { bench.step() }
      let isGone = bench.link.isGone
      #expect(isGone)
      let isHeard = bench.link.sendNeutralBlocking(deadline: .now() + .seconds(10))
      #expect(!isHeard)

      running = try bench.plugIn()
      plugged.append(running)
      let returned = running.exoskeleton
      let isBack = bench.run { !$0.link.isGone }
      #expect(isBack)
      for _ in 0..<40 {
        bench.step()
        usleep(5_000)
      }
      #expect(returned.statistics.motionCommands == 0)
      let latchedStill = bench.governor.latchedCauses
      #expect(latchedStill.contains(.linkGone))
      let outages = bench.link.outages(at: .now())
      #expect(outages.count == outage)
      #expect(outages.duration > .zero)
      // What the line before took is counted still, and adds up.
      let counts = bench.link.counts
      #expect(counts.commands > commands)
      let settled = counts.acknowledged + counts.unacknowledged + counts.inFlight + counts.unasked
      #expect(counts.commands == settled)
    }
    let isMoving = bench.move(running)
    #expect(isMoving)
    let heapCalls = bench.heapCalls
    #expect(heapCalls == 0)
    bench.end()
    let isHeard = bench.link.sendNeutralBlocking(deadline: .now() + .seconds(10))
    #expect(isHeard)
    #expect(plugged.count == 3)
  }

  @Test("every count of a line before is in the sum")
  func counts() {
    // All of it is 64-bit counts: 1, 2, 3 …
    let count = MemoryLayout<LinkCounts>.size / MemoryLayout<UInt64>.size
    let numbers = (1...UInt64(count)).map { $0 }
    var counts = unsafe numbers.withUnsafeBytes { unsafe $0.load(as: LinkCounts.self) }
    let once = counts
    counts.add(once)
    let sums = unsafe withUnsafeBytes(of: &counts) { unsafe Array($0.bindMemory(to: UInt64.self)) }
    #expect(sums == numbers.map { 2 * $0 })
  }

  @Test("somebody else on the same path is refused with a sentence, and is looked past")
  func somebodyElse() throws {
    let folder = try TemporaryFolder()
    let first = try RunningExoskeleton(watchdog: .milliseconds(500), link: folder.path("exo"))
    var bench = try ReturnBench(folder)
    try bench.unplug(first)
    let other = try bench.plugIn("somebody's elbow")
    let isRefused = bench.run { $0.attendant.hindrance != nil }
    #expect(isRefused)
    let sentence = try #require(bench.attendant.hindrance)
    for part in ["somebody's elbow 1.0.0", bench.name, "virtual knee 1.0.0"] {
      #expect(sentence.contains(part), "\(sentence)")
    }
    let isGone = bench.link.isGone
    #expect(isGone)
    #expect(other.exoskeleton.changes.isEmpty)
    try bench.unplug(other)
    let own = try bench.plugIn()
    let isBack = bench.run { !$0.link.isGone }
    #expect(isBack)
    let hindrance = bench.attendant.hindrance
    #expect(hindrance == nil)
    let isMoving = bench.move(own)
    #expect(isMoving)
    bench.end()
  }

  @Test("one whose limits or watchdog no longer fit is refused")
  func unfit() throws {
    let folder = try TemporaryFolder()
    let first = try RunningExoskeleton(watchdog: .milliseconds(500), link: folder.path("exo"))
    var bench = try ReturnBench(folder)
    try bench.unplug(first)
    // Shorter than two control periods.
    let second = try RunningExoskeleton(watchdog: .milliseconds(100), link: bench.name)
    let isRefused = bench.run { $0.attendant.hindrance?.contains("watchdog") == true }
    #expect(isRefused)
    let isGone = bench.link.isGone
    #expect(isGone)
    bench.end()
    _ = second
  }

  @Test(
    "the end of a session does not wait for an answer that never comes", .timeLimit(.minutes(5)))
  func interrupted() throws {
    let far = try FarEnd()
    var link = ExoskeletonLink(
      port: try SerialPort(path: far.path, baud: 115_200), settings: DriveSettings())
    let stop = StopSignal()
    Thread.detachNewThread {
      usleep(100_000)
      stop.raise()
    }
    #expect(throws: LinkFault.self) {
      try link.connect(timeout: .seconds(3600), unless: stop)
    }
  }

  @Test("a link that nobody takes any more is closed when the session ends")
  func leftOver() throws {
    let folder = try TemporaryFolder()
    let first = try RunningExoskeleton(watchdog: .milliseconds(500), link: folder.path("exo"))
    var bench = try ReturnBench(folder)
    try bench.unplug(first)
    let isGivenUp = bench.run { $0.link.outages(at: .now()).count == 1 }
    #expect(isGivenUp)
    let second = try bench.plugIn()
    let isOffered = LinkTests.wait { bench.attendant.exchange.turn == LinkExchange.Turn.ready }
    #expect(isOffered)
    #expect(SerialPortTests.fault(bench.name) == .busy(path: bench.name))
    bench.end()
    #expect(SerialPortTests.fault(bench.name) == nil)
    let isGone = bench.link.isGone
    #expect(isGone)
    _ = second
  }
}
