import Foundation
import Testing
import TestSupport

/// A mistake that a user makes, and what the program must say.
struct Mistake: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var arguments: [String]
  var status: Int32
  /// Words that the sentence must hold: the thing, and the remedy.
  var words: [String]
}

private let mistakes = [
  Mistake(
    testDescription: "a missing SPI device",
    arguments: [
      "run", "--amplifier", "ads1299", "--set", "amplifier.spi-device=/dev/spidev9.9",
      "--duration", "1s",
    ],
    status: 69, words: ["/dev/spidev9.9", "acquire devices"]),
  Mistake(
    testDescription: "a missing serial port",
    arguments: ["run", "--exoskeleton", "/dev/ttyNOWHERE", "--duration", "1s"],
    status: 69, words: ["/dev/ttyNOWHERE"]),
  Mistake(
    testDescription: "a serial port that is no terminal",
    arguments: ["run", "--exoskeleton", "/dev/null", "--duration", "1s"],
    status: 69, words: ["/dev/null"]),
  Mistake(
    testDescription: "an unknown key on the command line",
    arguments: ["run", "--set", "amplifier.rates=500"],
    status: 64, words: ["amplifier.rates", "amplifier.rate"]),
  Mistake(
    testDescription: "a rate that the chip does not have",
    arguments: ["run", "--rate", "300", "--duration", "1s"],
    status: 78, words: ["300", "250"]),
  Mistake(
    testDescription: "a gain that the chip does not have",
    arguments: ["run", "--gain", "3", "--duration", "1s"],
    status: 78, words: ["3", "24"]),
  Mistake(
    testDescription: "a model for another channel count",
    arguments: [
      "run", "--set", "amplifier.channels=C3, Cz, C4, Pz", "--input", "test-signal",
      "--duration", "1s",
    ],
    status: 65, words: ["8 channels", "4"]),
  Mistake(
    testDescription: "a model file that is not there",
    arguments: ["run", "--model", "/nowhere/model.toml", "--duration", "1s"],
    status: 66, words: ["/nowhere/model.toml"]),
  Mistake(
    testDescription: "a recording that is not there",
    arguments: ["replay", "/nowhere/session.bdf"],
    status: 66, words: ["/nowhere/session.bdf"]),
  Mistake(
    testDescription: "a recording that is none",
    arguments: ["replay", "/bin/sh"],
    status: 65, words: ["/bin/sh"]),
  Mistake(
    testDescription: "a folder that cannot be written",
    arguments: ["run", "--output", "/proc/acquire", "--duration", "1s"],
    status: 73, words: ["/proc/acquire"]),
  Mistake(
    testDescription: "a band that is upside down",
    arguments: ["run", "--set", "signal.band=30, 8"],
    status: 78, words: ["signal.band", "rising"]),
  Mistake(
    testDescription: "an FIR that is too short for its band",
    arguments: ["run", "--set", "signal.filter=fir", "--set", "signal.taps=9"],
    status: 78, words: ["9", "dB"]),
  Mistake(
    testDescription: "a joint limit that is upside down",
    arguments: ["run", "--set", "exoskeleton.position-maximum=-20"],
    status: 78, words: ["position"]),
  Mistake(
    testDescription: "a target outside the joint's limits",
    arguments: ["run", "--set", "exoskeleton.targets=rest = hold, left = 10, right = 120"],
    status: 78, words: ["right", "120"]),
  Mistake(
    testDescription: "a class that the model does not have",
    arguments: ["run", "--set", "exoskeleton.targets=rest = hold, jump = 10"],
    status: 78, words: ["jump", "rest"]),
  Mistake(
    testDescription: "a duration that is none",
    arguments: ["run", "--duration", "soon"],
    status: 64, words: ["soon"]),
]

@Suite("Mistakes that users make")
struct BadInputTests {
  @Test("one sentence names the thing and the remedy, with its exit code", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    let folder = try TemporaryFolder()
    var arguments = mistake.arguments
    if arguments[0] == "run" {
      arguments += ["--allow-best-effort"]
      if !arguments.contains("--output") { arguments += ["--output", folder.path] }
    }
    let outcome = try Program.run(arguments)
    #expect(outcome.status == mistake.status, "\(outcome.errors)\(outcome.output)")
    for word in mistake.words {
      #expect(outcome.errors.contains(word), "\(word) is not in: \(outcome.errors)")
    }
    if mistake.status != 64 {
      #expect(outcome.sentence.hasPrefix("acquire: "))
      #expect(!outcome.sentence.contains("\n"), "more than one line: \(outcome.errors)")
    }
    #expect(!outcome.errors.contains("Fatal error") && !outcome.errors.contains("Stack"))
  }

