// The program: one command line, several commands, one way to fail.

import ArgumentParser
import RT
import SPIShim

@main
struct Acquire: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "acquire",
    abstract:
      "Reads the brain in real time, decodes it, moves an exoskeleton, and says how long it took.",
    discussion: """
      Without any option, `acquire run` plays a real EEG recording through a model of the ADS1299, \
      decodes it, and drives a virtual exoskeleton: no hardware, no configuration.

      EXAMPLES
        acquire run --duration 20s
        acquire run --amplifier ads1299 --exoskeleton /dev/ttyUSB0 --output recordings
        acquire record --duration 5m
        acquire replay recordings/acquire-20261120T101500Z.bdf --json
        acquire impedance
        acquire exo stop
        acquire jitter -D 10s
        acquire report before.json after.json
        acquire doctor --amplifier ads1299
        acquire config check my.toml

      EXIT CODES
        0 all went well             64 wrong command line       65 malformed recording or model
        66 an input is not there    69 device missing or silent 70 frames unaccounted for
        71 the system refused       73 recording not creatable  74 recording incomplete
        76 not the expected device  77 permission or priority   78 wrong configuration
        79 jitter's threshold broken; of `acquire doctor` besides: 10 warnings, 20 errors

      This is research software and not a medical device.
      """,
    version: "0.1.0",
    subcommands: [
      Run.self, Record.self, Replay.self, Impedance.self, Simulate.self, Jitter.self, Report.self,
      DoctorCommand.self, Devices.self, Config.self, ExoCommand.self,
    ])

  static func main() {
    do {
      var words = Array(CommandLine.arguments.dropFirst())
      if words.first == "jitter" {
        words = try [words[0]] + CyclictestArguments.rewritten(Array(words.dropFirst()))
      }
      var command = try parseAsRoot(words)
      try command.run()
    } catch let failure as Failure {
      Terminal.error.write("acquire: \(failure.sentence)\n")
      exit(failure.status)
    } catch {
      exit(withError: error)
    }
  }

  static func exit(_ status: ExitStatus) -> Never { exit(withError: ExitCode(status.rawValue)) }
}
