// Which line of which gpiochip, and how both are found.

import SPIShim

/// A line of a gpiochip.
public enum GPIOLine: Sendable, Equatable {
  case offset(Int)
  /// As the board's device tree calls it.
  case named(String)
}

/// Why a line could not be had: the kernel's own number, and of what.
public struct GPIOFault: Error, Equatable, Sendable {
  /// Positive.
  public let errno: Int32
  public let operation: String
  public let device: String

  init(errno: Int32, operation: String, device: String) {
    self.errno = -errno
    self.operation = operation
    self.device = device
  }

  /// One sentence: what is wrong, and what to do.
  public var message: String {
    switch errno {
    case Errno.noEntry, Errno.noDeviceOrAddress, Errno.noDevice:
      "there is no \(device): list the chips with gpiodetect and their lines with gpioinfo"
    case Errno.notPermitted, Errno.accessDenied:
      "\(device) may not be used by this user: join the group gpio (docs/hardware.md)"
    case Errno.busy: "\(device) is held by another program: gpioinfo says by which"
    default: "\(operation) failed for \(device) (errno \(errno))"
    }
  }
}

/// From labels and names to paths and offsets.
public enum ChipLookUp {
  /// The path of the gpiochip with this label; a path stands for itself.
  public static func path(labelled label: String) throws(GPIOFault) -> String {
    if label.hasPrefix("/") { return label }
    var path = [CChar](repeating: 0, count: 64)
    // SAFETY: the array's length goes with it.
    let result = unsafe shim_gpiod_chip_labelled(label, &path, path.count)
    if result < 0 {
      throw GPIOFault(
        errno: result, operation: "looking for it", device: "the gpiochip labelled \(label)")
    }
    let text = path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    return String(decoding: text, as: UTF8.self)
  }

  /// The offset, or -errno.
  static func offset(of line: GPIOLine, on chipPath: String) -> Int32 {
    switch line {
    case .offset(let offset):
      // -EINVAL: the kernel would say so too.
      return Int32(exactly: offset).flatMap { $0 >= 0 ? $0 : nil } ?? -22
    case .named(let name):
      // SAFETY: the strings live through the call.
      return unsafe shim_gpio_line_named(chipPath, name)
    }
  }

  static func fault(_ errno: Int32, line: GPIOLine, role: String, chipPath: String)
    -> GPIOFault
  {
    let device =
      switch line {
      case .offset(let offset): "line \(offset) (\(role)) of \(chipPath)"
      case .named(let name): "line \(name) (\(role)) of \(chipPath)"
      }
    return GPIOFault(errno: errno, operation: "requesting the line", device: device)
  }
}
