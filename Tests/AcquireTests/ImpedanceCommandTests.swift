// `acquire impedance`, as a person runs it, on the model.

import Foundation
import Testing
import TestSupport

@testable import Acquire

/// What `acquire impedance --json` says.
private struct Page: Decodable {
  struct Electrode: Decodable {
    var label: String
    var ohms: Double?
    var uncertaintyOhms: Double?
    var limitOhms: Double?
    var state: String
    var grade: String
  }
  var schemaVersion: Int
  var measures: String
  var currentAmperes: Double
  var frequencyHertz: Double
  var calibration: Double
  var seriesOhms: Double
  var frames: Int
  var lost: Int
  var windows: Int
  var electrodes: [Electrode]
}

/// What the closing report of a session says.
private struct MonitoredReport: Decodable {
  var impedances: [Page.Electrode]
  var mallocsAfterArming: Int
  var decisions: Int
  var recording: String
}

private struct CalibrationPage: Decodable {
  var calibration: Double
  var spread: Double
}

private let labels = ["FC3", "FCz", "FC4", "C3", "Cz", "C4", "CP3", "CP4"]

private func measure(_ arguments: [String], ohms: [Double]) throws -> Page {
  let list = ohms.map { "\($0)" }.joined(separator: ",")
  let outcome = try Program.run(
    ["impedance", "--json", "--set", "amplifier.electrode-ohms=\(list)"] + arguments)
  try #require(outcome.status == 0, "\(outcome.errors)")
  return try JSONDecoder().decode(Page.self, from: Data(outcome.output.utf8))
}

@Suite("acquire impedance")
struct ImpedanceCommandTests {
  @Test(
    "under real EEG every electrode's resistance comes out, within what is said of it",
    arguments: [
      ["--duration", "6s"], ["--duration", "6s", "--current", "24nA", "--rate", "500"],
      ["--duration", "6s", "--frequency", "quarter", "--rate", "500", "--gain", "12"],
    ])
  func electrodes(_ arguments: [String]) throws {
    let ohms = [2_000.0, 8_000, 15_000, 49_000, 75_000, 400_000, 2_000_000, .infinity]
    let page = try measure(arguments, ohms: ohms)
    #expect(page.measures == "electrodes" && page.windows >= 2 && page.frames > 500)
    #expect(page.electrodes.map(\.label) == labels)
    for (electrode, truth) in zip(page.electrodes, ohms).dropLast() {
      let found = try #require(electrode.ohms, "\(electrode)")
      let uncertainty = try #require(electrode.uncertaintyOhms)
      // Three standard deviations of some eight readings: once and a half is never passed.
      #expect((found - truth).magnitude <= 1.5 * uncertainty, "\(truth): \(electrode)")
      #expect(electrode.state == "measured")
    }
    #expect(page.electrodes[0].grade == "good" && page.electrodes[2].grade == "fair")
    #expect(page.electrodes[4].grade == "poor" && page.electrodes[6].grade == "off")
    #expect(page.electrodes[7].grade == "off" && page.electrodes[7].ohms == nil)
  }

