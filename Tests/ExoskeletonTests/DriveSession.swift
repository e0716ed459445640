// A drive of another maker at the far end of a pseudo-terminal, our governor at the near one; and a
// protocol alone, byte by byte.

import Emulators
import Foundation
import HeapCounter
import RT
import TestSupport
import Testing

@testable import Exoskeleton

/// A drive under way, ended when the test is.
final class DriveUnderWay {
  let drive: VirtualDrive

  init(_ drive: any Drive) throws {
    self.drive = try VirtualDrive(drive: drive)
    try self.drive.start()
  }

  deinit { drive.stop() }
}

/// One session: a drive, a link, a governor, and what the decoding thread would do.
struct DriveSession: ~Copyable {
  private let running: DriveUnderWay
  var drive: VirtualDrive { running.drive }
  var link: ExoskeletonLink
  var governor: Governor
  var commands: [Command] = []
  var heapCalls: UInt64 = 0

  static func limits(
    acknowledgementTimeout: Nanoseconds = .seconds(2), velocityMaximum: Double = 200
  ) throws -> GovernorLimits {
    try GovernorLimits(
      velocityMaximum: velocityMaximum, accelerationMaximum: 600, jerkMaximum: 6000,
      effortMaximum: 60, effortRateMaximum: 1000, followingErrorMaximum: 360,
      controlPeriod: .milliseconds(20),
      frameTimeout: .seconds(1), acknowledgementTimeout: acknowledgementTimeout)
  }

  init(
    _ drive: any Drive, _ settings: DriveSettings, mode: MotionMode = .position,
    limits: GovernorLimits? = nil
  ) throws {
    let running = try DriveUnderWay(drive)
    var settings = settings
    settings.mode = mode
    // A loaded machine lets an emulated drive wait; what silence does is WireCase's to show.
    settings.silenceMaximum = .seconds(20)
    var link = ExoskeletonLink(
      port: try SerialPort(path: running.drive.path, baud: settings.kind.usualBaud),
      settings: settings)
    try link.connect(timeout: .seconds(20))
    let limits = try limits ?? Self.limits()
    self.running = running
    self.link = link
    governor = Governor(limits: limits, mode: mode)
  }

  mutating func step(_ demand: Demand) {
    let before = heap_counter_calls_of_this_thread()
    link.poll()
    let now = MonotonicInstant.now()
    let command = governor.step(
      GovernorInput(
        now: now, lastFrame: now, lastDecision: now, demand: demand,
        lastAcknowledgement: link.lastAcknowledgement, isLinkGone: link.isGone,
        joint: link.joint, signal: SignalHealth(), lastHeartbeat: nil))
    link.send(command)
    heapCalls += heap_counter_calls_of_this_thread() - before
    commands.append(command)
  }

  /// Steps until something is so; false when it does not come about in a minute.
  mutating func run(_ demand: Demand, until isSo: (borrowing DriveSession) -> Bool) -> Bool {
    let deadline = MonotonicInstant.now() + .seconds(60)
    while MonotonicInstant.now() < deadline {
      step(demand)
      if isSo(self) { return true }
      usleep(15_000)
    }
    return false
  }

  /// Arms, as often as a loaded machine needs, until the governor moves.
  mutating func start(_ demand: Demand) throws {
    let isActive = run(demand) { $0.governor.state == .active || $0.governor.state == .disarmed }
    if isActive, governor.state == .active { return }
    for _ in 0..<20 {
      governor.arm()
      let isDecided = run(demand) { session in
        session.governor.state == .active || session.governor.state == .disarmed
      }
      try #require(isDecided)
      if governor.state == .active { return }
    }
    Issue.record("it does not arm: \(governor.armRefusal?.message ?? "no reason")")
  }

  /// What a person would read when a drive is asked that does something else.
  static func refusal(
    _ drive: any Drive, _ settings: DriveSettings, timeout: Nanoseconds = .milliseconds(600),
    prepare: (VirtualDrive) -> Void = { _ in }
  ) throws -> String? {
    let running = try DriveUnderWay(drive)
    prepare(running.drive)
    var link = ExoskeletonLink(
      port: try SerialPort(path: running.drive.path, baud: settings.kind.usualBaud),
      settings: settings)
    do throws(LinkFault) {
      try link.connect(timeout: timeout)
      return nil
    } catch {
      return error.message
    }
  }
}

