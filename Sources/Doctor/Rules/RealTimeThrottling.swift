// How long may real-time threads compute before the kernel takes the CPU from them?

extension Rule {
  static let realTimeThrottling = Rule(.realTimeThrottling) { machine, plan in
    guard let isNew = machine.kernel.isAtLeast(6, 12) else {
      return [.unknown(.realTimeThrottling, "the kernel's release cannot be read")]
    }
    return isNew && machine.kernel.has("RT_GROUP_SCHED") != true
      ? fairServer(machine, plan) : [throttle(machine)]
  }

  /// Until 6.11, and later with RT_GROUP_SCHED.
  private static func throttle(_ machine: ExaminedMachine) -> Finding {
    let path = "/proc/sys/kernel/sched_rt_runtime_us"
    guard let runtime = machine.files.number(path),
      let period = machine.files.number("/proc/sys/kernel/sched_rt_period_us"), period > 0
    else { return .unknown(.realTimeThrottling, "sched_rt_runtime_us cannot be read") }
    if runtime < 0 {
      return Finding(
        .realTimeThrottling, .note, "sched_rt_runtime_us is -1: nothing stops a real-time thread",
        cost: "a real-time thread that never sleeps takes its CPU for good",
        cure: "sysctl kernel.sched_rt_runtime_us=950000, or LimitRTTIME=1s in the unit")
    }
    let found = "real-time threads may use \(runtime) of each \(period) µs"
    // Half: the two threads of a session use a few per cent, one that waits awake a quarter.
    guard runtime < period / 2 else { return Finding(.realTimeThrottling, .ok, found) }
    let usual = period - period / 20
    return Finding(
      .realTimeThrottling, runtime == 0 ? .error : .warning, found,
      cost: "after that they stand still until the next period, up to \(period - runtime) µs",
      cure: "sysctl kernel.sched_rt_runtime_us=\(usual)",
      repairs: [.write(value: String(usual), path: path)])
  }

  /// From 6.12 on ordinary programs have a share that real-time threads cannot take from them.
  private static func fairServer(_ machine: ExaminedMachine, _ plan: DoctorPlan) -> [Finding] {
    var found: [Finding] = []
    for cpu in plan.cpus {
      let folder = "/sys/kernel/debug/sched/fair_server/cpu\(cpu)"
      guard let runtime = machine.files.number(folder + "/runtime"),
        let period = machine.files.number(folder + "/period"), period > 0
      else { continue }
      // A tenth: twice the kernel's own 50 ms a second.
      let isLarge = runtime > period / 10
      let usual = max(1, period / 20)
      found.append(
        Finding(
          .realTimeThrottling, isLarge ? .warning : .ok,
          "ordinary programs have \(runtime / 1_000) of each \(period / 1_000) µs of CPU \(cpu) "
            + "for themselves (fair server)",
          cost: isLarge
            ? "a thread that waits awake for a frame stands still for up to \(runtime / 1_000) µs"
            : "",
          cure: isLarge ? "echo \(usual) > \(folder)/runtime" : nil,
          repairs: isLarge ? [.write(value: String(usual), path: folder + "/runtime")] : []))
    }
    if found.isEmpty {
      found.append(
        .unknown(
          .realTimeThrottling,
          "the fair server's share is in debugfs, which cannot be read (the kernel's own is 50 ms "
            + "of each second)",
          cure: "sudo acquire doctor"))
    }
    return found
  }
}
