// The governor among thousands of random sequences of demands, delays, faults and late periods.
// What must hold is computed here a second time, from the inputs alone.

import RT
import TestSupport
import Testing

@testable import Exoskeleton

/// A stretch of life that may go wrong at every step.
struct Misfortune {
  var random: SplitMix64
  let limits: GovernorLimits
  var input: GovernorInput
  /// Steps for which each trouble still lasts.
  var troubles = [Int](repeating: 0, count: 9)

  init(seed: UInt64) throws {
    random = SplitMix64(seed: seed)
    let low = Double.random(in: -90...20, using: &random)
    limits = try GovernorLimits(
      positionMinimum: low,
      positionMaximum: low + Double.random(in: 0.5...120, using: &random),
      velocityMaximum: Double.random(in: 1...400, using: &random),
      accelerationMaximum: Double.random(in: 5...5000, using: &random))
    var world = World()
    world.input.joint?.positionDegrees =
      Double.random(in: limits.positionMinimum...limits.positionMaximum, using: &random)
    input = world.input
  }

  mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

  mutating func next(after command: Command) {
    // Mostly a period, sometimes none, some, or far too much; now and then a clock that jumps back.
    let milliseconds =
      chance(12)
      ? Double.random(in: 0...200, using: &random)
      : chance(300) ? -5 : Double.random(in: 15...25, using: &random)
    input.now = input.now + Nanoseconds(seconds: milliseconds / 1000)
    for index in troubles.indices {
      if troubles[index] > 0 {
        troubles[index] -= 1
      } else if chance(index < 3 ? 120 : 250) {
        troubles[index] = Int.random(in: 1...20, using: &random)
      }
    }
    if troubles[0] == 0 { input.lastFrame = input.now }
    if troubles[1] == 0 { input.lastDecision = input.now }
    if troubles[2] == 0 { input.lastAcknowledgement = input.now }
    input.isLinkGone = troubles[3] > 0 && chance(2)
    if chance(8) { input.demand = demand() }
    answer(to: command)
  }

  mutating func demand() -> Demand {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return .neutral
    case 1, 2: return .hold
    case 3: return .moveTo(degrees: .nan)
    case 4: return .moveTo(degrees: limits.positionMaximum + 0.001)
    case 5: return .moveTo(degrees: limits.positionMinimum)
    case 6: return .moveTo(degrees: limits.positionMaximum)
    default:
      return .moveTo(
        degrees: Double.random(
          in: limits.positionMinimum...limits.positionMaximum, using: &random))
    }
  }

  /// A joint that follows, more or less, and drifts when nothing drives it.
  mutating func answer(to command: Command) {
    guard var joint = input.joint else { return }
    switch command {
    case .motion(let setpoint):
      joint.positionDegrees =
        setpoint.positionDegrees + Double.random(in: -0.3...0.3, using: &random)
      joint.velocityDegreesPerSecond = setpoint.velocityDegreesPerSecond
      if joint.state != .disarmed, joint.state != .watchdog { joint.state = .moving }
    case .neutral:
      joint.positionDegrees += Double.random(in: -2...2, using: &random)
      joint.velocityDegreesPerSecond = Double.random(in: -20...20, using: &random)
      if joint.state == .moving || joint.state == .watchdog { joint.state = .neutral }
      let middle = (limits.positionMinimum + limits.positionMaximum) / 2
      if chance(4) { joint.positionDegrees = middle }
      if chance(3) { joint.velocityDegreesPerSecond = 0 }
    case .arm:
      joint.state = .armed
      joint.faults = []
    case .disarm: joint.state = .disarmed
    case .stop: joint.state = .stopped
    case .heartbeat, .identify, .release: break
    }
    if joint.state == .stopped, chance(3) { joint.state = .disarmed }
    if joint.state != .stopped {
      if troubles[4] > 0, chance(6) { joint.state = .watchdog }
      if troubles[5] > 0, chance(6) { joint.faults = .overload }
      if troubles[6] > 0, chance(30) { joint.state = .stopped }
      if troubles[7] > 0, chance(3) { joint.positionDegrees = limits.positionMaximum + 3 }
    }
    input.joint = joint
  }

  /// Whether motion is out of the question, said without looking at the governor.
  func forbidsMotion(previous: MonotonicInstant?) -> Bool {
    func isOld(_ time: MonotonicInstant?, _ limit: Nanoseconds) -> Bool {
      guard let time else { return true }
      let age = input.now - time
      return age > limit || age < Nanoseconds.zero - limits.controlPeriod
    }
    guard let joint = input.joint else { return true }
    if input.isLinkGone { return true }
    if isOld(input.lastFrame, limits.frameTimeout) { return true }
    if isOld(input.lastDecision, limits.decisionTimeout) { return true }
    if isOld(input.lastAcknowledgement, limits.acknowledgementTimeout) { return true }
    if !joint.faults.isEmpty { return true }
    if [.disarmed, .watchdog, .stopped].contains(joint.state) { return true }
    if joint.positionDegrees > limits.positionMaximum + 0.5 { return true }
    if joint.positionDegrees < limits.positionMinimum - 0.5 { return true }
    if let previous {
      let elapsed = input.now - previous
      if elapsed < .zero || elapsed > limits.controlPeriod * 3 { return true }
    }
    switch input.demand {
    case .neutral: return true
    case .hold: return false
    case .moveTo(let degrees):
      return !(limits.positionMinimum...limits.positionMaximum).contains(degrees)
    }
  }
}

