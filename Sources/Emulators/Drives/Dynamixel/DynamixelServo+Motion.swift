// What a servo does to its joint in each mode, the profiles of positions and velocities, and the
// items of the table that show it.
//
// Source: ROBOTIS e-Manual, "XM430-W350", Operating Mode (11), Profile Velocity (112), Profile
// Acceleration (108), Moving Status (123).

internal import RT

extension DynamixelServo {
  /// Without a profile as fast as an XM430-W350 at 12 V: 46 turns a minute.
  static var fastest: Double { 46 * 6 }
  /// In counts; the e-Manual does not say how near In-Position is.
  static var inPosition: Int64 { 10 }

  var demand: DrivenJoint.Demand {
    guard isTorqueOn, !isBooting else { return .off }
    switch mode {
    case .current:
      return .effort(effort(ofCurrent: table[.goalCurrent]))
    case .velocity:
      return .velocity(trajectoryVelocity)
    case .position, .extendedPosition:
      return .position(trajectory, velocityMax: Self.fastest, velocity: trajectoryVelocity)
    case .currentBasedPosition:
      return .hold(at: trajectory, effortMax: effort(ofCurrent: abs(table[.goalCurrent])))
    }
  }

  private func effort(ofCurrent counts: Int64) -> Double {
    Double(counts) * Self.amperes * options.newtonMetresPerAmpere
  }

  /// One step of the profile.
  mutating func followProfile() {
    guard isTorqueOn else { return }
    let seconds = DrivenJoint.step.seconds
    let acceleration = Double(table[.profileAcceleration]) * Self.degreesPerSecondSquared
    if mode == .velocity {
      let wanted = Double(table[.goalVelocity]) * Self.degreesPerSecond
      let step = acceleration == 0 ? .infinity : acceleration * seconds
      trajectoryVelocity += min(max(wanted - trajectoryVelocity, -step), step)
      return
    }
    guard mode.isOfPosition else { return }
    let goal = degrees(table[.goalPosition])
    let fastest = Double(table[.profileVelocity]) * Self.degreesPerSecond
    guard fastest > 0 else {
      arrive(at: goal)
      return
    }
    let distance = goal - trajectory
    var wanted = distance < 0 ? -fastest : fastest
    if acceleration > 0 {
      // So fast that it still comes to a stop at the goal.
      let stoppable = (2 * acceleration * abs(distance)).squareRoot()
      wanted = min(max(wanted, -stoppable), stoppable)
      let step = acceleration * seconds
      wanted = trajectoryVelocity + min(max(wanted - trajectoryVelocity, -step), step)
    }
    if abs(distance) <= abs(wanted * seconds) || distance == 0 {
      arrive(at: goal)
    } else {
      trajectoryVelocity = wanted
      trajectory += wanted * seconds
    }
  }

  private mutating func arrive(at goal: Double) {
    trajectory = goal
    trajectoryVelocity = 0
    isProfileOngoing = false
  }

  /// Brings what the table shows of the joint up to date, at the newest instruction.
  mutating func refresh() {
    let milliseconds = (lastInstruction - poweredAt).rawValue / 1_000_000
    table[.realtimeTick] = milliseconds % 32_768
    let present = count(joint.positionDegrees)
    let velocity = joint.velocityDegreesPerSecond / Self.degreesPerSecond
    table[.presentPosition] = present
    table[.presentVelocity] = Int64(velocity.rounded())
    let amperes = joint.effortNewtonMetres / options.newtonMetresPerAmpere
    table[.presentCurrent] = Int64((amperes / Self.amperes).rounded())
    table[.presentPWM] = Int64((885 * joint.effortNewtonMetres / options.effortMax).rounded())
    table[.positionTrajectory] = mode.isOfPosition && isTorqueOn ? count(trajectory) : 0
    table[.velocityTrajectory] = Int64((trajectoryVelocity / Self.degreesPerSecond).rounded())
    table[.moving] =
      isProfileOngoing || abs(velocity) > Double(table[.movingThreshold]) ? 1 : 0
    table[.registeredInstruction] = registered == nil ? 0 : 1
    var moving: Int64 = 0
    if mode.isOfPosition, isTorqueOn {
      if abs(present - table[.goalPosition]) <= Self.inPosition { moving |= 0x01 }
      if isProfileOngoing {
        moving |= 0x02
        if table[.profileVelocity] != 0 { moving |= table[.profileAcceleration] == 0 ? 0x10 : 0x30 }
      }
    }
    table[.movingStatus] = moving
  }
}
