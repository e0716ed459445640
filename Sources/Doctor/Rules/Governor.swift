// Does the clock of the session's CPUs change?

extension Rule {
  static let governor = Rule(.governor) { machine, plan in
    var steady: [String] = []
    var changing: [(cpu: Int, name: String, path: String)] = []
    for cpu in plan.cpus {
      let path = "/sys/devices/system/cpu/cpu\(cpu)/cpufreq/scaling_governor"
      guard let name = machine.files.line(path) else { continue }
      if name == "performance" || name == "userspace" {
        steady.append("CPU \(cpu): \(name)")
      } else {
        changing.append((cpu, name, path))
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
    return [
      Finding(
        .governor, .ok,
        steady.isEmpty
          ? "the kernel does not change the clock here (no cpufreq)"
          : steady.joined(separator: ", "))
    ]
  }
}
