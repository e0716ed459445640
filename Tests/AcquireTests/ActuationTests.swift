import Decoding
import Exoskeleton
import Foundation
import Monitor
import RT
import Signal
import TestSupport
import Testing

@testable import Acquire

/// An actuation on a virtual exoskeleton, stepped by hand.
private struct Bench: ~Copyable {
  let exoskeleton: VirtualExoskeleton
  let go = StopSignal()
  let halt = StopSignal()
  let panel = OperatorPanel()
  var actuation: Actuation
  var histogram = LatencyHistogram()
  var index: UInt64 = 0

  let attendant: LinkAttendant?

  init(link name: String? = nil) throws {
    let exoskeleton = try VirtualExoskeleton(link: name)
    try exoskeleton.start()
    let limits = try GovernorLimits(acknowledgementTimeout: .seconds(5))
    var link = ExoskeletonLink(
      port: try SerialPort(path: name ?? exoskeleton.path, baud: 115_200), settings: DriveSettings()
    )
    try link.connect(timeout: .seconds(10))
    let demands = try DemandTable([.hold, .moveTo(degrees: 40)], limits: limits)
    self.exoskeleton = exoskeleton
    attendant = name == nil ? nil : LinkAttendant(for: link, limits: limits)
    actuation = Actuation(
      governor: Governor(limits: limits), link: HeldLink(link, attendant: attendant),
      demands: demands, samplesPerSecond: 250, go: go, halt: halt, panel: panel, deadMan: nil,
      now: .now())
  }

  /// A frame, a decision for class 1, and a control period later a command.
  mutating func step(
    decides: Bool = true, drifts: Bool = false, flags: FrameFlags = [], isOverBudget: Bool = false
  ) -> GovernorState {
    let now = MonotonicInstant.now()
    var header = FrameHeader()
    header.edgeTime = now
    header.sampleIndex = index
    header.flags = flags
    index += 5
    actuation.noteFrame(header)
    if decides {
      actuation.take(
        Intent(classIndex: 1, confidence: 1, sampleIndex: header.sampleIndex, time: now),
        isDrifting: drifts)
    }
    _ = actuation.control(now: now, isOverBudget: isOverBudget)
    usleep(15_000)
    actuation.listen(roundTrips: &histogram)
    return actuation.governor.state
  }

  /// Steps until the governor moves the joint; a loaded machine may need a while.
  mutating func stepUntilActive() -> Bool {
    for _ in 0..<400 {
      if case .active = step() { return true }
    }
    return false
  }
}

@Suite("From intents to commands", .serialized)
struct ActuationTests {
  @Test("nothing is armed before everything runs")
  func waitsForGo() throws {
    var bench = try Bench()
    for _ in 0..<20 {
      let state = bench.step()
      #expect(state == .disarmed)
    }
    bench.go.raise()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    bench.exoskeleton.stop()
  }

  @Test("a release ends the exoskeleton's stop too, and what was stopped first is not armed by it")
  func released() throws {
    var bench = try Bench()
    bench.panel.stop(.operatorCommand)
    bench.go.raise()
    // Until the exoskeleton has heard of it; a loaded machine may need a while.
    for _ in 0..<400 where bench.exoskeleton.statistics.state != .stopped { _ = bench.step() }
    #expect(bench.exoskeleton.statistics.state == .stopped)
    let stopped = bench.step()
    #expect(stopped == .stopped(.operatorCommand))
    // Both at once: the stop wins, and nothing is released.
    bench.panel.release()
    bench.panel.stop(.signal)
    for _ in 0..<20 {
      let state = bench.step()
      #expect(state.isStopped)
      #expect(bench.exoskeleton.statistics.state == .stopped)
    }
    bench.panel.release()
    for _ in 0..<400 where bench.exoskeleton.statistics.state != .disarmed {
      let state = bench.step()
      #expect(state == .disarmed)
    }
    #expect(bench.exoskeleton.statistics.state == .disarmed)
    for _ in 0..<40 {
      let state = bench.step()
      #expect(state == .disarmed)
    }
    bench.panel.arm()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    bench.exoskeleton.stop()
  }

