// Real-time: the decoding thread. An ODrive by its ASCII protocol.
//
// Commands are obeyed without a word. So questions go out behind each in the same write: position
// and velocity, the axis' state, its error, and a fourth number at the end. A line that is lost or
// damaged spoils the whole: no answer is better than one that is taken for its neighbour's.
//
// The axis idles, free, until motion begins. Then the first setpoint, which is where the joint is,
// goes before the request to close the loop; the drive itself sets its input to the present
// position when it closes it (axis.cpp, start_closed_loop_control). A request that is not followed
// is made three times; an axis that has left the loop by itself is not brought back before `arm`.
// The drive's watchdog counts in every state; `p`, `c` and `u` feed it, and only `arm` and `disarm`
// clear it.
//
// The watchdog is not saved in the drive: one that starts anew has none. So `arm` sets it anew, and
// the question behind `arm`, as each that follows one without an answer, asks for the watchdog in
// the place of the fourth number; before it was found as it was set no loop is closed. A drive that
// was silent for as long as a start takes has left service, whatever it says then.

internal import MathShim
internal import RT
internal import Signal

/// AXIS_STATE_….
enum ODriveState {
  static var idle: UInt32 { @_noLocks @_noAllocation get { 1 } }
  static var closedLoop: UInt32 { @_noLocks @_noAllocation get { 8 } }
}

struct ODriveWire: Sendable {
  private enum Letter {
    static var position: UInt8 { @_noLocks @_noAllocation get { 0x70 } }
    static var torque: UInt8 { @_noLocks @_noAllocation get { 0x63 } }
  }

  /// How many answers may show another state before the loop is asked for again, and how often it
  /// is asked for.
  private static var answersForRequest: Int { @_noLocks @_noAllocation get { 3 } }
  private static var requestsMaximum: Int { @_noLocks @_noAllocation get { 3 } }
  /// How often a drive that was to leave the loop is asked again whether it has: it takes a
  /// millisecond, and is asked in the same breath.
  private static var repetitionsMaximum: Int { @_noLocks @_noAllocation get { 3 } }

  private let gearing: Gearing
  private let axis: UInt8
  /// What the watchdog is set to, s.
  private let watchdogSeconds: Double
  // What is found before a session.
  private(set) var vocabulary: ODriveVocabulary
  /// Of the motor, N·m/A; NaN: not known.
  var torqueConstant = Double.nan

  private var state: HostedState
  /// As it was when the open question was asked.
  private var askedState = ExoskeletonState.disarmed
  private var question: Question

  // The closed loop, once motion has begun.
  private var requests = 0
  private var answersLeft = 0
  private var isConfirmed = false
  private var hasLeft = false

  // Whether the drive is the one that was armed.
  /// The watchdog is to be asked for; no loop is closed until it was found.
  private var isUnsure = false
  /// It has been set since the drive left service.
  private var isWatchSet = false
  /// Of the open question: that it asks for the watchdog, and asked after that was set.
  private var asksForWatch = false
  private var askedWatchSet = false

  // Answers of the open question so far.
  private var lineCount = 0
  private var isSpoilt = false
  private var repetitionsLeft = 0
  private var turns = 0.0
  private var turnsPerSecond = 0.0
  private var axisState: UInt32 = 0
  private var error: UInt32 = 0
  private var hasWatchTime = false
  private var isWatchOn = false

  init(_ settings: DriveSettings) {
    gearing = settings.gearing
    axis = UInt8(truncatingIfNeeded: settings.address) & 1
    watchdogSeconds = settings.watchdog.seconds
    vocabulary = ODriveVocabulary(
      axis: Int(axis), generation: nil, tellsCurrent: false, watchdogSeconds: watchdogSeconds)
    question = Question(controlPeriod: settings.controlPeriod)
    state = HostedState(settings)
  }

  /// What was found before a session; the watchdog is set and read back behind it.
  @_noLocks @_noAllocation
  mutating func noteIdentified(_ vocabulary: ODriveVocabulary) {
    self.vocabulary = vocabulary
    hasLeft = false
    isUnsure = false
    state.silence.end()
  }

  // MARK: Commands

