// What this machine has to read from.

import RT
import SPIShim

/// Device nodes, and whether this user may open them. Reads /dev and /sys; changes nothing.
public enum DeviceInventory {
  public enum Kind: String, CaseIterable, Sendable {
    case spi
    case gpio
    case serial
    case usb
  }

  public struct Device: Equatable, Sendable {
    public var kind: Kind
    public var path: String
    /// "pinctrl-bcm2711, 58 lines".
    public var description: String
    public var isUsable: Bool
  }

  public static func all() -> [Device] { spi() + gpio() + serial() + usb() }

  private static func spi() -> [Device] {
    names(in: "/dev", prefix: "spidev").map { name in
      let path = "/dev/\(name)"
      return Device(kind: .spi, path: path, description: "spidev", isUsable: opens(path))
    }
  }

  private static func gpio() -> [Device] {
    names(in: "/dev", prefix: "gpiochip").map { name in
      let path = "/dev/\(name)"
      var chip = shim_gpio_chip()
      let isUsable = unsafe shim_gpio_chip(path, &chip) == 0
      let label = unsafe withUnsafeBytes(of: &chip.label) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      return Device(
        kind: .gpio, path: path,
        description: isUsable ? "\(label), \(chip.line_count) lines" : "gpiochip",
        isUsable: isUsable)
    }
  }

  private static func serial() -> [Device] {
    ["ttyUSB", "ttyACM", "ttyAMA", "ttyS"].flatMap { prefix in
      names(in: "/dev", prefix: prefix).compactMap { name in
        // A ttyS without a driver behind it is a place in a table and no port.
        let driver = ProcFile.line("/sys/class/tty/\(name)/type")
        if prefix == "ttyS" && (driver ?? "0") == "0" { return nil }
        let path = "/dev/\(name)"
        return Device(kind: .serial, path: path, description: "serial port", isUsable: opens(path))
      }
    }
  }

  /// Vendor and product of the amplifiers that are known; FTDI adapters stand for several.
  private static var known: [(vendor: String, product: String, name: String)] {
    [
      ("0403", "6015", "FTDI FT-X: OpenBCI Cyton dongle, or a serial adapter"),
      ("0403", "6001", "FTDI FT232R: OpenEEG, or a serial adapter"),
      ("0547", "1005", "BioSemi ActiveTwo"),
    ]
  }

  private static func usb() -> [Device] {
    let folder = "/sys/bus/usb/devices"
    return names(in: folder, prefix: "").compactMap { name in
      guard let vendor = ProcFile.line("\(folder)/\(name)/idVendor"),
        let product = ProcFile.line("\(folder)/\(name)/idProduct"),
        let match = known.first(where: { $0.vendor == vendor && $0.product == product }),
        let bus = ProcFile.line("\(folder)/\(name)/busnum").flatMap(Int.init),
        let number = ProcFile.line("\(folder)/\(name)/devnum").flatMap(Int.init)
      else { return nil }
      let serial = ProcFile.line("\(folder)/\(name)/serial").map { ", serial number \($0)" } ?? ""
      let path = "/dev/bus/usb/\(padded(bus))/\(padded(number))"
      return Device(
        kind: .usb, path: path, description: match.name + serial, isUsable: opens(path))
    }
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
  }

  /// Names in a folder, in the order of the alphabet.
  private static func names(in folder: String, prefix: String) -> [String] {
    var bytes = [CChar](repeating: 0, count: 65_536)
    let count = unsafe shim_device_names(folder, prefix, &bytes, bytes.count)
    guard count > 0 else { return [] }
    return bytes.split(separator: 0).prefix(Int(count)).map {
      String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }.sorted()
  }

  private static func opens(_ path: String) -> Bool {
    let descriptor = unsafe shim_open(path, 2)
    if descriptor >= 0 { shim_close(descriptor) }
    // Busy is a matter of the moment, not of the rights.
    return descriptor >= 0 || descriptor == -16
  }
}
