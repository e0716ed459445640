// What a person may say about the exoskeleton: its drive, the joint's limits, and who may stop it.

struct ExoskeletonSection: Equatable {
  /// `virtual`, a serial device, or `none`.
  var port = "virtual"
  /// One of `DriveKind`.
  var driveProtocol = "framed"
  /// 0: the protocol's usual.
  var baud = 0
  /// Which drive on its bus, or which joint; -1: the protocol's usual.
  var address = -1
  /// File of a `compact` format.
  var format = ""
  /// What an OpenExo does not tell of itself; indices -1: it is not there.
  var openExoController = 5
  var openExoTorqueIndex = 0
  var openExoDirectionIndex = 1
  var openExoAngleIndex = -1
  var openExoVelocityIndex = -1
  var openExoTorqueReadingIndex = -1
  /// What the drive's own watchdog is set to.
  var watchdogSeconds = 0.1

  // Between the drive and the joint.

  /// Turns of the drive for one of the joint.
  var gearRatio = 1.0
  /// What the drive reports when the joint stands at 0.
  var zeroDegrees = 0.0
  var isReversed = false
  /// At the joint; 0: not known.
  var newtonMetresPerAmpere = 0.0
  var polePairs = 1.0

  /// What each class of the model asks of the joint: `neutral`, `hold`, degrees, or `3.5 Nm`.
  var targets = ["rest = hold", "left = 10", "right = 60"]

  // The governor's limits.

  var positionMinimumDegrees = 0.0
  var positionMaximumDegrees = 90.0
  var velocityMaximumDegreesPerSecond = 30.0
  var accelerationMaximumDegreesPerSecondSquared = 120.0
  var jerkMaximumDegreesPerSecondCubed = 1200.0
  var effortMaximumNewtonMetres = 20.0
  var effortRateMaximumNewtonMetresPerSecond = 40.0
  var followingErrorMaximumDegrees = 15.0
  var controlPeriodSeconds = 0.02
  var frameTimeoutSeconds = 0.1
  var decisionTimeoutSeconds = 0.5
  var acknowledgementTimeoutSeconds = 0.1
  /// 0: no heartbeat is asked for.
  var heartbeatTimeoutSeconds = 0.0
  var burstClosings = 10
  var burstSeconds = 10.0
  /// Names of causes that latch although they need not.
  var latch: [String] = []

  // Lines of the board.

  /// Label of the gpiochip.
  var gpioChip = "pinctrl-bcm2711"
  /// -1: none.
  var emergencyLine = -1
  var deadManLine = -1
}
