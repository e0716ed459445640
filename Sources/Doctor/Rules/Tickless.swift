// nohz_full: advice that is often copied, and contested.

extension Rule {
  static let tickless = Rule(.tickless) { machine, _ in
    // The file says "(null)" where nothing is tickless.
    let inForce = machine.files.line("/sys/devices/system/cpu/nohz_full").flatMap { list in
      list.contains { $0.isNumber } ? list : nil
    }
    guard let cpus = inForce ?? machine.kernel.values(of: "nohz_full").last else {
      return [Finding(.tickless, .ok, "no CPU is without its timer tick (nohz_full)")]
    }
    return [
      Finding(
        .tickless, .note, "nohz_full is on for \(cpus)",
        cost: "entering and leaving the kernel takes longer there; a session does so for every "
          + "frame. The kernel's own real-time page advises against it for periodic work",
        cure: machine.board.withoutBootParameter("nohz_full=\(cpus)")
          + ", and compare with `acquire jitter`")
    ]
  }
}
