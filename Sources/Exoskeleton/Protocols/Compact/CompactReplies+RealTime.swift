// Real-time: the decoding thread. What comes back in compact frames: at each byte at most fourteen
// layouts are tried, and a checksum taken over 64 bytes where one fits. No system call.

internal import RT
internal import MathShim

extension CompactWire {
  private enum Candidate {
    case incomplete
    case `false`
    /// Whole; its checksum is right.
    case reply(Int, CompactBytes)
    case echo(byteCount: Int)
    case damaged
  }

  /// The next answer.
  @_noLocks @_noAllocation
  mutating func next(_ queue: inout ByteQueue, at now: MonotonicInstant) -> DriveReply? {
    while queue.count > 0 {
      switch candidate(queue) {
      case .incomplete: return nil
      case .false: queue.skip()
      case .damaged:
        queue.checksumErrors += 1
        queue.skip()
      case .echo(let byteCount):
        queue.drop(byteCount)
        var reply = DriveReply()
        reply.isEcho = true
        return reply
      case .reply(let index, let bytes):
        let message = table.replies[index]
        if let reply = meaning(of: bytes, message, at: now) {
          queue.drop(message.byteCount)
          return reply
        }
        queue.checksumErrors += 1
        queue.skip()
      }
    }
    return nil
  }

  /// What stands at the queue's beginning.
  @_noLocks @_noAllocation
  private func candidate(_ queue: borrowing ByteQueue) -> Candidate {
    var isIncomplete = false
    var isDamaged = false
    for index in 0..<table.replyCount {
      switch match(queue, table.replies[index], table.reply) {
      case .incomplete: isIncomplete = true
      case .damaged: isDamaged = true
      case .reply(_, let bytes): return .reply(index, bytes)
      case .false, .echo: break
      }
    }
    for index in 0..<10 where table.commands[index].isThere {
      switch match(queue, table.commands[index], table.command) {
      case .incomplete: isIncomplete = true
      case .damaged: isDamaged = true
      case .reply: return .echo(byteCount: table.commands[index].byteCount)
      case .false, .echo: break
      }
    }
    if isIncomplete { return .incomplete }
    return isDamaged ? .damaged : .false
  }

  @_noLocks @_noAllocation
  private func match(
    _ queue: borrowing ByteQueue, _ message: CompactTable.Message, _ frame: CompactTable.Frame
  ) -> Candidate {
    // Each byte is judged as soon as it is there, so that a false start holds back nothing.
    for index in 0..<frame.startCount where index < queue.count {
      if queue.byte(index) != frame.start[index] { return .false }
    }
    if frame.codeAt >= 0, frame.codeAt < queue.count, queue.byte(frame.codeAt) != message.code {
      return .false
    }
    if frame.lengthAt >= 0, frame.lengthAt < queue.count,
      Int(queue.byte(frame.lengthAt)) != message.byteCount - frame.lengthLess
    {
      return .false
    }
    guard queue.count >= message.byteCount else { return .incomplete }
    for index in 0..<frame.endCount
    where queue.byte(message.byteCount - frame.endCount + index) != frame.end[index] {
      return .false
    }
    var bytes = CompactBytes()
    for index in 0..<message.byteCount { bytes.put(queue.byte(index), at: index) }
    let computed = bytes.checksum(
      frame.checksum, from: message.checksumFirst, through: message.checksumLast)
    let found = bytes.pattern(
      at: message.checksumAt, count: frame.checksum.byteCount,
      isBigEndian: frame.isChecksumBigEndian)
    return computed == found ? .reply(0, bytes) : .damaged
  }

