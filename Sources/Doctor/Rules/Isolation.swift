// Are the CPUs of the session kept free of other work, and do they exist?

import RT

extension Rule {
  static let isolation = Rule(.isolation) { machine, plan in
    guard !machine.allowedCPUs.isEmpty else {
      return [.unknown(.isolation, "/proc/self/status does not say which CPUs may be used")]
    }
    guard !plan.cpus.isEmpty else { return [.unknown(.isolation, "no CPU is chosen")] }
    let usable = machine.usableIsolatedCPUs
    let missing = plan.cpus.filter { cpu in
      !machine.allowedCPUs.contains(cpu) && !usable.contains(cpu)
    }
    if !missing.isEmpty {
      return [
        Finding(
          .isolation, .error,
          "CPU \(missing.map(String.init).joined(separator: ", ")) cannot be used by this process",
          cost: "a session does not start (exit code 77)",
          cure: "set realtime.acquisition-cpu and realtime.decoding-cpu to some of "
            + cpuListText(machine.allowedCPUs + usable))
      ]
    }
    let shared = plan.cpus.filter { !machine.isolatedCPUs.contains($0) }
    if shared.isEmpty {
      return [Finding(.isolation, .ok, "\(plan.cpuText) kept free (isolcpus)")]
    }
    if let last = usable.last {
      // A session takes them by itself: the configuration must have named others.
      return [
        Finding(
          .isolation, .warning,
          "CPU \(cpuListText(shared)) chosen, although CPU \(cpuListText(usable)) is kept free "
            + "(isolcpus)",
          cost: "the kernel's work for other programs (page faults, timers, RCU) delays frames",
          cure:
            "leave realtime.acquisition-cpu and realtime.decoding-cpu out of the configuration: "
            + "a session takes what is kept free; or realtime.acquisition-cpu = \(last) and "
            + "realtime.decoding-cpu = \(usable.dropLast().last ?? last)")
      ]
    }
    if !machine.isolatedCPUs.isEmpty {
      return [
        Finding(
          .isolation, .warning,
          "\(plan.cpuText) chosen: CPU \(cpuListText(machine.isolatedCPUs)) is kept free "
            + "(isolcpus), but this process may not use it",
          cost: "the kernel's work for other programs (page faults, timers, RCU) delays frames",
          cure: "let it: AllowedCPUs= of the unit, cpuset.cpus of its group, or a container's "
            + "--cpuset-cpus")
      ]
    }
    let others = machine.housekeepingCPUs(beside: plan)
    if others.isEmpty {
      return [
        Finding(
          .isolation, .note, "there is no CPU beside the session's (\(plan.cpuText))",
          cost: "the kernel's work for other programs delays frames; nothing is left to move it to")
      ]
    }
    let mine = cpuListText(plan.cpus)
    return [
      Finding(
        .isolation, .warning, "\(plan.cpuText) chosen, but not kept free of other programs",
        cost: "the kernel's work for them (page faults, timers, RCU) delays frames",
        cure: machine.onHost(
          machine.board.bootParameters(
            "isolcpus=domain,managed_irq,\(mine) irqaffinity=\(cpuListText(others))")))
    ]
  }

  /// [0, 1, 2, 5] → "0-2,5".
  static func cpuListText(_ cpus: [Int]) -> String {
    var runs: [(first: Int, last: Int)] = []
    for cpu in cpus.sorted() {
      if let run = runs.last, run.last + 1 >= cpu {
        runs[runs.count - 1].last = cpu
      } else {
        runs.append((cpu, cpu))
      }
    }
    return runs.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
      .joined(separator: ",")
  }
}
