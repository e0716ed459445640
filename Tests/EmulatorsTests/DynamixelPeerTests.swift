// ROBOTIS' own SDK drives the emulated servos; and a servo made of that SDK, for drivers, is sound.

import Foundation
import TestSupport
import Testing

@testable import Emulators

/// What a script printed: values by their names.
private struct Seen {
  let values: [String: any Sendable]

  init(_ output: Data) throws {
    let object = try JSONSerialization.jsonObject(with: output)
    values = try #require(object as? [String: any Sendable])
  }

  /// The numbers of an entry, however they are nested.
  func numbers(_ name: String) -> [Int] {
    func flat(_ value: Any?) -> [Int] {
      if let list = value as? [Any] { return list.flatMap { flat($0) } }
      return (value as? NSNumber).map { [$0.intValue] } ?? []
    }
    return flat(values[name])
  }
}

@Suite("Dynamixel SDK")
struct DynamixelPeerTests {
  @Test("drives two emulated servos: all its instructions, each error, the watchdog, the table")
  func drives() throws {
    var options = DynamixelOptions()
    options.ids = [1, 2]
    options.baudRate = .b1M
    let drive = try VirtualDrive(drive: try DynamixelBus(options: options))
    try drive.start()
    let seen = try Seen(
      try Oracle.python(
        script: "drives/dynamixel_drives.py", arguments: [drive.path, "1000000"]))
    let status = drive.status
    drive.stop()
    #expect(seen.numbers("ping") == [1020, 0, 1020, 0])
    #expect(seen.values["absent"] as? Bool == true)
    #expect(seen.numbers("broadcast") == [1, 1020, 45, 2, 1020, 45])
    #expect(seen.numbers("model") == [1020, 0])
    #expect(seen.numbers("start") == [2162])
    #expect(seen.numbers("wrong range") == [4])
    #expect(seen.numbers("wrong limit") == [6])
    #expect(seen.numbers("wrong access") == [7])
    #expect(seen.numbers("wrong length") == [5])
    #expect(seen.numbers("torque") == [0, 0])
    #expect(seen.numbers("locked") == [7])
    #expect(seen.numbers("goal") == [0])
    #expect((2497...2503).contains(try #require(seen.numbers("arrived").first)))
    #expect(seen.numbers("goal read") == [2500, 0])
    #expect(seen.numbers("stuffed write") == [0])
    #expect(seen.numbers("stuffed read") == [255, 255, 253, 0, 255, 255, 253, 1, 0])
    let places = seen.numbers("sync written")
    #expect(places.count == 2)
    #expect(zip(places, [2300, 2400]).allSatisfy { abs($0 - $1) <= 3 })
    #expect(seen.numbers("sync read") == [2300, 2400])
    #expect(seen.numbers("fast sync read") == [2300, 2400])
    #expect(seen.numbers("bulk read") == [1, 2350])
    #expect(seen.numbers("registered") == [0, 1, 0, 2300])
    #expect(seen.numbers("action") == [0, 0, 2222])
    #expect(seen.numbers("watchdog on") == [0])
    #expect(seen.numbers("watchdog") == [255, 0])
    #expect(seen.numbers("goal refused") == [4])
    #expect(seen.numbers("watchdog off") == [0])
    #expect(seen.numbers("goal again") == [0])
    #expect((2397...2403).contains(try #require(seen.numbers("arrived again").first)))
    #expect(seen.numbers("clear while moving") == [1])
    #expect(seen.numbers("reboot") == [0])
    #expect(seen.numbers("after reboot") == [0, 0, 0])
    #expect(status.watchdogTrips == 1)
    // A reboot whose answer came too late is asked for once more.
    let states = drive.changes.map(\.state).filter { !$0.hasPrefix("id 2") }
    #expect(
      states.prefix(5)
        == ["position", "bus watchdog error", "position", "rebooting", "torque off"])
    let ours = DynamixelRegister.allCases.flatMap { [$0.rawValue, $0.size] }
    #expect(seen.numbers("table") == ours)
  }

  @Test("its own client finds the servo that is made of it sound")
  func peer() throws {
    let seen = try Seen(try Oracle.python(script: "drives/dynamixel_peer_check.py"))
    #expect(seen.numbers("ping") == [1020, 0])
    #expect(seen.numbers("errors") == [4, 6, 7, 5])
    #expect(seen.numbers("stuffed") == [0, 0, 0xFFFD_FFFF, 0])
    #expect(seen.numbers("locked") == [7])
    #expect((2497...2503).contains(try #require(seen.numbers("arrived").first)))
    #expect((2297...2303).contains(try #require(seen.numbers("arrived again").first)))
    #expect(seen.numbers("sync read") == [2300])
    #expect(seen.numbers("watchdog") == [255])
    #expect(seen.numbers("refused") == [4])
    #expect(seen.numbers("goal again") == [0])
    #expect(seen.numbers("trips") == [1])
    #expect(seen.numbers("after reboot") == [0])
    #expect(seen.numbers("ended") == [0])
  }

  @Test("the servo that is made of it answers the e-Manual's ping, and tells its state")
  func running() throws {
    let peer = try RunningOracle(script: "drives/dynamixel_peer.py")
    let port = try Port(try peer.line())
    port.write(hex("ff ff fd 00 01 03 00 01 19 4e"))
    #expect(
      try port.read(14)
        == DynamixelFrame.status(id: 1, error: 0, [0xFC, 0x03, 45]).bytes)
    try peer.say("state")
    let state = try Seen(Data(try peer.line().utf8))
    #expect(state.numbers("instructions") == [1])
    #expect(state.numbers("torque") == [0])
    peer.end()
    #expect(throws: OracleFault.self) { try peer.line() }
  }
}
