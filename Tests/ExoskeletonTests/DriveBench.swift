// A session with an emulated drive over a pseudo-terminal: link, governor, and the loop that would
// run on the decoding thread. Times are generous: what is asserted is what happens, not how fast.

import Emulators
import Foundation
import RT
import TestSupport
import Testing

@testable import Exoskeleton

/// The drives that the same things are asked of.
enum DriveRig: CaseIterable, Sendable {
  case dynamixel, odrive

  /// - Parameters:
  ///   - watchdog: what the drive's own is set to.
  ///   - controlPeriod: long, so that a loaded machine is no silent drive.
  func settings(
    watchdog: Nanoseconds = .milliseconds(2500), controlPeriod: Nanoseconds = .milliseconds(100)
  ) throws -> DriveSettings {
    switch self {
    case .dynamixel:
      // The middle of the turn is the joint's 0.
      DriveSettings(
        kind: .dynamixel,
        gearing: try Gearing(ratio: 1, zeroDegrees: 180, newtonMetresPerAmpere: 15.6),
        watchdog: watchdog, controlPeriod: controlPeriod)
    case .odrive:
      DriveSettings(
        kind: .odrive, gearing: try Gearing(ratio: 50), address: 0, watchdog: watchdog,
        controlPeriod: controlPeriod)
    }
  }

  var baud: UInt32 {
    switch self {
    case .dynamixel: 1_000_000
    case .odrive: 115_200
    }
  }

  func drive() throws -> any Drive {
    switch self {
    case .dynamixel:
      var options = DynamixelOptions()
      options.baudRate = .b1M
      // A loaded machine may hand over two packets at once that were sent apart: no collision.
      options.isHalfDuplex = false
      return try DynamixelBus(options: options)
    case .odrive: return ODriveDrive()
    }
  }
}

/// Ended when the test is.
final class RunningDrive {
  let drive: VirtualDrive

  init(_ drive: any Drive) throws {
    self.drive = try VirtualDrive(drive: drive)
    try self.drive.start()
  }

  deinit { drive.stop() }
}

struct DriveBench: ~Copyable {
  private let running: RunningDrive
  var drive: VirtualDrive { running.drive }
  var link: ExoskeletonLink
  var governor: Governor
  let identity: ExoskeletonIdentity
  var roundTrips = LatencyHistogram()
  var commands: [Command] = []
  private var nextCommand = MonotonicInstant.now()

  /// - Parameters: `drive` and `settings` in the place of the rig's own.
  init(
    _ rig: DriveRig, watchdog: Nanoseconds = .milliseconds(2500), drive: (any Drive)? = nil,
    settings: DriveSettings? = nil, baud: UInt32? = nil
  ) throws {
    let settings = try settings ?? rig.settings(watchdog: watchdog)
    let running = try RunningDrive(drive ?? rig.drive())
    var link = ExoskeletonLink(
      port: try SerialPort(path: running.drive.path, baud: baud ?? rig.baud), settings: settings)
    let identity = try link.connect(timeout: .seconds(20))
    let limits = try GovernorLimits(
      velocityMaximum: 60, accelerationMaximum: 300, jerkMaximum: 3000, effortMaximum: 45,
      followingErrorMaximum: 360,
      controlPeriod: .milliseconds(200), frameTimeout: .seconds(1),
      acknowledgementTimeout: .seconds(2))
    self.identity = identity
    self.running = running
    self.link = link
    governor = Governor(limits: limits, mode: settings.mode)
  }

  /// A look at the line; every 20 ms a command.
  mutating func step(_ demand: Demand) {
    link.poll(roundTrips: &roundTrips)
    let now = MonotonicInstant.now()
    guard now >= nextCommand else { return }
    nextCommand = now + .milliseconds(20)
    let command = governor.step(
      GovernorInput(
        now: now, lastFrame: now, lastDecision: now, demand: demand,
        lastAcknowledgement: link.lastAcknowledgement, isLinkGone: link.isGone,
        joint: link.joint, signal: SignalHealth(), lastHeartbeat: nil))
    commands.append(command)
    link.send(command)
  }

  /// Steps until something is so; false when it does not come about in forty seconds.
  mutating func run(_ demand: Demand, until isSo: (borrowing DriveBench) -> Bool) -> Bool {
    let deadline = MonotonicInstant.now() + .seconds(40)
    while MonotonicInstant.now() < deadline {
      step(demand)
      if isSo(self) { return true }
      usleep(2_000)
    }
    return false
  }

  /// Armed, and under way to 60°, as often as a loaded machine's late steps need it.
  mutating func startMoving() throws {
    governor.arm()
    let isMoving = run(.moveTo(degrees: 60)) { $0.drive.status.positionDegrees > 14 }
    let joint = link.joint
    try #require(isMoving, "state \(governor.state), joint \(String(describing: joint))")
  }

  func isAt(_ degrees: Double) -> Bool {
    let status = drive.status
    return abs(status.positionDegrees - degrees) < 0.4
      && abs(status.velocityDegreesPerSecond) < 1
  }
}
