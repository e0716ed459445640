// What is known of the joint, as a value: the link writes it, the governor reads it.

/// The joint and its drive, as the exoskeleton last reported them.
public struct JointState: Equatable, Sendable, BitwiseCopyable {
  /// The exoskeleton's own clock; 0 where it has none.
  public var deviceMicroseconds: UInt64
  public var positionDegrees: Double
  public var velocityDegreesPerSecond: Double
  /// NaN where the drive cannot tell.
  public var effortNewtonMetres: Double
  public var state: ExoskeletonState
  public var faults: ExoskeletonFaults
  /// The drive's own number for it; 0: none, or none is told.
  public var faultCode: UInt32

  @_noLocks @_noAllocation
  public init(
    deviceMicroseconds: UInt64, positionDegrees: Double, velocityDegreesPerSecond: Double,
    effortNewtonMetres: Double, state: ExoskeletonState, faults: ExoskeletonFaults,
    faultCode: UInt32
  ) {
    self.deviceMicroseconds = deviceMicroseconds
    self.positionDegrees = positionDegrees
    self.velocityDegreesPerSecond = velocityDegreesPerSecond
    self.effortNewtonMetres = effortNewtonMetres
    self.state = state
    self.faults = faults
    self.faultCode = faultCode
  }
}
