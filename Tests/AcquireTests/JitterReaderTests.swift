import Foundation
import RT
import TestSupport
import Testing

@Suite("acquire jitter and a reader that stands still", .serialized)
struct JitterReaderTests {
  private struct Answer: Decodable {
    var shown: String
    var status: Int32
  }

  /// - Parameter seconds: until SIGTERM, at most, or until somebody reads.
  private func stall(_ kind: String, _ words: String, report: String, seconds: Int = 3) throws
    -> Answer
  {
    let arguments = [kind, report, "\(seconds)", try Program.path, "jitter"]
    return try JSONDecoder().decode(
      Answer.self,
      from: Oracle.python(
        script: "cyclictest/stall.py",
        arguments: arguments + words.split(separator: " ").map(String.init) + [
          "--allow-best-effort", "--report", report,
        ]))
  }

  @Test(
    "SIGTERM ends it, and its report is whole",
    arguments: [
      ("terminal", "-v -i 100 -t2 -d0"), ("pipe", "-v -i 100 -t2 -d0"), ("full", "-i 1000"),
      ("full", "-D 1 -h 50"), ("full", "--soak -i 1000 --state-every 50ms"),
      ("full", "--chain futex -l 50"), ("full", "--path -q -D 1 --rate 500"),
    ])
  func ended(kind: String, words: String) throws {
    let folder = try TemporaryFolder()
    let report = folder.path("report.json")
    let answer = try stall(kind, words, report: report, seconds: words.contains("-l") ? 60 : 6)
    #expect(answer.status == 0)
    let data = try Data(contentsOf: URL(fileURLWithPath: report))
    #expect(try JSONSerialization.jsonObject(with: data) is [String: Any])
  }

  @Test("what a slow reader did not get is counted: shown and not shown are all there were")
  func counted() throws {
    let folder = try TemporaryFolder()
    let report = folder.path("report.json")
    let answer = try stall("late", "-v -i 100 -l 40000", report: report, seconds: 5)
    #expect(answer.status == 0)
    let found = CyclictestOutput(text: answer.shown)
    let series = try #require(TimingFile(report).series.first)
    let line = answer.shown.split(separator: "\n").first { $0.contains("are not shown") }
    let unshown = try #require(Int(line?.split(separator: " ")[1] ?? "0"))
    #expect(found.stream.count + unshown == series.latency.count && series.latency.count == 40_000)
    // Those that waited in the ring came when somebody read.
    #expect(found.stream.count >= 16_384)
    #expect(zip(found.stream, found.stream.dropFirst()).allSatisfy { $0.cycle < $1.cycle })
  }

  @Test("without -q a histogram stands below the thread lines, as cyclictest has it")
  func lines() throws {
    let loud = try Program.run(["jitter", "-h", "5", "-l", "20", "--allow-best-effort"])
    #expect(CyclictestOutput(text: loud.output).threads.first?.cycles == 20)
    let quiet = try Program.run(["jitter", "-q", "-h", "5", "-l", "20", "--allow-best-effort"])
    #expect(CyclictestOutput(text: quiet.output).threads.isEmpty)
  }

  @Test("what became of the idle states stands in the report of every kind of run")
  func idleStates() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("report.json")
    func row(_ words: [String]) throws -> String? {
      let outcome = try Program.run(
        ["jitter", "-l", "5", "--report", path, "--allow-best-effort"] + words)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let sections = try TimingFile(path).conditions
      return sections.last { $0.title == "measurement" }?.rows.first?.text
    }
    let isHeld = unsafe access("/dev/cpu_dma_latency", W_OK) == 0
    for kind in [[], ["--chain", "eventfd"]] {
      #expect(try row(kind + ["--default-system"]) == "left as the system has them")
      #expect(try row(kind)?.hasPrefix(isHeld ? "held off" : "not held off") == true)
      let text = try row(kind + ["--latency", "30"])
      #expect(text?.contains("30 µs") == isHeld)
    }
  }

  @Test("every thread that broke the threshold says so in the report")
  func breaches() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("report.json")
    let outcome = try Program.run([
      "jitter", "-t4", "-d0", "-i", "20000", "-N", "-b", "500", "-q", "--report", path,
      "--allow-best-effort",
    ])
    #expect(outcome.status == 79)
    let series = try TimingFile(path).series
    #expect(series.count == 4 && series.allSatisfy { $0.budget == 500 })
    for one in series { #expect(one.breaches == (one.latency.max > 500 ? 1 : 0), "\(one.name)") }
  }

  @Test("threads that begin late have their whole time")
  func lateThreads() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("report.json")
    let outcome = try Program.run([
      "jitter", "-t1024", "-d0", "-i", "500000", "-D", "1", "-q", "--report", path,
      "--allow-best-effort",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let whole = try TimingFile(path).series.filter { $0.latency.count + ($0.missed ?? 0) >= 2 }
    // Some of a thousand may begin later than they are told to, on a loaded machine.
    #expect(whole.count > 512)
  }

  @Test(
    "--mainaffinity moves the printing thread of a chain, too",
    .enabled(if: Machine.current().allowedCPUs.count > 1))
  func mainAffinity() throws {
    let cpu = try #require(Machine.current().allowedCPUs.first)
    let program = try Program([
      "jitter", "--chain", "futex", "--mainaffinity", "\(cpu)", "--allow-best-effort",
    ])
    let path = "/proc/\(program.processIdentifier)/status"
    var found = false
    for _ in 0..<1_200 where !found {
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      found = text.contains("Cpus_allowed_list:\t\(cpu)\n")
      usleep(50_000)
    }
    #expect(found)
    program.send(SIGTERM)
    #expect(program.finish().status == 0)
  }
}
