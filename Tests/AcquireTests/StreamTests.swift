// Amplifiers that stream packets, from `acquire simulate` over a pseudo-terminal into a recording.

import Foundation
import Recording
import Signal
import TestSupport
import Testing

/// One packet that the emulator made.
private struct Sent {
  var isSent: Bool
  var counts: [Int32]
}

/// What an emulator says that it sent, by packet; a restart begins another list.
private func truth(at path: String, of kind: String) throws -> [[Sent]] {
  var streams: [[Sent]] = [[]]
  for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
    // The stream that proves that there is one comes before the session's.
    if ["# restart", "# command start", "# command b"].contains(line) { streams.append([]) }
    if line.hasPrefix("#") { continue }
    let words = line.split(separator: " ")
    // An OpenEEG's ten bits have their zero in the middle.
    let zero: Int32 = kind == "openeeg" ? 512 : 0
    streams[streams.count - 1].append(
      Sent(
        isSent: words[2] == "sent",
        counts: words.dropFirst(3).compactMap { Int32($0).map { $0 - zero } }))
  }
  return streams
}

private func object(at path: String) throws -> [String: Any] {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}

private struct Case: Sendable, CustomTestStringConvertible {
  var kind: String
  /// What the board says of itself.
  var firmware: String?
  var faults: [String] = []
  var settings: [String] = []
  var options: [String] = []
  var gather: String?
  var testDescription: String {
    "\(kind) \(faults.joined(separator: " ")) \(gather.map { "every \($0)" } ?? "")"
  }
}

private let cases = [
  Case(
    kind: "cyton", firmware: "v3.1.2",
    faults: ["lost=3@1", "garbage=99@1.4", "torn=9@1.8", "lost=260@2"]),
  Case(kind: "daisy", firmware: "v3.1.2", faults: ["half=1@1", "half=2@1.5", "lost=9@2"]),
  Case(
    kind: "openeeg", firmware: "P2", faults: ["lost=5@1", "duplicate=2@1.5", "silence=300@2"]),
  Case(
    kind: "freeeeg32", faults: ["lost=40@1", "garbage=500@1.5"],
    settings: ["amplifier.extra-bytes=3"], options: ["--extra-bytes", "3"]),
  Case(
    kind: "biosemi",
    settings: [
      "amplifier.generation=1", "amplifier.channels=[\"A1\", \"A2\", \"A3\", \"A4\", \"A5\"]",
    ], options: ["--mark", "1"]),
  Case(
    kind: "cyton", firmware: "v3.1.2",
    faults: ["lost=3@1", "garbage=99@1.4", "torn=9@1.8", "lost=260@2"], gather: "100ms"),
  Case(
    kind: "daisy", firmware: "v3.1.2", faults: ["half=1@1", "half=2@1.5", "lost=9@2"],
    gather: "248ms"),
  Case(
    kind: "openeeg", firmware: "P2", faults: ["lost=5@1", "duplicate=2@1.5", "silence=300@2"],
    gather: "100ms"),
  Case(kind: "freeeeg32", faults: ["lost=40@1", "garbage=500@1.5"], gather: "40ms"),
]

@Suite("Amplifiers that stream", .serialized)
struct StreamTests {
  private func emulator(_ folder: TemporaryFolder, _ kind: String, _ options: [String]) throws
    -> Program
  {
    let program = try Program(["simulate", kind, "--link", folder.path("port")] + options)
    try program.waitForOutput("virtual \(kind) on")
    return program
  }

