// Drives on a real pseudo-terminal: who talks to them, and what befalls them.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators

@Suite("A virtual drive")
struct VirtualDriveTests {
  private static let getValues = hex("02 01 04 40 84 03")

  @Test("a host finds it at its link, asks it, moves it, and leaves it to its timeout")
  func session() throws {
    let folder = try TemporaryFolder()
    var options = VESCOptions()
    options.timeout = .milliseconds(200)
    let drive = try VirtualDrive(drive: VESCDrive(options: options), link: folder.path("vesc"))
    try drive.start()
    let port = try Port(folder.path("vesc"))
    port.write(Self.getValues)
    let answer = try port.read(74 + 5)
    #expect(answer == vescFrame(Array(answer[2..<76])))
    try eventually("it moved") {
      port.write(vescCommand(9, 40_000_000))
      return drive.status.positionDegrees > 12
    }
    try eventually("its timeout bit") { drive.status.state == "timeout" }
    #expect(drive.status.watchdogTrips >= 1)
    #expect(!drive.status.isDriven)
    let driven = try #require(drive.changes.first { $0.state == "CONTROL_MODE_POS" })
    #expect(driven.isDriven)
    #expect(drive.changes.last?.state == "timeout")
    #expect(drive.changes.last?.isDriven == false)
    drive.stop()
  }

  @Test("mute it obeys without an answer; with noise on the line its answers are damaged")
  func disturbances() throws {
    let drive = try VirtualDrive(drive: VESCDrive())
    try drive.start()
    let port = try Port(drive.path)
    drive.disturb(.mute)
    port.write(Self.getValues + vescCommand(6, 1_000))
    try eventually("it obeyed") { drive.status.motionCommands == 1 }
    #expect(port.readAvailable() == [])
    drive.disturb(.garbled(every: 2))
    port.write(Self.getValues + Self.getValues)
    let answers = try port.read(2 * 79)
    #expect(Array(answers[..<79]) == vescFrame(Array(answers[2..<76])))
    #expect(Array(answers[79...]) != vescFrame(Array(answers[81..<155])))
    drive.stop()
  }

  @Test("stalled it reads nothing, its own rules hold, and afterwards it reads what is there")
  func stalled() throws {
    var options = VESCOptions()
    options.timeout = .milliseconds(50)
    let drive = try VirtualDrive(drive: VESCDrive(options: options))
    try drive.start()
    let port = try Port(drive.path)
    port.write(vescCommand(6, 1_000))
    try eventually("it was driven") { drive.status.motionCommands == 1 }
    drive.disturb(.stalled)
    try eventually("its timeout bit") { drive.status.watchdogTrips >= 1 }
    let before = drive.status.motionCommands
    // From the turn on in which its timeout bit, it has not listened.
    port.write(vescCommand(6, 1_000))
    usleep(50_000)
    #expect(drive.status.motionCommands == before)
    drive.disturb(.none)
    try eventually("it reads again") { drive.status.motionCommands == before + 1 }
    drive.stop()
  }

  @Test("unplugged it hangs its host up and is left to its timeout; a fault is its own")
  func unplugged() throws {
    let drive = try VirtualDrive(drive: VESCDrive())
    try drive.start()
    let port = try Port(drive.path)
    drive.raiseFault()
    try eventually("the fault shows") {
      drive.changes.contains { $0.state == "FAULT_CODE_ABS_OVER_CURRENT" }
    }
    try eventually("it is driven, when the fault is over") {
      port.write(vescCommand(6, 1_000))
      return drive.status.isDriven
    }
    drive.unplug()
    try eventually("the line is gone") { port.readAvailable() == nil }
    try eventually("its timeout bit") { drive.status.state == "timeout" }
    #expect(drive.status.watchdogTrips >= 1)
    drive.stop()
  }

  @Test("a drive that is gone takes its link along")
  func link() throws {
    let folder = try TemporaryFolder()
    do {
      let drive = try VirtualDrive(drive: VESCDrive(), link: folder.path("vesc"))
      #expect(FileManager.default.fileExists(atPath: folder.path("vesc")))
      #expect(throws: EmulatorFault.linkOccupied(path: folder.path("file"))) {
        try Data("mine".utf8).write(to: URL(fileURLWithPath: folder.path("file")))
        _ = try VirtualDrive(drive: VESCDrive(), link: folder.path("file"))
      }
      drive.stop()
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("vesc")))
  }
}
