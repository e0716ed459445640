// Drives that lose their power and get it back, fall silent, or are not heard: nothing is driven
// without a person.

import RT
import TestSupport
import Testing

@testable import Emulators
@testable import Exoskeleton

extension DriveRehearsal {
  /// The drive's power goes, and comes back at once; it starts anew.
  fileprivate mutating func restartDrive() throws {
    if var bus = drive as? DynamixelBus {
      bus.servos[0].reboot(at: now)
      drive = bus
    } else {
      var turn = Turn()
      drive.receive(Array("sr\n".utf8), at: now, into: &turn)
    }
  }

  /// As after a start that nobody saw.
  fileprivate mutating func forgetWatchdog() {
    if var bus = drive as? DynamixelBus {
      bus.servos[0].table[.busWatchdog] = 0
      drive = bus
    } else if var odrive = drive as? ODriveDrive {
      odrive.axes[0].configuration.isWatchdogEnabled = false
      drive = odrive
    }
  }

  /// What the drive's watchdog is set to; 0: it is off.
  fileprivate var watchdogSeconds: Double {
    if let bus = drive as? DynamixelBus { return 0.02 * Double(bus.servos[0].table[.busWatchdog]) }
    guard let odrive = drive as? ODriveDrive else { return .nan }
    let configuration = odrive.axes[0].configuration
    return configuration.isWatchdogEnabled ? Double(configuration.watchdogSeconds) : 0
  }

  fileprivate func torqueWentOn(since count: Int) -> Bool {
    written[count...].contains { $0[7] == 0x03 && $0[8] == 64 && $0[10] == 1 }
  }
}

extension WireCase {
  /// What goes out at once when bytes come.
  fileprivate mutating func answers(to bytes: [UInt8]) -> [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe wire.freeMemory().copyMemory(from: $0) }
    wire.received(byteCount: bytes.count)
    var memory = [UInt8](repeating: 0, count: 256)
    let time = now
    return unsafe memory.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return [] }
      var out = unsafe ByteWriter(base, capacity: 256)
      while wire.next(at: time, into: &out) != nil {}
      return unsafe Array(out.bytes(from: 0))
    }
  }
}

