// VESC and CubeMars: our driver against the makers' bytes and against their drives, emulated.

import Emulators
import Foundation
import RT
import TestSupport
import Testing

@testable import Exoskeleton

@Suite("VESC and CubeMars")
struct VESCTests {
  static let cubemars = DriveSettings(kind: .cubemars)
  static let getValues = "02 01 04 40 84 03"

  /// The emulated VESC: 0.9 N·m for an ampere, 7 pole pairs at a motor that turns 30 times a turn.
  static func settings(_ kind: DriveKind = .vesc) throws -> DriveSettings {
    let newtonMetres = kind == .vesc ? 0.9 : 0.115 * 9
    let gearing = try Gearing(
      ratio: 1, newtonMetresPerAmpere: newtonMetres, polePairs: kind == .vesc ? 7 * 30 : 21 * 9)
    return DriveSettings(kind: kind, gearing: gearing)
  }

  static func drive(_ change: (inout VESCOptions) -> Void = { _ in }) -> VESCDrive {
    var options = VESCOptions()
    change(&options)
    return VESCDrive(options: options)
  }

  // MARK: Bytes

  @Test("the bytes of commands are those of the makers, with a question behind them")
  func vectors() throws {
    var gearing = Gearing.direct
    gearing.newtonMetresPerAmpere = 1
    var wire = WireCase(DriveSettings(kind: .cubemars, gearing: gearing))
    #expect(wire.encode(.arm).bytes.hex == "02 05 06 00 00 00 00 CD 85 03 " + Self.getValues)
    #expect(wire.encode(.heartbeat).bytes.hex == "02 01 1E F3 FF 03")
    for (command, bytes) in [
      (try Setpoints.motion(180), "02 05 09 0A BA 95 00 1E F7 03"),
      (try Setpoints.motion(90), "02 05 09 05 5D 4A 80 7B 29 03"),
      (try Setpoints.effort(5), "02 05 06 00 00 13 88 8B 25 03"),
      (try Setpoints.effort(-5), "02 05 06 FF FF EC 78 E3 05 03"),
      (try Setpoints.effort(1.5), "02 05 06 00 00 05 DC 38 81 03"),
      (.neutral, "02 05 06 00 00 00 00 CD 85 03"),
    ] {
      let encoded = wire.encode(command)
      // A question stays open for two control periods, and its time is long over here.
      #expect(encoded.bytes.hex.hasPrefix(bytes), "\(command)")
    }
  }

  @Test("nothing is driven before it is armed, after a stop, or beyond what the wire can say")
  func refusals() throws {
    let none = "02 05 06 00 00 00 00 CD 85 03"
    var gearing = try Gearing(ratio: 1, zeroDegrees: 10, newtonMetresPerAmpere: 1)
    var wire = WireCase(DriveSettings(kind: .vesc, gearing: gearing))
    #expect(wire.encode(try Setpoints.motion(90)).bytes.hex.hasPrefix(none))
    #expect(wire.encode(try Setpoints.effort(5)).bytes.hex.hasPrefix(none))
    _ = wire.encode(.arm)
    #expect(wire.encode(try Setpoints.motion(80)).bytes.hex.hasPrefix("02 05 09 05 5D 4A 80"))
    // An encoder of one turn has no place below 0 or above 360.
    #expect(wire.encode(try Setpoints.motion(-11)).bytes.hex.hasPrefix(none))
    #expect(wire.encode(try Setpoints.motion(351)).bytes.hex.hasPrefix(none))
    _ = wire.encode(.stop)
    #expect(wire.encode(try Setpoints.motion(80)).bytes.hex.hasPrefix(none))
    _ = wire.encode(.release)
    #expect(wire.encode(try Setpoints.motion(80)).bytes.hex.hasPrefix(none))
    // Without a torque constant there is no current for an effort.
    gearing.newtonMetresPerAmpere = 0
    var blind = WireCase(DriveSettings(kind: .vesc, gearing: gearing))
    _ = blind.encode(.arm)
    #expect(blind.encode(try Setpoints.effort(5)).bytes.hex.hasPrefix(none))
  }

