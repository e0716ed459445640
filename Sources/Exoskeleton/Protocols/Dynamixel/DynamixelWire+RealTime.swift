// Real-time: the decoding thread. A Dynamixel servo on its half-duplex line.
//
// One instruction, its status, then the next: while a status is due nothing else goes out, except
// what sets the joint free. A command is a row of such steps, put into `out` one after another as
// the statuses come, and ends with a read of the joint; that is its acknowledgement. A command that
// comes while a row is under way is not taken, and a later one takes its place.
//
//   motion, exert      goal, [torque on,] [checks,] present
//   neutral, stop …    torque off, present          at once, whatever is due
//   arm, disarm        torque off, [watchdog off, watchdog on, watchdog read,] present
//   heartbeat          present
//
// The torque goes on only after the servo has acknowledged a goal, so that the joint never jumps to
// a goal of before. When the bus watchdog has bitten the servo stops, holds its place with torque
// and refuses goals (e-Manual, Bus Watchdog (98)); only `arm` and `disarm` lift that. Every eighth
// motion asks whether the torque is on still, every sixteenth whether the watchdog is set still,
// and both are asked after each row that was given up, before any torque: a servo that was switched
// off and on again has neither. One that was silent for as long as that takes has left service,
// whatever it says then.

internal import RT
internal import Signal

struct DynamixelWire: Sendable {
  private enum Step {
    case none, quarantine
    case goal, torqueOn, torqueOff, watchdogOff, watchdogOn
    case readTorque, readHardware, readWatchdog, present
  }

  private enum Torque {
    case unknown, on, off
  }

  /// The time of a step at which its status is given up. At least 30 ms: a USB adapter may keep
  /// bytes for 16 ms.
  private let patience: Nanoseconds
  /// How long nothing is asked then.
  private let quarantine: Nanoseconds
  private let id: UInt8
  private let gearing: Gearing
  let watchdogUnits: UInt8

  // What is read before a session.
  var countsMinimum: Int32 = 0
  var countsMaximum: Int32 = 4095
  var currentMaximum: Int32 = 0
  /// NaN: the servo has no such sensor.
  var amperesPerCount = Double.nan

  private var state: HostedState
  private var torque = Torque.unknown
  private var isBitten = false
  /// It left service by itself: its torque went off, or it was switched off and on, or was silent
  /// for so long that it may have been.
  private var hasLeft = false
  private var hardwareError: UInt8 = 0

  private var step = Step.none
  private var since = MonotonicInstant(nanoseconds: 0)
  private var sequence: UInt16 = 0
  private var isRefused = false
  /// The row sets the joint free, and the servo has said that it did.
  private var isFreeing = false
  private var setsWatchdog = false
  private var wantsTorque = false
  private var wantsHardware = false
  private var wantsWatchdog = false
  private var motionsSinceCheck = 0
  /// Rows in a row that were given up without any status.
  private var failures = 0
  private var isHushed = false
  /// Since the hush began the servo was told once to set the joint free.
  private var isFreedInHush = false

  init(_ settings: DriveSettings) {
    id = UInt8(truncatingIfNeeded: settings.address)
    gearing = settings.gearing
    patience = max(settings.controlPeriod * 2, .milliseconds(30))
    quarantine = max(settings.controlPeriod, .milliseconds(15))
    state = HostedState(settings)
    // Whole units, rounded down; one that cannot be is refused before a session.
    let units = settings.watchdog.rawValue / DynamixelUnit.watchdog
    watchdogUnits = UInt8(exactly: units) ?? 0
  }

  /// What was read before a session.
  @_noLocks @_noAllocation
  mutating func noteIdentified(isTorqueOn: Bool) {
    torque = isTorqueOn ? .on : .off
    isBitten = false
    hasLeft = false
    hardwareError = 0
    step = .none
    state.silence.end()
  }

  // MARK: Commands

  /// A servo that has heard half a packet, with a length that a bad line has made long, takes all
  /// that comes for the rest of it, until there is silence. So there is silence, of 150 ms, after
  /// each four rows that nothing has come back of. What sets the joint free goes out in it once:
  /// the servo may hear, and only its answers be lost. The silence begins anew then.
  private static var failuresMaximum: Int { @_noLocks @_noAllocation get { 4 } }
  private static var hush: Nanoseconds { @_noLocks @_noAllocation get { .milliseconds(150) } }

