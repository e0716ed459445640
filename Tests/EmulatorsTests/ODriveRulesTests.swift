// What an ODrive does with what it is told.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators

@Suite("An ODrive's rules")
struct ODriveRulesTests {
  /// Running, with an encoder at the joint: a turn is 360°.
  private func running(watchdog: Double? = nil, gearRatio: Double = 50)
    -> Rehearsal<ODriveDrive>
  {
    var options = ODriveOptions()
    options.gearRatio = gearRatio
    var host = odrive(options)
    if let watchdog {
      host.tell("w axis0.config.watchdog_timeout \(watchdog)\nu 0\n")
      host.tell("w axis0.config.enable_watchdog 1\n")
    }
    host.tell("w axis0.requested_state 8\n")
    return host
  }

  /// Turns of the motor.
  private func turns(_ degrees: Double) -> String { "\(Float(degrees / 360 * 50))" }

  @Test("idle it does not move; told to run it holds its place; told to idle it lets go")
  func states() {
    var host = odrive()
    host.tell("p 0 \(turns(60))\n")
    host.wait(seconds: 0.5)
    #expect(host.status.positionDegrees == 10)
    #expect(host.status.refusedCommands == 1)
    #expect(host.tell("r axis0.current_state\n") == "1\r\n")
    host.tell("w axis0.requested_state 8\n")
    #expect(host.tell("r axis0.current_state\n") == "8\r\n")
    host.wait(seconds: 0.5)
    #expect(host.status.isDriven)
    #expect(abs(host.status.positionDegrees - 10) < 0.01)
    host.tell("w axis0.requested_state 1\n")
    #expect(!host.status.isDriven)
    #expect(host.notes == ["AXIS_STATE_CLOSED_LOOP_CONTROL", "AXIS_STATE_IDLE"])
  }

  @Test("a velocity that was set while idle is followed as soon as it runs")
  func keptVelocity() {
    var host = odrive()
    host.tell("v 0 \(turns(20))\n")
    host.wait(seconds: 0.2)
    #expect(host.status.velocityDegreesPerSecond == 0)
    host.tell("w axis0.requested_state 8\n")
    host.wait(seconds: 0.3)
    #expect(abs(host.status.velocityDegreesPerSecond - 20) < 0.1)
  }

  @Test("a position is reached, no faster than the limit; feedback is in turns")
  func position() throws {
    var host = running()
    host.tell("q 0 \(turns(50)) \(turns(30))\n")
    var fastest = 0.0
    for _ in 0..<300 {
      host.wait(seconds: 0.01)
      fastest = max(fastest, host.status.velocityDegreesPerSecond)
    }
    #expect(fastest < 30.1)
    #expect(fastest > 29)
    #expect(abs(host.status.positionDegrees - 50) < 0.1)
    let words = host.tell("f 0\n").split { " \r\n".contains($0) }
    #expect(abs(try #require(Double(words[0])) - 50 / 360 * 50) < 0.02)
    #expect(try #require(Double(words[1])).magnitude < 0.02)
  }

  @Test("a torque is the joint's effort, as far as the current goes, and gives way near the limit")
  func torque() {
    var host = running()
    host.tell("c 0 0.1\n")
    host.wait(seconds: 0.005)
    #expect(abs(host.status.effortNewtonMetres - 5) < 0.01)
    host.tell("c 0 7\n")
    #expect(abs(host.status.effortNewtonMetres - 20) < 0.01)
    #expect(host.tell("r axis0.motor.current_control.Iq_setpoint\n") == "10.000000\r\n")
    host.tell("w axis0.controller.config.vel_limit \(turns(40))\n")
    host.tell("c 0 0.1\n")
    host.wait(seconds: 0.3)
    #expect(host.status.velocityDegreesPerSecond < 41)
    #expect(host.status.state == "AXIS_STATE_CLOSED_LOOP_CONTROL")
  }

  @Test("a trajectory keeps to its own speed and acceleration, and so does p after it")
  func trajectory() {
    var host = running()
    host.tell("w axis0.trap_traj.config.vel_limit \(turns(20))\n")
    host.tell("w axis0.trap_traj.config.accel_limit \(turns(40))\n")
    host.tell("w axis0.trap_traj.config.decel_limit \(turns(40))\n")
    host.tell("t 0 \(turns(40))\n")
    host.wait(seconds: 0.1)
    #expect(host.status.velocityDegreesPerSecond < 4.5)
    host.wait(seconds: 3)
    #expect(abs(host.status.positionDegrees - 40) < 0.2)
    host.tell("p 0 \(turns(20))\n")
    host.wait(seconds: 0.5)
    #expect(abs(host.status.velocityDegreesPerSecond + 20) < 1)
    #expect(host.tell("r axis0.controller.config.input_mode\n") == "5\r\n")
  }

