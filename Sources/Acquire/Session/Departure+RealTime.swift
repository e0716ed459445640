// What became of a command, and how old that makes the next one.
//
// Real-time: the decoding thread, once a control period; a few comparisons.

import RT

enum Departure: Equatable {
  /// The driver has it; `wire` to its last bit on the wire, nil where nobody can say.
  case departed(wire: Nanoseconds?)
  /// It is held back, or the protocol waits.
  case held
  /// There is nobody to send it to.
  case gone
}

/// From the edge to the command that says what it led to. A command that did not leave is not
/// there: what it should have said leaves with a later one, and has taken until then.
struct DepartureClock {
  /// Of the oldest command that did not leave; nil: all did.
  private var heldEdge: MonotonicInstant?

  /// - Parameters:
  ///   - edge: of the frame that the command follows; nil where it follows none.
  ///   - written: when the driver had it, or refused.
  /// - Returns: from the oldest edge that waited; nil where nothing left, or nothing had waited for
  ///   a command that follows no frame.
  @_noLocks @_noAllocation
  mutating func note(
    _ departure: Departure, of edge: MonotonicInstant?, at written: MonotonicInstant
  ) -> Nanoseconds? {
    switch departure {
    case .held:
      if case .none = heldEdge { heldEdge = edge }
      return nil
    case .gone:
      // The outage is told as such.
      heldEdge = nil
      return nil
    case .departed:
      let oldest = heldEdge ?? edge
      heldEdge = nil
      guard let oldest else { return nil }
      return written - oldest
    }
  }
}
