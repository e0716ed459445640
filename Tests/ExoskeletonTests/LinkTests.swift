// Link and governor over a real pseudo-terminal, with the virtual exoskeleton at the other end.
//
// Times are generous: what is asserted is what happens, not how fast a loaded machine lets it.

import Foundation
import RT
import TestSupport
import Testing

@testable import Exoskeleton

/// A virtual exoskeleton under way, ended when the test is.
final class RunningExoskeleton {
  let exoskeleton: VirtualExoskeleton

  init(watchdog: Nanoseconds, name: String = "virtual knee", link: String? = nil) throws {
    exoskeleton = try VirtualExoskeleton(watchdog: watchdog, name: name, link: link)
    try exoskeleton.start()
  }

  deinit { exoskeleton.stop() }
}

/// One session's hardware, and the loop that would run on the decoding thread.
struct Bench: ~Copyable {
  private let running: RunningExoskeleton
  var exoskeleton: VirtualExoskeleton { running.exoskeleton }
  var link: ExoskeletonLink
  var governor: Governor
  var roundTrips = LatencyHistogram()
  var commands: [Command] = []
  /// Whether frames and decisions come.
  var hasFrames = true

  init(watchdog: Nanoseconds = .seconds(5)) throws {
    let running = try RunningExoskeleton(watchdog: watchdog)
    var link = ExoskeletonLink(
      port: try SerialPort(path: running.exoskeleton.path, baud: 115_200), settings: DriveSettings()
    )
    try link.connect(timeout: .seconds(10))
    let limits = try GovernorLimits(
      velocityMaximum: 120, accelerationMaximum: 600, followingErrorMaximum: 360,
      controlPeriod: .milliseconds(200),
      frameTimeout: .seconds(1), acknowledgementTimeout: .seconds(1))
    self.running = running
    self.link = link
    governor = Governor(limits: limits)
  }

  mutating func step(_ demand: Demand) {
    link.poll(roundTrips: &roundTrips)
    let now = MonotonicInstant.now()
    let command = governor.step(
      GovernorInput(
        now: now, lastFrame: hasFrames ? now : now - .seconds(2), lastDecision: now,
        demand: demand, lastAcknowledgement: link.lastAcknowledgement, isLinkGone: link.isGone,
        joint: link.joint, signal: SignalHealth(), lastHeartbeat: nil))
    commands.append(command)
    link.send(command)
  }

  /// Steps until something is so; false when it does not come about in twenty seconds.
  mutating func run(_ demand: Demand, until isSo: (borrowing Bench) -> Bool) -> Bool {
    let deadline = MonotonicInstant.now() + .seconds(20)
    while MonotonicInstant.now() < deadline {
      step(demand)
      if isSo(self) { return true }
      usleep(5_000)
    }
    return false
  }

  /// Armed, and under way.
  mutating func startMoving() throws {
    governor.arm()
    let isMoving = run(.moveTo(degrees: 80)) { $0.exoskeleton.statistics.positionDegrees > 12 }
    try #require(isMoving)
  }
}

@Suite("The link to a virtual exoskeleton")
struct LinkTests {
  /// Waits for something that happens by itself.
  static func wait(for isSo: () -> Bool) -> Bool {
    for _ in 0..<20_000 {
      if isSo() { return true }
      usleep(1_000)
    }
    return false
  }

