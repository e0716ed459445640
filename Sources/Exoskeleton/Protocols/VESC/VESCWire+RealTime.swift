// Real-time: the decoding thread. VESC's UART, which is CubeMars' servo mode too.
//
// A command is carried out without a word. So a question goes out behind it in the same write, and
// its answer says that what stood before it was read: that is the acknowledgement. The drive knows
// nothing of arming; the host keeps that state. Its own watchdog, a second by default, lets the
// joint go when no command comes; firmware from 5.3 on says when it has. Every command feeds it, so
// that out of service each of them lets the joint go as well: the one that did may have got lost.

internal import RT
internal import Signal

/// Codes of vedderb/bldc datatypes.h, COMM_PACKET_ID.
enum VESCCode {
  static var firmwareVersion: UInt8 { @_noLocks @_noAllocation get { 0 } }
  static var values: UInt8 { @_noLocks @_noAllocation get { 4 } }
  static var setCurrent: UInt8 { @_noLocks @_noAllocation get { 6 } }
  static var setPosition: UInt8 { @_noLocks @_noAllocation get { 9 } }
  static var alive: UInt8 { @_noLocks @_noAllocation get { 30 } }
}

/// Where the answer to `values` has what, counted from its code. VESC: vedderb/bldc commands.c;
/// CubeMars, AK series manual V1.0.8, section 5.2.2: the same, without the status.
enum VESCValues {
  static var motorCurrentOffset: Int { @_noLocks @_noAllocation get { 5 } }  // A × 100
  static var speedOffset: Int { @_noLocks @_noAllocation get { 23 } }  // electrical rpm
  static var faultOffset: Int { @_noLocks @_noAllocation get { 53 } }
  static var positionOffset: Int { @_noLocks @_noAllocation get { 54 } }
  static var byteCountMin: Int { @_noLocks @_noAllocation get { 58 } }
  static var statusOffset: Int { @_noLocks @_noAllocation get { 73 } }
}

struct VESCWire: Sendable {
  private let gearing: Gearing
  /// Where the drive can be sent, in its own degrees.
  private let reach: ClosedRange<Double>
  private var state: HostedState
  /// As it was when the open question was asked.
  private var askedState = ExoskeletonState.disarmed
  private var question: Question

  init(_ settings: DriveSettings) {
    gearing = settings.gearing
    reach = settings.vescReach
    state = HostedState(settings)
    question = Question(controlPeriod: settings.controlPeriod)
  }

  /// A command's bytes; true when they ask for an answer.
  @_noLocks @_noAllocation
  mutating func encode(
    _ command: Command, sequence: UInt16, at now: MonotonicInstant, into out: inout ByteWriter,
    _ queue: inout ByteQueue
  ) -> Bool {
    state.heed(at: now)
    state.note(command)
    switch command {
    case .identify: VESCFrame.put(VESCCode.firmwareVersion, into: &out)
    case .heartbeat where state.isInService: VESCFrame.put(VESCCode.alive, into: &out)
    case .motion(let setpoint): putMotion(setpoint, into: &out)
    case .exert(let setpoint): putEffort(setpoint, into: &out)
    case .heartbeat, .neutral, .stop, .arm, .disarm, .release:
      VESCFrame.put(VESCCode.setCurrent, 0, into: &out)
    }
    guard question.ask(with: sequence, at: now) else { return false }
    // Half an answer of before is no part of the next.
    queue.clear()
    askedState = state.state
    VESCFrame.put(VESCCode.values, into: &out)
    return true
  }

  /// What does not fit the wire is not sent; the drive is let go instead.
  @_noLocks @_noAllocation
  private func putMotion(_ setpoint: MotionSetpoint, into out: inout ByteWriter) {
    let degrees = gearing.driveDegrees(setpoint.positionDegrees)
    // False for NaN.
    let isWithinReach = degrees >= reach.lowerBound && degrees <= reach.upperBound
    if state.isInService, isWithinReach, let counts = wireInteger(degrees, scale: 1_000_000) {
      VESCFrame.put(VESCCode.setPosition, counts, into: &out)
    } else {
      VESCFrame.put(VESCCode.setCurrent, 0, into: &out)
    }
  }

  @_noLocks @_noAllocation
  private func putEffort(_ setpoint: EffortSetpoint, into out: inout ByteWriter) {
    let amperes = gearing.amperes(setpoint.newtonMetres)
    let milliamperes = wireInteger(amperes, scale: 1000) ?? 0
    VESCFrame.put(VESCCode.setCurrent, state.isInService ? milliamperes : 0, into: &out)
  }

  /// The command that asked was not written.
  @_noLocks @_noAllocation
  mutating func withdraw() { question.withdraw() }

  /// The next answer.
  @_noLocks @_noAllocation
  mutating func next(_ queue: inout ByteQueue) -> DriveReply? {
    while let payload = VESCFrame.find(in: &queue) {
      var reply = DriveReply()
      let isValues =
        queue.byte(payload.offset) == VESCCode.values && payload.count >= VESCValues.byteCountMin
      if isValues {
        reply.joint = joint(queue, payload.offset, count: payload.count)
        reply.sequence = question.answer()
        state.hear()
      } else {
        // An answer of one byte is a question: our own.
        reply.isEcho = payload.count == 1
      }
      queue.drop(payload.offset + payload.count + 3)
      if isValues || reply.isEcho { return reply }
    }
    return nil
  }

  @_noLocks @_noAllocation
  private func joint(_ queue: borrowing ByteQueue, _ start: Int, count: Int) -> JointState {
    let fault = queue.byte(start + VESCValues.faultOffset)
    let amperes = Double(long(queue, start + VESCValues.motorCurrentOffset)) / 100
    let turns = Double(long(queue, start + VESCValues.speedOffset)) / gearing.polePairs / 60
    // Of a CubeMars too: manual V1.0.8, page 41.
    let degrees = Double(long(queue, start + VESCValues.positionOffset)) / 1_000_000
    var state = askedState
    if count > VESCValues.statusOffset, queue.byte(start + VESCValues.statusOffset) & 1 != 0,
      self.state.isInService
    {
      state = .watchdog
    }
    return JointState(
      deviceMicroseconds: 0, positionDegrees: gearing.jointDegrees(degrees),
      velocityDegreesPerSecond: gearing.jointVelocity(turns * 360),
      effortNewtonMetres: gearing.newtonMetres(amperes), state: state,
      faults: fault == 0 ? ExoskeletonFaults(rawValue: 0) : .drive, faultCode: UInt32(fault))
  }

  @_noLocks @_noAllocation
  private func long(_ queue: borrowing ByteQueue, _ offset: Int) -> Int32 {
    let high = UInt32(queue.byte(offset)) << 24 | UInt32(queue.byte(offset + 1)) << 16
    let low = UInt32(queue.byte(offset + 2)) << 8 | UInt32(queue.byte(offset + 3))
    return Int32(bitPattern: high | low)
  }
}
