// An ODrive's lines: what ends them, what their sums are, what it answers.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators

func odrive(_ options: ODriveOptions = ODriveOptions()) -> Rehearsal<ODriveDrive> {
  Rehearsal(ODriveDrive(options: options, now: Rehearsal<ODriveDrive>.powerUp))
}

/// With its sum, by the book.
func summed(_ text: String) -> String { "\(text)*\(text.utf8.reduce(0) { $0 ^ $1 })\n" }

@Suite("An ODrive's lines")
struct ODriveLineTests {
  @Test("a command with a sum is answered with a sum")
  func sums() {
    var host = odrive()
    #expect(summed("r vbus_voltage ") == "r vbus_voltage *93\n")
    #expect(summed("c 0 0.5 ") == "c 0 0.5 *88\n")
    let sum = "24.000000".utf8.reduce(0) { $0 ^ $1 }
    #expect(host.tell("r vbus_voltage *93\n") == "24.000000*\(sum)\r\n")
    #expect(host.tell("r vbus_voltage\n") == "24.000000\r\n")
    #expect(host.status.badFrames == 0)
  }

  @Test("a wrong sum is passed over in silence and moves nothing")
  func wrongSums() {
    var host = odrive()
    host.tell("w axis0.requested_state 8\n")
    for sum in 0..<256 where sum != 88 {
      #expect(host.tell("c 0 0.5 *\(sum)\n").isEmpty)
    }
    #expect(host.tell("r vbus_voltage *x\n").isEmpty)
    #expect(host.status.motionCommands == 0)
    #expect(host.status.badFrames == 256)
    host.tell("c 0 0.5 *88\n")
    #expect(host.status.motionCommands == 1)
  }

  @Test("a comment is no part of a command; a feed, a return and a '!' each end a line")
  func ends() {
    var host = odrive()
    #expect(host.tell("r fw_version_minor ; and more *99\n") == "5\r\n")
    #expect(host.tell("r fw_version_minor*1;r hw_version_major\n").isEmpty)
    #expect(host.tell("r hw_version_minor!r hw_version_variant\r") == "6\r\n56\r\n")
    #expect(host.tell("r fw_version_revision\r\n") == "6\r\nunknown command\r\n")
  }

