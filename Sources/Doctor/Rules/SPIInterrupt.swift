// Does the SPI controller's interrupt thread come before a decoding thread that computes?

extension Rule {
  static let spiInterrupt = Rule(.spiInterrupt) { machine, plan in
    let controllers = Set(plan.spiDevices.compactMap { machine.answers.links["controller \($0)"] })
    guard !plan.spiDevices.isEmpty else { return [] }
    guard !controllers.isEmpty else {
      return [.unknown(.spiInterrupt, "which controller serves \(plan.spiDevices[0])")]
    }
    let threads = machine.interruptThreads { interrupt in
      controllers.contains(where: interrupt.serves)
    }
    let name = controllers.sorted().joined(separator: ", ")
    guard !threads.isEmpty else {
      return [Finding(.spiInterrupt, .ok, "\(name) has no interrupt thread that could be late")]
    }
    let low = threads.filter { thread in
      !thread.isRealTime || thread.realTimePriority < plan.leastSPIThreadPriority
    }
    if low.isEmpty {
      let priorities = threads.map { String($0.realTimePriority) }.joined(separator: ", ")
      return [Finding(.spiInterrupt, .ok, "\(name)'s interrupt thread has priority \(priorities)")]
    }
    let wanted = plan.spiThreadPriority
    return [
      Finding(
        .spiInterrupt, .warning,
        "\(name)'s interrupt thread has priority \(low[0].realTimePriority), the decoding thread "
          + "\(plan.decodingPriority)",
        cost: "where a transfer is not polled, its end waits while the decoding thread computes on "
          + "the same CPU",
        cure: low.map { "chrt -f -p \(wanted) \($0.number)" }.joined(separator: "; "),
        repairs: low.map {
          .interruptPriority(thread: $0.number, name: $0.name, priority: wanted)
        })
    ]
  }
}
