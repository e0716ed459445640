// What is asked of the joint. Where the decoder's classes become demands.

/// What a class, or a person, asks of the joint.
public enum Demand: Equatable, Sendable, BitwiseCopyable {
  /// Drive nothing.
  case neutral
  /// Stay where the joint is, driven.
  case hold
  case moveTo(degrees: Double)
  /// Push with so much, whatever the joint does within its limits.
  case exert(newtonMetres: Double)
}

/// What a joint is led by: where it shall be, or how hard it is pushed.
public enum MotionMode: Equatable, Sendable, BitwiseCopyable {
  case position
  case effort
}

/// One demand for each class of the model; fixed memory, read on the real-time path.
public struct DemandTable: Sendable {
  /// Classes at most.
  public static var capacity: Int { @_noLocks @_noAllocation get { 16 } }

  private var demands: InlineArray<16, Demand>
  public let count: Int
  /// By effort when a class asks for one.
  public let mode: MotionMode

  /// Refuses targets that the governor would refuse, before anything moves.
  public init(_ demands: [Demand], limits: GovernorLimits) throws(GovernorFault) {
    guard demands.count <= Self.capacity else {
      throw .tooManyDemands(count: demands.count, capacity: Self.capacity)
    }
    self.demands = InlineArray(repeating: .neutral)
    count = demands.count
    let exerts = demands.contains { if case .exert = $0 { true } else { false } }
    mode = exerts ? .effort : .position
    for (index, demand) in demands.enumerated() {
      switch demand {
      case .neutral: break
      case .hold:
        if exerts { throw .mixedDemands(classIndex: index) }
      case .moveTo(let degrees):
        if exerts { throw .mixedDemands(classIndex: index) }
        // False for NaN.
        guard degrees >= limits.positionMinimum, degrees <= limits.positionMaximum else {
          throw .targetOutsideLimits(
            classIndex: index, degrees: degrees, minimum: limits.positionMinimum,
            maximum: limits.positionMaximum)
        }
      case .exert(let effort):
        guard effort.magnitude <= limits.effortMaximum else {
          throw .effortOutsideLimits(
            classIndex: index, newtonMetres: effort, maximum: limits.effortMaximum)
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
