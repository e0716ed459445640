// What a run of jitter will be, worked out from its options; what makes no sense is refused here.

import Monitor
import RT

struct JitterPlan: Equatable {
  /// One of the measuring threads.
  struct Thread: Equatable {
    var policy: SchedulingPolicy
    /// 0 where the policy has none.
    var priority: Int
    /// Nil: any.
    var cpu: Int?
    var period: Nanoseconds
  }

  var threads: [Thread] = []
  /// As cyclictest's live line names it.
  var policyName = ""
  var loops: Int64
  var duration: Nanoseconds?
  var isInNanoseconds: Bool
  /// 0: no histogram.
  var binCount = 0
  var showsSums = false
  var histogramFile: String?
  var jsonFile: String?
  var report: ReportFile?
  /// `--breaktrace`; nil: never.
  var breakAbove: Nanoseconds?
  /// Where tracefs may be; empty: no mark is made.
  var tracingFolders: [String] = []
  var spikeAbove: Nanoseconds?
  var spikeCapacity: Int
  var chain: WakeMeans?
  var isSoak: Bool
  var isQuiet: Bool
  var isVerbose: Bool
  var repaintsAtMaximum: Bool
  var mainCPUs: [Int]?
  /// Nil: the idle states are left alone.
  var latencyMicroseconds: Int32?
  var allowsBestEffort: Bool
  var stateEvery: Nanoseconds
  var slotLength: Nanoseconds
  /// For the person, on standard error.
  var remarks: [String] = []

  /// - Parameters:
  ///   - allowedCPUs: rising, at least one.
  ///   - usualCPU: of a single thread; nil: the highest.
  init(_ options: Jitter, allowedCPUs: [Int], usualCPU: Int? = nil) throws(Failure) {
    loops = options.loops
    duration = options.duration?.span
    isInNanoseconds = options.nsecs
    spikeCapacity = options.spikeNodes ?? 1_024
    chain = options.chain
    isSoak = options.soak
    isQuiet = options.quiet
    isVerbose = options.verbose && !options.quiet
    repaintsAtMaximum = options.refreshOnMax
    allowsBestEffort = options.allowBestEffort
    stateEvery = options.stateEvery?.span ?? .seconds(10)
    slotLength = options.slot?.span ?? .seconds(10)
    try Self.checkRanges(options)
    try Self.checkCompany(options)
    binCount = options.histofall ?? options.histogram ?? 0
    showsSums = options.histofall != nil
    histogramFile = options.histfile
    jsonFile = options.json
    report = try options.report.map { path throws(Failure) in try ReportFile(path) }
    if isSoak, report?.format != .json || report?.isStream == true {
      throw Failure(.usage, "--soak keeps its state in a file: give --report FILE.json")
    }
    // In the run's unit, as cyclictest has both.
    let unit: Nanoseconds = isInNanoseconds ? Nanoseconds(1) : .microseconds(1)
    breakAbove = options.breaktrace.map { unit * $0 }
    spikeAbove = options.spike.map { unit * $0 }
    if options.tracemark {
      tracingFolders = options.tracingFolder.map { [$0] } ?? KernelTrace.folders
    }
    mainCPUs = try options.mainaffinity.map { set throws(Failure) in
      try Self.usable(set, "--mainaffinity", allowedCPUs)
    }
    if options.defaultSystem || options.laptop {
      remarks.append("WARN: the idle states are left as the system has them")
    } else {
      latencyMicroseconds = options.latency ?? 0
    }
    try makeThreads(options, allowedCPUs: allowedCPUs, usualCPU: usualCPU ?? allowedCPUs.last)
    try checkMemory()
  }

  private mutating func makeThreads(_ options: Jitter, allowedCPUs: [Int], usualCPU: Int?)
    throws(Failure)
  {
    var policy = options.policy ?? .fifo
    if options.priority != nil, !policy.hasPriority, policy != .deadline {
      remarks.append("policy and priority don't match: setting policy to SCHED_FIFO")
      policy = .fifo
    }
    policyName = policy == .normal ? "other" : policy.rawValue
    var set = try options.affinity.map { set throws(Failure) in
      try Self.usable(set, "--affinity", allowedCPUs)
    }
    if options.smp, set == nil { set = allowedCPUs }
    var count = options.smp ? set?.count ?? 1 : 1
    if let wanted = options.threads { count = wanted.count ?? set?.count ?? allowedCPUs.count }
    if chain != nil { count = 2 }
    if set == nil, count == 1, policy != .deadline { set = usualCPU.map { [$0] } }
    if count > 1 && binCount > 0, options.distance ?? 0 > 0 {
      remarks.append("WARN: distance is ignored and set to 0, if histogram enabled")
    }
    let distance = binCount > 0 || chain != nil ? 0 : options.distance ?? 500
    let highest = policy.hasPriority ? options.priority ?? 80 : 0
    for index in 0..<count {
      let priority = options.priospread && policy.hasPriority ? max(1, highest - index) : highest
      let period = options.interval.span + .microseconds(distance * Int64(index))
      let cpu = set.map { $0[index % $0.count] }
      threads.append(
        Thread(
          policy: Self.scheduling(
            policy, priority: priority, period: period, runtime: options.runtime?.span),
          priority: priority, cpu: cpu, period: period))
    }
  }

  private static func scheduling(
    _ policy: PolicyArgument, priority: Int, period: Nanoseconds, runtime: Nanoseconds?
  ) -> SchedulingPolicy {
    switch policy {
    case .other, .normal: .other
    case .batch: .batch
    case .idle: .idle
    case .fifo: .fifo(priority: priority)
    case .rr: .roundRobin(priority: priority)
    case .deadline:
      .deadline(
        runtime: runtime ?? Nanoseconds(period.rawValue / 10), deadline: period, period: period)
    }
  }

  private static func usable(_ set: CPUSetArgument, _ name: String, _ allowed: [Int])
    throws(Failure) -> [Int]
  {
    let cpus = set.resolved(allowed: allowed)
    guard !cpus.isEmpty else {
      throw Failure(.usage, "\(name) leaves no CPU: this process may use \(allowed)")
    }
    return cpus
  }

  /// Periods that fit into the run; 0: it has no length.
  func periodLimit(_ thread: Thread) -> Int64 {
    guard let duration else { return 0 }
    return max(1, duration.rawValue / thread.period.rawValue)
  }
}
