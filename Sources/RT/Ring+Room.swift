// Asks before writing, for a producer that may wait: a recording played as fast as possible.

import Synchronization

extension RingProducer {
  /// Whether `claim` would give a slot. Counts nothing.
  ///
  /// Real-time: bounded, at most one atomic load.
  @_noLocks @_noAllocation
  public mutating func hasRoom() -> Bool {
    if localTail &- cachedHead < capacity { return true }
    unsafe cachedHead = head.pointee.load(ordering: .acquiring)
    return localTail &- cachedHead < capacity
  }
}
