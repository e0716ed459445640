// Real-time: the decoding thread. `send` is one write system call, `poll` one read; the work of a
// poll is bounded by the parser's memory (1024 bytes, at most 27 acknowledgements).
// `sendNeutralBlocking` sleeps and is for the end of a session and for signal paths; it too
// neither allocates nor locks.

public import RT
internal import MathShim
internal import SPIShim

/// What became of a command.
public enum SendOutcome: Equatable, Sendable {
  /// The driver has it, at least its beginning; the rest goes first with the next.
  case sent(sequence: UInt16)
  /// The driver had no room: dropped whole.
  case refused
  /// No exoskeleton was identified: only `identify`, `stop`, `neutral` and `disarm` may be sent.
  case notConnected
  /// The port is gone.
  case gone(errno: Int32)
}

extension ExoskeletonLink {
  /// Encodes and writes one command.
  ///
  /// Real-time: one write system call.
  @_noLocks @_noAllocation
  public mutating func send(_ command: Command, now: MonotonicInstant) -> SendOutcome {
    if let goneErrno { return .gone(errno: goneErrno) }
    if !isIdentified, needsIdentity(command) { return .notConnected }
    let sequence = nextSequence
    // SAFETY: `frame` has room for the longest frame, and `encode` says how much of it is used.
    let byteCount = unsafe FrameEncoder.encode(
      message(of: command), sequence: sequence, into: frame)
    let outcome = unsafe port.write(UnsafeRawBufferPointer(start: frame, count: byteCount))
    switch outcome {
    case .written, .begun:
      nextSequence &+= 1
      inFlight.write(sequence, at: now)
      counted.commands += 1
      return .sent(sequence: sequence)
    case .wouldBlock:
      counted.writeRefusals += 1
      return .refused
    case .gone(let errno):
      goneErrno = errno
      return .gone(errno: errno)
    }
  }

