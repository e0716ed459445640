// What is known of the exoskeleton, as values: the link writes it, the governor reads it.

public import RT

/// The joint as the exoskeleton last reported it.
public struct JointState: Equatable, Sendable, BitwiseCopyable {
  public var positionDegrees: Double
  public var velocityDegreesPerSecond: Double
  public var effortNewtonmetres: Double
  /// By the exoskeleton's own clock.
  public var exoskeletonTimeMicroseconds: UInt64
  /// When the report was read here.
  public var time: MonotonicInstant

  @_noLocks @_noAllocation
  public init(
    positionDegrees: Double, velocityDegreesPerSecond: Double, effortNewtonmetres: Double,
    exoskeletonTimeMicroseconds: UInt64, time: MonotonicInstant
  ) {
    self.positionDegrees = positionDegrees
    self.velocityDegreesPerSecond = velocityDegreesPerSecond
    self.effortNewtonmetres = effortNewtonmetres
    self.exoskeletonTimeMicroseconds = exoskeletonTimeMicroseconds
    self.time = time
  }
}

/// The link as the governor needs to know it.
public struct LinkState: Equatable, Sendable {
  /// An exoskeleton was identified, and the port has not gone since.
  public var isUp: Bool
  /// What the exoskeleton last said of itself.
  public var exoskeleton: ExoskeletonState?
  public var faults: ExoskeletonFaults
  public var joint: JointState?
  /// When the newest command that has been acknowledged was written.
  public var lastConfirmed: MonotonicInstant?

  @_noLocks @_noAllocation
  public init(
    isUp: Bool, exoskeleton: ExoskeletonState?, faults: ExoskeletonFaults, joint: JointState?,
    lastConfirmed: MonotonicInstant?
  ) {
    self.isUp = isUp
    self.exoskeleton = exoskeleton
    self.faults = faults
    self.joint = joint
    self.lastConfirmed = lastConfirmed
  }

  /// Nothing known.
  public static var down: LinkState {
    @_noLocks @_noAllocation
    get {
      LinkState(
        isUp: false, exoskeleton: nil, faults: ExoskeletonFaults(rawValue: 0), joint: nil,
        lastConfirmed: nil)
    }
  }
}
