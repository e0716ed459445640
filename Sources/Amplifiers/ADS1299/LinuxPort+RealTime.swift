// Real-time: how the driver reaches a chip on a board, on the acquisition thread. `exchange`,
// `wait`, `takeEdges` and `setStart` make one system call each, the others none.

import RT

// -ENODEV where nothing is open.
extension LinuxPort {
  var bytes: ExchangeBytes { @_noLocks @_noAllocation get { memory } }
  var hasStartLine: Bool { @_noLocks @_noAllocation get { isStartWired } }
  var holdsConversions: Bool { @_noLocks @_noAllocation get { false } }
  var now: MonotonicInstant { @_noLocks @_noAllocation get { .now() } }

  @_noLocks @_noAllocation
  mutating func exchange(byteCount: Int, isCommand: Bool) -> Int32 {
    bus?.exchange(memory, byteCount: byteCount, isCommand: isCommand) ?? -19
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
  mutating func setStart(_ isHigh: Bool) -> Int32 { start?.set(isHigh) ?? 0 }
}