@Suite("The governor's promises")
struct GovernorPropertyTests {
  @Test(
    "no command ever leaves the limits, and neutral is there at the first step after a cause",
    arguments: 0..<40 as Range<UInt64>)
  func promises(block: UInt64) throws {
    var motions = 0
    var neutrals = 0
    for seed in block * 50..<(block + 1) * 50 {
      var life = try Misfortune(seed: seed)
      var governor = Governor(limits: life.limits)
      var previous: (now: MonotonicInstant, setpoint: MotionSetpoint?)?
      var isDeliberate = false
      var isLatched = false
      for step in 0..<200 {
        // The operator's acts.
        if case .disarmed = governor.state, life.chance(5) {
          governor.arm()
          isDeliberate = true
          isLatched = false
        } else if case .stopped = governor.state {
          if life.chance(5) { governor.release() }
        } else if life.chance(150) {
          governor.stop(.operatorCommand)
        } else if life.chance(100) || (isLatched && life.chance(10)) {
          governor.disarm()
        }
        switch governor.state {
        case .disarmed, .stopped: isDeliberate = false
        case .armed, .active, .neutral: break
        }

        let wasActive = governor.state == .active
        let isForbidden = life.forbidsMotion(previous: previous?.now)
        let command = governor.step(life.input)
        let place = "seed \(seed) step \(step)"
        if case .motion(let setpoint) = command {
          motions += 1
          let limits = life.limits
          guard isDeliberate, !isForbidden, !isLatched else {
            Issue.record("moved although it must not: \(place)")
            return
          }
          let before = wasActive ? previous?.setpoint : nil
          if let complaint = complaint(
            setpoint, before: before, elapsed: life.input.now - (previous?.now ?? life.input.now),
            limits: limits, joint: life.input.joint)
          {
            Issue.record("\(complaint): \(place)")
            return
          }
          previous = (life.input.now, setpoint)
        } else {
          if command == .neutral { neutrals += 1 }
          if wasActive, !isForbidden {
            Issue.record("did not move although nothing spoke against it: \(place)")
            return
          }
          previous = (life.input.now, nil)
        }
        if case .neutral(let causes) = governor.state, !causes.latched.isEmpty { isLatched = true }
        life.next(after: command)
      }
    }
    // The sequences do exercise both.
    #expect(motions > 500)
    #expect(neutrals > 500)
  }