  @Test("an armed joint goes where it is told and rests there, every command acknowledged once")
  func moves() throws {
    var bench = try Bench()
    bench.governor.arm()
    let isThere = bench.run(.moveTo(degrees: 40)) {
      abs($0.exoskeleton.statistics.positionDegrees - 40) < 0.2
        && abs($0.exoskeleton.statistics.velocityDegreesPerSecond) < 0.5
    }
    #expect(isThere)
    let drained = Self.wait {
      bench.link.poll(roundTrips: &bench.roundTrips)
      return bench.link.counts.inFlight == 0
    }
    #expect(drained)
    let counts = bench.link.counts
    #expect(counts.commands == counts.acknowledged)
    #expect(counts.commands == UInt64(bench.commands.count))
    #expect(counts.unexpected == 0)
    #expect(counts.checksumErrors == 0)
    #expect(counts.skippedBytes == 0)
    #expect(counts.refusedByExoskeleton == 0)
    let summary = bench.roundTrips.summary
    #expect(summary.count == counts.acknowledged)
    #expect(summary.min > .zero)
    let states = bench.exoskeleton.changes.map(\.state)
    #expect(states == [.armed, .moving])
  }

  @Test("who answers is known before anything may move")
  func identity() throws {
    let exoskeleton = try VirtualExoskeleton(loopHertz: 200, watchdog: .milliseconds(120))
    try exoskeleton.start()
    defer { exoskeleton.stop() }
    var link = ExoskeletonLink(
      port: try SerialPort(path: exoskeleton.path, baud: 115_200), settings: DriveSettings())
    let early = [Command.arm, .heartbeat, .release].map { link.send($0) }
    #expect(early == [.notConnected, .notConnected, .notConnected])
    let identity = try link.connect(timeout: .seconds(10))
    #expect(identity.name == "virtual knee")
    #expect(identity.loopHertz == 200)
    #expect(identity.watchdog == .read(.milliseconds(120)))
    #expect(identity.firmware == "1.0.0")
    let position = link.joint?.positionDegrees
    #expect(position == 10)
    let counts = link.counts
    #expect(counts.commands == 0)
    try GovernorLimits().check(against: identity)
  }

  @Test("what counts of an acknowledgement is when its command was written, not when it was read")
  func confirmation() throws {
    var bench = try Bench()
    bench.link.send(.heartbeat)
    let written = MonotonicInstant.now()
    let isAnswered = Self.wait {
      usleep(20_000)
      bench.link.poll(roundTrips: &bench.roundTrips)
      return bench.link.counts.inFlight == 0
    }
    #expect(isAnswered)
    let confirmed = bench.link.lastAcknowledgement
    let last = try #require(confirmed)
    #expect(last <= written)
    let roundTrip = bench.roundTrips.summary.max
    #expect(roundTrip >= .milliseconds(19))
  }

  @Test("a cable that is pulled is neutral at the next step, and stays so")
  func unplugged() throws {
    var bench = try Bench()
    try bench.startMoving()
    bench.exoskeleton.unplug()
    bench.step(.moveTo(degrees: 80))
    let last = bench.commands.last
    #expect(last == .neutral)
    let isGone = bench.link.isGone
    #expect(isGone)
    let causes = bench.governor.causes
    #expect(causes.contains(.linkGone))
    for _ in 0..<10 { bench.step(.moveTo(degrees: 80)) }
    let isNeutral = bench.commands.suffix(11).allSatisfy { $0 == .neutral }
    #expect(isNeutral)
  }

  @Test("an exoskeleton whose answers are lost is told neutral, and moves again when they return")
  func mute() throws {
    var bench = try Bench()
    try bench.startMoving()
    bench.exoskeleton.disturb(.mute)
    let isNeutral = bench.run(.moveTo(degrees: 80)) {
      $0.governor.causes == .noAcknowledgements && $0.exoskeleton.statistics.state == .neutral
    }
    #expect(isNeutral)
    bench.exoskeleton.disturb(.none)
    let isMoving = bench.run(.moveTo(degrees: 80)) { $0.exoskeleton.statistics.state == .moving }
    #expect(isMoving)
  }

  @Test("lost frames reach the exoskeleton as neutral")
  func frameLoss() throws {
    var bench = try Bench()
    try bench.startMoving()
    bench.hasFrames = false
    bench.step(.moveTo(degrees: 80))
    let last = bench.commands.last
    #expect(last == .neutral)
    let isNeutral = bench.run(.moveTo(degrees: 80)) { $0.exoskeleton.statistics.state == .neutral }
    #expect(isNeutral)
  }