  @Test("a stage over its budget makes the joint neutral in that period, and not in the next")
  func overBudget() throws {
    var bench = try Bench()
    bench.go.raise()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    let broken = bench.step(isOverBudget: true)
    #expect(broken == .neutral(.overBudget))
    let count = bench.actuation.governor.count(of: .overBudget)
    #expect(count == 1)
    let again = bench.stepUntilActive()
    #expect(again)
    bench.exoskeleton.stop()
  }

  @Test("what became of a command is told: on the wire and for how long, or held back")
  func departures() throws {
    var bench = try Bench()
    bench.go.raise()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    guard case .departed(let wire) = bench.actuation.departure else {
      Issue.record("a motion left, or the joint would not be active")
      return
    }
    // Ten bits a byte at 115 200 baud.
    let bytes = bench.actuation.link.lastCommandByteCount
    #expect((wire ?? .zero).rawValue >= Int64(bytes) * 86_805)
    // More than the line holds before its far end looks again.
    var isHeld = false
    for _ in 0..<100_000 where !isHeld {
      _ = bench.actuation.control(now: .now())
      isHeld = bench.actuation.departure == .held
    }
    #expect(isHeld)
    bench.exoskeleton.stop()
  }

  @Test("a command that was held back makes the next one as old as its own edge")
  func heldCommands() {
    var clock = DepartureClock()
    func at(_ milliseconds: Int64) -> MonotonicInstant {
      MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }
    #expect(clock.note(.departed(wire: nil), of: at(10), at: at(11)) == .milliseconds(1))
    #expect(clock.note(.held, of: at(30), at: at(31)) == nil)
    #expect(clock.note(.held, of: at(50), at: at(51)) == nil)
    // One that follows no frame says it as well.
    #expect(clock.note(.departed(wire: nil), of: nil, at: at(61)) == .milliseconds(31))
    #expect(clock.note(.departed(wire: nil), of: nil, at: at(71)) == nil)
    #expect(clock.note(.held, of: at(90), at: at(91)) == nil)
    #expect(clock.note(.gone, of: at(110), at: at(111)) == nil)
    // A line that was away for long makes no stage slow.
    #expect(clock.note(.departed(wire: nil), of: at(9_000), at: at(9_002)) == .milliseconds(2))
  }

  @Test("a broken budget that counts keeps motion away until a second has passed without another")
  func quietTime() {
    var section = BudgetSection()
    section.read = 10
    section.ring = 10
    section.trip = ["read"]
    var histograms = StageHistograms(section)
    func at(_ milliseconds: Int64) -> MonotonicInstant {
      MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }
    histograms.read.record(.microseconds(10), until: at(1))
    // Does not stand in `trip`.
    histograms.ring.record(.microseconds(11), until: at(1))
    var isOver = [histograms.isOverBudget(at: at(2))]
    for breach in [1_000, 1_600] as [Int64] {
      histograms.read.record(.microseconds(11), until: at(breach))
      isOver.append(histograms.isOverBudget(at: at(breach)))
      isOver.append(histograms.isOverBudget(at: at(breach + 500)))
    }
    isOver.append(histograms.isOverBudget(at: at(2_599)))
    isOver.append(histograms.isOverBudget(at: at(2_600)))
    #expect(isOver == [false, true, true, true, true, true, false])
    let records = histograms.records(since: at(0))
    #expect(records.first { $0.stage == .read }?.breaches == 2)
    #expect(records.first { $0.stage == .read }?.worstAt == .milliseconds(1_000))
  }

