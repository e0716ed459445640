// A driver and an emulated drive in one thread and in a time of their own: exact, and as fast as
// the machine. What goes over the line between them may be damaged.

import Emulators
import RT
import TestSupport

@testable import Emulators
@testable import Exoskeleton

@safe
struct DriveRehearsal: ~Copyable {
  var drive: any Drive
  var wire: Wire
  var governor: Governor
  /// What becomes of bytes in either direction.
  var noise: (([UInt8]) -> [UInt8])?
  /// Nothing is sent: the host has stopped.
  var isHostDead = false
  /// The drive hears, and is not heard.
  var isMute = false
  private(set) var now: MonotonicInstant
  private(set) var joint: JointState?
  private(set) var lastAcknowledgement: MonotonicInstant?
  private(set) var commands: [Command] = []
  private(set) var replies: [DriveReply] = []
  /// Everything that was written, in the order in which it was.
  private(set) var written: [[UInt8]] = []
  /// Where the joint really was, each millisecond.
  private(set) var positions: [Double] = []
  /// Each write's time, by the number of its command.
  private var times: [MonotonicInstant] = []
  private let memory: UnsafeMutableRawPointer

  /// A drive that has been asked everything that is asked before a session.
  init(_ rig: DriveRig, mode: MotionMode = .position) throws {
    let now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    var settings = try rig.settings(
      watchdog: .milliseconds(100), controlPeriod: .milliseconds(20))
    settings.mode = mode
    let limits = try GovernorLimits(
      velocityMaximum: 60, accelerationMaximum: 300, jerkMaximum: 3000, effortMaximum: 45)
    let drive: any Drive = try Self.drive(rig, mode: mode, now: now)
    self.now = now
    self.drive = drive
    lastAcknowledgement = now
    governor = Governor(limits: limits, mode: mode)
    unsafe memory = .allocate(byteCount: 512, alignment: 8)
    wire = Wire(settings)
    learn(rig)
  }

  private static func drive(_ rig: DriveRig, mode: MotionMode, now: MonotonicInstant) throws
    -> any Drive
  {
    switch rig {
    case .dynamixel:
      var options = DynamixelOptions()
      options.baudRate = .b1M
      var bus = try DynamixelBus(options: options, now: now)
      bus.servos[0].table[.busWatchdog] = 5
      if mode == .effort { bus.servos[0].table[.operatingMode] = 0 }
      return bus
    case .odrive:
      var odrive = ODriveDrive(now: now)
      // Set as before a session, and not saved: a restart forgets it.
      odrive.axes[0].configuration.watchdogSeconds = 0.1
      odrive.axes[0].feedWatchdog()
      odrive.axes[0].configuration.isWatchdogEnabled = true
      if mode == .effort { odrive.axes[0].configuration.controlMode = 1 }
      return odrive
    }
  }

  /// What the link would have learned before a session.
  mutating func learn(_ rig: DriveRig, address: Int = 0) {
    switch rig {
    case .dynamixel:
      wire.dynamixel.amperesPerCount = 0.00269
      wire.dynamixel.currentMaximum = 1193
      wire.dynamixel.noteIdentified(isTorqueOn: false)
    case .odrive:
      wire.odrive.noteIdentified(
        ODriveVocabulary(
          axis: address, generation: .five, tellsCurrent: true, watchdogSeconds: 0.1))
      wire.odrive.torqueConstant = 0.04
    }
  }

  deinit { unsafe memory.deallocate() }

  /// What a class of commands is, and nothing of its numbers.
  static func name(_ command: Command?) -> String {
    switch command {
    case nil: "none"
    case .identify: "identify"
    case .heartbeat: "heartbeat"
    case .neutral: "neutral"
    case .motion: "motion"
    case .exert: "exert"
    case .stop: "stop"
    case .arm: "arm"
    case .disarm: "disarm"
    case .release: "release"
    }
  }

  @discardableResult
  mutating func send(_ command: Command) -> Bool {
    var out = unsafe ByteWriter(memory, capacity: 512)
    let asks = wire.encode(
      command, sequence: UInt16(truncatingIfNeeded: times.count), at: now, into: &out)
    times.append(now)
    write(out)
    return asks
  }

  private mutating func write(_ out: borrowing ByteWriter) {
    guard out.byteCount > 0 else { return }
    let bytes = unsafe Array(out.bytes(from: 0))
    written.append(bytes)
    var turn = Turn()
    drive.receive(noise?(bytes) ?? bytes, at: now, into: &turn)
    deliver(turn.bytes)
  }

  private mutating func deliver(_ bytes: [UInt8]) {
    guard !bytes.isEmpty, !isHostDead, !isMute else { return }
    let bytes = noise?(bytes) ?? bytes
    let room = unsafe wire.freeMemory()
    let count = min(bytes.count, room.count)
    unsafe room.copyBytes(from: bytes[..<count])
    wire.received(byteCount: count)
  }

  /// A millisecond; at the beginning of every twentieth a command of the governor's.
  mutating func pass(_ demand: Demand, milliseconds: Int = 1) {
    for _ in 0..<milliseconds {
      idle()
      if positions.count % 20 == 0, !isHostDead { control(demand) }
    }
  }

  /// The same, and nothing is commanded.
  mutating func idle(milliseconds: Int = 1) {
    for _ in 0..<milliseconds {
      now = now + .milliseconds(1)
      var turn = Turn()
      drive.advance(to: now, into: &turn)
      deliver(turn.bytes)
      positions.append(drive.status.positionDegrees)
      if !isHostDead { take() }
    }
  }

  private mutating func take() {
    var out = unsafe ByteWriter(memory, capacity: 512)
    while let reply = wire.next(at: now, into: &out) {
      replies.append(reply)
      if let joint = reply.joint { self.joint = joint }
      if let sequence = reply.sequence { lastAcknowledgement = times[Int(sequence)] }
    }
    write(out)
  }

  private mutating func control(_ demand: Demand) {
    let command = governor.step(
      GovernorInput(
        now: now, lastFrame: now, lastDecision: now, demand: demand,
        lastAcknowledgement: lastAcknowledgement, isLinkGone: false, joint: joint,
        signal: SignalHealth(), lastHeartbeat: nil))
    commands.append(command)
    send(command)
  }

  /// Milliseconds until something is so; nil: it did not come about within so many.
  mutating func pass(
    _ demand: Demand, atMost milliseconds: Int, until isSo: (borrowing DriveRehearsal) -> Bool
  ) -> Int? {
    for passed in 0..<milliseconds {
      if isSo(self) { return passed }
      pass(demand)
    }
    return nil
  }

  func isAt(_ degrees: Double) -> Bool {
    abs(drive.status.positionDegrees - degrees) < 0.4
      && abs(drive.status.velocityDegreesPerSecond) < 1
  }
}

/// Damages at most one byte of each message, in one of the ways of a bad cable.
struct BadCable {
  var random: SplitMix64
  /// One message in so many.
  var period: UInt64

  mutating func carry(_ bytes: [UInt8]) -> [UInt8] {
    guard random.next() % period == 0, !bytes.isEmpty else { return bytes }
    var bytes = bytes
    let place = Int(random.next() % UInt64(bytes.count))
    switch random.next() % 4 {
    case 0: bytes[place] ^= 1 << UInt8(random.next() % 8)
    case 1: bytes.remove(at: place)
    case 2: bytes.insert(UInt8(random.next() & 0xFF), at: place)
    default: bytes = Array(bytes[..<place])
    }
    return bytes
  }
}