  @Test("every sample is recorded as it was sent, and every loss is in its place", arguments: cases)
  private func exact(_ wanted: Case) throws {
    let folder = try TemporaryFolder()
    let emulator = try emulator(
      folder, wanted.kind,
      ["--truth", folder.path("truth")] + wanted.options
        + wanted.faults.flatMap { ["--fault", $0] })
    let outcome = try Program.run(
      [
        "record", "--amplifier", wanted.kind, "--port", folder.path("port"), "--duration", "4s",
        "--quiet", "--allow-best-effort", "--output", folder.path("recordings"), "--report",
        folder.path("report.json"),
      ] + wanted.settings.flatMap { ["--set", $0] }
        + (wanted.gather.map { ["--gather", $0] } ?? []))
    #expect(outcome.status == 0, "\(outcome.errors)")
    emulator.send(SIGINT)
    #expect(emulator.finish().status == 0)

    let report = try object(at: folder.path("report.json"))
    #expect(report["mallocsAfterArming"] as? Int == 0)
    #expect((report["gatheringNanoseconds"] as? Int != nil) == (wanted.gather != nil))
    let recording = try BDFReader.read(try #require(report["recording"] as? String))
    #expect(report["firmware"] as? String == wanted.firmware)
    let words = recording.header.recording.split(separator: "_")
    #expect(words.drop { $0 != "fw" }.last.map(String.init) == wanted.firmware)
    #expect(outcome.output.contains("board's firmware") == (wanted.firmware != nil))
    let streams = try truth(at: folder.path("truth"), of: wanted.kind)
    let sent = try #require(streams.last)
    let channelCount = recording.samples.channelCount
    let isDaisy = wanted.kind == "daisy"
    if wanted.kind == "biosemi", sent.contains(where: { !$0.isSent }) {
      // The pseudo-terminal holds two milliseconds of an ActiveTwo, which counts nothing: what a
      // host that stood still for longer has lost has no exact place. The order is kept.
      #expect(strays(recording, among: sent) == 0, "of \(recording.samples.sampleCount) samples")
      return
    }
    // Boards that stream since power-up were heard from some packet on.
    let begin = try beginning(recording, sent, isDaisy: isDaisy)
    let gaps = recording.gaps.flatMap {
      Int($0.sampleIndex)..<(Int($0.sampleIndex) + Int($0.count))
    }
    let lost = Set(gaps)
    var wrong = 0
    for sample in 0..<recording.samples.sampleCount {
      let row = Array(
        recording.samples.counts[(sample * channelCount)..<((sample + 1) * channelCount)])
      let expected = expected(sample + begin, of: sent, isDaisy: isDaisy)
      if lost.contains(sample) != (expected == nil) { wrong += 1 }
      if let expected, row != Array(expected.prefix(channelCount)) { wrong += 1 }
    }
    #expect(
      wrong == 0, "of \(recording.samples.sampleCount) samples from \(begin) on, \(recording.gaps)")
    #expect(recording.samples.sampleCount > 400)
    let reported = try #require(report["lost"] as? Int)
    #expect(reported == gaps.count)
    #expect(wanted.faults.isEmpty == (reported == 0))
  }

  /// Samples that are none of what was sent after those before them; gaps are none.
  private func strays(_ recording: BDFRecording, among sent: [Sent]) -> Int {
    let count = recording.samples.channelCount
    var strays = 0
    var next = 0
    for sample in 0..<recording.samples.sampleCount {
      if recording.gaps.contains(where: {
        ($0.sampleIndex..<($0.sampleIndex + UInt64($0.count))).contains(UInt64(sample))
      }) {
        continue
      }
      let row = recording.samples.counts[(sample * count)..<((sample + 1) * count)]
      let found = sent[next...].firstIndex {
        $0.isSent && $0.counts.prefix(count).elementsEqual(row)
      }
      if let found { next = found + 1 } else { strays += 1 }
    }
    return strays
  }

  /// Of the packets, as the counts of a frame; nil: it was lost whole.
  private func expected(_ index: Int, of sent: [Sent], isDaisy: Bool) -> [Int32]? {
    guard isDaisy else {
      return index < sent.count && sent[index].isSent ? sent[index].counts : nil
    }
    guard 2 * index + 1 < sent.count else { return nil }
    let (second, first) = (sent[2 * index], sent[2 * index + 1])
    if !first.isSent && !second.isSent { return nil }
    let empty = [Int32](repeating: 0, count: 8)
    return (first.isSent ? first.counts : empty) + (second.isSent ? second.counts : empty)
  }

