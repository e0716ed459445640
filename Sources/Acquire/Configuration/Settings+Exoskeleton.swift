// The keys of the exoskeleton.

import Exoskeleton

extension Setting {
  static var exoskeleton: [Setting] { drive + formats + governor + lines }

  private static var drive: [Setting] {
    [
      .text("exoskeleton.port", \.exoskeleton.port, "serial device, virtual, or none"),
      .text(
        "exoskeleton.protocol", \.exoskeleton.driveProtocol,
        "what is spoken there (docs/exoskeletons.md)", choices: DriveKind.allCases.map(\.rawValue)),
      .whole(
        "exoskeleton.baud", \.exoskeleton.baud, "bits a second; 0: the protocol's usual",
        in: 0...12_000_000),
      .whole(
        "exoskeleton.address", \.exoskeleton.address,
        "which drive on its bus, or which joint; -1: the protocol's usual", in: -1...255),
      .number(
        "exoskeleton.watchdog", \.exoskeleton.watchdogSeconds,
        "what the drive's own watchdog is set to, seconds", in: 0.02...0.5),
      .number(
        "exoskeleton.gear-ratio", \.exoskeleton.gearRatio,
        "turns of the drive for one of the joint",
        in: 0.01...1_000),
      .number(
        "exoskeleton.zero", \.exoskeleton.zeroDegrees,
        "what the drive reports when the joint stands at 0, degrees", in: -36_000...36_000),
      .flag(
        "exoskeleton.reversed", \.exoskeleton.isReversed, "the drive turns against the joint"),
      .number(
        "exoskeleton.torque-constant", \.exoskeleton.newtonMetresPerAmpere,
        "N·m at the joint for an ampere; 0: not known", in: 0...100),
      .number(
        "exoskeleton.pole-pairs", \.exoskeleton.polePairs,
        "electrical turns for one of the drive", in: 1...10_000),
      .texts(
        "exoskeleton.targets", \.exoskeleton.targets,
        "what each class asks for: neutral, hold, degrees, or \"3.5 Nm\""),
    ]
  }

  private static var formats: [Setting] {
    [
      .text("exoskeleton.format", \.exoskeleton.format, "of compact frames: a file"),
      .whole(
        "exoskeleton.openexo-controller", \.exoskeleton.openExoController,
        "number of OpenExo's constant torque at this joint", in: 0...255),
      .whole(
        "exoskeleton.openexo-torque-index", \.exoskeleton.openExoTorqueIndex,
        "which of its parameters is the torque", in: 0...31),
      .whole(
        "exoskeleton.openexo-direction-index", \.exoskeleton.openExoDirectionIndex,
        "which of its parameters turns it round", in: 0...31),
      .whole(
        "exoskeleton.openexo-angle-index", \.exoskeleton.openExoAngleIndex,
        "which real-time number is the joint's angle; -1: none, and it cannot be armed",
        in: -1...30),
      .whole(
        "exoskeleton.openexo-velocity-index", \.exoskeleton.openExoVelocityIndex,
        "… its velocity; -1: taken from the angle", in: -1...30),
      .whole(
        "exoskeleton.openexo-torque-reading-index", \.exoskeleton.openExoTorqueReadingIndex,
        "… the torque that is measured; -1: none", in: -1...30),
    ]
  }

  private static var governor: [Setting] {
    [
      .number(
        "exoskeleton.position-minimum", \.exoskeleton.positionMinimumDegrees, "degrees",
        in: -360...360),
      .number(
        "exoskeleton.position-maximum", \.exoskeleton.positionMaximumDegrees, "degrees",
        in: -360...360),
      .number(
        "exoskeleton.velocity-maximum", \.exoskeleton.velocityMaximumDegreesPerSecond, "deg/s",
        in: 0.1...1_000),
      .number(
        "exoskeleton.acceleration-maximum",
        \.exoskeleton.accelerationMaximumDegreesPerSecondSquared, "deg/s²", in: 0.1...100_000),
      .number(
        "exoskeleton.jerk-maximum", \.exoskeleton.jerkMaximumDegreesPerSecondCubed, "deg/s³",
        in: 0.1...10_000_000),
      .number(
        "exoskeleton.effort-maximum", \.exoskeleton.effortMaximumNewtonMetres, "N·m",
        in: 0.001...500),
      .number(
        "exoskeleton.effort-rate-maximum", \.exoskeleton.effortRateMaximumNewtonMetresPerSecond,
        "N·m/s", in: 0.001...100_000),
      .number(
        "exoskeleton.following-error-maximum", \.exoskeleton.followingErrorMaximumDegrees,
        "between the joint and where it was told to be, degrees", in: 0.1...360),
      .number(
        "exoskeleton.control-period", \.exoskeleton.controlPeriodSeconds,
        "between commands, seconds", in: 0.001...0.2),
      .number(
        "exoskeleton.frame-timeout", \.exoskeleton.frameTimeoutSeconds,
        "neutral when no frame came for so long, seconds", in: 0.002...1),
      .number(
        "exoskeleton.decision-timeout", \.exoskeleton.decisionTimeoutSeconds,
        "neutral when no decision came for so long, seconds", in: 0.01...5),
      .number(
        "exoskeleton.acknowledgement-timeout", \.exoskeleton.acknowledgementTimeoutSeconds,
        "neutral when no acknowledgement came for so long, seconds", in: 0.005...2),
      .number(
        "exoskeleton.heartbeat-timeout", \.exoskeleton.heartbeatTimeoutSeconds,
        "neutral when the operator's heartbeat stays away so long, seconds; 0: none is asked for",
        in: 0...5),
      .whole(
        "exoskeleton.burst-closings", \.exoskeleton.burstClosings,
        "so many artifacts or losses of contact are a burst", in: 1...16),
      .number(
        "exoskeleton.burst-window", \.exoskeleton.burstSeconds, "… within so many seconds",
        in: 0.1...60),
      .texts(
        "exoskeleton.latch", \.exoskeleton.latch,
        "causes of neutral that only arming anew ends, besides those that always are",
        mayBeEmpty: true),
    ]
  }

  private static var lines: [Setting] {
    [
      .text(
        "exoskeleton.gpio-chip", \.exoskeleton.gpioChip,
        "label of the gpiochip of the two lines below"),
      .whole(
        "exoskeleton.emergency-line", \.exoskeleton.emergencyLine,
        "input, closed circuit to ground; open: stop; -1: none", in: -1...1_023),
      .whole(
        "exoskeleton.dead-man-line", \.exoskeleton.deadManLine,
        "output, a square wave as long as the real-time thread lives; -1: none", in: -1...1_023),
    ]
  }
}
