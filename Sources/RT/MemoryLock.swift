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
  /// Why the kernel did not take it; 0: it did.
  public let errno: Int32

  /// Whether the kernel took the request; without it wake-ups may be later on some machines.
  public var isHeld: Bool { descriptor >= 0 }

  /// - Parameters:
  ///   - microseconds: the longest wake-up that is accepted; 0 for the shallowest state.
  ///   - device: that of the kernel, but for tests.
  public init(microseconds: Int32 = 0, device: String = "/dev/cpu_dma_latency") {
    let opened = unsafe shim_open(device, 1)
    guard opened >= 0 else {
      descriptor = -1
      errno = -opened
      return
    }
    var target = microseconds
    let written = unsafe shim_write(opened, &target, 4)
    if written == 4 {
      descriptor = opened
      errno = 0
    } else {
      shim_close(opened)
      descriptor = -1
      errno = written < 0 ? Int32(-written) : 5
    }
  }

  deinit { if descriptor >= 0 { shim_close(descriptor) } }
}
