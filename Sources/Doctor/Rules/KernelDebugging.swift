// Was the kernel built, or is it set, to be examined rather than to be fast?

extension Rule {
  static let kernelDebugging = Rule(.kernelDebugging) { machine, _ in
    var findings: [Finding] = []
    let tracing = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]
    if let tracer = tracing.lazy.compactMap({ machine.files.line($0 + "/current_tracer") }).first,
      tracer != "nop"
    {
      findings.append(
        Finding(
          .kernelDebugging, .warning, "the tracer \(tracer) is active",
          cost: "every function, or every stretch without interrupts, is written down",
          cure: "echo nop > \(tracing[0])/current_tracer"))
    }
    guard let options = machine.kernel.options else {
      return findings + [
        .unknown(
          .kernelDebugging, "neither /proc/config.gz nor /boot/config-\(machine.kernel.release)",
          cure: machine.board.isRaspberryPi ? "modprobe configs" : nil)
      ]
    }
    let costly = [
      "PROVE_LOCKING", "LOCK_STAT", "DEBUG_LOCK_ALLOC", "DEBUG_OBJECTS",
      "KASAN", "KCSAN", "IRQSOFF_TRACER", "PREEMPT_TRACER",
    ].filter(options.contains)
    if !costly.isEmpty {
      findings.append(
        Finding(
          .kernelDebugging, .warning, "the kernel has \(costly.joined(separator: ", "))",
          cost: "locks, or switching interrupts off and on, take longer even when nobody looks",
          cure: "a kernel without them"))
    }
    return findings.isEmpty
      ? [Finding(.kernelDebugging, .ok, "no costly debugging in the kernel")] : findings
  }
}
