// Formats of compact frames from their files: the two examples lead a joint, and a mistake is told
// with its line.

import Emulators
import Exoskeleton
import Foundation
import RT
import Signal
import TestSupport
import Testing

@testable import Acquire

@Suite("Formats of compact frames from files")
struct CompactFormatFileTests {
  static let eleven = Repository.path("docs/examples/compact-11.toml")
  static let twelve = Repository.path("docs/examples/compact-12.toml")

  static func settings(_ path: String, _ mode: MotionMode = .position) throws -> DriveSettings {
    var settings = DriveSettings(kind: .compact, mode: mode, address: 1)
    settings.compact = try CompactFormatFile.read(path)
    // A loaded machine lets an emulated drive wait.
    settings.silenceMaximum = .seconds(20)
    return settings
  }

  static func step(
    _ link: inout ExoskeletonLink, _ governor: inout Governor, _ demand: Demand
  ) {
    link.poll()
    let now = MonotonicInstant.now()
    link.send(
      governor.step(
        GovernorInput(
          now: now, lastFrame: now, lastDecision: now, demand: demand,
          lastAcknowledgement: link.lastAcknowledgement, isLinkGone: link.isGone,
          joint: link.joint, signal: SignalHealth(), lastHeartbeat: nil)))
    usleep(10_000)
  }

  /// Steps until something is so; a minute at most. Arms whenever it is disarmed.
  static func run(
    _ link: inout ExoskeletonLink, _ governor: inout Governor, _ demand: Demand,
    isArmed: Bool = true,
    until isSo: (borrowing ExoskeletonLink, borrowing Governor) -> Bool
  ) -> Bool {
    let deadline = MonotonicInstant.now() + .seconds(60)
    while MonotonicInstant.now() < deadline {
      if isArmed, governor.state == .disarmed { governor.arm() }
      step(&link, &governor, demand)
      if isSo(link, governor) { return true }
    }
    return false
  }

  @Test(
    "an example's file leads a joint to its place, and lets it go",
    arguments: [(eleven, CompactDialect.eleven), (twelve, .twelve)])
  func moves(path: String, dialect: CompactDialect) throws {
    let drive = try VirtualDrive(drive: CompactDrive(dialect, watchdog: .milliseconds(400)))
    try drive.start()
    defer { drive.stop() }
    var link = ExoskeletonLink(
      port: try SerialPort(path: drive.path, baud: 115_200), settings: try Self.settings(path))
    let identity = try link.connect(timeout: .seconds(20))
    #expect(identity.name == "example drive, \(dialect == .eleven ? 11 : 12) bytes")
    #expect(identity.watchdog == .unknown(usual: .milliseconds(200)))
    let limits = try GovernorLimits(
      velocityMaximum: 200, accelerationMaximum: 600, jerkMaximum: 6000, effortMaximum: 60,
      frameTimeout: .seconds(1), acknowledgementTimeout: .seconds(2))
    var governor = Governor(limits: limits)
    let isThere = Self.run(&link, &governor, .moveTo(degrees: 40)) { link, _ in
      abs(drive.status.positionDegrees - 40) < 0.2
        && link.joint.map { abs($0.positionDegrees - 40) < 0.2 && $0.state == .moving } == true
    }
    #expect(isThere)
    let counts = link.counts
    #expect(counts.acknowledged > 20)
    #expect(counts.checksumErrors == 0)
    #expect(counts.skippedBytes == 0)
    let isFree = Self.run(&link, &governor, .neutral) { link, _ in
      !drive.status.isDriven && link.joint?.state == .neutral
    }
    #expect(isFree)
    // The host stalls: its watchdog bites, and the governor hears of it.
    let isMoving = Self.run(&link, &governor, .moveTo(degrees: 20)) { _, _ in
      drive.status.state == "moving"
    }
    #expect(isMoving)
    let trips = drive.status.watchdogTrips
    for _ in 0..<20_000 where drive.status.watchdogTrips == trips { usleep(1_000) }
    #expect(drive.status.watchdogTrips == trips + 1)
    let isHeard = Self.run(&link, &governor, .moveTo(degrees: 20), isArmed: false) { _, governor in
      governor.latchedCauses.contains(.exoskeletonFault)
    }
    #expect(isHeard)
    let code = link.joint?.faultCode
    #expect(code == 1)
    governor.disarm()
    let isMovingAgain = Self.run(&link, &governor, .moveTo(degrees: 30)) { _, governor in
      governor.state == .active
    }
    #expect(isMovingAgain)
    drive.raiseFault()
    let isGivenUp = Self.run(&link, &governor, .moveTo(degrees: 30)) { link, governor in
      governor.latchedCauses.contains(.exoskeletonFault) && link.joint?.faultCode == 7
    }
    #expect(isGivenUp)
    governor.stop(.operatorCommand)
    let isStopped = Self.run(&link, &governor, .neutral) { _, _ in drive.status.state == "fault 7" }
    #expect(isStopped)
    drive.unplug()
    let isGone = Self.run(&link, &governor, .neutral) { link, _ in link.isGone }
    #expect(isGone)
  }

