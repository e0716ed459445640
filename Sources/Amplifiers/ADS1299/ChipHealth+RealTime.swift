// When to believe a chip no longer, and what to try then.
//
// Real-time: on the acquisition thread, once a frame. Bounded; no system calls.
//
// One frame that cannot be believed is flagged, and the registers are looked at. When these are
// what they should be, a few more such frames are waited for; when they are not, or nothing comes
// at all, the ladder is climbed:
//
//     resynchronise ──▶ reset ──▶ power cycle ──▶ power cycle … ──▶ given up after five
//
// A fault that comes back within two seconds of the last recovery starts one rung higher: what
// helped then did not help.

import RT
import Signal

/// The bookkeeping of faults and remedies.
struct ChipHealth {
  /// So many frames in a row that cannot be believed are no accident.
  static var corruptFramesMaximum: Int { @_noLocks @_noAllocation get { 3 } }
  /// So many failed transfers in a row, too.
  static var failedTransfersMaximum: Int { @_noLocks @_noAllocation get { 3 } }
  /// Rungs from the first remedy to giving up.
  static var rungCount: Int { @_noLocks @_noAllocation get { 7 } }
  /// A fault within so long of the last recovery is the same fault.
  static var relapse: Nanoseconds { @_noLocks @_noAllocation get { .seconds(2) } }

  private(set) var corruptFrames = 0
  private(set) var failedTransfers = 0
  private var rung = 0
  private var recoveredAt = MonotonicInstant(nanoseconds: -1 << 60)
  /// Goes out with the next frame.
  private(set) var recovery = Recovery(rawValue: 0)

  @_noLocks @_noAllocation
  init() {}

  /// A frame has been read, believable or not.
  @_noLocks @_noAllocation
  mutating func noteFrame(isCredible: Bool) {
    failedTransfers = 0
    corruptFrames = isCredible ? 0 : corruptFrames + 1
  }

  @_noLocks @_noAllocation
  mutating func noteTransfer() { failedTransfers = 0 }

  @_noLocks @_noAllocation
  mutating func noteFailedTransfer() { failedTransfers += 1 }

  /// ENODEV, ESHUTDOWN: the device is gone, and no remedy of ours brings it back.
  @_noLocks @_noAllocation
  static func isGone(_ errno: Int32) -> Bool { errno == -19 || errno == -108 }

  @_noLocks @_noAllocation
  mutating func outcome(ofFailedTransfer errno: Int32) -> ReadOutcome {
    if Self.isGone(errno) { return .failed(errno) }
    noteFailedTransfer()
    return failedTransfers >= Self.failedTransfersMaximum ? .fault(7) : .done
  }

  /// The rung to begin with, now that something is wrong.
  @_noLocks @_noAllocation
  func firstRung(at now: MonotonicInstant) -> Int {
    now - recoveredAt < Self.relapse ? rung + 1 : 0
  }

  /// What is done on a rung.
  @_noLocks @_noAllocation
  static func remedy(onRung rung: Int) -> UInt8 { UInt8(min(rung, 2) + 1) }

  /// A rung helped.
  @_noLocks @_noAllocation
  mutating func recover(
    cause: UInt8, onRung rung: Int, detectedAt: MonotonicInstant, now: MonotonicInstant
  ) {
    self.rung = rung
    recoveredAt = now
    corruptFrames = 0
    failedTransfers = 0
    let milliseconds = UInt32(clamping: (now - detectedAt).rawValue / 1_000_000)
    recovery = Recovery(
      rawValue: UInt32(cause) | UInt32(Self.remedy(onRung: rung)) << 8
        | min(milliseconds, 0xFFFF) << 16)
  }

  /// Once, for the first frame after a recovery.
  @_noLocks @_noAllocation
  mutating func takeRecovery() -> Recovery {
    let taken = recovery
    recovery = Recovery(rawValue: 0)
    return taken
  }
}

/// What a step of the bring-up found, without references, so that the loop can carry it.
enum ChipVerdict: BitwiseCopyable {
  case good
  /// The kernel refused: -errno.
  case kernel(errno: Int32)
  /// The ID register is another chip's, or nobody's.
  case identity(chip: Int, found: UInt8)
  case mismatch(chip: Int, address: Int, wrote: UInt8, read: UInt8)
  /// No edge of DRDY came.
  case silent
  /// The session ends; nothing was decided.
  case abandoned

  var isGood: Bool {
    @_noLocks @_noAllocation
    get {
      if case .good = self { return true }
      return false
    }
  }

  /// `Recovery.Cause` when a chip that seemed to be well is not.
  var causeOfDoubt: UInt8 {
    @_noLocks @_noAllocation
    get {
      if case .kernel = self { return 7 }
      return cause(fallback: 4)
    }
  }

  /// `Recovery.Cause` of what was read where registers should have been.
  ///
  /// - Parameter fallback: when the registers do not tell.
  @_noLocks @_noAllocation
  func cause(fallback: UInt8) -> UInt8 {
    switch self {
    case .identity(_, let found): return found == 0x00 ? 5 : found == 0xFF ? 6 : fallback
    case .mismatch(_, let address, _, let read):
      if read == ADS1299.resetValue(at: address) { return 3 }
      return read == 0x00 ? 5 : read == 0xFF ? 6 : 4
    default: return fallback
    }
  }
}
