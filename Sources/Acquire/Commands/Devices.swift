// acquire devices: what is plugged in, what stands in the way of using it, and what the chips hold.

import Amplifiers
import ArgumentParser
import Glibc
import Monitor
import RT

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Lists SPI buses, GPIO chips, USB amplifiers and serial ports, and what stands in the way.",
    discussion: """
      EXAMPLES
        acquire devices
        acquire devices --json
        acquire devices --registers --config board.toml
            Resets the configured chips, writes their configuration, reads it back and says what
            every register means.
      """)

  @Flag(help: "One JSON array.")
  var json = false

  @Flag(help: "The registers of the configured chips instead; they are reset.")
  var registers = false

  @Option(help: ArgumentHelp("With --registers: ads1299, or model.", valueName: "kind"))
  var amplifier: String?

  @OptionGroup var source: ConfigurationOptions

  func run() throws {
    if registers { try showRegisters() } else { try list() }
  }

  private func showRegisters() throws {
    let configuration = try source.load(options: [("amplifier.kind", amplifier)])
    let pages = try configuration.registerPages()
    Terminal.output.write(
      json
        ? JSON.array(pages.map(\.json)).page : pages.map(\.text).joined(separator: "\n"))
    if let fault = pages.lazy.compactMap(\.fault).first { throw fault }
  }

  private func list() throws {
    let inventory = DeviceInventory()
    let devices =
      inventory.spiDevices().map {
        Device(kind: "spi", path: $0.path, description: "spidev", access: $0.access)
      }
      + inventory.gpioChips().map {
        Device(
          kind: "gpio", path: $0.path, description: "\($0.label), \($0.lineCount) lines",
          access: $0.access)
      }
      + USBDevices.all().compactMap(Device.init)
      + SerialPorts.all().map {
        Device(kind: "serial", path: $0.path, description: $0.name, access: $0.access)
      }
    if json {
      let items = devices.map { device in
        JSON.object([
          .init("kind", .string(device.kind)), .init("path", .string(device.path)),
          .init("description", .string(device.description)),
          .init("serialNumber", device.serialNumber.map(JSON.string) ?? .null),
          .init("amplifiers", .array(device.amplifiers.map(JSON.string))),
          .init("usable", .bool(device.access == .allowed)),
        ])
      }
      Terminal.output.write(JSON.array(items).page)
      return
    }
    for (kind, title) in [
      ("spi", "SPI buses, for amplifier.spi-device"),
      ("gpio", "GPIO chips, whose label is for amplifier.data-ready-chip"),
      ("usb", "USB devices that may be amplifiers, for amplifier.kind and amplifier.serial-number"),
      ("serial", "Serial ports, for exoskeleton.port and amplifier.port"),
    ] {
      Terminal.output.write("\(title)\n")
      let found = devices.filter { $0.kind == kind }
      if found.isEmpty { Terminal.output.write("  none\n") }
      for device in found {
        Terminal.output.write("  \(device.path)  \(device.description)\(device.remark)\n")
      }
    }
    Terminal.output.write("libgpiod \(DeviceInventory.libgpiodVersion)\n")
  }
}

/// A line of the list.
private struct Device {
  var kind: String
  var path: String
  var description: String
  var access: DeviceAccess
  var serialNumber: String?
  /// Kinds of amplifiers that it may be.
  var amplifiers: [String] = []

  init(kind: String, path: String, description: String, access: DeviceAccess) {
    self.kind = kind
    self.path = path
    self.description = description
    self.access = access
  }

  /// Nil for what is no amplifier.
  init?(_ device: USBDevice) {
    let kinds = AmplifierKind.all.filter {
      $0.usb.vendor == device.vendor && $0.usb.products.contains(device.product)
    }
    guard !kinds.isEmpty else { return nil }
    let serialNumber = device.serialNumber.isEmpty ? nil : device.serialNumber
    let name = device.name.isEmpty ? "a device without a name" : device.name
    self.init(
      kind: "usb", path: device.path,
      description: name + (serialNumber.map { ", serial number \($0)" } ?? "")
        + ": \(kinds.map(\.word).joined(separator: " or "))",
      access: device.access)
    self.serialNumber = serialNumber
    amplifiers = kinds.map(\.word)
  }

  var remark: String {
    switch access {
    case .allowed: ""
    case .denied: " – may not be opened: install the udev rules and join the group that owns it"
    case .busy: " – in use"
    case .failed(let errno): " – cannot be opened: \(describe(errno: errno))"
    }
  }
}

/// The serial ports of this machine that have a driver behind them.
private enum SerialPorts {
  static func all() -> [(path: String, name: String, access: DeviceAccess)] {
    let numbers = 0..<32
    return ["ttyUSB", "ttyACM", "ttyAMA", "ttyS"].flatMap { prefix in
      numbers.compactMap { number in
        let name = "\(prefix)\(number)"
        let type = ProcFile.line("/sys/class/tty/\(name)/type")
        // A ttyS without a UART behind it is a place in a table and no port.
        guard ProcFile.line("/sys/class/tty/\(name)/dev") != nil, type == nil || type != "0" else {
          return nil
        }
        let path = "/dev/\(name)"
        let isAllowed = unsafe access(path, R_OK | W_OK) == 0
        return (path, "serial port", isAllowed ? .allowed : .denied)
      }
    }
  }
}
