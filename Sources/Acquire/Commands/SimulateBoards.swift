// The amplifiers that `acquire simulate` knows: one small command for each.

import ArgumentParser
import Emulators

extension Simulate {
  struct Cyton: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cyton",
      abstract: "An OpenBCI Cyton behind its dongle: 8 channels, 250 Hz, firmware 3.1.2.",
      discussion: EmulationOptions.discussion)

    @OptionGroup var options: EmulationOptions
    @OptionGroup var electrodes: ElectrodeOptions

    func run() throws {
      try options.run { playback, board throws(EmulatorFault) in
        try CytonBoard(playing: playback, electrodeOhms: electrodes.electrodeOhms, options: board)
      }
    }
  }

  struct Daisy: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "daisy",
      abstract: "An OpenBCI Cyton with its Daisy: 16 channels, 125 Hz, in halves.",
      discussion: EmulationOptions.discussion)

    @OptionGroup var options: EmulationOptions
    @OptionGroup var electrodes: ElectrodeOptions

    func run() throws {
      try options.run { playback, board throws(EmulatorFault) in
        try CytonBoard(
          playing: playback, hasDaisy: true, electrodeOhms: electrodes.electrodeOhms,
          options: board)
      }
    }
  }

  struct OpenEEG: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "openeeg",
      abstract: "An OpenEEG amplifier with packet format 2: 6 channels of 10 bits, 256 Hz.",
      discussion: EmulationOptions.discussion)

    @OptionGroup var options: EmulationOptions

    func run() throws {
      try options.run { playback, board throws(EmulatorFault) in
        try FreeRunningBoard(OpenEEGFormat(playing: playback), options: board)
      }
    }
  }

  struct FreeEEG32: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "freeeeg32",
      abstract: "A FreeEEG32 or IronBCI-32: 32 channels, 512 Hz.",
      discussion: EmulationOptions.discussion)

    @OptionGroup var options: EmulationOptions

    @Option(
      help: ArgumentHelp(
        "Bytes between channels and end, by firmware: 0 to 128.", valueName: "count"))
    var extraBytes = 0

    func run() throws {
      try options.run { playback, board throws(EmulatorFault) in
        try FreeRunningBoard(
          try FreeEEG32Format(playing: playback, extraByteCount: extraBytes), options: board)
      }
    }
  }

  struct BioSemi: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "biosemi",
      abstract: "A BioSemi ActiveTwo behind its USB2 receiver: 32 to 608 channels, 2 to 16 kHz.",
      discussion: EmulationOptions.discussion)

    @OptionGroup var options: EmulationOptions

    @Option(help: ArgumentHelp("Generation of the amplifier: 1 or 2.", valueName: "number"))
    var mark = 2

    @Option(help: ArgumentHelp("Position of its switch: 0 to 8.", valueName: "number"))
    var speedMode = 4

    func run() throws {
      try options.run { playback, board throws(EmulatorFault) in
        try BioSemiBoard(
          playing: playback, mode: try BioSemiMode(mark: mark, speedMode: speedMode),
          options: board)
      }
    }
  }
}

/// What flows through an electrode when its impedance is measured.
struct ElectrodeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Contact of each electrode, beside the board's 2.2 kΩ.", valueName: "ohms"))
  var electrodeOhms = 10_000.0
}
