import Foundation
import RT
import TestSupport
import Testing

/// Takes a CPU from everybody below priority 90 for a while.
private struct Hog: Sendable {
  let span: Nanoseconds
  /// From its first look at the clock to its last.
  var held = Nanoseconds(0)

  mutating func spin() {
    let begun = MonotonicInstant.now()
    while held < span { held = MonotonicInstant.now() - begun }
  }

  static func settings(_ cpu: Int) -> ThreadSettings {
    ThreadSettings(name: "hog", policy: .fifo(priority: 90), cpu: cpu)
  }

  /// Whether this user may have one here.
  static var isAllowed: Bool {
    guard let cpu = Machine.current().allowedCPUs.last,
      let thread = try? RealTimeThread.start(settings(cpu), workspace: 0, run: { _ in })
    else { return false }
    _ = thread.join()
    return true
  }
}

@Suite("acquire jitter beside a hog, and on the device's own way", .serialized)
struct JitterPathTests {
  @Test(
    "a CPU that somebody of higher priority holds for 100 periods costs as many, and they are told",
    .enabled(if: Hog.isAllowed, "real-time priorities are refused here"))
  func hog() throws {
    let cpu = try #require(Machine.current().allowedCPUs.last)
    let folder = try TemporaryFolder()
    let program = try Program([
      "jitter", "-p80", "-a\(cpu)", "-i1000", "-D2", "-q", "--allow-best-effort", "--report",
      folder.path("hog.json"),
    ])
    try program.waitForOutput("#")
    usleep(300_000)
    let thread = try RealTimeThread.start(
      Hog.settings(cpu), workspace: Hog(span: .milliseconds(100))
    ) { $0.spin() }
    let held = thread.join().held
    let outcome = program.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let series = try #require(TimingFile(folder.path("hog.json")).series.first)
    let missed = try #require(series.missed)
    // Where in a period it began nobody knows.
    #expect(missed >= Int(held.milliseconds) - 1, "held for \(held)")
    #expect(Int64(series.latency.max) >= held.rawValue - 1_000_000)
    let due = series.latency.count + missed
    #expect(due >= 2_000 && due <= 2_000 + series.latency.max / 1_000_000)
  }

  private func path(_ words: [String]) throws -> Outcome {
    try Program.run(
      ["jitter", "--path", "-q", "-D", "3", "--allow-best-effort", "--rate", "500"] + words)
  }

  @Test("the path has a series for each stage, a ledger that closes, and no recording")
  func stages() throws {
    let folder = try TemporaryFolder()
    let histogram = folder.path("histogram")
    let outcome = try path([
      "-h", "20000", "--histfile", histogram, "--report", folder.path("path.json"), "--set",
      "recording.folder=\(folder.path("recordings"))",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("recordings")))
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("path.json")))
    let report = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect((report["ledger"] as? [String: Any])?["closes"] as? Bool == true)
    let timing = try #require(report["timing"] as? [String: Any])
    let series = try #require(timing["series"] as? [[String: Any]])
    let names = series.compactMap { $0["name"] as? String }
    #expect(names == EndToEndTests.members)
    // The same values, in cyclictest's columns.
    let columns = CyclictestOutput(text: try String(contentsOfFile: histogram, encoding: .utf8))
    for (index, item) in series.enumerated() {
      let latency = try #require(item["latency"] as? [String: Any])
      let count = try #require(latency["count"] as? Int)
      #expect(columns.total[index] + columns.overflows[index] == count, "\(names[index])")
      #expect(columns.maxima[index] == (latency["max"] as? Int ?? 0) / 1_000)
    }
    let shown = try Program.run(["report", folder.path("path.json")])
    #expect(shown.status == 0 && shown.output.contains("edgeToCommand"))
  }

  @Test("a broken -b ends with 79 and says by how much, an HTML report whole all the same")
  func threshold() throws {
    let folder = try TemporaryFolder()
    let outcome = try path(["-b", "1", "--report", folder.path("path.html")])
    #expect(outcome.status == 79 && outcome.errors.contains("more than the 1.00 µs of -b"))
    let page = try String(contentsOfFile: folder.path("path.html"), encoding: .utf8)
    #expect(page.contains("</html>") && page.contains("edgeToCommand"))
  }

  @Test(
    "what a path has not is refused, what is for a path alone too, and what no memory holds",
    arguments: [
      ["--path", "-p80"], ["--path", "-i200"], ["--path", "--soak"], ["--path", "-S"],
      ["--path", "--json", "x.json"], ["--path", "--chain", "futex"], ["--amplifier", "cyton"],
      ["--set", "signal.mains=60"], ["-t1024", "-h1000000"],
      ["--path", "--mainaffinity", "0"], ["--path", "--latency", "5"], ["--path", "-d", "3"],
      ["--path", "-M"], ["--path", "--set", "exoskeleton.port=/dev/ttyNONE0"],
      ["--path", "--set", "exoskeleton.protocol=vesc"],
      ["-t1024", "--spike=1", "--spike-nodes=1000000"],
    ])
  func refused(words: [String]) throws {
    let outcome = try Program.run(["jitter", "-D", "1"] + words)
    #expect(outcome.status == 64 && outcome.output.isEmpty, "\(outcome.errors)")
  }

  @Test("a path moves no exoskeleton that the command line does not name")
  func unasked() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("lab.toml")
    // Nor does it make the wave that lets power reach a drive: the gpiochip is not even looked for.
    try "[exoskeleton]\nport = \"/dev/ttyNONE0\"\nprotocol = \"vesc\"\ndead-man-line = 17\n"
      .write(toFile: file, atomically: true, encoding: .utf8)
    let virtual = try path(["--config", file])
    #expect(virtual.status == 0, "\(virtual.errors)")
    #expect(virtual.output.contains("→ virtual exoskeleton"))
    #expect(virtual.output.contains("! the dead-man line is left alone"))
    let asked = try path(["--config", file, "--exoskeleton", "/dev/ttyNONE0"])
    #expect(asked.status == 69 && asked.errors.contains("/dev/ttyNONE0"))
  }
}