  /// A command's lines; true when they ask for an answer.
  @_noLocks @_noAllocation
  mutating func encode(
    _ command: Command, sequence: UInt16, at now: MonotonicInstant, into out: inout ByteWriter,
    _ queue: inout ByteQueue
  ) -> Bool {
    state.note(command)
    if state.silence.isTooLong(at: now) { leave() }
    switch command {
    case .identify, .heartbeat: vocabulary.feed.put(into: &out)
    case .arm:
      free(&out)
      vocabulary.watch.put(into: &out)
      vocabulary.clear.put(into: &out)
      isUnsure = true
      isWatchSet = true
    case .disarm:
      free(&out)
      vocabulary.clear.put(into: &out)
    case .neutral, .stop, .release: free(&out)
    case .motion(let setpoint):
      let degrees = gearing.driveDegrees(setpoint.positionDegrees)
      let speed = gearing.driveVelocity(setpoint.velocityDegreesPerSecond)
      drive(Letter.position, degrees / 360, speed / 360, &out)
    case .exert(let setpoint):
      // What the joint gains in effort by the gear it loses in speed.
      drive(Letter.torque, setpoint.newtonMetres / gearing.driveVelocity(1), nil, &out)
    }
    let wasOpen = question.isOpen
    guard question.ask(with: sequence, at: now) else {
      // Given up: who answers the next may have started anew.
      if wasOpen, !question.isOpen { isUnsure = true }
      return false
    }
    state.silence.noteQuestion(at: now)
    // Half an answer of before is no part of the next.
    queue.clear()
    askedState = state.state
    asksForWatch = isUnsure && vocabulary.isIdentified
    askedWatchSet = isWatchSet
    repetitionsLeft = Self.repetitionsMaximum
    ask(&out)
    return true
  }

  /// The command that asked was not written.
  @_noLocks @_noAllocation
  mutating func withdraw() { question.withdraw() }

  /// The drive may be another than the one that was armed.
  @_noLocks @_noAllocation
  private mutating func leave() {
    hasLeft = true
    isUnsure = true
    isWatchSet = false
    askedWatchSet = false
  }

  @_noLocks @_noAllocation
  private mutating func ask(_ out: inout ByteWriter) {
    lineCount = 0
    isSpoilt = false
    if asksForWatch {
      vocabulary.check.put(into: &out)
    } else {
      vocabulary.question.put(into: &out)
    }
  }

  /// How many lines answer the open question.
  private var lineCountAsked: Int {
    @_noLocks @_noAllocation
    get {
      if !vocabulary.isIdentified { return 2 }
      return asksForWatch ? 5 : 4
    }
  }

  /// Out of the loop, watchdog fed.
  @_noLocks @_noAllocation
  private mutating func free(_ out: inout ByteWriter) {
    requests = 0
    answersLeft = 0
    isConfirmed = false
    vocabulary.idle.put(into: &out)
    vocabulary.feed.put(into: &out)
  }

  /// A setpoint, and the loop closed if it is not; where the drive is not in service, or the number
  /// does not fit the wire, the joint is set free.
  @_noLocks @_noAllocation
  private mutating func drive(
    _ letter: UInt8, _ first: Double, _ second: Double?, _ out: inout ByteWriter
  ) {
    // One that has started anew may close its loop by itself, and has no watchdog then.
    guard state.isInService, !hasLeft, isConfirmed || !isUnsure,
      ODriveLine.put(letter, axis: axis, first, second, into: &out)
    else {
      state.note(.neutral)
      free(&out)
      return
    }
    guard !isConfirmed, answersLeft == 0 else { return }
    guard requests < Self.requestsMaximum else {
      hasLeft = true
      return
    }
    requests += 1
    answersLeft = Self.answersForRequest
    vocabulary.run.put(into: &out)
  }

  // MARK: Answers

  @_noLocks @_noAllocation
  mutating func next(into out: inout ByteWriter, _ queue: inout ByteQueue) -> DriveReply? {
    while let line = ODriveLine.find(in: queue) {
      var reply: DriveReply?
      if !line.isIntact {
        queue.checksumErrors += 1
        isSpoilt = true
      } else if isCommand(queue, line.textCount) {
        var echo = DriveReply()
        echo.isEcho = true
        reply = echo
      } else {
        state.silence.end()
        if question.isOpen, !isSpoilt {
          isSpoilt = !take(queue, line.textCount)
          if !isSpoilt, lineCount == lineCountAsked {
            // Never behind what is on its way out already.
            if isToBeRepeated, out.byteCount == 0 {
              repeatQuestion(&out)
            } else {
              reply = answer(queue, line.textCount)
            }
          }
        }
      }
      if line.isIntact { queue.drop(line.byteCount) } else { queue.skip(line.byteCount) }
      if let reply { return reply }
    }
    return nil
  }

