// What an ODrive has been set to, and what is behind it.

/// What the drive has been set to before; the defaults are the firmware's where it has one.
public struct ODriveOptions: Equatable, Sendable {
  /// Motor revolutions a revolution of the joint.
  public var gearRatio = 50.0
  /// Turns a second; the firmware's own 2 are too slow for a geared joint.
  public var velocityLimit: Float = 20
  public var currentLimit: Float = 10
  /// N·m/A, of the motor.
  public var torqueConstant: Float = 0.04
  public var isWatchdogEnabled = false
  public var watchdogSeconds: Float = 0
  /// Where the joint stands at power-up, by an absolute encoder.
  public var positionDegrees = 10.0
  /// What the mechanics allow, degrees.
  public var endStops: ClosedRange<Double> = -15...125

  public init() {}
}
