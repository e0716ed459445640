// What is asked of the joint. Where the decoder's classes become demands.

/// What a class, or a person, asks of the joint.
public enum Demand: Equatable, Sendable, BitwiseCopyable {
  /// Drive nothing.
  case neutral
  /// Stay where the joint is, driven.
  case hold
  case moveTo(degrees: Double)
}

/// One demand for each class of the model; fixed memory, read on the real-time path.
public struct DemandTable: Sendable {
  /// Classes at most.
  public static var capacity: Int { @_noLocks @_noAllocation get { 16 } }

  private var demands: InlineArray<16, Demand>
  public let count: Int

  /// Refuses targets that the governor would refuse, before anything moves.
  public init(_ demands: [Demand], limits: GovernorLimits) throws(GovernorFault) {
    guard demands.count <= Self.capacity else {
      throw .tooManyDemands(count: demands.count, capacity: Self.capacity)
    }
    self.demands = InlineArray(repeating: .neutral)
    count = demands.count
    for (index, demand) in demands.enumerated() {
      if case .moveTo(let degrees) = demand {
        // False for NaN.
        guard degrees >= limits.positionMinimum, degrees <= limits.positionMaximum else {
          throw .targetOutsideLimits(
            classIndex: index, degrees: degrees, minimum: limits.positionMinimum,
            maximum: limits.positionMaximum)
        }
      }
      self.demands[index] = demand
    }
  }

  /// What a class asks for; neutral for a class that there is not.
  @_noLocks @_noAllocation
  public func demand(ofClass index: Int) -> Demand {
    guard index >= 0, index < count else { return .neutral }
    return demands[index]
  }
}
