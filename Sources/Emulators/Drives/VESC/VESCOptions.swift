// What a VESC, or a CubeMars actuator in servo mode, is set to.

public import RT

/// The defaults are the firmware's where it has one.
public struct VESCOptions: Equatable, Sendable {
  /// CubeMars AK in servo mode: positions of several turns, position and velocity (91), set origin
  /// (95), position reports (11, 22), no status byte, 921 600 baud.
  public var isCubeMars: Bool
  /// APPCONF_TIMEOUT_MSEC; zero: none. That a CubeMars has the same is not documented.
  public var timeout: Nanoseconds = .milliseconds(1_000)
  /// timeout_brake_current, A; 0: the joint coasts.
  public var timeoutBrakeAmperes = 0.0
  /// m_fault_stop_time_ms: after a fault nothing is obeyed for so long.
  public var faultStop: Nanoseconds = .milliseconds(500)
  public var polePairs: Double
  /// Motor revolutions a revolution of the joint.
  public var gearRatio: Double
  /// Of the joint: torque constant times gear ratio.
  public var newtonMetresPerAmpere: Double
  /// l_current_max.
  public var currentMax = 60.0
  /// A current nearer to zero releases the motor: cc_min_current.
  public var currentMin = 0.05
  /// l_max_erpm.
  public var erpmMax = 100_000.0
  /// A set speed nearer to zero releases the motor: s_pid_min_erpm, of a VESC 900.
  public var erpmMin: Double
  public var inputVolts = 24.0
  public var identity: UInt8
  /// Where the joint stands at power-up.
  public var positionDegrees = 10.0
  /// What the mechanics allow, degrees.
  public var endStops: ClosedRange<Double> = -15...125

  /// A VESC with its position encoder at the joint, or an AK80-9.
  public init(isCubeMars: Bool = false) {
    self.isCubeMars = isCubeMars
    polePairs = isCubeMars ? 21 : 7
    gearRatio = isCubeMars ? 9 : 30
    // AK80-9: 0.115 N·m/A before the gear, as measured by neurobionics/TMotorCANControl.
    newtonMetresPerAmpere = isCubeMars ? 0.115 * 9 : 0.03 * 30
    erpmMin = isCubeMars ? 0 : 900
    identity = isCubeMars ? 0x68 : 0
  }

  /// What a host has to set the line to.
  public var baud: Int { isCubeMars ? 921_600 : 115_200 }

  /// Of the joint, at an electrical speed.
  func degreesPerSecond(erpm: Double) -> Double { erpm / polePairs / gearRatio * 6 }

  func erpm(degreesPerSecond: Double) -> Double { degreesPerSecond / 6 * gearRatio * polePairs }
}
