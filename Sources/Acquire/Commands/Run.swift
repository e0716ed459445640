// acquire run and acquire record: a session, with and without the exoskeleton.

import ArgumentParser
import Monitor
import RT

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Reads, decodes, commands, records, and reports where every microsecond went.",
    discussion: """
      EXAMPLES
        acquire run --duration 20s
            A real EEG recording played by a model of the ADS1299, a virtual exoskeleton.
        acquire run --amplifier ads1299 --exoskeleton /dev/ttyUSB0 --model my-model.toml
        acquire run --input test-signal --rate 1000 --report report.json

      Ctrl-C and SIGTERM end the session well: the exoskeleton neutral, the recording whole.
      """)

  @OptionGroup var session: SessionOptions

  @Option(
    help: ArgumentHelp("Serial device of the exoskeleton, `virtual`, or `none`.", valueName: "port")
  )
  var exoskeleton: String?

  @Option(help: ArgumentHelp("Bits a second on the serial line.", valueName: "baud"))
  var baud: String?

  @Option(help: ArgumentHelp("Model file of the decoder.", valueName: "file"))
  var model: String?

  /// Known here so that it is refused in words that help.
  @Option(help: .hidden)
  var gather: DurationArgument?

  func validate() throws {
    guard gather == nil else {
      throw ValidationError(
        "--gather is for `acquire record`: whoever is moved must not be moved by late samples")
    }
  }

  func run() throws {
    let overrides =
      session.overrides + [
        ("exoskeleton.port", exoskeleton), ("exoskeleton.baud", baud), ("decoder.model", model),
      ]
    try SessionCommand.run(session, overrides: overrides, decodes: true)
  }
}

struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Records every sample; decodes nothing and commands nothing.",
    discussion: """
      EXAMPLES
        acquire record --duration 5m --output recordings
        acquire record --amplifier ads1299 --rate 500 --gain 12
        acquire record --amplifier cyton --gather 100ms
            What has come is taken ten times a second: a quarter of the processor's time.
      """)

  @OptionGroup var session: SessionOptions

  @Option(
    help: ArgumentHelp(
      "Takes what an amplifier on USB or a serial line sent once in so long, 10ms to 1s.",
      valueName: "time"))
  var gather: DurationArgument?

  func validate() throws {
    guard let gather else { return }
    guard gather.span >= .milliseconds(10), gather.span <= .seconds(1) else {
      throw ValidationError("--gather takes 10ms to 1s, not \(gather.span.readable)")
    }
  }

  func run() throws {
    try SessionCommand.run(
      session, overrides: session.overrides, decodes: false, gathering: gather?.span)
  }
}
