// Where a serial port is plugged in, which says more than its name: names are dealt anew when a hub
// comes back.

internal import SPIShim

extension SerialPort {
  /// Where on USB a port is plugged in: "1-1.2" for "/dev/ttyUSB0" or a link to it. Nil for a port
  /// that is not on USB, or not there.
  public static func topology(of path: String) -> String? {
    guard let port = realPath(path)?.split(separator: "/").last,
      let device = realPath("/sys/class/tty/\(port)/device")
    else { return nil }
    // "…/usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0": what stands before the interface.
    let parts = device.split(separator: "/")
    guard let interface = parts.lastIndex(where: { $0.contains(":") && $0.contains("-") }),
      interface > 0
    else { return nil }
    return String(parts[interface - 1])
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
