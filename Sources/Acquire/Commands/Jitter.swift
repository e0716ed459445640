// acquire jitter: how late does this machine wake a real-time thread?

import ArgumentParser
import Monitor
import RT

struct Jitter: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the wake-up latency of a real-time thread, as cyclictest does.",
    discussion: """
      Sleeps to absolute instants of CLOCK_MONOTONIC and records how much later the thread woke. \
      Unlike cyclictest it says how many periods were missed altogether.

      EXAMPLES
        acquire jitter --duration 10s
        acquire jitter --interval 62500ns --priority 90 --cpu 3 --json
      """)

  @Option(help: ArgumentHelp("How long.", valueName: "time"))
  var duration = DurationArgument(.seconds(5))

  @Option(help: ArgumentHelp("Period of the timer.", valueName: "time"))
  var interval = DurationArgument(.milliseconds(1))

  @Option(help: ArgumentHelp("SCHED_FIFO priority.", valueName: "1…98"))
  var priority = 80

  @Option(help: ArgumentHelp("CPU to run on; without: the highest.", valueName: "cpu"))
  var cpu: Int?

  @Flag(help: "Runs without real-time scheduling where it is refused, and says so.")
  var allowBestEffort = false

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    guard (1...98).contains(priority) else {
      throw ValidationError("--priority must lie in 1…98, not be \(priority)")
    }
    guard interval.span >= .microseconds(10) else {
      throw ValidationError("--interval must be at least 10 µs")
    }
  }

  func run() throws {
    let machine = Machine.current()
    var reasons: [String] = []
    do throws(SchedulingFault) {
      try MemoryLock.engage()
    } catch {
      guard allowBestEffort else { throw Failure(.refused, error.message) }
      reasons.append(error.message)
    }
    let latencyRequest = CPULatencyRequest()
    let settings = ThreadSettings(
      name: "jitter", policy: .fifo(priority: priority), cpu: cpu ?? machine.allowedCPUs.last,
      enforcement: allowBestEffort ? .bestEffort : .enforce)
    let count = duration.span.rawValue / interval.span.rawValue
    let thread = try explaining(.refused) { () throws(SchedulingFault) in
      try RealTimeThread.start(
        settings, workspace: JitterWorkspace(period: interval.span, tickCount: count)
      ) { $0.run() }
    }
    if let refusal = thread.refusal { reasons.append(refusal.message) }
    let workspace = thread.join()
    let summary = workspace.histogram.summary
    if json {
      let report = JSON.object([
        .init("schemaVersion", .integer(1)),
        .init("intervalNanoseconds", .integer(interval.span.rawValue)),
        .init("priority", .integer(Int64(priority))),
        .init("wakeUps", summary.json),
        .init("missed", .integer(workspace.missed)),
        .init("bestEffort", .bool(!reasons.isEmpty)),
        .init("cpuLatencyRequestHeld", .bool(latencyRequest.isHeld)),
        .init("machine", .object(machine.rows.map { .init($0.name, .string($0.text)) })),
      ])
      Terminal.output.write(report.line + "\n")
      return
    }
    var text = ""
    if !reasons.isEmpty {
      text += "BEST EFFORT, not real time: \(reasons.joined(separator: "; "))\n"
    }
    for row in machine.rows { text += "# \(row.name): \(row.text)\n" }
    // cyclictest's own line, in microseconds, so that eyes and scripts find what they know.
    text +=
      CyclictestLine(
        priority: priority, intervalMicroseconds: interval.span.rawValue / 1_000, summary: summary
      ).text + "\n"
    text +=
      "# p50 \(summary.p50.readable)  p90 \(summary.p90.readable)  p99 \(summary.p99.readable)"
      + "  p99.9 \(summary.p99_9.readable)  max \(summary.max.readable)\n"
    text += "# missed periods: \(workspace.missed)\n"
    Terminal.output.write(text)
  }
}

/// What the measuring thread owns.
struct JitterWorkspace: ~Copyable {
  private var timer: CyclicTimer
  private let tickCount: Int64
  var histogram = LatencyHistogram()
  private(set) var missed: Int64 = 0

  init(period: Nanoseconds, tickCount: Int64) {
    timer = CyclicTimer(period: period)
    self.tickCount = tickCount
  }

  /// Until so many periods are over, missed ones included.
  @_noLocks @_noAllocation
  mutating func run() {
    timer.restart()
    var done: Int64 = 0
    while done < tickCount {
      let tick = timer.wait()
      histogram.record(tick.woke - tick.scheduled)
      missed &+= tick.missed
      done &+= 1 &+ tick.missed
    }
  }
}
