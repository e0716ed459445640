// Dynamixel packets by the maker's examples, and a servo of the maker's own SDK.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators
@testable import Exoskeleton

/// What one of the drivers' functions writes.
private func bytes(_ put: (inout ByteWriter) -> Void) -> [UInt8] {
  var memory = [UInt8](repeating: 0, count: 64)
  return unsafe memory.withUnsafeMutableBytes { memory in
    guard let base = memory.baseAddress else { return [] }
    var out = unsafe ByteWriter(base, capacity: memory.count)
    put(&out)
    return unsafe Array(out.bytes(from: 0))
  }
}

private func hex(_ text: String) -> [UInt8] {
  text.split(separator: " ").compactMap { UInt8($0, radix: 16) }
}

private func queue(_ bytes: [UInt8]) -> ByteQueue {
  var queue = ByteQueue()
  unsafe queue.freeMemory().copyBytes(from: bytes)
  queue.received(bytes.count)
  return queue
}

@Suite("Dynamixel")
struct DynamixelTests {
  @Test("instructions are those that ROBOTIS' own SDK accepts")
  func instructions() {
    #expect(
      bytes { DynamixelPacket.putPing(id: 1, into: &$0) } == hex("ff ff fd 00 01 03 00 01 19 4e"))
    #expect(
      bytes { DynamixelPacket.putWrite(.goalPosition, 512, id: 1, into: &$0) }
        == hex("ff ff fd 00 01 09 00 03 74 00 00 02 00 00 ca 89"))
    // Behind FF FF FD within a packet comes another FD, and is counted.
    let stuffed = bytes {
      DynamixelPacket.putWrite(.goalPosition, UInt32(bitPattern: -131_073), id: 1, into: &$0)
    }
    #expect(stuffed[5...15] == [10, 0, 3, 116, 0, 0xFF, 0xFF, 0xFD, 0xFD, 0xFF, stuffed[15]])
    #expect(DynamixelReader.frames(in: stuffed) == [[116, 0, 0xFF, 0xFF, 0xFD, 0xFF]])
  }

  @Test("the sum is CRC-16/UMTS")
  func crc() {
    var crc = DynamixelCRC()
    for byte in "123456789".utf8 { crc.add(byte) }
    #expect(crc.checksum == 0xFEE8)
  }

  @Test("a status is read with its stuffing taken out, whole or not at all, whatever is around it")
  func status() {
    let answer = DynamixelFrame.status(id: 1, error: 0x80, [0xFF, 0xFF, 0xFD, 7]).bytes
    var line = queue(
      hex("ff ff fd 00 01 03 00 01 19 4e") + [0xFF, 0xFF, 0xFD] + answer
        + DynamixelFrame.status(id: 2, error: 0, [1]).bytes)
    #expect(DynamixelPacket.find(from: 1, in: &line)?.isEcho == true)
    let status = DynamixelPacket.find(from: 1, in: &line)
    #expect(status?.isAlert == true)
    #expect(status?.result == 0)
    #expect(status?.count == 4)
    #expect(status?.long(0) == 0x07FD_FFFF)
    let other = DynamixelPacket.find(from: 1, in: &line)
    #expect(other == nil)
    let left = line.count
    #expect(left == 0)
    for length in 0..<answer.count {
      var part = queue(Array(answer[..<length]))
      let found = DynamixelPacket.find(from: 1, in: &part)
      #expect(found == nil)
    }
    for place in answer.indices {
      var damaged = answer
      damaged[place] ^= 0x10
      var line = queue(damaged)
      let found = DynamixelPacket.find(from: 1, in: &line)
      #expect(found == nil)
    }
  }

  // MARK: Before a session

  /// What a person reads when a servo cannot be used.
  static func refusal(
    _ settings: DriveSettings? = nil, _ change: (inout DynamixelServo) -> Void
  ) throws -> String? {
    var bus = try DynamixelBus()
    change(&bus.servos[0])
    let running = try RunningDrive(bus)
    var link = ExoskeletonLink(
      port: try SerialPort(path: running.drive.path, baud: 57_600),
      settings: try settings ?? DriveRig.dynamixel.settings())
    do throws(LinkFault) {
      try link.connect(timeout: .seconds(6))
      return nil
    } catch {
      return error.message
    }
  }

  @Test("who answers is known, with its limits, its watchdog and what should be changed")
  func identity() throws {
    var options = DynamixelOptions()
    options.ids = [7]
    var bus = try DynamixelBus(options: options)
    bus.servos[0].table[.minPositionLimit] = 1024
    bus.servos[0].table[.torqueEnable] = 1
    bus.servos[0].table[.busWatchdog] = 255
    var settings = try DriveRig.dynamixel.settings(
      watchdog: .milliseconds(130), controlPeriod: .milliseconds(20))
    settings.address = 7
    let bench = try DriveBench(.dynamixel, drive: bus, settings: settings, baud: 57_600)
    let identity = bench.identity
    #expect(identity.name == "Dynamixel XM430-W350")
    #expect(identity.firmware == "45")
    // In units of 20 ms, and never longer than was asked for.
    #expect(identity.watchdog == .read(.milliseconds(120)))
    #expect(identity.positionDegrees?.lowerBound == -90)
    #expect(abs((identity.positionDegrees?.upperBound ?? .nan) - 179.9) < 0.1)
    #expect(abs((identity.velocityMaximum ?? .nan) - 274.8) < 0.1)
    #expect(identity.remarks.contains { $0.contains("500 µs before each answer") })
    #expect(identity.remarks.contains { $0.contains("more than half of a control period") })
    #expect(bench.drive.status.state == "torque off")
    let joint = bench.link.joint
    #expect(joint?.state == .disarmed)
    #expect(abs((joint?.positionDegrees ?? .nan) - 10) < 0.1)
  }

  @Test("at the rate of a new servo everything works, if slowly")
  func newServo() throws {
    var bench = try DriveBench(.dynamixel, drive: try DynamixelBus(), baud: 57_600)
    bench.governor.arm()
    let isThere = bench.run(.moveTo(degrees: 25)) { $0.isAt(25) }
    #expect(isThere)
  }

  @Test("a servo that cannot be used is refused with a sentence that says what to do")
  func refusals() throws {
    let mode = try Self.refusal { $0.table[.operatingMode] = 1 }
    #expect(mode?.contains("operating mode 1 (velocity)") == true)
    #expect(mode?.contains("set item 11 to 3 (position)") == true)
    let level = try Self.refusal { $0.table[.statusReturnLevel] = 1 }
    #expect(level?.contains("Status Return Level 1") == true)
    let broken = try Self.refusal { $0.raise(0x24) }
    #expect(broken?.contains("overheating, overload") == true)
    let model = try Self.refusal { $0.table[.modelNumber] = 2000 }
    #expect(model?.contains("model 2000") == true)
    let limits = try Self.refusal { $0.table[.minPositionLimit] = 4095 }
    #expect(limits?.contains("4095 to 4095") == true)
    var settings = try DriveRig.dynamixel.settings()
    settings.mode = .effort
    let effort = try Self.refusal(settings) { _ in }
    #expect(effort?.contains("operating mode 3 (position), and the joint is led by effort") == true)
    settings.gearing = .direct
    let constant = try Self.refusal(settings) { $0.table[.operatingMode] = 0 }
    #expect(constant?.contains("torque constant") == true)
    settings = try DriveRig.dynamixel.settings()
    settings.address = 9
    let id = try Self.refusal(settings) { _ in }
    #expect(id?.contains("no servo with the ID 9 answered, but one with the ID 1") == true)
    settings.address = 1
    settings.watchdog = .milliseconds(3000)
    let watchdog = try Self.refusal(settings) { _ in }
    #expect(watchdog?.contains("a watchdog of 3000 ms") == true)
    settings.address = 254
    let broadcast = try Self.refusal(settings) { _ in }
    #expect(broadcast?.contains("254 is no servo's ID") == true)
  }

  @Test("silence, an echo, noise and a hang-up are told apart", arguments: DriveRig.allCases)
  func nobody(rig: DriveRig) throws {
    let settings = try rig.settings()
    let silence = try LinkTests.fault(settings) { _ in }
    switch rig {
    case .dynamixel:
      #expect(silence?.message.contains("no Dynamixel servo answered at 115200 baud") == true)
    case .odrive:
      #expect(silence?.message.contains("nothing answered") == true)
    }
    let echo = try LinkTests.fault(settings) { $0.write($0.read(200)) }
    #expect(echo?.message.contains("our own commands come back") == true)
    let noise = try LinkTests.fault(settings) { $0.write([0x00, 0x2A, 0xFF, 0x0A, 0xFD]) }
    #expect(noise?.message.contains("at 115200 baud, but no frame") == true)
    let hangUp = try LinkTests.fault(settings) { $0.close() }
    #expect(hangUp?.message.contains("went away") == true)
  }

  // MARK: The maker's own

  @Test("a servo made of ROBOTIS' own SDK is led, let go, stopped by its watchdog, and led again")
  func sdk() throws {
    let peer = try RunningOracle(script: "drives/dynamixel_peer.py")
    defer { peer.end() }
    var link = ExoskeletonLink(
      port: try SerialPort(path: try peer.line(), baud: 1_000_000),
      settings: try DriveRig.dynamixel.settings(watchdog: .milliseconds(1000)))
    let identity = try link.connect(timeout: .seconds(20))
    #expect(identity.name == "Dynamixel XM430-W350")
    #expect(identity.watchdog == .read(.milliseconds(1000)))
    // The SDK's servo knows no inertia: it is at each goal at its full speed, 240 deg/s.
    var governor = Governor(
      limits: try GovernorLimits(
        velocityMaximum: 250, accelerationMaximum: 300, jerkMaximum: 3000,
        frameTimeout: .seconds(1), acknowledgementTimeout: .seconds(2)))
    func state() throws -> [String: Double] {
      try peer.say("state")
      let object = try JSONSerialization.jsonObject(with: Data(try peer.line().utf8))
      return try #require(object as? [String: Double])
    }
    func run(_ demand: Demand, until isSo: (JointState) -> Bool) -> Bool {
      for _ in 0..<500 {
        link.poll()
        if let joint = link.joint, isSo(joint) { return true }
        let now = MonotonicInstant.now()
        link.send(
          governor.step(
            GovernorInput(
              now: now, lastFrame: now, lastDecision: now, demand: demand,
              lastAcknowledgement: link.lastAcknowledgement, isLinkGone: link.isGone,
              joint: link.joint, signal: SignalHealth(), lastHeartbeat: nil)))
        for _ in 0..<10 {
          link.poll()
          usleep(2_000)
        }
      }
      return false
    }
    governor.arm()
    let isThere = run(.moveTo(degrees: 40)) { abs($0.positionDegrees - 40) < 0.2 }
    let (joint, counts, phase) = (link.joint, link.counts, governor.state)
    try #require(isThere, "\(phase) \(String(describing: joint)) \(counts)")
    var seen = try state()
    #expect(seen["torque"] == 1)
    #expect(abs((seen["goal position"] ?? 0) - 2503) <= 3)
    #expect((seen["goals"] ?? 0) > 10)
    #expect(seen["bad"] == 0)
    let isFree = run(.neutral) { $0.state == .neutral }
    #expect(isFree)
    #expect(try state()["torque"] == 0)
    let isLed = run(.moveTo(degrees: 30)) { $0.state == .moving }
    #expect(isLed)
    usleep(1_500_000)
    seen = try state()
    #expect(seen["watchdog"] == 255)
    #expect(seen["trips"] == 1)
    let isTold = run(.moveTo(degrees: 30)) { $0.state == .watchdog }
    #expect(isTold)
    governor.disarm()
    let isLifted = run(.hold) { $0.state == .disarmed }
    #expect(isLifted)
    governor.arm()
    let isThereAgain = run(.moveTo(degrees: 20)) { abs($0.positionDegrees - 20) < 0.2 }
    #expect(isThereAgain)
    link.sendNeutralBlocking(deadline: .now() + .seconds(10))
    #expect(try state()["torque"] == 0)
  }
}

extension DynamixelReader {
  /// The parameters of every packet in some bytes.
  fileprivate static func frames(in bytes: [UInt8]) -> [[UInt8]] {
    var reader = DynamixelReader()
    return bytes.flatMap { reader.take($0) }.compactMap {
      if case .frame(let frame) = $0 { frame.parameters } else { nil }
    }
  }
}
