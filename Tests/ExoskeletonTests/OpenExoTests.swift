// OpenExo: our driver against the firmware's bytes and against its board, emulated.

import Emulators
import Foundation
import RT
import TestSupport
import Testing

@testable import Exoskeleton

@Suite("OpenExo's driver")
struct OpenExoDriverTests {
  static func settings(_ change: (inout OpenExoSettings) -> Void = { _ in }) -> DriveSettings {
    var settings = DriveSettings(kind: .openExo, mode: .effort, address: 68)
    settings.openExo.angleIndex = 8
    settings.openExo.torqueReadingIndex = 1
    change(&settings.openExo)
    return settings
  }

  static func board(_ change: (inout OpenExoOptions) -> Void = { _ in }) throws -> OpenExoBoard {
    var options = OpenExoOptions()
    options.angleIndex = 8
    change(&options)
    return try OpenExoBoard(options: options)
  }

  /// A message of the exoskeleton's, by the book.
  static func message(_ command: UInt8, _ joint: UInt8, _ numbers: [Double]) -> [UInt8] {
    var bytes: [UInt8] = [command, joint]
    for number in numbers {
      let hundredths = UInt16(truncatingIfNeeded: Int(number * 100))
      bytes += [UInt8(hundredths & 0xFF), UInt8(hundredths >> 8)]
    }
    var out: [UInt8] = [0xC0]
    for byte in bytes {
      switch byte {
      case 0xC0: out += [0xDB, 0xDC]
      case 0xDB: out += [0xDB, 0xDD]
      default: out.append(byte)
      }
    }
    return out + [0xC0]
  }

  static func realTime(_ degrees: Double) -> [UInt8] {
    var numbers = [Double](repeating: 0, count: 13)
    numbers[8] = degrees
    numbers[1] = 1.5
    return message(0x12, 0, numbers)
  }

  static let off =
    "C0 0E 00 00 00 00 00 C0 C0 14 44 00 00 A0 40 00 00 00 00 00 00 00 00 C0"
  static let question = "C0 11 00 C0 C0 03 00 C0"

  // MARK: Bytes

