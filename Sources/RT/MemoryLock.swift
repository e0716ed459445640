// Memory that never has to be fetched while a frame waits.

import SPIShim

public enum MemoryLock {
  /// Locks what the process has and will have, and keeps the heap from shrinking.
  ///
  /// Call it before the first real-time thread starts: thread stacks made later are then locked
  /// and present from the start.
  ///
  /// - Throws: `SchedulingFault.memoryLockRefused`.
  public static func engage() throws(SchedulingFault) {
    shim_keep_heap()
    let result = shim_lock_memory()
    switch -result {
    case 0: return
    // EPERM: no right to lock at all; ENOMEM, EAGAIN: more than the limit.
    case 1, 11, 12: throw .memoryLockRefused(limitBytes: shim_limit_locked_memory())
    case let errno: throw .system(operation: "mlockall", errno: errno)
    }
  }
}

/// Keeps the CPUs out of deep idle states, from which they take long to wake, while it lives.
///
/// The kernel holds the request as long as `/dev/cpu_dma_latency` is open.
public struct CPULatencyRequest: ~Copyable {
  private let descriptor: Int32

  /// Whether the kernel took the request; without it wake-ups may be later on some machines.
  public var isHeld: Bool { descriptor >= 0 }

  /// - Parameter microseconds: the longest wake-up that is accepted; 0 for the shallowest state.
  public init(microseconds: Int32 = 0) {
    let opened = unsafe shim_open("/dev/cpu_dma_latency", 1)
    guard opened >= 0 else {
      descriptor = -1
      return
    }
    var target = microseconds
    if unsafe shim_write(opened, &target, 4) == 4 {
      descriptor = opened
    } else {
      shim_close(opened)
      descriptor = -1
    }
  }

  deinit { if descriptor >= 0 { shim_close(descriptor) } }
}
