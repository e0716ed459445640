// Which protocol is spoken, and how the drive's units become the joint's.

public import RT
internal import MathShim

/// The protocols that are spoken. Another one takes a folder under Protocols and a line in each of
/// the tables of `Wire`.
public enum DriveKind: String, CaseIterable, Sendable {
  /// Our own, docs/exoskeleton-protocol.md.
  case framed
  /// VESC's UART.
  case vesc
  /// CubeMars AK drives in servo mode, by UART: VESC's frames at another rate.
  case cubemars
  /// ROBOTIS' Dynamixel servos of the X series, Protocol 2.0.
  case dynamixel
  /// ODrive's ASCII protocol, firmware 0.5.4 and later.
  case odrive
  /// OpenExo, the UART between its two microcontrollers; led by effort alone.
  case openExo = "openexo"
  /// Short frames of a fixed layout, which a table describes.
  case compact

  /// Whether a joint can be led so over it.
  public func leads(by mode: MotionMode) -> Bool {
    switch self {
    case .framed: mode == .position
    case .vesc, .cubemars, .dynamixel, .odrive: true
    case .openExo: mode == .effort
    // Its format decides.
    case .compact: true
    }
  }

  /// Which drive is meant when nobody says: an ODrive's first axis, a servo as it is delivered.
  public var usualAddress: Int {
    switch self {
    case .odrive: 0
    case .openExo: 68
    case .framed, .vesc, .cubemars, .dynamixel, .compact: 1
    }
  }

  /// Whether the drive itself says for certain that its watchdog has bitten, until it is armed
  /// anew. One that does not would go on after a host that stood still as if nothing had been.
  public var remembersItsWatchdog: Bool {
    switch self {
    case .framed, .dynamixel, .odrive: true
    case .vesc, .cubemars, .openExo, .compact: false
    }
  }

  /// The rate at which such a drive listens when nobody has changed it.
  public var usualBaud: UInt32 {
    switch self {
    case .framed, .vesc, .odrive, .compact: 115_200
    case .cubemars: 921_600
    case .dynamixel: 57_600
    case .openExo: 256_000
    }
  }
}

/// The joint's angles and efforts in those of a drive.
public struct Gearing: Equatable, Sendable, BitwiseCopyable {
  /// Turns of the drive for one of the joint.
  public var ratio: Double
  /// What the drive reports when the joint stands at 0.
  public var zeroDegrees: Double
  /// The drive turns against the joint.
  public var isReversed: Bool
  /// At the joint; 0: not known, and the joint can be led by position alone.
  public var newtonMetresPerAmpere: Double
  /// Electrical turns for one of the drive as it reports positions: pole pairs, times the reduction
  /// inside the drive if its positions are those of its output.
  public var polePairs: Double

  /// The drive is the joint.
  public static var direct: Gearing { Gearing() }

  private init() {
    ratio = 1
    zeroDegrees = 0
    isReversed = false
    newtonMetresPerAmpere = 0
    polePairs = 1
  }

  /// - Throws: `outOfRange`, `notFinite`.
  public init(
    ratio: Double, zeroDegrees: Double = 0, isReversed: Bool = false,
    newtonMetresPerAmpere: Double = 0, polePairs: Double = 1
  ) throws(GovernorFault) {
    let figures = [
      ("the gear's ratio", ratio, 0.01, 1000.0, ""),
      ("the drive's zero", zeroDegrees, -36_000, 36_000, "deg"),
      ("the drive's torque constant", newtonMetresPerAmpere, 0, 100, "N·m/A"),
      ("the number of pole pairs", polePairs, 1, 10_000, ""),
    ]
    for (name, value, lowest, highest, unit) in figures {
      guard value.isFinite else { throw .notFinite(name: name) }
      guard value >= lowest, value <= highest else {
        throw .outOfRange(name: name, value: value, lowest: lowest, highest: highest, unit: unit)
      }
    }
    self.ratio = ratio
    self.zeroDegrees = zeroDegrees
    self.isReversed = isReversed
    self.newtonMetresPerAmpere = newtonMetresPerAmpere
    self.polePairs = polePairs
  }

  private var sense: Double { @_noLocks @_noAllocation get { isReversed ? -ratio : ratio } }

  @_noLocks @_noAllocation
  func driveDegrees(_ jointDegrees: Double) -> Double { jointDegrees * sense + zeroDegrees }

  @_noLocks @_noAllocation
  func jointDegrees(_ driveDegrees: Double) -> Double { (driveDegrees - zeroDegrees) / sense }

  @_noLocks @_noAllocation
  func driveVelocity(_ jointVelocity: Double) -> Double { jointVelocity * sense }

  @_noLocks @_noAllocation
  func jointVelocity(_ driveVelocity: Double) -> Double { driveVelocity / sense }

  /// NaN when the torque constant is not known.
  @_noLocks @_noAllocation
  func amperes(_ newtonMetres: Double) -> Double {
    if newtonMetresPerAmpere == 0 { return .nan }
    return (isReversed ? -newtonMetres : newtonMetres) / newtonMetresPerAmpere
  }

  /// NaN when the torque constant is not known.
  @_noLocks @_noAllocation
  func newtonMetres(_ amperes: Double) -> Double {
    if newtonMetresPerAmpere == 0 { return .nan }
    return (isReversed ? -amperes : amperes) * newtonMetresPerAmpere
  }
}

/// What a link must know of the drive.
public struct DriveSettings: Equatable, Sendable {
  public var kind: DriveKind
  /// What the session will ask for; a drive that is set up for the other kind is refused.
  public var mode: MotionMode
  public var gearing: Gearing
  /// Which drive on its bus, or which joint: Dynamixel's ID, ODrive's axis, OpenExo's joint.
  public var address: Int
  /// What the drive's own watchdog is set to, where the protocol can.
  public var watchdog: Nanoseconds
  public var controlPeriod: Nanoseconds
  /// A drive that was silent for so long may have been switched off and on: it is out of service
  /// then. Five control periods, and no less than 100 ms: a boot takes longer.
  public var silenceMaximum: Nanoseconds
  /// What an OpenExo does not tell; looked at for `openExo` alone.
  public var openExo = OpenExoSettings()
  /// The layout of its frames; `compact` needs one.
  public var compact: CompactFormat?

  public init(
    kind: DriveKind = .framed, mode: MotionMode = .position, gearing: Gearing = .direct,
    address: Int = 1,
    watchdog: Nanoseconds = .milliseconds(100), controlPeriod: Nanoseconds = .milliseconds(20)
  ) {
    self.kind = kind
    self.mode = mode
    self.gearing = gearing
    self.address = address
    self.watchdog = watchdog
    self.controlPeriod = controlPeriod
    silenceMaximum = max(controlPeriod * 5, .milliseconds(100))
  }
}

/// A figure as a whole number of a drive's units; nil when it does not fit or is none.
@_noLocks @_noAllocation
func wireInteger(_ value: Double, scale: Double) -> Int32? {
  let scaled = math_rint(value * scale)
  // False for NaN.
  guard scaled >= -2_147_483_648, scaled <= 2_147_483_647 else { return nil }
  return Int32(scaled)
}
