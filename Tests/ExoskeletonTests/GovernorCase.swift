// One stretch of a governor's life in which anything may go wrong at every step, and a judge who
// computes from the inputs alone what must hold. Shared by the tests, which live thousands of them,
// and by `make storm`, which lives ten million.

import Exoskeleton
import RT

/// Steele, Lea and Flood 2014; the generator of the tests, here without their module.
struct CaseRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func chance(_ oneIn: UInt64) -> Bool { next() % oneIn == 0 }

  mutating func figure(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) * 0x1p-53
  }
}

/// What a case showed.
struct CaseOutcome: Sendable {
  /// What was wrong, with the place; nil: nothing.
  var complaint: String?
  var motions = 0
  var neutrals = 0
  var latches = 0
  var stops = 0

  mutating func add(_ other: CaseOutcome) {
    complaint = complaint ?? other.complaint
    motions += other.motions
    neutrals += other.neutrals
    latches += other.latches
    stops += other.stops
  }
}

struct GovernorCase {
  private var random: CaseRandom
  private let limits: GovernorLimits
  private let mode: MotionMode
  private var input: GovernorInput
  /// Steps for which each trouble still lasts.
  private var troubles = [Int](repeating: 0, count: 15)
  private var closings: [MonotonicInstant] = []
  /// Where the last motion told the joint to be.
  private var told: Double?
  /// When the drive last followed, or motion began.
  private var followed: MonotonicInstant?

  private enum Trouble: Int {
    case frames, decisions, acknowledgements, link, watchdog, fault, stopped, outside, signal
    case drift, heartbeat, runaway, held, asleep, budget
  }

  /// - Parameter step: how a governor is asked, for who wants to look at that.
  static func run(
    seed: UInt64, steps: Int,
    step: (inout Governor, GovernorInput) -> Command = { $0.step($1) }
  ) -> CaseOutcome {
    var life = GovernorCase(seed: seed)
    return life.live(steps: steps, ask: step)
  }

  private init(seed: UInt64) {
    var random = CaseRandom(seed: seed)
    mode = random.chance(3) ? .effort : .position
    let low = random.figure(-90, 20)
    let asksForHeartbeat = random.chance(3)
    do {
      limits = try GovernorLimits(
        positionMinimum: low, positionMaximum: low + random.figure(0.5, 120),
        velocityMaximum: random.figure(1, 400), accelerationMaximum: random.figure(5, 5000),
        jerkMaximum: random.figure(20, 100_000), effortMaximum: random.figure(0.5, 60),
        effortRateMaximum: random.figure(1, 500),
        followingErrorMaximum: random.figure(0.5, 30),
        heartbeatTimeout: asksForHeartbeat ? .milliseconds(200) : nil,
        burstClosings: 1 + Int(random.next() % 5), burstWindow: .milliseconds(800),
        alsoLatching: random.chance(4) ? .signalBurst : [])
    } catch {
      preconditionFailure("these limits are safe: \(error)")
    }
    let now = MonotonicInstant(nanoseconds: 10_000_000_000)
    input = GovernorInput(
      now: now, lastFrame: now, lastDecision: now, demand: .neutral, lastAcknowledgement: now,
      isLinkGone: false,
      joint: JointState(
        deviceMicroseconds: 0,
        positionDegrees: random.figure(limits.positionMinimum, limits.positionMaximum),
        velocityDegreesPerSecond: 0, effortNewtonMetres: 0, state: .neutral, faults: [],
        faultCode: 0),
      signal: SignalHealth(), lastHeartbeat: now)
    self.random = random
  }

