// The joint behind a drive.

import RT
import TestSupport
import Testing

@testable import Emulators

@Suite("A driven joint")
struct DrivenJointTests {
  private func joint() -> DrivenJoint {
    DrivenJoint(now: MonotonicInstant(nanoseconds: 0))
  }

  private func run(_ joint: inout DrivenJoint, seconds: Double) {
    for _ in 0..<Int(seconds * 1000) { joint.step() }
  }

  @Test("a position is reached without overshoot, no faster than allowed")
  func position() {
    var joint = joint()
    joint.demand = .position(60, velocityMax: 40)
    for _ in 0..<4000 {
      joint.step()
      #expect(joint.velocityDegreesPerSecond < 40.01)
      #expect(joint.positionDegrees < 60.01)
    }
    #expect(abs(joint.positionDegrees - 60) < 0.01)
    #expect(joint.isDriven)
  }

  @Test("a velocity is kept against the friction; without a demand the joint comes to rest")
  func velocity() {
    var joint = joint()
    joint.demand = .velocity(30)
    run(&joint, seconds: 0.5)
    #expect(abs(joint.velocityDegreesPerSecond - 30) < 0.01)
    joint.demand = .off
    #expect(!joint.isDriven)
    run(&joint, seconds: 3)
    #expect(abs(joint.velocityDegreesPerSecond) < 0.001)
    #expect(joint.nextInstant == nil)
    #expect(joint.effortNewtonMetres == 0)
  }

  @Test("nothing leaves the end stops, and no effort its limit, whatever is demanded")
  func limits() {
    for seed in UInt64(0)..<50 {
      var random = SplitMix64(seed: seed)
      var joint = joint()
      for _ in 0..<200 {
        let value = Double.random(in: -1e6...1e6, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: joint.demand = .off
        case 1: joint.demand = .brake(effortMax: abs(value))
        case 2: joint.demand = .effort(value)
        case 3: joint.demand = .velocity(value, effort: value)
        case 4: joint.demand = .position(value, velocity: value, effort: value)
        default: joint.demand = .hold(at: value, effortMax: 5)
        }
        joint.isObstructed = Bool.random(using: &random)
        run(&joint, seconds: 0.02)
        let isWithin = joint.endStops.contains(joint.positionDegrees)
        #expect(isWithin && abs(joint.effortNewtonMetres) <= 50, "seed \(seed)")
      }
    }
  }

  @Test("a brake takes the speed away and never turns it round")
  func brake() {
    var joint = joint()
    joint.demand = .velocity(80)
    run(&joint, seconds: 0.5)
    joint.demand = .brake(effortMax: 10)
    var speed = joint.velocityDegreesPerSecond
    for _ in 0..<1000 {
      joint.step()
      #expect(joint.velocityDegreesPerSecond <= speed)
      #expect(joint.velocityDegreesPerSecond > -1e-9)
      speed = joint.velocityDegreesPerSecond
    }
    #expect(speed < 0.1)
    #expect(!joint.isDriven)
  }
}
