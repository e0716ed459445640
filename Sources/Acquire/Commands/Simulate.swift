// acquire simulate: the other end, for whoever has no exoskeleton at hand.

import ArgumentParser
import Exoskeleton
import RT

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulates a device on a pseudo terminal.",
    subcommands: [Exo.self])

  struct Exo: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "exo",
      abstract: "A virtual exoskeleton: one joint, a firmware loop, a watchdog of its own.",
      discussion: """
        Prints the path of its serial port, then a line for each change of its state, until Ctrl-C.

        EXAMPLES
          acquire simulate exo --link /tmp/exo
          acquire run --exoskeleton /tmp/exo
        """)

    @Option(help: ArgumentHelp("A stable name for the port.", valueName: "path"))
    var link: String?

    @Option(help: ArgumentHelp("Rate of the firmware loop.", valueName: "hertz"))
    var loop = 100.0

    @Option(help: ArgumentHelp("Goes neutral after so long without a command.", valueName: "time"))
    var watchdog = DurationArgument(argument: "100ms") ?? .default

    func run() throws {
    }
  }
}
