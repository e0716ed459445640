// What a VESC and a CubeMars actuator do with what they are told.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators

@Suite("A VESC's rules")
struct VESCRulesTests {
  @Test("it goes where it is told, the shorter way round")
  func position() {
    var host = vesc()
    host.keepTelling(vescCommand(9, 45_000_000), seconds: 2)
    #expect(abs(host.status.positionDegrees - 45) < 0.5)
    #expect(host.status.isDriven)
    #expect(host.notes == ["CONTROL_MODE_POS"])
    // 355 is ten degrees before 5, and not 310 after 45.
    host.keepTelling(vescCommand(9, 355_000_000), seconds: 2)
    #expect(abs(host.status.positionDegrees + 5) < 0.5)
  }

  @Test("a speed is kept, and one below the least releases the motor")
  func speed() {
    var host = vesc()
    host.keepTelling(vescCommand(8, 900), seconds: 0.5)
    let wanted = 900.0 / 7 / 30 * 6
    #expect(abs(host.status.velocityDegreesPerSecond - wanted) < 0.01)
    host.tell(vescCommand(8, 899))
    #expect(!host.status.isDriven)
    #expect(host.status.state == "CONTROL_MODE_SPEED")
  }

  @Test("a current is an effort, as far as the limit; next to none releases the motor")
  func current() {
    var host = vesc()
    host.tell(vescCommand(6, 5_000))
    host.wait(seconds: 0.01)
    #expect(abs(host.status.effortNewtonMetres - 5 * 0.9) < 1e-9)
    host.tell(vescCommand(6, 500_000))
    #expect(abs(host.status.effortNewtonMetres - 60 * 0.9) < 1e-9)
    host.tell(vescCommand(6, 49))
    #expect(host.status.effortNewtonMetres == 0)
    #expect(!host.status.isDriven)
  }

  @Test("the brake only brakes; the handbrake holds the place")
  func brakes() {
    var host = vesc()
    host.keepTelling(vescCommand(8, 6_000), seconds: 0.3)
    let speed = host.status.velocityDegreesPerSecond
    host.keepTelling(vescCommand(7, 20_000), seconds: 0.3)
    #expect(host.status.velocityDegreesPerSecond < speed / 10)
    #expect(!host.status.isDriven)
    let place = host.status.positionDegrees
    host.keepTelling(vescCommand(10, 20_000), seconds: 1)
    #expect(abs(host.status.positionDegrees - place) < 1)
    #expect(host.status.isDriven)
  }

  @Test("a duty drives, and none brakes")
  func duty() {
    var host = vesc()
    host.keepTelling(vescCommand(5, 2_000), seconds: 0.3)
    #expect(abs(host.status.velocityDegreesPerSecond - 0.02 * 100_000.0 / 7 / 30 * 6) < 6)
    host.keepTelling(vescCommand(5, 0), seconds: 0.5)
    #expect(abs(host.status.velocityDegreesPerSecond) < 0.1)
    #expect(!host.status.isDriven)
  }

  @Test("after a second of silence it coasts, and says so; the next command is obeyed at once")
  func timeout() {
    var host = vesc()
    host.tell(vescCommand(6, 1_000))
    host.wait(seconds: 0.995)
    #expect(host.status.isDriven)
    host.wait(seconds: 0.02)
    #expect(!host.status.isDriven)
    #expect(host.status.state == "timeout")
    #expect(host.status.watchdogTrips == 1)
    #expect(host.tell(hex("02 01 04 40 84 03"))[2 + 73] == 1)
    host.tell(vescCommand(6, 1_000))
    #expect(host.status.isDriven)
    #expect(host.notes == ["CONTROL_MODE_CURRENT", "timeout", "CONTROL_MODE_CURRENT"])
  }

  @Test("whatever sets something feeds the timeout, and alive does; asking for values does not")
  func feeding() {
    for (command, feeds) in [(UInt8(30), true), (4, false), (0, false), (200, false)] {
      var host = vesc()
      host.tell(vescCommand(6, 1_000))
      host.keepTelling(vescFrame([command]), seconds: 2)
      #expect(host.status.isDriven == feeds, "command \(command)")
    }
  }

  @Test("a timeout of nothing is no timeout")
  func noTimeout() {
    var options = VESCOptions()
    options.timeout = .zero
    var host = vesc(options)
    host.tell(vescCommand(6, 1_000))
    host.wait(seconds: 30, step: 0.02)
    #expect(host.status.isDriven)
    #expect(host.status.watchdogTrips == 0)
  }

