// How the driver reaches a chip on a board: the devices, opened and closed. What the loop calls is
// in LinuxPort+RealTime.swift.

import RT
import SPIShim

/// The chip's wires: an SPI bus, DRDY, and the control lines that are connected.
struct LinuxPort: ~Copyable {
  let wiring: ADS1299Wiring
  let memory = ExchangeBytes()
  let isStartWired: Bool
  let isResetWired: Bool
  let isPowerWired: Bool
  let otherLineCount: Int
  let busCount: Int
  var bus: SpidevBus?
  var dataReady: GPIOEdgeLines?
  var otherDataReady: GPIOEdgeLines?
  var start: GPIOOutputLine?
  var reset: GPIOOutputLine?
  var power: GPIOOutputLine?

  init(wiring: ADS1299Wiring) {
    self.wiring = wiring
    isStartWired = wiring.startLine != nil
    isResetWired = wiring.resetLine != nil
    isPowerWired = wiring.powerDownLine != nil
    busCount = min(4, wiring.spiDevices.count)
    otherLineCount = wiring.otherDataReadyLines.count
  }

  deinit {
    // Open yet: something between arming and running went wrong. No current flows on.
    for select in 0..<busCount {
      for opcode in [ADS1299.Command.stopReadingContinuously, .stop, .reset] {
        memory.put(opcode.rawValue, at: 0)
        _ = bus?.exchange(memory, select: select, byteCount: 1, isCommand: true)
      }
    }
    memory.deallocate()
  }

  var name: String { wiring.spiDevices.joined(separator: " and ") }
  var hertz: UInt32 { wiring.clockHertz }

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
    let opened = try SpidevBus(paths: wiring.spiDevices, hertz: wiring.clockHertz)
    do throws(GPIOFault) {
      try openLines()
    } catch {
      throw AmplifierFault(error)
    }
    bus = consume opened
  }

  private mutating func openLines() throws(GPIOFault) {
    let chipPath = try ChipLookUp.path(labelled: wiring.chipLabel)
    dataReady = try GPIOEdgeLines(
      chipPath: chipPath, lines: [wiring.dataReadyLine], role: "DRDY", edges: .falling)
    if !wiring.otherDataReadyLines.isEmpty {
      otherDataReady = try GPIOEdgeLines(
        chipPath: chipPath, lines: wiring.otherDataReadyLines, role: "DRDY", edges: .falling)
    }
    if let line = wiring.powerDownLine {
      power = try GPIOOutputLine(chipPath: chipPath, line: line, role: "PWDN", isHigh: true)
    }
    if let line = wiring.resetLine {
      reset = try GPIOOutputLine(chipPath: chipPath, line: line, role: "RESET", isHigh: true)
    }
    if let line = wiring.startLine {
      start = try GPIOOutputLine(chipPath: chipPath, line: line, role: "START", isHigh: false)
    }
  }

  mutating func close() {
    dataReady = nil
    otherDataReady = nil
    start = nil
    reset = nil
    power = nil
    bus = nil
  }

}