  @Test("when we fall silent its watchdog bites, and motion needs a deliberate act again")
  func silence() throws {
    var bench = try Bench(watchdog: .milliseconds(400))
    try bench.startMoving()
    let exoskeleton = bench.exoskeleton
    let isBitten = Self.wait { exoskeleton.statistics.state == .watchdog }
    #expect(isBitten)
    #expect(exoskeleton.statistics.faults == .watchdog)
    #expect(exoskeleton.statistics.effortNewtonmetres == 0)
    // The governor learns of it, and does not move again by itself.
    let isLatched = bench.run(.moveTo(degrees: 80)) { !$0.governor.latchedCauses.isEmpty }
    #expect(isLatched)
    let isNeutral = bench.run(.moveTo(degrees: 80)) { $0.exoskeleton.statistics.state == .neutral }
    #expect(isNeutral)
    let motions = bench.governor.counts.motions
    for _ in 0..<50 {
      bench.step(.moveTo(degrees: 80))
      usleep(2_000)
    }
    let motionsLater = bench.governor.counts.motions
    #expect(motionsLater == motions)
    bench.governor.disarm()
    bench.governor.arm()
    let isMoving = bench.run(.moveTo(degrees: 80)) { $0.exoskeleton.statistics.state == .moving }
    #expect(isMoving)
  }

  @Test("an obstructed joint is given up")
  func obstructed() throws {
    var bench = try Bench()
    try bench.startMoving()
    bench.exoskeleton.disturb(.obstructed)
    let isGivenUp = bench.run(.moveTo(degrees: 80)) {
      $0.governor.latchedCauses.contains(.overEffort)
    }
    #expect(isGivenUp)
  }

  @Test("a stop reaches the exoskeleton, and both need a release of their own")
  func stop() throws {
    var bench = try Bench()
    try bench.startMoving()
    bench.governor.stop(.operatorCommand)
    let isStopped = bench.run(.moveTo(degrees: 80)) {
      $0.exoskeleton.statistics.state == .stopped
    }
    #expect(isStopped)
    bench.governor.release()
    bench.governor.arm()
    // The exoskeleton is still stopped, and that stops the governor again.
    let isStoppedAgain = bench.run(.moveTo(degrees: 80)) {
      $0.governor.state == .stopped(.exoskeleton)
    }
    #expect(isStoppedAgain)
    let isReleased = bench.link.insist(on: .release, until: [.disarmed], timeout: .seconds(10))
    #expect(isReleased)
    bench.governor.release()
    bench.governor.arm()
    let isMoving = bench.run(.moveTo(degrees: 80)) { $0.exoskeleton.statistics.state == .moving }
    #expect(isMoving)
  }

  @Test("at the end neutral is written until it is acknowledged, and a mute one is given up on")
  func ending() throws {
    var bench = try Bench()
    try bench.startMoving()
    let isNeutral = bench.link.sendNeutralBlocking(deadline: .now() + .seconds(10))
    #expect(isNeutral)
    #expect(bench.exoskeleton.statistics.state == .neutral)
    bench.exoskeleton.disturb(.mute)
    let before = bench.link.counts.commands
    let isHeard = bench.link.sendNeutralBlocking(deadline: .now() + .milliseconds(90))
    #expect(!isHeard)
    let written = bench.link.counts.commands - before
    #expect(written >= 3)
  }

  @Test("a stalled exoskeleton gets whole frames only, when it reads again")
  func stalled() throws {
    var bench = try Bench()
    bench.exoskeleton.disturb(.stalled)
    let isFull = Self.wait {
      bench.link.send(.neutral)
      return bench.link.counts.writeRefusals > 100
    }
    #expect(isFull)
    let accepted = bench.link.counts.commands
    bench.exoskeleton.disturb(.none)
    let earlier = bench.exoskeleton.statistics
    let isRead = Self.wait {
      bench.link.poll()
      // The rest of a frame that is half on its way goes out with the next one.
      bench.link.send(.heartbeat)
      return bench.exoskeleton.statistics.frames > accepted
    }
    #expect(isRead)
    let statistics = bench.exoskeleton.statistics
    #expect(statistics.skippedBytes == earlier.skippedBytes)
    #expect(statistics.checksumErrors == 0)
  }