  @Test("the other ways in: a velocity ramp, a filtered position, a torque ramp; and no way")
  func inputModes() {
    var host = running()
    host.tell("w axis0.controller.config.input_mode 2\n")
    host.tell("w axis0.controller.config.vel_ramp_rate \(turns(10))\nv 0 \(turns(30))\n")
    host.wait(seconds: 1)
    #expect(abs(host.status.velocityDegreesPerSecond - 10) < 0.5)
    host = running()
    host.tell("w axis0.controller.config.input_mode 3\n")
    host.tell("w axis0.controller.config.input_filter_bandwidth 5\np 0 \(turns(40))\n")
    host.wait(seconds: 0.1)
    #expect(host.status.positionDegrees < 20)
    host.wait(seconds: 3)
    #expect(abs(host.status.positionDegrees - 40) < 0.2)
    host = running()
    host.tell("w axis0.controller.config.input_mode 6\nc 0 1\n")
    host.wait(seconds: 1)
    #expect(abs(host.status.effortNewtonMetres - 0.01 * 50) < 0.05)
    host.tell("w axis0.controller.config.input_mode 77\n")
    #expect(host.status.state == "AXIS_STATE_IDLE error 0x200")
    #expect(host.tell("r axis0.controller.error\n") == "2\r\n")
  }

  @Test("its watchdog bites in time and latches: cleared and told to run, and only then, it moves")
  func watchdog() {
    var host = running(watchdog: 0.1)
    host.keepTelling(Array("p 0 \(turns(30))\n".utf8), seconds: 0.5)
    #expect(host.status.isDriven)
    #expect(host.status.watchdogTrips == 0)
    host.wait(seconds: 0.07)
    #expect(host.status.isDriven)
    host.wait(seconds: 0.03)
    #expect(!host.status.isDriven)
    #expect(host.status.state == "AXIS_STATE_IDLE error 0x800")
    #expect(host.tell("r axis0.error\n") == "2048\r\n")
    // Neither motion nor the request to run ends it.
    host.keepTelling(Array("p 0 3\nw axis0.requested_state 8\n".utf8), seconds: 0.3)
    #expect(!host.status.isDriven)
    #expect(host.status.watchdogTrips == 1)
    host.tell("sc\nu 0\nw axis0.requested_state 8\n")
    #expect(host.status.isDriven)
    #expect(host.status.state == "AXIS_STATE_CLOSED_LOOP_CONTROL")
  }

  @Test("p, q, v, c, t and u feed the watchdog; asking and writing do not")
  func feeding() {
    let feeds = [
      ("p 0 1", true), ("q 0 1", true), ("v 0 0.1", true), ("c 0 0.01", true), ("t 0 1", true),
      ("u 0", true), ("f 0", false), ("r axis0.error", false), ("u 1", false), ("x", false),
      ("w axis0.controller.input_pos 1", false), ("p 0 x", false),
    ]
    for (command, isFeed) in feeds {
      var host = running(watchdog: 0.1)
      host.keepTelling(Array((command + "\n").utf8), seconds: 0.4)
      #expect(host.status.isDriven == isFeed, "\(command)")
    }
  }

  @Test("enabled without having been fed since its time was set, the watchdog bites at once")
  func hastyWatchdog() {
    var host = odrive()
    host.tell("w axis0.config.watchdog_timeout 0.5\nw axis0.config.enable_watchdog 1\n")
    host.wait(seconds: 0.005)
    #expect(host.status.state == "AXIS_STATE_IDLE error 0x800")
  }

  @Test("idle, too, the watchdog bites")
  func idleWatchdog() {
    var options = ODriveOptions()
    options.isWatchdogEnabled = true
    options.watchdogSeconds = 0.2
    var host = odrive(options)
    host.wait(seconds: 0.19)
    #expect(host.status.watchdogTrips == 0)
    host.wait(seconds: 0.02)
    #expect(host.status.watchdogTrips == 1)
    host.tell("w axis0.requested_state 8\n")
    #expect(!host.status.isDriven)
  }

