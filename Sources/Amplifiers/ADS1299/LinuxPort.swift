// How the driver reaches a chip on a board: the devices, opened and closed. What the loop calls is
// in LinuxPort+RealTime.swift.

import RT
import SPIShim

/// The chip's wires: an SPI bus, DRDY, and the control lines that are connected.
struct LinuxPort: ~Copyable {
  let wiring: ADS1299Wiring
  let memory = ExchangeBytes()
  let isStartWired: Bool
  var bus: SpidevBus?
  var dataReady: GPIOEdgeLine?
  var start: GPIOOutputLine?
  private var reset: GPIOOutputLine?
  private var power: GPIOOutputLine?

  init(wiring: ADS1299Wiring) {
    self.wiring = wiring
    isStartWired = wiring.startLine != nil
  }

  deinit { memory.deallocate() }

  var name: String { wiring.spiDevice }
  var hertz: UInt32 { wiring.clockHertz }
  var hasResetLine: Bool { wiring.resetLine != nil }

  mutating func open() throws(AmplifierFault) {
    if bus != nil { return }
    do throws(AmplifierFault) {
      try openAll()
    } catch {
      close()
      throw error
    }
  }

  private mutating func openAll() throws(AmplifierFault) {
    let opened = try SpidevBus(path: wiring.spiDevice, hertz: wiring.clockHertz)
    let chipPath = try ChipLookUp.path(labelled: wiring.chipLabel)
    dataReady = try GPIOEdgeLine(chipPath: chipPath, line: wiring.dataReadyLine)
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
  }

  mutating func close() {
    dataReady = nil
    start = nil
    reset = nil
    power = nil
    bus = nil
  }

  func sleep(_ span: Nanoseconds) {
    let target = now + span
    while now < target { _ = shim_sleep_until(target.nanoseconds) }
  }

  mutating func setReset(_ isHigh: Bool) -> Int32 { reset?.set(isHigh) ?? 0 }

  mutating func setPower(_ isHigh: Bool) -> Int32 { power?.set(isHigh) ?? 0 }
}
