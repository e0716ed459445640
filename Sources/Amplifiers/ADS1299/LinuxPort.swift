// The chip behind the kernel's interfaces: spidev for the bus, GPIO v2 for DRDY.

import RT
import SPIShim

/// Where the chip is wired to.
public struct ADS1299Wiring: Sendable, Equatable {
  public var spiDevice: String
  public var spiHertz: Int
  /// Label of the gpiochip ("pinctrl-bcm2711"); never a number, numbers move between kernels.
  public var chipLabel: String
  public var dataReadyLine: Int
  /// Nil: not connected; the commands must do.
  public var resetLine: Int?
  public var startLine: Int?
  public var powerDownLine: Int?

  public init(
    spiDevice: String, spiHertz: Int, chipLabel: String, dataReadyLine: Int,
    resetLine: Int? = nil, startLine: Int? = nil, powerDownLine: Int? = nil
  ) {
    self.spiDevice = spiDevice
    self.spiHertz = spiHertz
    self.chipLabel = chipLabel
    self.dataReadyLine = dataReadyLine
    self.resetLine = resetLine
    self.startLine = startLine
    self.powerDownLine = powerDownLine
  }
}

/// A line that we drive; let go at the end.
@safe
struct OutputLine: ~Copyable {
  private let handle: OpaquePointer

  init(chip: String, line: Int, value: Int32) throws(AmplifierFault) {
    var opened: OpaquePointer?
    let result = unsafe shim_gpio_output_open(chip, UInt32(line), "acquire", value, &opened)
    guard result == 0, let opened = unsafe opened else {
      throw .of(errno: -result, device: "line \(line) of \(chip)", operation: "taking the line")
    }
    unsafe handle = opened
  }

  deinit { unsafe shim_gpio_output_close(handle) }

  @_noLocks @_noAllocation
  func set(_ value: Int32) { unsafe shim_gpio_output_set(handle, value) }
}

/// The control lines that are connected: PWDN and RESET high, START low.
struct Lines: ~Copyable {
  let reset: OutputLine?
  let start: OutputLine?
  private let powerDown: OutputLine?

  init(_ wiring: ADS1299Wiring, chip: String) throws(AmplifierFault) {
    let powerDown = try Self.line(wiring.powerDownLine, chip, 1)
    let reset = try Self.line(wiring.resetLine, chip, 1)
    let start = try Self.line(wiring.startLine, chip, 0)
    self.powerDown = powerDown
    self.reset = reset
    self.start = start
  }

  private static func line(_ line: Int?, _ chip: String, _ value: Int32) throws(AmplifierFault)
    -> OutputLine?
  {
    guard let line else { return nil }
    return try OutputLine(chip: chip, line: line, value: value)
  }
}

extension AmplifierFault {
  static func of(errno: Int32, device: String, operation: String) -> AmplifierFault {
    switch errno {
    case 2, 6, 19: .missing(device: device)
    case 1, 13: .permissionDenied(device: device)
    case 16: .busy(device: device)
    default: .system(operation: operation, device: device, errno: errno)
    }
  }
}

public struct LinuxPort: ~Copyable, @unchecked Sendable {
  public let place: String
  let bus: OwnedDescriptor
  let edges: OwnedDescriptor
  let hertz: UInt32
  let events: EdgeEvents
  let lines: Lines
  /// `line_seqno` of the newest edge, extended to 64 bits.
  var number: UInt64 = 0

  /// Opens bus and lines. PWDN and RESET are let high, START low.
  public init(_ wiring: ADS1299Wiring) throws(AmplifierFault) {
    let bus = try Self.openBus(wiring)
    let chip = try Self.chip(wiring.chipLabel)
    let edges = try Self.openEdges(wiring, chip: chip)
    let lines = try Lines(wiring, chip: chip)
    self.bus = bus
    self.edges = edges
    self.lines = lines
    hertz = UInt32(wiring.spiHertz)
    place = wiring.spiDevice
    events = EdgeEvents()
  }

  private static func openBus(_ wiring: ADS1299Wiring) throws(AmplifierFault) -> OwnedDescriptor {
    let opened = unsafe shim_spi_open(wiring.spiDevice)
    guard opened >= 0 else {
      throw .of(errno: -opened, device: wiring.spiDevice, operation: "opening the bus")
    }
    let bus = OwnedDescriptor(opened)
    // Mode 1: clock idle low, data on the falling edge (SBAS499C §7.6).
    var wanted = shim_spi_configuration(mode: 1, hertz: UInt32(wiring.spiHertz), bits_per_word: 8)
    let configured = unsafe shim_spi_configure(bus.rawValue, &wanted)
    guard configured == 0 else {
      throw .of(errno: -configured, device: wiring.spiDevice, operation: "setting SPI mode 1")
    }
    return bus
  }

  private static func chip(_ label: String) throws(AmplifierFault) -> String {
    var path = [CChar](repeating: 0, count: 64)
    guard unsafe shim_gpiod_chip_labelled(label, &path, path.count) == 0 else {
      throw .missing(device: "gpiochip labelled \(label)")
    }
    return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func openEdges(_ wiring: ADS1299Wiring, chip: String) throws(AmplifierFault)
    -> OwnedDescriptor
  {
    // 1024 events: a stalled host is told exactly how many it missed.
    let edges = unsafe shim_gpio_falling_edges(
      chip, UInt32(wiring.dataReadyLine), "acquire-drdy", 1_024)
    guard edges >= 0 else {
      throw .of(
        errno: -edges, device: "line \(wiring.dataReadyLine) of \(chip)",
        operation: "asking for edges")
    }
    return OwnedDescriptor(edges)
  }
}

/// Room for the edges of one read.
@safe
struct EdgeEvents: ~Copyable {
  let base: UnsafeMutablePointer<shim_gpio_edge>

  init() { unsafe base = .allocate(capacity: Int(SHIM_GPIO_EDGES_MAX)) }

  deinit { unsafe base.deallocate() }
}
