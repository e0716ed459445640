// The constants of the governor, in one table. docs/safety.md repeats it, and a test compares them.

public import RT

/// Limits of one joint, and the times after which the governor falls back to neutral.
///
/// | constant | unit | default | accepted |
/// |---|---|---|---|
/// | positionMinimum | deg | 0 | -360 … 360, below positionMaximum |
/// | positionMaximum | deg | 90 | -360 … 360 |
/// | velocityMaximum | deg/s | 30 | 0.001 … 1000 |
/// | accelerationMaximum | deg/s² | 120 | 0.001 … 100 000 |
/// | jerkMaximum | deg/s³ | 1200 | 0.001 … 10 000 000 |
/// | effortMaximum | N·m | 20 | 0.001 … 500 |
/// | effortRateMaximum | N·m/s | 40 | 0.001 … 100 000 |
/// | followingErrorMaximum | deg | 15 | 0.1 … 360 |
/// | controlPeriod | ms | 20 | 1 … 200 |
/// | frameTimeout | ms | 100 | controlPeriod … 5000 |
/// | decisionTimeout | ms | 500 | controlPeriod … 5000 |
/// | acknowledgementTimeout | ms | 100 | controlPeriod … 5000 |
/// | heartbeatTimeout | ms | none is asked for | controlPeriod … 5000 |
/// | burstClosings | | 10 | 1 … 16 |
/// | burstWindow | s | 10 | 0.1 … 60 |
///
/// Nothing is ever clamped: a value that is not safe is refused when the table is made.
public struct GovernorLimits: Equatable, Sendable {
  public let positionMinimum: Double
  public let positionMaximum: Double
  public let velocityMaximum: Double
  public let accelerationMaximum: Double
  public let jerkMaximum: Double
  /// Commanded at most; more than this measured while it moves is a cause of neutral.
  public let effortMaximum: Double
  public let effortRateMaximum: Double
  /// How far the joint may stand from where it was told to be; led by effort it is told nowhere.
  public let followingErrorMaximum: Double
  /// How often `Governor.step` is called.
  public let controlPeriod: Nanoseconds
  /// Neutral when the newest frame is older.
  public let frameTimeout: Nanoseconds
  /// Neutral when the newest decision is older.
  public let decisionTimeout: Nanoseconds
  /// Neutral when the exoskeleton has acknowledged nothing that was written more recently.
  public let acknowledgementTimeout: Nanoseconds
  /// Neutral when the operator's newest heartbeat is older; nil: none is asked for.
  public let heartbeatTimeout: Nanoseconds?
  /// So many artifacts or losses of contact within `burstWindow` are a burst. A person blinks 15 to
  /// 20 times a minute, and twice as often at times, which is none.
  public let burstClosings: Int
  public let burstWindow: Nanoseconds
  /// The causes of neutral that only `disarm()` and `arm()` end. Never less than
  /// `NeutralCauses.alwaysLatched`.
  public let latching: NeutralCauses

