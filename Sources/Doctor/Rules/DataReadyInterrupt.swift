// Does the thread that hands an edge on come before those that wait for it?

extension Rule {
  static let dataReadyInterrupt = Rule(.dataReadyInterrupt) { machine, plan in
    guard !plan.spiDevices.isEmpty else { return [] }
    let threads = machine.interruptThreads { $0.isClaimed }
    let wanted = plan.dataReadyThreadPriority
    guard !threads.isEmpty else {
      return [
        Finding(
          .dataReadyInterrupt, .note, "DRDY has no interrupt thread now: no session is running",
          cost: "the kernel gives it priority 50, below a decoding thread that computes",
          cure: "while a session runs: acquire doctor --fix, with the same --config")
      ]
    }
    let low = threads.filter { thread in
      !thread.isRealTime || thread.realTimePriority < plan.leastDataReadyThreadPriority
    }
    if low.isEmpty {
      let priorities = threads.map { String($0.realTimePriority) }.joined(separator: ", ")
      return [
        Finding(.dataReadyInterrupt, .ok, "DRDY's interrupt thread has priority \(priorities)")
      ]
    }
    return [
      Finding(
        .dataReadyInterrupt, .warning,
        "DRDY's interrupt thread \(low[0].name) has priority \(low[0].realTimePriority), the "
          + "session's threads have \(plan.acquisitionPriority) and \(plan.decodingPriority)",
        cost: "an edge waits while the decoding thread computes on the same CPU",
        cure: low.map { "chrt -f -p \(wanted) \($0.number)" }.joined(separator: "; "),
        repairs: low.map {
          .interruptPriority(thread: $0.number, name: $0.name, priority: wanted)
        })
    ]
  }
}
