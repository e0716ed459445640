// The motion between two commands, in closed form. Pure; no clock, no state of the governor.
//
// A course is a few pieces of constant jerk. There are two kinds: the quickest way to rest from
// any state, and the quickest way from rest to rest. Whoever changes his mind on the way comes to
// rest first. The state is read off the course at the present instant, exactly, so that it does not
// matter how long or how even the control periods are: the limits of velocity, acceleration and
// jerk hold between any two instants because they hold all the time.
//
// Why position limits hold: a way from rest to rest passes nothing but what lies between its ends,
// and coming to rest on it needs no more room than the rest of it.

internal import MathShim

/// Where the joint is told to be, and how that changes.
struct Setpoint: Equatable, Sendable, BitwiseCopyable {
  var positionDegrees: Double
  var velocityDegreesPerSecond: Double
  var accelerationDegreesPerSecondSquared: Double

  @_noLocks @_noAllocation
  init(positionDegrees: Double, velocity: Double = 0, acceleration: Double = 0) {
    self.positionDegrees = positionDegrees
    velocityDegreesPerSecond = velocity
    accelerationDegreesPerSecondSquared = acceleration
  }

  @_noLocks @_noAllocation
  func after(_ seconds: Double, jerk: Double) -> Setpoint {
    let v = velocityDegreesPerSecond
    let a = accelerationDegreesPerSecondSquared
    return Setpoint(
      positionDegrees: positionDegrees
        + seconds * (v + seconds * (a / 2 + seconds * jerk / 6)),
      velocity: v + seconds * (a + seconds * jerk / 2), acceleration: a + seconds * jerk)
  }
}

/// How fast a course may change what, in degrees and seconds.
struct MotionLimits: Equatable, Sendable, BitwiseCopyable {
  let velocity: Double
  let acceleration: Double
  let jerk: Double

  @_noLocks @_noAllocation
  init(velocity: Double, acceleration: Double, jerk: Double) {
    self.velocity = velocity
    self.acceleration = acceleration
    self.jerk = jerk
  }
}

/// From a state to rest.
struct Course: Sendable, BitwiseCopyable {
  private struct Piece: Sendable, BitwiseCopyable {
    var seconds = 0.0
    var jerk = 0.0

    @_noLocks @_noAllocation
    init() {}
  }

  let start: Setpoint
  /// To rest as soon as may be; otherwise on to a target.
  let isStop: Bool
  private var pieces = InlineArray<7, Piece>(repeating: Piece())
  private var pieceCount = 0
  private(set) var seconds = 0.0
  /// Where it comes to rest.
  private(set) var restDegrees: Double

  /// Nowhere.
  @_noLocks @_noAllocation
  init(restingAt degrees: Double) {
    start = Setpoint(positionDegrees: degrees)
    isStop = true
    restDegrees = degrees
  }

  /// The quickest way to rest from any state.
  ///
  /// - Precondition: `|acceleration| <= limits.acceleration`, up to rounding.
  @_noLocks @_noAllocation
  init(stoppingFrom start: Setpoint, within limits: MotionLimits) {
    self.start = start
    isStop = true
    restDegrees = start.positionDegrees
    let v = start.velocityDegreesPerSecond
    let a = start.accelerationDegreesPerSecondSquared
    // What the velocity would be when the acceleration has ebbed away.
    let left = v + a * math_fabs(a) / (2 * limits.jerk)
    let direction: Double = left < 0 ? -1 : 1
    // In the direction of `left`: brake up to a peak, as long as it takes, and let go.
    let rise = direction * a
    let whole = direction * v + rise * rise / (2 * limits.jerk)
    let peak = min(math_sqrt(max(0, limits.jerk * whole)), limits.acceleration)
    append(max(0, rise + peak) / limits.jerk, jerk: -direction * limits.jerk)
    append(
      peak > 0 ? max(0, whole - peak * peak / limits.jerk) / peak : 0, jerk: 0)
    append(peak / limits.jerk, jerk: direction * limits.jerk)
    restDegrees = state(atPiece: pieceCount).positionDegrees
  }

  /// The quickest way from rest to rest.
  @_noLocks @_noAllocation
  init(from degrees: Double, to target: Double, within limits: MotionLimits) {
    start = Setpoint(positionDegrees: degrees)
    isStop = false
    restDegrees = target
    let distance = math_fabs(target - degrees)
    let jerk = target < degrees ? -limits.jerk : limits.jerk
    // Jerk alone: four pieces of 2·j·t³ in all.
    var swing = math_cbrt(distance / (2 * limits.jerk))
    var steady = 0.0
    if limits.jerk * swing > limits.acceleration {
      // With a·(s + h)·(2·s + h) = distance, s and h being the seconds of swing and steady.
      swing = limits.acceleration / limits.jerk
      let half = 1.5 * swing
      let constant = 2 * swing * swing - distance / limits.acceleration
      steady = max(0, math_sqrt(max(0, half * half - constant)) - half)
    }
    var level = 0.0
    if limits.jerk * swing * (swing + steady) > limits.velocity {
      if limits.velocity * limits.jerk >= limits.acceleration * limits.acceleration {
        swing = limits.acceleration / limits.jerk
        steady = limits.velocity / limits.acceleration - swing
      } else {
        swing = math_sqrt(limits.velocity / limits.jerk)
        steady = 0
      }
      level = max(0, distance / limits.velocity - (2 * swing + steady))
    }
    append(swing, jerk: jerk)
    append(steady, jerk: 0)
    append(swing, jerk: -jerk)
    append(level, jerk: 0)
    append(swing, jerk: -jerk)
    append(steady, jerk: 0)
    append(swing, jerk: jerk)
  }

  /// The state after some seconds on the course; at its end rest, exactly.
  @_noLocks @_noAllocation
  func state(after elapsed: Double) -> Setpoint {
    // False for NaN.
    guard elapsed < seconds else { return Setpoint(positionDegrees: restDegrees) }
    var state = start
    var left = max(0, elapsed)
    for index in 0..<pieceCount {
      let piece = pieces[index]
      if left <= piece.seconds { return state.after(left, jerk: piece.jerk) }
      state = state.after(piece.seconds, jerk: piece.jerk)
      left -= piece.seconds
    }
    return state
  }

  @_noLocks @_noAllocation
  private func state(atPiece end: Int) -> Setpoint {
    var state = start
    for index in 0..<end {
      state = state.after(pieces[index].seconds, jerk: pieces[index].jerk)
    }
    return state
  }

  @_noLocks @_noAllocation
  private mutating func append(_ seconds: Double, jerk: Double) {
    guard seconds > 0 else { return }
    pieces[pieceCount].seconds = seconds
    pieces[pieceCount].jerk = jerk
    pieceCount += 1
    self.seconds += seconds
  }
}