  private mutating func live(
    steps: Int, ask: (inout Governor, GovernorInput) -> Command
  ) -> CaseOutcome {
    var outcome = CaseOutcome()
    var governor = Governor(limits: limits, mode: mode)
    var previous: (now: MonotonicInstant, command: Command)?
    var isDeliberate = false
    var isLatched = false
    for step in 0..<steps {
      operate(&governor, &isDeliberate, &isLatched)
      let wasActive = governor.state == .active
      let reason = forbids(previous: previous?.now, wasActive: wasActive)
      let command = ask(&governor, input)
      let moves = command.moves
      if !wasActive || input.joint?.state == .moving { followed = input.now }
      if moves {
        outcome.motions += 1
        if let followed, input.now - followed > .seconds(1) {
          outcome.complaint = "went on without the drive, step \(step)"
        }
        if !isDeliberate { outcome.complaint = "moved without a deliberate act, step \(step)" }
        if isLatched { outcome.complaint = "moved although latched, step \(step)" }
        if let reason { outcome.complaint = "moved in spite of \(reason), step \(step)" }
        if let found = complaint(command, previous: wasActive ? previous : nil) {
          outcome.complaint = "\(found), step \(step)"
        }
      } else {
        if command == .neutral { outcome.neutrals += 1 }
        // Where the drive does not follow yet, motion need not begin.
        if wasActive, reason == nil, input.joint?.state == .moving {
          outcome.complaint = "did not move although nothing spoke against it, step \(step)"
        }
      }
      if outcome.complaint != nil { return outcome }
      previous = (input.now, command)
      told = nil
      if case .motion(let setpoint) = command { told = setpoint.positionDegrees }
      if !governor.latchedCauses.isEmpty, !isLatched {
        isLatched = true
        outcome.latches += 1
      }
      if case .stopped = governor.state { outcome.stops += 1 }
      pass(after: command)
    }
    return outcome
  }

  /// The operator's acts.
  private mutating func operate(
    _ governor: inout Governor, _ isDeliberate: inout Bool, _ isLatched: inout Bool
  ) {
    if case .disarmed = governor.state, random.chance(4) {
      governor.arm()
      closings = []
      isDeliberate = true
      isLatched = false
    } else if case .stopped = governor.state {
      if random.chance(5) { governor.release() }
    } else if random.chance(150) {
      governor.stop(.operatorCommand)
    } else if random.chance(100) || (isLatched && random.chance(8)) {
      governor.disarm()
    }
    switch governor.state {
    case .disarmed, .stopped: isDeliberate = false
    case .armed, .active, .neutral: break
    }
  }

  private func lasts(_ trouble: Trouble) -> Bool { troubles[trouble.rawValue] > 0 }

  /// Time passes, and the world answers to a command.
  private mutating func pass(after command: Command) {
    // Mostly a period, sometimes none, some, or far too much; now and then a clock that jumps back.
    let milliseconds =
      random.chance(12)
      ? random.figure(0, 200) : random.chance(300) ? -5 : random.figure(15, 25)
    input.now = input.now + Nanoseconds(seconds: milliseconds / 1000)
    for index in troubles.indices {
      if troubles[index] > 0 {
        troubles[index] -= 1
      } else if random.chance(index < 3 ? 150 : 350) {
        troubles[index] = 1 + Int(random.next() % 20)
      }
    }
    if !lasts(.frames) { input.lastFrame = input.now }
    if !lasts(.decisions) { input.lastDecision = input.now }
    if !lasts(.acknowledgements) { input.lastAcknowledgement = input.now }
    if !lasts(.heartbeat) { input.lastHeartbeat = input.now }
    input.isLinkGone = lasts(.link) && random.chance(2)
    input.signal.isDrifting = lasts(.drift)
    input.isOverBudget = lasts(.budget) && random.chance(2)
    let isFit = !lasts(.signal) || random.chance(3)
    if input.signal.isFit, !isFit {
      input.signal.closings += 1
      closings.append(input.now)
    }
    input.signal.isFit = isFit
    if random.chance(8) { input.demand = demand() }
    input.joint = joint(after: command)
  }

  private mutating func demand() -> Demand {
    let low = limits.positionMinimum
    let high = limits.positionMaximum
    let most = limits.effortMaximum
    switch random.next() % 24 {
    case 0: return .neutral
    case 1, 2: return .hold
    case 3: return mode == .position ? .moveTo(degrees: .nan) : .exert(newtonMetres: .nan)
    case 4: return mode == .position ? .moveTo(degrees: high + 0.001) : .moveTo(degrees: low)
    case 5: return mode == .position ? .moveTo(degrees: low) : .exert(newtonMetres: most)
    case 6: return mode == .position ? .moveTo(degrees: high) : .exert(newtonMetres: -most)
    case 7: return mode == .position ? .exert(newtonMetres: 0) : .exert(newtonMetres: most * 1.01)
    default:
      return mode == .position
        ? .moveTo(degrees: random.figure(low, high))
        : .exert(newtonMetres: random.figure(-most, most))
    }
  }

