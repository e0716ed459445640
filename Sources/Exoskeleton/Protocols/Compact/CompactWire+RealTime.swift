// Real-time: the decoding thread. Compact frames by their table: a walk over at most twelve fields
// for each message. No system call.
//
// A reply that says which command it answers acknowledges that one. Where none does, one question
// is open at a time: a reply is that of the oldest command that nothing has answered, and a drive
// that lags by more than a control period may have the next one acknowledged instead.

internal import RT
internal import MathShim

struct CompactWire: Sendable {
  private var table: CompactTable
  private let gearing: Gearing
  private var hosted = HostedState()
  private var askedState = ExoskeletonState.disarmed
  private var question: Question
  private var newest: UInt16 = 0
  private var degrees = Double.nan
  private var velocity = Double.nan
  private var effort = Double.nan
  private var told = ExoskeletonState.disarmed
  private var fault: UInt32 = 0
  private var estimate = VelocityEstimate()

  init(_ settings: DriveSettings) {
    table = CompactTable()
    if let format = settings.compact { table = CompactTable(format, address: settings.address) }
    gearing = settings.gearing
    question = Question(controlPeriod: settings.controlPeriod)
  }

  /// A command's bytes; true when they ask for an answer.
  @_noLocks @_noAllocation
  mutating func encode(
    _ command: Command, sequence: UInt16, at now: MonotonicInstant, into out: inout ByteWriter
  ) -> Bool {
    hosted.note(command)
    newest = sequence
    switch command {
    // A drive that has it still says so again; one that tells faults apart from all else is silent.
    case .arm, .disarm: fault = 0
    case .identify, .heartbeat, .motion, .exert, .neutral, .stop, .release: break
    }
    if !put(command, sequence, into: &out) {
      // Nothing was written. Neutral always fits: constants and the address have been checked.
      _ = put(.neutral, Setpoint(positionDegrees: 0), 0, sequence, into: &out)
    }
    if hasQuery { _ = put(.query, Setpoint(positionDegrees: 0), 0, sequence, into: &out) }
    if table.hasSequence { return true }
    guard question.ask(with: sequence, at: now) else { return false }
    askedState = hosted.state
    return true
  }

  private var hasQuery: Bool {
    @_noLocks @_noAllocation
    get { table.commands[CompactTable.index(of: .query)].isThere }
  }

  /// False when the format has no such command, or what it says does not fit; nothing is written
  /// then.
  @_noLocks @_noAllocation
  private func put(_ command: Command, _ sequence: UInt16, into out: inout ByteWriter) -> Bool {
    let nowhere = Setpoint(positionDegrees: 0)
    switch command {
    case .identify: return put(.identify, nowhere, 0, sequence, into: &out)
    case .heartbeat: return put(.heartbeat, nowhere, 0, sequence, into: &out)
    case .arm: return put(.arm, nowhere, 0, sequence, into: &out)
    case .disarm: return put(.disarm, nowhere, 0, sequence, into: &out)
    case .neutral: return put(.neutral, nowhere, 0, sequence, into: &out)
    case .stop: return put(.stop, nowhere, 0, sequence, into: &out)
    case .release: return put(.release, nowhere, 0, sequence, into: &out)
    case .motion(let motion):
      guard hosted.isInService else { return false }
      let setpoint = Setpoint(
        positionDegrees: gearing.driveDegrees(motion.positionDegrees),
        velocity: gearing.driveVelocity(motion.velocityDegreesPerSecond),
        acceleration: gearing.driveVelocity(motion.accelerationDegreesPerSecondSquared))
      return put(.motion, setpoint, 0, sequence, into: &out)
    case .exert(let exert):
      guard hosted.isInService else { return false }
      let effort = gearing.isReversed ? -exert.newtonMetres : exert.newtonMetres
      return put(.exert, nowhere, effort, sequence, into: &out)
    }
  }

