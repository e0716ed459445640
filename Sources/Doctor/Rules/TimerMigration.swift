// May a timer of an idle CPU be served by another?

extension Rule {
  static let timerMigration = Rule(.timerMigration) { machine, _ in
    guard let value = machine.files.number("/proc/sys/kernel/timer_migration") else {
      return [Finding(.timerMigration, .ok, "the kernel moves no timers")]
    }
    if value == 0 { return [Finding(.timerMigration, .ok, "timers stay on their CPU")] }
    return [
      Finding(
        .timerMigration, .note, "timers of idle CPUs may move to busy ones (timer_migration)",
        cost: "other programs' timers may be served on the session's CPUs",
        cure: "sysctl kernel.timer_migration=0",
        repairs: [.write(value: "0", path: "/proc/sys/kernel/timer_migration")])
    ]
  }
}
