// What `acquire devices` shows: a page for a person, an array for a program.

import Amplifiers
import Monitor
import RT

/// Something that is plugged in.
struct Device: Equatable {
  enum Kind: String, CaseIterable {
    case spi, gpio, usb, serial

    /// What it is, and which keys of the configuration want it.
    var title: String {
      switch self {
      case .spi: "SPI buses, for amplifier.spi-device"
      case .gpio: "GPIO chips, whose label is for amplifier.data-ready-chip"
      case .usb: "Amplifiers on USB, for amplifier.kind and amplifier.serial-number"
      case .serial: "Serial ports, for exoskeleton.port and amplifier.port"
      }
    }
  }

  var kind: Kind
  var path: String
  /// Empty when it is not known.
  var name: String
  var access: DeviceAccess
  var serialNumber: String?
  /// Kinds of amplifiers that it may be.
  var amplifiers: [String] = []

  var description: String {
    let parts = [name, serialNumber.map { "serial number \($0)" } ?? ""].filter { !$0.isEmpty }
    return parts.joined(separator: ", ")
      + (amplifiers.isEmpty ? "" : ": \(amplifiers.joined(separator: " or "))")
  }

  fileprivate var hindrance: String? {
    switch access {
    case .allowed: nil
    case .denied: "may not be opened"
    case .busy: "in use"
    case .failed(let errno): "cannot be opened: \(describe(errno: errno))"
    }
  }
}

struct DeviceList {
  let devices: [Device]

  var page: String {
    var lines: [String] = []
    for kind in Device.Kind.allCases {
      lines.append(kind.title)
      let found = devices.filter { $0.kind == kind }
      if found.isEmpty { lines.append("  none") }
      let width = found.map(\.path.count).max() ?? 0
      for device in found {
        let words = [device.description, device.hindrance ?? ""].filter { !$0.isEmpty }
        lines.append(
          "  " + device.path.trailing(width) + "  " + words.joined(separator: " – "))
      }
    }
    if devices.contains(where: { $0.access == .denied }) {
      lines += [
        "", "What may not be opened: install the udev rules (`make install`), join the group that",
        "owns it (`ls -l` shows it), log in anew, and plug it in again.",
      ]
    }
    return lines.map { $0 + "\n" }.joined()
  }

  var json: JSON {
    .array(
      devices.map { device in
        .object([
          .init("kind", .string(device.kind.rawValue)), .init("path", .string(device.path)),
          .init("description", .string(device.description)),
          .init("serialNumber", device.serialNumber.map(JSON.string) ?? .null),
          .init("amplifiers", .array(device.amplifiers.map(JSON.string))),
          .init("usable", .bool(device.access == .allowed)),
        ])
      })
  }
}
