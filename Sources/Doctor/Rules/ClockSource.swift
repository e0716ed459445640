// What does it cost to look at the clock?

extension Rule {
  static let clockSource = Rule(.clockSource) { machine, _ in
    let folder = "/sys/devices/system/clocksource/clocksource0"
    guard let name = machine.files.line(folder + "/current_clocksource") else {
      return [.unknown(.clockSource, "current_clocksource cannot be read")]
    }
    let measured = machine.measurements.map { ", a read takes \($0.clockRead.text) (measured)" }
    let found = name + (measured ?? "")
    switch name {
    case "hpet", "acpi_pm", "jiffies", "refined-jiffies":
      let offered = machine.files.line(folder + "/available_clocksource")?.words ?? []
      return [
        Finding(
          .clockSource, .warning, found,
          cost: name.hasSuffix("jiffies")
            ? "time moves in steps of milliseconds: no figure means anything"
            : "every look at the clock is a system call and a device access, several a frame",
          cure: offered.contains("tsc")
            ? "echo tsc > \(folder)/current_clocksource; `dmesg | grep -i tsc` says why the kernel "
              + "left it"
            : "`dmesg | grep -i -e tsc -e clocksource` says why; often a BIOS update")
      ]
    default: return [Finding(.clockSource, .ok, found)]
    }
  }
}
