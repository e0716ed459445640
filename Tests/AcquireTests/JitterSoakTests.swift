import Foundation
import TestSupport
import Testing

@Suite("A soak", .serialized)
struct JitterSoakTests {
  private func arguments(_ report: String) -> [String] {
    [
      "jitter", "-i", "1000", "-q", "--soak", "--report", report, "--state-every", "20ms",
      "--slot", "2ms", "--allow-best-effort",
    ]
  }

  /// The report, once it knows of so many wake-ups; a minute at most, for a loaded machine.
  private func wait(_ path: String, cycles: Int) throws -> TimingFile {
    for _ in 0..<1_200 {
      // Whenever it is read, it is whole.
      if FileManager.default.fileExists(atPath: path) {
        let file = try TimingFile(path)
        if file.series[0].latency.count >= cycles { return file }
      }
      usleep(50_000)
    }
    Issue.record("\(path) never had \(cycles) wake-ups")
    return try TimingFile(path)
  }

  @Test("goes on after SIGHUP and ends well at SIGTERM, with the worst of every stretch of time")
  func signals() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("soak.json")
    let program = try Program(arguments(path))
    let before = try wait(path, cycles: 100)
    program.send(SIGHUP)
    let after = try wait(path, cycles: before.series[0].latency.count + 700)
    #expect(program.isRunning && after.series[0].corrected != nil)
    program.send(SIGTERM)
    let outcome = program.finish()
    #expect(outcome.status == 0 && outcome.output.contains("# missed periods: "))
    let last = try TimingFile(path)
    let maxima = try #require(last.findings.first { $0.title.hasPrefix("maxima by time") })
    // 2 ms were too short for 288 slots: they were joined.
    #expect(maxima.rows.count > 20 && maxima.rows.count <= 288)
    #expect(!maxima.title.hasSuffix("2.00 ms") && last.conditions[0].rows.count >= 3)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left == ["soak.json"])
  }

  @Test("killed, it leaves a report that can be read")
  func killed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("soak.json")
    for _ in 0..<3 {
      let program = try Program(arguments(path))
      _ = try wait(path, cycles: 50)
      program.send(SIGKILL)
      #expect(program.finish().signal == SIGKILL)
      #expect(try TimingFile(path).series[0].latency.count >= 50)
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test("its memory does not grow, however often the state is written and slots are joined")
  func memory() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("soak.json")
    let program = try Program(arguments(path))
    func residentPages() throws -> Int {
      let text = try String(
        contentsOfFile: "/proc/\(program.processIdentifier)/statm", encoding: .utf8)
      return try #require(Int(text.split(separator: " ")[1]))
    }
    // By then the table of maxima has been full, and the largest report been written.
    _ = try wait(path, cycles: 1_500)
    let before = try residentPages()
    _ = try wait(path, cycles: 5_000)
    let after = try residentPages()
    program.send(SIGINT)
    #expect(program.finish().status == 0)
    #expect(after - before <= 64, "from \(before) to \(after) pages")
  }

  @Test("goes on when its state cannot be written for a while, and says so in its report")
  func full() throws {
    let folder = try TemporaryFolder()
    let (away, path) = (folder.path("away"), folder.path("place/soak.json"))
    try FileManager.default.createDirectory(
      atPath: folder.path("place"), withIntermediateDirectories: false)
    let program = try Program(arguments(path))
    let before = try wait(path, cycles: 50)
    try FileManager.default.moveItem(atPath: folder.path("place"), toPath: away)
    usleep(200_000)
    try FileManager.default.moveItem(atPath: away, toPath: folder.path("place"))
    _ = try wait(path, cycles: before.series[0].latency.count + 500)
    program.send(SIGTERM)
    #expect(program.finish().status == 0)
    let faults = try TimingFile(path).faults
    #expect(faults.count == 1 && faults[0].contains("was not written"), "\(faults)")
  }

  @Test("outlives its terminal: goes on writing when it was closed, and ends well")
  func terminal() throws {
    struct Answer: Decodable {
      var shown: String
      var wentOn: Bool
      var status: Int32
    }
    let folder = try TemporaryFolder()
    let answer = try JSONDecoder().decode(
      Answer.self,
      from: Oracle.python(
        script: "cyclictest/hangup.py",
        arguments: [try Program.path, folder.path("soak.json")]))
    #expect(answer.wentOn && answer.status == 0)
    #expect(answer.shown.contains("policy: fifo: loadavg: "))
    #expect(answer.shown.contains("T: 0 ("))
  }
}