  @Test("piped it prints one table, with words and without escape codes; on a terminal it repaints")
  func table() throws {
    let arguments = ["impedance", "--duration", "3s", "--input", "silence", "--channels", "Cz,CP4"]
    let piped = try Program.run(arguments)
    #expect(piped.status == 0, "\(piped.errors)")
    #expect(!piped.output.contains("\u{1B}"))
    let lines = piped.output.split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.contains("±6 nA at 31.25 Hz") && $0.contains("each electrode") })
    #expect(lines.count { $0.hasPrefix("Cz ") && $0.contains("4.00") && $0.hasSuffix("good") } == 1)
    #expect(
      lines.count { $0.hasPrefix("CP4 ") && $0.contains("70.0") && $0.hasSuffix("poor") } == 1)
    #expect(!piped.output.contains("FC3"))

    let terminal = try Program.run(
      arguments, launcher: ["bash", "-c", "exec script -qefc \"$*\" /dev/null", "bash"],
      environment: ["NO_COLOR": ""])
    #expect(terminal.status == 0, "\(terminal.errors)\(terminal.output)")
    #expect(terminal.output.contains("\u{1B}[4A"))
    #expect(terminal.output.contains("\u{1B}[32m●\u{1B}[0m good"))
  }

  @Test("the constant of a calibration makes the board read the resistor's value")
  func calibration() throws {
    let folder = try TemporaryFolder()
    // 2.2 kΩ on the board, 10 kΩ in place of the electrode, 4 % too little current.
    let seen = 12_200 / 1.04
    let list = (0..<8).map { "\(seen + Double($0))" }.joined(separator: ",")
    let common = [
      "--input", "silence", "--set", "amplifier.electrode-ohms=\(list)",
      "--set", "impedance.series-ohms=2200", "--duration", "3s",
    ]
    let text = try Program.run(["impedance", "--calibrate", "10k"] + common)
    #expect(text.status == 0, "\(text.errors)")
    // What it prints goes into a file as it is.
    let start = try #require(text.output.range(of: "[impedance]"))
    let path = folder.path("board.toml")
    try String(text.output[start.lowerBound...]).write(
      toFile: path, atomically: true, encoding: .utf8)
    let outcome = try Program.run(["impedance", "--json", "--config", path] + common)
    let page = try JSONDecoder().decode(Page.self, from: Data(outcome.output.utf8))
    #expect((page.calibration - 1.04).magnitude < 0.002)
    for electrode in page.electrodes {
      #expect((try #require(electrode.ohms) - 10_000).magnitude < 25)
    }
    let json = try Program.run(["impedance", "--calibrate", "10kΩ", "--json"] + common)
    let found = try JSONDecoder().decode(CalibrationPage.self, from: Data(json.output.utf8))
    #expect((found.calibration - 1.04).magnitude < 0.002 && found.spread < 0.001)
  }

  @Test("strong currents for test loads need --phantom, and end where the range does")
  func phantom() throws {
    let page = try measure(
      ["--phantom", "--current", "24uA", "--input", "silence", "--duration", "3s"],
      ohms: [100, 5_000, 9_000])
    #expect((try #require(page.electrodes[1].ohms) - 5_000).magnitude < 10)
    #expect(page.electrodes[0].grade == "good")
    // 7.8 kΩ fill the range: nothing is known to be off.
    #expect(page.electrodes[2].state == "open" && page.electrodes[2].grade == "unknown")
  }

  @Test("the reference is measured alone, in one row")
  func reference() throws {
    let page = try measure(
      ["--reference", "--input", "silence", "--duration", "3s"], ohms: [50_000, 60_000])
    #expect(page.measures == "reference" && page.electrodes.count == 1)
    #expect(page.electrodes[0].label == "reference" && page.electrodes[0].state == "below")
  }

  @Test("a session measures meanwhile: the gate stays open, the report has the electrodes")
  func monitor() throws {
    let folder = try TemporaryFolder()
    let settings = ["--set", "impedance.monitor=true"]
    let path = folder.path("report.json")
    let outcome = try Program.run(
      [
        "run", "--allow-best-effort", "--duration", "6s", "--output", folder.path, "--report", path,
        "--quiet",
      ] + settings)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let report = try JSONDecoder().decode(MonitoredReport.self, from: data)
    #expect(report.impedances.map(\.label) == labels)
    // The model's default electrodes.
    let truth = [5_000.0, 8_000, 12_000, 6_000, 4_000, 9_000, 30_000, 70_000]
    for (electrode, ohms) in zip(report.impedances, truth) {
      if let found = electrode.ohms, let uncertainty = electrode.uncertaintyOhms {
        #expect((found - ohms).magnitude <= 1.5 * uncertainty, "\(ohms): \(electrode)")
      }
    }
    #expect(try #require(report.impedances[7].ohms) > 50_000)
    #expect(report.mallocsAfterArming == 0)
    #expect(outcome.output.contains("CP4") && outcome.output.contains("poor"))
    // 70 kΩ make 400 µV a sample: without its notch the gate would never open.
    #expect(report.decisions > 20)
    let replay = try Program.run(["replay", report.recording, "--json"] + settings)
    #expect(replay.output.split(separator: "\n").count == report.decisions)
    // Without a current there is nothing to tell.
    let plain = try Program.run([
      "run", "--allow-best-effort", "--duration", "1s", "--output", folder.path, "--report", path,
      "--quiet",
    ])
    #expect(plain.status == 0)
    let without = try JSONDecoder().decode(
      MonitoredReport.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(without.impedances.isEmpty)
  }

  @Test(
    "what would be wrong or unsafe is refused, with its reason and its code",
    arguments: [
      (["--current", "24uA"], 64, ["24 µA", "--phantom", "person"]),
      (["--current", "6uA", "--calibrate", "1k"], 64, ["--phantom"]),
      (["--current", "12nA"], 64, ["12nA"]),
      (["--frequency", "50"], 64, ["50"]),
      (["--duration", "1s"], 64, ["2 s"]),
      (["--calibrate", "ten"], 64, ["ten"]),
      (["--calibrate", "10k", "--reference"], 64, ["--reference"]),
      (["--channels", "C3,XY"], 64, ["XY", "FC3"]),
      (["--frequency", "quarter", "--set", "signal.mains=60"], 78, ["62.5", "60", "31.2"]),
      (["--frequency", "quarter", "--rate", "1000"], 78, ["250", "harmonic 5"]),
      (["--amplifier", "replay"], 78, ["recording", "ads1299"]),
      (["--set", "impedance.good=60000"], 78, ["impedance.fair", "rise"]),
      (["--set", "impedance.calibration=0"], 78, ["impedance.calibration"]),
      (["--set", "amplifier.electrode-ohms=-1"], 78, ["amplifier.electrode-ohms"]),
      (
        ["--amplifier", "ads1299", "--set", "amplifier.spi-device=/dev/spidev9.9"], 69,
        ["/dev/spidev9.9"]
      ),
      (["--calibrate", "10k", "--input", "silence"], 65, ["differ", "Cz"]),
      (
        [
          "--calibrate", "100k", "--input", "silence", "--set",
          "amplifier.electrode-ohms=10000,10000,10000,10000,10000,10000,10000,10000",
        ], 65, ["9.99", "100", "resistor"]
      ),
      (
        ["--calibrate", "10k", "--set", "amplifier.electrode-ohms=inf", "--channels", "FC3"], 65,
        ["FC3", "--channels"]
      ),
    ] as [([String], Int32, [String])])
  func refusals(_ arguments: [String], _ status: Int32, _ words: [String]) throws {
    let outcome = try Program.run(["impedance"] + arguments)
    #expect(outcome.status == status, "\(outcome.errors)\(outcome.output)")
    for word in words {
      #expect(outcome.errors.contains(word), "\(word) is not in: \(outcome.errors)")
    }
    #expect(outcome.output.isEmpty)
  }

  @Test(
    "a current beside the mains, or beside the band that is decoded, is refused in a session, too",
    arguments: [
      ("signal.mains=60", "62.5"), ("signal.band=8,55", "55"),
      ("amplifier.lead-off=dc", "amplifier.lead-off"),
    ])
  func monitorRefusals(_ setting: String, _ word: String) throws {
    let folder = try TemporaryFolder()
    let arguments = ["--set", "impedance.monitor=true", "--set", setting]
    let run = try Program.run(
      ["run", "--allow-best-effort", "--duration", "1s", "--output", folder.path] + arguments)
    #expect(run.status == 78 && run.errors.contains(word), "\(run.errors)")
    let shown = try Program.run(["config", "show"] + arguments)
    let path = folder.path("mine.toml")
    try shown.output.write(toFile: path, atomically: true, encoding: .utf8)
    let check = try Program.run(["config", "check", path])
    #expect(check.status == 78 && check.errors.contains(word), "\(check.errors)")
  }

  @Test("resistances, currents and frequencies are read as people write them, and nothing else")
  func arguments() {
    for (text, ohms) in [
      ("10k", 10_000.0), ("4.7kΩ", 4_700), ("4.7 kohm", 4_700), ("1M", 1e6), ("9980", 9_980),
      ("10\u{2126}", 10),
    ] {
      #expect(OhmsArgument(argument: text)?.ohms == ohms, "\(text)")
    }
    for text in ["", "k", "-1k", "0", "nan", "inf", "10m", "1e9k", "ten"] {
      #expect(OhmsArgument(argument: text) == nil, "\(text)")
    }
    #expect(CurrentArgument(argument: "24 nA")?.text == "24 nA")
    #expect(CurrentArgument(argument: "6µA")?.text == "6 µA")
    #expect(CurrentArgument(argument: "24μA")?.text == "24 µA")
    #expect(CurrentArgument(argument: "6mA") == nil)
    #expect(CurrentFrequencyArgument(argument: "31.25")?.defaultValueDescription == "31.2")
    #expect(CurrentFrequencyArgument(argument: "31") == nil)
  }
}
