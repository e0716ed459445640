// Real-time: how the driver reaches a chip on a board, on the acquisition thread. `exchange`, `wait`,
// `takeEdges` and `setStart` make one system call each, `now` none.

import RT
import SPIShim

/// The chip's wires: an SPI bus, DRDY, and the control lines that are connected.
struct LinuxPort: ~Copyable {
  let wiring: ADS1299Wiring
  private let isStartWired: Bool
  private var bus: SpidevBus?
  private var dataReady: GPIOEdgeLine?
  private var reset: GPIOOutputLine?
  private var start: GPIOOutputLine?
  private var power: GPIOOutputLine?
  private let memory = ExchangeBytes()

  init(wiring: ADS1299Wiring) {
    self.wiring = wiring
    isStartWired = wiring.startLine != nil
  }

  deinit { memory.deallocate() }

  var bytes: ExchangeBytes { @_noLocks @_noAllocation get { memory } }
  var name: String { wiring.spiDevice }
  var hertz: UInt32 { wiring.clockHertz }
  var hasResetLine: Bool { wiring.resetLine != nil }
  var hasStartLine: Bool { @_noLocks @_noAllocation get { isStartWired } }
  var holdsConversions: Bool { @_noLocks @_noAllocation get { false } }
  var now: MonotonicInstant { @_noLocks @_noAllocation get { .now() } }

  /// Not on the real-time path: bring-up.
  mutating func open() throws(AmplifierFault) {
    if bus != nil { return }
    do throws(AmplifierFault) {
      try openAll()
    } catch {
      close()
      throw error
    }
  }

  /// Not on the real-time path: bring-up.
  private mutating func openAll() throws(AmplifierFault) {
    let opened = try SpidevBus(path: wiring.spiDevice, hertz: wiring.clockHertz)
    let chipPath = try ChipLookUp.path(labelled: wiring.chipLabel)
    let edges = try GPIOEdgeLine(chipPath: chipPath, line: wiring.dataReadyLine)
    if let line = wiring.powerDownLine {
      power = try GPIOOutputLine(chipPath: chipPath, line: line, role: "PWDN", isHigh: true)
    }
    if let line = wiring.resetLine {
      reset = try GPIOOutputLine(chipPath: chipPath, line: line, role: "RESET", isHigh: true)
    }
    if let line = wiring.startLine {
      start = try GPIOOutputLine(chipPath: chipPath, line: line, role: "START", isHigh: false)
    }
    bus = consume opened
    dataReady = consume edges
  }

  /// Not on the real-time path: bring-up.
  mutating func close() {
    dataReady = nil
    start = nil
    reset = nil
    power = nil
    bus = nil
  }

  /// Not on the real-time path: bring-up.
  func sleep(_ span: Nanoseconds) {
    let target = now + span
    while now < target { _ = shim_sleep_until(target.nanoseconds) }
  }

  // -ENODEV where nothing is open: a number, because these are on the real-time path.

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

  /// Not on the real-time path: bring-up.
  mutating func setReset(_ isHigh: Bool) -> Int32 { reset?.set(isHigh) ?? 0 }

  /// Not on the real-time path: bring-up.
  mutating func setPower(_ isHigh: Bool) -> Int32 { power?.set(isHigh) ?? 0 }
}
