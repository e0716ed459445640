import Foundation
import Testing
import TestSupport

/// The report that a session wrote.
private func report(at path: String) throws -> [String: Any] {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}

/// What MNE, pyEDFlib and edfio each say of a recording.
struct Reading: Decodable {
  struct Annotation: Decodable {
    var onset: Double
    var text: String
  }

  var reader: String
  /// Samples of each EEG channel, whole records.
  var sampleCount: Int
  var labels: [String]
  /// SHA-256 of all digital values, channel after channel, as little-endian Int32.
  var digest: String
  var annotations: [Annotation]

  static func all(_ recording: String) throws -> [Reading] {
    let data = try Oracle.python(script: "acquire/read_recording.py", arguments: [recording])
    return try JSONDecoder().decode([Reading].self, from: data)
  }
}

@Suite("The program, run as a user runs it")
struct EndToEndTests {
  static let members = [
    "edgeToWake", "read", "ring", "signal", "decode", "govern", "write", "edgeToCommand", "wire",
    "firmware",
  ]

  @Test("a session with nothing configured reads, decodes, commands, records and reports")
  func embeddedDefaults() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run([
      "run", "--allow-best-effort", "--duration", "4s", "--output", folder.path,
      "--report", folder.path("report.json"),
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let report = try report(at: folder.path("report.json"))
    let frames = try #require(report["frames"] as? Int)
    // Conversions are held for a late host, so a loaded machine changes the count, not the truth.
    #expect(frames >= 900 && frames <= 1_010)
    #expect(report["lost"] as? Int == 0)
    #expect(report["mallocsAfterArming"] as? Int == 0)
    #expect(report["pageFaultsAfterArming"] as? Int == 0)
    #expect(report["bestEffort"] as? Bool != nil)
    let rate = try #require(report["sampleRate"] as? [String: Double])
    // The model's edges carry the times at which they were due.
    #expect(abs(try #require(rate["estimate"]) - 250) < 1e-6)
    #expect(try #require(rate["low"]) <= 250 && (try #require(rate["high"])) >= 250)
    let commands = try #require(report["commands"] as? Int)
    let acknowledged = try #require(report["acknowledged"] as? Int)
    #expect(commands > 50)
    #expect(acknowledged > commands / 2 && acknowledged <= commands)
    let stages = try #require(report["stages"] as? [String: [String: Int]])
    #expect(Set(stages.keys) == Set(Self.members))
    for name in Self.members {
      let stage = try #require(stages[name])
      let count = try #require(stage["count"])
      #expect(count > 0, "\(name) was never measured")
      let order = try ["min", "p50", "p90", "p99", "p99_9", "max"].map { try #require(stage[$0]) }
      #expect(order == order.sorted(), "\(name): \(order)")
    }
    #expect(stages["edgeToWake"]?["count"] == frames)
    let ledger = try #require(report["ledger"] as? [String: Any])
    #expect(ledger["closes"] as? Bool == true)
    #expect(ledger["due"] as? Int == frames && ledger["delivered"] as? Int == frames)
    #expect(ledger["recordedSamples"] as? Int == frames)
    let shares = try #require(ledger["shares"] as? [[String: Any]])
    #expect(shares.map { $0["taken"] as? Int } == [frames, frames])
    // The table, and the lines apart from it.
    for text in Self.members + ["budget", "share", "group delay", "window"] {
      #expect(outcome.output.contains(text), "the closing report does not mention \(text)")
    }

    let recording = try #require(report["recording"] as? String)
    let readings = try Reading.all(recording)
    #expect(readings.map(\.reader) == ["mne", "pyedflib", "edfio"])
    #expect(Set(readings.map(\.digest)).count == 1)
    for reading in readings {
      #expect(reading.sampleCount >= frames && reading.sampleCount < frames + 250)
      #expect(reading.labels.starts(with: ["FC3", "FCz", "FC4", "C3", "Cz", "C4", "CP3", "CP4"]))
      #expect(reading.annotations.contains { $0.text.hasPrefix("decision ") })
    }
  }

  @Test("a replayed recording gives the decisions that the live run annotated, bit for bit")
  func replayEqualsLive() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run([
      "run", "--allow-best-effort", "--duration", "6s", "--output", folder.path,
      "--report", folder.path("report.json"), "--quiet",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let recording = try #require(try report(at: folder.path("report.json"))["recording"] as? String)
    let live = try Reading.all(recording)[1].annotations.filter { $0.text.hasPrefix("decision ") }
      .map { annotation in
        let words = annotation.text.split(separator: " ")
        return Decision(
          sample: Int((annotation.onset * 250).rounded()), class: String(words[1]),
          confidence: try #require(Double(words[2])))
      }
    #expect(live.count > 20)
    for pace in [["--paced"], []] {
      let replay = try Program.run(["replay", recording, "--json"] + pace)
      #expect(replay.status == 0, "\(replay.errors)")
      let replayed = try replay.output.split(separator: "\n").map {
        try JSONDecoder().decode(Decision.self, from: Data($0.utf8))
      }
      #expect(replayed == live)
    }
  }

  @Test("SIGKILL leaves a recording that opens unrepaired, and an exoskeleton that goes neutral")
  func killed() throws {
    let folder = try TemporaryFolder()
    let exoskeleton = try Program(["simulate", "exo", "--link", folder.path("exo")])
    try exoskeleton.waitForOutput(folder.path("exo"))
    let session = try Program([
      "run", "--allow-best-effort", "--exoskeleton", folder.path("exo"), "--output", folder.path,
    ])
    try exoskeleton.waitForOutput("moving")
    // Some whole records on the disk.
    usleep(3_000_000)
    session.send(SIGKILL)
    #expect(session.finish().signal == SIGKILL)
    try exoskeleton.waitForOutput("watchdog")
    exoskeleton.send(SIGTERM)
    #expect(exoskeleton.finish().status == 0)

    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".bdf") }
    #expect(files.count == 1)
    let readings = try Reading.all(folder.path(try #require(files.first)))
    #expect(readings.map(\.reader) == ["mne", "pyedflib", "edfio"])
    // Killed between a record and its count, the file has a whole record more than it says: some
    // readers go by the one, some by the other.
    let counts = readings.map(\.sampleCount)
    for (reading, count) in zip(readings, counts) {
      #expect(count >= 500 && count - (counts.min() ?? 0) <= 250)
      for other in readings where other.sampleCount == count {
        #expect(other.digest == reading.digest)
      }
    }
  }

  @Test("Ctrl-C and SIGTERM end a session well", arguments: [SIGINT, SIGTERM])
  func stopped(signal: Int32) throws {
    let folder = try TemporaryFolder()
    // Patient: a machine that stands still for a moment is not what is tested here.
    let exoskeleton = try Program([
      "simulate", "exo", "--link", folder.path("exo"), "--watchdog", "500ms",
    ])
    try exoskeleton.waitForOutput(folder.path("exo"))
    let session = try Program([
      "run", "--allow-best-effort", "--exoskeleton", folder.path("exo"), "--output", folder.path,
      "--report", folder.path("report.json"),
    ])
    try exoskeleton.waitForOutput("moving")
    let before = exoskeleton.output.count
    session.send(signal)
    let outcome = session.finish()
    #expect(outcome.status == 0 && outcome.signal == nil, "\(outcome.errors)")
    try exoskeleton.waitForOutput("disarmed")
    // Longer than its watchdog: had it been left alone, it would have said so by now.
    usleep(1_000_000)
    exoskeleton.send(SIGTERM)
    #expect(exoskeleton.finish().status == 0)
    let after = exoskeleton.output.dropFirst(before)
    #expect(after.contains("neutral"), "\(after)")
    #expect(after.split(separator: "\n").last?.contains("disarmed") == true, "\(after)")
    #expect(!exoskeleton.output.contains("watchdog"))
    let report = try report(at: folder.path("report.json"))
    let recording = try #require(report["recording"] as? String)
    let frames = try #require(report["frames"] as? Int)
    for reading in try Reading.all(recording) { #expect(reading.sampleCount >= frames) }
  }

  @Test("a session that stands still is caught by the watchdog, and does not move again by itself")
  func frozen() throws {
    let folder = try TemporaryFolder()
    let exoskeleton = try Program(["simulate", "exo", "--link", folder.path("exo")])
    try exoskeleton.waitForOutput(folder.path("exo"))
    let session = try Program([
      "run", "--allow-best-effort", "--exoskeleton", folder.path("exo"), "--output", folder.path,
    ])
    try exoskeleton.waitForOutput("moving")
    session.send(SIGSTOP)
    try exoskeleton.waitForOutput("watchdog")
    let before = exoskeleton.output.count
    session.send(SIGCONT)
    // Time enough for frames, decisions and many control periods.
    usleep(3_000_000)
    session.send(SIGTERM)
    let outcome = session.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("moves no more in this session"))
    exoskeleton.send(SIGTERM)
    #expect(exoskeleton.finish().status == 0)
    #expect(!exoskeleton.output.dropFirst(before).contains("moving"))
  }

  @Test("a reader that stands still holds up neither Ctrl-C nor the way to neutral")
  func stalledReader() throws {
    let folder = try TemporaryFolder()
    // Patient: a machine that stands still for a moment is not what is tested here.
    let exoskeleton = try Program([
      "simulate", "exo", "--link", folder.path("exo"), "--watchdog", "500ms",
    ])
    try exoskeleton.waitForOutput(folder.path("exo"))
    // A pipe that is full and that nobody reads, where the status lines should go.
    let session = try Program(
      [
        "run", "--allow-best-effort", "--exoskeleton", folder.path("exo"), "--output",
        folder.path,
      ],
      launcher: [
        "bash", "-c",
        "mkfifo \"$0\"; exec 3<>\"$0\"; head -c 65536 /dev/zero >&3; exec \"$@\" >&3",
        folder.path("pipe"),
      ])
    try exoskeleton.waitForOutput("moving")
    // Time for a status line, which finds no room.
    usleep(6_000_000)
    session.send(SIGINT)
    // The closing report may wait for its reader; the exoskeleton may not.
    try exoskeleton.waitForOutput("disarmed")
    session.send(SIGKILL)
    _ = session.finish()
    exoskeleton.send(SIGTERM)
    #expect(exoskeleton.finish().status == 0)
    #expect(!exoskeleton.output.contains("watchdog"))
  }

  @Test("a session whose exoskeleton is unplugged goes on, says so, and fails when it stays away")
  func unplugged() throws {
    let bench = try ExoSessionBench()
    let exoskeleton = try bench.exoskeleton()
    let session = try bench.session(
      on: exoskeleton, "exo", ["--report", bench.folder.path("report.json")])
    bench.end(exoskeleton)
    try session.waitForOutput("exo is gone")
    try session.waitForOutput("link gone")
    // It decodes and records all the same, and an operator is answered.
    #expect(try bench.exo("disarm").status == 0)
    let arm = try bench.exo("arm")
    #expect(arm.status == 69 && arm.sentence.contains("the port"), "\(arm.errors)")
    #expect(session.isRunning)

    let outcome = bench.end(session)[0]
    #expect(outcome.status == 69)
    #expect(outcome.sentence.contains("exo is gone") && outcome.sentence.contains("was not back"))
    let report = try report(at: bench.folder.path("report.json"))
    let actuator = try #require(report["actuator"] as? [String: Any])
    #expect(actuator["outages"] as? Int == 1)
    #expect(try #require(actuator["outageNanoseconds"] as? Int) > 1_000_000)
    let recording = try #require(report["recording"] as? String)
    let readings = try Reading.all(recording)
    #expect(readings.count == 3)
    #expect(readings[1].annotations.map(\.text).contains("exoskeleton gone"))
  }

  @Test("an exoskeleton that is plugged in again in a session moves when a person arms it anew")
  func pluggedInAgain() throws {
    let bench = try ExoSessionBench()
    let first = try bench.exoskeleton()
    let session = try bench.session(
      on: first, "exo", ["--report", bench.folder.path("report.json")])
    bench.end(first)
    try session.waitForOutput("exo is gone")
    let second = try bench.exoskeleton()
    try session.waitForOutput("exo is back; nothing moves until somebody arms it")
    let early = try bench.exo("arm")
    #expect(early.status == 69 && early.sentence.contains("latched"), "\(early.errors)")
    #expect(!second.output.contains("moving") && !second.output.contains("armed"))

    #expect(try bench.exo("disarm").status == 0)
    let arm = try bench.exo("arm")
    #expect(arm.status == 0, "\(arm.errors)")
    try second.waitForOutput("moving")
    let outcome = bench.end(session)[0]
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("exoskeleton gone  1×"))
    try second.waitForOutput("disarmed")
    bench.end(second)
    let report = try report(at: bench.folder.path("report.json"))
    #expect((report["actuator"] as? [String: Any])?["outages"] as? Int == 1)
    #expect(report["mallocsAfterArming"] as? Int == 0)
    let recording = try #require(report["recording"] as? String)
    let texts = try Reading.all(recording)[1].annotations.map(\.text)
    for text in ["exoskeleton gone", "exoskeleton back"] {
      #expect(texts.contains(text), "\(text) is not annotated")
    }
  }

  @Test("plain lines come out when the output is no terminal")
  func plainLines() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run([
      "run", "--allow-best-effort", "--duration", "2s", "--output", folder.path,
    ])
    #expect(outcome.status == 0)
    #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\r"))
    #expect(outcome.output.contains("edgeToCommand"))
  }
}

/// One line of `acquire replay --json`, or one decision annotation.
private struct Decision: Decodable, Equatable {
  var sample: Int
  var `class`: String
  var confidence: Double
}
