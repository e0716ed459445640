// The conditions under which a figure was taken, as /proc and /sys tell them: nothing here judges.

/// What a machine is and how it is set up at a moment.
public struct MachineConditions: Equatable, Sendable {
  public var machine: Machine
  /// "Raspberry Pi 5 Model B Rev 1.0", or a PC's product name; nil where nobody says.
  public var board: String?
  /// "#1 SMP PREEMPT_RT …", as the kernel tells when it was built.
  public var kernelVersion: String
  /// Nil where nobody says.
  public var kernelParameters: KernelParameters?
  /// The mode of a kernel that can choose (PREEMPT_DYNAMIC): "none voluntary (full)"; nil without
  /// debugfs.
  public var dynamicPreemption: String?
  public var clockSource: String?

  public var processors: [ProcessorConditions]
  public var idleDriver: String?
  public var interrupts: [InterruptConditions]

  /// Of every `realtimePeriodMicroseconds` so much may go to real-time threads; -1: all.
  public var realtimeRuntimeMicroseconds: Int64?
  public var realtimePeriodMicroseconds: Int64?
  /// Since Linux 6.12: what is kept for normal threads, per CPU; empty without debugfs.
  public var fairServers: [FairServer]
  /// "0" or "1", as the kernel tells.
  public var timerMigration: String?
  public var numaBalancing: String?
  /// "always [madvise] never".
  public var transparentHugePages: String?
  /// Paths of swap devices and files.
  public var swaps: [String]

  // What changes by itself.
  public var temperatures: [Temperature]
  /// Bits of the Raspberry Pi's firmware: 0 under-voltage, 1 frequency capped, 2 throttled,
  /// 3 temperature limit; 16 … 19 the same since boot. Nil elsewhere.
  public var throttledFlags: UInt32?
  /// Under-voltage, by the Raspberry Pi's own sensor; nil elsewhere.
  public var isUnderVoltage: Bool?
  /// Share of time since boot that the hypervisor took, 0 … 1; nil without /proc/stat.
  public var stealShare: Double?

  public struct FairServer: Equatable, Sendable {
    public var cpu: Int
    public var runtimeNanoseconds: Int64
    public var periodNanoseconds: Int64
  }

  public struct Temperature: Equatable, Sendable {
    /// "cpu-thermal".
    public var zone: String
    public var milliCelsius: Int64
  }

  /// Of this machine, or of one whose files were kept. Takes milliseconds: before or after a
  /// measurement, never during one.
  public init(_ files: SystemFiles) {
    machine = Machine(files)
    board =
      (files.line("/proc/device-tree/model")
      ?? files.line("/sys/class/dmi/id/product_name")).map { $0.filter { $0 != "\0" } }
    kernelVersion = files.line("/proc/sys/kernel/version") ?? "unknown"
    kernelParameters = files.line("/proc/cmdline").map { KernelParameters(commandLine: $0) }
    dynamicPreemption = files.line("/sys/kernel/debug/sched/preempt")
    clockSource = files.line(
      "/sys/devices/system/clocksource/clocksource0/current_clocksource")
    processors = ProcessorConditions.all(files, isolated: machine.isolatedCPUs)
    idleDriver = files.line("/sys/devices/system/cpu/cpuidle/current_driver")
    interrupts = InterruptConditions.all(files)
    realtimeRuntimeMicroseconds = files.number("/proc/sys/kernel/sched_rt_runtime_us")
    realtimePeriodMicroseconds = files.number("/proc/sys/kernel/sched_rt_period_us")
    let servers = "/sys/kernel/debug/sched/fair_server"
    fairServers = files.names(in: servers, prefix: "cpu").compactMap { name in
      guard let cpu = Int(name.dropFirst(3)),
        let runtime = files.number("\(servers)/\(name)/runtime"),
        let period = files.number("\(servers)/\(name)/period")
      else { return nil }
      return FairServer(cpu: cpu, runtimeNanoseconds: runtime, periodNanoseconds: period)
    }.sorted { $0.cpu < $1.cpu }
    timerMigration = files.line("/proc/sys/kernel/timer_migration")
    numaBalancing = files.line("/proc/sys/kernel/numa_balancing")
    transparentHugePages = files.line("/sys/kernel/mm/transparent_hugepage/enabled")
    swaps = (files.text("/proc/swaps") ?? "").split(separator: "\n").dropFirst().compactMap {
      $0.split(whereSeparator: { $0 == " " || $0 == "\t" }).first.map(String.init)
    }
    temperatures = files.names(in: "/sys/class/thermal", prefix: "thermal_zone").compactMap {
      guard let temperature = files.number("/sys/class/thermal/\($0)/temp") else { return nil }
      return Temperature(
        zone: files.line("/sys/class/thermal/\($0)/type") ?? $0, milliCelsius: temperature)
    }
    (isUnderVoltage, throttledFlags) = Self.power(files)
    stealShare = Self.stealShare(files.line("/proc/stat") ?? "")
  }

  /// The kernel's voltage sensor first: reading get_throttled, which newer kernels call deprecated,
  /// leaves a warning with a stack trace in their log.
  private static func power(_ files: SystemFiles) -> (isUnderVoltage: Bool?, flags: UInt32?) {
    for name in files.names(in: "/sys/class/hwmon", prefix: "hwmon")
    where files.line("/sys/class/hwmon/\(name)/name") == "rpi_volt" {
      if let alarm = files.number("/sys/class/hwmon/\(name)/in0_lcrit_alarm") {
        return (alarm != 0, nil)
      }
    }
    let flags = files.line("/sys/devices/platform/soc/soc:firmware/get_throttled")
    return (nil, flags.flatMap { UInt32($0, radix: 16) })
  }

  /// Of the line "cpu …" of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; the
  /// guests' times behind them are in user already (proc_stat(5)).
  static func stealShare(_ line: String) -> Double? {
    let times = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
    let total = times.reduce(0, +)
    guard line.hasPrefix("cpu "), times.count == 8, total > 0 else { return nil }
    return times[7] / total
  }
}
