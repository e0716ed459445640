// May the session keep all of its memory where it is?

extension Rule {
  static let memoryLock = Rule(.memoryLock) { machine, plan in
    // CAP_IPC_LOCK is bit 14.
    if machine.hasCapability(14) == true {
      return [Finding(.memoryLock, .ok, "memory may be locked, by CAP_IPC_LOCK")]
    }
    guard let limit = machine.limit("Max locked memory") else {
      return [.unknown(.memoryLock, "/proc/self/limits cannot be read")]
    }
    if limit == .max { return [Finding(.memoryLock, .ok, "memory may be locked without limit")] }
    // mlockall wants room for all that is mapped. A session maps more than this program does now.
    let sessionExtra: UInt64 = 64 << 20
    let mapped = machine.status("VmSize")?.words.first.flatMap { UInt64($0) } ?? 0
    let (needed, isTooMuch) = (mapped.multipliedReportingOverflow(by: 1_024).partialValue)
      .addingReportingOverflow(sessionExtra)
    let found = "\(limit / 1_024) kB may be locked"
    if mapped > 0, !isTooMuch, limit >= needed { return [Finding(.memoryLock, .ok, found)] }
    return [
      Finding(
        .memoryLock, plan.allowsBestEffort ? .warning : .error, found,
        cost: plan.allowsBestEffort
          ? "a frame may wait until a page comes back from the disk"
          : "a session does not start (exit code 77)",
        cure: "make install (`@acquire - memlock unlimited` in /etc/security/limits.d), `adduser "
          + "NAME acquire`, and log in again; in a container: --ulimit memlock=-1")
    ]
  }
}
