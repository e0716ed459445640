// What a Dynamixel servo answers, obeys and refuses.

import RT
import TestSupport
import Testing

@testable import Emulators

@Suite("A Dynamixel servo")
struct DynamixelTests {
  @Test("a ping is answered with model and firmware, a broadcast by all in the order of their ids")
  func ping() throws {
    var host = try DynamixelHost { $0.ids = [9, 1, 4] }
    let model: [UInt8] = [0xFC, 0x03, 45]
    #expect(host.say(4, .ping) == [DynamixelReply(id: 4, error: 0, data: model)])
    #expect(
      host.say(254, .ping) == [1, 4, 9].map { DynamixelReply(id: $0, error: 0, data: model) })
    #expect(host.say(5, .ping).isEmpty)
  }

  @Test("the table begins with the factory's values")
  func factory() throws {
    var host = try DynamixelHost()
    #expect(try host.read(.modelNumber) == 1020)
    #expect(try host.read(.operatingMode) == 3)
    #expect(try host.read(.returnDelayTime) == -6)  // 250
    #expect(try host.read(.currentLimit) == 1193)
    #expect(try host.read(.busWatchdog) == 0)
    #expect(try host.read(.statusReturnLevel) == 2)
    #expect(try host.read(.shutdown) == 52)
    // 10° beyond the middle.
    #expect(try host.read(.presentPosition) == 2048 + 114)
    #expect(try host.read(.goalPosition) == 2048 + 114)
  }

  @Test("what may not be written is refused, with the error the e-Manual names")
  func refusals() throws {
    var host = try DynamixelHost()
    #expect(host.write(.presentPosition, 0) == .refused(.access))
    #expect(host.say(1, .write, [14, 0, 1]) == [.refused(.access)])
    #expect(host.say(1, .read, [14, 0, 1, 0]) == [.refused(.access)])
    #expect(host.say(1, .read, [0x94, 0x02, 20, 0]) == [.refused(.access)])
    #expect(host.say(1, .write, [116, 0, 1, 2]) == [.refused(.length)])
    #expect(host.say(1, .write, [118, 0, 1, 2]) == [.refused(.length)])
    #expect(host.write(.torqueEnable, 2) == .refused(.range))
    #expect(host.write(.busWatchdog, 128) == .refused(.range))
    #expect(host.write(.operatingMode, 2) == .refused(.range))
    #expect(host.write(.goalPosition, 4096) == .refused(.limit))
    #expect(host.write(.goalCurrent, -1194) == .refused(.limit))
    #expect(host.write(.goalVelocity, 201) == .refused(.limit))
    #expect(host.write(.maxPositionLimit, 3000) == .done())
    #expect(host.write(.goalPosition, 3001) == .refused(.limit))
    #expect(host.write(.torqueEnable, 1) == .done())
    #expect(host.write(.operatingMode, 0) == .refused(.access))
    #expect(host.write(.maxPositionLimit, 4095) == .refused(.access))
    #expect(host.say(1, .action) == [.refused(.instruction)])
    let unknown = DynamixelFrame(id: 1, instruction: 0x33, parameters: [])
    #expect(
      host.stage.tell(unknown.bytes) + host.stage.wait(seconds: 0.01)
        == DynamixelFrame.status(id: 1, error: 2).bytes)
    #expect(try host.read(.presentVelocity) == 0)
    #expect(host.stage.board.status.motionCommands == 0)
  }

  @Test("a refused packet changes nothing, not even what was right in it")
  func wholeOrNone() throws {
    var host = try DynamixelHost()
    // LED 1 would be right; 66 is no address.
    #expect(host.say(1, .write, [65, 0, 1, 1]) == [.refused(.access)])
    #expect(try host.read(.led) == 0)
    // Profile velocity right, goal position beyond the limit.
    let block = bytes(30, 4) + bytes(5000, 4)
    #expect(host.say(1, .write, [112, 0] + block) == [.refused(.limit)])
    #expect(try host.read(.profileVelocity) == 0)
  }

  @Test("in position mode the joint goes where the goal is, with and without a profile")
  func position() throws {
    var host = try DynamixelHost()
    #expect(host.write(.goalPosition, 3000) == .done())
    host.stage.wait(seconds: 1)
    #expect(try host.read(.presentPosition) == 2162)
    host.arm()
    host.stage.wait(seconds: 0.5)
    #expect(try host.read(.presentPosition) == 2162, "torque on does not move it")
    #expect(host.write(.goalPosition, 2500) == .done())
    host.stage.wait(seconds: 2)
    #expect(abs(try host.read(.presentPosition) - 2500) <= 2)
    #expect(try host.read(.moving) == 0)
    #expect(try host.read(.movingStatus) == 1)
    // 10 units are 13.74°/s.
    #expect(host.write(.profileVelocity, 10) == .done())
    #expect(host.write(.profileAcceleration, 5) == .done())
    #expect(host.write(.goalPosition, 2900) == .done())
    host.stage.wait(seconds: 1.2)
    #expect(try host.read(.moving) == 1)
    #expect(try host.read(.movingStatus) == 0x32)
    #expect((9...11).contains(try host.read(.presentVelocity)))
    host.stage.wait(seconds: 3)
    #expect(abs(try host.read(.presentPosition) - 2900) <= 2)
    #expect(try host.read(.movingStatus) == 1)
  }

  @Test("velocity and current modes drive so, and off coasts")
  func otherModes() throws {
    var host = try DynamixelHost()
    host.arm(.velocity)
    #expect(host.write(.goalVelocity, 20) == .done())
    host.stage.wait(seconds: 1)
    #expect((19...21).contains(try host.read(.presentVelocity)))
    #expect(host.stage.board.status.isDriven)
    #expect(host.write(.torqueEnable, 0) == .done())
    #expect(!host.stage.board.status.isDriven)
    #expect(host.write(.operatingMode, 0) == .done())
    #expect(try host.read(.goalCurrent) == 1193, "as Current Limit has it")
    #expect(host.write(.goalCurrent, 0) == .done())
    #expect(host.write(.torqueEnable, 1) == .done())
    host.stage.wait(seconds: 1)
    let before = host.stage.board.status.positionDegrees
    #expect(host.write(.goalCurrent, -100) == .done())
    host.stage.wait(seconds: 0.5)
    #expect(try host.read(.presentCurrent) == -100)
    #expect(host.stage.board.status.positionDegrees < before - 1)
    #expect(host.state == "current")
  }

  @Test("current-based position holds with no more than the goal current")
  func currentBased() throws {
    var host = try DynamixelHost { $0.overloadSeconds = 60 }
    host.arm(.currentBasedPosition)
    #expect(host.write(.goalCurrent, 50) == .done())
    host.stage.board.disturb(.obstructed)
    #expect(host.write(.goalPosition, 3000) == .done())
    host.stage.wait(seconds: 0.5)
    #expect(try host.read(.presentCurrent) == 50)
    #expect(try host.read(.presentPosition) == 2162)
  }

  @Test("the bus watchdog goes off after its time, not before; then no goal is taken until 0")
  func watchdog() throws {
    var host = try DynamixelHost()
    host.arm(.velocity)
    #expect(host.write(.goalVelocity, 20) == .done())
    #expect(host.write(.busWatchdog, 5) == .done())
    host.stage.wait(seconds: 0.085)
    #expect(host.state == "velocity")
    host.stage.wait(seconds: 0.02)
    #expect(host.state == "bus watchdog error")
    #expect(host.stage.board.status.watchdogTrips == 1)
    host.stage.wait(seconds: 0.5)
    #expect(try host.read(.busWatchdog) == -1)
    #expect(try host.read(.presentVelocity) == 0)
    for item in [DynamixelRegister.goalPWM, .goalCurrent, .goalVelocity, .goalPosition] {
      #expect(host.write(item, 10) == .refused(.range))
    }
    #expect(host.write(.busWatchdog, 5) == .refused(.range))
    #expect(host.write(.busWatchdog, 0) == .done())
    host.stage.wait(seconds: 0.5)
    #expect(try host.read(.presentVelocity) == 0, "it does not go on by itself")
    #expect(host.write(.goalVelocity, 20) == .done())
    host.stage.wait(seconds: 0.5)
    #expect((19...21).contains(try host.read(.presentVelocity)))
    #expect(host.stage.notes.suffix(2) == ["bus watchdog error", "velocity"])
  }

  @Test("any instruction keeps the bus watchdog quiet; torque off does too; damage does not")
  func watchdogFed() throws {
    var host = try DynamixelHost()
    #expect(host.write(.busWatchdog, 2) == .done())
    host.stage.wait(seconds: 1)
    #expect(try host.read(.busWatchdog) == 2)
    host.arm()
    for _ in 0..<20 {
      host.stage.wait(seconds: 0.025)
      #expect(host.say(77, .ping).isEmpty)
    }
    #expect(host.state == "position")
    for _ in 0..<3 {
      host.stage.wait(seconds: 0.015)
      host.stage.tell(hex("ff ff fd 00 fe 03 00 01 31 43"))
    }
    #expect(host.state == "bus watchdog error")
  }

  @Test("an overload switches the torque off and alerts, until a reboot")
  func overload() throws {
    var host = try DynamixelHost()
    host.arm()
    host.stage.board.disturb(.obstructed)
    #expect(host.write(.goalPosition, 3000) == .done())
    host.stage.wait(seconds: 1.1)
    #expect(host.state == "hardware error 0x20")
    #expect(!host.stage.board.status.isDriven)
    #expect(host.say(1, .ping).map(\.error) == [0x80])
    #expect(try host.read(.hardwareErrorStatus) == 0x20)
    #expect(host.write(.torqueEnable, 1) == DynamixelReply(id: 1, error: 0x80, data: []))
    #expect(try host.read(.torqueEnable) == 0)
    #expect(host.write(.goalPosition, 5000) == DynamixelReply(id: 1, error: 0x86, data: []))
    host.stage.board.disturb(.none)
    #expect(host.say(1, .reboot) == [DynamixelReply(id: 1, error: 0x80, data: [])])
    #expect(host.say(1, .ping).isEmpty, "it boots")
    host.stage.wait(seconds: 0.4)
    #expect(host.say(1, .ping).map(\.error) == [0])
    #expect(try host.read(.hardwareErrorStatus) == 0)
    #expect(try host.read(.torqueEnable) == 0)
    #expect(host.stage.notes == ["position", "hardware error 0x20", "rebooting", "torque off"])
  }

  @Test("Reg Write waits for Action, and shows that it waits")
  func registered() throws {
    var host = try DynamixelHost()
    host.arm()
    #expect(host.say(1, .regWrite, [116, 0] + bytes(2400, 4)) == [.done()])
    #expect(try host.read(.registeredInstruction) == 1)
    #expect(try host.read(.goalPosition) == 2162)
    #expect(host.say(1, .regWrite, [116, 0] + bytes(9999, 4)) == [.refused(.limit)])
    #expect(host.say(254, .action).isEmpty)
    #expect(try host.read(.registeredInstruction) == 0)
    #expect(try host.read(.goalPosition) == 2400)
  }

  @Test("sync and bulk instructions reach each servo once, and are answered in their order")
  func groups() throws {
    var host = try DynamixelHost { $0.ids = [1, 2, 3] }
    for id in 1...3 { #expect(host.write(.torqueEnable, 1, id: UInt8(id))?.error == 0) }
    let goals = [2] + bytes(2300, 4) + [1] + bytes(2200, 4)
    #expect(host.say(254, .syncWrite, [116, 0, 4, 0] + goals).isEmpty)
    #expect(
      host.say(254, .syncRead, [116, 0, 4, 0, 2, 7, 1, 3]) == [
        DynamixelReply(id: 2, error: 0, data: bytes(2300, 4)),
        DynamixelReply(id: 1, error: 0, data: bytes(2200, 4)),
        DynamixelReply(id: 3, error: 0, data: bytes(2162, 4)),
      ])
    let writes: [UInt8] = [3, 65, 0, 1, 0, 1, 1, 116, 0, 4, 0] + bytes(2250, 4)
    #expect(host.say(254, .bulkWrite, writes).isEmpty)
    #expect(
      host.say(254, .bulkRead, [3, 65, 0, 1, 0, 1, 116, 0, 4, 0]) == [
        DynamixelReply(id: 3, error: 0, data: [1]),
        DynamixelReply(id: 1, error: 0, data: bytes(2250, 4)),
      ])
  }

  @Test("a fast sync read is the e-Manual's, sums included")
  func fast() throws {
    var host = try DynamixelHost {
      $0.ids = [3, 7, 4]
      $0.zeroCount = 0
    }
    // The joint stands at 10°, 114 counts: the homing offset makes the example's figures of it.
    for (id, count) in [(3, 166), (7, 2079), (4, 1023)] as [(UInt8, Int64)] {
      #expect(host.write(.homingOffset, count - 114, id: id)?.error == 0)
    }
    let frame = DynamixelFrame(
      id: 254, instruction: 0x8A, parameters: hex("84 00 04 00 03 07 04"))
    let line = host.stage.tell(frame.bytes) + host.stage.wait(seconds: 0.01)
    #expect(
      line
        == hex("ff ff fd 00 fe 19 00 55 00 03 a6 00 00 00 84 08")
        + hex("00 07 1f 08 00 00 16 ca 00 04 ff 03 00 00 d1 9e"))
  }

  @Test("the status return level silences writes, then reads, never a ping")
  func statusReturnLevel() throws {
    var host = try DynamixelHost()
    #expect(host.write(.statusReturnLevel, 1) == .done())
    #expect(host.write(.led, 1) == nil)
    #expect(try host.read(.led) == 1)
    #expect(host.write(.statusReturnLevel, 0) == nil)
    #expect(host.say(1, .read, [65, 0, 1, 0]).isEmpty)
    #expect(host.say(1, .ping).count == 1)
    #expect(host.write(.statusReturnLevel, 2) == nil)
    #expect(host.write(.led, 1) == .done())
    // To all at once: obeyed, unanswered.
    #expect(host.write(.led, 0, id: 254) == nil)
    #expect(try host.read(.led) == 0)
  }

  @Test("an indirect item is the item that it stands for")
  func indirect() throws {
    var host = try DynamixelHost()
    let addresses = (116...119).flatMap { DynamixelFrame.littleEndian16($0) }
    #expect(host.say(1, .write, [168, 0] + addresses) == [.done()])
    #expect(host.say(1, .write, [176, 0, 132, 0]) == [.done()])
    host.arm()
    #expect(host.say(1, .write, [224, 0] + bytes(2500, 4)) == [.done()])
    #expect(try host.read(.goalPosition) == 2500)
    #expect(host.say(1, .write, [224, 0] + bytes(9999, 4)) == [.refused(.limit)])
    #expect(host.say(1, .write, [224, 0, 1]) == [.refused(.length)])
    #expect(host.say(1, .write, [228, 0, 1]) == [.refused(.access)])
    #expect(host.say(1, .write, [168, 0, 11, 0]) == [.refused(.range)])
    #expect(host.say(1, .write, [0x8E, 0x02, 9]) == [.done()], "free until it is redirected")
    #expect(host.say(1, .read, [0x8E, 0x02, 1, 0]) == [DynamixelReply(id: 1, error: 0, data: [9])])
  }

  @Test("Clear and a reboot forget whole turns, and Clear only at rest")
  func turns() throws {
    var host = try DynamixelHost { $0.zeroCount = 2048 + 3 * 4096 }
    host.arm(.extendedPosition)
    let clear: [UInt8] = [0x01, 0x44, 0x58, 0x4C, 0x22]
    #expect(host.write(.goalPosition, 2500 + 3 * 4096) == .done())
    host.stage.wait(seconds: 0.1)
    #expect(host.say(1, .clear, clear) == [.refused(.result)])
    host.stage.wait(seconds: 2)
    #expect(host.say(1, .clear, clear) == [.done()])
    #expect(abs(try host.read(.presentPosition) - 2500) <= 2)
    host.stage.wait(seconds: 0.5)
    #expect(abs(try host.read(.presentPosition) - 2500) <= 2, "the goal has gone along")
    #expect(host.say(1, .clear, [2]) == [.refused(.range)])
  }

  @Test("a factory reset leaves what it is told to leave, and not with the torque on")
  func factoryReset() throws {
    var host = try DynamixelHost { $0.ids = [5] }
    #expect(host.write(.currentLimit, 500, id: 5)?.error == 0)
    #expect(host.say(254, .factoryReset, [0xFF]).isEmpty)
    #expect(try host.read(.currentLimit, id: 5) == 500, "not to all at once")
    #expect(host.say(5, .factoryReset, [0x02]) == [.done(5)])
    host.stage.wait(seconds: 0.4)
    #expect(try host.read(.currentLimit, id: 5) == 1193)
    #expect(try host.read(.baudRate, id: 5) == 3)
  }
}
