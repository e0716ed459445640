// Can the kernel itself be interrupted by a real-time thread?

extension Rule {
  static let preemption = Rule(.preemption) { machine, _ in
    let kernel = machine.kernel
    guard !kernel.version.isEmpty else {
      return [.unknown(.preemption, "there is no /proc/sys/kernel/version")]
    }
    if kernel.isRealTime { return [Finding(.preemption, .ok, "\(kernel.release), PREEMPT_RT")] }
    let isDynamic = kernel.version.contains("PREEMPT_DYNAMIC")
    let model = preemptionModel(machine, isDynamic: isDynamic)
    var cure = realTimeKernel(machine)
    if isDynamic, model != "full" {
      cure += "; until then " + machine.board.bootParameters("preempt=full")
    }
    return [
      Finding(
        .preemption, .warning, "\(kernel.release) without PREEMPT_RT, preemption \(model)",
        cost: "an edge waits until the kernel has finished what it does for any other program or "
          + "interrupt, for which there is no bound",
        cure: cure)
    ]
  }

  /// "full", "voluntary", "none", "lazy", or what is known of it.
  private static func preemptionModel(_ machine: ExaminedMachine, isDynamic: Bool) -> String {
    // "none voluntary (full) lazy": the one in force stands in parentheses.
    if let list = machine.files.line("/sys/kernel/debug/sched/preempt"),
      let open = list.firstIndex(of: "("), let close = list.lastIndex(of: ")"), open < close
    {
      return String(list[list.index(after: open)..<close])
    }
    if let asked = machine.kernel.values(of: "preempt").last { return asked }
    if isDynamic {
      for (option, model) in [
        ("PREEMPT_NONE", "none"), ("PREEMPT_VOLUNTARY", "voluntary"), ("PREEMPT_LAZY", "lazy"),
        ("PREEMPT", "full"),
      ] where machine.kernel.has(option) == true { return model }
      return "chosen at boot"
    }
    return machine.kernel.version.contains("PREEMPT") ? "full" : "none or voluntary"
  }

  private static func realTimeKernel(_ machine: ExaminedMachine) -> String {
    switch machine.board {
    case .raspberryPi(let generation, _):
      "build the kernel with CONFIG_PREEMPT_RT from github.com/raspberrypi/linux, rpi-6.12.y or "
        + "later\(generation >= 5 ? " (there is no package of it for this model)" : ""), and see "
        + "afterwards that /sys/kernel/realtime says 1"
    case .deviceTree: "install or build a kernel with CONFIG_PREEMPT_RT (6.12 or later has it)"
    case .personalComputer:
      // A container's distribution is not its kernel's.
      machine.distribution == "debian" && !machine.isContainer
        ? "apt install linux-image-rt-amd64, and reboot"
        : "install your distribution's kernel with PREEMPT_RT, and reboot"
    }
  }
}
