// A joint behind a drive: inertia, damping, a limited effort, end stops. Pure, in steps of 1 ms.

internal import RT

/// About a lower leg at the knee: the numbers are chosen to be plausible, not measured.
struct DrivenJoint: Sendable {
  /// What the drive does to the joint. Degrees, degrees per second, newton metres.
  enum Demand: Equatable, Sendable {
    /// Nothing: the joint coasts against its own friction.
    case off
    /// Works against any motion, with no more than so much; cannot hold a place.
    case brake(effortMax: Double)
    case effort(Double)
    case velocity(Double, effort: Double = 0)
    /// Goes there no faster than `velocityMax`, with what is fed forward.
    case position(
      Double, velocityMax: Double = .infinity, velocity: Double = 0, effort: Double = 0)
    /// Stays there, with no more than so much.
    case hold(at: Double, effortMax: Double)
  }

  static var step: Nanoseconds { .milliseconds(1) }
  static var inertia: Double { 0.3 }  // kg·m²
  /// Friction, N·m·s/rad.
  static var friction: Double { 1.5 }
  /// Of the position loop, N·m/rad.
  static var stiffness: Double { 300 }
  /// Of the velocity loop, N·m·s/rad: critical damping of inertia and stiffness, 2·√(J·k).
  static var damping: Double { 2 * (inertia * stiffness).squareRoot() }
  static var degreesPerRadian: Double { 180 / .pi }

  /// The joint cannot leave them, whatever drives it.
  let endStops: ClosedRange<Double>
  /// What the drive can do, N·m.
  var effortMax: Double
  var demand = Demand.off
  /// Something holds the joint.
  var isObstructed = false
  private(set) var positionDegrees: Double
  private(set) var velocityDegreesPerSecond: Double = 0
  /// Of the drive; friction is not in it.
  private(set) var effortNewtonMetres: Double = 0
  private var time: MonotonicInstant

  /// - Parameter now: the first step ends one step later.
  init(
    positionDegrees: Double = 10, endStops: ClosedRange<Double> = -15...125,
    effortMax: Double = 50, now: MonotonicInstant
  ) {
    self.positionDegrees = min(max(positionDegrees, endStops.lowerBound), endStops.upperBound)
    self.endStops = endStops
    self.effortMax = effortMax
    time = now
  }

  /// The drive applies effort to hold or to move; braking and coasting are not that.
  var isDriven: Bool {
    switch demand {
    case .off, .brake: false
    case .effort(let effort): effort != 0
    case .velocity, .position, .hold: true
    }
  }

  /// The instant at which the next step ends. A drive goes on in such steps, so that its rules are
  /// kept at the instant at which they bite, however late it is called:
  ///
  ///     while joint.nextStep <= now { keepRules(at: joint.nextStep); joint.step() }
  var nextStep: MonotonicInstant { time + Self.step }

  /// When a drive wants to be called again: each step as long as anything is to be seen.
  var nextInstant: MonotonicInstant? {
    isDriven || abs(velocityDegreesPerSecond) > 0.001 ? nextStep : nil
  }

  mutating func step() {
    let radian = Self.degreesPerRadian
    let seconds = Self.step.seconds
    let wanted = effort()
    effortNewtonMetres = wanted.isFinite ? wanted : 0
    time = nextStep
    if isObstructed {
      velocityDegreesPerSecond = 0
      return
    }
    let torque = effortNewtonMetres - Self.friction * velocityDegreesPerSecond / radian
    velocityDegreesPerSecond += torque / Self.inertia * seconds * radian
    positionDegrees += velocityDegreesPerSecond * seconds
    let bounded = min(max(positionDegrees, endStops.lowerBound), endStops.upperBound)
    if bounded != positionDegrees {
      positionDegrees = bounded
      velocityDegreesPerSecond = 0
    }
  }

  private func effort() -> Double {
    switch demand {
    case .off:
      return 0
    case .brake(let most):
      return limited(pull(toVelocity: 0), by: most)
    case .effort(let effort):
      return limited(effort, by: effortMax)
    case .velocity(let velocity, let effort):
      return limited(pull(toVelocity: velocity) + effort, by: effortMax)
    case .position(let degrees, let fastest, let velocity, let effort):
      let wanted = limited(approach(degrees) + velocity, by: fastest)
      return limited(pull(toVelocity: wanted) + effort, by: effortMax)
    case .hold(let degrees, let most):
      return limited(pull(toVelocity: approach(degrees)), by: min(most, effortMax))
    }
  }

  /// The position loop: how fast to go there.
  private func approach(_ degrees: Double) -> Double {
    (degrees - positionDegrees) * Self.stiffness / Self.damping
  }

  /// The velocity loop, which knows of the friction as a loop with an integrator would.
  private func pull(toVelocity velocity: Double) -> Double {
    let behind = (velocity - velocityDegreesPerSecond) / Self.degreesPerRadian
    return behind * Self.damping + velocity / Self.degreesPerRadian * Self.friction
  }

  private func limited(_ value: Double, by most: Double) -> Double {
    min(max(value, -abs(most)), abs(most))
  }
}
