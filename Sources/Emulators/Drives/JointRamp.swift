// A way that a drive makes for its joint: a place, a speed and an acceleration.

internal import RT

/// Goes to a place at no more than a speed and an acceleration, all of the joint, in degrees.
struct JointRamp: Sendable {
  let target: Double
  let speedMax: Double
  let acceleration: Double
  private var speed: Double

  /// - Parameter running: a way that was made before, whose speed is kept.
  init(
    target: Double, speedMax: Double, acceleration: Double, from joint: DrivenJoint,
    continuing running: JointRamp? = nil
  ) {
    self.target = target
    self.speedMax = speedMax
    self.acceleration = acceleration
    speed = min(running?.speed ?? abs(joint.velocityDegreesPerSecond), speedMax)
  }

  /// What the joint is to do in the next step.
  mutating func step(from joint: DrivenJoint) -> DrivenJoint.Demand {
    speed = min(speed + acceleration * DrivenJoint.step.seconds, speedMax)
    let distance = abs(target - joint.positionDegrees)
    let stoppable = (2 * acceleration * distance).squareRoot()
    return .position(target, velocityMax: min(speed, stoppable))
  }
}