  @Test("an emergency stop latches until it is cleared")
  func emergencyStop() {
    var host = running()
    host.wait(seconds: 0.1)
    host.raiseFault()
    host.wait(seconds: 0.002)
    #expect(host.status.state == "AXIS_STATE_IDLE error 0x4000")
    #expect(host.tell("r axis0.error\n") == "16384\r\n")
    host.keepTelling(Array("w axis0.requested_state 8\n".utf8), seconds: 0.1)
    #expect(!host.status.isDriven)
    host.tell("w axis0.error 0\nw axis0.requested_state 8\n")
    #expect(host.status.isDriven)
  }

  @Test("too fast is an error of the controller")
  func overspeed() {
    var host = running()
    host.tell("v 0 \(turns(40))\n")
    host.wait(seconds: 0.5)
    host.tell("w axis0.controller.config.vel_limit \(turns(10))\n")
    #expect(!host.status.isDriven)
    #expect(host.tell("r axis0.controller.error\n") == "1\r\n")
    #expect(host.tell("sc\nr axis0.controller.error\n") == "0\r\n")
  }

  @Test("an axis without a motor, and a state that it has not, are an invalid state")
  func invalidState() {
    var host = odrive()
    host.tell("w axis1.requested_state 8\n")
    #expect(host.tell("r axis1.error\nr axis1.current_state\n") == "1\r\n1\r\n")
    host.tell("w axis0.requested_state 77\n")
    #expect(host.tell("r axis0.error\n") == "1\r\n")
    host.tell("w axis0.requested_state 2\n")
    #expect(host.tell("r axis0.error\nr axis0.current_state\n") == "0\r\n1\r\n")
    host.tell("p 1 5\n")
    host.wait(seconds: 0.5)
    #expect(host.status.positionDegrees == 10)
  }

  @Test("saved is what outlasts a reboot, erased is everything; meanwhile nobody answers")
  func configuration() {
    var host = running()
    host.tell("w axis0.controller.config.vel_limit 7\nss\n")
    #expect(host.tell("r axis0.controller.config.vel_limit\n") == "7.000000\r\n")
    #expect(host.status.isDriven)
    host.tell("w axis0.requested_state 1\n")
    host.tell("ss\n")
    #expect(host.notes.last == "reboot")
    #expect(host.tell("r vbus_voltage\n").isEmpty)
    host.wait(seconds: 0.6)
    host.tell("w axis0.controller.config.vel_limit 9\nsr\n")
    host.wait(seconds: 0.6)
    #expect(host.tell("r axis0.controller.config.vel_limit\n") == "7.000000\r\n")
    host.tell("w axis0.requested_state 8\n")
    #expect(host.status.isDriven)
    host.tell("se\n")
    #expect(!host.status.isDriven)
    host.wait(seconds: 0.6)
    #expect(host.tell("r axis0.controller.config.vel_limit\n") == "2.000000\r\n")
  }

  @Test("a held joint stays where it is, with all the effort there is")
  func obstructed() {
    var host = running()
    host.board.disturb(.obstructed)
    host.tell("p 0 \(turns(60))\n")
    host.wait(seconds: 0.5)
    #expect(abs(host.status.positionDegrees - 10) < 0.01)
    #expect(abs(host.status.effortNewtonMetres - 20) < 0.01)
    host.board.disturb(.none)
    host.wait(seconds: 0.5)
    #expect(host.status.positionDegrees > 12)
  }

  @Test("over a pseudo-terminal it runs, moves, and stops by its own watchdog")
  func terminal() throws {
    var options = ODriveOptions()
    options.isWatchdogEnabled = true
    options.watchdogSeconds = 0.3
    let drive = try VirtualDrive(drive: ODriveDrive(options: options))
    try drive.start()
    let port = try Port(drive.path)
    port.write(Array("r fw_version_minor\n".utf8))
    #expect(try port.read(3) == Array("5\r\n".utf8))
    let isRunning = { drive.status.state == "AXIS_STATE_CLOSED_LOOP_CONTROL" }
    try eventually("it moved") {
      let run = "sc\nu 0\nw axis0.requested_state 8\n"
      port.write(Array((isRunning() ? "p 0 \(turns(30))\n" : run).utf8))
      usleep(10_000)
      return drive.status.positionDegrees > 10.5
    }
    #expect(drive.status.motionCommands >= 1)
    try eventually("its watchdog bit") {
      drive.status.state == "AXIS_STATE_IDLE error 0x800"
    }
    #expect(!drive.status.isDriven)
    drive.stop()
  }
}
