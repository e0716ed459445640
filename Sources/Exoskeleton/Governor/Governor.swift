// Between every decision and every command stands this one.
//
//     var governor = try Governor(limits: limits)
//     guard governor.arm(now: now, lastFrame: frameTime, link: link.state) == nil else { … }
//     // at every control period, whether frames come or not:
//     let command = governor.step(
//       now: .now(), demand: demand, lastFrame: frameTime, link: link.state)
//     link.send(command, now: .now())
//
// `step` must be called at every control period, above all when nothing comes: that call is what
// turns silence into neutral.

internal import RT

/// How often what happened.
public struct GovernorCounts: Sendable {
  public var steps: UInt64 = 0
  public var motions: UInt64 = 0
  public var neutrals: UInt64 = 0
  /// Steps while armed whose target was refused.
  public var refusedTargets: UInt64 = 0
  public var lateSteps: UInt64 = 0
  public var armings: UInt64 = 0
  public var armingTimeouts: UInt64 = 0
  public var stops: UInt64 = 0
  /// How often each reason arose, by its bit.
  var reasons = InlineArray<10, UInt64>(repeating: 0)

  @_noLocks @_noAllocation
  init() {}

  /// How often a reason arose (not how many steps it lasted).
  public func count(of reason: NeutralReasons) -> UInt64 {
    (0..<NeutralReasons.bitCount).reduce(0) { sum, bit in
      reason.rawValue & (1 << UInt16(bit)) == 0 ? sum : sum + reasons[bit]
    }
  }
}

/// The only maker of motion commands. There is one for each joint; it belongs to one thread.
public struct Governor: ~Copyable, Sendable {
  public let limits: GovernorLimits
  public internal(set) var state: GovernorState = .disarmed
  public internal(set) var counts = GovernorCounts()
  /// Where the joint is told to be; means something only while `active`.
  var setpoint = Setpoint(positionDegrees: 0, velocityDegreesPerSecond: 0)
  var previousStep: MonotonicInstant?

  /// Refuses unsafe limits (see `GovernorLimits.validate`).
  public init(limits: GovernorLimits) throws(GovernorFault) {
    try limits.validate()
    self.limits = limits
  }
}
