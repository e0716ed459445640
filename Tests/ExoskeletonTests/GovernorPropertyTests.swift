// The governor among thousands of random lives, and the course against integration by small steps.

import RT
import TestSupport
import Testing

@testable import Exoskeleton

@Suite("The governor's promises")
struct GovernorPropertyTests {
  @Test(
    "no command ever leaves the limits, and neutral is there at the first step after a cause",
    arguments: 0..<40 as Range<UInt64>)
  func promises(block: UInt64) {
    var total = CaseOutcome()
    for seed in block * 60..<(block + 1) * 60 {
      let outcome = GovernorCase.run(seed: seed, steps: 200)
      #expect(outcome.complaint == nil, "seed \(seed)")
      total.add(outcome)
    }
    // They do exercise all of it.
    #expect(total.motions > 500)
    #expect(total.neutrals > 500)
    #expect(total.latches > 10)
    #expect(total.stops > 50)
  }
}

@Suite("The course of a joint")
struct CourseTests {
  static func limits(_ random: inout SplitMix64) -> MotionLimits {
    MotionLimits(
      velocity: Double.random(in: 1...500, using: &random),
      acceleration: Double.random(in: 1...5000, using: &random),
      jerk: Double.random(in: 1...100_000, using: &random))
  }

  /// Whether limits hold all along a course, and its parts are each the other's integral.
  static func check(_ course: Course, within limits: MotionLimits, _ place: String) {
    let pieces = 400
    let step = course.seconds / Double(pieces)
    var before = course.state(after: 0)
    for index in 1...pieces {
      // Not beyond its end, where rest is exact.
      let state = course.state(after: Double(index) * step * (1 - 1e-12))
      let scale = 1 + 1e-6
      guard abs(state.velocityDegreesPerSecond) <= limits.velocity * scale,
        abs(state.accelerationDegreesPerSecondSquared) <= limits.acceleration * scale
      else {
        Issue.record("\(state) at \(index) of \(place)")
        return
      }
      let jerk =
        state.accelerationDegreesPerSecondSquared - before.accelerationDegreesPerSecondSquared
      let middle = (state.velocityDegreesPerSecond + before.velocityDegreesPerSecond) / 2
      let way = state.positionDegrees - before.positionDegrees
      // The trapezoid's error is at most j·h³/12, wherever in the step the jerk changes twice that.
      guard abs(jerk) <= limits.jerk * step * scale + 1e-9 * limits.acceleration,
        abs(way - middle * step) <= limits.jerk * step * step * step / 4 + 1e-9
      else {
        Issue.record("\(before) to \(state) at \(index) of \(place)")
        return
      }
      before = state
    }
  }

  @Test(
    "from rest to rest it keeps every limit and never turns back",
    arguments: 0..<20 as Range<UInt64>)
  func moves(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for trial in 0..<60 {
      let limits = Self.limits(&random)
      let from = Double.random(in: -100...100, using: &random)
      let target =
        trial % 3 == 0
        ? from + Double.random(in: -0.01...0.01, using: &random)
        : Double.random(in: -100...100, using: &random)
      let course = Course(from: from, to: target, within: limits)
      let place = "seed \(seed) trial \(trial)"
      Self.check(course, within: limits, place)
      let last = course.state(after: course.seconds * (1 - 1e-12))
      #expect(abs(last.positionDegrees - target) < 1e-6 * (1 + abs(target - from)), "\(place)")
      #expect(abs(last.velocityDegreesPerSecond) < 1e-4 * limits.velocity, "\(place)")
      #expect(course.state(after: course.seconds + 1) == Setpoint(positionDegrees: target))
      // Whoever changes his mind comes to rest on the way, and later than he would have nowhere.
      for _ in 0..<20 {
        let state = course.state(
          after: Double.random(in: 0...course.seconds, using: &random))
        let rest = Course(stoppingFrom: state, within: limits)
        let low = min(from, target) - 1e-6
        let high = max(from, target) + 1e-6
        #expect(rest.restDegrees >= low && rest.restDegrees <= high, "\(place)")
        Self.check(rest, within: limits, place)
      }
    }
  }

  @Test("from any state it comes to rest", arguments: 0..<20 as Range<UInt64>)
  func stops(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for trial in 0..<60 {
      let limits = Self.limits(&random)
      let start = Setpoint(
        positionDegrees: 0,
        velocity: Double.random(in: -limits.velocity...limits.velocity, using: &random),
        acceleration: trial % 2 == 0
          ? 0 : Double.random(in: -limits.acceleration...limits.acceleration, using: &random))
      let course = Course(stoppingFrom: start, within: limits)
      // An acceleration may still carry the velocity beyond its limit: that is what it came with.
      let excess = start.accelerationDegreesPerSecondSquared
      let wide = MotionLimits(
        velocity: limits.velocity + excess * excess / limits.jerk,
        acceleration: limits.acceleration,
        jerk: limits.jerk)
      Self.check(course, within: wide, "seed \(seed) trial \(trial)")
      let last = course.state(after: course.seconds * (1 - 1e-12))
      #expect(abs(last.velocityDegreesPerSecond) < 1e-4 * limits.velocity)
      #expect(abs(last.accelerationDegreesPerSecondSquared) < 1e-4 * limits.acceleration)
    }
  }

  /// 32 degrees at 8 deg/s² and 8 deg/s³: a second of jerk up, one steady, one down, and back.
  @Test("a way of 32 degrees takes what arithmetic by hand says")
  func byHand() {
    let course = Course(
      from: 10, to: 42, within: MotionLimits(velocity: 100, acceleration: 8, jerk: 8))
    // a·(s + h)·(2s + h) = 8·(1 + h)·(2 + h) = 32: h = (√17 - 3)/2.
    let steady = (17.0.squareRoot() - 3) / 2
    #expect(abs(course.seconds - (4 + 2 * steady)) < 1e-12)
    let first = course.state(after: 1)
    #expect(abs(first.positionDegrees - (10 + 8.0 / 6)) < 1e-12)
    #expect(abs(first.velocityDegreesPerSecond - 4) < 1e-12)
    #expect(abs(first.accelerationDegreesPerSecondSquared - 8) < 1e-12)
    let half = course.state(after: course.seconds / 2)
    #expect(abs(half.positionDegrees - 26) < 1e-9)
    #expect(abs(half.velocityDegreesPerSecond - 8 * (1 + steady)) < 1e-9)
  }
}
