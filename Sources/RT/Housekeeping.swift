// Keeps everything that is not real-time away from the CPUs that are.
//
// A SCHED_FIFO thread preempts a normal one, but not the kernel when it works for a normal one:
// a recorder that waits for its disk on the acquisition's CPU would delay an edge.

import SPIShim

public enum Housekeeping {
  /// Moves the calling thread, and those that it starts from now on, off these CPUs, if any other
  /// is left; threads with a CPU of their own are not affected.
  ///
  /// - Returns: the CPUs that it may use now; empty when there was no other.
  @discardableResult
  public static func leave(_ cpus: [Int], allowed: [Int]) -> [Int] {
    let others = allowed.filter { !cpus.contains($0) }
    guard !others.isEmpty else { return [] }
    var flags = [UInt8](repeating: 0, count: (others.last ?? 0) + 1)
    for cpu in others { flags[cpu] = 1 }
    let result = unsafe shim_set_affinity_mask(flags, Int32(flags.count))
    return result == 0 ? others : []
  }
}
