// acquire config: show what would be used, check a file.

import ArgumentParser

struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows and checks the configuration.",
    discussion: """
      EXAMPLES
        acquire config show > acquire.toml      every key with its default and its meaning
        acquire config check acquire.toml       names the line of every mistake

      Every key can also be set in the environment: amplifier.spi-device is \
      ACQUIRE_AMPLIFIER_SPI_DEVICE. Command line over environment over file over defaults.
      """,
    subcommands: [Show.self, Check.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the configuration in force as an annotated TOML file.")

    @OptionGroup var source: ConfigurationOptions

    func run() throws {
      let configuration = try source.load(options: [])
      Terminal.output.write(configuration.annotated)
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Names the line of every mistake in a file, unknown keys included.")

    @Argument(help: "The file to check.")
    var file: String

    func run() throws {
      let text = try TextFile.read(file)
      var configuration = Configuration()
      var source = ConfigurationFile(text: text)
      source.apply(to: &configuration)
      source.reportStrangers(to: configuration.amplifier.kind)
      for mistake in source.mistakes {
        let place = mistake.line.map { "\(file):\($0)" } ?? file
        Terminal.output.write("\(place): \(mistake.sentence)\n")
      }
      // What each part refuses when it is built from these values.
      if source.mistakes.isEmpty {
        let plan = try SessionPlan(configuration, montage: try configuration.montage())
        _ = try configuration.impedanceMonitor()
        if plan.lacksModel {
          _ = try plan.chain()
          Terminal.output.write(
            "\(file): all right for `acquire record`; `acquire run` needs a decoder.model for "
              + "these channels\n")
        } else {
          _ = try plan.stage()
          Terminal.output.write("\(file): all right\n")
        }
      } else {
        let count = source.mistakes.count
        throw Failure(
          .configuration, "\(file) has \(count) mistake\(count == 1 ? "" : "s"), listed above")
      }
    }
  }
}