  @Test(
    "an example's file pushes a joint",
    arguments: [(eleven, CompactDialect.eleven), (twelve, .twelve)])
  func pushes(path: String, dialect: CompactDialect) throws {
    let drive = try VirtualDrive(drive: CompactDrive(dialect, watchdog: .seconds(20)))
    try drive.start()
    defer { drive.stop() }
    var link = ExoskeletonLink(
      port: try SerialPort(path: drive.path, baud: 115_200),
      settings: try Self.settings(path, .effort))
    try link.connect(timeout: .seconds(20))
    let limits = try GovernorLimits(
      velocityMaximum: 200, effortMaximum: 60, frameTimeout: .seconds(1),
      acknowledgementTimeout: .seconds(2))
    var governor = Governor(limits: limits, mode: .effort)
    let isPushed = Self.run(&link, &governor, .exert(newtonMetres: 1.5)) { link, _ in
      abs(drive.status.effortNewtonMetres - 1.5) < 0.01
    }
    #expect(isPushed)
  }

  @Test("noise costs answers; a wrong joint, a wrong format and a missing one are sentences")
  func trouble() throws {
    let drive = try VirtualDrive(drive: CompactDrive(.twelve, watchdog: .seconds(20)))
    try drive.start()
    defer { drive.stop() }
    func refusal(_ settings: DriveSettings) throws -> String? {
      var link = ExoskeletonLink(
        port: try SerialPort(path: drive.path, baud: 115_200), settings: settings)
      do throws(LinkFault) {
        try link.connect(timeout: .milliseconds(300))
        return nil
      } catch {
        return error.message
      }
    }
    var wrongJoint = try Self.settings(Self.twelve)
    wrongJoint.address = 2
    #expect(try refusal(wrongJoint)?.contains("nothing answered") == true)
    #expect(try refusal(try Self.settings(Self.eleven))?.contains("nothing answered") == true)
    #expect(try refusal(DriveSettings(kind: .compact))?.contains("no layout is given") == true)
    drive.disturb(.garbled(every: 1))
    #expect(try refusal(try Self.settings(Self.twelve))?.contains("but no frame") == true)
    drive.disturb(.none)
    #expect(try refusal(try Self.settings(Self.twelve)) == nil)
  }

  // MARK: Mistakes

  static func refusal(_ change: (String) -> String) throws -> String? {
    let text = try String(contentsOfFile: eleven, encoding: .utf8)
    let changed = change(text)
    #expect(changed == text || !changed.isEmpty)
    do throws(Failure) {
      _ = try CompactFormatFile(path: "knee.toml", text: changed).format()
      return nil
    } catch {
      return error.sentence
    }
  }

  @Test(
    "a mistake is told with its line",
    arguments: [
      ("length = 11", "length = 9", "knee.toml:", "but the frame of 9 bytes"),
      ("code = 0x22", "code = 0x20", "knee.toml:52:", "its code is that of [commands.motion]"),
      (
        "velocity = { at = 4, type = \"i16\", scale = 10 }\nacceleration",
        "velocity = { at = 3, type = \"i16\", scale = 10 }\nacceleration", "knee.toml:44:",
        "both stand in byte 3"
      ),
      (
        "fault = { at = 9, type = \"u8\" }", "fault = { at = 9, type = \"u16\" }", "knee.toml:67:",
        "[replies.joint]"
      ),
      ("type = \"u8\" }\nfault", "type = \"u9\" }\nfault", "knee.toml:66:", "one of u8, i8"),
      ("[commands.stop]", "[commands.halt]", "knee.toml:54:", "[commands] has no `halt`"),
      ("checksum = \"sum8\"", "checksum = \"sum\"", "knee.toml:18:", "one of sum8"),
      ("disarmed = [0]", "disarmed = [1]", "knee.toml:", "at once"),
      ("start = [0x55]", "start = [0x155]", "knee.toml:25:", "each 0 to 255"),
      ("start = [0xAA]", "begin = [0xAA]", "knee.toml:14:", "has no `begin`"),
      ("name = \"example drive, 11 bytes\"", "name = 3", "knee.toml:9:", "must be a text"),
      ("watchdog-ms = 200", "watchdog-ms = 0", "knee.toml:", "must be 1 to 60000"),
      (
        "watchdog-ms = 200", "watchdog-ms = 9223372036854775807", "knee.toml:",
        "must be 1 to 60000"
      ),
      (
        "fault = { at = 9, ", "fault = { at = 9223372036854775807, ", "knee.toml:67:",
        "must be -64 to 63"
      ),
      (
        "checksum-at = 10", "checksum-at = 9223372036854775807", "knee.toml:19:",
        "must be -64 to 63"
      ),
      ("code-at = 1", "code-at = [1", "knee.toml:18:", "Error while parsing array"),
    ])
  func mistakes(old: String, new: String, line: String, words: String) throws {
    let sentence = try Self.refusal { text in
      #expect(text.contains(old))
      return text.replacing(old, with: new, maxReplacements: 1)
    }
    let told = try #require(sentence)
    #expect(told.hasPrefix(line), "\(told)")
    #expect(told.contains(words), "\(told)")
  }

  @Test("a file that is not there is told by its path")
  func missing() {
    #expect(throws: Failure.self) { _ = try CompactFormatFile.read("/nowhere/knee.toml") }
  }
}
