// The rules of the virtual exoskeleton, without a line and without a clock.

import RT
import Testing

@testable import Exoskeleton

/// A firmware and the time in which it lives.
struct Knee {
  var firmware: Firmware
  var now = MonotonicInstant(nanoseconds: 1_000_000_000)
  var sequence: UInt16 = 0

  init(watchdogMilliseconds: UInt16 = 100) {
    firmware = Firmware(
      identity: FramedIdentity(
        acknowledgedSequence: 0, jointCount: 1, state: .disarmed, loopHertz: 100,
        watchdogMilliseconds: watchdogMilliseconds, positionMinMillidegrees: -10_000,
        positionMaxMillidegrees: 120_000, velocityMaxMillidegreesPerSecond: 180_000,
        firmwareVersion: 1, name: ExoskeletonName("knee")),
      positionDegrees: 10, now: now)
  }

  mutating func tell(_ message: Message) -> CommandResult? {
    sequence &+= 1
    guard
      case .acknowledgement(let ack)? = firmware.receive(
        WireFrame(sequence: sequence, message: message), at: now)
    else { return nil }
    #expect(ack.acknowledgedSequence == sequence)
    #expect(ack.state == firmware.state)
    return ack.result
  }

  mutating func wait(milliseconds: Int64) {
    for _ in 0..<milliseconds {
      now = now + .milliseconds(1)
      firmware.advance(to: now)
    }
  }

  static func motion(_ degrees: Double, _ velocity: Double = 0) -> Message {
    .motion(
      MotionParameters(
        positionMillidegrees: Int32(degrees * 1000),
        velocityMillidegreesPerSecond: Int32(velocity * 1000)))
  }
}

@Suite("The virtual exoskeleton's rules")
struct FirmwareTests {
  enum Start: CaseIterable { case disarmed, armed, moving, neutral, stopped, watchdog }

  static func knee(in start: Start) -> Knee {
    var knee = Knee()
    if start == .disarmed { return knee }
    _ = knee.tell(.arm)
    switch start {
    case .disarmed, .armed: break
    case .moving: _ = knee.tell(Knee.motion(11))
    case .neutral: _ = knee.tell(.neutral)
    case .stopped: _ = knee.tell(.stop)
    case .watchdog: knee.wait(milliseconds: 101)
    }
    return knee
  }

  /// Columns: disarmed, armed, moving, neutral, stopped, watchdog.
  static let table: [(name: String, message: Message, next: String)] = [
    ("arm", .arm, "                  armed    armed    moving   neutral  stopped! watchdog!"),
    ("disarm", .disarm, "            disarmed disarmed disarmed disarmed stopped! disarmed"),
    ("motion", Knee.motion(12), "    disarmed! moving  moving   moving   stopped! watchdog!"),
    ("far", Knee.motion(120.001), "  disarmed! neutral! neutral! neutral! stopped! watchdog!"),
    ("fast", Knee.motion(12, 181), " disarmed! neutral! neutral! neutral! stopped! watchdog!"),
    ("neutral", .neutral, "          disarmed neutral  neutral  neutral  stopped  neutral"),
    ("heartbeat", .heartbeat, "      disarmed armed    moving   neutral  stopped  watchdog"),
    ("stop", .stop, "                stopped  stopped  stopped  stopped  stopped  stopped"),
    ("release", .release, "          disarmed armed    moving   neutral  disarmed watchdog"),
  ]

  @Test("every command in every state leads where the table says; ! is a refusal", arguments: 0..<9)
  func table(row: Int) {
    let (name, message, next) = Self.table[row]
    for (start, expected) in zip(Start.allCases, next.split(separator: " ")) {
      var knee = Self.knee(in: start)
      let isRefused = knee.tell(message) != .done
      let found = knee.firmware.state.name + (isRefused ? "!" : "")
      #expect(found == String(expected), "\(name) while \(start)")
    }
  }

  @Test("silence for as long as the watchdog allows is neutral with a fault, and motion is refused")
  func watchdog() {
    var knee = Self.knee(in: .moving)
    knee.wait(milliseconds: 100)
    #expect(knee.firmware.state == .moving)
    knee.wait(milliseconds: 1)
    #expect(knee.firmware.state == .watchdog)
    #expect(knee.firmware.faults == .watchdog)
    #expect(knee.tell(.heartbeat) == .done)
    #expect(knee.tell(Knee.motion(20)) == .watchdog)
    #expect(knee.firmware.state == .watchdog)
    // Drives nothing from then on.
    knee.wait(milliseconds: 50)
    #expect(knee.firmware.joint.effortNewtonmetres == 0)
    #expect(knee.tell(.neutral) == .done)
    #expect(knee.firmware.state == .neutral)
    #expect(knee.firmware.faults == .watchdog)
    #expect(knee.firmware.watchdogTrips == 1)
    _ = knee.tell(.disarm)
    _ = knee.tell(.arm)
    #expect(knee.firmware.faults.isEmpty)
  }

  @Test("any valid command keeps the watchdog quiet")
  func fed() {
    var knee = Self.knee(in: .neutral)
    for _ in 0..<20 {
      knee.wait(milliseconds: 90)
      _ = knee.tell(.heartbeat)
    }
    #expect(knee.firmware.state == .neutral)
  }

  @Test("the joint follows a course closely and comes to rest at its end")
  func follows() {
    var knee = Self.knee(in: .armed)
    let course = Course(
      from: 10, to: 50, within: MotionLimits(velocity: 60, acceleration: 300, jerk: 6000))
    var worst = 0.0
    for step in 1...100 {
      let setpoint = course.state(after: Double(step) * 0.02)
      #expect(
        knee.tell(Knee.motion(setpoint.positionDegrees, setpoint.velocityDegreesPerSecond))
          == .done)
      knee.wait(milliseconds: 20)
      worst = max(worst, abs(knee.firmware.joint.positionDegrees - setpoint.positionDegrees))
    }
    // A fifth of a second of lag at 60 deg/s would be 12 degrees.
    #expect(worst < 3)
    #expect(abs(knee.firmware.joint.positionDegrees - 50) < 0.1)
    #expect(abs(knee.firmware.joint.velocityDegreesPerSecond) < 0.5)
  }

  @Test("an obstructed joint is an overload within half a second, and then drives nothing")
  func obstructed() {
    var knee = Self.knee(in: .armed)
    knee.firmware.joint.isObstructed = true
    for _ in 0..<25 {
      _ = knee.tell(Knee.motion(60))
      knee.wait(milliseconds: 20)
      if knee.firmware.faults.contains(.overload) { break }
    }
    #expect(knee.firmware.faults.contains(.overload))
    #expect(knee.firmware.state == .neutral)
    #expect(knee.firmware.joint.positionDegrees == 10)
    knee.wait(milliseconds: 1)
    #expect(knee.firmware.joint.effortNewtonmetres == 0)
  }

  @Test("its clock counts microseconds since it was switched on")
  func clock() {
    var knee = Knee()
    knee.wait(milliseconds: 1234)
    guard
      case .acknowledgement(let ack)? = knee.firmware.receive(
        WireFrame(sequence: 1, message: .heartbeat), at: knee.now)
    else {
      Issue.record("no answer")
      return
    }
    #expect(ack.timeMicroseconds == 1_234_000)
  }
}