  @Test("a port is held once: a second link to the same exoskeleton is refused")
  func held() throws {
    let bench = try Bench()
    #expect(SerialPortTests.fault(bench.exoskeleton.path) == .busy(path: bench.exoskeleton.path))
    _ = consume bench
  }

  // MARK: Nobody, or somebody else

  /// What `connect` makes of a far end that does something every few milliseconds.
  static func fault(
    _ settings: DriveSettings = DriveSettings(), _ act: @escaping @Sendable (FarEnd) -> Void
  ) throws -> LinkFault? {
    let far = try FarEnd()
    var link = ExoskeletonLink(
      port: try SerialPort(path: far.path, baud: 115_200), settings: settings)
    let stop = StopSignal()
    let ended = DispatchSemaphore(value: 0)
    nonisolated(unsafe) let end = far
    Thread.detachNewThread {
      while !stop.isRaised {
        unsafe act(end)
        usleep(2_000)
      }
      ended.signal()
    }
    defer {
      stop.raise()
      ended.wait()
    }
    do throws(LinkFault) {
      try link.connect(timeout: .milliseconds(400))
      return nil
    } catch {
      return error
    }
  }

  @Test("silence, noise, another version, an echo and a hang-up are told apart")
  func connecting() throws {
    func name(_ fault: LinkFault?) -> String {
      switch fault {
      case nil: "none"
      case .silent: "silent"
      case .garbled: "garbled"
      case .wrongVersion(_, let found, let expected): "version \(found), not \(expected)"
      case .echo: "echo"
      case .gone: "gone"
      case .unsuitable: "unsuitable"
      }
    }
    #expect(name(try Self.fault { _ in }) == "silent")
    #expect(name(try Self.fault { $0.write([0x00, 0x11, 0xFF, 0xA5]) }) == "garbled")
    #expect(
      name(
        try Self.fault {
          var frame: [UInt8] = [0xA5, 0x5A, 0x02, 0x82, 0, 0, 0, 0, 0]
          frame[4] = 1
          $0.write(frame)
        }) == "version 2, not 1")
    #expect(name(try Self.fault { $0.write($0.read(100)) }) == "echo")
    #expect(name(try Self.fault { $0.close() }) == "gone")
  }

  @Test("a link by name leads to the pseudo-terminal, goes with it, and replaces nothing of others")
  func symbolicLink() throws {
    let folder = try TemporaryFolder()
    let name = folder.path("exo")
    do {
      let exoskeleton = try VirtualExoskeleton(link: name)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: name) == exoskeleton.path)
      _ = try SerialPort(path: name, baud: 115_200)
    }
    #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: name)) == nil)
    _ = FileManager.default.createFile(atPath: name, contents: Data("mine".utf8))
    #expect(throws: SerialFault.linkOccupied(path: name)) {
      _ = try VirtualExoskeleton(link: name)
    }
    #expect(FileManager.default.contents(atPath: name) == Data("mine".utf8))
  }

  @Test("a firmware that cannot be is refused")
  func unsuitable() {
    for make in [
      { try VirtualExoskeleton(loopHertz: 0) }, { try VirtualExoskeleton(loopHertz: .nan) },
      { try VirtualExoskeleton(loopHertz: 5000) },
      { try VirtualExoskeleton(watchdog: .milliseconds(9)) },
      { try VirtualExoskeleton(watchdog: .seconds(11)) },
    ] {
      #expect(throws: SerialFault.self) { _ = try make() }
    }
  }
}
