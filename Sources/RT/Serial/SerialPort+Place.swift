// Where a serial port is plugged in, which says more than its name: names are dealt anew when a hub
// comes back.

internal import SPIShim

/// Where on USB a serial port is.
public struct USBPlace: Equatable, Sendable {
  /// The device's socket: "1-1.2".
  public let device: String
  /// And which of its ports, where it has several: "1-1.2:1.0".
  public let interface: String

  /// - Parameter sysfs: what /sys/class/tty/…/device leads to, such as
  ///   "/sys/devices/…/usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0". Nil: not on USB.
  public init?(sysfs: String) {
    let parts = sysfs.split(separator: "/")
    guard let last = parts.lastIndex(where: { $0.contains(":") && $0.contains("-") }), last > 0,
      parts[last].hasPrefix(parts[last - 1] + ":")
    else { return nil }
    device = String(parts[last - 1])
    interface = String(parts[last])
  }
}

extension SerialPort {
  /// Where on USB "/dev/ttyUSB0", or a link to it, is plugged in. Nil for a port that is not on
  /// USB, or not there.
  public static func place(of path: String) -> USBPlace? {
    guard let port = realPath(path)?.split(separator: "/").last,
      let device = realPath("/sys/class/tty/\(port)/device")
    else { return nil }
    return USBPlace(sysfs: device)
  }

  /// Without links; nil when nothing is there.
  public static func realPath(_ path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 1_024)
    // SAFETY: the array's length goes with it; the string lives through the call.
    guard unsafe shim_real_path(path, &bytes, bytes.count) == 0 else { return nil }
    return String(
      decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