  /// A command's first instruction; true when it was taken.
  @_noLocks @_noAllocation
  mutating func encode(
    _ command: Command, sequence: UInt16, at now: MonotonicInstant, into out: inout ByteWriter,
    _ queue: inout ByteQueue
  ) -> Bool {
    if state.silence.isTooLong(at: now) { hasLeft = true }
    switch command {
    case .neutral, .stop, .disarm:
      // Noted even when the joint is being set free already.
      state.note(command)
      if isHush(now) {
        freeInHush(now, &out)
        return false
      }
      if isFreeing, !isOverdue(now) { return false }
      abandon()
    case .identify, .heartbeat, .arm, .motion, .exert, .release:
      guard !isHush(now), isLineFree(now) else { return false }
      state.note(command)
    }
    self.sequence = sequence
    isRefused = false
    setsWatchdog = false
    // Half a status of before is no part of the next.
    queue.clear()
    switch command {
    case .identify, .heartbeat: go(.present, now, &out)
    case .arm:
      setsWatchdog = true
      go(.torqueOff, now, &out)
    case .disarm:
      setsWatchdog = isBitten || hasLeft
      go(.torqueOff, now, &out)
    case .neutral, .stop, .release: go(.torqueOff, now, &out)
    case .motion(let setpoint):
      putGoal(.goalPosition, positionCounts(setpoint), now, &out)
    case .exert(let setpoint): putGoal(.goalCurrent, currentCounts(setpoint), now, &out)
    }
    return true
  }

  /// The command was not written: no status is due of it, and one that comes is of the row before,
  /// so that where that left the servo is to be read.
  @_noLocks @_noAllocation
  mutating func withdraw() {
    step = .none
    isFreeing = false
    wantsTorque = true
    wantsWatchdog = true
  }

  @_noLocks @_noAllocation
  private mutating func freeInHush(_ now: MonotonicInstant, _ out: inout ByteWriter) {
    if isFreedInHush { return }
    isFreedInHush = true
    since = now
    DynamixelPacket.putWrite(.torqueEnable, 0, id: id, into: &out)
  }

  /// A goal, where there is one and the servo is in service; else the joint is set free.
  @_noLocks @_noAllocation
  private mutating func putGoal(
    _ item: DynamixelItem, _ counts: Int32?, _ now: MonotonicInstant, _ out: inout ByteWriter
  ) {
    guard let counts, state.isInService, !isBitten, !hasLeft else {
      isRefused = true
      state.note(.neutral)
      go(.torqueOff, now, &out)
      return
    }
    motionsSinceCheck += 1
    if motionsSinceCheck == 8 { wantsTorque = true }
    if motionsSinceCheck >= 16 {
      wantsWatchdog = true
      motionsSinceCheck = 0
    }
    begin(.goal, now)
    DynamixelPacket.putWrite(item, UInt32(bitPattern: counts), id: id, into: &out)
  }

  /// Nil: not within what the servo takes.
  @_noLocks @_noAllocation
  private func positionCounts(_ setpoint: MotionSetpoint) -> Int32? {
    let degrees = gearing.driveDegrees(setpoint.positionDegrees)
    guard let counts = wireInteger(degrees, scale: DynamixelUnit.countsPerDegree),
      counts >= countsMinimum, counts <= countsMaximum
    else { return nil }
    return counts
  }

  @_noLocks @_noAllocation
  private func currentCounts(_ setpoint: EffortSetpoint) -> Int32? {
    let amperes = gearing.amperes(setpoint.newtonMetres)
    guard let counts = wireInteger(amperes, scale: 1 / amperesPerCount),
      counts >= -currentMaximum, counts <= currentMaximum
    else { return nil }
    return counts
  }

  // MARK: Whose turn it is

  @_noLocks @_noAllocation
  private func isOverdue(_ now: MonotonicInstant) -> Bool { now - since >= patience }

  @_noLocks @_noAllocation
  private mutating func isHush(_ now: MonotonicInstant) -> Bool {
    if isHushed {
      isHushed = now - since < Self.hush
    } else if failures >= Self.failuresMaximum {
      abandon()
      failures = 0
      isHushed = true
      isFreedInHush = false
      since = now
    }
    return isHushed
  }

