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
  /// Of what was read last.
  var fingerprint = FrameFingerprint()
  /// The chip select whose registers are next.
  var inspected = 0

  @_noLocks @_noAllocation
  init(count: ConversionCount, now: MonotonicInstant, silentAt: MonotonicInstant) {
    self.count = count
    self.silentAt = silentAt
    inspectAt = now + .seconds(1)
  }
}

extension AcquisitionState {
  /// An edge is overdue, and the chip was looked at.
  ///
  /// - Parameters:
  ///   - isLow: DRDY's level says that a conversion waits.
  ///   - isTelling: the level is of this period.
  @_noLocks @_noAllocation
  mutating func noteOverdue(
    now: MonotonicInstant, isLow: Bool, isTelling: Bool, _ found: FrameFingerprint,
    silence: Nanoseconds
  ) {
    let isNew = found.isFrame && found != fingerprint
    fingerprint = found
    health.noteTransfer()
    let isMade = isNew || isLow && isTelling
    // A sign of life, for a second: a line without interrupts is of no use for longer.
    if isMade && now < count.edge.time + .seconds(1) { silentAt = now + silence }
    if isTelling {
      count.noteOverdue(isMade: isMade)
    } else {
      count.skipOverdue(until: now)
    }
  }

  /// Whether the registers shall be looked at: once a second, where a period has room for it. In
  /// RDATAC, which has to be left and entered again, it takes longer.
  @_noLocks @_noAllocation
  func isInspectionDue(at now: MonotonicInstant, _ layout: FrameLayout) -> Bool {
    count.nominalPeriod.rawValue >= (layout.isContinuous ? 500_000 : 250_000) && now >= inspectAt
  }

  /// Completes the header of a frame that goes out.
  ///
  /// - Parameter isTrusted: nothing else speaks against the chip.
  /// - Returns: whether the chips can have sent it.
  @_noLocks @_noAllocation
  mutating func stamp(
    _ slot: FrameSlot, _ read: ConversionRead, _ layout: FrameLayout, isTrusted: Bool
  ) -> Bool {
    var header = slot.header
    header.sampleIndex = UInt64(bitPattern: read.earliest)
    header.edgeTime = read.edgeTime
    header.sampleTime = read.edgeTime
    header.wakeTime = read.wakeTime
    header.readTime = read.readTime
    let before = count.publish(read.earliest)
    header.lostBefore = UInt32(truncatingIfNeeded: before.missing)
    header.pausedBefore = UInt32(truncatingIfNeeded: before.paused)
    header.recovery = health.takeRecovery()
    let isCredible = isTrusted && layout.isCredible(header)
    if !isCredible { header.flags = FrameFlags(rawValue: 1 << 0) }
    if read.isLate { header.flags = FrameFlags(rawValue: header.flags.rawValue | 1 << 1) }
    slot.header = header
    return isCredible
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
