import Testing

@testable import RT

@Suite("The kernel's command line in a report")
struct KernelParametersTests {
  @Test("what matters to timing is kept as it was typed, the rest is counted and nowhere")
  func kept() {
    let told = KernelParameters(
      commandLine: "BOOT_IMAGE=/vmlinuz root=UUID=7-secret ro isolcpus=domain,managed_irq,2-3 "
        + "rcu_nocbs=2-3 rcutree.kthread_prio=11 irqaffinity=0-1 threadirqs "
        + "intel_idle.max_cstate=0 processor.max_cstate=1 8250.nr_uarts=1 "
        + "console=ttyS0,115200 ip=10.0.0.7::secret "
        + "smsc95xx.macaddr=DC:A6:32:SE:CR:ET dwc_otg.fiq_enable=0 nosmt mitigations=off")
    #expect(
      told.words == [
        "isolcpus=domain,managed_irq,2-3", "rcu_nocbs=2-3", "rcutree.kthread_prio=11",
        "irqaffinity=0-1", "threadirqs", "intel_idle.max_cstate=0", "processor.max_cstate=1",
        "8250.nr_uarts=1", "console=ttyS0,115200", "dwc_otg.fiq_enable=0", "nosmt",
        "mitigations=off",
      ])
    #expect(told.leftOutCount == 5)
  }

  @Test("names that only begin alike, quoted words and the first process's arguments stay away")
  func away() {
    let told = KernelParameters(
      commandLine: #"  netconsole=@10.0.0.7/ consoles=1 idlex=2 key="a console=secret b" "#
        + #"nmi-watchdog=0 idle=poll -- audit=1 --token secret "#)
    #expect(told.words == ["nmi-watchdog=0", "idle=poll"])
    // Of the quoted one there is one; the dashes are none.
    #expect(told.leftOutCount == 7)
    #expect(KernelParameters(commandLine: "") == KernelParameters(commandLine: " \n"))
    #expect(KernelParameters(commandLine: #"quiet "unended isolcpus=1"#).leftOutCount == 2)
  }
}
