// What the drivers do, to the millisecond: their order of instructions, bad cables, faults, effort.

import RT
import TestSupport
import Testing

@testable import Emulators
@testable import Exoskeleton

@Suite("Drivers of other makers' drives, rehearsed")
struct DriveRehearsalTests {
  @Test("a joint is led by position and by effort", arguments: DriveRig.allCases)
  func leads(rig: DriveRig) throws {
    var rehearsal = try DriveRehearsal(rig)
    rehearsal.governor.arm()
    let arrival = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.isAt(40) }
    #expect(arrival != nil)
    let there = rehearsal.joint
    #expect(abs((there?.positionDegrees ?? .nan) - 40) < 0.5)
    #expect(there?.state == .moving)
    #expect(there?.faults.rawValue == 0)
    let freedom = rehearsal.pass(.neutral, atMost: 100) { !$0.drive.status.isDriven }
    #expect((freedom ?? .max) <= 25)
    let told = rehearsal.pass(.neutral, atMost: 100) { $0.joint?.state == .neutral }
    #expect((told ?? .max) <= 45)

    var pushed = try DriveRehearsal(rig, mode: .effort)
    pushed.governor.arm()
    let motion = pushed.pass(.exert(newtonMetres: 0.5), atMost: 3000) {
      $0.drive.status.positionDegrees > 20
    }
    #expect(motion != nil)
    let effort = pushed.joint?.effortNewtonMetres ?? .nan
    #expect(abs(effort - 0.5) < 0.1)
    #expect(abs(pushed.drive.status.effortNewtonMetres - 0.5) < 0.05)
    let back = pushed.pass(.exert(newtonMetres: -0.5), atMost: 4000) {
      $0.drive.status.positionDegrees < 15
    }
    #expect(back != nil)
  }

  @Test("a reversed and geared joint goes where it is told", arguments: DriveRig.allCases)
  func gear(rig: DriveRig) throws {
    var rehearsal = try DriveRehearsal(rig)
    // The drive turns against the joint: what is -40 to it, is 40 to us.
    var settings = try rig.settings(watchdog: .milliseconds(100))
    settings.gearing = try Gearing(
      ratio: settings.gearing.ratio,
      zeroDegrees: settings.gearing.zeroDegrees + 90 * (settings.gearing.ratio), isReversed: true,
      newtonMetresPerAmpere: settings.gearing.newtonMetresPerAmpere)
    rehearsal.wire = Wire(settings)
    rehearsal.learn(rig)
    rehearsal.governor.arm()
    let arrival = rehearsal.pass(.moveTo(degrees: 60), atMost: 5000) { $0.isAt(30) }
    #expect(arrival != nil)
    #expect(abs((rehearsal.joint?.positionDegrees ?? .nan) - 60) < 0.5)
  }

  @Test("the torque goes on after the goal was acknowledged, and never before")
  func order() throws {
    var rehearsal = try DriveRehearsal(.dynamixel)
    // A goal of before, far away, stands in the servo.
    var bus = try #require(rehearsal.drive as? DynamixelBus)
    bus.servos[0].table[.goalPosition] = 3000
    rehearsal.drive = bus
    rehearsal.governor.arm()
    rehearsal.pass(.hold, milliseconds: 400)
    #expect(rehearsal.positions.allSatisfy { abs($0 - 10) < 0.3 })
    let writes = rehearsal.written.filter { $0[7] == 0x03 }.map {
      [$0[8]] + $0[10..<($0.count - 2)]
    }
    let torqueOn = try #require(writes.firstIndex(of: [64, 1]))
    let goal = try #require(writes.firstIndex { $0[0] == 116 })
    #expect(goal < torqueOn)
    #expect(writes.filter { $0 == [64, 1] }.count == 1)
    let state = rehearsal.drive.status
    #expect(state.isDriven)
    #expect(state.badFrames == 0)
  }

  @Test("no instruction is written while a status is due: nothing collides on the bus")
  func halfDuplex() throws {
    for baud in [DynamixelBaudRate.b57600, .b115200, .b1M] {
      var rehearsal = try DriveRehearsal(.dynamixel)
      var options = DynamixelOptions()
      options.baudRate = baud
      var bus = try DynamixelBus(options: options, now: rehearsal.now)
      bus.servos[0].table[.busWatchdog] = 5
      rehearsal.drive = bus
      rehearsal.governor.arm()
      let arrival = rehearsal.pass(.moveTo(degrees: 30), atMost: 5000) { $0.isAt(30) }
      #expect(arrival != nil, "at \(baud)")
      bus = try #require(rehearsal.drive as? DynamixelBus)
      #expect(bus.collisions == 0)
      #expect(rehearsal.wire.damage.checksumErrors == 0)
      // Neutral may meet an answer on the line: whatever is due, the joint is free at once.
      for _ in 0..<5 {
        let freedom = rehearsal.pass(.neutral, atMost: 200) { !$0.drive.status.isDriven }
        #expect((freedom ?? .max) <= 65, "at \(baud)")
        let told = rehearsal.pass(.neutral, atMost: 400) { $0.joint?.state == .neutral }
        #expect(told != nil, "at \(baud)")
        let motion = rehearsal.pass(.moveTo(degrees: 35), atMost: 2000) { $0.drive.status.isDriven }
        #expect(motion != nil, "at \(baud)")
        rehearsal.pass(.moveTo(degrees: 35), milliseconds: 107)
      }
    }
  }

  @Test(
    "a watchdog that has bitten is lifted by disarming and arming, and by no motion",
    arguments: DriveRig.allCases)
  func watchdog(rig: DriveRig) throws {
    var rehearsal = try DriveRehearsal(rig)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.drive.status.positionDegrees > 20 }
    rehearsal.isHostDead = true
    rehearsal.pass(.hold, milliseconds: 300)
    #expect(rehearsal.drive.status.watchdogTrips == 1)
    rehearsal.isHostDead = false
    rehearsal.pass(.moveTo(degrees: 40), milliseconds: 500)
    #expect(!rehearsal.drive.status.isDriven)
    #expect(rehearsal.joint?.state == .watchdog)
    #expect(rehearsal.joint?.faults == .watchdog)
    #expect(!rehearsal.governor.latchedCauses.isEmpty)
    rehearsal.governor.disarm()
    let disarmed = rehearsal.pass(.hold, atMost: 500) { $0.joint?.state == .disarmed }
    #expect(disarmed != nil)
    #expect(rehearsal.joint?.faults.rawValue == 0)
    rehearsal.governor.arm()
    let arrival = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.isAt(40) }
    #expect(arrival != nil)
  }

  @Test("a hardware error of a servo is told by its bits, and frees the joint for good")
  func hardware() throws {
    var rehearsal = try DriveRehearsal(.dynamixel)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.drive.status.positionDegrees > 20 }
    var bus = try #require(rehearsal.drive as? DynamixelBus)
    bus.servos[0].raise(0x20)
    rehearsal.drive = bus
    let told = rehearsal.pass(.moveTo(degrees: 40), atMost: 200) { $0.joint?.faults == .drive }
    #expect(told != nil)
    #expect(rehearsal.joint?.faultCode == 0x20)
    #expect(rehearsal.joint?.state == .disarmed)
    rehearsal.governor.disarm()
    rehearsal.pass(.hold, milliseconds: 200)
    rehearsal.governor.arm()
    rehearsal.pass(.moveTo(degrees: 40), milliseconds: 1500)
    #expect(!rehearsal.drive.status.isDriven)
    #expect(rehearsal.governor.armRefusal == .exoskeletonNotArmed)
  }

  @Test("an axis that leaves the closed loop by itself is not brought back before it is armed anew")
  func leaves() throws {
    var rehearsal = try DriveRehearsal(.odrive)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.isAt(40) }
    var odrive = try #require(rehearsal.drive as? ODriveDrive)
    odrive.axes[0].requestedState = 1
    rehearsal.drive = odrive
    let told = rehearsal.pass(.hold, atMost: 500) { $0.joint?.state == .disarmed }
    #expect(told != nil)
    rehearsal.pass(.hold, milliseconds: 500)
    #expect(!rehearsal.drive.status.isDriven)
    rehearsal.governor.disarm()
    rehearsal.pass(.hold, milliseconds: 100)
    rehearsal.governor.arm()
    let held = rehearsal.pass(.hold, atMost: 1000) { $0.drive.status.isDriven }
    #expect(held != nil)
  }

  @Test("an axis that does not close its loop is asked three times, and then given up")
  func doesNotClose() throws {
    var rehearsal = try DriveRehearsal(.odrive)
    var requestCount = 0
    rehearsal.noise = { bytes in
      let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      let kept = lines.filter { !String(decoding: $0, as: UTF8.self).contains("requested_state 8") }
      requestCount += lines.count - kept.count
      return Array(kept.joined(separator: [10]))
    }
    rehearsal.governor.arm()
    let told = rehearsal.pass(.hold, atMost: 2000) {
      $0.joint?.state == .disarmed && !$0.governor.latchedCauses.isEmpty
    }
    #expect(told != nil)
    rehearsal.pass(.hold, milliseconds: 500)
    #expect(requestCount == 3)
    #expect(!rehearsal.drive.status.isDriven)
  }

  @Test("an axis without a motor is refused by the drive, and that is a fault")
  func cannotClose() throws {
    var rehearsal = try DriveRehearsal(.odrive)
    var settings = try DriveRig.odrive.settings(watchdog: .milliseconds(100))
    settings.address = 1
    rehearsal.wire = Wire(settings)
    rehearsal.learn(.odrive, address: 1)
    rehearsal.governor.arm()
    let told = rehearsal.pass(.hold, atMost: 2000) { $0.joint?.faults == .drive }
    #expect(told != nil)
    #expect(rehearsal.joint?.faultCode == 1)
    let latched = rehearsal.pass(.hold, atMost: 100) {
      $0.governor.latchedCauses.contains(.exoskeletonFault)
    }
    #expect(latched != nil)
  }

  @Test(
    "on a bad cable no position is believed that was not, and the joint never jumps",
    arguments: DriveRig.allCases, 0..<24 as Range<UInt64>)
  func badCable(rig: DriveRig, seed: UInt64) throws {
    var rehearsal = try DriveRehearsal(rig)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 60), atMost: 2000) { $0.drive.status.positionDegrees > 15 }
    var cable = BadCable(random: SplitMix64(seed: seed), period: 2 + seed % 9)
    rehearsal.noise = { cable.carry($0) }
    var demands = SplitMix64(seed: seed &+ 1000)
    var answered = rehearsal.replies.count
    for _ in 0..<60 {
      let demand: Demand =
        demands.next() % 4 == 0
        ? .neutral : .moveTo(degrees: Double(10 + demands.next() % 60))
      if demands.next() % 8 == 0 {
        rehearsal.governor.disarm()
        rehearsal.pass(demand, milliseconds: 100)
        rehearsal.governor.arm()
      }
      for _ in 0..<100 {
        let before = rehearsal.drive.status.positionDegrees
        rehearsal.pass(demand)
        let speed = abs(rehearsal.drive.status.positionDegrees - before) * 1000
        #expect(speed < 130, "seed \(seed): \(speed) deg/s")
      }
      for reply in rehearsal.replies[answered...] {
        guard let joint = reply.joint else { continue }
        let recent = rehearsal.positions.suffix(250)
        let range = (recent.min() ?? 0) - 0.5...(recent.max() ?? 0) + 0.5
        #expect(range.contains(joint.positionDegrees), "seed \(seed): \(joint)")
      }
      answered = rehearsal.replies.count
    }
    // The cable is mended: everything works again.
    rehearsal.noise = nil
    rehearsal.governor.disarm()
    let disarmed = rehearsal.pass(.hold, atMost: 2000) { $0.joint?.state == .disarmed }
    #expect(disarmed != nil, "seed \(seed): \(String(describing: rehearsal.joint))")
    rehearsal.governor.arm()
    let arrival = rehearsal.pass(.moveTo(degrees: 40), atMost: 6000) { $0.isAt(40) }
    let names = rehearsal.commands.suffix(320).prefix(40).map { DriveRehearsal.name($0) }
    let state = "\(rehearsal.governor.state) \(String(describing: rehearsal.governor.armRefusal))"
    let joint = rehearsal.joint
    #expect(arrival != nil, "seed \(seed): \(state) \(String(describing: joint)) \(names)")
    let freedom = rehearsal.pass(.neutral, atMost: 500) { $0.joint?.state == .neutral }
    #expect(freedom != nil, "seed \(seed)")
  }

  @Test("noise alone gives no joint", arguments: DriveRig.allCases, 0..<32 as Range<UInt64>)
  func noise(rig: DriveRig, seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var rehearsal = try DriveRehearsal(rig)
    // The drive is gone, and something else is on the line.
    rehearsal.noise = { bytes in
      (0..<(random.next() % 60)).map { _ in
        // Bytes that both protocols like, among others.
        let liked: [UInt8] = [0xFF, 0xFF, 0xFD, 0x00, 0x01, 0x55, 0x2A, 0x0A, 0x30, 0x2E, 0x20]
        let pick = random.next()
        return pick % 3 == 0 ? UInt8(pick >> 8 & 0xFF) : liked[Int(pick >> 8 % 11) % liked.count]
      }
    }
    rehearsal.governor.arm()
    for _ in 0..<300 {
      rehearsal.pass(.hold, milliseconds: 5)
      rehearsal.send(.heartbeat)
    }
    #expect(rehearsal.joint == nil)
    #expect(!rehearsal.drive.status.isDriven)
  }
}
