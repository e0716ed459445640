// Which options there are: cyclictest's that people use, ours, and cyclictest's that are not done.

extension CyclictestArguments {
  static let options: [Option] = [
    Option("p", "priority", .needed),
    Option("i", "interval", .needed),
    Option("l", "loops", .needed),
    Option("D", "duration", .needed),
    Option("h", "histogram", .needed),
    Option("H", "histofall", .needed),
    Option(nil, "histfile", .needed),
    Option("m", "mlockall", .none),
    Option("a", "affinity", .optionalSet),
    Option("t", "threads", .optionalNumber),
    Option("S", "smp", .none),
    Option("q", "quiet", .none),
    Option("N", "nsecs", .none),
    Option("b", "breaktrace", .needed),
    Option(nil, "tracemark", .none),
    Option(nil, "policy", .needed),
    Option(nil, "priospread", .none),
    Option("d", "distance", .needed),
    Option(nil, "json", .needed),
    Option(nil, "spike", .needed),
    Option(nil, "spike-nodes", .needed),
    Option("v", "verbose", .none),
    Option("M", "refresh_on_max", .none),
    Option("u", "unbuffered", .none),
    Option("c", "clock", .needed),
    Option(nil, "latency", .needed),
    Option(nil, "default-system", .none),
    Option(nil, "laptop", .none),
    Option(nil, "mainaffinity", .needed),
    Option(nil, "help", .none),
    Option(nil, "version", .none),
    // Ours.
    Option(nil, "report", .needed),
    Option(nil, "soak", .none),
    Option(nil, "chain", .needed),
    Option(nil, "runtime", .needed),
    Option(nil, "allow-best-effort", .none),
    Option(nil, "path", .none),
    Option(nil, "config", .needed),
    Option(nil, "set", .needed),
    Option(nil, "amplifier", .needed),
    Option(nil, "port", .needed),
    Option(nil, "rate", .needed),
    Option(nil, "exoskeleton", .needed),
    // For tests.
    Option(nil, "state-every", .needed),
    Option(nil, "slot", .needed),
    Option(nil, "tracing-folder", .needed),
  ]

  /// An option of cyclictest, of 2.40 or earlier, that does nothing here.
  struct Refused {
    var short: Character?
    var long: String
    var reason: String

    init(_ short: Character?, _ long: String, _ reason: String) {
      self.short = short
      self.long = long
      self.reason = reason
    }
  }

  private static let alwaysAbsolute =
    "clock_nanosleep to absolute instants of CLOCK_MONOTONIC is what is done always; leave it out"
  private static let traceYourself =
    "start the kernel's trace with trace-cmd, and stop it with -b and --tracemark"

  static let refused: [Refused] = [
    Refused("n", "nanosleep", alwaysAbsolute),
    Refused("r", "relative", alwaysAbsolute),
    Refused("s", "system", alwaysAbsolute),
    Refused("x", "posix_timers", alwaysAbsolute),
    Refused("A", "aligned", "threads begin when they are started, one after the other"),
    Refused(nil, "secaligned", "threads begin when they are started, one after the other"),
    Refused("F", "fifo", "--soak writes its state into a file that can be read at any time"),
    Refused("o", "oscope", "-v shows every value; leave out what is too much with awk"),
    Refused("R", "resolution", "CLOCK_MONOTONIC counts nanoseconds wherever acquire runs"),
    Refused("X", "dbg_cyclictest", "there is nothing to debug in cyclictest here"),
    Refused(nil, "smi", "read the counter with turbostat, of linux-cpupower"),
    Refused("B", "preemptirqs", traceYourself),
    Refused("C", "context", traceYourself),
    Refused("E", "event", traceYourself),
    Refused("f", "ftrace", traceYourself),
    Refused("I", "irqsoff", traceYourself),
    Refused("O", "traceopt", traceYourself),
    Refused("P", "preemptoff", traceYourself),
    Refused("T", "tracer", traceYourself),
    Refused("w", "wakeup", traceYourself),
    Refused("W", "wakeuprt", traceYourself),
    Refused("y", "policy", "it is --policy now"),
  ]
}
