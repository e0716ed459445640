// Real-time: the decoding thread. `send` is one write system call, and an ioctl before a motion;
// `poll` is one read, and a write where half a frame is left or a protocol must go on at once; its
// work is bounded by the parser's memory (1024 bytes, at most 27 acknowledgements).
// `sendNeutralBlocking` sleeps and is for the end of a session and for signal paths; it too
// neither allocates nor locks.

public import RT
internal import SPIShim

/// What became of a command.
public enum SendOutcome: Equatable, Sendable {
  /// The driver has it, at least its beginning; the rest goes first with the next.
  case sent(sequence: UInt16)
  /// The driver had no room: dropped whole.
  case refused
  /// The protocol waits for an answer, or for silence on the line, first: nothing was written.
  case withheld
  /// No exoskeleton was identified: only `identify`, `stop`, `neutral` and `disarm` may be sent.
  case notConnected
  /// The port is gone.
  case gone(errno: Int32)
}

extension ExoskeletonLink {
  /// Encodes and writes one command.
  ///
  /// Real-time: one write system call; before a motion an ioctl.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func send(_ command: Command) -> SendOutcome {
    if let goneErrno { return .gone(errno: goneErrno) }
    if !hasIdentity, needsIdentity(command) { return .notConnected }
    // What waits in the driver is obeyed first: nothing that moves stands in front of a stop. Of a
    // USB device that is a serial port itself (cdc-acm) the kernel counts whole buffers as waiting.
    let waiting = moves(command) ? port.outputQueueByteCount : nil
    if let waiting, waiting > lastCommandByteCount {
      counted.heldBack += 1
      return .refused
    }
    let sequence = nextSequence
    var out = unsafe ByteWriter(frame, capacity: Self.frameCapacity)
    let asks = wire.encode(command, sequence: sequence, at: .now(), into: &out)
    if out.isFull {
      counted.writeRefusals += 1
      return .refused
    }
    if out.byteCount == 0 {
      counted.withheld += 1
      return .withheld
    }
    switch write(out) {
    case .written, .begun:
      nextSequence &+= 1
      if asks { inFlight.write(sequence, at: .now()) } else { counted.unasked += 1 }
      counted.commands += 1
      lastCommandByteCount = out.byteCount
      lastWaitingByteCount = waiting
      return .sent(sequence: sequence)
    case .wouldBlock:
      if asks { wire.withdraw() }
      counted.writeRefusals += 1
      return .refused
    case .gone(let errno): return .gone(errno: errno)
    }
  }

  @_noLocks @_noAllocation
  private mutating func write(_ out: borrowing ByteWriter) -> WriteOutcome {
    let outcome = unsafe port.write(out.bytes(from: 0))
    if case .gone(let errno) = outcome { goneErrno = errno }
    return outcome
  }

  /// Reads and takes in what has come. The round trips of what was acknowledged, from the command
  /// handed to the driver to its acknowledgement read, go into the histogram.
  ///
  /// Real-time: one read system call, and two writes at most.
  @_noLocks @_noAllocation
  public mutating func poll(roundTrips: inout LatencyHistogram) {
    finishFrame()
    guard receiveBytes() else { return }
    let now = MonotonicInstant.now()
    var out = unsafe ByteWriter(frame, capacity: Self.frameCapacity)
    while let reply = wire.next(at: now, into: &out) {
      if let written = receive(reply) { roundTrips.record(now - written) }
    }
    goOn(out)
  }

  /// The same, where nobody wants to know how long it took.
  @_noLocks @_noAllocation
  public mutating func poll() {
    finishFrame()
    guard receiveBytes() else { return }
    var out = unsafe ByteWriter(frame, capacity: Self.frameCapacity)
    while let reply = wire.next(at: .now(), into: &out) { _ = receive(reply) }
    goOn(out)
  }

  /// The rest of a frame that the driver took half of does not wait for the next command.
  @_noLocks @_noAllocation
  private mutating func finishFrame() {
    if isGone { return }
    if case .gone(let errno) = port.flush() { goneErrno = errno }
  }

  /// Whole or not at all: what is cut would spoil the next command, which may be a stop.
  @_noLocks @_noAllocation
  private mutating func goOn(_ out: borrowing ByteWriter) {
    if out.byteCount > 0, !out.isFull { _ = write(out) }
  }

  @_noLocks @_noAllocation
  private mutating func receiveBytes() -> Bool {
    counted.polls += 1
    guard !isGone else { return false }
    switch unsafe port.read(into: wire.freeMemory()) {
    case .nothing: return false
    case .gone(let errno):
      goneErrno = errno
      return false
    case .bytes(let byteCount):
      wire.received(byteCount: byteCount)
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
      let damage = wire.damage
      counts.checksumErrors = damage.checksumErrors
      counts.skippedBytes = damage.skippedBytes
      return counts
    }
  }

  /// Bytes that have not left yet. Real-time: one ioctl.
  public var outputQueueByteCount: Int? {
    @_noLocks @_noAllocation
    get { port.outputQueueByteCount }
  }

  /// Sleeps until something has come, the port is gone, or the deadline. Real-time: one ppoll.
  @_noLocks @_noAllocation
  public func wait(until deadline: MonotonicInstant) { port.wait(until: deadline) }

  /// How long the newest command took on the wire, as far as arithmetic goes.
  public var lastWireTime: Nanoseconds {
    @_noLocks @_noAllocation
    get { port.wireTime(byteCount: lastCommandByteCount) }
  }

  /// From the newest motion's handing over to its last bit on the wire, what waited before it
  /// included, as far as arithmetic goes; nil where the newest command was none, or the line cannot
  /// say what waits.
  public var lastDeparture: Nanoseconds? {
    @_noLocks @_noAllocation
    get {
      guard let waiting = lastWaitingByteCount else { return nil }
      return port.wireTime(byteCount: waiting + lastCommandByteCount)
    }
  }

  /// Writes neutral every 20 ms, until one is acknowledged by an exoskeleton that does not move, or
  /// until the deadline; true when it was.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func sendNeutralBlocking(deadline: MonotonicInstant) -> Bool {
    let begun = MonotonicInstant.now()
    var next = begun
    while true {
      let now = MonotonicInstant.now()
      if now >= next {
        _ = send(.neutral)
        next = now + .milliseconds(20)
      }
      poll()
      if isGone { return false }
      // Nothing but neutral has been sent since.
      if let last = lastAcknowledgement, last >= begun, isAtRest { return true }
      if now >= deadline { return false }
      _ = shim_sleep_until((now + .milliseconds(1)).nanoseconds)
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
  private func moves(_ command: Command) -> Bool {
    switch command {
    case .motion, .exert: true
    case .identify, .heartbeat, .neutral, .stop, .arm, .disarm, .release: false
    }
  }

  @_noLocks @_noAllocation
  private func needsIdentity(_ command: Command) -> Bool {
    switch command {
    case .identify, .neutral, .stop, .disarm: false
    case .heartbeat, .motion, .exert, .arm, .release: true
    }
  }

  /// Takes one answer in; when the command was written that it acknowledges, if it does so for the
  /// first time.
  @_noLocks @_noAllocation
  private mutating func receive(_ reply: DriveReply) -> MonotonicInstant? {
    if reply.isEcho {
      counted.echoes += 1
      return nil
    }
    if let joint = reply.joint { self.joint = joint }
    if reply.isRefusal { counted.refusedByExoskeleton += 1 }
    guard let sequence = reply.sequence else {
      counted.unexpected += 1
      return nil
    }
    return settle(sequence)
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
