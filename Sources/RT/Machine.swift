// The machine that a figure was measured on: a figure never travels without it.

import SPIShim

public struct Machine: Equatable, Sendable {
  /// "6.12.48-rt".
  public var kernelRelease: String
  /// "PREEMPT_RT", "PREEMPT_DYNAMIC", "PREEMPT" or "no preemption".
  public var preemption: String
  public var cpuModel: String
  /// CPUs that this process may use, rising.
  public var allowedCPUs: [Int]
  /// CPUs that the scheduler keeps free of other work (isolcpus).
  public var isolatedCPUs: [Int]
  /// Frequency governor of the highest allowed CPU; nil where the kernel has none.
  public var governor: String?
  public var isVirtual: Bool
  /// Load averages over 1, 5 and 15 minutes.
  public var load: String

  /// Reads /proc and /sys.
  public static func current() -> Machine {
    let version = ProcFile.line("/proc/sys/kernel/version") ?? ""
    let isRealTime = ProcFile.line("/sys/kernel/realtime") == "1"
    let models = ["PREEMPT_RT", "PREEMPT_DYNAMIC", "PREEMPT"]
    let cpuinfo = ProcFile.text("/proc/cpuinfo") ?? ""
    let allowed = allowedCPUs()
    return Machine(
      kernelRelease: ProcFile.line("/proc/sys/kernel/osrelease") ?? "unknown",
      preemption: isRealTime
        ? "PREEMPT_RT" : models.first { version.contains($0) } ?? "no preemption",
      cpuModel: field("model name", of: cpuinfo) ?? field("Model", of: cpuinfo) ?? "unknown CPU",
      allowedCPUs: allowed,
      isolatedCPUs: cpuList(ProcFile.line("/sys/devices/system/cpu/isolated") ?? ""),
      governor: allowed.last.flatMap {
        ProcFile.line("/sys/devices/system/cpu/cpu\($0)/cpufreq/scaling_governor")
      },
      isVirtual: (field("flags", of: cpuinfo) ?? "").split(separator: " ").contains("hypervisor"),
      load: (ProcFile.line("/proc/loadavg") ?? "").split(separator: " ").prefix(3)
        .joined(separator: " "))
  }

  private static func allowedCPUs() -> [Int] {
    var flags = [UInt8](repeating: 0, count: 1_024)
    let count = unsafe shim_allowed_cpus(&flags, Int32(flags.count))
    return (0..<max(0, Int(count))).filter { flags[$0] != 0 }
  }

  private static func field(_ name: String, of text: String) -> String? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
      let colon = line.firstIndex(of: ":")
    else { return nil }
    return String(line[line.index(after: colon)...].drop { $0 == " " })
  }

  /// "0-2,5" → [0, 1, 2, 5], rising, each once; what is not a list of CPUs gives none.
  public static func cpuList(_ text: String) -> [Int] {
    var cpus: Set<Int> = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-").map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
        last < 4_096
      else { continue }
      cpus.formUnion(first...last)
    }
    return cpus.sorted()
  }
}