  @Test("a timeout can brake instead")
  func brakingTimeout() {
    var options = VESCOptions()
    options.timeout = .milliseconds(100)
    options.timeoutBrakeAmperes = 10
    var host = vesc(options)
    host.keepTelling(vescCommand(8, 6_000), seconds: 0.3)
    host.wait(seconds: 0.4)
    #expect(!host.status.isDriven)
    #expect(abs(host.status.velocityDegreesPerSecond) < 1)
  }

  @Test("after a fault nothing is obeyed for half a second, and then the fault is forgotten")
  func fault() {
    var host = vesc()
    host.tell(vescCommand(6, 1_000))
    host.raiseFault()
    #expect(host.status.state == "FAULT_CODE_ABS_OVER_CURRENT")
    host.keepTelling(vescCommand(6, 1_000), seconds: 0.48)
    #expect(!host.status.isDriven)
    #expect(host.status.refusedCommands == 24)
    host.wait(seconds: 0.03)
    #expect(host.status.state == "CONTROL_MODE_NONE")
    host.tell(vescCommand(6, 1_000))
    #expect(host.status.isDriven)
  }

  @Test("a command without its number is not obeyed")
  func short() {
    var host = vesc()
    for command in UInt8(5)...10 {
      host.tell(vescFrame([command]))
      host.tell(vescFrame([command, 0, 1, 2]))
    }
    #expect(host.status.refusedCommands == 12)
    #expect(!host.status.isDriven)
  }

  @Test("a held joint does not move, and what drives it shows as current")
  func obstructed() throws {
    var host = vesc()
    host.board.disturb(.obstructed)
    host.keepTelling(vescCommand(9, 60_000_000), seconds: 0.5)
    #expect(host.status.positionDegrees == 10)
    #expect(abs(host.status.effortNewtonMetres - 60 * 0.9) < 1e-9)
    let answer = host.tell(hex("02 01 04 40 84 03"))
    #expect(try #require(VESCNumbers.int32(answer, at: 2 + 5)) == 6_000)
  }

  @Test("a VESC does not know CubeMars's commands, and a CubeMars not a VESC's version")
  func kinds() {
    var host = vesc()
    host.tell(hex("02 0D 5B 00 02 BF 20 00 00 13 88 00 00 75 30 A5 AC 03"))
    host.tell(hex("02 02 5F 01 0E A0 03"))
    #expect(host.status.refusedCommands == 2)
    #expect(!host.status.isDriven)
    var actuator = vesc(VESCOptions(isCubeMars: true))
    #expect(actuator.tell(vescFrame([0])).isEmpty)
    #expect(actuator.tell(hex("02 01 04 40 84 03")).count == 73 + 5)
  }

  @Test("a CubeMars goes to a place no faster than it is told, and starts gently")
  func positionAndSpeed() {
    var host = vesc(VESCOptions(isCubeMars: true))
    // 30 deg/s and 60 deg/s² at the joint: 30 / 6 · 9 · 21.
    let command = vescCommand(91, 40_000, 945, 1_890)
    var fastest = 0.0
    for step in 0..<150 {
      host.keepTelling(command, seconds: 0.02)
      fastest = max(fastest, host.status.velocityDegreesPerSecond)
      if step == 9 { #expect(host.status.velocityDegreesPerSecond < 60 * 0.2 + 1) }
    }
    #expect(fastest < 31)
    #expect(fastest > 25)
    #expect(abs(host.status.positionDegrees - 40) < 0.5)
  }

  @Test("a CubeMars counts from the origin it is given, and reports its position when told to")
  func origin() throws {
    var host = vesc(VESCOptions(isCubeMars: true))
    #expect(host.tell(hex("02 02 5F 01 0E A0 03")).isEmpty)
    let answer = host.tell(hex("02 01 04 40 84 03"))
    #expect(VESCNumbers.int32(answer, at: 2 + 54) == 0)
    host.keepTelling(vescCommand(9, -20_000_000), seconds: 3)
    #expect(abs(host.status.positionDegrees + 10) < 0.5)
    host.tell(hex("02 02 0B 04 9C 7E 03"))
    let reports = host.wait(seconds: 0.1)
    try #require(reports.count >= 9 * 10)
    #expect(Array(reports[..<3]) == [2, 5, 22])
    let place = try #require(VESCNumbers.int32(reports, at: 3))
    #expect(abs(Double(place) / 10_000 + 20) < 0.5)
    host.tell(vescFrame([11, 0]))
    #expect(host.wait(seconds: 0.1).isEmpty)
  }
}