  /// Whether the drive runs on although it was told not to, and may just not have come to it.
  private var isToBeRepeated: Bool {
    @_noLocks @_noAllocation
    get {
      guard axisState != ODriveState.idle, repetitionsLeft > 0 else { return false }
      switch askedState {
      case .moving: return false
      case .disarmed, .armed, .neutral, .stopped, .watchdog: return true
      }
    }
  }

  @_noLocks @_noAllocation
  private mutating func repeatQuestion(_ out: inout ByteWriter) {
    repetitionsLeft -= 1
    ask(&out)
  }

  /// A letter and a space: no answer begins so.
  @_noLocks @_noAllocation
  private func isCommand(_ queue: borrowing ByteQueue, _ count: Int) -> Bool {
    count > 1 && queue.byte(1) == 0x20 && queue.byte(0) >= 0x61 && queue.byte(0) <= 0x7A
  }

  /// The next of the lines; false: it is none that can stand there.
  @_noLocks @_noAllocation
  private mutating func take(_ queue: borrowing ByteQueue, _ count: Int) -> Bool {
    lineCount += 1
    switch lineCount {
    case 1:
      guard let (first, second) = ODriveLine.numbers(queue, count: count) else { return false }
      turns = first
      turnsPerSecond = second
      return true
    case 2:
      guard let whole = ODriveLine.whole(queue, 0, count) else { return false }
      axisState = whole
      return true
    case 3:
      guard let whole = ODriveLine.whole(queue, 0, count) else { return false }
      error = whole
      return true
    case 4:
      guard let number = ODriveLine.number(queue, 0, count) else { return false }
      hasWatchTime = math_fabs(number - watchdogSeconds) < 0.001
      return true
    case 5:
      guard asksForWatch, let isOn = ODriveLine.flag(queue, count) else { return false }
      isWatchOn = isOn
      return true
    default: return false
    }
  }

  /// All have come.
  @_noLocks @_noAllocation
  private mutating func answer(_ queue: borrowing ByteQueue, _ count: Int) -> DriveReply {
    noteLoop()
    if asksForWatch { noteWatch() }
    var amperes = Double.nan
    if vocabulary.tellsCurrent, !asksForWatch, let number = ODriveLine.number(queue, 0, count) {
      amperes = number
    }
    var faults: UInt16 = 0
    let isBitten = error & vocabulary.watchdogError != 0
    if isBitten { faults |= ExoskeletonFaults.watchdog.rawValue }
    if error & ~vocabulary.watchdogError != 0 { faults |= ExoskeletonFaults.drive.rawValue }
    var reply = DriveReply()
    reply.sequence = question.answer()
    reply.joint = JointState(
      deviceMicroseconds: 0, positionDegrees: gearing.jointDegrees(turns * 360),
      velocityDegreesPerSecond: gearing.jointVelocity(turnsPerSecond * 360),
      effortNewtonMetres: effort(amperes), state: jointState(isBitten: isBitten),
      faults: ExoskeletonFaults(rawValue: faults), faultCode: error)
    return reply
  }

  /// By the torque constant that was given for the joint, else by the motor's own and the gear.
  @_noLocks @_noAllocation
  private func effort(_ amperes: Double) -> Double {
    if gearing.newtonMetresPerAmpere > 0 { return gearing.newtonMetres(amperes) }
    return amperes * torqueConstant * gearing.driveVelocity(1)
  }

  /// What the answer says of the closed loop, as long as one is asked for.
  @_noLocks @_noAllocation
  private mutating func noteLoop() {
    guard requests > 0 else { return }
    if axisState == ODriveState.closedLoop {
      isConfirmed = true
    } else if isConfirmed {
      hasLeft = true
    } else if answersLeft > 0 {
      answersLeft -= 1
    }
  }

  /// What the answer says of the watchdog.
  @_noLocks @_noAllocation
  private mutating func noteWatch() {
    guard hasWatchTime, isWatchOn else {
      leave()
      return
    }
    isUnsure = isWatchSet && !askedWatchSet
    if askedWatchSet {
      hasLeft = false
      isWatchSet = false
    }
  }

  /// What the drive does, where that differs from what the host has brought it to.
  @_noLocks @_noAllocation
  private func jointState(isBitten: Bool) -> ExoskeletonState {
    let runs = axisState != ODriveState.idle
    switch askedState {
    case .stopped: return runs ? .moving : .stopped
    case .disarmed, .armed, .neutral, .moving, .watchdog: break
    }
    if isBitten { return .watchdog }
    if runs { return .moving }
    if hasLeft { return .disarmed }
    switch askedState {
    case .moving: return .armed
    case .disarmed, .armed, .neutral, .stopped, .watchdog: return askedState
    }
  }
}
