// What the kernel was booted with, as far as it matters to timing and may travel in a report: the
// rest may name a network, a disk, a serial number, or a hypervisor's whole list of arguments.

public struct KernelParameters: Equatable, Sendable {
  /// Words that matter to timing, as they were typed, in their order.
  public var words: [String]
  /// How many others there are.
  public var leftOutCount: Int

  /// - Parameter commandLine: the line of /proc/cmdline.
  public init(commandLine: String) {
    let all = Self.split(commandLine)
    // What stands behind two dashes is not the kernel's, but the first process's.
    let own = all.prefix { $0 != "--" }
    words = own.filter(Self.mattersToTiming)
    leftOutCount = all.count { $0 != "--" } - words.count
  }

  /// At blanks outside of quotes.
  private static func split(_ line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    for character in line {
      if character == "\"" { isQuoted.toggle() }
      if character.isWhitespace, !isQuoted {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    return word.isEmpty ? words : words + [word]
  }

  private static func mattersToTiming(_ word: String) -> Bool {
    // The kernel takes either for the other.
    let name = String(word.prefix { $0 != "=" }.map { $0 == "-" ? "_" : $0 })
    return names.contains(name) || families.contains { name.hasPrefix($0) }
  }

  private static let names: Set<String> = [
    // Who runs where.
    "isolcpus", "nohz", "nohz_full", "irqaffinity", "kthread_cpus", "maxcpus", "nr_cpus", "nosmp",
    "nosmt", "numa_balancing", "psi",
    // Preemption, ticks and clocks.
    "preempt", "threadirqs", "skew_tick", "highres", "clocksource", "tsc", "hpet",
    // Sleep and clock frequency.
    "idle", "intel_pstate", "amd_pstate",
    // What comes in between.
    "mitigations", "audit", "nowatchdog", "nmi_watchdog", "nosoftlockup", "watchdog_thresh",
    // Memory.
    "hugepages", "hugepagesz", "default_hugepagesz", "transparent_hugepage", "swiotlb",
    // Devices.
    "console", "usbcore.autosuspend",
  ]

  /// Beginnings: of a module's parameters, and of a subject's.
  private static let families = [
    "rcu", "workqueue.", "intel_idle.", "processor.", "cpuidle.", "cpuidle_haltpoll.", "haltpoll.",
    "cpufreq.", "8250.", "8250_core.", "dwc_otg.", "spidev.", "spi_",
  ]
}