  /// Nil when a field has a value that means nothing, or another joint is meant.
  @_noLocks @_noAllocation
  private mutating func meaning(
    of bytes: CompactBytes, _ message: CompactTable.Message, at now: MonotonicInstant
  ) -> DriveReply? {
    let isBigEndian = table.reply.isBigEndian
    // All of it is judged before any of it is believed.
    for index in 0..<message.fieldCount {
      let field = message.fields[index]
      switch field.meaning {
      case .position, .velocity, .effort:
        let value = bytes.value(field, isBigEndian: isBigEndian)
        guard math_fabs(value) <= Double.greatestFiniteMagnitude else { return nil }
      case .state:
        guard isKnown(bytes.whole(field, isBigEndian: isBigEndian)) else { return nil }
      case .address:
        guard bytes.whole(field, isBigEndian: isBigEndian) == table.address else { return nil }
      case .constant, .acceleration, .sequence, .fault: break
      }
    }
    hosted.hear()
    var reply = DriveReply()
    for index in 0..<message.fieldCount {
      let field = message.fields[index]
      switch field.meaning {
      case .position:
        degrees = gearing.jointDegrees(bytes.value(field, isBigEndian: isBigEndian))
        toldPosition.note(at: now)
        if !table.hasVelocity {
          estimate.note(degrees, at: now)
          velocity = estimate.degreesPerSecond
        }
      case .velocity:
        toldVelocity.note(at: now)
        velocity = gearing.jointVelocity(bytes.value(field, isBigEndian: isBigEndian))
      case .effort:
        let value = bytes.value(field, isBigEndian: isBigEndian)
        effort = gearing.isReversed ? -value : value
        toldEffort.note(at: now)
      case .state:
        told = state(of: bytes.whole(field, isBigEndian: isBigEndian))
        toldState.note(at: now)
      case .fault:
        fault = UInt32(truncatingIfNeeded: bytes.whole(field, isBigEndian: isBigEndian))
      case .sequence:
        let echoed = UInt16(
          truncatingIfNeeded: bytes.whole(field, isBigEndian: isBigEndian))
        reply.sequence = newest &- (newest &- echoed) & table.sequenceMask
      case .constant, .acceleration, .address: break
      }
    }
    if !table.hasSequence { reply.sequence = question.answer() }
    if let sequence = reply.sequence { confirm(sequence) }
    // Not a number: no reply has told it yet.
    if degrees == degrees {
      reply.joint = joint(at: now)
    }
    return reply
  }

  /// Where one of the figures that limits are kept by has not been told for too long, the joint may
  /// be anywhere, whatever else is acknowledged.
  @_noLocks @_noAllocation
  private func joint(at now: MonotonicInstant) -> JointState {
    let isStale =
      toldPosition.isStale(at: now) || toldVelocity.isStale(at: now)
      || toldEffort.isStale(at: now) || toldState.isStale(at: now)
    return JointState(
      deviceMicroseconds: 0, positionDegrees: isStale ? .nan : degrees,
      velocityDegreesPerSecond: isStale ? .nan : velocity,
      effortNewtonMetres: isStale ? .nan : effort, state: state,
      faults: fault == 0 ? ExoskeletonFaults(rawValue: 0) : .drive, faultCode: fault)
  }

  /// What the drive says where it says it; what the host has brought it into otherwise, as far as
  /// the drive has acknowledged it. A stop is the host's to keep where the drive has no word for
  /// it, but none that moves has stopped.
  private var state: ExoskeletonState {
    @_noLocks @_noAllocation
    get {
      switch confirmedState {
      case .watchdog: return .watchdog
      case .stopped:
        if table.hasState, case .moving = told { return .moving }
        return .stopped
      case .disarmed, .armed, .moving, .neutral: return table.hasState ? told : confirmedState
      }
    }
  }

  @_noLocks @_noAllocation
  private func isKnown(_ value: Int64) -> Bool {
    for index in 0..<table.stateCount where table.states[index].value == value { return true }
    return false
  }

  @_noLocks @_noAllocation
  private func state(of value: Int64) -> ExoskeletonState {
    for index in 0..<table.stateCount where table.states[index].value == value {
      return table.states[index].state
    }
    return .disarmed
  }
}