  @_noLocks @_noAllocation
  private func put(
    _ command: CompactCommand, _ setpoint: Setpoint, _ effort: Double, _ sequence: UInt16,
    into out: inout ByteWriter
  ) -> Bool {
    let message = table.commands[CompactTable.index(of: command)]
    guard message.isThere else { return false }
    var bytes = CompactBytes()
    let frame = table.command
    for index in 0..<message.fieldCount {
      let field = message.fields[index]
      let fits: Bool
      switch field.meaning {
      // A constant is its offset.
      case .constant, .state, .fault:
        fits = bytes.put(0, as: field, isBigEndian: frame.isBigEndian)
      case .position:
        fits = bytes.put(setpoint.positionDegrees, as: field, isBigEndian: frame.isBigEndian)
      case .velocity:
        fits = bytes.put(
          setpoint.velocityDegreesPerSecond, as: field, isBigEndian: frame.isBigEndian)
      case .acceleration:
        fits = bytes.put(
          setpoint.accelerationDegreesPerSecondSquared, as: field,
          isBigEndian: frame.isBigEndian)
      case .effort: fits = bytes.put(effort, as: field, isBigEndian: frame.isBigEndian)
      case .sequence:
        bytes.put(
          UInt32(sequence), at: field.at, count: field.number.byteCount,
          isBigEndian: frame.isBigEndian)
        fits = true
      case .address:
        fits = bytes.put(Double(table.address), as: field, isBigEndian: frame.isBigEndian)
      }
      guard fits else { return false }
    }
    close(&bytes, message, frame)
    for index in 0..<message.byteCount { out.put(bytes.byte(index)) }
    return true
  }

  @_noLocks @_noAllocation
  private func close(
    _ bytes: inout CompactBytes, _ message: CompactTable.Message, _ frame: CompactTable.Frame
  ) {
    for index in 0..<frame.startCount { bytes.put(frame.start[index], at: index) }
    for index in 0..<frame.endCount {
      bytes.put(frame.end[index], at: message.byteCount - frame.endCount + index)
    }
    if frame.codeAt >= 0 { bytes.put(message.code, at: frame.codeAt) }
    if frame.lengthAt >= 0 {
      bytes.put(
        UInt8(truncatingIfNeeded: message.byteCount - frame.lengthLess), at: frame.lengthAt)
    }
    let sum = bytes.checksum(
      frame.checksum, from: message.checksumFirst, through: message.checksumLast)
    bytes.put(
      sum, at: message.checksumAt, count: frame.checksum.byteCount,
      isBigEndian: frame.isChecksumBigEndian)
  }

  // MARK: Replies

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
    var reply = DriveReply()
    for index in 0..<message.fieldCount {
      let field = message.fields[index]
      switch field.meaning {
      case .position: degrees = gearing.jointDegrees(bytes.value(field, isBigEndian: isBigEndian))
      case .velocity:
        velocity = gearing.jointVelocity(bytes.value(field, isBigEndian: isBigEndian))
      case .effort:
        let value = bytes.value(field, isBigEndian: isBigEndian)
        effort = gearing.isReversed ? -value : value
      case .state: told = state(of: bytes.whole(field, isBigEndian: isBigEndian))
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
    // Not a number: no reply has told it yet.
    if degrees == degrees {
      if !table.hasVelocity {
        estimate.note(degrees, at: now)
        velocity = estimate.degreesPerSecond
      }
      reply.joint = joint
    }
    return reply
  }

  private var joint: JointState {
    @_noLocks @_noAllocation
    get {
      JointState(
        deviceMicroseconds: 0, positionDegrees: degrees, velocityDegreesPerSecond: velocity,
        effortNewtonMetres: effort, state: state,
        faults: fault == 0 ? ExoskeletonFaults(rawValue: 0) : .drive, faultCode: fault)
    }
  }

  /// What the drive says where it says it; what the host has brought it into otherwise. A stop is
  /// the host's to keep where the drive has no word for it.
  private var state: ExoskeletonState {
    @_noLocks @_noAllocation
    get {
      if case .stopped = hosted.state { return .stopped }
      if table.hasState { return told }
      return table.hasSequence ? hosted.state : askedState
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

/// A figure as a whole number of so many bits; nil when it does not fit or is none.
@_noLocks @_noAllocation
func compactInteger(_ value: Double, _ number: CompactNumber) -> Int64? {
  let whole = math_rint(value)
  let range = number.range
  // False for NaN.
  guard whole >= Double(range.lowerBound), whole <= Double(range.upperBound) else { return nil }
  return Int64(whole)
}
