// What kind of machine it is, because advice must be true for it.

enum Board: Sendable, Equatable {
  /// 1 for the first and Zero, 3 for Zero 2, 4 for 400 and CM4, 5 for 500 and CM5.
  case raspberryPi(generation: Int, model: String)
  /// Another board with a device tree.
  case deviceTree(model: String)
  case personalComputer

  init(_ files: ExaminedFiles) {
    let model =
      ["/proc/device-tree/model", "/sys/firmware/devicetree/base/model"]
      .lazy.compactMap { files.line($0) }.first ?? ""
    if model.hasPrefix("Raspberry Pi") {
      self = .raspberryPi(generation: Self.generation(model), model: model)
    } else if !model.isEmpty {
      self = .deviceTree(model: model)
    } else {
      self = .personalComputer
    }
  }

  private static func generation(_ model: String) -> Int {
    if model.contains("Zero 2") { return 3 }
    if model.contains("Zero") { return 1 }
    // "Raspberry Pi 4 Model B", "Raspberry Pi Compute Module 5", "Raspberry Pi 400".
    let number = model.words.lazy.compactMap { word in word.first?.wholeNumberValue }.first
    return number.flatMap { (1...9).contains($0) ? $0 : nil } ?? 1
  }

  var isRaspberryPi: Bool {
    if case .raspberryPi = self { true } else { false }
  }

  /// From where on the firmware lowers the clock, whatever the kernel's trip points say; in
  /// thousandths of °C.
  var firmwareTemperatureLimit: Int64? {
    guard case .raspberryPi(_, let model) = self else { return nil }
    // Its "soft limit", as it comes (temp_soft_limit in config.txt).
    return model.contains("3 Model B Plus") ? 60_000 : 80_000
  }

  /// How something gets onto the kernel's command line here.
  func bootParameters(_ words: String) -> String {
    switch self {
    case .raspberryPi:
      "add `\(words)` to the one line of /boot/firmware/cmdline.txt (before Debian 12: "
        + "/boot/cmdline.txt), and reboot"
    case .deviceTree:
      "add `\(words)` to the boot loader's kernel arguments (often bootargs or "
        + "/boot/extlinux/extlinux.conf), and reboot"
    case .personalComputer:
      "add `\(words)` to GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, run `update-grub`, "
        + "and reboot"
    }
  }

  /// How something leaves it.
  func withoutBootParameter(_ word: String) -> String {
    switch self {
    case .raspberryPi: "remove `\(word)` from /boot/firmware/cmdline.txt, and reboot"
    case .deviceTree: "remove `\(word)` from the boot loader's kernel arguments, and reboot"
    case .personalComputer:
      "remove `\(word)` from /etc/default/grub, run `update-grub`, and reboot"
    }
  }
}
