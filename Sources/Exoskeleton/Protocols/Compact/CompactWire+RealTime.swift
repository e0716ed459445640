// Real-time: the decoding thread. Compact commands by their table: a walk over at most twelve
// fields for each. No system call. CompactReplies+RealTime.swift is the other direction.
//
// A reply that says which command it answers acknowledges that one. Where none does, one question
// is open at a time: a reply is that of the oldest command that nothing has answered, and a drive
// that lags by more than a control period may have the next one acknowledged instead.

internal import RT
internal import MathShim

struct CompactWire: Sendable {
  var table: CompactTable
  let gearing: Gearing
  var hosted: HostedState
  /// Of each of the newest 64 commands, the state that it has brought the drive into.
  private var states = InlineArray<64, ExoskeletonState>(repeating: .disarmed)
  /// That of the newest command that was acknowledged.
  var confirmedState = ExoskeletonState.disarmed
  private var confirmed: UInt16 = 0
  var question: Question
  var newest: UInt16 = 0
  var degrees = Double.nan
  var velocity = Double.nan
  var effort = Double.nan
  var told = ExoskeletonState.disarmed
  var fault: UInt32 = 0
  var estimate = VelocityEstimate()
  /// When each of them was told; in a format with several replies one of them may stay away.
  var toldPosition: Freshness
  var toldVelocity: Freshness
  var toldEffort: Freshness
  var toldState: Freshness

  init(_ settings: DriveSettings) {
    table = CompactTable()
    if let format = settings.compact { table = CompactTable(format, address: settings.address) }
    gearing = settings.gearing
    hosted = HostedState(settings)
    question = Question(controlPeriod: settings.controlPeriod)
    let period = settings.controlPeriod
    toldPosition = Freshness(controlPeriod: period)
    toldVelocity = Freshness(controlPeriod: period, isExpected: table.hasVelocity)
    // Some tell it only while they drive; without it effort is not watched, as where none is told.
    toldEffort = Freshness(controlPeriod: period, isExpected: false)
    toldState = Freshness(controlPeriod: period, isExpected: table.hasState)
  }

  /// A command's bytes; true when they ask for an answer.
  @_noLocks @_noAllocation
  mutating func encode(
    _ command: Command, sequence: UInt16, at now: MonotonicInstant, into out: inout ByteWriter
  ) -> Bool {
    hosted.heed(at: now)
    hosted.note(command)
    newest = sequence
    states[Int(sequence) & 63] = hosted.state
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
    return question.ask(with: sequence, at: now)
  }

  /// The command that asked was not written.
  @_noLocks @_noAllocation
  mutating func withdraw() { question.withdraw() }

  /// The drive has answered a command: it is in the state that this one brought it into, whatever
  /// was said to it since.
  @_noLocks @_noAllocation
  mutating func confirm(_ sequence: UInt16) {
    let age = newest &- sequence
    guard age < 64, age <= newest &- confirmed else { return }
    confirmed = sequence
    confirmedState = states[Int(sequence) & 63]
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
    case .heartbeat: return putHeartbeat(sequence, into: &out)
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

  /// Feeds the drive's watchdog. Out of service a drive that does not tell its state is let go once
  /// more instead: the command that did so may have got lost, and nothing would say so.
  @_noLocks @_noAllocation
  private func putHeartbeat(_ sequence: UInt16, into out: inout ByteWriter) -> Bool {
    let nowhere = Setpoint(positionDegrees: 0)
    if table.hasState || hosted.isInService {
      return put(.heartbeat, nowhere, 0, sequence, into: &out)
    }
    if case .stopped = hosted.state { return put(.stop, nowhere, 0, sequence, into: &out) }
    return put(.neutral, nowhere, 0, sequence, into: &out)
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