  /// What is wrong with a motion command; nil when nothing is. The allowance is for arithmetic.
  func complaint(
    _ setpoint: MotionSetpoint, before: MotionSetpoint?, elapsed: Nanoseconds,
    limits: GovernorLimits, joint: JointState?
  ) -> String? {
    let position = setpoint.positionDegrees
    let velocity = setpoint.velocityDegreesPerSecond
    let allowance = 1e-9 * (1 + limits.velocityMaximum)
    guard position >= limits.positionMinimum, position <= limits.positionMaximum else {
      return "position \(position)"
    }
    guard abs(velocity) <= limits.velocityMaximum + allowance else { return "velocity \(velocity)" }
    let stop = position + velocity * abs(velocity) / (2 * limits.accelerationMaximum)
    guard stop >= limits.positionMinimum - 1e-6, stop <= limits.positionMaximum + 1e-6 else {
      return "it could not stop before \(stop)"
    }
    guard let before else {
      guard let joint, abs(position - joint.positionDegrees) <= 0.5 else {
        return "began away from the joint"
      }
      return nil
    }
    let change = abs(velocity - before.velocityDegreesPerSecond)
    guard change <= limits.accelerationMaximum * elapsed.seconds + allowance else {
      return "acceleration \(change / elapsed.seconds)"
    }
    let way = abs(position - before.positionDegrees)
    guard way <= limits.velocityMaximum * elapsed.seconds + allowance else {
      return "way \(way) in \(elapsed.seconds) s"
    }
    return nil
  }

  @Test(
    "the course reaches its target, rests there, and does not care how time is cut",
    arguments: 0..<20 as Range<UInt64>)
  func course(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<200 {
      let velocityMaximum = Double.random(in: 1...500, using: &random)
      let a = Double.random(in: 1...5000, using: &random)
      let start = Setpoint(
        positionDegrees: Double.random(in: -100...100, using: &random),
        velocityDegreesPerSecond: Double.random(
          in: -velocityMaximum...velocityMaximum, using: &random))
      let target = Double.random(in: -100...100, using: &random)
      let total = Double.random(in: 0...3, using: &random)
      let whole = start.advanced(
        toward: target, seconds: total, velocityMaximum: velocityMaximum,
        accelerationMaximum: a)
      var cut = start
      var left = total
      while left > 0 {
        let piece = min(left, Double.random(in: 0.0001...0.05, using: &random))
        cut = cut.advanced(
          toward: target, seconds: piece, velocityMaximum: velocityMaximum,
          accelerationMaximum: a)
        left -= piece
      }
      #expect(abs(whole.positionDegrees - cut.positionDegrees) < 1e-6)
      // A velocity near rest comes from a square root: 1e-6 of it is 1e-12 under it.
      #expect(abs(whole.velocityDegreesPerSecond - cut.velocityDegreesPerSecond) < 1e-3)
      let end = start.advanced(
        toward: target, seconds: 1e6, velocityMaximum: velocityMaximum, accelerationMaximum: a)
      #expect(
        end == Setpoint(positionDegrees: target, velocityDegreesPerSecond: 0))
    }
  }

  /// 30 degrees at 60 deg/s and 120 deg/s²: half a second up, as much down, nothing level.
  @Test("the fastest way over 30 degrees takes one second, as arithmetic by hand says")
  func byHand() {
    let start = Setpoint(positionDegrees: 10, velocityDegreesPerSecond: 0)
    func at(_ seconds: Double) -> Setpoint {
      start.advanced(
        toward: 40, seconds: seconds, velocityMaximum: 60, accelerationMaximum: 120)
    }
    #expect(at(0.25) == Setpoint(positionDegrees: 13.75, velocityDegreesPerSecond: 30))
    #expect(at(0.5) == Setpoint(positionDegrees: 25, velocityDegreesPerSecond: 60))
    #expect(at(0.75) == Setpoint(positionDegrees: 36.25, velocityDegreesPerSecond: 30))
    #expect(at(1) == Setpoint(positionDegrees: 40, velocityDegreesPerSecond: 0))
  }
}
