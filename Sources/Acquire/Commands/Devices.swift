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
    if registers { try showRegisters() } else { list() }
  }

  private func showRegisters() throws {
    let configuration = try source.load(options: [("amplifier.kind", amplifier)])
    let pages = try configuration.registerPages()
    Terminal.output.write(
      json
        ? JSON.array(pages.map(\.json)).page : pages.map(\.text).joined(separator: "\n"))
    if let fault = pages.lazy.compactMap(\.fault).first { throw fault }
  }

  private func list() {
    let inventory = DeviceInventory()
    let usb = USBDevices.all()
    let list = DeviceList(
      devices: inventory.spiDevices().map {
        Device(kind: .spi, path: $0.path, name: "spidev", access: $0.access)
      }
        + inventory.gpioChips().map {
          // Of a chip that may not be opened nothing is known.
          Device(
            kind: .gpio, path: $0.path,
            name: $0.access == .allowed ? "\($0.label), \($0.lineCount) lines" : "",
            access: $0.access)
        }
        + usb.compactMap(amplifier) + SerialPorts.all(usb))
    Terminal.output.write(
      json
        ? list.json.page : list.page + "\nlibgpiod \(DeviceInventory.libgpiodVersion)\n")
  }

  /// Nil for what is no amplifier.
  private func amplifier(_ device: USBDevice) -> Device? {
    let kinds = AmplifierKind.all.filter {
      $0.usb.vendor == device.vendor && $0.usb.products.contains(device.product)
    }
    guard !kinds.isEmpty else { return nil }
    var found = Device(
      kind: .usb, path: device.path, name: device.readableName, access: device.access)
    found.serialNumber = device.knownSerialNumber
    found.amplifiers = kinds.map(\.word)
    return found
  }
}

/// The serial ports of this machine that have a driver behind them.
private enum SerialPorts {
  /// - Parameter usb: what is plugged in, one of which may be the port's adapter.
  static func all(_ usb: [USBDevice]) -> [Device] {
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
        // SAFETY: the string lives through the call.
        let isAllowed = unsafe access(path, R_OK | W_OK) == 0
        let place = SerialPort.place(of: path)?.device
        let adapter = usb.first { $0.topology == place }
        var port = Device(
          kind: .serial, path: path, name: adapter?.readableName ?? "serial port",
          access: isAllowed ? .allowed : .denied)
        port.serialNumber = adapter?.knownSerialNumber
        return port
      }
    }
  }
}

extension USBDevice {
  fileprivate var readableName: String { name.isEmpty ? "a device without a name" : name }
  fileprivate var knownSerialNumber: String? { serialNumber.isEmpty ? nil : serialNumber }
}
