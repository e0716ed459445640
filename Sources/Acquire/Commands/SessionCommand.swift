// What `run` and `record` have in common: plan, amplifier, session, report.

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
    let configuration = try options.source.load(options: overrides)
    guard gathering == nil || configuration.streamKind != nil else {
      throw Failure(
        .usage,
        "--gather is for amplifiers that send by themselves: the \(configuration.amplifier.kind) "
          + "keeps no sample that is not fetched; leave it out")
    }
    // Before the first thread is there, so that all of them inherit it.
    StopSignals.block(emergency: decodes)
    let outcome: (report: SessionReport, status: ExitStatus)
    switch configuration.amplifier.kind {
    case "ads1299":
      var session = try session(configuration, options, decodes: decodes)
      outcome = try session.run(
        try configuration.linuxAmplifier(session.plan.impedance?.chips))
    case "replay":
      let recording = try configuration.recordingToPlay()
      var session = Session(
        plan: try SessionPlan(configuration, montage: recording.samples.montage),
        decodes: decodes, duration: options.duration?.span, isQuiet: options.quiet)
      let name =
        configuration.amplifier.recording.isEmpty
        ? "the embedded recording" : configuration.amplifier.recording
      outcome = try session.run(recording.replay(name: name, pace: .realTime))
    default:
      var session = try session(configuration, options, decodes: decodes)
      let chips = session.plan.impedance?.chips
      if let kind = configuration.streamKind {
        session.plan.gathering = gathering
        outcome = try session.run(
          try configuration.streamAmplifier(kind, chips: chips, gathering: gathering))
      } else {
        outcome = try session.run(try configuration.modelledAmplifier(chips?.first))
      }
    }
    Terminal.output.write("\n" + outcome.report.page)
    if let path = options.report { try TextFile.write(outcome.report.json.page, to: path) }
    guard outcome.status == .success else {
      throw Failure(outcome.status, outcome.report.faults.joined(separator: " "))
    }
  }

  private static func session(
    _ configuration: Configuration, _ options: SessionOptions, decodes: Bool
  ) throws(Failure) -> Session {
    var plan = try SessionPlan(configuration, montage: try configuration.montage())
    plan.impedance = try configuration.impedanceMonitor()
    return Session(
      plan: plan, decodes: decodes, duration: options.duration?.span, isQuiet: options.quiet)
  }
}
