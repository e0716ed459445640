// Real-time: the decoding thread. OpenExo's UART: at most five messages a command, of 64 bytes in
// all, which is what its receiver holds.
//
// It acknowledges nothing. A command is followed by a question for the status, whose answer comes
// after the command was looked at; real-time data come by themselves while a trial is on, so that
// they acknowledge nothing. It has no watchdog and no checksum: it keeps the last torque when the
// line dies, and a command that is damaged on its way is obeyed as it came.
//
// Arming takes three steps, each repeated with `arm` until its answer has come, because beginning a
// trial reads each controller's parameters from the memory card anew, torques among them:
//   1. motors off, trial on          until the status is that of a trial
//   2. our controller, its torque 0  until these read back so
//   3. torque 0, motors on           until a status answers

internal import RT

struct OpenExoWire: Sendable {
  private enum Step {
    case trial, parameters, motors
  }

  /// What the open question is about.
  private enum Subject {
    case status, parameters
  }

  private let settings: OpenExoSettings
  private let gearing: Gearing
  private let address: UInt8
  private var state: HostedState
  private var askedState = ExoskeletonState.disarmed
  private var step = Step.trial
  private var askedStep = Step.trial
  private var subject = Subject.status
  private var question: Question
  /// How many numbers its real-time messages have; learned before a session.
  var realTimeCount = 0
  private var degrees = Double.nan
  private var torque = Double.nan
  private var velocity = Double.nan
  private var estimate = VelocityEstimate()
  private var realTime: Freshness
  /// Of its own numbers; kept until it is armed or disarmed.
  private var errorCode: UInt32 = 0
  /// It was told to end the trial, and has not said yet that it has.
  private var isLeaving = false

  init(_ settings: DriveSettings) {
    self.settings = settings.openExo
    gearing = settings.gearing
    address = UInt8(clamping: settings.address)
    state = HostedState(settings)
    question = Question(controlPeriod: settings.controlPeriod)
    realTime = Freshness(controlPeriod: settings.controlPeriod)
  }

  /// A command's bytes; true when they ask for an answer.
  @_noLocks @_noAllocation
  mutating func encode(
    _ command: Command, sequence: UInt16, at now: MonotonicInstant, into out: inout ByteWriter
  ) -> Bool {
    var subject = Subject.status
    state.heed(at: now)
    switch command {
    case .identify: break
    // It keeps the last torque for ever, and what took it away may have got lost.
    case .heartbeat: if !state.isInService { putOff(into: &out) }
    case .arm:
      errorCode = 0
      isLeaving = false
      subject = putStep(into: &out)
    case .disarm:
      errorCode = 0
      isLeaving = true
      leave(command)
      putOff(into: &out)
      OpenExoFrame.put(OpenExoCode.status, Float(OpenExoStatus.trialOff), into: &out)
    case .stop, .release:
      leave(command)
      putOff(into: &out)
    // What it cannot be told is neutral: it is led by effort alone.
    case .neutral, .motion:
      state.note(.neutral)
      putTorque(0, into: &out)
    case .exert(let setpoint):
      state.note(command)
      let torque = Float(gearing.isReversed ? -setpoint.newtonMetres : setpoint.newtonMetres)
      // False for NaN, and for what a float does not hold.
      let isKnown = torque.magnitude <= Float.greatestFiniteMagnitude
      putTorque(isKnown && state.isInService ? torque : 0, into: &out)
    }
    guard question.ask(with: sequence, at: now) else { return false }
    self.subject = subject
    askedState = state.state
    askedStep = step
    switch subject {
    case .status:
      OpenExoFrame.put(OpenExoCode.getRealTimeData, into: &out)
      OpenExoFrame.put(OpenExoCode.getStatus, into: &out)
    case .parameters:
      OpenExoFrame.put(OpenExoCode.getControllerParameters, joint: address, into: &out)
    }
    return true
  }

