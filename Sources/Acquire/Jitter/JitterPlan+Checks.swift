// Values of jitter's options that are out of range, and options that make no sense together.

import RT

extension JitterPlan {
  static func checkRanges(_ options: Jitter) throws(Failure) {
    try check("--priority", options.priority, 1...98)
    try check("--histogram", options.histogram, 1...1_000_000)
    try check("--histofall", options.histofall, 1...1_000_000)
    try check("--loops", options.loops, 0...Int64(1) << 53)
    try check("--distance", options.distance, 0...1_000_000)
    try check("--breaktrace", options.breaktrace, 1...1_000_000_000)
    try check("--spike", options.spike, 1...1_000_000_000)
    try check("--spike-nodes", options.spikeNodes, 1...1_000_000)
    try check("--threads", options.threads?.count, 1...1_024)
    try check("--latency", options.latency, 0...1_000_000)
    let interval = options.interval.span
    guard interval >= .microseconds(10), interval <= .seconds(3_600) else {
      throw Failure(.usage, "--interval must lie between 10 µs and 1 h")
    }
    if let runtime = options.runtime?.span {
      guard runtime >= .microseconds(1), runtime <= interval else {
        throw Failure(.usage, "--runtime must lie between 1 µs and the interval")
      }
    }
    if options.clock == 1 {
      throw Failure(
        .usage,
        "--clock 1 is not offered: CLOCK_REALTIME is set while a program runs, and its jumps would "
          + "count as latencies")
    }
    try check("--clock", options.clock, 0...0)
  }

  private static func check<Number: Comparable>(
    _ name: String, _ value: Number?, _ range: ClosedRange<Number>
  ) throws(Failure) {
    guard let value, !range.contains(value) else { return }
    throw Failure(
      .usage, "\(name) must lie in \(range.lowerBound)…\(range.upperBound), not be \(value)")
  }

  /// All of it is locked before the first period, and printed in one piece at the end.
  func checkMemory() throws(Failure) {
    let most = 20_000_000
    let spikes = spikeAbove == nil ? 0 : spikeCapacity
    for (count, name) in [(binCount, "bins of the histogram"), (spikes, "spikes")]
    where count * threads.count > most {
      throw Failure(
        .usage,
        "\(count) \(name) for each of \(threads.count) threads are more than \(most) together, "
          + "which memory is for: take fewer")
    }
  }

  static func checkCompany(_ options: Jitter) throws(Failure) {
    let hasHistogram = options.histogram != nil || options.histofall != nil
    let isDeadline = options.policy == .deadline
    let leavesIdleStates = options.defaultSystem || options.laptop
    let senseless: [(Bool, String)] = [
      (options.histfile != nil && !hasHistogram, "--histfile needs a histogram: -h 400"),
      (options.tracemark && options.breaktrace == nil, "--tracemark needs a threshold: -b 150"),
      (options.tracingFolder != nil && !options.tracemark, "--tracing-folder needs --tracemark"),
      (options.spikeNodes != nil && options.spike == nil, "--spike-nodes needs --spike"),
      (options.runtime != nil && !isDeadline, "--runtime needs --policy deadline"),
      (isDeadline && options.priority != nil, "--policy deadline has no priority: leave -p out"),
      (
        isDeadline && (options.affinity != nil || options.smp),
        "a SCHED_DEADLINE thread cannot be pinned: leave -a and -S out"
      ),
      (
        leavesIdleStates && options.latency != nil,
        "--latency and --default-system or --laptop contradict each other"
      ),
      (
        options.priospread && !(options.policy ?? .fifo).hasPriority,
        "--priospread needs a policy with priorities: fifo or rr"
      ),
      (options.stateEvery != nil && !options.soak, "--state-every needs --soak"),
      (options.slot != nil && !options.soak, "--slot needs --soak"),
      (
        options.soak && options.verbose,
        "--soak is for nobody at the terminal, and -v for somebody: leave one of them out"
      ),
      (
        options.chain != nil && (options.distance != nil || options.refreshOnMax),
        "--chain has one period and prints at its end: leave -d and -M out"
      ),
      (
        options.chain != nil && (hasHistogram || options.spike != nil || options.breaktrace != nil),
        "--chain has no -h, -H, --spike and -b: take --report"
      ),
      (
        options.chain != nil && (options.threads != nil || options.smp || options.soak),
        "--chain is two threads and a report at the end: leave -t, -S and --soak out"
      ),
      (
        options.chain != nil && (options.json != nil || options.verbose || options.nsecs),
        "--chain has no cyclictest JSON, stream and -N: take --report"
      ),
    ]
    for (isSenseless, sentence) in senseless where isSenseless {
      throw Failure(.usage, sentence)
    }
  }
}