  /// Whether nothing is due. What has been due for too long is given up, and for a while nothing is
  /// asked, so that a late status is not taken for another's.
  @_noLocks @_noAllocation
  private mutating func isLineFree(_ now: MonotonicInstant) -> Bool {
    switch step {
    case .none: return true
    case .quarantine:
      if now - since < quarantine { return false }
      step = .none
      return true
    case .goal, .torqueOn, .torqueOff, .watchdogOff, .watchdogOn, .readTorque, .readHardware,
      .readWatchdog, .present:
      if isOverdue(now) {
        abandon()
        step = .quarantine
        since = now
      }
      return false
    }
  }

  /// Gives up what is under way. A status that is still to come may be taken for the next one's,
  /// and the servo may start anew, so that whether the torque is off and the watchdog set is then
  /// read.
  @_noLocks @_noAllocation
  private mutating func abandon() {
    switch step {
    case .none, .quarantine: break
    case .torqueOn:
      torque = .unknown
      failures += 1
      wantsTorque = true
      wantsWatchdog = true
    case .goal, .torqueOff, .watchdogOff, .watchdogOn, .readTorque, .readHardware, .readWatchdog,
      .present:
      failures += 1
      wantsTorque = true
      wantsWatchdog = true
    }
    step = .none
    isFreeing = false
  }

  @_noLocks @_noAllocation
  private mutating func begin(_ step: Step, _ now: MonotonicInstant) {
    self.step = step
    since = now
    state.silence.noteQuestion(at: now)
  }

  @_noLocks @_noAllocation
  private mutating func go(_ step: Step, _ now: MonotonicInstant, _ out: inout ByteWriter) {
    begin(step, now)
    switch step {
    case .none, .quarantine, .goal: break
    case .torqueOn: DynamixelPacket.putWrite(.torqueEnable, 1, id: id, into: &out)
    case .torqueOff: DynamixelPacket.putWrite(.torqueEnable, 0, id: id, into: &out)
    case .watchdogOff: DynamixelPacket.putWrite(.busWatchdog, 0, id: id, into: &out)
    case .watchdogOn:
      DynamixelPacket.putWrite(.busWatchdog, UInt32(watchdogUnits), id: id, into: &out)
    case .readTorque: DynamixelPacket.putRead(.torqueEnable, id: id, into: &out)
    case .readHardware: DynamixelPacket.putRead(.hardwareErrorStatus, id: id, into: &out)
    case .readWatchdog: DynamixelPacket.putRead(.busWatchdog, id: id, into: &out)
    case .present: DynamixelPacket.putRead(.present, id: id, into: &out)
    }
  }

  // MARK: Answers

  /// The end of a row, once it has come; a step within it puts the next into `out`.
  @_noLocks @_noAllocation
  mutating func next(
    at now: MonotonicInstant, into out: inout ByteWriter, _ queue: inout ByteQueue
  ) -> DriveReply? {
    while let status = DynamixelPacket.find(from: id, in: &queue) {
      if status.isEcho {
        var reply = DriveReply()
        reply.isEcho = true
        return reply
      }
      state.silence.end()
      guard status.count == (status.result == 0 ? expectedCount : 0) else { continue }
      failures = 0
      noteAlert(status.isAlert)
      if let reply = take(status, now, &out) { return reply }
    }
    return nil
  }

  /// How many bytes the status that is due brings; -1: none is due.
  private var expectedCount: Int {
    @_noLocks @_noAllocation
    get {
      switch step {
      case .none, .quarantine: -1
      case .goal, .torqueOn, .torqueOff, .watchdogOff, .watchdogOn: 0
      case .readTorque, .readHardware, .readWatchdog: 1
      case .present: 10
      }
    }
  }

  @_noLocks @_noAllocation
  private mutating func noteAlert(_ isAlert: Bool) {
    if !isAlert {
      hardwareError = 0
    } else if hardwareError == 0 {
      wantsHardware = true
      wantsTorque = true
    }
  }