  /// Motors off first: no torque is worth more than one that is right.
  @_noLocks @_noAllocation
  private func putOff(into out: inout ByteWriter) {
    OpenExoFrame.put(OpenExoCode.motorEnable, 0, into: &out)
    putTorque(0, into: &out)
  }

  @_noLocks @_noAllocation
  private func putTorque(_ newtonMetres: Float, into out: inout ByteWriter) {
    OpenExoFrame.putParameter(
      joint: address, controller: settings.controller, index: settings.torqueIndex, newtonMetres,
      into: &out)
  }

  @_noLocks @_noAllocation
  private mutating func leave(_ command: Command) {
    state.note(command)
    step = .trial
  }

  /// One step of arming, and what is to be asked about it.
  @_noLocks @_noAllocation
  private mutating func putStep(into out: inout ByteWriter) -> Subject {
    switch state.state {
    case .disarmed: break
    case .armed, .moving, .neutral, .stopped, .watchdog: return .status
    }
    switch step {
    case .trial:
      OpenExoFrame.put(OpenExoCode.motorEnable, 0, into: &out)
      OpenExoFrame.put(OpenExoCode.status, Float(OpenExoStatus.trialOn), into: &out)
      return .status
    case .parameters:
      putTorque(0, into: &out)
      OpenExoFrame.putParameter(
        joint: address, controller: settings.controller, index: settings.directionIndex, 0,
        into: &out)
      return .parameters
    case .motors:
      putTorque(0, into: &out)
      OpenExoFrame.put(OpenExoCode.motorEnable, 1, into: &out)
      state.note(.arm)
      return .status
    }
  }

  /// The command that asked was not written.
  @_noLocks @_noAllocation
  mutating func withdraw() { question.withdraw() }

  /// The next answer.
  @_noLocks @_noAllocation
  mutating func next(_ queue: inout ByteQueue, at now: MonotonicInstant) -> DriveReply? {
    while let message = OpenExoFrame.take(from: &queue) {
      let command = message.command
      if command == OpenExoCode.status {
        if let reply = answer(status: message, &queue, at: now) { return reply }
      } else if command == OpenExoCode.controllerParameters {
        if let reply = answer(parameters: message, at: now) { return reply }
      } else if command == OpenExoCode.realTimeData {
        note(realTime: message, &queue, at: now)
      } else if command == OpenExoCode.error {
        if message.numberCount == 1 { note(error: message.hundredths(0)) }
      } else if command == OpenExoCode.getStatus || command == OpenExoCode.getRealTimeData
        || command == OpenExoCode.motorEnable || command == OpenExoCode.controllerParameter
      {
        // The exoskeleton says none of these: our own.
        var reply = DriveReply()
        reply.isEcho = true
        return reply
      }
    }
    return nil
  }

  @_noLocks @_noAllocation
  private mutating func answer(
    status message: OpenExoMessage, _ queue: inout ByteQueue, at now: MonotonicInstant
  ) -> DriveReply? {
    // Our own command has a 32-bit number.
    if message.numberCount == 2 {
      var reply = DriveReply()
      reply.isEcho = true
      return reply
    }
    guard let status = message.status else {
      queue.checksumErrors += 1
      return nil
    }
    if status & OpenExoStatus.errorBit != 0 { errorCode = UInt32(status) }
    let isTrial = status == OpenExoStatus.trialOn
    state.hear()
    if !isTrial { isLeaving = false }
    var reply = DriveReply()
    guard isAbout(.status), let sequence = question.answer() else {
      reply.joint = joint(isTrial ? toldState : .disarmed, at: now)
      return reply
    }
    reply.sequence = sequence
    if isTrial, isAsked(.trial), isDisarmed { step = .parameters }
    // A trial that ends by itself takes the joint out of service.
    if !isTrial, isServed(askedState) {
      step = .trial
      reply.joint = joint(.disarmed, at: now)
      if isServed(state.state) { state.note(.disarm) }
      return reply
    }
    reply.joint = joint(toldState, at: now)
    return reply
  }

