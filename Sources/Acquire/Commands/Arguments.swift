// What several commands take on their command line.

import ArgumentParser
import Monitor
import RT

/// A span of time as people write it: 20s, 1.5m, 2h, 500ms; a bare number is seconds.
struct DurationArgument: ExpressibleByArgument, Equatable {
  var span: Nanoseconds

  init(_ span: Nanoseconds) { self.span = span }

  var defaultValueDescription: String { span.readable }

  init?(argument: String) {
    let units: [(suffix: String, seconds: Double)] = [
      ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600),
      ("d", 86_400), ("", 1),
    ]
    for (suffix, seconds) in units where argument.hasSuffix(suffix) {
      guard let number = Double(argument.dropLast(suffix.count)) else { continue }
      let total = number * seconds
      // Ten years: beyond it somebody mistyped.
      guard total > 0, total < 3.2e8 else { return nil }
      span = Nanoseconds(seconds: total)
      return
    }
    return nil
  }
}

/// Where the configuration comes from.
struct ConfigurationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Configuration file.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "One setting, such as signal.mains=60; `acquire config show` lists all.",
      valueName: "key=value"))
  var set: [String] = []

  /// Defaults < file < environment < `--set` < the command's own options.
  func load(options: [(name: String, text: String?)]) throws(Failure) -> Configuration {
    var overrides = set
    for option in options {
      if let text = option.text { overrides.append("\(option.name)=\(text)") }
    }
    return try Configuration.load(
      file: config, environment: Environment.value, overrides: overrides)
  }
}

/// What every recording or running session takes.
struct SessionOptions: ParsableArguments {
  @OptionGroup var source: ConfigurationOptions

  @Option(
    help: ArgumentHelp("Ends after so long: 20s, 5m, 2h. Without: until Ctrl-C.", valueName: "time")
  )
  var duration: DurationArgument?

  @Option(
    help: ArgumentHelp(
      "Where samples come from: model, ads1299, replay, cyton, daisy, openeeg, freeeeg32, biosemi.",
      valueName: "kind"))
  var amplifier: String?

  @Option(
    help: ArgumentHelp(
      "Serial line of an amplifier that streams; without: USB.", valueName: "device"))
  var port: String?

  @Option(
    help: ArgumentHelp(
      "Samples a second: 250, 500, 1000, 2000, 4000, 8000, 16000.", valueName: "rate"))
  var rate: String?

  @Option(help: ArgumentHelp("Gain of every channel: 1, 2, 4, 6, 8, 12, 24.", valueName: "gain"))
  var gain: String?

  @Option(
    help: ArgumentHelp(
      "What the model's electrodes carry: recording, test-signal, silence.", valueName: "kind"))
  var input: String?

  @Option(
    help: ArgumentHelp(
      "BDF or EDF file that the model plays or that is replayed.", valueName: "file"))
  var recording: String?

  @Option(
    help: ArgumentHelp("Clock of the model: held, or free-running as silicon.", valueName: "kind"))
  var clock: String?

  @Option(help: ArgumentHelp("Folder for the recording.", valueName: "folder"))
  var output: String?

  @Flag(help: "Runs without real-time scheduling where it is refused, and says so in the report.")
  var allowBestEffort = false

  @Option(help: ArgumentHelp(ReportFile.help, valueName: "file"))
  var report: String?

  @Flag(name: .shortAndLong, help: "No status line; only the closing report.")
  var quiet = false

  var overrides: [(name: String, text: String?)] {
    [
      ("amplifier.kind", amplifier), ("amplifier.port", port), ("amplifier.rate", rate),
      ("amplifier.gain", gain),
      ("amplifier.input", input), ("amplifier.recording", recording), ("amplifier.clock", clock),
      ("recording.folder", output),
      ("realtime.allow-best-effort", allowBestEffort ? "true" : nil),
    ]
  }
}