/// A protocol without a line.
struct WireCase: ~Copyable {
  var wire: Wire
  var now = MonotonicInstant(nanoseconds: 1_000_000_000)
  private var sequence: UInt16 = 0

  /// A silence of any length, unless a test is about it.
  init(_ settings: DriveSettings, silenceMaximum: Nanoseconds = .seconds(1_000_000)) {
    var settings = settings
    settings.silenceMaximum = silenceMaximum
    wire = Wire(settings)
  }

  /// The bytes of a command, a second after the one before.
  mutating func encode(_ command: Command, after span: Nanoseconds = .seconds(1)) -> (
    bytes: [UInt8], asks: Bool
  ) {
    now = now + span
    var memory = [UInt8](repeating: 0, count: 256)
    var asks = false
    let time = now
    let number = sequence
    sequence &+= 1
    let count = unsafe memory.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return 0 }
      var out = unsafe ByteWriter(base, capacity: 256)
      asks = wire.encode(command, sequence: number, at: time, into: &out)
      return out.byteCount
    }
    return (Array(memory[..<count]), asks)
  }

  /// What is understood of bytes that come, at most 256 at once.
  mutating func receive(_ bytes: [UInt8]) -> [DriveReply] {
    var replies: [DriveReply] = []
    var rest = bytes[...]
    var memory = [UInt8](repeating: 0, count: 256)
    while !rest.isEmpty {
      let piece = Array(rest.prefix(256))
      rest = rest.dropFirst(piece.count)
      unsafe piece.withUnsafeBytes { unsafe wire.freeMemory().copyMemory(from: $0) }
      wire.received(byteCount: piece.count)
      let time = now
      unsafe memory.withUnsafeMutableBytes { memory in
        guard let base = memory.baseAddress else { return }
        var out = unsafe ByteWriter(base, capacity: 256)
        while let reply = wire.next(at: time, into: &out) { replies.append(reply) }
      }
    }
    return replies
  }
}

/// What only a governor can make.
enum Setpoints {
  private static func step(_ mode: MotionMode, at degrees: Double, _ demand: Demand) throws
    -> Command
  {
    let limits = try GovernorLimits(
      positionMinimum: -360, positionMaximum: 360, effortMaximum: 500, effortRateMaximum: 100_000)
    var governor = Governor(limits: limits, mode: mode)
    governor.arm()
    let joint = JointState(
      deviceMicroseconds: 0, positionDegrees: degrees, velocityDegreesPerSecond: 0,
      effortNewtonMetres: .nan, state: .moving, faults: [], faultCode: 0)
    var command = Command.neutral
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    for _ in 0..<8 {
      now = now + .milliseconds(20)
      command = governor.step(
        GovernorInput(
          now: now, lastFrame: now, lastDecision: now, demand: demand, lastAcknowledgement: now,
          isLinkGone: false, joint: joint, signal: SignalHealth(), lastHeartbeat: nil))
    }
    return command
  }

  /// Be there, at rest.
  static func motion(_ degrees: Double) throws -> Command {
    let command = try step(.position, at: degrees, .hold)
    guard case .motion(let setpoint) = command, setpoint.positionDegrees == degrees else {
      throw EmulatorFault.unsuitable(what: "a motion to \(degrees)", remedy: "not \(command)")
    }
    return command
  }

  static func effort(_ newtonMetres: Double) throws -> Command {
    let command = try step(.effort, at: 0, .exert(newtonMetres: newtonMetres))
    guard case .exert(let setpoint) = command, setpoint.newtonMetres == newtonMetres else {
      throw EmulatorFault.unsuitable(what: "\(newtonMetres) N·m", remedy: "not \(command)")
    }
    return command
  }
}

extension [UInt8] {
  /// As a manual prints them.
  init(hex text: String) { self = text.split(separator: " ").compactMap { UInt8($0, radix: 16) } }

  var hex: String {
    map { (UInt8($0) < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
      .joined(separator: " ")
  }
}