  @_noLocks @_noAllocation
  private mutating func answer(parameters message: OpenExoMessage, at now: MonotonicInstant)
    -> DriveReply?
  {
    guard message.joint == address, message.numberCount >= 2, isAbout(.parameters) else {
      return nil
    }
    var reply = DriveReply()
    guard let sequence = question.answer() else { return nil }
    reply.sequence = sequence
    state.hear()
    reply.joint = joint(toldState, at: now)
    let torque = Int(settings.torqueIndex) + 2
    let direction = Int(settings.directionIndex) + 2
    if message.numberCount > torque, message.numberCount > direction,
      message.hundredths(0) == Int16(settings.controller) * 100, message.hundredths(torque) == 0,
      message.hundredths(direction) == 0
    {
      if isAsked(.parameters), isDisarmed { step = .motors }
    } else {
      reply.isRefusal = true
      step = .trial
    }
    return reply
  }

  @_noLocks @_noAllocation
  private mutating func note(
    realTime message: OpenExoMessage, _ queue: inout ByteQueue, at now: MonotonicInstant
  ) {
    guard message.joint == 0, message.numberCount == realTimeCount else {
      queue.checksumErrors += 1
      return
    }
    realTime.note(at: now)
    if let index = settings.angleIndex, index < message.numberCount {
      degrees = gearing.jointDegrees(message.number(index))
      estimate.note(degrees, at: now)
      velocity = estimate.degreesPerSecond
    }
    if let index = settings.velocityIndex, index < message.numberCount {
      velocity = gearing.jointVelocity(message.number(index))
    }
    if let index = settings.torqueReadingIndex, index < message.numberCount {
      torque = gearing.isReversed ? -message.number(index) : message.number(index)
    }
  }

  @_noLocks @_noAllocation
  private mutating func note(error hundredths: Int16) {
    // An error without a number is one still.
    if hundredths != 0 { errorCode = max(1, UInt32(UInt16(bitPattern: hundredths) / 100)) }
  }

  /// While the trial goes on that it was told to end, the joint may be driven still: it is neither
  /// disarmed nor in service, and is to be disarmed once more.
  private var toldState: ExoskeletonState {
    @_noLocks @_noAllocation
    get {
      if isLeaving, case .disarmed = askedState { return .watchdog }
      return askedState
    }
  }

  /// The status acknowledges, the real-time data tell where the joint is: without them a status
  /// says nothing of it.
  @_noLocks @_noAllocation
  private func joint(_ state: ExoskeletonState, at now: MonotonicInstant) -> JointState {
    let isStale = realTime.isStale(at: now)
    return JointState(
      deviceMicroseconds: 0, positionDegrees: isStale ? .nan : degrees,
      velocityDegreesPerSecond: isStale ? .nan : velocity,
      effortNewtonMetres: isStale ? .nan : torque, state: state,
      faults: errorCode == 0 ? ExoskeletonFaults(rawValue: 0) : .drive, faultCode: errorCode)
  }

  // MARK: Comparisons, which the path may make by `switch` alone

  private var isDisarmed: Bool {
    @_noLocks @_noAllocation
    get { if case .disarmed = state.state { true } else { false } }
  }

  @_noLocks @_noAllocation
  private func isServed(_ state: ExoskeletonState) -> Bool {
    switch state {
    case .armed, .moving, .neutral: true
    case .disarmed, .stopped, .watchdog: false
    }
  }

  @_noLocks @_noAllocation
  private func isAbout(_ other: Subject) -> Bool {
    switch subject {
    case .status: if case .status = other { true } else { false }
    case .parameters: if case .parameters = other { true } else { false }
    }
  }

  @_noLocks @_noAllocation
  private func isAsked(_ other: Step) -> Bool {
    switch askedStep {
    case .trial: if case .trial = other { true } else { false }
    case .parameters: if case .parameters = other { true } else { false }
    case .motors: if case .motors = other { true } else { false }
    }
  }
}
