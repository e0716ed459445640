// The motion between two commands, in closed form. Pure; no clock, no state of the governor.
//
// From a position and a velocity to rest at the target in the shortest time that the limits of
// velocity and acceleration allow: accelerate, cruise, brake. The state after `elapsed` is read
// off that course exactly, so that it does not matter how long or how even the control periods
// are: between any two instants |Δv| ≤ a·Δt and |Δx| ≤ v·Δt hold because they hold all the time.
//
// Why position limits hold: the course passes no point beyond both the target and the point where
// the joint would stop if it braked now. Both lie within the limits, the first because targets
// outside are refused, the second because it did before and no course moves it beyond the target.

internal import MathShim

/// Where the joint is told to be, and how fast.
struct Setpoint: Equatable, Sendable {
  var positionDegrees: Double
  var velocityDegreesPerSecond: Double

  @_noLocks @_noAllocation
  init(positionDegrees: Double, velocityDegreesPerSecond: Double) {
    self.positionDegrees = positionDegrees
    self.velocityDegreesPerSecond = velocityDegreesPerSecond
  }

  /// Where it comes to rest if it brakes from now on.
  @_noLocks @_noAllocation
  func stoppingPoint(accelerationMax: Double) -> Double {
    let velocity = velocityDegreesPerSecond
    return positionDegrees + velocity * math_fabs(velocity) / (2 * accelerationMax)
  }

  /// The state after `elapsed` seconds on the course to rest at `target`.
  ///
  /// - Precondition: `|velocity| <= velocityMax`, up to rounding; `elapsed >= 0`.
  @_noLocks @_noAllocation
  func advanced(
    toward target: Double, elapsed: Double, velocityMax: Double, accelerationMax a: Double
  ) -> Setpoint {
    // All in the direction of travel: `distance` and `start` are positive forward.
    let direction: Double = target >= stoppingPoint(accelerationMax: a) ? 1 : -1
    let distance = direction * (target - positionDegrees)
    let start = direction * velocityDegreesPerSecond
    // From `start` up to the peak and down to rest covers the distance:
    // (peak² - start²)/2a + peak²/2a = distance. Rounding may take it just below zero.
    let peak = math_sqrt(max(0, a * distance + start * start / 2))
    let cruise = min(peak, velocityMax)

    let rise = max(0, (cruise - start) / a)
    if elapsed < rise {
      return course(
        direction, start * elapsed + a * elapsed * elapsed / 2, start + a * elapsed)
    }
    let risen = (cruise * cruise - start * start) / (2 * a)
    let level = cruise > 0 ? max(0, (distance - risen) / cruise - cruise / (2 * a)) : 0
    if elapsed < rise + level {
      return course(direction, risen + cruise * (elapsed - rise), cruise)
    }
    let remaining = rise + level + cruise / a - elapsed
    if remaining > 0 {
      return course(direction, distance - a * remaining * remaining / 2, a * remaining)
    }
    return Setpoint(positionDegrees: target, velocityDegreesPerSecond: 0)
  }

  @_noLocks @_noAllocation
  private func course(_ direction: Double, _ way: Double, _ velocity: Double) -> Setpoint {
    Setpoint(
      positionDegrees: positionDegrees + direction * way,
      velocityDegreesPerSecond: direction * velocity)
  }
}