@Suite("Drives that start anew, or are not heard")
struct DriveRestartTests {
  @Test("a servo that was switched off and on has neither torque nor watchdog, and is not trusted")
  func restarted() throws {
    var rehearsal = try DriveRehearsal(.dynamixel)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.isAt(40) }
    try rehearsal.restartDrive()
    let written = rehearsal.written.count
    rehearsal.pass(.moveTo(degrees: 60), milliseconds: 2000)
    let wentOn = rehearsal.torqueWentOn(since: written)
    #expect(!wentOn)
    #expect(!rehearsal.drive.status.isDriven)
    #expect(rehearsal.joint?.state == .disarmed)
    #expect(rehearsal.governor.latchedCauses.contains(.exoskeletonLeft))
    rehearsal.governor.disarm()
    rehearsal.pass(.hold, milliseconds: 200)
    rehearsal.governor.arm()
    let held = rehearsal.pass(.hold, atMost: 1000) { $0.drive.status.isDriven }
    #expect(held != nil)
    let bus = try #require(rehearsal.drive as? DynamixelBus)
    #expect(bus.servos[0].table[.busWatchdog] == 5)
  }

  @Test(
    "a drive that starts anew, in motion or let go, drives nothing before it is armed",
    arguments: DriveRig.allCases, [Demand.moveTo(degrees: 60), .neutral])
  func startsAnew(rig: DriveRig, demand: Demand) throws {
    var rehearsal = try DriveRehearsal(rig)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.drive.status.positionDegrees > 20 }
    rehearsal.pass(demand, milliseconds: 200)
    try rehearsal.restartDrive()
    rehearsal.pass(demand, milliseconds: 400)
    var isDriven = false
    for _ in 0..<3000 {
      rehearsal.pass(.moveTo(degrees: 60))
      isDriven = isDriven || rehearsal.drive.status.isDriven
    }
    #expect(!isDriven)
    #expect(rehearsal.joint?.state == .disarmed)
    #expect(rehearsal.governor.latchedCauses.contains(.exoskeletonLeft))
    rehearsal.governor.disarm()
    rehearsal.pass(.hold, milliseconds: 200)
    rehearsal.governor.arm()
    let held = rehearsal.pass(.hold, atMost: 1000) { $0.drive.status.isDriven }
    #expect(held != nil)
    let seconds = rehearsal.watchdogSeconds
    #expect(abs(seconds - 0.1) < 0.001)
  }

  @Test(
    "a drive that lost its watchdog in a silence too short to be one is found out before it drives",
    arguments: DriveRig.allCases)
  func forgets(rig: DriveRig) throws {
    var rehearsal = try DriveRehearsal(rig)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.isAt(40) }
    rehearsal.pass(.neutral, milliseconds: 200)
    rehearsal.noise = { _ in [] }
    rehearsal.pass(.neutral, milliseconds: 80)
    rehearsal.forgetWatchdog()
    rehearsal.noise = nil
    var isDriven = false
    for _ in 0..<2000 {
      rehearsal.pass(.moveTo(degrees: 60))
      isDriven = isDriven || rehearsal.drive.status.isDriven
    }
    #expect(!isDriven)
    #expect(rehearsal.governor.latchedCauses.contains(.exoskeletonLeft))
  }

  @Test(
    "a silence as long as a start takes is one: whatever the drive says then, it is armed first",
    arguments: DriveRig.allCases)
  func silence(rig: DriveRig) throws {
    var rehearsal = try DriveRehearsal(rig)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.isAt(40) }
    rehearsal.pass(.neutral, milliseconds: 200)
    // It hears all of it, and its watchdog is fed.
    rehearsal.isMute = true
    rehearsal.pass(.neutral, milliseconds: 200)
    rehearsal.isMute = false
    rehearsal.pass(.hold, milliseconds: 1000)
    #expect(!rehearsal.drive.status.isDriven)
    #expect(rehearsal.joint?.state == .disarmed)
    rehearsal.governor.disarm()
    rehearsal.pass(.hold, milliseconds: 200)
    rehearsal.governor.arm()
    let held = rehearsal.pass(.hold, atMost: 1000) { $0.drive.status.isDriven }
    #expect(held != nil)
  }

  @Test("a servo whose answers are lost hears a stop while the line is kept silent for it")
  func stopInHush() throws {
    var rehearsal = try DriveRehearsal(.dynamixel)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.isAt(40) }
    rehearsal.isMute = true
    let motion = try Setpoints.motion(40)
    var quiet = 0
    while quiet < 80 {
      let count = rehearsal.written.count
      rehearsal.send(motion)
      rehearsal.idle(milliseconds: 10)
      quiet = rehearsal.written.count > count ? 0 : quiet + 10
    }
    let count = rehearsal.written.count
    rehearsal.send(.stop)
    rehearsal.send(.stop)
    #expect(rehearsal.written.count == count + 1)
    rehearsal.idle(milliseconds: 5)
    let bus = try #require(rehearsal.drive as? DynamixelBus)
    #expect(bus.servos[0].table[.torqueEnable] == 0)
  }

  @Test("an ODrive that nobody has identified confirms a stop, whatever its generation's names are")
  func stopUnidentified() throws {
    var rehearsal = try DriveRehearsal(.odrive)
    rehearsal.governor.arm()
    _ = rehearsal.pass(.moveTo(degrees: 40), atMost: 5000) { $0.isAt(40) }
    #expect(rehearsal.drive.status.isDriven)
    // Firmware 0.6 has no such name.
    rehearsal.noise = { bytes in
      Array(
        String(decoding: bytes, as: UTF8.self)
          .replacing("axis0.error", with: "axis0.none").utf8)
    }
    rehearsal.wire = Wire(try DriveRig.odrive.settings())
    let before = rehearsal.replies.count
    rehearsal.send(.stop)
    rehearsal.idle(milliseconds: 20)
    #expect(!rehearsal.drive.status.isDriven)
    let states = rehearsal.replies[before...].compactMap { $0.joint?.state }
    #expect(states == [.stopped])
  }

  @Test("answers that come in one read ask for one repetition, whole")
  func repetitions() throws {
    var wire = WireCase(try DriveRig.odrive.settings())
    wire.wire.odrive.noteIdentified(
      ODriveVocabulary(axis: 0, generation: .five, tellsCurrent: false, watchdogSeconds: 0.1))
    _ = wire.encode(.stop)
    // Still in the loop.
    let answer = ["0.0000 0.0000", "8", "0", "24.0000"]
      .flatMap { Emulators.ODriveLine.answer($0, hasSum: true) }
    let out = wire.answers(to: answer + answer + answer)
    #expect(out.filter { $0 == 0x0A }.count == 4)
    #expect(out.last == 0x0A)
  }
}