  @_noLocks @_noAllocation
  private mutating func take(
    _ status: DynamixelStatus, _ now: MonotonicInstant, _ out: inout ByteWriter
  ) -> DriveReply? {
    let isDone = status.result == 0
    if !isDone { isRefused = true }
    switch step {
    case .none, .quarantine: return nil
    case .goal:
      if isDone {
        if case .on = torque { break }
        // Not before it is known that the servo would let go without us, nor for a goal that was
        // read about late: the host stood still, and the joint may be elsewhere by now.
        if wantsWatchdog || isOverdue(now) { break }
        go(.torqueOn, now, &out)
        return nil
      }
      // Why: off, bitten, or broken.
      wantsTorque = true
      wantsWatchdog = true
    case .torqueOn:
      torque = isDone ? .on : .unknown
      if !isDone { wantsTorque = true }
    case .torqueOff:
      torque = isDone ? .off : .unknown
      isFreeing = isDone
      if !isDone {
        wantsTorque = true
      } else if setsWatchdog {
        go(.watchdogOff, now, &out)
        return nil
      }
    case .watchdogOff:
      if isDone {
        go(.watchdogOn, now, &out)
        return nil
      }
    case .watchdogOn: wantsWatchdog = true
    case .readTorque: if isDone { noteTorque(status.bytes[0] != 0) }
    case .readHardware:
      // An alert without a number is one still.
      let bits = status.bytes[0]
      if isDone { hardwareError = bits == 0 && status.isAlert ? 0x80 : bits }
    case .readWatchdog: if isDone { noteWatchdog(status.bytes[0]) }
    case .present:
      if isDone, !wantsHardware { return end(joint(status)) }
      if !isDone { return end(nil) }
    }
    goOn(now, &out)
    return nil
  }

  /// What is to be read still, then the joint.
  @_noLocks @_noAllocation
  private mutating func goOn(_ now: MonotonicInstant, _ out: inout ByteWriter) {
    if wantsHardware {
      wantsHardware = false
      go(.readHardware, now, &out)
    } else if wantsTorque {
      wantsTorque = false
      go(.readTorque, now, &out)
    } else if wantsWatchdog {
      wantsWatchdog = false
      go(.readWatchdog, now, &out)
    } else {
      go(.present, now, &out)
    }
  }

  @_noLocks @_noAllocation
  private mutating func noteTorque(_ isOn: Bool) {
    if case .on = torque, !isOn { hasLeft = true }
    torque = isOn ? .on : .off
  }

  /// It reads what was written, 255 once it has bitten, or 0 after the servo has started anew.
  @_noLocks @_noAllocation
  private mutating func noteWatchdog(_ units: UInt8) {
    isBitten = units == DynamixelUnit.bitten
    if units == watchdogUnits {
      if setsWatchdog { hasLeft = false }
    } else if !isBitten {
      hasLeft = true
    }
  }

  /// A row without the joint's state at its end acknowledges nothing.
  @_noLocks @_noAllocation
  private mutating func end(_ joint: JointState?) -> DriveReply {
    step = .none
    isFreeing = false
    var reply = DriveReply()
    reply.isRefusal = isRefused
    reply.joint = joint
    if let _ = joint { reply.sequence = sequence }
    return reply
  }

  // MARK: The joint

  @_noLocks @_noAllocation
  private func joint(_ status: DynamixelStatus) -> JointState {
    let current = Double(Int16(bitPattern: status.word(0))) * amperesPerCount
    let velocity =
      Double(Int32(bitPattern: status.long(2))) * DynamixelUnit.degreesPerSecond
    let degrees = Double(Int32(bitPattern: status.long(6))) / DynamixelUnit.countsPerDegree
    var faults: UInt16 = 0
    if isBitten { faults |= ExoskeletonFaults.watchdog.rawValue }
    if hardwareError != 0 { faults |= ExoskeletonFaults.drive.rawValue }
    return JointState(
      deviceMicroseconds: 0, positionDegrees: gearing.jointDegrees(degrees),
      velocityDegreesPerSecond: gearing.jointVelocity(velocity),
      effortNewtonMetres: gearing.newtonMetres(current), state: jointState,
      faults: ExoskeletonFaults(rawValue: faults), faultCode: UInt32(hardwareError))
  }

  /// What the servo does, where that differs from what the host has brought it to.
  private var jointState: ExoskeletonState {
    @_noLocks @_noAllocation
    get {
      var isOff = false
      var isOn = false
      switch torque {
      case .off: isOff = true
      case .on: isOn = true
      case .unknown: break
      }
      switch state.state {
      case .stopped: return isOff ? .stopped : .moving
      case .disarmed, .armed, .neutral, .moving, .watchdog: break
      }
      if isBitten { return .watchdog }
      if hasLeft || hardwareError != 0, isOff { return .disarmed }
      if hasLeft { return .watchdog }
      switch state.state {
      case .moving: return isOn ? .moving : .armed
      case .disarmed, .armed, .neutral, .stopped, .watchdog: return isOff ? state.state : .moving
      }
    }
  }
}
