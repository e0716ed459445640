// The constants of the governor, in one table. docs/safety.md repeats it.
//
//   constant                       unit    default   accepted
//   positionMin                    deg          0    -360 … 360, below positionMax
//   positionMax                    deg         60    -360 … 360
//   velocityMax                    deg/s       60    above 0, at most 720
//   accelerationMax                deg/s²     300    above 0, at most 10 000
//   controlPeriod                  ms          20    1 … 100
//   periodMax                      ms          60    controlPeriod … 1 s
//   frameTimeout                   ms          60    controlPeriod … 1 s
//   decisionTimeout                ms         250    controlPeriod … 5 s
//   acknowledgementTimeout         ms         100    controlPeriod … 1 s
//   armingTimeout                  ms       1 000    controlPeriod … 10 s

public import RT

/// What the governor holds to. Degrees are the joint's; nothing here is ever clamped: an unsafe
/// value is refused by `validate()`.
public struct GovernorLimits: Equatable, Sendable {
  public var positionMinDegrees: Double
  public var positionMaxDegrees: Double
  public var velocityMaxDegreesPerSecond: Double
  public var accelerationMaxDegreesPerSecondSquared: Double
  /// How often `step` is called.
  public var controlPeriod: Nanoseconds
  /// A step that comes later than this after the one before commands neutral.
  public var periodMax: Nanoseconds
  /// Neutral when the newest frame is older.
  public var frameTimeout: Nanoseconds
  /// Neutral when the decision is older.
  public var decisionTimeout: Nanoseconds
  /// Neutral when the exoskeleton has confirmed nothing that was written more recently.
  public var acknowledgementTimeout: Nanoseconds
  /// Disarmed when the exoskeleton has not confirmed arming by then.
  public var armingTimeout: Nanoseconds

  public init(
    positionMinDegrees: Double = 0, positionMaxDegrees: Double = 60,
    velocityMaxDegreesPerSecond: Double = 60,
    accelerationMaxDegreesPerSecondSquared: Double = 300,
    controlPeriod: Nanoseconds = .milliseconds(20), periodMax: Nanoseconds = .milliseconds(60),
    frameTimeout: Nanoseconds = .milliseconds(60),
    decisionTimeout: Nanoseconds = .milliseconds(250),
    acknowledgementTimeout: Nanoseconds = .milliseconds(100),
    armingTimeout: Nanoseconds = .seconds(1)
  ) {
    self.positionMinDegrees = positionMinDegrees
    self.positionMaxDegrees = positionMaxDegrees
    self.velocityMaxDegreesPerSecond = velocityMaxDegreesPerSecond
    self.accelerationMaxDegreesPerSecondSquared = accelerationMaxDegreesPerSecondSquared
    self.controlPeriod = controlPeriod
    self.periodMax = periodMax
    self.frameTimeout = frameTimeout
    self.decisionTimeout = decisionTimeout
    self.acknowledgementTimeout = acknowledgementTimeout
    self.armingTimeout = armingTimeout
  }

  /// Throws at the first value that is unsafe or makes no sense.
  public func validate() throws(GovernorFault) {
    try Self.demand(positionMinDegrees, "positionMin", in: -360...360)
    try Self.demand(positionMaxDegrees, "positionMax", in: -360...360)
    guard positionMinDegrees < positionMaxDegrees else {
      throw .invertedPositions(min: positionMinDegrees, max: positionMaxDegrees)
    }
    try Self.demand(velocityMaxDegreesPerSecond, "velocityMax", above: 0, atMost: 720)
    try Self.demand(
      accelerationMaxDegreesPerSecondSquared, "accelerationMax", above: 0, atMost: 10_000)
    guard controlPeriod >= .milliseconds(1), controlPeriod <= .milliseconds(100) else {
      throw .outOfRange(
        constant: "controlPeriod", value: controlPeriod.milliseconds, min: 1, max: 100, unit: "ms")
    }
    try demand(periodMax, "periodMax", atMost: .seconds(1))
    try demand(frameTimeout, "frameTimeout", atMost: .seconds(1))
    try demand(decisionTimeout, "decisionTimeout", atMost: .seconds(5))
    try demand(acknowledgementTimeout, "acknowledgementTimeout", atMost: .seconds(1))
    try demand(armingTimeout, "armingTimeout", atMost: .seconds(10))
  }

  /// Throws when the exoskeleton's own limits or its watchdog do not go with these.
  ///
  /// Its limits must be at least as wide, or it would refuse what the governor allows; its
  /// watchdog must be there, outlast two control periods, and bite within `watchdogMax`.
  public func validate(against identity: ExoskeletonIdentity) throws(GovernorFault) {
    let min = Double(identity.positionMinMillidegrees) / 1000
    let max = Double(identity.positionMaxMillidegrees) / 1000
    let velocity = Double(identity.velocityMaxMillidegreesPerSecond) / 1000
    guard positionMinDegrees >= min, positionMaxDegrees <= max else {
      throw .widerThanExoskeleton(
        constant: "position", own: positionMinDegrees < min ? positionMinDegrees : positionMaxDegrees,
        exoskeleton: positionMinDegrees < min ? min : max, unit: "deg")
    }
    guard velocityMaxDegreesPerSecond <= velocity else {
      throw .widerThanExoskeleton(
        constant: "velocity", own: velocityMaxDegreesPerSecond, exoskeleton: velocity,
        unit: "deg/s")
    }
    let watchdog = Nanoseconds.milliseconds(Int64(identity.watchdogMilliseconds))
    guard watchdog >= controlPeriod * 2, watchdog <= Self.watchdogMax else {
      throw .unsuitableWatchdog(
        milliseconds: Int(identity.watchdogMilliseconds),
        min: (controlPeriod * 2).milliseconds, max: Self.watchdogMax.milliseconds)
    }
  }

