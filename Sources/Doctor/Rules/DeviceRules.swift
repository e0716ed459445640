// Are the udev rules installed?

enum DeviceRules {
  private static let folders = ["/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"]
  static let paths = folders.map { $0 + "/60-acquire.rules" }

  /// Their path; nil when they are not installed.
  static func installed(_ files: ExaminedFiles) -> String? {
    paths.first { files.text($0) != nil }
  }
}

extension Rule {
  static let deviceRules = Rule(.deviceRules) { machine, plan in
    guard plan.usesHardware else { return [] }
    if let path = DeviceRules.installed(machine.files) {
      return [Finding(.deviceRules, .ok, path)]
    }
    return [
      Finding(
        .deviceRules, .note, "the udev rules are not installed",
        cost: "devices belong to root, ModemManager is let at them, FTDI adapters collect bytes "
          + "for 16 ms",
        cure: "make install, then udevadm control --reload && udevadm trigger")
    ]
  }
}
