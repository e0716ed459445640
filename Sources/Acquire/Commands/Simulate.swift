// acquire simulate: devices on pseudo-terminals, for whoever has none at hand.

import ArgumentParser

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulates a device on a pseudo terminal.",
    subcommands: [Exo.self, Cyton.self, Daisy.self, OpenEEG.self, FreeEEG32.self, BioSemi.self])
}
