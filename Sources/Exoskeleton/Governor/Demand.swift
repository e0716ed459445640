// What is asked of the joint. Where the decoder's classes become demands.

public import RT

/// What the decision of a moment asks for, with the time of that decision (its frame's edge time).
public enum Demand: Equatable, Sendable {
  /// Nothing was decided yet.
  case none
  /// Drive nothing.
  case neutral(at: MonotonicInstant)
  /// Stay where the joint is, driven.
  case hold(at: MonotonicInstant)
  case moveTo(degrees: Double, at: MonotonicInstant)
}

/// What a class asks for.
public enum ClassDemand: Equatable, Sendable {
  case neutral
  case hold
  case moveTo(degrees: Double)
}

/// One `ClassDemand` for each class of the model; fixed memory, read on the real-time path.
public struct DemandTable: Sendable {
  public static var capacity: Int { @_noLocks @_noAllocation get { 16 } }

  private var entries: InlineArray<16, ClassDemand>
  public let count: Int

  /// Refuses targets that the governor would refuse, before anything moves.
  public init(_ demands: [ClassDemand], limits: GovernorLimits) throws(GovernorFault) {
    guard !demands.isEmpty else { throw .noDemands }
    guard demands.count <= Self.capacity else {
      throw .tooManyDemands(count: demands.count, max: Self.capacity)
    }
    entries = InlineArray(repeating: .neutral)
    count = demands.count
    for (index, demand) in demands.enumerated() {
      if case .moveTo(let degrees) = demand {
        guard degrees >= limits.positionMinDegrees, degrees <= limits.positionMaxDegrees else {
          throw .targetOutsideLimits(
            classIndex: index, degrees: degrees, min: limits.positionMinDegrees,
            max: limits.positionMaxDegrees)
        }
      }
      entries[index] = demand
    }
  }

  /// The demand of a class decided at some time; a class that is not in the table asks for
  /// nothing, and the governor takes that as no decision.
  @_noLocks @_noAllocation
  public func demand(forClass index: Int, at time: MonotonicInstant) -> Demand {
    guard index >= 0, index < count else { return .none }
    switch entries[index] {
    case .neutral: return .neutral(at: time)
    case .hold: return .hold(at: time)
    case .moveTo(let degrees): return .moveTo(degrees: degrees, at: time)
    }
  }
}
