// What this machine offers to an amplifier, for `acquire devices`: nothing is set up or claimed.

import SPIShim

/// Whether this user may open a device node.
public enum DeviceAccess: Sendable, Equatable {
  case allowed
  /// The group `spi` or `gpio`, or a udev rule, is missing.
  case denied
  /// Another open is in the way.
  case busy
  /// Opening failed otherwise.
  case failed(errno: Int32)

  init(_ result: Int32) {
    switch result {
    case 0...: self = .allowed
    case -1, -13: self = .denied  // EPERM, EACCES
    case -16: self = .busy  // EBUSY
    default: self = .failed(errno: -result)
    }
  }
}

/// A spidev node.
public struct SPIDevice: Sendable, Equatable {
  /// "/dev/spidev0.0": bus 0, chip select 0.
  public var path: String
  public var access: DeviceAccess
}

/// A gpiochip node.
public struct GPIOChip: Sendable, Equatable {
  public var path: String
  public var access: DeviceAccess
  /// "gpiochip0"; empty when it may not be opened, as the label.
  public var name: String
  /// What the configuration names: "pinctrl-bcm2711".
  public var label: String
  public var lineCount: Int
}

/// Lists device nodes, in the order of their names.
public struct DeviceInventory: Sendable {
  let folder: String

  /// - Parameter folder: where device nodes lie.
  public init(folder: String = "/dev") { self.folder = folder }

  /// The libgpiod that is linked: "1.6.3".
  public static var libgpiodVersion: String {
    // SAFETY: a constant of the library.
    guard let version = unsafe shim_gpiod_version() else { return "unknown" }
    return unsafe String(cString: version)
  }

  public func spiDevices() -> [SPIDevice] {
    names(beginningWith: "spidev").map { name in
      let path = folder + "/" + name
      // SAFETY: the string lives through the call.
      let descriptor = unsafe shim_spi_open(path)
      if descriptor >= 0 { shim_close(descriptor) }
      return SPIDevice(path: path, access: DeviceAccess(descriptor))
    }
  }

  public func gpioChips() -> [GPIOChip] {
    names(beginningWith: "gpiochip").map { name in
      let path = folder + "/" + name
      var chip = shim_gpio_chip_info()
      // SAFETY: the string and the struct live through the call.
      let result = unsafe shim_gpio_chip(path, &chip)
      return GPIOChip(
        path: path, access: DeviceAccess(result),
        name: result < 0 ? "" : text(chip.name), label: result < 0 ? "" : text(chip.label),
        lineCount: result < 0 ? 0 : Int(chip.line_count))
    }
  }

  func names(beginningWith prefix: String) -> [String] {
    var bytes = [CChar](repeating: 0, count: 16_384)
    // SAFETY: the array's length goes with it.
    let count = unsafe shim_device_names(folder, prefix, &bytes, bytes.count)
    guard count > 0 else { return [] }
    let names = bytes.split(separator: 0, maxSplits: Int(count)).prefix(Int(count)).map { name in
      String(decoding: name.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    // "spidev10.0" after "spidev2.0".
    return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }

  /// The characters of a C array before its first zero.
  private func text<Characters>(_ characters: Characters) -> String {
    var copy = characters
    // SAFETY: a homogeneous tuple of CChar, read as the bytes that it is.
    return unsafe withUnsafeBytes(of: &copy) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
