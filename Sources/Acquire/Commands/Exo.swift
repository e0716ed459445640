// acquire exo: an exoskeleton in a person's hands, in a session or alone.

import ArgumentParser

struct ExoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exo",
    abstract: "Stops, arms, watches, moves and measures an exoskeleton.",
    discussion: """
      Of a session that runs:
        acquire exo stop                 every session of this user, at once
        acquire exo release              ends the stop; disarmed
        acquire exo arm                  and what the decoder decides moves it again
        acquire exo status --json
        acquire exo heartbeat            the operator is there

      Of an exoskeleton that no session holds:
        acquire exo identify --port /dev/ttyUSB0 --protocol vesc
        acquire exo jog --port /dev/ttyUSB0 --to 40,10
        acquire exo measure --port /dev/ttyUSB0
        acquire exo stop --port /dev/ttyUSB0

      Without metal: acquire exo simulate --link /tmp/exo

      A stop by software never replaces one that cuts the power (docs/safety.md).
      """,
    subcommands: [
      Stop.self, Release.self, Arm.self, Disarm.self, Status.self, Heartbeat.self, Identify.self,
      Jog.self, Measure.self, SimulateDrive.self,
    ])

  struct SimulateDrive: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "simulate",
      abstract: "A drive on a pseudo-terminal: one joint behind each protocol that is spoken.",
      discussion: """
        \(ExoSimulation.discussion)

        EXAMPLES
          acquire exo simulate --link /tmp/exo
          acquire exo simulate --protocol cubemars --link /tmp/exo
        """)

    @OptionGroup var simulation: ExoSimulation

    func run() throws { try simulation.run() }
  }
}
