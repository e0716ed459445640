// acquire jitter: how late does this machine wake a real-time thread?

import ArgumentParser
import Monitor
import RT

struct Jitter: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the wake-up latency of real-time threads, as cyclictest does.",
    discussion: """
      Takes cyclictest's options as they are typed for it (-Smp90 -i200 -h400 -q), prints its \
      lines, histogram and JSON, and says what it hides: periods that a stall slept over, \
      percentiles up to p99.999, and both once more with those periods counted in. Threads sleep \
      to absolute instants of CLOCK_MONOTONIC.

      Without -p and --policy it measures SCHED_FIFO 80, on the highest CPU (of isolated ones, if \
      there are), with memory locked and the CPUs' idle states held off: measured otherwise, a \
      figure says little of a real-time thread. What the system refuses ends it, with the cure, \
      unless --allow-best-effort is given. Without -l and -D it runs until Ctrl-C.

      EXAMPLES
        acquire jitter -D 10s
        acquire jitter -Smp90 -i200 -h400 -q -D 5m --histfile histogram.txt
        acquire jitter -b 150 --tracemark
        acquire jitter --chain futex -a 2,3 -D 1m
        acquire jitter --policy deadline --runtime 100us -i 1ms -D 1m
        acquire jitter -S --soak --report soak.json
        acquire jitter --path -D 1m --amplifier ads1299 --config board.toml

      EXIT CODES
        0 measured    64 wrong options    71 the system refused    73, 74 a file was not written
        77 a priority, memory lock, CPU or /dev/cpu_dma_latency was refused
        79 a latency was above -b
        --path besides: 65 a malformed model or recording    66 a file is not there
        69 a device is missing or silent    70 frames unaccounted for    76 not the device expected
        78 wrong configuration
      """,
    helpNames: .long)

  @Option(
    name: [.customShort("p"), .long],
    help: ArgumentHelp(
      "Real-time priority. 99 belongs to the kernel. Default: 80.", valueName: "1…98"))
  var priority: Int?

  @Option(help: "Scheduling policy. Default: fifo.")
  var policy: PolicyArgument?

  @Flag(help: "Each thread has a priority lower by one than the thread before it.")
  var priospread = false

  @Option(
    help: ArgumentHelp(
      "What --policy deadline is promised each period. Default: a tenth of it.", valueName: "time"))
  var runtime: DurationArgument?

  @Option(
    name: [.customShort("i"), .long],
    help: ArgumentHelp(
      "Period of the first thread: 200 is microseconds; 62500ns, 1ms.", valueName: "time"))
  var interval = IntervalArgument(.milliseconds(1))

  @Option(
    name: [.customShort("d"), .long],
    help: ArgumentHelp(
      "Each thread's period is longer by so much than that of the one before it. Default: 500, "
        + "with a histogram 0.", valueName: "us"))
  var distance: Int64?

  @Option(
    name: [.customShort("l"), .long],
    help: ArgumentHelp("Ends after so many wake-ups of a thread; 0: never.", valueName: "count"))
  var loops: Int64 = 0

  @Option(
    name: [.customShort("D"), .long],
    help: ArgumentHelp("Ends after so long: 10 is seconds; 5m, 2h, 1d.", valueName: "time"))
  var duration: DurationArgument?

  @Option(
    name: [.customShort("t"), .long],
    help: ArgumentHelp("Threads; without a number one for each CPU.", valueName: "count"))
  var threads: ThreadCountArgument?

  @Option(
    name: [.customShort("a"), .long],
    help: ArgumentHelp(
      "CPUs, each thread on the next: 1, 2-3,5, !0; without a set all of them.", valueName: "set"))
  var affinity: CPUSetArgument?

  @Flag(name: [.customShort("S"), .long], help: "A thread on each CPU: -a -t.")
  var smp = false

  @Option(help: ArgumentHelp("CPUs of the thread that prints.", valueName: "set"))
  var mainaffinity: CPUSetArgument?

  @Option(
    name: [.customShort("h"), .long],
    help: ArgumentHelp(
      "Prints a histogram of so many bins, a microsecond each.", valueName: "us"))
  var histogram: Int?

  @Option(
    name: [.customShort("H"), .long],
    help: ArgumentHelp("The same, with a column for the sum of the threads.", valueName: "us"))
  var histofall: Int?

  @Option(help: ArgumentHelp("Writes the histogram there.", valueName: "file"))
  var histfile: String?

  @Option(help: ArgumentHelp("Writes cyclictest's JSON.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp(ReportFile.help, valueName: "file"))
  var report: String?

  @Option(
    name: [.customShort("b"), .long],
    help: ArgumentHelp(
      "Ends at a latency above, with exit code 79; --path runs to its end. With -N: ns.",
      valueName: "us"))
  var breaktrace: Int64?

  @Flag(help: "Then marks and stops the kernel's trace.")
  var tracemark = false

  @Option(help: ArgumentHelp("Lists latencies above. With -N: ns.", valueName: "us"))
  var spike: Int64?

  @Option(help: ArgumentHelp("So many of them at most. Default: 1024.", valueName: "count"))
  var spikeNodes: Int?

  @Option(
    help: "One thread wakes another, by a futex or an eventfd; measures the way there and back.")
  var chain: WakeMeans?

  @Flag(
    help: "Runs on without its terminal; keeps --report FILE.json up to date every ten seconds.")
  var soak = false

  @Flag(name: [.customShort("q"), .long], help: "Prints at the end only.")
  var quiet = false

  @Flag(name: [.customShort("v"), .long], help: "Prints each value: thread:count:value.")
  var verbose = false

  @Flag(name: [.customShort("N"), .long], help: "Nanoseconds in place of microseconds.")
  var nsecs = false

  @Flag(
    name: [.customShort("M"), .customLong("refresh_on_max")], help: "Repaints at a new maximum.")
  var refreshOnMax = false

  @Flag(name: [.customShort("m"), .long], help: "Locks memory; done in any case.")
  var mlockall = false

  @Flag(name: [.customShort("u"), .long], help: "Nothing is buffered in any case.")
  var unbuffered = false

  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp("0: CLOCK_MONOTONIC, the only one.", valueName: "0"))
  var clock = 0

  @Option(
    help: ArgumentHelp("The longest wake-up of an idle CPU that is accepted.", valueName: "us"))
  var latency: Int32?

  @Flag(help: "Leaves the idle states as the system has them.")
  var defaultSystem = false

  @Flag(help: "The same: spares the battery, and measures worse.")
  var laptop = false

  @Flag(help: "Runs without what the system refuses, and says so in the first line.")
  var allowBestEffort = false

  @OptionGroup var device: PathOptions

  @Option(help: .hidden)
  var stateEvery: DurationArgument?

  @Option(help: .hidden)
  var slot: DurationArgument?

  @Option(help: .hidden)
  var tracingFolder: String?

  func run() throws {
    let machine = Machine.current()
    let plan = try JitterPlan(
      self, allowedCPUs: machine.allowedCPUs, usualCPU: machine.usableIsolatedCPUs.last)
    for remark in plan.remarks { Terminal.error.write(remark + "\n") }
    // What is said after the run may wait for its reader, but not without an end.
    defer { StopSignals.unblock() }
    if let measurement = try PathMeasurement(self, plan) { return try measurement.run() }
    let status =
      if let means = plan.chain {
        try ChainRun(plan, means: means).run()
      } else {
        try JitterRun(plan).run()
      }
    if status != .success { Acquire.exit(status) }
  }
}
