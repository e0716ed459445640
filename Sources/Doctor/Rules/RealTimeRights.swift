// May this user have a real-time thread, and if not, who refuses it?

extension Rule {
  static let realTimeRights = Rule(.realTimeRights) { machine, plan in
    let priority = plan.acquisitionPriority
    let limit = machine.limit("Max realtime priority")
    // CAP_SYS_NICE is bit 23.
    let hasCapability = machine.hasCapability(23)
    let isEntitled = hasCapability == true || (limit ?? 0) >= UInt64(max(0, priority))
    let right =
      hasCapability == true
      ? "CAP_SYS_NICE" : "a limit of \(limit.map(String.init) ?? "unknown height")"
    switch machine.answers.realTimeRefusal {
    case 0?:
      return [Finding(.realTimeRights, .ok, "SCHED_FIFO \(priority) was granted, by \(right)")]
    case 1? where isEntitled: return [refusedInSpiteOfRight(machine, plan, right)]
    case 1?: return [withoutRight(plan, limit)]
    case let errno?:
      return [
        Finding(
          .realTimeRights, plan.allowsBestEffort ? .warning : .error,
          "SCHED_FIFO \(priority) was refused with error \(errno)", cost: notStarted(plan),
          cure: "acquire run --allow-best-effort")
      ]
    case nil where limit == nil && hasCapability == nil:
      return [.unknown(.realTimeRights, "neither limits nor capabilities can be read")]
    case nil where isEntitled:
      return [Finding(.realTimeRights, .note, "\(right); whether it is granted was not tried")]
    case nil: return [withoutRight(plan, limit)]
    }
  }

  private static func notStarted(_ plan: DoctorPlan) -> String {
    plan.allowsBestEffort
      ? "the session runs as an ordinary program and waits for every other one"
      : "a session does not start (exit code 77)"
  }

  private static func withoutRight(_ plan: DoctorPlan, _ limit: UInt64?) -> Finding {
    Finding(
      .realTimeRights, plan.allowsBestEffort ? .warning : .error,
      "this user may go up to real-time priority \(limit.map(String.init) ?? "0"), "
        + "\(plan.acquisitionPriority) is wanted",
      cost: notStarted(plan),
      cure: "make install (it brings /etc/security/limits.d/60-acquire.conf), `adduser NAME "
        + "acquire`, and log in again; in a container: --cap-add=SYS_NICE or "
        + "--ulimit rtprio=90")
  }

  /// RT_GROUP_SCHED, or a filter of system calls.
  private static func refusedInSpiteOfRight(
    _ machine: ExaminedMachine, _ plan: DoctorPlan, _ right: String
  ) -> Finding {
    let found = "SCHED_FIFO \(plan.acquisitionPriority) was refused in spite of \(right)"
    let severity: Severity = plan.allowsBestEffort ? .warning : .error
    if let budget = groupBudget(machine), budget.microseconds == 0 {
      return Finding(
        .realTimeRights, severity,
        found + ": its control group has no real-time budget (RT_GROUP_SCHED)",
        cost: notStarted(plan),
        cure: machine.onHost(
          "echo 950000 > \(budget.path), as root; every group above it needs as much"))
    }
    if machine.kernel.has("RT_GROUP_SCHED") == true {
      return Finding(
        .realTimeRights, severity,
        found + ": the kernel has RT_GROUP_SCHED, under which only groups with a budget may",
        cost: notStarted(plan),
        cure: machine.onHost(
          "run it in the root group: `echo $$ > /sys/fs/cgroup/cgroup.procs` in its shell, as "
            + "root; for good: a kernel without RT_GROUP_SCHED"))
    }
    return Finding(
      .realTimeRights, severity,
      found + ": a filter of system calls stands in between (a container's seccomp profile, or "
        + "RestrictRealtime=yes of a unit)",
      cost: notStarted(plan),
      cure: "allow sched_setscheduler in the container's seccomp profile, or RestrictRealtime=no")
  }

  /// cpu.rt_runtime_us of this process' own group in a version 1 hierarchy.
  private static func groupBudget(_ machine: ExaminedMachine)
    -> (path: String, microseconds: Int64)?
  {
    for line in (machine.files.text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      // "4:cpu,cpuacct:/user.slice"
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[1].split(separator: ",").contains("cpu") else { continue }
      let group = parts[2] == "/" ? "" : String(parts[2])
      for controller in ["cpu,cpuacct", "cpu"] {
        let path = "/sys/fs/cgroup/\(controller)\(group)/cpu.rt_runtime_us"
        if let budget = machine.files.number(path) { return (path, budget) }
      }
    }
    return nil
  }
}
