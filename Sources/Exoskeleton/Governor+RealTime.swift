// The governor: the only thing that can make a motion command.
//
// Real-time: decoding thread; a step takes constant time and makes no system call. Time comes in
// as an argument, so that every case can be tested without a clock.
//
//     disarmed ──arm──▶ neutral ◀──cause──▶ active        any ──stop──▶ stopped ──disarm──▶ disarmed
//
// In `active` a setpoint moves toward what is demanded, within the limits of velocity and
// acceleration. Any cause in `NeutralCauses` makes the very next step neutral. When all causes are
// gone the setpoint starts again from where the joint is, at rest. A link that is gone stops for
// good, and so does a joint that reports a fault.

import MathShim
public import RT

/// Why the governor does not move the joint.
@frozen
public struct NeutralCauses: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16

  @_noLocks @_noAllocation
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// No frame for longer than the frame timeout.
  public static var noFrames: NeutralCauses { bit(0) }
  /// No decision for longer than the decision timeout: artifact, settling, a slow decoder.
  public static var noDecisions: NeutralCauses { bit(1) }
  /// No acknowledgement for longer than the acknowledgement timeout.
  public static var noAcknowledgements: NeutralCauses { bit(2) }
  /// The serial line is gone.
  public static var linkGone: NeutralCauses { bit(3) }
  /// The joint's position is not known, or lies outside of the limits.
  public static var jointUnknown: NeutralCauses { bit(4) }
  /// What was demanded lies outside of the limits or is no number.
  public static var refusedDemand: NeutralCauses { bit(5) }
  /// The decoder asks for neutral.
  public static var demanded: NeutralCauses { bit(6) }
  /// The exoskeleton reports a fault of its own.
  public static var exoskeletonFault: NeutralCauses { bit(7) }

  @_noLocks @_noAllocation
  private static func bit(_ index: UInt16) -> NeutralCauses {
    NeutralCauses(rawValue: 1 &<< index)
  }

  /// In the order of the bits, for reports.
  public static var names: [String] {
    [
      "no frames", "no decisions", "no acknowledgements", "link gone", "joint unknown",
      "refused demand", "demanded", "exoskeleton fault",
    ]
  }
}

/// Where the governor is.
@frozen
public enum GovernorState: UInt8, Sendable, CaseIterable {
  case disarmed
  case neutral
  case active
  case stopped

  public var name: String {
    switch self {
    case .disarmed: "disarmed"
    case .neutral: "neutral"
    case .active: "active"
    case .stopped: "stopped"
    }
  }
}

/// What a step is told.
@frozen
public struct GovernorInput: BitwiseCopyable, Sendable {
  public var now: MonotonicInstant
  /// When the newest believed frame was ready.
  public var lastFrame: MonotonicInstant
  /// When the newest decision's frame was ready; nil before the first.
  public var lastDecision: MonotonicInstant?
  public var demand: Demand
  /// When the newest acknowledgement was read; nil before the first.
  public var lastAcknowledgement: MonotonicInstant?
  public var isLinkGone: Bool
  /// As last reported; nil before the first report.
  public var joint: JointState?

  @_noLocks @_noAllocation
  public init(
    now: MonotonicInstant, lastFrame: MonotonicInstant, lastDecision: MonotonicInstant?,
    demand: Demand, lastAcknowledgement: MonotonicInstant?, isLinkGone: Bool, joint: JointState?
  ) {
    self.now = now
    self.lastFrame = lastFrame
    self.lastDecision = lastDecision
    self.demand = demand
    self.lastAcknowledgement = lastAcknowledgement
    self.isLinkGone = isLinkGone
    self.joint = joint
  }
}

@safe
public struct Governor: ~Copyable, @unchecked Sendable {
  public let limits: GovernorLimits
  public private(set) var state = GovernorState.disarmed
  /// Of the newest step.
  public private(set) var causes = NeutralCauses(rawValue: 0)
  /// How often each cause set in, by bit.
  private let causeCounts: UnsafeMutablePointer<UInt64>
  private var setpoint = 0.0
  private var velocity = 0.0
  private var lastStep = MonotonicInstant(nanoseconds: 0)

  public init(limits: GovernorLimits) {
    self.limits = limits
    unsafe causeCounts = .allocate(capacity: 16)
    unsafe causeCounts.initialize(repeating: 0, count: 16)
  }

  deinit { unsafe causeCounts.deallocate() }

  public func count(ofCauseBit bit: Int) -> UInt64 {
    precondition((0..<16).contains(bit), "there are 16 bits")
    return unsafe causeCounts[bit]
  }

  /// The deliberate act without which nothing ever moves. Only from disarmed.
  @_noLocks @_noAllocation
  public mutating func arm() {
    if state == .disarmed { enter(.neutral) }
  }

  /// Ends a stop as well.
  @_noLocks @_noAllocation
  public mutating func disarm() { enter(.disarmed) }

