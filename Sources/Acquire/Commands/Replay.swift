// acquire replay: the live pipeline over a recording, decision by decision.

import ArgumentParser
import Decoding
import Monitor
import RT
import Recording
import Signal

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the pipeline over a recording and prints its decisions.",
    discussion: """
      The decisions are those that a live session annotated in the file, bit for bit, as long as \
      the configuration is the same.

      EXAMPLES
        acquire replay recordings/acquire-20261120T101500Z.bdf
        acquire replay session.bdf --json | head
        acquire replay session.bdf --paced
      """)

  @OptionGroup var source: ConfigurationOptions

  @Argument(help: "A BDF or EDF file.")
  var file: String

  @Option(help: ArgumentHelp("Model file of the decoder.", valueName: "file"))
  var model: String?

  @Flag(help: "One JSON object a line: sample, class, confidence.")
  var json = false

  @Flag(help: "At the speed of the recording instead of as fast as possible.")
  var paced = false

  func run() throws {
  }
}
