// acquire simulate cyton|daisy|openeeg|freeeeg32|biosemi: somebody else's amplifier, without one.

import ArgumentParser
import Emulators
import RT
import Recording

/// What every emulated amplifier takes.
struct EmulationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A stable name for the port.", valueName: "path"))
  var link: String?

  @Option(
    help: ArgumentHelp(
      "BDF or EDF file that the electrodes carry, instead of the embedded one.", valueName: "file"))
  var recording: String?

  @Option(help: ArgumentHelp("Samples a second, instead of the device's own.", valueName: "hertz"))
  var rate: Double?

  @Option(help: ArgumentHelp("How wrong the oscillator is.", valueName: "parts per million"))
  var ppm = 0.0

  @Option(
    help: ArgumentHelp(
      "Something that goes wrong, KIND[=COUNT]@SECONDS after the stream's start; may be repeated.",
      valueName: "fault"))
  var fault: [String] = []

  @Option(help: ArgumentHelp("Seed of the random bytes of a fault.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "New file for the truth: INDEX COUNTER sent|lost|torn COUNT1 COUNT2 … of each packet.",
      valueName: "file"))
  var truth: String?

  static var discussion: String {
    """
    Prints the path of its serial port and plays a recording, one recorded sample for each of its \
    own, until Ctrl-C. What nobody reads is dropped.

    FAULTS
      lost=N@S  N packets are never sent     garbage=N@S  N random bytes before the next packet
      torn=N@S  the next misses N bytes      duplicate=N@S  N packets come twice
      silence=MS@S  the radio is silent      restart@S  the board resets
      half=N@S  N Daisy halves are lost      failure  channel settings are refused (cyton, daisy)
      mismatch@S  packets begin A0 41 (cyton, daisy)         battery-low@S  (biosemi)
    """
  }

  /// Emulates until a signal comes.
  ///
  /// - Parameter board: makes the board that the other options describe.
  func run(_ board: (Playback, BoardOptions) throws(EmulatorFault) -> any Board) throws(Failure) {
    StopSignals.block()
    var configuration = Configuration()
    configuration.amplifier.recording = recording ?? ""
    let table = try configuration.recordingToPlay().samples
    do throws(EmulatorFault) {
      let faults = try fault.map { text throws(EmulatorFault) in try Fault(text) }
      let options = BoardOptions(rate: rate, partsPerMillion: ppm, faults: faults, seed: seed)
      let board = try board(Playback(table), options)
      let amplifier = try VirtualAmplifier(board: board, link: link, truth: truth)
      try emulate(amplifier, name: board.name)
    } catch {
      throw Failure(error.status, error.message)
    }
  }

  private func emulate(_ amplifier: VirtualAmplifier, name: String) throws(EmulatorFault) {
    try amplifier.start()
    Terminal.output.write("virtual \(name) on \(link ?? amplifier.path)\n")
    while StopSignals.wait(atMost: .seconds(1)) == nil {}
    let statistics = try amplifier.stop()
    Terminal.output.write(
      "\(statistics.made) packets made, \(statistics.lost) lost, \(statistics.torn) torn\n")
  }
}

extension EmulatorFault {
  var status: ExitStatus {
    switch self {
    case .unsuitable: .usage
    case .linkOccupied, .truthExists: .cannotCreate
    case .truthNotWritten: .inputOutput
    case .notStarted, .system: .system
    }
  }
}
