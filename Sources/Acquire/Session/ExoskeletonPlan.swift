// What the configuration says of the exoskeleton, checked and in the governor's own types.

import Decoding
import Exoskeleton
import RT

extension ExoskeletonSection {
  func limits() throws(Failure) -> GovernorLimits {
    let latching = try alsoLatching()
    let lag = 2 * velocityMaximumDegreesPerSecond * controlPeriodSeconds
    guard usualMode == .effort || followingErrorMaximumDegrees >= lag else {
      throw Failure(
        .configuration,
        "`exoskeleton.following-error-maximum` is \(followingErrorMaximumDegrees) degrees, which a "
          + "joint at `exoskeleton.velocity-maximum` is behind after two control periods: allow "
          + "\(lag) or more, or less velocity")
    }
    return try explaining(.configuration, prefix: "[exoskeleton] ") { () throws(GovernorFault) in
      try GovernorLimits(
        positionMinimum: positionMinimumDegrees, positionMaximum: positionMaximumDegrees,
        velocityMaximum: velocityMaximumDegreesPerSecond,
        accelerationMaximum: accelerationMaximumDegreesPerSecondSquared,
        jerkMaximum: jerkMaximumDegreesPerSecondCubed, effortMaximum: effortMaximumNewtonMetres,
        effortRateMaximum: effortRateMaximumNewtonMetresPerSecond,
        followingErrorMaximum: followingErrorMaximumDegrees,
        controlPeriod: Nanoseconds(seconds: controlPeriodSeconds),
        frameTimeout: Nanoseconds(seconds: frameTimeoutSeconds),
        decisionTimeout: Nanoseconds(seconds: decisionTimeoutSeconds),
        acknowledgementTimeout: Nanoseconds(seconds: acknowledgementTimeoutSeconds),
        heartbeatTimeout: heartbeatTimeoutSeconds > 0
          ? Nanoseconds(seconds: heartbeatTimeoutSeconds) : nil,
        burstClosings: burstClosings, burstWindow: Nanoseconds(seconds: burstSeconds),
        alsoLatching: latching)
    }
  }

  private func alsoLatching() throws(Failure) -> NeutralCauses {
    var causes: NeutralCauses = []
    let kind = DriveKind(rawValue: driveProtocol)
    if kind?.remembersItsWatchdog == false { causes.insert(.lateStep) }
    // Another maker's drive may have lost its power meanwhile, and what it was told with it.
    if kind != .framed { causes.insert(.noAcknowledgements) }
    for name in latch {
      guard let bit = NeutralCauses.names.firstIndex(of: name) else {
        throw Failure(
          .configuration,
          "`exoskeleton.latch`: \"\(name)\" is no cause of neutral; there are "
            + NeutralCauses.names.joined(separator: ", "))
      }
      causes.insert(NeutralCauses(rawValue: 1 << UInt32(bit)))
    }
    return causes
  }

  /// The drive, in the units of the joint.
  func drive(mode: MotionMode) throws(Failure) -> DriveSettings {
    guard let kind = DriveKind(rawValue: driveProtocol) else {
      preconditionFailure("the table of settings allows no other")
    }
    let gearing = try explaining(.configuration, prefix: "[exoskeleton] ") {
      () throws(GovernorFault) in
      try Gearing(
        ratio: gearRatio, zeroDegrees: zeroDegrees, isReversed: isReversed,
        newtonMetresPerAmpere: newtonMetresPerAmpere, polePairs: polePairs)
    }
    guard kind.leads(by: mode) else {
      throw Failure(
        .configuration,
        "`exoskeleton.targets` ask for \(mode == .effort ? "efforts" : "positions"), which the "
          + "protocol \(driveProtocol) cannot carry: give targets of the other kind")
    }
    var settings = DriveSettings(
      kind: kind, mode: mode, gearing: gearing, address: address < 0 ? kind.usualAddress : address,
      watchdog: Nanoseconds(seconds: watchdogSeconds),
      controlPeriod: Nanoseconds(seconds: controlPeriodSeconds))
    settings.openExo = openExo
    if kind == .compact {
      guard !format.isEmpty else {
        throw Failure(
          .configuration,
          "`exoskeleton.protocol` is compact, which needs `exoskeleton.format`: name the file that "
            + "describes the frames (docs/examples/compact-11.toml is one)")
      }
      settings.compact = try CompactFormatFile.read(format)
    }
    return settings
  }

  private var openExo: OpenExoSettings {
    func place(_ index: Int) -> Int? { index < 0 ? nil : index }
    var settings = OpenExoSettings()
    settings.controller = UInt8(openExoController)
    settings.torqueIndex = UInt8(openExoTorqueIndex)
    settings.directionIndex = UInt8(openExoDirectionIndex)
    settings.angleIndex = place(openExoAngleIndex)
    settings.velocityIndex = place(openExoVelocityIndex)
    settings.torqueReadingIndex = place(openExoTorqueReadingIndex)
    return settings
  }

  /// "left = 10" for each class that asks for something; the others ask for neutral.
  func demands(of classes: [String], limits: GovernorLimits) throws(Failure) -> DemandTable {
    var demands = [Demand](repeating: .neutral, count: classes.count)
    // The targets of the embedded model say nothing about the classes of another.
    let isOthers =
      targets == ExoskeletonSection().targets
      && !["rest", "left", "right"].allSatisfy(classes.contains)
    for target in isOthers ? [] : targets {
      let words = target.split(separator: "=").map { part in
        String(part.filter { $0 != " " })
      }
      guard words.count == 2, let index = classes.firstIndex(of: words[0]) else {
        throw Failure(
          .configuration,
          "`exoskeleton.targets`: \"\(target)\" is not CLASS = neutral, hold, degrees or an effort "
            + "such as 3.5 Nm, with one of the model's classes \(classes.joined(separator: ", "))")
      }
      demands[index] = try Self.demand(words[1], in: target, limits: limits)
    }
    return try explaining(.configuration, prefix: "[exoskeleton] ") { () throws(GovernorFault) in
      try DemandTable(demands, limits: limits)
    }
  }

  private static func demand(_ word: String, in target: String, limits: GovernorLimits)
    throws(Failure) -> Demand
  {
    switch word {
    case "neutral": return .neutral
    case "hold": return .hold
    default: break
    }
    if word.hasSuffix("Nm"), let effort = Double(word.dropLast(2)) {
      return .exert(newtonMetres: effort)
    }
    guard let degrees = Double(word) else {
      throw Failure(
        .configuration,
        "`exoskeleton.targets`: \"\(word)\" in \"\(target)\" is not neutral, hold, degrees or an "
          + "effort such as 3.5 Nm")
    }
    guard degrees >= limits.positionMinimum, degrees <= limits.positionMaximum else {
      throw Failure(
        .configuration,
        "`exoskeleton.targets`: \"\(target)\" lies outside of the joint's "
          + "\(limits.positionMinimum)…\(limits.positionMaximum) degrees")
    }
    return .moveTo(degrees: degrees)
  }
}
