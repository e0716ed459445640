// Does the clock of the session's CPUs change?

extension Rule {
  static let governor = Rule(.governor) { machine, plan in
    var steady: [String] = []
    var changing: [(cpu: Int, name: String, path: String)] = []
    var slow: [(text: String, path: String)] = []
    for cpu in plan.cpus {
      let folder = "/sys/devices/system/cpu/cpu\(cpu)/cpufreq"
      let path = folder + "/scaling_governor"
      switch machine.files.line(path) {
      case "performance"?: steady.append("CPU \(cpu): performance")
      case "userspace"?:
        let clock = fixedClock(folder, machine.files)
        let text = "CPU \(cpu): userspace\(clock.text)"
        if clock.isSlow { slow.append((text, path)) } else { steady.append(text) }
      case let name?: changing.append((cpu, name, path))
      case nil: continue
      }
    }
    if let first = changing.first {
      let list = changing.map { "CPU \($0.cpu): \($0.name)" }.joined(separator: ", ")
      return [
        Finding(
          .governor, .warning, list,
          cost: "a CPU that has waited for a frame is at its lowest clock when the frame comes, "
            + "and stays there for some milliseconds",
          cure: "echo performance > \(first.path); for good: "
            + (machine.board.isRaspberryPi
              ? "apt install cpufrequtils and GOVERNOR=performance in /etc/default/cpufrequtils"
              : "cpupower frequency-set -g performance in a unit of its own"),
          repairs: changing.map { .write(value: "performance", path: $0.path) })
      ]
    }
    if let first = slow.first {
      return [
        Finding(
          .governor, .warning, slow.map(\.text).joined(separator: ", "),
          cost: "the clock is steady, and everything between edge and command takes longer by as "
            + "much as it is lower",
          cure: "echo performance > \(first.path), or a higher scaling_setspeed beside it",
          repairs: slow.map { .write(value: "performance", path: $0.path) })
      ]
    }
    return [
      Finding(
        .governor, .ok,
        steady.isEmpty
          ? "the kernel does not change the clock here (no cpufreq)"
          : steady.joined(separator: ", "))
    ]
  }

  /// What somebody has set: ", 600 of 1800 MHz".
  private static func fixedClock(_ folder: String, _ files: ExaminedFiles)
    -> (text: String, isSlow: Bool)
  {
    // In kHz.
    guard let now = files.number(folder + "/scaling_cur_freq"), now > 0,
      let highest = files.number(folder + "/cpuinfo_max_freq"), highest > 0
    else { return ("", false) }
    // Drivers round.
    let isSlow = now < highest - highest / 50
    return (", \(now / 1_000) of \(highest / 1_000) MHz", isSlow)
  }
}
