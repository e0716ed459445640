// What `run`, `record` and `jitter --path` have in common: plan, amplifier, session, report.

import Amplifiers
import Monitor
import RT
import Recording
import Signal

enum SessionCommand {
  static func run(
    _ options: SessionOptions, overrides: [(name: String, text: String?)], decodes: Bool,
    gathering: Nanoseconds? = nil
  ) throws {
    let file = try options.report.map { path throws(Failure) in try ReportFile(path) }
    try file?.checkPlace()
    var course = SessionCourse(
      configuration: try options.source.load(options: overrides), decodes: decodes)
    course.duration = options.duration?.span
    course.isQuiet = options.quiet
    course.gathering = gathering
    let outcome = try course.run()
    // Before anybody may be in the way of the terminal; and the page is shown all the same.
    let written = Result { () throws(Failure) in try file?.write(outcome.report) }
    Terminal.output.writeLast("\n" + outcome.report.page)
    guard outcome.status == .success else {
      throw Failure(outcome.status, outcome.report.faults.joined(separator: " "))
    }
    try written.get()
  }
}

/// One session, whatever its amplifier.
struct SessionCourse {
  let configuration: Configuration
  /// False: no decoder and no exoskeleton.
  let decodes: Bool
  /// Nil: until a signal comes.
  var duration: Nanoseconds?
  var isQuiet = false
  /// What has come is taken once in so long; nil: at once.
  var gathering: Nanoseconds?
  /// False: no file is made.
  var records = true

  init(configuration: Configuration, decodes: Bool) {
    self.configuration = configuration
    self.decodes = decodes
  }

  /// Runs until its end. Blocks the signals that end a program, for good.
  func run() throws(Failure) -> (report: SessionReport, status: ExitStatus) {
    guard gathering == nil || configuration.streamKind != nil else {
      throw Failure(
        .usage,
        "--gather is for amplifiers that send by themselves: the \(configuration.amplifier.kind) "
          + "keeps no sample that is not fetched; leave it out")
    }
    // Before the first thread is there, so that all of them inherit it.
    StopSignals.block(emergency: decodes)
    switch configuration.amplifier.kind {
    case "ads1299":
      var session = try session()
      return try session.run(try configuration.linuxAmplifier(session.plan.impedance?.chips))
    case "replay":
      let recording = try configuration.recordingToPlay()
      var session = session(try SessionPlan(configuration, montage: recording.samples.montage))
      let name =
        configuration.amplifier.recording.isEmpty
        ? "the embedded recording" : configuration.amplifier.recording
      return try session.run(recording.replay(name: name, pace: .realTime))
    default:
      var session = try session()
      let chips = session.plan.impedance?.chips
      guard let kind = configuration.streamKind else {
        return try session.run(try configuration.modelledAmplifier(chips?.first))
      }
      session.plan.gathering = gathering
      return try session.run(
        try configuration.streamAmplifier(kind, chips: chips, gathering: gathering))
    }
  }

  private func session() throws(Failure) -> Session {
    var plan = try SessionPlan(configuration, montage: try configuration.montage())
    plan.impedance = try configuration.impedanceMonitor()
    return session(plan)
  }

  private func session(_ plan: SessionPlan) -> Session {
    var plan = plan
    plan.records = records
    return Session(plan: plan, decodes: decodes, duration: duration, isQuiet: isQuiet)
  }
}