  @Test("a withheld decision withdraws the one before it, and the next one moves again")
  func withheld() throws {
    var bench = try Bench()
    bench.go.raise()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    bench.actuation.withhold()
    guard case .neutral(let causes) = bench.step(decides: false) else {
      Issue.record("still moves without a decision")
      return
    }
    #expect(causes.contains(.noDecisions))
    let isActiveAgain = bench.stepUntilActive()
    #expect(isActiveAgain)
    bench.exoskeleton.stop()
  }

  @Test("a decoder that drifts moves nothing until it has come back")
  func drift() throws {
    var bench = try Bench()
    bench.go.raise()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    guard case .neutral(let causes) = bench.step(drifts: true) else {
      Issue.record("moves although it drifts")
      return
    }
    #expect(causes.contains(.drift))
    let isActiveAgain = bench.stepUntilActive()
    #expect(isActiveAgain)
    bench.exoskeleton.stop()
  }

  @Test(
    "frames that are corrupt or incomplete count as none: after the frame timeout it is neutral",
    arguments: [FrameFlags.corrupt, .incomplete])
  func unbelieved(flags: FrameFlags) throws {
    var bench = try Bench()
    bench.go.raise()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    // Decisions go on, and a control period is 15 ms at least here.
    var causes = NeutralCauses(rawValue: 0)
    for _ in 0..<40 {
      if case .neutral(let found) = bench.step(flags: flags) { causes = found }
    }
    #expect(causes.contains(.noFrames))
    bench.exoskeleton.stop()
  }

  @Test(
    "an exoskeleton that comes back is armed by nothing that was asked before",
    arguments: [true, false])
  func returned(wasMoving: Bool) throws {
    let folder = try TemporaryFolder()
    var bench = try Bench(link: folder.path("exo"))
    let made = bench.attendant
    let attendant = try #require(made)
    let running = try RealTimeThread.start(
      ThreadSettings(name: "attendant", policy: .other), workspace: attendant
    ) { $0.run() }
    if wasMoving {
      bench.go.raise()
      let isActive = bench.stepUntilActive()
      #expect(isActive)
    }
    try FileManager.default.removeItem(atPath: folder.path("exo"))
    bench.exoskeleton.unplug()
    for _ in 0..<400 where !bench.actuation.link.isGone { _ = bench.step() }
    if !wasMoving {
      // Under way when it goes: what a person asked for then, too, is over.
      bench.panel.arm()
      let state = bench.step()
      #expect(state == .armed)
    }
    let second = try VirtualExoskeleton(link: folder.path("exo"))
    try second.start()
    defer { second.stop() }
    bench.go.raise()
    for _ in 0..<400 where bench.actuation.link.isGone { _ = bench.step() }
    for _ in 0..<30 {
      let state = bench.step()
      if wasMoving {
        #expect(!bench.actuation.governor.latchedCauses.isEmpty)
      } else {
        #expect(state == .disarmed)
      }
    }
    #expect(second.statistics.motionCommands == 0)
    #expect(second.changes.allSatisfy { $0.state != .armed && $0.state != .moving })
    bench.panel.disarm()
    _ = bench.step()
    bench.panel.arm()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    attendant.end()
    running.join().closeLeftover()
    let isReleased = bench.actuation.release()
    #expect(isReleased)
    bench.exoskeleton.stop()
  }

  @Test("after the halt the very next command is neutral, and nothing arms again")
  func halted() throws {
    var bench = try Bench()
    bench.go.raise()
    let isActive = bench.stepUntilActive()
    #expect(isActive)
    bench.halt.raise()
    for _ in 0..<20 {
      let state = bench.step()
      #expect(state == .disarmed)
    }
    let isReleased = bench.actuation.release()
    #expect(isReleased)
    #expect(bench.exoskeleton.statistics.state == .disarmed)
    bench.exoskeleton.stop()
  }

  @Test("frames that fail to come leave a command due all the same")
  func deadline() throws {
    let bench = try Bench()
    let deadline = bench.actuation.deadline
    // One and a half control periods of 20 ms.
    #expect(deadline <= .now() + .milliseconds(30))
    bench.exoskeleton.stop()
  }
}