  @Test("a disarm that got lost is made up for by the heartbeats after it: they let the joint go")
  func lostDisarm() throws {
    var wire = WireCase(try Self.settings())
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var drive = VESCDrive(now: now)
    // The first frame of a write may get lost; the question behind it does not.
    func deliver(_ bytes: [UInt8], losing count: Int = 0) {
      now = now + .milliseconds(20)
      var turn = Turn()
      drive.receive(Array(bytes.dropFirst(count)), at: now, into: &turn)
    }
    deliver(wire.encode(.arm).bytes)
    _ = wire.receive(Self.answer)
    deliver(wire.encode(try Setpoints.effort(3)).bytes)
    _ = wire.receive(Self.answer)
    #expect(drive.status.isDriven)
    deliver(wire.encode(.disarm).bytes, losing: 10)
    #expect(drive.status.isDriven)
    #expect(wire.receive(Self.answer).first?.joint?.state == .disarmed)
    deliver(wire.encode(.heartbeat).bytes)
    #expect(!drive.status.isDriven)
  }

  @Test(
    "a drive that was silent for a boot is out of service and gets no motion before it is armed")
  func reboot() throws {
    let none = "02 05 06 00 00 00 00 CD 85 03"
    let settings = Self.cubemars
    var wire = WireCase(settings, silenceMaximum: settings.silenceMaximum)
    let period = Nanoseconds.milliseconds(20)
    _ = wire.encode(.arm, after: period)
    _ = wire.receive(Self.answer)
    _ = wire.encode(try Setpoints.motion(40), after: period)
    #expect(wire.receive(Self.answer).first?.joint?.state == .moving)
    // An answer that gets lost, and the wait after it, are no reason.
    for _ in 0..<4 { _ = wire.encode(.neutral, after: period) }
    _ = wire.receive(Self.answer)
    #expect(wire.encode(try Setpoints.motion(40), after: period).bytes.hex.hasPrefix("02 05 09"))
    _ = wire.receive(Self.answer)
    for _ in 0..<15 { _ = wire.encode(.neutral, after: period) }
    var told: ExoskeletonState?
    for _ in 0..<4 {
      #expect(wire.encode(try Setpoints.motion(40), after: period).bytes.hex.hasPrefix(none))
      if let joint = wire.receive(Self.answer).last?.joint { told = joint.state }
    }
    #expect(told == .watchdog)
    _ = wire.encode(.disarm, after: period)
    #expect(wire.receive(Self.answer).first?.joint?.state == .disarmed)
    _ = wire.encode(.arm, after: period)
    #expect(wire.encode(try Setpoints.motion(40), after: period).bytes.hex.hasPrefix("02 05 09"))
  }

  /// CubeMars, AK series manual V1.0.8, page 41.
  static let answer = [UInt8](
    hex: "02 49 04 01 66 FC D0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF FF FF F3"
      + " 00 F6 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF FF FF FF 00 16 D7 AD 00"
      + " 0A 6F 19 40 7E 00 00 00 00 00 00 00 00 00 00 00 00 00 04 4D 53 03")

  @Test("the values of the manual's example are read as its page says")
  func example() {
    var wire = WireCase(Self.cubemars)
    _ = wire.encode(.heartbeat)
    let replies = wire.receive(Self.answer)
    #expect(replies.count == 1)
    #expect(replies.first?.sequence == 0)
    let joint = replies.first?.joint
    #expect(joint.map { abs($0.positionDegrees - 175.053_120) < 1e-9 } == true)
    #expect(joint.map { abs($0.velocityDegreesPerSecond - -13 * 6) < 1e-9 } == true)
    #expect(joint?.faults == [])
    #expect(joint?.state == .disarmed)
  }

