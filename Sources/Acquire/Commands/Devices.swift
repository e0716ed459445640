// acquire devices: what is plugged in, and what stands in the way of using it.

import Amplifiers
import ArgumentParser
import Monitor

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists SPI buses, GPIO chips, serial ports and known USB amplifiers.",
    discussion: """
      EXAMPLES
        acquire devices
        acquire devices --json
      """)

  @Flag(help: "One JSON array.")
  var json = false

  func run() throws {
    let devices = DeviceInventory.all()
    if json {
      let items = devices.map { device in
        JSON.object([
          .init("kind", .string(device.kind.rawValue)), .init("path", .string(device.path)),
          .init("description", .string(device.description)),
          .init("usable", .bool(device.isUsable)),
        ])
      }
      Terminal.output.write(JSON.array(items).page)
      return
    }
    for kind in DeviceInventory.Kind.allCases {
      let found = devices.filter { $0.kind == kind }
      Terminal.output.write("\(kind.title)\n")
      if found.isEmpty { Terminal.output.write("  none\n") }
      for device in found {
        let remedy = device.isUsable ? "" : "  – may not be opened: \(kind.remedy)"
        Terminal.output.write("  \(device.path)  \(device.description)\(remedy)\n")
      }
    }
  }
}

extension DeviceInventory.Kind {
  fileprivate var title: String {
    switch self {
    case .spi: "SPI buses (amplifier.spi-device)"
    case .gpio: "GPIO chips (amplifier.data-ready-chip takes the label)"
    case .serial: "Serial ports (exoskeleton.port)"
    case .usb: "USB amplifiers"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .spi, .gpio, .usb: "install the udev rules (make install) and join the group that owns it"
    case .serial: "join the group that owns it, often dialout"
    }
  }
}
