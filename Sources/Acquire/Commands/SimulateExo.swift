// acquire simulate exo: the other end, for whoever has no exoskeleton at hand.

import ArgumentParser

extension Simulate {
  struct Exo: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "exo",
      abstract: "A virtual exoskeleton: one joint, a firmware loop, a watchdog of its own.",
      discussion: """
        \(ExoSimulation.discussion)

        EXAMPLES
          acquire simulate exo --link /tmp/exo
          acquire simulate exo --protocol vesc
          acquire run --exoskeleton /tmp/exo
        """)

    @OptionGroup var simulation: ExoSimulation

    func run() throws { try simulation.run() }
  }
}
