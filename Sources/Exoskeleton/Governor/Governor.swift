// Between every decision and every command stands this one.
//
//     var governor = Governor(limits: try GovernorLimits())
//     governor.arm()
//     // at every control period, whether frames come or not:
//     let command = governor.step(
//       GovernorInput(
//         now: .now(), lastFrame: edgeTime, lastDecision: intent.time, demand: demand,
//         lastAcknowledgement: link.lastAcknowledgement, isLinkGone: link.isGone,
//         joint: link.joint, signal: signal, lastHeartbeat: nil))
//     link.send(command)
//
// `step` must be called at every control period, above all when nothing comes: that call is what
// turns silence into neutral.

public import RT

/// What a step is told.
public struct GovernorInput: Equatable, Sendable, BitwiseCopyable {
  public var now: MonotonicInstant
  /// Edge time of the newest frame that can be believed.
  public var lastFrame: MonotonicInstant
  /// Edge time of the newest decision's frame; nil before the first.
  public var lastDecision: MonotonicInstant?
  /// That decision's.
  public var demand: Demand
  /// When the newest command that has been acknowledged was written; nil before the first.
  public var lastAcknowledgement: MonotonicInstant?
  public var isLinkGone: Bool
  /// As last reported; nil before the first report.
  public var joint: JointState?
  public var signal: SignalHealth
  /// The operator's newest; nil before the first. Looked at only where the limits ask for one.
  public var lastHeartbeat: MonotonicInstant?
  /// A stage that counts took longer than its budget since the step before.
  public var isOverBudget = false

  @_noLocks @_noAllocation
  public init(
    now: MonotonicInstant, lastFrame: MonotonicInstant, lastDecision: MonotonicInstant?,
    demand: Demand, lastAcknowledgement: MonotonicInstant?, isLinkGone: Bool, joint: JointState?,
    signal: SignalHealth, lastHeartbeat: MonotonicInstant?
  ) {
    self.now = now
    self.lastFrame = lastFrame
    self.lastDecision = lastDecision
    self.demand = demand
    self.lastAcknowledgement = lastAcknowledgement
    self.isLinkGone = isLinkGone
    self.joint = joint
    self.signal = signal
    self.lastHeartbeat = lastHeartbeat
  }
}

/// How often what happened.
public struct GovernorCounts: Sendable {
  public var steps: UInt64 = 0
  public var motions: UInt64 = 0
  public var neutrals: UInt64 = 0
  /// Steps that met a target that is refused.
  public var refusedDemands: UInt64 = 0
  public var lateSteps: UInt64 = 0
  public var armings: UInt64 = 0
  public var armingTimeouts: UInt64 = 0
  public var stops: UInt64 = 0

  @_noLocks @_noAllocation
  init() {}
}

/// The only maker of motion commands. There is one for each joint; it belongs to one thread.
public struct Governor: ~Copyable, Sendable {
  public let limits: GovernorLimits
  public let mode: MotionMode
  public internal(set) var state: GovernorState = .disarmed
  public internal(set) var counts = GovernorCounts()
  /// Why the last arming came to nothing; nil while there is no such reason.
  public internal(set) var armRefusal: ArmRefusal?
  /// How often each cause arose, by its bit.
  var causeCounts = InlineArray<18, UInt64>(repeating: 0)
  /// Where the joint is told to be; means something only while `active`, as does the effort.
  var course = Course(restingAt: 0)
  var secondsOnCourse = 0.0
  var effortNewtonMetres = 0.0
  var burst = SignalBurst()
  var previousStep: MonotonicInstant?
  /// When the drive last said that it follows, or motion began.
  var lastDriven: MonotonicInstant?
  /// The first step after `arm()`.
  var armedSince: MonotonicInstant?

  public init(limits: GovernorLimits, mode: MotionMode = .position) {
    self.limits = limits
    self.mode = mode
  }

  /// Why it is neutral now; empty in every other state.
  public var causes: NeutralCauses {
    if case .neutral(let causes) = state { causes } else { [] }
  }

  /// Those of them that end with `disarm()` and `arm()` alone.
  public var latchedCauses: NeutralCauses {
    @_noLocks @_noAllocation
    get {
      if case .neutral(let causes) = state { return causes.and(limits.latching) }
      return NeutralCauses(rawValue: 0)
    }
  }

  /// How often the cause of a bit arose (not how many steps it lasted).
  public func count(ofCauseBit bit: Int) -> UInt64 {
    precondition((0..<NeutralCauses.bitCount).contains(bit), "there are eighteen causes")
    return causeCounts[bit]
  }

  /// How often a cause arose.
  public func count(of cause: NeutralCauses) -> UInt64 {
    (0..<NeutralCauses.bitCount).reduce(0) { sum, bit in
      cause.rawValue & (1 << UInt32(bit)) == 0 ? sum : sum + causeCounts[bit]
    }
  }
}
