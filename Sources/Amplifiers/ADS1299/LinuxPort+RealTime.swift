// Real-time: how the driver reaches chips on a board, on the acquisition thread. `exchange`,
// `wait`, `takeEdges`, `takeOtherEdges`, `dataReadyLevel` and the control lines make one system
// call each, `sleep` one or a few, the others none.

import RT
import SPIShim

// -ENODEV where nothing is open.
extension LinuxPort {
  var bytes: ExchangeBytes { @_noLocks @_noAllocation get { memory } }
  var selectCount: Int { @_noLocks @_noAllocation get { busCount } }
  var hasStartLine: Bool { @_noLocks @_noAllocation get { isStartWired } }
  var hasResetLine: Bool { @_noLocks @_noAllocation get { isResetWired } }
  var hasPowerLine: Bool { @_noLocks @_noAllocation get { isPowerWired } }
  var hasOtherDataReady: Bool { @_noLocks @_noAllocation get { otherLineCount > 0 } }
  var holdsConversions: Bool { @_noLocks @_noAllocation get { false } }
  var now: MonotonicInstant { @_noLocks @_noAllocation get { .now() } }

  @_noLocks @_noAllocation
  mutating func sleep(_ span: Nanoseconds) {
    let target = now + span
    // A signal may cut a sleep short.
    for _ in 0..<64 where now < target { _ = shim_sleep_until(target.nanoseconds) }
  }

  @_noLocks @_noAllocation
  mutating func exchange(select: Int, byteCount: Int, isCommand: Bool) -> Int32 {
    bus?.exchange(memory, select: select, byteCount: byteCount, isCommand: isCommand) ?? -19
  }

  @_noLocks @_noAllocation
  mutating func exchange(select: Int, byteCount: Int, thenCommand commandByteCount: Int) -> Int32 {
    bus?.exchange(memory, select: select, byteCount: byteCount, thenCommand: commandByteCount)
      ?? -19
  }

  @_noLocks @_noAllocation
  mutating func wait(until deadline: MonotonicInstant) -> Int32 {
    dataReady?.wait(until: deadline) ?? -19
  }

  @_noLocks @_noAllocation
  mutating func takeEdges() -> Int32 { dataReady?.takeEdges() ?? -19 }

  @_noLocks @_noAllocation
  func edge(_ index: Int) -> Edge { dataReady?.edge(index) ?? Edge() }

  @_noLocks @_noAllocation
  func dataReadyLevel() -> Int32 { dataReady?.level() ?? -19 }

  @_noLocks @_noAllocation
  mutating func takeOtherEdges() -> Int32 { otherDataReady?.takeEdges() ?? 0 }

  @_noLocks @_noAllocation
  func otherEdge(_ index: Int) -> ChipEdge {
    ChipEdge(
      chip: 1 + (otherDataReady?.line(index) ?? 0), edge: otherDataReady?.edge(index) ?? Edge())
  }

  @_noLocks @_noAllocation
  mutating func setStart(_ isHigh: Bool) -> Int32 { start?.set(isHigh) ?? 0 }

  @_noLocks @_noAllocation
  mutating func setReset(_ isHigh: Bool) -> Int32 { reset?.set(isHigh) ?? 0 }

  @_noLocks @_noAllocation
  mutating func setPower(_ isHigh: Bool) -> Int32 { power?.set(isHigh) ?? 0 }
}