  @Test("a configuration file with mistakes is refused, each with its line")
  func configurationFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("mine.toml")
    try """
    # a comment
    [amplifier]
    rate = 250
    gian = 24

    [signals]
    mains = 50

    [decoder]
    dwell = "long"
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let check = try Program.run(["config", "check", path])
    #expect(check.status == 78)
    let lines = check.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("\(path):4:") && lines[0].contains("amplifier.gain"))
    #expect(lines[1].hasPrefix("\(path):6:") && lines[1].contains("signal"))
    #expect(lines[2].hasPrefix("\(path):10:") && lines[2].contains("decoder.dwell"))
    let run = try Program.run(["run", "--config", path])
    #expect(run.status == 78)
    #expect(run.errors.contains("\(path):4:"))
  }

  @Test("what `config show` prints is accepted by `config check`, and gives the same again")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("all.toml")
    let shown = try Program.run(["config", "show", "--set", "signal.mains=60"])
    #expect(shown.status == 0)
    try shown.output.write(toFile: path, atomically: true, encoding: .utf8)
    let check = try Program.run(["config", "check", path])
    #expect(check.status == 0, "\(check.output)\(check.errors)")
    #expect(try Program.run(["config", "show", "--config", path]).output == shown.output)
    #expect(shown.output.contains("mains = 60"))
  }

  @Test("command line goes over environment, environment over file, file over defaults")
  func precedence() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("mine.toml")
    try "[amplifier]\nrate = 500\ngain = 12\nclock = \"free-running\"\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    let shown = try Program.run(
      ["config", "show", "--config", path, "--set", "amplifier.rate=2000"],
      environment: ["ACQUIRE_AMPLIFIER_RATE": "1000", "ACQUIRE_AMPLIFIER_GAIN": "6"])
    #expect(shown.output.contains("\nrate = 2000\n"))
    #expect(shown.output.contains("\ngain = 6\n"))
    #expect(shown.output.contains("\nclock = \"free-running\"\n"))
  }

  @Test("a port that another session holds is refused by name")
  func busyPort() throws {
    let folder = try TemporaryFolder()
    let exoskeleton = try Program(["simulate", "exo", "--link", folder.path("exo")])
    try exoskeleton.waitForOutput(folder.path("exo"))
    let first = try Program([
      "run", "--allow-best-effort", "--exoskeleton", folder.path("exo"), "--output", folder.path,
    ])
    try exoskeleton.waitForOutput("armed")
    let second = try Program.run([
      "run", "--allow-best-effort", "--exoskeleton", folder.path("exo"), "--output", folder.path,
      "--duration", "1s",
    ])
    #expect(second.status == 69)
    #expect(second.sentence.contains(folder.path("exo")) && second.sentence.contains("another"))
    first.send(SIGTERM)
    #expect(first.finish().status == 0)
    exoskeleton.send(SIGTERM)
    #expect(exoskeleton.finish().status == 0)
  }

  @Test("a recording that was cut short replays to its last whole record, and says so")
  func cutShort() throws {
    let folder = try TemporaryFolder()
    let whole = try Data(
      contentsOf: URL(
        fileURLWithPath: Repository.path("Sources/SampleFeed/motor-imagery-8ch-250hz.bdf")))
    let path = folder.path("cut.bdf")
    try whole.prefix(whole.count / 2 + 777).write(to: URL(fileURLWithPath: path))
    let replay = try Program.run(["replay", path, "--json"])
    #expect(replay.status == 0)
    #expect(replay.output.contains("\"sample\""))
    #expect(replay.errors.contains("cut.bdf") && replay.errors.contains("missing"))
  }

  @Test("a disk that fills up ends the recording, not the session; the file opens")
  func fullDisk() throws {
    let folder = try TemporaryFolder()
    // A limit of the size of a file is a disk that is full for this process alone.
    let outcome = try Program.run(
      [
        "run", "--allow-best-effort", "--duration", "5s", "--output", folder.path,
        "--report", "/dev/stderr",
      ],
      launcher: ["bash", "-c", "ulimit -f 24; exec \"$@\"", "bash"])
    #expect(outcome.status == 74, "\(outcome.errors)")
    #expect(outcome.errors.contains("samples"))
    #expect(outcome.output.contains("INCOMPLETE"))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".bdf") }
    let readings = try Reading.all(folder.path(try #require(files.first)))
    #expect(readings.count == 3)
    for reading in readings { #expect(reading.sampleCount >= 250) }
  }

  @Test(
    "a refused priority is an error with its cure, and accepted when best effort is",
    .enabled(if: geteuid() == 0, "needs root, to become an ordinary user"))
  func refusedPriority() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
    let nobody = [
      "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set=-all",
      "--inh-caps=-all",
    ]
    let arguments = ["run", "--duration", "2s", "--output", folder.path]
    let refused = try Program.run(arguments, launcher: nobody)
    #expect(refused.status == 77, "\(refused.errors)")
    #expect(refused.errors.contains("--allow-best-effort"))
    let accepted = try Program.run(arguments + ["--allow-best-effort"], launcher: nobody)
    #expect(accepted.status == 0, "\(accepted.errors)")
    #expect(accepted.output.contains("BEST EFFORT"))
  }
}
