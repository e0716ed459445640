// Why the kernel refused real-time scheduling, and what to do about it.

import SPIShim

/// A refusal, with the likely cause.
public enum SchedulingFault: Error, Equatable, Sendable {
  /// The policy needs CAP_SYS_NICE or an RLIMIT_RTPRIO that the process does not have.
  case priorityRefused(requested: Int, limit: UInt64)
  /// The process has the right, but its control group has no real-time budget (RT_GROUP_SCHED).
  case controlGroupHasNoBudget
  /// SCHED_DEADLINE: the CPUs' bandwidth is already promised.
  case deadlineNotAdmitted
  /// SCHED_DEADLINE: runtime, deadline and period are none that the kernel takes.
  case deadlineOutOfRange
  /// The CPU does not exist, is offline, or is outside of what this process may use.
  case cpuNotAvailable(Int)
  /// Locking memory needs CAP_IPC_LOCK or a larger RLIMIT_MEMLOCK.
  case memoryLockRefused(limitBytes: UInt64)
  case system(operation: String, errno: Int32)

  /// One sentence: what was refused, why, and the cure.
  public var message: String {
    switch self {
    case .priorityRefused(let requested, let limit):
      "real-time priority \(requested) was refused, because this user may go up to \(limit): "
        + "run as root, or give the group of the user `rtprio 90` in /etc/security/limits.d "
        + "(systemd: LimitRTPRIO=90), or accept less with --allow-best-effort"
    case .controlGroupHasNoBudget:
      "real-time scheduling was refused although the process has the right to it: its control "
        + "group has no real-time budget (RT_GROUP_SCHED); write 950000 into the group's "
        + "cpu.rt_runtime_us, or run outside of the container, or accept less with "
        + "--allow-best-effort"
    case .deadlineNotAdmitted:
      "SCHED_DEADLINE was refused: the CPUs have no bandwidth left for this runtime and period, "
        + "or the thread is pinned; lower the runtime"
    case .deadlineOutOfRange:
      "SCHED_DEADLINE was refused: the runtime must be at least 1 µs and at most the period, and "
        + "the period lie between sched_deadline_period_min_us and sched_deadline_period_max_us of "
        + "/proc/sys/kernel (100 µs and 4.19 s, unless changed)"
    case .cpuNotAvailable(let cpu):
      "CPU \(cpu) cannot be used by this process: choose one of those that "
        + "/proc/self/status lists under Cpus_allowed_list"
    case .memoryLockRefused(let limit):
      "memory cannot be locked, the limit is \(limit / 1024) kB: give the group of the user "
        + "`memlock unlimited` in /etc/security/limits.d (systemd: LimitMEMLOCK=infinity), or "
        + "accept less with --allow-best-effort"
    case .system(let operation, let errno):
      "\(operation) failed with error \(errno)"
    }
  }

  /// What an errno of a scheduling call means, given what the process is allowed.
  ///
  /// - Parameters:
  ///   - mayRaise: the process has CAP_SYS_NICE, or its limit reaches the priority.
  static func of(errno: Int32, policy: SchedulingPolicy, mayRaise: Bool, limit: UInt64)
    -> SchedulingFault
  {
    switch (errno, policy) {
    case (eperm, .deadline):
      mayRaise ? .deadlineNotAdmitted : .priorityRefused(requested: 0, limit: limit)
    case (ebusy, .deadline): .deadlineNotAdmitted
    case (einval, .deadline): .deadlineOutOfRange
    case (eperm, .fifo(let priority)), (eperm, .roundRobin(let priority)):
      mayRaise ? .controlGroupHasNoBudget : .priorityRefused(requested: priority, limit: limit)
    default: .system(operation: "sched_setscheduler", errno: errno)
    }
  }

  static var eperm: Int32 { 1 }
  static var ebusy: Int32 { 16 }
  static var einval: Int32 { 22 }
}

/// What the kernel would let this process do.
enum Privilege {
  /// CAP_SYS_NICE (bit 23) in the effective set, by /proc/self/status.
  static var hasSysNice: Bool {
    guard let status = ProcFile.text("/proc/self/status"),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
      let mask = UInt64(line.dropFirst(7).filter { $0 != "\t" && $0 != " " }, radix: 16)
    else { return false }
    return mask & (1 << 23) != 0
  }
}
