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
  /// Those of them on which this process may put a thread. A process does not inherit them with
  /// the others: they are not among the allowed.
  public var usableIsolatedCPUs: [Int]
  /// Frequency governor of the highest allowed CPU; nil where the kernel has none.
  public var governor: String?
  public var isVirtual: Bool
  /// Load averages over 1, 5 and 15 minutes.
  public var load: String

  /// Reads /proc and /sys.
  public static func current() -> Machine { Machine(.ofThisMachine) }

  /// Of this machine, or of one whose files were kept.
  public init(_ files: SystemFiles) {
    let cpuinfo = files.text("/proc/cpuinfo") ?? ""
    kernelRelease = files.line("/proc/sys/kernel/osrelease") ?? "unknown"
    preemption = Self.preemptionModel(
      version: files.line("/proc/sys/kernel/version") ?? "",
      isRealTime: files.line("/sys/kernel/realtime") == "1")
    cpuModel =
      Self.field("model name", of: cpuinfo) ?? Self.field("Model", of: cpuinfo) ?? "unknown CPU"
    allowedCPUs =
      files == .ofThisMachine
      ? Self.allowedCPUs()
      : Self.cpuList(
        Self.field("Cpus_allowed_list", of: files.text("/proc/self/status") ?? "")
          ?? files.line("/sys/devices/system/cpu/online") ?? "")
    isolatedCPUs = Self.cpuList(files.line("/sys/devices/system/cpu/isolated") ?? "")
    usableIsolatedCPUs =
      files == .ofThisMachine
      ? isolatedCPUs.filter { shim_may_run_on(Int32($0)) == 0 } : isolatedCPUs
    governor = allowedCPUs.last.flatMap {
      files.line("/sys/devices/system/cpu/cpu\($0)/cpufreq/scaling_governor")
    }
    isVirtual = (Self.field("flags", of: cpuinfo) ?? "").split(separator: " ")
      .contains("hypervisor")
    load = (files.line("/proc/loadavg") ?? "").split(separator: " ").prefix(3)
      .joined(separator: " ")
  }

  /// What the kernel was built as, by the text of its version ("#1 SMP PREEMPT_DYNAMIC …").
  public static func preemptionModel(version: String, isRealTime: Bool) -> String {
    let models = ["PREEMPT_RT", "PREEMPT_DYNAMIC", "PREEMPT"]
    return isRealTime
      ? "PREEMPT_RT" : models.first { version.contains($0) } ?? "no preemption"
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
    return String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
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
