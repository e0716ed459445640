// What the acquisition loop knows, and what its steps tell one another.
//
// Real-time: values on the acquisition thread.

import RT
import Signal

/// What the loop carries from frame to frame.
struct AcquisitionState {
  var count: ConversionCount
  var health = ChipHealth()
  var phases = PhaseMonitor()
  /// The chip is called silent then.
  var silentAt: MonotonicInstant
  /// Registers and phases are looked at next.
  var inspectAt: MonotonicInstant
  /// The chip select whose registers are next.
  var inspected = 0

  @_noLocks @_noAllocation
  init(count: ConversionCount, now: MonotonicInstant, silentAt: MonotonicInstant) {
    self.count = count
    self.silentAt = silentAt
    inspectAt = now + .seconds(1)
  }
}

/// What a read led to.
enum ReadOutcome {
  case done
  /// The chip is not to be believed any more: `Recovery.Cause`.
  case fault(UInt8)
  /// -errno, for good.
  case failed(Int32)
}