  /// Latches until `disarm`.
  @_noLocks @_noAllocation
  public mutating func stop() { enter(.stopped) }

  @_noLocks @_noAllocation
  private mutating func enter(_ next: GovernorState) {
    state = next
    velocity = 0
  }

  /// What to command now; called once in a control period, and when something is wrong.
  @_noLocks @_noAllocation
  public mutating func step(_ input: GovernorInput) -> Command {
    switch state {
    case .disarmed: return .heartbeat
    case .stopped: return .stop
    case .neutral, .active: break
    }
    let found = look(for: input)
    note(found)
    if found.rawValue & 0b1000_1000 != 0 {
      // A link or an exoskeleton that failed is not trusted again by itself.
      enter(.stopped)
      return .stop
    }
    guard found.rawValue == 0, let joint = input.joint else {
      enter(.neutral)
      return .neutral
    }
    if state == .neutral {
      // From where the joint is, at rest; its play beyond the limits is no part of the motion.
      setpoint = inside(joint.positionDegrees)
      lastStep = input.now
      enter(.active)
    }
    return move(toward: input.demand, now: input.now)
  }

  /// Everything that speaks against motion.
  @_noLocks @_noAllocation
  private func look(for input: GovernorInput) -> NeutralCauses {
    var bits: UInt16 = 0
    if input.now - input.lastFrame > limits.frameTimeout { bits |= 1 }
    if let decision = input.lastDecision {
      if input.now - decision > limits.decisionTimeout { bits |= 2 }
    } else {
      bits |= 2
    }
    if let acknowledgement = input.lastAcknowledgement {
      if input.now - acknowledgement > limits.acknowledgementTimeout { bits |= 4 }
    } else {
      bits |= 4
    }
    if input.isLinkGone { bits |= 8 }
    if let joint = input.joint {
      // Half a degree beyond the limits is the joint's own play; a NaN is in no range.
      let isKnown =
        joint.positionDegrees >= limits.positionMinimum - 0.5
        && joint.positionDegrees <= limits.positionMaximum + 0.5
      if !isKnown { bits |= 16 }
      if state == .active && joint.faults.rawValue != 0 { bits |= 128 }
    } else {
      bits |= 16
    }
    switch input.demand {
    case .neutral: bits |= 64
    case .hold: break
    case .moveTo(let degrees):
      let isAllowed = degrees >= limits.positionMinimum && degrees <= limits.positionMaximum
      if !isAllowed { bits |= 32 }
    }
    return NeutralCauses(rawValue: bits)
  }

  /// Counts the causes that were not there a step ago.
  @_noLocks @_noAllocation
  private mutating func note(_ found: NeutralCauses) {
    let new = found.rawValue & ~causes.rawValue
    for bit in 0..<16 where new & (1 &<< UInt16(bit)) != 0 {
      unsafe causeCounts[bit] &+= 1
    }
    causes = found
  }

  /// One step of a motion that never exceeds velocity and acceleration, and that can always still
  /// come to rest before its target.
  @_noLocks @_noAllocation
  private mutating func move(toward demand: Demand, now: MonotonicInstant) -> Command {
    let elapsed = (now - lastStep).seconds
    lastStep = now
    let period = limits.controlPeriod.seconds
    // After a pause the joint does not catch up: it goes on as if one period had passed.
    let dt = elapsed < 0 ? 0 : elapsed > period ? period : elapsed
    guard dt > 0 else {
      return .motion(positionDegrees: setpoint, velocityDegreesPerSecond: velocity)
    }
    let acceleration = limits.accelerationMaximum
    // Holding is coming to rest where that is possible soonest.
    var wanted = 0.0
    if case .moveTo(let target) = demand {
      let distance = (target - setpoint).magnitude
      // The fastest that still stops in time, in steps of at most a period:
      // v²/2a + v·T/2 = distance.
      let half = acceleration * period / 2
      let stopping = math_sqrt(half * half + 2 * acceleration * distance) - half
      var speed = stopping < limits.velocityMaximum ? stopping : limits.velocityMaximum
      if speed * dt > distance { speed = distance / dt }
      wanted = target < setpoint ? -speed : speed
    }
    let change = acceleration * dt
    let reached =
      wanted > velocity + change
      ? velocity + change : wanted < velocity - change ? velocity - change : wanted
    velocity = reached
    // The motion comes to rest inside by itself; what is cut off here is rounding.
    setpoint = inside(setpoint + reached * dt)
    return .motion(positionDegrees: setpoint, velocityDegreesPerSecond: velocity)
  }

  @_noLocks @_noAllocation
  private func inside(_ degrees: Double) -> Double {
    degrees < limits.positionMinimum
      ? limits.positionMinimum
      : degrees > limits.positionMaximum ? limits.positionMaximum : degrees
  }
}
