// By what one thread wakes another: a futex, or an eventfd.

import SPIShim

public enum WakeMeans: String, Sendable, CaseIterable {
  /// A word in memory and a system call on either side: how `Doorbell` does it.
  case futex
  /// A counter in the kernel, behind a descriptor.
  case eventfd
}

/// A handle, freely copied; the memory of its doorbell lives as long as the process.
struct WakeBell: Sendable {
  private let doorbell: Doorbell
  /// Below 0: the doorbell is used.
  private let descriptor: Int32

  init(_ means: WakeMeans) throws(SchedulingFault) {
    doorbell = Doorbell()
    switch means {
    case .futex: descriptor = -1
    case .eventfd:
      descriptor = shim_eventfd_open()
      guard descriptor >= 0 else { throw .system(operation: "eventfd", errno: -descriptor) }
    }
  }

  func close() { if descriptor >= 0 { shim_close(descriptor) } }

  @_noLocks @_noAllocation
  func ring() {
    if descriptor >= 0 {
      _ = shim_eventfd_post(descriptor)
    } else {
      doorbell.ring()
    }
  }

  /// To be taken before looking whether there is something.
  @_noLocks @_noAllocation
  func ticket() -> UInt32 { doorbell.ticket() }

  /// Sleeps until somebody rings; by the doorbell until the deadline at most.
  @_noLocks @_noAllocation
  func wait(_ ticket: UInt32, until deadline: MonotonicInstant) {
    if descriptor >= 0 {
      _ = shim_eventfd_wait(descriptor)
    } else {
      doorbell.wait(ticket, until: deadline)
    }
  }
}