  /// Angles in degrees. Throws at the first value that is not safe or makes no sense.
  public init(
    positionMinimum: Double = 0, positionMaximum: Double = 90, velocityMaximum: Double = 30,
    accelerationMaximum: Double = 120, jerkMaximum: Double = 1200, effortMaximum: Double = 20,
    effortRateMaximum: Double = 40, followingErrorMaximum: Double = 15,
    controlPeriod: Nanoseconds = .milliseconds(20),
    frameTimeout: Nanoseconds = .milliseconds(100),
    decisionTimeout: Nanoseconds = .milliseconds(500),
    acknowledgementTimeout: Nanoseconds = .milliseconds(100),
    heartbeatTimeout: Nanoseconds? = nil, burstClosings: Int = 10,
    burstWindow: Nanoseconds = .seconds(10), alsoLatching: NeutralCauses = []
  ) throws(GovernorFault) {
    try Self.check("the position minimum", positionMinimum, atLeast: -360, atMost: 360, "deg")
    try Self.check("the position maximum", positionMaximum, atLeast: -360, atMost: 360, "deg")
    guard positionMinimum < positionMaximum else {
      throw .invertedPositions(minimum: positionMinimum, maximum: positionMaximum)
    }
    // A thousandth is the smallest step that the wire carries.
    try Self.check("the velocity maximum", velocityMaximum, atLeast: 0.001, atMost: 1000, "deg/s")
    try Self.check(
      "the acceleration maximum", accelerationMaximum, atLeast: 0.001, atMost: 100_000, "deg/s²")
    try Self.check(
      "the jerk maximum", jerkMaximum, atLeast: 0.001, atMost: 10_000_000, "deg/s³")
    try Self.check("the effort maximum", effortMaximum, atLeast: 0.001, atMost: 500, "N·m")
    try Self.check(
      "the effort rate maximum", effortRateMaximum, atLeast: 0.001, atMost: 100_000, "N·m/s")
    try Self.check(
      "the following error maximum", followingErrorMaximum, atLeast: 0.1, atMost: 360, "deg")
    try Self.check(
      "the control period", controlPeriod.milliseconds, atLeast: 1, atMost: 200, "ms")
    var timeouts = [
      ("the frame timeout", frameTimeout), ("the decision timeout", decisionTimeout),
      ("the acknowledgement timeout", acknowledgementTimeout),
    ]
    if let heartbeatTimeout { timeouts.append(("the heartbeat timeout", heartbeatTimeout)) }
    for (name, timeout) in timeouts {
      guard timeout >= controlPeriod else {
        throw .shorterThanControlPeriod(
          name: name, milliseconds: timeout.milliseconds,
          controlPeriodMilliseconds: controlPeriod.milliseconds)
      }
      try Self.check(name, timeout.milliseconds, atLeast: 1, atMost: 5000, "ms")
    }
    try Self.check(
      "the number of a burst", Double(burstClosings), atLeast: 1,
      atMost: Double(SignalBurst.closingsMax), "closings")
    try Self.check("the window of a burst", burstWindow.seconds, atLeast: 0.1, atMost: 60, "s")
    self.positionMinimum = positionMinimum
    self.positionMaximum = positionMaximum
    self.velocityMaximum = velocityMaximum
    self.accelerationMaximum = accelerationMaximum
    self.jerkMaximum = jerkMaximum
    self.effortMaximum = effortMaximum
    self.effortRateMaximum = effortRateMaximum
    self.followingErrorMaximum = followingErrorMaximum
    self.controlPeriod = controlPeriod
    self.frameTimeout = frameTimeout
    self.decisionTimeout = decisionTimeout
    self.acknowledgementTimeout = acknowledgementTimeout
    self.heartbeatTimeout = heartbeatTimeout
    self.burstClosings = burstClosings
    self.burstWindow = burstWindow
    latching = NeutralCauses.alwaysLatched.union(alsoLatching)
  }

  var motion: MotionLimits {
    @_noLocks @_noAllocation
    get {
      MotionLimits(
        velocity: velocityMaximum, acceleration: accelerationMaximum, jerk: jerkMaximum)
    }
  }

  /// Throws when the exoskeleton's own limits or its watchdog do not go with these.
  ///
  /// Its limits, where it tells them, must be at least as wide, or it would refuse what the
  /// governor allows. Its watchdog, where it can be read, must outlast two control periods and bite
  /// within `watchdogMaximum`. A drive whose watchdog cannot be read, or that has none, says so in
  /// its `remarks`, and a person has to know.
  public func check(against identity: ExoskeletonIdentity) throws(GovernorFault) {
    if let range = identity.positionDegrees {
      guard positionMinimum >= range.lowerBound else {
        throw .widerThanExoskeleton(
          name: "position minimum", own: positionMinimum, exoskeleton: range.lowerBound,
          unit: "deg")
      }
      guard positionMaximum <= range.upperBound else {
        throw .widerThanExoskeleton(
          name: "position maximum", own: positionMaximum, exoskeleton: range.upperBound,
          unit: "deg")
      }
    }
    if let fastest = identity.velocityMaximum, velocityMaximum > fastest {
      throw .widerThanExoskeleton(
        name: "velocity maximum", own: velocityMaximum, exoskeleton: fastest, unit: "deg/s")
    }
    guard case .read(let watchdog) = identity.watchdog else { return }
    guard watchdog >= controlPeriod * 2, watchdog <= Self.watchdogMaximum else {
      throw .unsuitableWatchdog(
        milliseconds: Int(watchdog.milliseconds),
        minimum: (controlPeriod * 2).milliseconds, maximum: Self.watchdogMaximum.milliseconds)
    }
  }