  @Test("the bytes of commands are the firmware's")
  func vectors() throws {
    var out = [UInt8](repeating: 0, count: 64)
    let count = unsafe out.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return 0 }
      var writer = unsafe ByteWriter(base, capacity: 64)
      OpenExoFrame.put(0x0E, 0, into: &writer)
      OpenExoFrame.putParameter(joint: 0x44, controller: 5, index: 0, 3.5, into: &writer)
      return writer.byteCount
    }
    #expect(
      Array(out[..<count]).hex
        == "C0 0E 00 00 00 00 00 C0 C0 14 44 00 00 A0 40 00 00 00 00 00 00 60 40 C0")
    var wire = WireCase(Self.settings())
    // Out of service a heartbeat takes the motors off once more; in service it only asks.
    #expect(wire.encode(.heartbeat).bytes.hex == Self.off + " " + Self.question)
    // Motors off comes first; what is not armed is not pushed, and position cannot be said.
    #expect(wire.encode(.stop).bytes.hex.hasPrefix("C0 0E 00 00 00 00 00 C0 C0 14 44"))
    let zero = "C0 14 44 00 00 A0 40 00 00 00 00 00 00 00 00 C0"
    #expect(wire.encode(try Setpoints.effort(3.5)).bytes.hex.hasPrefix(zero))
    #expect(wire.encode(try Setpoints.motion(10)).bytes.hex.hasPrefix(zero))
    #expect(wire.encode(.neutral).bytes.hex.hasPrefix(zero))
    let longest = wire.encode(.disarm).bytes.count
    #expect(longest <= 64, "its receiver holds 64 bytes")
  }

  @Test("every status that 16 bits of hundredths can carry is read back, and nothing else is")
  func statuses() {
    for status in UInt16(0)..<0x4000 {
      let bytes = Self.message(0x04, 0, [0])
      let hundredths = status &* 100
      var wire = WireCase(Self.settings())
      _ = wire.encode(.heartbeat)
      var raw: [UInt8] = [0xC0, 4, 0]
      for byte in [UInt8(hundredths & 0xFF), UInt8(hundredths >> 8)] {
        switch byte {
        case 0xC0: raw += [0xDB, 0xDC]
        case 0xDB: raw += [0xDB, 0xDD]
        default: raw.append(byte)
        }
      }
      let replies = wire.receive(raw + [0xC0])
      let isKnown = status <= 7 || status & 8 != 0
      guard replies.count == (isKnown ? 1 : 0) else {
        Issue.record("status \(status): \(replies.count) replies to \(bytes.count) bytes")
        return
      }
      if status & 8 != 0, let joint = replies.first?.joint {
        guard joint.faults == .drive, joint.faultCode == UInt32(status) else {
          Issue.record("status \(status) is told as \(joint.faultCode)")
          return
        }
      }
    }
  }

  @Test("arming waits for the trial, reads our parameters back, and only then turns motors on")
  func arming() {
    var wire = WireCase(Self.settings())
    wire.wire.openExo.realTimeCount = 13
    let trial = "C0 0E 00 00 00 00 00 C0 C0 04 00 00 00 00 40 C0 "
    #expect(wire.encode(.arm).bytes.hex == trial + Self.question)
    let first = wire.receive(Self.realTime(12) + Self.message(0x04, 0, [1]))
    #expect(first.first?.joint?.state == .disarmed)
    #expect(first.first?.joint?.positionDegrees == 12)
    #expect(first.first?.joint?.effortNewtonMetres == 1.5)
    // Still no trial: the same again.
    #expect(wire.encode(.arm).bytes.hex == trial + Self.question)
    _ = wire.receive(Self.message(0x04, 0, [2]))
    let parameters =
      "C0 14 44 00 00 A0 40 00 00 00 00 00 00 00 00 C0 "
      + "C0 14 44 00 00 A0 40 00 00 80 3F 00 00 00 00 C0 C0 01 44 C0"
    #expect(wire.encode(.arm).bytes.hex == parameters)
    // The torque of the memory card stands there still: from the beginning.
    let refusal = wire.receive(Self.message(0x02, 0x44, [5, 7, 4, 0, 0, 0, 0, 0, 0, 0]))
    #expect(refusal.first?.isRefusal == true)
    #expect(wire.encode(.arm).bytes.hex == trial + Self.question)
    _ = wire.receive(Self.message(0x04, 0, [2]))
    #expect(wire.encode(.arm).bytes.hex == parameters)
    _ = wire.receive(Self.message(0x02, 0x44, [5, 7, 0, 0, 0, 0, 0, 0, 0, 0]))
    #expect(
      wire.encode(.arm).bytes.hex
        == "C0 14 44 00 00 A0 40 00 00 00 00 00 00 00 00 C0 C0 0E 00 00 00 80 3F C0 "
        + Self.question)
    #expect(wire.receive(Self.message(0x04, 0, [2])).first?.joint?.state == .armed)
    #expect(wire.encode(.heartbeat).bytes.hex == Self.question)
    _ = wire.receive(Self.message(0x04, 0, [2]))
    // A trial that ends by itself takes it out of service.
    _ = wire.encode(.neutral)
    #expect(wire.receive(Self.message(0x04, 0, [1])).first?.joint?.state == .disarmed)
  }

  @Test("real-time data of another length, and broken escapes, are no position")
  func damaged() {
    var wire = WireCase(Self.settings())
    wire.wire.openExo.realTimeCount = 13
    _ = wire.encode(.heartbeat)
    let status = Self.message(0x04, 0, [2])
    var short = Self.realTime(50)
    short.remove(at: 6)
    short.remove(at: 6)
    _ = wire.receive(short + [0xC0, 0x12, 0xDB, 0x01, 0xC0])
    let replies = wire.receive(status)
    #expect(replies.count == 1)
    #expect(replies.first?.joint?.positionDegrees.isNaN == true)
    #expect(wire.wire.damage.checksumErrors == 1)
    #expect(wire.wire.damage.skippedBytes > 0)
  }

  @Test("a status alone is no place: without real-time data the position is soon not known")
  func frozen() {
    var wire = WireCase(Self.settings())
    wire.wire.openExo.realTimeCount = 13
    let period = Nanoseconds.milliseconds(20)
    _ = wire.encode(.heartbeat, after: period)
    let status = Self.message(0x04, 0, [2])
    #expect(wire.receive(Self.realTime(20) + status).first?.joint?.positionDegrees == 20)
    var known: [Bool] = []
    for _ in 0..<6 {
      _ = wire.encode(.neutral, after: period)
      let joint = wire.receive(status).first?.joint
      known.append(joint?.positionDegrees == 20)
      #expect(joint != nil)
    }
    #expect(known == [true, true, true, false, false, false])
    _ = wire.encode(.neutral, after: period)
    #expect(wire.receive(status).first?.joint?.velocityDegreesPerSecond.isNaN == true)
    _ = wire.encode(.neutral, after: period)
    #expect(wire.receive(Self.realTime(21) + status).first?.joint?.positionDegrees == 21)
  }

  @Test("a disarm that got lost is not believed while the trial goes on, and is made up for")
  func lostDisarm() throws {
    var wire = WireCase(Self.settings())
    wire.wire.openExo.realTimeCount = 13
    let trial = Self.realTime(20) + Self.message(0x04, 0, [2])
    _ = wire.encode(.arm)
    _ = wire.receive(trial)
    _ = wire.encode(.arm)
    _ = wire.receive(Self.message(0x02, 0x44, [5, 7, 0, 0, 0, 0, 0, 0, 0, 0]))
    _ = wire.encode(.arm)
    _ = wire.receive(trial)
    _ = wire.encode(try Setpoints.effort(3))
    #expect(wire.receive(trial).first?.joint?.state == .moving)
    _ = wire.encode(.disarm)
    // Motor enable, torque and status were lost, the question was not.
    let told = wire.receive(trial).first?.joint?.state
    #expect(told == .watchdog, "neither disarmed nor in service: it is to be disarmed again")
    #expect(wire.encode(.disarm).bytes.hex.hasPrefix(Self.off))
    let ended = wire.receive(Self.realTime(20) + Self.message(0x04, 0, [1])).first
    #expect(ended?.joint?.state == .disarmed)
    // The status alone came through: what was lost of the rest follows with every heartbeat.
    #expect(wire.encode(.heartbeat).bytes.hex.hasPrefix(Self.off))
  }

  @Test("noise never crashes, and a question behind it is answered", arguments: 0..<20)
  func fuzz(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var wire = WireCase(Self.settings())
    wire.wire.openExo.realTimeCount = 13
    for _ in 0..<200 {
      _ = wire.encode(.heartbeat)
      let count = Int.random(in: 0..<300, using: &random)
      _ = wire.receive((0..<count).map { _ in .random(in: 0...255, using: &random) })
    }
    _ = wire.receive([0xC0])
    for _ in 0..<3 { _ = wire.encode(.heartbeat) }
    #expect(wire.receive(Self.realTime(20) + Self.message(0x04, 0, [2])).count == 1)
  }

  // MARK: Sessions

  @Test("it is armed, pushes as hard as it is told, tells where it is, and is let go")
  func pushes() throws {
    var session = try DriveSession(try Self.board(), Self.settings(), mode: .effort)
    let reach = session.link.identity?.positionDegrees
    #expect(reach == -327.68...327.67, "what hundredths in 16 bits hold")
    let watchdog = session.link.identity?.watchdog
    #expect(watchdog == DriveWatchdog.none)
    try session.start(.exert(newtonMetres: 2))
    let isPushed = session.run(.exert(newtonMetres: 2)) { session in
      abs(session.drive.status.effortNewtonMetres - 2) < 0.01
        && session.link.joint.map { $0.positionDegrees > 11 && $0.effortNewtonMetres == 2 } == true
    }
    #expect(isPushed)
    let calls = session.heapCalls
    #expect(calls == 0)
    let isFree = session.run(.neutral) { $0.drive.status.effortNewtonMetres == 0 }
    #expect(isFree)
    session.governor.stop(.operatorCommand)
    let isStopped = session.run(.neutral) { session in
      session.drive.status.state.hasSuffix("motors off") && session.link.joint?.state == .stopped
    }
    #expect(isStopped)
    let counts = session.link.counts
    #expect(counts.checksumErrors == 0)
  }

  @Test("disarming ends the trial and takes the motors off; arming again works")
  func again() throws {
    var session = try DriveSession(try Self.board(), Self.settings(), mode: .effort)
    try session.start(.exert(newtonMetres: 2))
    session.governor.disarm()
    let isOff = session.run(.exert(newtonMetres: 2)) { session in
      session.drive.status.state == "trial off, motors off"
        && session.link.joint?.state == .disarmed
    }
    #expect(isOff)
    try session.start(.exert(newtonMetres: -2))
    let isPushed = session.run(.exert(newtonMetres: -2)) {
      abs($0.drive.status.effortNewtonMetres + 2) < 0.01
    }
    #expect(isPushed)
  }

  @Test("when the host is gone the torque stays, and the next host takes it off when it connects")
  func torqueStays() throws {
    var session = try DriveSession(try Self.board(), Self.settings(), mode: .effort)
    try session.start(.exert(newtonMetres: 2))
    let isPushed = session.run(.exert(newtonMetres: 2)) {
      abs($0.drive.status.effortNewtonMetres - 2) < 0.01
    }
    #expect(isPushed)
    usleep(300_000)
    #expect(session.drive.status.isDriven)
    try session.link.connect(timeout: .seconds(20))
    let drive = session.drive
    #expect(LinkTests.wait { !drive.status.isDriven })
  }

  @Test("an error of the exoskeleton's ends motion, with its number")
  func error() throws {
    var session = try DriveSession(
      try Self.board { $0.reportedError = OpenExoError(afterSeconds: 3, code: 9) },
      Self.settings(), mode: .effort)
    let isGivenUp = session.run(.exert(newtonMetres: 0)) { session in
      session.link.joint?.faultCode == 9
    }
    #expect(isGivenUp)
    let faults = session.link.joint?.faults
    #expect(faults == .drive)
  }

  @Test("a cable that is pulled is noticed, and one that answers no more is told neutral")
  func unplugged() throws {
    let limits = try DriveSession.limits(acknowledgementTimeout: .milliseconds(300))
    var session = try DriveSession(
      try Self.board(), Self.settings(), mode: .effort, limits: limits)
    try session.start(.exert(newtonMetres: 1))
    session.drive.disturb(.mute)
    let isNeutral = session.run(.exert(newtonMetres: 1)) {
      $0.governor.causes.contains(.noAcknowledgements)
        && $0.drive.status.effortNewtonMetres == 0
    }
    #expect(isNeutral)
    session.drive.unplug()
    let isGone = session.run(.exert(newtonMetres: 1)) {
      $0.governor.latchedCauses.contains(.linkGone)
    }
    #expect(isGone)
  }

  // MARK: Before a session

  @Test("what is wrong with a joint, an index or the firmware's build is a sentence")
  func sentences() throws {
    var wrongJoint = Self.settings()
    wrongJoint.address = 99
    #expect(
      try DriveSession.refusal(try Self.board(), wrongJoint, timeout: .seconds(4))?
        .contains("it has no joint 99") == true)
    wrongJoint.mode = .position
    #expect(
      try DriveSession.refusal(try Self.board(), wrongJoint)?
        .contains("led by effort alone") == true)
    wrongJoint.mode = .effort
    wrongJoint.address = 0
    #expect(
      try DriveSession.refusal(try Self.board(), wrongJoint)?
        .contains("is no joint of an OpenExo") == true)
    #expect(
      try DriveSession.refusal(
        try Self.board(), Self.settings { $0.angleIndex = 20 }, timeout: .seconds(4))?
        .contains("have 13 numbers, and none with index 20") == true)
    #expect(
      try DriveSession.refusal(
        try Self.board { $0.sendsRealTimeData = false }, Self.settings(), timeout: .seconds(4))?
        .contains("REAL_TIME_I2C 0") == true)
    #expect(
      try DriveSession.refusal(
        try Self.board(), Self.settings { $0.directionIndex = 0 })?
        .contains("choose two different ones") == true)
    #expect(
      try DriveSession.refusal(try Self.board(), Self.settings(), prepare: { $0.disturb(.mute) })?
        .contains("nothing answered") == true)
  }

  @Test("without an index of the angle it says at connect that it will not arm, and does not")
  func blind() throws {
    var session = try DriveSession(
      try Self.board(), Self.settings { $0.angleIndex = nil }, mode: .effort)
    let remarks = session.link.identity?.remarks ?? []
    #expect(remarks.contains { $0.contains("the governor will not arm") })
    session.governor.arm()
    let isRefused = session.run(.exert(newtonMetres: 1)) { $0.governor.state == .disarmed }
    #expect(isRefused)
    #expect(!session.drive.status.isDriven)
    let refusal = session.governor.armRefusal
    #expect(refusal != nil)
  }
}
