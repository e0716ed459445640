// What the governor holds to, in one table with units, and what it refuses to hold to.

public import RT

/// Limits of one joint and the times after which the governor falls back to neutral.
///
/// | limit | unit | default |
/// |---|---|---|
/// | position | degrees | 0 … 90 |
/// | velocity | degrees per second | 30 |
/// | acceleration | degrees per second² | 120 |
/// | control period | s | 0.02 |
/// | frame timeout | s | 0.1 |
/// | decision timeout | s | 0.5 |
/// | acknowledgement timeout | s | 0.1 |
public struct GovernorLimits: Sendable, Equatable {
  public let positionMinimum: Double
  public let positionMaximum: Double
  public let velocityMaximum: Double
  public let accelerationMaximum: Double
  public let controlPeriod: Nanoseconds
  public let frameTimeout: Nanoseconds
  public let decisionTimeout: Nanoseconds
  public let acknowledgementTimeout: Nanoseconds

  /// Angles in degrees, times as given.
  ///
  /// - Throws: `GovernorFault` for every value that is not safe; nothing is clamped.
  public init(
    positionMinimum: Double = 0, positionMaximum: Double = 90, velocityMaximum: Double = 30,
    accelerationMaximum: Double = 120, controlPeriod: Nanoseconds = .milliseconds(20),
    frameTimeout: Nanoseconds = .milliseconds(100),
    decisionTimeout: Nanoseconds = .milliseconds(500),
    acknowledgementTimeout: Nanoseconds = .milliseconds(100)
  ) throws(GovernorFault) {
    let angles = [
      ("the minimum of the position", positionMinimum),
      ("the maximum of the position", positionMaximum),
    ]
    for (name, value) in angles where !(value.isFinite && value.magnitude <= 720) {
      throw .unsafe(name: name, value: value, mustBe: "a number of degrees within ±720")
    }
    guard positionMinimum < positionMaximum else {
      throw .unsafe(
        name: "the maximum of the position", value: positionMaximum,
        mustBe: "above the minimum of the position, \(positionMinimum) degrees")
    }
    guard velocityMaximum > 0, velocityMaximum <= 2_000 else {
      throw .unsafe(
        name: "the maximum of the velocity", value: velocityMaximum,
        mustBe: "above 0 and at most 2000 degrees a second")
    }
    guard accelerationMaximum > 0, accelerationMaximum <= 1e6 else {
      throw .unsafe(
        name: "the maximum of the acceleration", value: accelerationMaximum,
        mustBe: "above 0 and at most 1000000 degrees a second squared")
    }
    guard controlPeriod >= .microseconds(500), controlPeriod <= .milliseconds(200) else {
      throw .unsafe(
        name: "the control period", value: controlPeriod.seconds, mustBe: "0.0005 to 0.2 seconds")
    }
    let timeouts = [
      ("the frame timeout", frameTimeout), ("the decision timeout", decisionTimeout),
      ("the acknowledgement timeout", acknowledgementTimeout),
    ]
    for (name, span) in timeouts where span < controlPeriod || span > .seconds(10) {
      throw .unsafe(
        name: name, value: span.seconds,
        mustBe: "at least the control period, \(controlPeriod.seconds) s, and at most 10 s")
    }
    self.positionMinimum = positionMinimum
    self.positionMaximum = positionMaximum
    self.velocityMaximum = velocityMaximum
    self.accelerationMaximum = accelerationMaximum
    self.controlPeriod = controlPeriod
    self.frameTimeout = frameTimeout
    self.decisionTimeout = decisionTimeout
    self.acknowledgementTimeout = acknowledgementTimeout
  }
}

/// A value that the governor refuses to work with.
public enum GovernorFault: Error, Equatable, Sendable {
  case unsafe(name: String, value: Double, mustBe: String)

  public var message: String {
    switch self {
    case .unsafe(let name, let value, let mustBe):
      "\(name) is \(value), but must be \(mustBe): it is refused, not corrected"
    }
  }
}

/// What an intent asks of the joint.
@frozen
public enum Demand: Equatable, Sendable, BitwiseCopyable {
  /// No effort.
  case neutral
  /// Stay where the joint is.
  case hold
  case moveTo(degrees: Double)
}

/// What each class of the decoder asks for; at most 16 classes.
@safe
public struct DemandTable: ~Copyable, @unchecked Sendable {
  private let demands: UnsafeMutablePointer<Demand>
  public let count: Int

  /// - Throws: `GovernorFault` when a target lies outside of the limits.
  public init(_ demands: [Demand], limits: GovernorLimits) throws(GovernorFault) {
    for (index, demand) in demands.enumerated() {
      guard case .moveTo(let degrees) = demand else { continue }
      guard degrees >= limits.positionMinimum, degrees <= limits.positionMaximum else {
        throw .unsafe(
          name: "the target of class \(index)", value: degrees,
          mustBe: "within \(limits.positionMinimum)…\(limits.positionMaximum) degrees")
      }
    }
    count = demands.count
    unsafe self.demands = .allocate(capacity: max(1, demands.count))
    for (index, demand) in demands.enumerated() {
      unsafe (self.demands + index).initialize(to: demand)
    }
  }

  deinit { unsafe demands.deallocate() }

  /// Neutral for a class that there is not.
  @_noLocks @_noAllocation
  public func demand(ofClass index: Int) -> Demand {
    index >= 0 && index < count ? unsafe demands[index] : .neutral
  }
}
