// What to change on this machine, so that a session is on time.
//
// The rules are pure: each sees the machine as files and answers, and the plan of a session, and
// says what it found, what that costs, and what cures it. Nothing here changes anything but
// `Repairs`, and that only what it is given.
//
//     let machine = ExaminedMachine.this(plan: plan)
//     for finding in Doctor.examine(machine, plan) { … }
//
// Start reading at `Rule.all`. A new rule is a case of `Subject`, a file in Rules/, a line in that
// table, and a section in docs/doctor.md.

/// One question, and who answers it.
struct Rule: Sendable {
  let subject: Subject
  /// Empty where the question does not concern this machine or this plan.
  let examine: @Sendable (ExaminedMachine, DoctorPlan) -> [Finding]

  init(
    _ subject: Subject,
    _ examine: @escaping @Sendable (ExaminedMachine, DoctorPlan) -> [Finding]
  ) {
    self.subject = subject
    self.examine = examine
  }

  static let all: [Rule] = [
    preemption, realTimeRights, realTimeThrottling, memoryLock,
    isolation, tickless, interruptAffinity, dataReadyInterrupt, spiInterrupt,
    governor, idleStates,
    spiDevice, spiBuffer, spiPolling, gpioChip,
    serialPort, serialLatency, serialConsole, modemManager, usbSuspend, usbHostController,
    deviceRules, service,
    clockSource, virtualisation, interruptions, underVoltage, temperature,
    swap, hugePages, lockupDetector, kernelDebugging, timerMigration,
  ]
}

public enum Doctor {
  /// All findings, in the order of the table.
  public static func examine(_ machine: ExaminedMachine, _ plan: DoctorPlan) -> [Finding] {
    Rule.all.flatMap { rule in
      rule.examine(machine, plan).map { machine.isContainer ? $0.inContainer : $0 }
    }
  }
}
