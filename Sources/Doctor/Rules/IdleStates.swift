// How long do the session's CPUs take to wake?

import RT

extension Rule {
  static let idleStates = Rule(.idleStates) { machine, plan in
    let deepest = plan.cpus.flatMap { states(of: $0, machine.files) }.max {
      $0.latency < $1.latency
    }
    let measured = machine.measurements?.wakeUps.map { [measuredText($0)] } ?? []
    guard let deepest else {
      return [
        Finding(
          .idleStates, .ok,
          (["no idle state but the shallowest (no cpuidle)"] + measured).joined(separator: "; "))
      ]
    }
    let found =
      (["deepest state \(deepest.name), \(deepest.latency) µs to wake by its own account"]
      + measured).joined(separator: "; ")
    // What costs less than a system call is none.
    if deepest.latency <= 2 { return [Finding(.idleStates, .ok, found)] }
    switch machine.answers.nodes["/dev/cpu_dma_latency"] {
    case 0?:
      return [
        Finding(
          .idleStates, .ok, found + "; a session holds the CPUs out of it (/dev/cpu_dma_latency)")
      ]
    case nil: return [Finding(.idleStates, .note, found + "; who may forbid it is not known")]
    case _?:
      return [
        Finding(
          .idleStates, .warning, found + "; /dev/cpu_dma_latency may not be opened",
          cost: "an edge that finds the CPU asleep waits up to \(deepest.latency) µs more",
          cure: "make install (udev/60-acquire.rules gives it to the group acquire), then udevadm "
            + "control --reload && udevadm trigger")
      ]
    }
  }

  /// Enabled ones, with the microseconds that waking from them takes by the driver's table.
  private static func states(of cpu: Int, _ files: ExaminedFiles)
    -> [(name: String, latency: Int64)]
  {
    let folder = "/sys/devices/system/cpu/cpu\(cpu)/cpuidle"
    return (0..<16).compactMap { number in
      let state = "\(folder)/state\(number)"
      guard let latency = files.number(state + "/latency"), latency >= 0,
        files.number(state + "/disable") != 1
      else { return nil }
      return (files.line(state + "/name") ?? "state \(number)", latency)
    }
  }

  private static func measuredText(_ wakeUps: Measurements.WakeUps) -> String {
    let free = "p50 \(wakeUps.free.p50.text), p99 \(wakeUps.free.p99.text)"
    let held = "p50 \(wakeUps.held.p50.text), p99 \(wakeUps.held.p99.text)"
    let who = wakeUps.isRealTime ? "a SCHED_FIFO thread" : "a thread of ordinary priority"
    let count = "\(wakeUps.free.count) wake-ups of \(who) on CPU \(wakeUps.cpu)"
    return wakeUps.isRequestHeld
      ? "measured over \(count): \(free); with the idle states forbidden: \(held)"
      : "measured over \(count): \(free) (the idle states could not be forbidden)"
  }
}