  /// The longest watchdog of an exoskeleton that is accepted: how long a dead host may move a leg.
  public static var watchdogMaximum: Nanoseconds { .milliseconds(500) }

  /// How far beyond a position limit a joint at rest may stand and still begin to move: its own
  /// play, and what its drive overshoots by. It is commanded back inside first.
  static var playDegrees: Double { @_noLocks @_noAllocation get { 0.5 } }

  /// How long `arm()` waits for the exoskeleton, from the first step on.
  static var armingTimeout: Nanoseconds { @_noLocks @_noAllocation get { .seconds(1) } }

  /// A joint that moves faster than so many times `velocityMaximum` does not follow its commands.
  static var overspeedFactor: Double { @_noLocks @_noAllocation get { 2 } }

  /// A step that comes later than this after the one before commands neutral.
  var latestStep: Nanoseconds { @_noLocks @_noAllocation get { controlPeriod * 3 } }

  private static func check(
    _ name: String, _ value: Double, atLeast lowest: Double, atMost highest: Double,
    _ unit: String
  ) throws(GovernorFault) {
    guard value.isFinite else { throw .notFinite(name: name) }
    guard value >= lowest, value <= highest else {
      throw .outOfRange(name: name, value: value, lowest: lowest, highest: highest, unit: unit)
    }
  }
}

/// Why the governor refuses its constants or its table of demands.
public enum GovernorFault: Error, Equatable, Sendable {
  case notFinite(name: String)
  case outOfRange(name: String, value: Double, lowest: Double, highest: Double, unit: String)
  case invertedPositions(minimum: Double, maximum: Double)
  case shorterThanControlPeriod(
    name: String, milliseconds: Double, controlPeriodMilliseconds: Double)
  case widerThanExoskeleton(name: String, own: Double, exoskeleton: Double, unit: String)
  case unsuitableWatchdog(milliseconds: Int, minimum: Double, maximum: Double)
  case tooManyDemands(count: Int, capacity: Int)
  case targetOutsideLimits(classIndex: Int, degrees: Double, minimum: Double, maximum: Double)
  case effortOutsideLimits(classIndex: Int, newtonMetres: Double, maximum: Double)
  case mixedDemands(classIndex: Int)

  /// One sentence: what is wrong, and what to do.
  public var message: String {
    switch self {
    case .notFinite(let name):
      "\(name) is not a finite number: write one as docs/safety.md lists it"
    case .outOfRange(let name, let value, let lowest, let highest, let unit):
      "\(name) is \(value) \(unit), but must be \(lowest) to \(highest) \(unit):"
        + " it is refused, not corrected"
    case .invertedPositions(let minimum, let maximum):
      "the position minimum (\(minimum) deg) is not below the position maximum (\(maximum) deg):"
        + " exchange or widen them"
    case .shorterThanControlPeriod(let name, let milliseconds, let period):
      "\(name) is \(milliseconds) ms, shorter than the control period of \(period) ms:"
        + " it would trip at every step; lengthen it"
    case .widerThanExoskeleton(let name, let own, let exoskeleton, let unit):
      "the governor's \(name) is \(own) \(unit), the exoskeleton's own \(exoskeleton) \(unit):"
        + " narrow the governor's limits"
    case .unsuitableWatchdog(0, let minimum, let maximum):
      "the exoskeleton has no watchdog: switch it on, \(minimum) to \(maximum) ms"
    case .unsuitableWatchdog(let milliseconds, let minimum, let maximum):
      "the exoskeleton's watchdog is \(milliseconds) ms: set it to \(minimum) to \(maximum) ms"
    case .tooManyDemands(let count, let capacity):
      "\(count) classes are given a demand, \(capacity) are possible: use a model of fewer classes"
    case .targetOutsideLimits(let classIndex, let degrees, let minimum, let maximum):
      "class \(classIndex) moves to \(degrees) deg, outside \(minimum) to \(maximum) deg:"
        + " change the target or the position limits"
    case .effortOutsideLimits(let classIndex, let newtonMetres, let maximum):
      "class \(classIndex) pushes with \(newtonMetres) N·m, but \(maximum) N·m are allowed:"
        + " change the target or the effort limit"
    case .mixedDemands(let classIndex):
      "class \(classIndex) asks for a position, others for an effort: a joint is led by one of"
        + " them, so give all classes targets of one kind, or neutral"
    }
  }
}
