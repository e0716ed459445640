// Real-time: how the driver reaches the model, on the acquisition thread. `wait` and `sleep` make
// one system call each (clock_nanosleep to an absolute time), the others none.

import RT

extension ModelPort {
  var bytes: ExchangeBytes { @_noLocks @_noAllocation get { memory } }
  var selectCount: Int { @_noLocks @_noAllocation get { 1 } }
  var hasStartLine: Bool { @_noLocks @_noAllocation get { model.conditions.hasControlLines } }
  var hasResetLine: Bool { @_noLocks @_noAllocation get { model.conditions.hasControlLines } }
  var hasPowerLine: Bool { @_noLocks @_noAllocation get { model.conditions.hasControlLines } }
  var hasOtherDataReady: Bool { @_noLocks @_noAllocation get { false } }
  var holdsConversions: Bool { @_noLocks @_noAllocation get { model.isHeld } }

  var now: MonotonicInstant {
    @_noLocks @_noAllocation
    get { MonotonicInstant(nanoseconds: time.now) }
  }

  @_noLocks @_noAllocation
  mutating func sleep(_ span: Nanoseconds) {
    let target = time.now + span.rawValue
    // A signal may cut a sleep short; two more tries are plenty.
    for _ in 0..<3 where time.now < target { time.sleep(until: target) }
  }

  @_noLocks @_noAllocation
  mutating func exchange(select: Int, byteCount: Int, isCommand: Bool) -> Int32 {
    transfer(from: 0, byteCount: byteCount, isCommand: isCommand)
  }

  @_noLocks @_noAllocation
  mutating func exchange(select: Int, byteCount: Int, thenCommand commandByteCount: Int) -> Int32 {
    let frame = transfer(from: 0, byteCount: byteCount, isCommand: false)
    if frame < 0 { return frame }
    return frame
      + transfer(
        from: ExchangeBytes.readBack, byteCount: commandByteCount, isCommand: true)
  }

  @_noLocks @_noAllocation
  private mutating func transfer(from first: Int, byteCount: Int, isCommand: Bool) -> Int32 {
    precondition(first + byteCount <= ExchangeBytes.capacity, "a transfer is at most 128 bytes")
    time.dawdle()
    let instant = time.now
    model.advance(to: instant)
    if model.isTransferRefused(at: instant) { return -5 }  // EIO
    let clock = isCommand && hertz > ADS1299.commandHertz ? ADS1299.commandHertz : hertz
    let byteNanoseconds = 8_000_000_000 / Int64(clock)
    model.exchange(
      bytes, from: first, byteCount: byteCount, byteNanoseconds: byteNanoseconds, at: instant)
    time.pass(Int64(byteCount) * byteNanoseconds)
    time.dawdle()
    return Int32(truncatingIfNeeded: byteCount)
  }

  @_noLocks @_noAllocation
  mutating func wait(until deadline: MonotonicInstant) -> Int32 {
    model.advance(to: time.now)
    if model.edgeCount > 0 { return 1 }
    let target = min(model.nextDue, deadline.nanoseconds)
    if target > time.now { time.sleep(until: target) }
    time.dawdle()
    model.advance(to: time.now)
    return model.edgeCount > 0 ? 1 : 0
  }

  @_noLocks @_noAllocation
  mutating func takeEdges() -> Int32 {
    model.advance(to: time.now)
    let count = model.edgeCount
    for index in 0..<count {
      taken[index] = model.edges[(model.firstEdge + index) % ADS1299Model.edgeCapacity]
    }
    model.edgeCount = 0
    return Int32(truncatingIfNeeded: count)
  }

  @_noLocks @_noAllocation
  func edge(_ index: Int) -> Edge { taken[index] }

  @_noLocks @_noAllocation
  func dataReadyLevel() -> Int32 { model.isUnread ? 0 : 1 }

  @_noLocks @_noAllocation
  mutating func takeOtherEdges() -> Int32 { 0 }

  @_noLocks @_noAllocation
  func otherEdge(_ index: Int) -> ChipEdge { ChipEdge() }

  @_noLocks @_noAllocation
  mutating func setReset(_ isHigh: Bool) -> Int32 {
    guard hasResetLine else { return 0 }
    model.advance(to: time.now)
    if isHigh && !model.resetPin {
      model.resetRegisters()
      model.isStarted = false
      model.readyAt = max(
        model.readyAt, time.now + ADS1299.nominal(clocks: ADS1299.Clocks.afterReset))
    }
    model.resetPin = isHigh
    model.updateConverting(at: time.now)
    return 0
  }

  @_noLocks @_noAllocation
  mutating func setPower(_ isHigh: Bool) -> Int32 {
    guard hasPowerLine else { return 0 }
    model.advance(to: time.now)
    if isHigh && !model.powerPin {
      model.resetRegisters()
      model.readyAt = time.now + ADS1299.nominal(clocks: ADS1299.Clocks.powerOn)
    }
    model.powerPin = isHigh
    model.updateConverting(at: time.now)
    return 0
  }

  @_noLocks @_noAllocation
  mutating func setStart(_ isHigh: Bool) -> Int32 {
    guard hasStartLine else { return 0 }
    model.advance(to: time.now)
    model.startPin = isHigh
    model.updateConverting(at: time.now)
    return 0
  }
}
