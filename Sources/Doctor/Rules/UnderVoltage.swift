// Raspberry Pi: is its supply enough, and is it slowed down?

extension Rule {
  static let underVoltage = Rule(.underVoltage) { machine, _ in
    guard machine.board.isRaspberryPi else { return [] }
    let cost =
      "the firmware lowers the clock and USB devices drop out, both in the midst of a session"
    let cure = "the supply made for this model, with a short thick cable"
    // drivers/hwmon/raspberrypi-hwmon.c: bit 0 of the firmware's answer.
    let folder = "/sys/class/hwmon"
    for name in machine.files.names(in: folder, prefix: "hwmon") {
      guard machine.files.line("\(folder)/\(name)/name") == "rpi_volt",
        let alarm = machine.files.number("\(folder)/\(name)/in0_lcrit_alarm")
      else { continue }
      return [
        alarm == 0
          ? Finding(
            .underVoltage, .ok,
            "the supply is enough now (`vcgencmd get_throttled` tells of the time since boot)")
          : Finding(.underVoltage, .warning, "under-voltage now", cost: cost, cure: cure)
      ]
    }
    return [throttled(machine.files, cost: cost, cure: cure)]
  }

  /// Older kernels of the Raspberry Pi; deprecated there since 4.19, and gone from later ones.
  private static func throttled(_ files: ExaminedFiles, cost: String, cure: String) -> Finding {
    let path = "/sys/devices/platform/soc/soc:firmware/get_throttled"
    guard let text = files.line(path) else {
      return .unknown(
        .underVoltage, "this kernel has no file for it",
        cure: "vcgencmd get_throttled (0x0 is good)")
    }
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
    guard let bits = UInt32(digits, radix: 16) else {
      return .unknown(.underVoltage, "\(path) holds no number")
    }
    let meanings: [(bit: UInt32, meaning: String)] = [
      (0, "under-voltage now"), (1, "clock capped now"), (2, "throttled now"),
      (3, "soft temperature limit now"), (16, "under-voltage since boot"),
      (17, "clock capped since boot"), (18, "throttled since boot"),
      (19, "soft temperature limit since boot"),
    ]
    let set = meanings.filter { bits & (1 << $0.bit) != 0 }.map(\.meaning)
    if set.isEmpty { return Finding(.underVoltage, .ok, "never under-voltage since boot") }
    return Finding(
      .underVoltage, .warning, set.joined(separator: ", "), cost: cost,
      cure: cure + "; against heat: a fan")
  }
}
