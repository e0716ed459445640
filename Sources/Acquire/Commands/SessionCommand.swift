// What `run` and `record` have in common: plan, amplifier, session, report.

import Amplifiers
import Monitor
import RT
import Recording
import Signal

enum SessionCommand {
  static func run(
    _ options: SessionOptions, overrides: [(name: String, text: String?)], decodes: Bool
  ) throws {
    let configuration = try options.source.load(options: overrides)
    // Before the first thread is there, so that all of them inherit it.
    StopSignals.block(emergency: decodes)
    let outcome: (report: SessionReport, status: ExitStatus)
    switch configuration.amplifier.kind {
    case "ads1299":
      var session = try session(configuration, options, decodes: decodes)
      let chips = session.plan.impedance.map { [$0.chip] }
      outcome = try session.run(try configuration.linuxAmplifier(chips))
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
      let chip = session.plan.impedance?.chip
      if let kind = configuration.streamKind {
        outcome = try session.run(
          try configuration.streamAmplifier(kind, chips: chip.map { [$0] }))
      } else {
        outcome = try session.run(try configuration.modelledAmplifier(chip))
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