  @Test("what it does not understand it says in its own words")
  func words() {
    var host = odrive()
    for (command, answer) in [
      ("x", "unknown command"), ("", "unknown command"), ("r", "invalid command format"),
      ("r nothing", "invalid property"), ("r axis2.error", "invalid property"),
      ("r axis0.nothing", "invalid property"), ("r axis0", "invalid property"),
      ("w nothing 1", "invalid property"), ("w vbus_voltage 3", "not implemented"),
      ("w axis0.current_state 8", "not implemented"),
      ("w axis0.requested_state x", "not implemented"),
      ("w axis0.requested_state", "not implemented"), ("p", "invalid command format"),
      ("p 0", "invalid command format"), ("p 0 x", "invalid command format"),
      ("p 0 nan", "invalid command format"), ("p 0 inf", "invalid command format"),
      ("v 0 1e99", "invalid command format"), ("p 2 0.5", "invalid motor 2"),
      ("c -1 0.5", "invalid motor 4294967295"), ("f 7", "invalid motor 7"),
      ("f", "invalid command format"), ("u x", "invalid command format"),
      ("e 0 1", "invalid command format"), ("esl 0 8192", "encoder set to 8192"),
    ] {
      #expect(host.tell(command + "\n") == answer + "\r\n", "\(command)")
    }
    #expect(host.tell("sx\n").isEmpty)
    #expect(
      host.tell("i\n")
        == "Hardware version: 3.6-56V\r\nFirmware version: 0.5.6\r\nSerial number: 5EED5EED5EED\r\n"
    )
    #expect(!host.status.isDriven)
  }

  @Test(
    "numbers are read and printed as C does it",
    arguments: [
      ("1", "1.000000"), ("-0.5", "-0.500000"), ("  +2.5e-1 ", "0.250000"), (".5", "0.500000"),
      ("5.", "5.000000"), ("3e", "3.000000"), ("7abc", "7.000000"), ("1234567.25", "1234567.2"),
      ("-123456.5", "-123456.5"),
    ])
  func numbers(text: String, printed: String) {
    var host = odrive()
    host.tell("w axis0.controller.config.vel_limit \(text)\n")
    #expect(host.tell("r axis0.controller.config.vel_limit\n") == printed + "\r\n")
  }

  @Test("every number prints as C's printf prints it")
  func printing() {
    for seed in UInt64(0)..<2000 {
      var random = SplitMix64(seed: seed)
      let value = Float.random(in: -1000...1000, using: &random)
      #expect(ODriveNumber.text(value) == String(format: "%f", value), "seed \(seed)")
      #expect(Float(ODriveNumber.text(value)).map { abs($0 - value) < 1e-4 } == true)
    }
    #expect(ODriveNumber.text(.infinity) == "inf")
  }

  @Test("lines may come in any pieces; one that is too long is passed over whole")
  func pieces() {
    let wanted = "24.000000\r\n0.027778"
    var options = ODriveOptions()
    options.gearRatio = 1
    for seed in UInt64(0)..<50 {
      var random = SplitMix64(seed: seed)
      var host = odrive(options)
      var rest = Array(
        ("r vbus_voltage\n" + String(repeating: "p 0 1 ", count: 100) + "\nf 0\n").utf8)
      while !rest.isEmpty {
        let count = min(rest.count, Int.random(in: 1...80, using: &random))
        host.tell(Array(rest[..<count]))
        rest.removeFirst(count)
      }
      #expect(String(decoding: host.line, as: UTF8.self).hasPrefix(wanted), "seed \(seed)")
      #expect(host.status.badFrames == 1)
    }
  }

  @Test("noise, and commands with sums that were damaged, never move it", arguments: 0..<8)
  func fuzz(block: Int) {
    for seed in UInt64(block * 50)..<UInt64(block * 50 + 50) {
      var random = SplitMix64(seed: seed)
      var host = odrive()
      host.tell("w axis0.requested_state 8\n")
      // It holds the place where it was told to run.
      host.wait(seconds: 0.01)
      for _ in 0..<20 {
        let letter = ["p", "q", "v", "c", "t"][Int.random(in: 0..<5, using: &random)]
        let value = Double.random(in: -50...50, using: &random)
        // Damage within the characters that are summed is always noticed, one at a time.
        var bytes = Array(summed("\(letter) 0 \(value) ").utf8)
        let star = bytes.firstIndex(of: UInt8(ascii: "*")) ?? 0
        let place = Int.random(in: 0..<star, using: &random)
        var wrong: UInt8
        repeat {
          wrong = .random(in: 0...255, using: &random)
        } while wrong == bytes[place]
          || [10, 13, 33, 42, 59].contains(wrong)
        bytes[place] = wrong
        host.tell(bytes)
        let noise = (0..<Int.random(in: 0...60, using: &random)).map { _ in
          UInt8.random(in: 128...255, using: &random)
        }
        host.tell(noise + [10])
      }
      #expect(host.status.motionCommands == 0, "seed \(seed)")
      #expect(abs(host.status.positionDegrees - 10) < 1e-3, "seed \(seed)")
    }
  }

  @Test("nothing that comes over the line, however wrong, stops it")
  func anything() {
    let words = [
      "p", "q", "v", "c", "t", "f", "u", "r", "w", "ss", "se", "sr", "sc", "esl", "0", "1", "8",
      "-1", "1e38", "-1e38", "axis0.requested_state", "axis0.controller.config.vel_limit",
      "axis0.motor.config.torque_constant", "axis0.controller.config.input_mode",
      "axis0.controller.config.control_mode", "axis0.config.watchdog_timeout", "*", "*88", ";",
      "axis0.config.enable_watchdog", "axis0.controller.config.input_filter_bandwidth",
      "axis0.trap_traj.config.accel_limit", "2", "3", "5", "6", "\u{0}", "\u{FFFD}",
    ]
    for seed in UInt64(0)..<100 {
      var random = SplitMix64(seed: seed)
      var host = odrive()
      for _ in 0..<60 {
        let line = (0..<Int.random(in: 0...4, using: &random)).map { _ in
          words[Int.random(in: 0..<words.count, using: &random)]
        }
        host.tell(line.joined(separator: " ") + "\n")
        host.wait(seconds: 0.01)
        let place = host.status.positionDegrees
        let isWithin = (-15.0...125.0).contains(place)
        #expect(isWithin, "seed \(seed)")
      }
      _ = host.tell("f 0\nr axis0.motor.current_control.Iq_measured\nr ibus\n")
    }
  }
}