  /// The packet, or pair of packets, that became sample 0.
  private func beginning(_ recording: BDFRecording, _ sent: [Sent], isDaisy: Bool) throws -> Int {
    let count = recording.samples.channelCount
    let first = Array(recording.samples.counts.prefix(20 * count))
    return try #require(
      (0..<sent.count).first { start in
        (0..<20).allSatisfy { index in
          guard let row = expected(start + index, of: sent, isDaisy: isDaisy) else { return false }
          return Array(row.prefix(count)) == Array(first[(index * count)..<((index + 1) * count)])
        }
      }, "the recording begins with none of the packets")
  }

  @Test("a line that goes and comes back: neutral, the same file, and the time between is a gap")
  func replugged() throws {
    let folder = try TemporaryFolder()
    var emulator = try emulator(folder, "cyton", [])
    let exoskeleton = try Program(["simulate", "exo", "--link", folder.path("exo")])
    try exoskeleton.waitForOutput("virtual exoskeleton on")
    let session = try Program([
      "run", "--amplifier", "cyton", "--port", folder.path("port"), "--exoskeleton",
      folder.path("exo"), "--allow-best-effort", "--output", folder.path("recordings"),
      "--report", folder.path("report.json"),
    ])
    try exoskeleton.waitForOutput("moving")
    let before = exoskeleton.output.count
    emulator.send(SIGKILL)
    _ = emulator.finish()
    try session.waitForOutput("is looked for")
    usleep(500_000)
    let told = String(exoskeleton.output.dropFirst(before))
    #expect(told.contains("neutral"), "\(told)")
    #expect(!told.contains("moving"), "\(told)")
    emulator = try self.emulator(folder, "cyton", [])
    try session.waitForOutput("recovered from a pulled plug by reattachment")
    usleep(1_000_000)
    session.send(SIGINT)
    let outcome = session.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    emulator.send(SIGINT)
    _ = emulator.finish()
    exoskeleton.send(SIGINT)
    _ = exoskeleton.finish()

    let report = try object(at: folder.path("report.json"))
    let line = try #require(report["line"] as? [String: Any])
    #expect(line["outages"] as? Int == 1)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("recordings"))
    #expect(files.count == 1)
    let recording = try BDFReader.read(try #require(report["recording"] as? String))
    #expect(recording.gaps.count == 1)
    let lost = try #require(report["lost"] as? Int)
    #expect(lost == Int(recording.gaps[0].count) && lost > 125)
    let recovery = try #require((report["recoveries"] as? [[String: Any]])?.first)
    #expect(recovery["lost"] as? Int == lost)
  }

  @Test(
    "impedance: the electrodes' within what is told, and the currents are off afterwards",
    arguments: [("cyton", "12345678"), ("daisy", "12345678QWERTYUI")])
  func impedance(kind: String, names: String) throws {
    let folder = try TemporaryFolder()
    let emulator = try emulator(
      folder, kind, ["--electrode-ohms", "10000", "--truth", folder.path("truth")])
    let outcome = try Program.run([
      "impedance", "--amplifier", kind, "--port", folder.path("port"), "--duration", "4s",
      "--json", "--set", "realtime.allow-best-effort=true",
      "--set", "impedance.series-ohms=2200",
    ])
    emulator.send(SIGINT)
    _ = emulator.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let page = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let electrodes = try #require(page["electrodes"] as? [[String: Any]])
    #expect(electrodes.count == names.count)
    for electrode in electrodes {
      let ohms = try #require(electrode["ohms"] as? Double, "\(electrode)")
      #expect(abs(ohms - 10_000) < 1_500, "\(electrode)")
      let uncertainty = try #require(electrode["uncertaintyOhms"] as? Double, "\(electrode)")
      #expect(abs(ohms - 10_000) < uncertainty && uncertainty < 2_000, "\(electrode)")
    }
    let notes = try String(contentsOfFile: folder.path("truth"), encoding: .utf8)
      .split(separator: "\n").filter { $0.hasPrefix("# command") }.map(String.init)
    let off = names.map { "# command z\($0)00Z" }
    #expect(Array(notes.suffix(off.count + 1)) == ["# command s"] + off, "\(notes.suffix(20))")
  }

  @Test(
    "what a board does wrong is said in one sentence, with what helps",
    arguments: [
      ("cyton", ["--fault", "failure"], 76, ["refused the command `x1", "Failure"]),
      ("cyton", ["--fault", "mismatch"], 69, ["A0 41", "firmware"]),
      ("biosemi", ["--mark", "1"], 69, ["generation 1", "speed mode 4"]),
      ("freeeeg32", ["--extra-bytes", "7"], 69, ["106 bytes", "amplifier.extra-bytes to 7"]),
    ])
  func explained(kind: String, options: [String], status: Int32, words: [String]) throws {
    let folder = try TemporaryFolder()
    let emulator = try emulator(folder, kind, options)
    let outcome = try Program.run([
      "record", "--amplifier", kind, "--port", folder.path("port"), "--allow-best-effort",
      "--duration", "1s", "--output", folder.path("recordings"),
    ])
    emulator.send(SIGINT)
    _ = emulator.finish()
    #expect(outcome.status == status, "\(outcome.errors)")
    for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    #expect(outcome.sentence.split(separator: "\n").count == 1)
  }

  @Test(
    "gathering is refused where somebody is moved, where nothing waits, and where it does not fit",
    arguments: [
      (["run", "--amplifier", "cyton", "--gather", "100ms"], "acquire record"),
      (["record", "--amplifier", "model", "--gather", "100ms"], "the model"),
      (["record", "--amplifier", "ads1299", "--gather", "100ms"], "the ads1299"),
      (["record", "--amplifier", "replay", "--gather", "100ms"], "the replay"),
      (["record", "--amplifier", "cyton", "--gather", "9ms"], "10ms to 1s"),
      (["record", "--amplifier", "cyton", "--gather", "1.1s"], "10ms to 1s"),
      (["record", "--amplifier", "cyton", "--port", "/dev/null", "--gather", "249ms"], "248 ms"),
      (["record", "--amplifier", "freeeeg32", "--gather", "129ms"], "128 ms"),
      (
        ["record", "--amplifier", "biosemi", "--port", "/dev/null", "--gather", "10ms"], "too much"
      ),
    ])
  func gatheringRefused(arguments: [String], word: String) throws {
    let outcome = try Program.run(arguments + ["--duration", "1s", "--allow-best-effort"])
    #expect(outcome.status == 64, "\(outcome.errors)")
    #expect(outcome.errors.contains(word), "\(outcome.errors)")
  }

  @Test("firmware that sends at another rate is told, a few lost packets or none")
  func otherRate() throws {
    let folder = try TemporaryFolder()
    let emulator = try Program([
      "simulate", "openeeg", "--rate", "200", "--fault", "lost=3@4", "--link", folder.path("port"),
    ])
    try emulator.waitForOutput(folder.path("port"))
    let outcome = try Program.run([
      "record", "--amplifier", "openeeg", "--port", folder.path("port"), "--duration", "8s",
      "--quiet", "--allow-best-effort", "--output", folder.path("recordings"),
    ])
    emulator.send(SIGINT)
    #expect(emulator.finish().status == 0)
    let isTold = outcome.output.contains("samples a second, not 256")
    #expect(isTold, "\(outcome.output) \(outcome.errors)")
  }

  @Test("without a device, or with settings that mean nothing to it, nothing begins")
  func refused() throws {
    for (arguments, status, word) in [
      (["--amplifier", "cyton"], 69 as Int32, "no OpenBCI Cyton"),
      (["--amplifier", "openeeg", "--rate", "500"], 78, "amplifier.rate"),
      (["--amplifier", "cyton", "--rate", "500"], 78, "250"),
      (["--amplifier", "freeeeg32", "--set", "amplifier.channels=[\"A\"]"], 78, "32 channels"),
      (["--amplifier", "cyton", "--set", "amplifier.lead-off=dc"], 78, "31.2 Hz"),
      (["--amplifier", "daisy", "--set", "gate.lead-off=true"], 78, "gate.lead-off"),
      (["--amplifier", "cytn"], 78, "cyton"),
    ] {
      let outcome = try Program.run(
        ["record", "--duration", "1s", "--allow-best-effort"] + arguments)
      #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)")
    }
  }
}
