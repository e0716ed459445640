// What is known of the joint, as a value: the link writes it, the governor reads it.

/// The joint and its drive, as the exoskeleton last reported them.
public struct JointState: Equatable, Sendable, BitwiseCopyable {
  /// The exoskeleton's own clock.
  public var deviceMicroseconds: UInt64
  public var positionDegrees: Double
  public var velocityDegreesPerSecond: Double
  public var effortNewtonMetres: Double
  public var state: ExoskeletonState
  public var faults: ExoskeletonFaults

  @_noLocks @_noAllocation
  public init(
    deviceMicroseconds: UInt64, positionDegrees: Double, velocityDegreesPerSecond: Double,
    effortNewtonMetres: Double, state: ExoskeletonState, faults: ExoskeletonFaults
  ) {
    self.deviceMicroseconds = deviceMicroseconds
    self.positionDegrees = positionDegrees
    self.velocityDegreesPerSecond = velocityDegreesPerSecond
    self.effortNewtonMetres = effortNewtonMetres
    self.state = state
    self.faults = faults
  }
}
