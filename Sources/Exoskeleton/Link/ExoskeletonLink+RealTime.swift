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
  @discardableResult
  public mutating func send(_ command: Command) -> SendOutcome {
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
      inFlight.write(sequence, at: .now())
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

  /// Reads and takes in what has come. The round trips of what was acknowledged, from the command
  /// handed to the driver to its acknowledgement read, go into the histogram.
  ///
  /// Real-time: one read system call.
  @_noLocks @_noAllocation
  public mutating func poll(roundTrips: inout LatencyHistogram) {
    guard receiveBytes() else { return }
    let now = MonotonicInstant.now()
    while let frame = parser.next() {
      if let written = receive(frame.message) { roundTrips.record(now - written) }
    }
  }

  /// The same, where nobody wants to know how long it took.
  @_noLocks @_noAllocation
  public mutating func poll() {
    guard receiveBytes() else { return }
    while let frame = parser.next() { _ = receive(frame.message) }
  }

  @_noLocks @_noAllocation
  private mutating func receiveBytes() -> Bool {
    counted.polls += 1
    guard !isGone else { return false }
    switch unsafe port.read(into: parser.freeMemory()) {
    case .nothing: return false
    case .gone(let errno):
      goneErrno = errno
      return false
    case .bytes(let byteCount):
      parser.received(byteCount: byteCount)
      counted.receivedBytes += UInt64(byteCount)
      return true
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
  @discardableResult
  public mutating func sendNeutralBlocking(deadline: MonotonicInstant) -> Bool {
    for attempt in 1...3 {
      let written = MonotonicInstant.now()
      let share = Nanoseconds((deadline - written).rawValue / Int64(4 - attempt))
      let until = attempt == 3 ? deadline : written + share
      var own: UInt16?
      if case .sent(let sequence) = send(.neutral) { own = sequence }
      while true {
        poll()
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

  /// The port went away; it does not come back.
  public var isGone: Bool {
    @_noLocks @_noAllocation
    get {
      if case .some = goneErrno { true } else { false }
    }
  }

  /// Whether the exoskeleton last said that it drives nothing.
  private var isAtRest: Bool {
    @_noLocks @_noAllocation
    get {
      guard let joint else { return false }
      switch joint.state {
      case .neutral, .disarmed, .stopped: return true
      case .armed, .moving, .watchdog: return false
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

  /// Takes one message in; when the command was written that it acknowledged, if it did so for the
  /// first time.
  @_noLocks @_noAllocation
  private mutating func receive(_ message: Message) -> MonotonicInstant? {
    switch message {
    case .acknowledgement(let ack):
      joint = JointState(
        deviceMicroseconds: ack.timeMicroseconds,
        positionDegrees: Double(ack.positionMillidegrees) / 1000,
        velocityDegreesPerSecond: Double(ack.velocityMillidegreesPerSecond) / 1000,
        effortNewtonMetres: Double(ack.effortMillinewtonmetres) / 1000, state: ack.state,
        faults: ack.faults)
      switch ack.result {
      case .done: break
      case .notArmed, .outOfRange, .stopped, .watchdog: counted.refusedByExoskeleton += 1
      }
      return settle(ack.acknowledgedSequence)
    case .identity(let identity):
      self.identity = identity
      return settle(identity.acknowledgedSequence)
    case .identify, .arm, .disarm, .motion, .neutral, .heartbeat, .stop, .release:
      counted.echoes += 1
      return nil
    }
  }

  @_noLocks @_noAllocation
  private mutating func settle(_ sequence: UInt16) -> MonotonicInstant? {
    guard let written = inFlight.acknowledge(sequence) else {
      counted.unexpected += 1
      return nil
    }
    counted.acknowledged += 1
    if let last = lastAcknowledgement, last > written { return written }
    lastAcknowledgement = written
    return written
  }
}