  /// A joint that follows, more or less, and drifts when nothing drives it.
  private mutating func joint(after command: Command) -> JointState? {
    guard var joint = input.joint else { return nil }
    let middle = (limits.positionMinimum + limits.positionMaximum) / 2
    joint.effortNewtonMetres = 0
    switch command {
    case .motion(let setpoint):
      begin(&joint)
      if case .moving = joint.state {
        joint.positionDegrees = setpoint.positionDegrees + random.figure(-0.3, 0.3)
        joint.velocityDegreesPerSecond = setpoint.velocityDegreesPerSecond
      } else {
        joint.positionDegrees += random.figure(-1, 1)
        joint.velocityDegreesPerSecond = random.figure(-20, 20)
      }
    case .exert(let setpoint):
      joint.effortNewtonMetres = setpoint.newtonMetres * 0.9
      joint.positionDegrees += random.figure(-1, 1) + (middle - joint.positionDegrees) * 0.1
      joint.velocityDegreesPerSecond = random.figure(-1, 1)
      begin(&joint)
    case .neutral:
      joint.positionDegrees += random.figure(-2, 2)
      joint.velocityDegreesPerSecond = random.figure(-20, 20)
      if joint.state == .moving || joint.state == .watchdog { joint.state = .neutral }
      if random.chance(4) { joint.positionDegrees = middle }
      if random.chance(3) { joint.velocityDegreesPerSecond = 0 }
    case .arm:
      joint.state = .armed
      joint.faults = []
    case .disarm: joint.state = .disarmed
    case .stop: joint.state = .stopped
    case .heartbeat, .identify, .release: break
    }
    if lasts(.held), random.chance(2) { joint.positionDegrees += random.figure(-20, 20) }
    if lasts(.runaway) {
      if random.chance(2) { joint.velocityDegreesPerSecond = limits.velocityMaximum * 2.01 }
      if random.chance(2) { joint.effortNewtonMetres = -limits.effortMaximum * 1.01 }
    }
    if joint.state == .stopped, random.chance(3) { joint.state = .disarmed }
    guard joint.state != .stopped else { return joint }
    if lasts(.watchdog), random.chance(6) { joint.state = .watchdog }
    if lasts(.fault), random.chance(6) { joint.faults = .overload }
    if lasts(.stopped), random.chance(30) { joint.state = .stopped }
    if lasts(.outside), random.chance(3) { joint.positionDegrees = limits.positionMaximum + 3 }
    return joint
  }

  /// A drive takes one command or several until it follows.
  private mutating func begin(_ joint: inout JointState) {
    switch joint.state {
    case .armed, .neutral: if !lasts(.asleep), random.chance(2) { joint.state = .moving }
    case .disarmed, .moving, .watchdog, .stopped: break
    }
  }

  // MARK: The judge

  /// Why motion is out of the question, said without looking at the governor; nil: it is not.
  private func forbids(previous: MonotonicInstant?, wasActive: Bool) -> String? {
    func isOld(_ time: MonotonicInstant?, _ limit: Nanoseconds) -> Bool {
      guard let time else { return true }
      let age = input.now - time
      return age > limit || age < Nanoseconds.zero - limits.controlPeriod
    }
    guard let joint = input.joint else { return "an unknown joint" }
    if input.isLinkGone { return "no link" }
    if isOld(input.lastFrame, limits.frameTimeout) { return "old frames" }
    if isOld(input.lastDecision, limits.decisionTimeout) { return "old decisions" }
    if isOld(input.lastAcknowledgement, limits.acknowledgementTimeout) { return "no answers" }
    if let timeout = limits.heartbeatTimeout, isOld(input.lastHeartbeat, timeout) {
      return "no heartbeat"
    }
    if !input.signal.isFit { return "an unfit signal" }
    if input.signal.isDrifting { return "drift" }
    if input.isOverBudget { return "a broken budget" }
    if closings.count(where: { input.now - $0 <= limits.burstWindow }) >= limits.burstClosings {
      return "a burst"
    }
    if !joint.faults.isEmpty { return "a fault" }
    if [.disarmed, .watchdog, .stopped].contains(joint.state) { return "an exoskeleton that left" }
    if joint.positionDegrees > limits.positionMaximum + 0.5 { return "a joint outside" }
    if joint.positionDegrees < limits.positionMinimum - 0.5 { return "a joint outside" }
    if wasActive, abs(joint.velocityDegreesPerSecond) > limits.velocityMaximum * 2 {
      return "a joint that runs away"
    }
    if wasActive, abs(joint.effortNewtonMetres) > limits.effortMaximum { return "too much effort" }
    if wasActive, let told, abs(told - joint.positionDegrees) > limits.followingErrorMaximum {
      return "a joint that does not follow"
    }
    if let previous {
      let elapsed = input.now - previous
      if elapsed < .zero || elapsed > limits.controlPeriod * 3 { return "a late step" }
    }
    switch (mode, input.demand) {
    case (_, .neutral): return "a demand for neutral"
    case (.position, .hold): return nil
    case (.position, .moveTo(let degrees)):
      let allowed = limits.positionMinimum...limits.positionMaximum
      return allowed.contains(degrees) ? nil : "a target outside"
    case (.effort, .exert(let effort)):
      return abs(effort) <= limits.effortMaximum ? nil : "an effort outside"
    default: return "a demand of the other kind"
    }
  }