  /// Reads and takes in what has come; returns how many commands were acknowledged.
  ///
  /// Real-time: one read system call.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func poll(now: MonotonicInstant) -> Int {
    counted.polls += 1
    guard !isGone else { return 0 }
    switch unsafe port.read(into: parser.freeMemory()) {
    case .nothing: return 0
    case .gone(let errno):
      goneErrno = errno
      return 0
    case .bytes(let byteCount):
      parser.received(byteCount: byteCount)
      counted.receivedBytes += UInt64(byteCount)
    }
    var acknowledged = 0
    while let frame = parser.next() {
      if receive(frame.message, now) { acknowledged += 1 }
    }
    return acknowledged
  }

  /// The oldest round trip, command written to acknowledgement read, that was not taken yet.
  @_noLocks @_noAllocation
  public mutating func takeRoundTrip() -> Nanoseconds? { roundTrips.take() }

  /// For the governor.
  public var state: LinkState {
    @_noLocks @_noAllocation
    get {
      LinkState(
        isUp: isIdentified && !isGone, exoskeleton: exoskeleton, faults: faults,
        joint: joint, lastConfirmed: lastConfirmed)
    }
  }

  public var counts: LinkCounts {
    @_noLocks @_noAllocation
    get {
      var counts = counted
      counts.unacknowledged = inFlight.overwrittenCount
      counts.inFlight = UInt64(inFlight.waitingCount)
      counts.checksumErrors = parser.counts.checksumErrors
      counts.skippedBytes = parser.counts.skippedBytes
      counts.roundTripsDropped = roundTrips.droppedCount
      return counts
    }
  }

  /// Bytes that have not left yet. Real-time: one ioctl.
  public var outputQueueByteCount: Int? {
    @_noLocks @_noAllocation
    get { port.outputQueueByteCount }
  }

  /// How long the frame of a command takes on the wire.
  @_noLocks @_noAllocation
  public func wireTime(of command: Command) -> Nanoseconds {
    let code = FrameEncoder.code(of: message(of: command))
    return port.wireTime(
      byteCount: FrameLayout.byteCount(
        parametersByteCount: FrameLayout.parametersByteCount(code: code) ?? 0))
  }

  /// Writes neutral up to three times, evenly over the time left, until one is acknowledged by an
  /// exoskeleton that does not move; true when it was.
  @_noLocks @_noAllocation
  public mutating func sendNeutralBlocking(deadline: MonotonicInstant) -> Bool {
    for attempt in 1...3 {
      let written = MonotonicInstant.now()
      let share = Nanoseconds((deadline - written).rawValue / Int64(4 - attempt))
      let until = attempt == 3 ? deadline : written + share
      var own: UInt16?
      if case .sent(let sequence) = send(.neutral, now: written) { own = sequence }
      while true {
        poll(now: .now())
        if isGone { return false }
        if let own, isAcknowledged(own), isAtRest { return true }
        let now = MonotonicInstant.now()
        if now >= until { break }
        _ = shim_sleep_until((now + .milliseconds(1)).nanoseconds)
      }
    }
    return false
  }

  private var isIdentified: Bool {
    @_noLocks @_noAllocation
    get {
      if case .some = identity { true } else { false }
    }
  }

  private var isGone: Bool {
    @_noLocks @_noAllocation
    get {
      if case .some = goneErrno { true } else { false }
    }
  }

  /// Whether the exoskeleton last said that it drives nothing.
  private var isAtRest: Bool {
    @_noLocks @_noAllocation
    get {
      switch exoskeleton {
      case .neutral?, .disarmed?, .stopped?: true
      case nil, .armed?, .moving?, .watchdog?: false
      }
    }
  }

  @_noLocks @_noAllocation
  private func isAcknowledged(_ sequence: UInt16) -> Bool { !inFlight.isWaiting(sequence) }

  @_noLocks @_noAllocation
  private func needsIdentity(_ command: Command) -> Bool {
    switch command {
    case .identify, .neutral, .stop, .disarm: false
    case .heartbeat, .motion, .arm, .release: true
    }
  }

  @_noLocks @_noAllocation
  private func message(of command: Command) -> Message {
    switch command {
    case .identify: .identify
    case .heartbeat: .heartbeat
    case .neutral: .neutral
    case .stop: .stop
    case .arm: .arm
    case .disarm: .disarm
    case .release: .release
    case .motion(let setpoint):
      // The governor's limits (360 deg, 720 deg/s) lie far within 32 bits of thousandths.
      .motion(
        MotionParameters(
          positionMillidegrees: Int32(math_rint(setpoint.positionDegrees * 1000)),
          velocityMillidegreesPerSecond: Int32(
            math_rint(setpoint.velocityDegreesPerSecond * 1000))))
    }
  }

  /// Takes one message in; true when it acknowledged a command that waited.
  @_noLocks @_noAllocation
  private mutating func receive(_ message: Message, _ now: MonotonicInstant) -> Bool {
    switch message {
    case .acknowledgement(let ack):
      exoskeleton = ack.state
      faults = ack.faults
      joint = JointState(
        positionDegrees: Double(ack.positionMillidegrees) / 1000,
        velocityDegreesPerSecond: Double(ack.velocityMillidegreesPerSecond) / 1000,
        effortNewtonmetres: Double(ack.effortMillinewtonmetres) / 1000,
        exoskeletonTimeMicroseconds: ack.timeMicroseconds, time: now)
      switch ack.result {
      case .done: break
      case .notArmed, .outOfRange, .stopped, .watchdog: counted.refusedByExoskeleton += 1
      }
      return settle(ack.acknowledgedSequence, now)
    case .identity(let identity):
      self.identity = identity
      exoskeleton = identity.state
      return settle(identity.acknowledgedSequence, now)
    case .identify, .arm, .disarm, .motion, .neutral, .heartbeat, .stop, .release:
      counted.echoes += 1
      return false
    }
  }

  @_noLocks @_noAllocation
  private mutating func settle(_ sequence: UInt16, _ now: MonotonicInstant) -> Bool {
    guard let written = inFlight.acknowledge(sequence) else {
      counted.unexpected += 1
      return false
    }
    counted.acknowledged += 1
    roundTrips.add(now - written)
    if let last = lastConfirmed, last > written { return true }
    lastConfirmed = written
    return true
  }
}
