// The chip's control lines, RESET, START and PWDN, and how a gpiochip is found.

import SPIShim

/// A GPIO line that we drive, through libgpiod. Released when it goes away.
@safe
struct GPIOOutputLine: ~Copyable {
  private let output: OpaquePointer

  /// - Throws: `.missing`, `.permissionDenied`, `.busy`, `.system`.
  init(chipPath: String, line: GPIOLine, role: String, isHigh: Bool) throws(AmplifierFault) {
    let offset = ChipLookUp.offset(of: line, on: chipPath)
    var opened: OpaquePointer?
    // SAFETY: the strings and the pointer's place live through the call.
    let result =
      offset < 0
      ? offset
      : unsafe shim_gpio_output_open(
        chipPath, UInt32(offset), "acquire \(role)", isHigh ? 1 : 0, &opened)
    guard result >= 0, let opened = unsafe opened else {
      throw ChipLookUp.fault(result, line: line, role: role, chipPath: chipPath)
    }
    unsafe output = opened
  }

  deinit { unsafe shim_gpio_output_close(output) }

  /// Real-time: one system call. 0, or -errno.
  @_noLocks @_noAllocation
  func set(_ isHigh: Bool) -> Int32 { unsafe shim_gpio_output_set(output, isHigh ? 1 : 0) }
}

/// From labels and names to paths and offsets.
enum ChipLookUp {
  /// The path of the gpiochip with this label; a path stands for itself.
  static func path(labelled label: String) throws(AmplifierFault) -> String {
    if label.hasPrefix("/") { return label }
    var path = [CChar](repeating: 0, count: 64)
    // SAFETY: the array's length goes with it.
    let result = unsafe shim_gpiod_chip_labelled(label, &path, path.count)
    if result < 0 {
      throw AmplifierFault(
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
    -> AmplifierFault
  {
    let device =
      switch line {
      case .offset(let offset): "line \(offset) (\(role)) of \(chipPath)"
      case .named(let name): "line \(name) (\(role)) of \(chipPath)"
      }
    return AmplifierFault(errno: errno, operation: "requesting the line", device: device)
  }
}
