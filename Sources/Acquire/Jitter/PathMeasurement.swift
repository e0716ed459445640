// acquire jitter --path: the device's own way in the place of a timer.
//
// A session like any other, with both its threads, its rings, its governor and its link, that makes
// no recording: edge → frame → ring → filtered → decoded → governed → written → acknowledged.

import ArgumentParser
import Monitor
import RT

struct PathOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      """
      Measures the real path in the place of a timer: DRDY's edge, frame, ring, decoding, command \
      written, acknowledged. Takes --config, --set, --amplifier, --port, --rate, --exoskeleton, \
      -D, -q, -b (for the whole: edge → command; it ends nothing), -h, --histfile, --report and \
      --allow-best-effort.
      """))
  var path = false

  @OptionGroup var source: ConfigurationOptions

  @Option(help: ArgumentHelp("With --path: where samples come from.", valueName: "kind"))
  var amplifier: String?

  @Option(help: ArgumentHelp("With --path: serial line of the amplifier.", valueName: "device"))
  var port: String?

  @Option(help: ArgumentHelp("With --path: samples a second.", valueName: "rate"))
  var rate: String?

  @Option(
    help: ArgumentHelp(
      """
      With --path: serial device of the exoskeleton, whose joint moves as in a session; without: a \
      virtual one, whatever the configuration says.
      """, valueName: "port"))
  var exoskeleton: String?

  var isAny: Bool {
    source.config != nil || !source.set.isEmpty || amplifier != nil || port != nil || rate != nil
      || exoskeleton != nil
  }
}

/// What `jitter --path` measures, and how it tells.
struct PathMeasurement {
  private let options: PathOptions
  private let plan: JitterPlan

  /// Nil where a timer is to be measured.
  init?(_ options: Jitter, _ plan: JitterPlan) throws(Failure) {
    guard options.device.path else {
      guard !options.device.isAny else {
        throw Failure(
          .usage, "--config, --set, --amplifier, --port, --rate and --exoskeleton are for --path")
      }
      return nil
    }
    let strange: [(Bool, String)] = [
      (options.chain != nil, "--chain"), (options.soak, "--soak"),
      (options.threads != nil || options.smp, "-t and -S"),
      (options.affinity != nil, "-a (take --set realtime.acquisition-cpu)"),
      (options.priority != nil, "-p (take --set realtime.acquisition-priority)"),
      (options.policy != nil || options.priospread, "--policy (take --set realtime.policy)"),
      (options.interval.span != .milliseconds(1), "-i (take --rate)"),
      (options.loops != 0, "-l (take -D)"), (options.histofall != nil, "-H (take -h)"),
      (options.spike != nil || options.tracemark, "--spike and --tracemark"),
      (options.json != nil, "--json (take --report)"), (options.verbose, "-v"),
      (options.nsecs, "-N"), (options.defaultSystem || options.laptop, "--default-system"),
      (options.latency != nil, "--latency"), (options.mainaffinity != nil, "--mainaffinity"),
      (options.distance != nil, "-d"), (options.refreshOnMax, "-M"),
    ]
    let found = strange.filter(\.0).map(\.1)
    guard found.isEmpty else {
      throw Failure(
        .usage, "--path is a session, which has no " + found.joined(separator: ", no "))
    }
    try Self.checkExoskeleton(options.device)
    self.options = options.device
    self.plan = plan
  }

  /// Whom a path moves is said in one place.
  private static func checkExoskeleton(_ options: PathOptions) throws(Failure) {
    func isSet(_ name: String) -> Bool {
      options.source.set.contains { $0.hasPrefix(name + "=") }
    }
    if isSet("exoskeleton.port") {
      throw Failure(
        .usage,
        "--path moves only what is named for it: name it with --exoskeleton, not with --set "
          + "exoskeleton.port")
    }
    if options.exoskeleton == nil, isSet("exoskeleton.protocol") {
      throw Failure(
        .usage,
        "without --exoskeleton, --path has a virtual one with a protocol of its own: leave --set "
          + "exoskeleton.protocol out")
    }
  }

  func run() throws(Failure) {
    try plan.checkOutputPlaces()
    var course = SessionCourse(
      configuration: try options.source.load(options: overrides), decodes: true)
    course.duration = plan.duration
    course.isQuiet = plan.isQuiet
    course.records = false
    let outcome = try course.run()
    let timing = outcome.report.timing
    let histogram =
      plan.binCount > 0 ? PathHistogram(timing.series, binCount: plan.binCount).text : ""
    // Files first: a terminal that stands still must not keep them from being written.
    let written = Result { () throws(Failure) in
      try plan.report?.write(outcome.report)
      if let file = plan.histogramFile { try TextFile.write(histogram, to: file) }
    }
    // The table alone, or each stage's histogram, too.
    let page = plan.isQuiet ? outcome.report.page : "\n" + timing.page(.current)
    Terminal.output.writeLast(page + (plan.histogramFile == nil ? histogram : ""))
    guard outcome.status == .success else {
      throw Failure(outcome.status, outcome.report.faults.joined(separator: " "))
    }
    try written.get()
    let whole = timing.series.first { $0.name == Stage.edgeToCommand.rawValue }
    guard let threshold = plan.breakAbove, let whole, whole.breaches > 0 else { return }
    throw Failure(
      .threshold,
      "edge → command took \(whole.latency.max.readable) at worst, more than the "
        + "\(threshold.readable) of -b, \(whole.breaches) times")
  }

  private var overrides: [(name: String, text: String?)] {
    var overrides: [(name: String, text: String?)] = [
      ("amplifier.kind", options.amplifier), ("amplifier.port", options.port),
      ("amplifier.rate", options.rate),
      ("realtime.allow-best-effort", plan.allowsBestEffort ? "true" : nil),
      ("budget.edge-to-command", plan.breakAbove.map { "\($0.microseconds)" }),
    ]
    if let exoskeleton = options.exoskeleton {
      overrides.append(("exoskeleton.port", exoskeleton))
    } else {
      // To measure moves nobody, unless that is asked for.
      overrides += [("exoskeleton.port", "virtual"), ("exoskeleton.protocol", "framed")]
    }
    return overrides
  }
}
