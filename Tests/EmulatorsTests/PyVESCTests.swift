// pyvesc, which others have written, drives the emulated VESC.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators

/// What Tests/Oracles/exoskeleton/pyvesc_drives.py prints.
private struct VESCExchange: Decodable {
  var sent: String
  var payload: String
}

@Suite("pyvesc drives")
struct PyVESCTests {
  @Test("a VESC: every command it has is obeyed, and every answer is a frame to it")
  func drives() throws {
    let drive = try VirtualDrive(drive: VESCDrive())
    try drive.start()
    let output = try Oracle.python(
      script: "exoskeleton/pyvesc_drives.py", arguments: [drive.path])
    let exchanges = try JSONDecoder().decode([VESCExchange].self, from: output)
    drive.stop()
    #expect(
      exchanges.map { hex($0.sent) } == [
        vescCommand(6, 1_500), vescCommand(8, 1_000), vescCommand(5, 2_000), vescCommand(7, 5_000),
        vescCommand(9, 40_000_000),
      ])
    for exchange in exchanges {
      let payload = hex(exchange.payload)
      try #require(payload.count == 74)
      #expect(payload[0] == 4)
      let degrees = try #require(VESCNumbers.int32(payload, at: 54))
      #expect((9_900_000...60_000_000).contains(degrees))
    }
    #expect(
      drive.changes.map(\.state).prefix(5) == [
        "CONTROL_MODE_CURRENT", "CONTROL_MODE_SPEED", "CONTROL_MODE_DUTY",
        "CONTROL_MODE_CURRENT_BRAKE", "CONTROL_MODE_POS",
      ])
    #expect(drive.status.badFrames == 0)
  }
}