  @Test("damaged answers make no joint, and what follows them is understood", arguments: 0..<20)
  func fuzz(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var wire = WireCase(Self.cubemars)
    for _ in 0..<200 {
      _ = wire.encode(.heartbeat)
      var bytes = Self.answer
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        bytes[.random(in: 2..<76, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes.remove(at: .random(in: 0..<bytes.count, using: &random))
      default: bytes = (0..<64).map { _ in .random(in: 0...255, using: &random) }
      }
      let replies = wire.receive(bytes)
      #expect(replies.allSatisfy { $0.joint == nil }, "seed \(seed)")
    }
    // A new question forgets what was half there.
    _ = wire.encode(.heartbeat)
    #expect(wire.receive(Self.answer).count == 1, "seed \(seed)")
    #expect(wire.receive(Array(Self.answer[..<40])).isEmpty)
    #expect(wire.receive(Array(Self.answer[40...])).count == 1)
  }

  // MARK: Sessions

  @Test("a joint is armed, goes where it is told and rests there", arguments: [false, true])
  func moves(isCubeMars: Bool) throws {
    let drive = VESCDrive(options: VESCOptions(isCubeMars: isCubeMars))
    var session = try DriveSession(drive, try Self.settings(isCubeMars ? .cubemars : .vesc))
    let name = session.link.identity?.name
    let firmware = session.link.identity?.firmware
    #expect(name == (isCubeMars ? "cubemars" : "60_MK6"))
    #expect(firmware == (isCubeMars ? "" : "6.2"))
    try session.start(.moveTo(degrees: 40))
    let isThere = session.run(.moveTo(degrees: 40)) {
      abs($0.drive.status.positionDegrees - 40) < 0.5
        && abs($0.drive.status.velocityDegreesPerSecond) < 1
    }
    #expect(isThere)
    let isKnown = session.run(.moveTo(degrees: 40)) { session in
      session.link.joint.map { abs($0.positionDegrees - 40) < 0.5 } == true
    }
    #expect(isKnown)
    let calls = session.heapCalls
    #expect(calls == 0)
    let isFree = session.run(.neutral) { !$0.drive.status.isDriven }
    #expect(isFree)
    let counts = session.link.counts
    // On a loaded machine an answer may come when it was given up.
    #expect(counts.unexpected <= counts.unacknowledged)
    #expect(counts.checksumErrors == 0)
  }

  @Test("a joint is pushed as hard as it is told, and the drive says so")
  func effort() throws {
    var session = try DriveSession(Self.drive(), try Self.settings(), mode: .effort)
    try session.start(.exert(newtonMetres: 1.8))
    let isPushed = session.run(.exert(newtonMetres: 1.8)) { session in
      abs(session.drive.status.effortNewtonMetres - 1.8) < 0.01
        && session.link.joint.map { abs($0.effortNewtonMetres - 1.8) < 0.05 } == true
    }
    #expect(isPushed)
    session.governor.stop(.operatorCommand)
    let isStopped = session.run(.exert(newtonMetres: 1.8)) { session in
      !session.drive.status.isDriven && session.link.joint?.state == .stopped
    }
    #expect(isStopped)
    session.governor.release()
    session.governor.arm()
    let isHeld = session.run(.exert(newtonMetres: 1.8)) {
      $0.governor.state == .stopped(.exoskeleton)
    }
    #expect(isHeld)
    #expect(!session.drive.status.isDriven)
    let isReleased = session.link.insist(on: .release, until: [.disarmed], timeout: .seconds(20))
    #expect(isReleased)
  }

  @Test("a host that falls silent is let go by the drive's timeout, which the governor hears of")
  func watchdog() throws {
    var session = try DriveSession(Self.drive { $0.timeout = .milliseconds(300) }, Self.settings())
    try session.start(.moveTo(degrees: 60))
    let trips = session.drive.status.watchdogTrips
    let drive = session.drive
    #expect(LinkTests.wait { drive.status.watchdogTrips > trips })
    #expect(!session.drive.status.isDriven)
    let isSeen = session.run(.moveTo(degrees: 60)) {
      $0.governor.latchedCauses.contains(.exoskeletonLeft)
    }
    #expect(isSeen)
  }

  @Test("the status byte of newer firmware is the watchdog's state, and of older there is none")
  func status() {
    for (status, state) in [(UInt8(1), ExoskeletonState.watchdog), (0, .armed), (2, .armed)] {
      var wire = WireCase(DriveSettings(kind: .vesc))
      _ = wire.encode(.arm)
      var payload = [UInt8](repeating: 0, count: 74)
      payload[0] = 4
      payload[73] = status
      var crc = CRC16(start: 0)
      for byte in payload { crc.add(byte) }
      let frame = [2, 74] + payload + [UInt8(crc.checksum >> 8), UInt8(crc.checksum & 0xFF), 3]
      #expect(wire.receive(frame).first?.joint?.state == state)
    }
  }

  @Test("a fault of the drive is told with its number and ends motion")
  func fault() throws {
    var session = try DriveSession(
      Self.drive { $0.faultStop = .seconds(3600) }, try Self.settings())
    try session.start(.moveTo(degrees: 60))
    session.drive.raiseFault()
    let isGivenUp = session.run(.moveTo(degrees: 60)) {
      $0.governor.latchedCauses.contains(.exoskeletonFault)
    }
    #expect(isGivenUp)
    let code = session.link.joint?.faultCode
    #expect(code == UInt32(VESCFault.absoluteOverCurrent.rawValue))
    let faults = session.link.joint?.faults
    #expect(faults == .drive)
  }

  @Test("noise on the line costs answers and no truth")
  func noise() throws {
    var session = try DriveSession(Self.drive(), try Self.settings())
    try session.start(.moveTo(degrees: 40))
    session.drive.disturb(.garbled(every: 3))
    let isDamaged = session.run(.moveTo(degrees: 40)) { $0.link.counts.checksumErrors > 5 }
    #expect(isDamaged)
    let position = session.link.joint?.positionDegrees ?? .nan
    #expect(position > 5 && position < 45)
    session.drive.disturb(.none)
    let isThere = session.run(.moveTo(degrees: 40)) {
      abs($0.drive.status.positionDegrees - 40) < 0.5
    }
    #expect(isThere)
  }

  @Test("a drive that answers no more is told neutral, and a cable that is pulled is noticed")
  func unplugged() throws {
    let limits = try DriveSession.limits(acknowledgementTimeout: .milliseconds(200))
    var session = try DriveSession(Self.drive(), try Self.settings(), limits: limits)
    try session.start(.moveTo(degrees: 60))
    session.drive.disturb(.mute)
    let isNeutral = session.run(.moveTo(degrees: 60)) {
      $0.governor.causes.contains(.noAcknowledgements) && !$0.drive.status.isDriven
    }
    #expect(isNeutral)
    session.drive.disturb(.none)
    session.drive.unplug()
    let isGone = session.run(.moveTo(degrees: 60)) {
      $0.link.isGone && $0.governor.latchedCauses.contains(.linkGone)
    }
    #expect(isGone)
  }

  // MARK: Before a session

  @Test("joint limits that one turn of an encoder cannot hold are refused with a sentence")
  func reach() throws {
    let limits = try GovernorLimits(positionMinimum: -5, positionMaximum: 90)
    let session = try DriveSession(Self.drive(), try Self.settings())
    let told = session.link.identity
    let identity = try #require(told)
    #expect(throws: GovernorFault.self) { try limits.check(against: identity) }
    // A zero further up gives them room; so does a drive that counts turns.
    var settings = try Self.settings()
    settings.gearing.zeroDegrees = 20
    let shifted = try DriveSession(Self.drive(), settings)
    let shiftedIdentity = shifted.link.identity
    try limits.check(against: try #require(shiftedIdentity))
    let wide = try DriveSession(
      VESCDrive(options: VESCOptions(isCubeMars: true)), try Self.settings(.cubemars))
    let wideIdentity = wide.link.identity
    try limits.check(against: try #require(wideIdentity))
    var reversed = try Self.settings()
    reversed.gearing = try Gearing(ratio: 2, zeroDegrees: 180, isReversed: true)
    let turned = try DriveSession(Self.drive { $0.positionDegrees = 100 }, reversed)
    let range = turned.link.identity?.positionDegrees
    #expect(range == -90...90)
    do {
      try limits.check(against: identity)
    } catch {
      #expect(error.message.contains("narrow the governor's limits"))
    }
  }

  @Test("silence, noise and a wrong protocol each have their sentence")
  func sentences() throws {
    let settings = try Self.settings()
    let mute = try DriveSession.refusal(Self.drive(), settings) { $0.disturb(.mute) }
    #expect(mute?.contains("nothing answered") == true)
    var unknown = DriveSettings(kind: .vesc)
    unknown.mode = .effort
    let constant = try DriveSession.refusal(Self.drive(), unknown)
    #expect(constant?.contains("no torque constant is set") == true)
    let garbled = try DriveSession.refusal(Self.drive(), settings) {
      $0.disturb(.garbled(every: 1))
    }
    #expect(garbled?.contains("but no frame: set the exoskeleton's own baud rate") == true)
  }

  @Test("an echo of our own commands is called so")
  func echo() throws {
    let far = try FarEnd()
    var link = ExoskeletonLink(
      port: try SerialPort(path: far.path, baud: 115_200), settings: try Self.settings())
    let stop = StopSignal()
    let ended = DispatchSemaphore(value: 0)
    nonisolated(unsafe) let end = far
    Thread.detachNewThread {
      while !stop.isRaised {
        unsafe end.write(end.read(100))
        usleep(1_000)
      }
      ended.signal()
    }
    defer {
      stop.raise()
      ended.wait()
    }
    do throws(LinkFault) {
      try link.connect(timeout: .milliseconds(400))
      Issue.record("an echo is no drive")
    } catch {
      #expect(error.message.contains("our own commands come back"))
    }
  }
}
