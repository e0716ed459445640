// Does the kernel's own watchdog wake on the session's CPUs?

import RT

extension Rule {
  static let lockupDetector = Rule(.lockupDetector) { machine, plan in
    let isOn = machine.files.number("/proc/sys/kernel/watchdog") == 1
    let hasNMI = machine.files.number("/proc/sys/kernel/nmi_watchdog") == 1
    guard isOn || hasNMI else {
      return [Finding(.lockupDetector, .ok, "the lockup detectors are off")]
    }
    let watched = machine.files.line("/proc/sys/kernel/watchdog_cpumask").map(Machine.cpuList)
    if let watched, !watched.contains(where: plan.cpus.contains) {
      return [Finding(.lockupDetector, .ok, "the lockup detectors leave \(plan.cpuText) alone")]
    }
    let others = machine.housekeepingCPUs(beside: plan)
    return [
      Finding(
        .lockupDetector, .note,
        "the lockup detector\(hasNMI ? " and its NMI watchdog are" : " is") on for \(plan.cpuText)",
        cost: "every four seconds a thread of priority 99 comes before the session's"
          + (hasNMI ? ", and an NMI before everything" : ""),
        cure: others.isEmpty
          ? "sysctl kernel.watchdog=0"
          : "sysctl kernel.watchdog_cpumask=\(cpuListText(others))")
    ]
  }
}