  /// The longest watchdog of an exoskeleton that is accepted: how long a dead host may move a leg.
  public static var watchdogMax: Nanoseconds { .milliseconds(250) }

  private static func demand(_ value: Double, _ constant: String, in range: ClosedRange<Double>)
    throws(GovernorFault)
  {
    guard value.isFinite else { throw .notFinite(constant: constant) }
    guard range.contains(value) else {
      throw .outOfRange(
        constant: constant, value: value, min: range.lowerBound, max: range.upperBound,
        unit: "deg")
    }
  }

  private static func demand(
    _ value: Double, _ constant: String, above floor: Double, atMost ceiling: Double
  ) throws(GovernorFault) {
    guard value.isFinite else { throw .notFinite(constant: constant) }
    guard value > floor else { throw .notPositive(constant: constant, value: value) }
    guard value <= ceiling else {
      throw .outOfRange(
        constant: constant, value: value, min: floor, max: ceiling,
        unit: constant == "velocityMax" ? "deg/s" : "deg/s²")
    }
  }

  private func demand(_ timeout: Nanoseconds, _ constant: String, atMost ceiling: Nanoseconds)
    throws(GovernorFault)
  {
    guard timeout > .zero else {
      throw .notPositive(constant: constant, value: timeout.milliseconds)
    }
    guard timeout >= controlPeriod else {
      throw .shorterThanControlPeriod(
        constant: constant, milliseconds: timeout.milliseconds,
        controlPeriodMilliseconds: controlPeriod.milliseconds)
    }
    guard timeout <= ceiling else {
      throw .outOfRange(
        constant: constant, value: timeout.milliseconds, min: controlPeriod.milliseconds,
        max: ceiling.milliseconds, unit: "ms")
    }
  }
}

/// Why the governor refuses its constants or its table of demands.
public enum GovernorFault: Error, Equatable, Sendable {
  case notFinite(constant: String)
  case notPositive(constant: String, value: Double)
  case outOfRange(constant: String, value: Double, min: Double, max: Double, unit: String)
  case invertedPositions(min: Double, max: Double)
  case shorterThanControlPeriod(
    constant: String, milliseconds: Double, controlPeriodMilliseconds: Double)
  case widerThanExoskeleton(constant: String, own: Double, exoskeleton: Double, unit: String)
  case unsuitableWatchdog(milliseconds: Int, min: Double, max: Double)
  case noDemands
  case tooManyDemands(count: Int, max: Int)
  case targetOutsideLimits(classIndex: Int, degrees: Double, min: Double, max: Double)

  public var message: String {
    switch self {
    case .notFinite(let constant):
      "governor.\(constant) is not a finite number: write one with its unit from docs/safety.md"
    case .notPositive(let constant, let value):
      "governor.\(constant) is \(value): it must be above 0"
    case .outOfRange(let constant, let value, let min, let max, let unit):
      "governor.\(constant) is \(value) \(unit): choose a value of \(min) to \(max) \(unit)"
    case .invertedPositions(let min, let max):
      "governor.positionMin (\(min) deg) is not below governor.positionMax (\(max) deg):"
        + " exchange or widen them"
    case .shorterThanControlPeriod(let constant, let milliseconds, let period):
      "governor.\(constant) is \(milliseconds) ms, shorter than the control period of \(period) ms:"
        + " it would trip at every step; lengthen it"
    case .widerThanExoskeleton(let constant, let own, let exoskeleton, let unit):
      "the governor allows a \(constant) of \(own) \(unit), the exoskeleton only"
        + " \(exoskeleton) \(unit): narrow the governor's limits"
    case .unsuitableWatchdog(let milliseconds, let min, let max):
      milliseconds == 0
        ? "the exoskeleton has no watchdog: switch it on, \(min) to \(max) ms"
        : "the exoskeleton's watchdog is \(milliseconds) ms: set it to \(min) to \(max) ms"
    case .noDemands:
      "no class is given a demand: map each class of the model to neutral, hold or a position"
    case .tooManyDemands(let count, let max):
      "\(count) classes are given a demand, \(max) are possible: use a model with fewer classes"
    case .targetOutsideLimits(let classIndex, let degrees, let min, let max):
      "class \(classIndex) moves to \(degrees) deg, outside \(min) to \(max) deg:"
        + " change the target or the governor's limits"
    }
  }
}