  /// What is wrong with a command; nil: nothing. The allowance is for arithmetic.
  private func complaint(
    _ command: Command, previous: (now: MonotonicInstant, command: Command)?
  ) -> String? {
    let seconds = previous.map { (input.now - $0.now).seconds } ?? 0
    switch command {
    case .motion(let setpoint):
      guard mode == .position else { return "led by position" }
      guard case .motion(let before)? = previous?.command else { return start(setpoint) }
      if input.joint?.state != .moving { return start(setpoint) }
      return complaint(setpoint, before: before, seconds: seconds)
    case .exert(let setpoint):
      guard mode == .effort else { return "led by effort" }
      guard abs(setpoint.newtonMetres) <= limits.effortMaximum else {
        return "effort \(setpoint.newtonMetres)"
      }
      guard case .exert(let before)? = previous?.command else {
        return setpoint.newtonMetres == 0 ? nil : "began with an effort"
      }
      let change = abs(setpoint.newtonMetres - before.newtonMetres)
      if input.joint?.state != .moving, change != 0 { return "pushed before the drive followed" }
      return change <= limits.effortRateMaximum * seconds + 1e-9
        ? nil : "effort changed by \(change) in \(seconds) s"
    default: return nil
    }
  }

  /// The first command leaves the joint where it is, as fast as it is, or at rest.
  private func start(_ setpoint: MotionSetpoint) -> String? {
    guard let joint = input.joint,
      abs(setpoint.positionDegrees - joint.positionDegrees) <= 0.5
    else { return "began away from the joint" }
    let velocity = setpoint.velocityDegreesPerSecond
    guard velocity == 0 || velocity == joint.velocityDegreesPerSecond else {
      return "began at \(velocity) deg/s"
    }
    return setpoint.accelerationDegreesPerSecondSquared == 0 ? nil : "began with a jerk"
  }

  private func complaint(_ setpoint: MotionSetpoint, before: MotionSetpoint, seconds: Double)
    -> String?
  {
    let position = setpoint.positionDegrees
    let velocity = setpoint.velocityDegreesPerSecond
    let acceleration = setpoint.accelerationDegreesPerSecondSquared
    guard position >= limits.positionMinimum, position <= limits.positionMaximum else {
      return "position \(position)"
    }
    func exceeds(_ value: Double, _ limit: Double, _ scale: Double) -> Bool {
      abs(value) > limit * (1 + 1e-9) + 1e-7 * scale
    }
    if exceeds(velocity, limits.velocityMaximum, 1) { return "velocity \(velocity)" }
    if exceeds(acceleration, limits.accelerationMaximum, 1) {
      return "acceleration \(acceleration)"
    }
    // Rest at a course's end is rounded to be exact; that is the scale.
    if exceeds(
      acceleration - before.accelerationDegreesPerSecondSquared, limits.jerkMaximum * seconds,
      limits.accelerationMaximum)
    {
      return "jerk: \(before) \(setpoint) in \(seconds) s"
    }
    if exceeds(
      velocity - before.velocityDegreesPerSecond, limits.accelerationMaximum * seconds,
      limits.velocityMaximum)
    {
      return "acceleration: \(before) \(setpoint) in \(seconds) s"
    }
    if exceeds(position - before.positionDegrees, limits.velocityMaximum * seconds, 1) {
      return "way: \(before) \(setpoint) in \(seconds) s"
    }
    return nil
  }
}

extension Command {
  /// Whether it drives the joint.
  var moves: Bool {
    switch self {
    case .motion, .exert: true
    case .identify, .heartbeat, .neutral, .stop, .arm, .disarm, .release: false
    }
  }
}
