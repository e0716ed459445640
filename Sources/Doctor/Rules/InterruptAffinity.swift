// Whose interrupts are served on the CPUs of the session?

import RT

extension Rule {
  static let interruptAffinity = Rule(.interruptAffinity) { machine, plan in
    guard !machine.interrupts.isEmpty else {
      return [.unknown(.interruptAffinity, "/proc/interrupts cannot be read")]
    }
    let others = machine.housekeepingCPUs(beside: plan)
    var foreign: [(interrupt: Interrupt, path: String)] = []
    for interrupt in machine.interrupts
    where !interrupt.isOfEachCPU && !isOurs(interrupt, machine, plan) {
      let folder = "/proc/irq/\(interrupt.number)"
      let allowed = "\(folder)/smp_affinity_list"
      // Where the controller has a say, this is where it really sends them.
      let list =
        machine.files.line("\(folder)/effective_affinity_list") ?? machine.files.line(allowed)
      let served = Machine.cpuList(list ?? "")
      if served.contains(where: plan.cpus.contains), interrupt.count > 0 {
        foreign.append((interrupt, allowed))
      }
    }
    var findings = [balancer(machine)].compactMap { $0 }
    if foreign.isEmpty {
      findings.append(
        Finding(.interruptAffinity, .ok, "no other device interrupts \(plan.cpuText)"))
      return findings
    }
    let names = foreign.prefix(4).map { "\($0.interrupt.number) (\(tail($0.interrupt)))" }
    let more = foreign.count > names.count ? " and \(foreign.count - names.count) more" : ""
    let free = cpuListText(others)
    findings.append(
      Finding(
        .interruptAffinity, others.isEmpty ? .note : .warning,
        "interrupts on \(plan.cpuText): \(names.joined(separator: ", "))\(more)",
        cost: "each holds the CPU for as long as its handler runs, before any real-time thread",
        cure: others.isEmpty
          ? nil
          : machine.board.bootParameters("irqaffinity=\(free)")
            + "; at once: echo \(free) > /proc/irq/N/smp_affinity_list (interrupts that the kernel "
            + "manages refuse it: `managed_irq` in isolcpus= keeps them away)",
        repairs: others.isEmpty ? [] : foreign.map { .write(value: free, path: $0.path) }))
    return findings
  }

  /// irqbalance spreads them anew every ten seconds.
  private static func balancer(_ machine: ExaminedMachine) -> Finding? {
    guard !machine.processes.named("irqbalance").isEmpty else { return nil }
    return Finding(
      .interruptAffinity, .warning, "irqbalance is running",
      cost: "it moves interrupts back to the session's CPUs",
      cure: "systemctl disable --now irqbalance")
  }

  /// DRDY and the SPI controller serve the session.
  private static func isOurs(
    _ interrupt: Interrupt, _ machine: ExaminedMachine, _ plan: DoctorPlan
  ) -> Bool {
    interrupt.isClaimed
      || plan.spiDevices.contains { device in
        machine.answers.links["controller \(device)"].map(interrupt.serves) ?? false
      }
  }

  /// The last word is who listens.
  private static func tail(_ interrupt: Interrupt) -> String {
    interrupt.description.words.last ?? "nobody"
  }
}
