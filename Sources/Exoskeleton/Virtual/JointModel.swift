// A joint with a drive: inertia, damping, a limited effort, end stops. Pure.

/// A lower leg about the knee, roughly: the numbers are chosen to be plausible, not measured.
struct JointModel: Sendable {
  static var inertia: Double { 0.4 }  // kg·m²
  static var driveStiffness: Double { 400 }  // N·m/rad
  /// Critical damping of inertia and stiffness: 2·√(J·k).
  static var driveDamping: Double { 2 * (inertia * driveStiffness).squareRoot() }
  /// What friction and the drive's brake do when nothing is driven, N·m·s/rad.
  static var neutralDamping: Double { 6 }
  static var effortMax: Double { 60 }  // N·m
  static var degreesPerRadian: Double { 180 / .pi }
  /// The end stops stand so far beyond the firmware's limits.
  static var endStopMarginDegrees: Double { 5 }

  let endStops: ClosedRange<Double>
  private(set) var positionDegrees: Double
  private(set) var velocityDegreesPerSecond: Double = 0
  private(set) var effortNewtonmetres: Double = 0
  /// Something holds the joint.
  var isObstructed = false

  init(positionDegrees: Double, limits: ClosedRange<Double>) {
    self.positionDegrees = positionDegrees
    let lowest = limits.lowerBound - Self.endStopMarginDegrees
    let highest = limits.upperBound + Self.endStopMarginDegrees
    endStops = lowest...highest
  }

  var isEffortAtLimit: Bool { abs(effortNewtonmetres) >= Self.effortMax }

  /// A short step of time. Without a reference the drive is off and the joint is damped.
  mutating func advance(seconds: Double, reference: Setpoint?) {
    let radian = Self.degreesPerRadian
    var torque = -Self.neutralDamping * velocityDegreesPerSecond / radian
    effortNewtonmetres = 0
    if let reference {
      let position = (reference.positionDegrees - positionDegrees) / radian
      let velocity = (reference.velocityDegreesPerSecond - velocityDegreesPerSecond) / radian
      let wanted = Self.driveStiffness * position + Self.driveDamping * velocity
      effortNewtonmetres = min(max(wanted, -Self.effortMax), Self.effortMax)
      torque = effortNewtonmetres
    }
    if isObstructed {
      velocityDegreesPerSecond = 0
      return
    }
    velocityDegreesPerSecond += torque / Self.inertia * seconds * radian
    positionDegrees += velocityDegreesPerSecond * seconds
    let bounded = min(max(positionDegrees, endStops.lowerBound), endStops.upperBound)
    if bounded != positionDegrees {
      positionDegrees = bounded
      velocityDegreesPerSecond = 0
    }
  }
}
