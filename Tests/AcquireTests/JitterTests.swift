import Foundation
import TestSupport
import Testing

@Suite("acquire jitter, as a person runs it", .serialized)
struct JitterTests {
  private func sample(_ name: String) throws -> Data {
    try Data(
      contentsOf: URL(
        fileURLWithPath: Repository.path("Tests/Oracles/cyclictest/samples/" + name)))
  }

  private func python<Found: Decodable>(_ kind: String, _ text: Data) throws -> Found {
    let answer = try Oracle.python(
      script: "cyclictest/read.py", arguments: [kind], input: text)
    return try JSONDecoder().decode(Found.self, from: answer)
  }

  /// What both readers say of a text; they agree.
  private func read(_ text: String) throws -> CyclictestOutput {
    let swift = CyclictestOutput(text: text)
    let python: CyclictestOutput = try python("text", Data(text.utf8))
    #expect(swift == python)
    #expect(swift.strange.isEmpty)
    return swift
  }

  private func readJSON(_ data: Data) throws -> CyclictestFile {
    let swift = try #require(CyclictestFile(json: data))
    let python: CyclictestFile = try python("json", data)
    #expect(swift == python)
    return swift
  }

  @Test("two readers of cyclictest's output agree on every sample of it")
  func samples() throws {
    let folder = Repository.path("Tests/Oracles/cyclictest/samples")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(names.count == 18)
    for name in names {
      let data = try sample(name)
      if name.hasSuffix(".json") {
        #expect(try readJSON(data).threadCount == 2)
      } else {
        let found = try read(String(decoding: data, as: UTF8.self))
        #expect(!found.threads.isEmpty || !found.rows.isEmpty || !found.stream.isEmpty, "\(name)")
      }
    }
  }

  @Test("a histogram of all CPUs is read by both, and by OSADL's scripts, and closes")
  func histogram() throws {
    let outcome = try Program.run(
      ["jitter"]
        + "-Smp80 -i500 -l200 -h60 -q --allow-best-effort".split(separator: " ")
        .map(String.init))
    #expect(outcome.status == 0, "\(outcome.errors)")
    let found = try read(outcome.output)
    #expect(found.rows.count == 60 && found.threads.isEmpty)
    for (index, overflow) in found.overflowCycles.enumerated() {
      let inRange = found.rows.map { $0[index] }.reduce(0, +)
      #expect(inRange == found.total[index])
      #expect(inRange + found.overflows[index] <= 200 && found.maxima[index] >= found.minima[index])
      #expect(overflow.cycles.count + overflow.others == found.overflows[index])
      #expect(overflow.cycles == overflow.cycles.sorted())
    }
    #expect(zip(found.total, found.overflows).map(+).contains(200))
    struct Columns: Decodable {
      var rows: [[Int]]
      var maximum: Int
    }
    let columns: Columns = try python("osadl", Data(outcome.output.utf8))
    #expect(columns.rows == found.rows.enumerated().map { [$0.offset] + $0.element })
    #expect(columns.maximum == found.maxima.max())
  }

  @Test("lines, spikes and JSON of one run say the same, and a file takes the histogram")
  func lines() throws {
    let folder = try TemporaryFolder()
    let (json, histogram) = (folder.path("run.json"), folder.path("histogram"))
    let outcome = try Program.run([
      "jitter", "-p80", "-t2", "-i", "500", "-d0", "-D", "200ms", "-N", "--spike=1",
      "--spike-nodes=4", "--json", json, "-H", "30", "--histfile=\(histogram)",
      "--allow-best-effort", "-q",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let found = try read(outcome.output)
    #expect(found.spikes.count == 4 && found.spikeCount >= 4)
    #expect(outcome.output.contains("# missed periods: "))
    let file = try readJSON(Data(contentsOf: URL(fileURLWithPath: json)))
    #expect(file.threadCount == 2 && file.isInNanoseconds == 1 && file.returnCode == 0)
    #expect(file.commandLine.contains("jitter -p80 -t2"))
    let bins = try read(String(contentsOfFile: histogram, encoding: .utf8))
    #expect(bins.total.count == 3 && bins.rows.count == 30)
    for (index, maximum) in bins.maxima.prefix(2).enumerated() {
      let thread = try #require(file.threads[String(index)])
      #expect(thread.max == maximum && thread.min == bins.minima[index])
      // One is rounded to two places, the other cut.
      #expect(thread.avg >= Double(bins.averages[index]))
      #expect(thread.avg <= Double(bins.averages[index] + 1))
      #expect(thread.cycles == bins.total[index] + bins.overflows[index])
    }
  }

  @Test("without -q and a terminal the thread lines stand at the end, and -v has every value")
  func shown() throws {
    let plain = try Program.run(["jitter", "-l", "50", "-t", "2", "--allow-best-effort"])
    let found = try read(plain.output)
    #expect(found.threads.count == 2 && found.threads.map(\.interval) == [1_000, 1_500])
    #expect(found.threads[0].cycles == 50 && found.threads.allSatisfy { $0.id > 0 })
    let verbose = try read(
      Program.run(["jitter", "-v", "-l", "30", "--allow-best-effort"]).output)
    #expect(verbose.stream.map(\.cycle) == Array(0..<30))
  }

  @Test("a broken threshold has an exit code of its own and marks the kernel's trace")
  func threshold() throws {
    let folder = try TemporaryFolder()
    for name in ["trace_marker", "tracing_on"] {
      try Data().write(to: URL(fileURLWithPath: folder.path(name)))
    }
    let outcome = try Program.run([
      "jitter", "-b", "1", "-i", "2000", "-q", "--tracemark", "--tracing-folder", folder.path,
      "--allow-best-effort",
    ])
    #expect(outcome.status == 79)
    let found = try read(outcome.output)
    #expect(found.threadIDs == found.threads.map(\.id))
    #expect(found.breakThread == found.threads[0].id && found.breakValue > 1)
    #expect(found.breakValue == found.threads[0].last)
    let mark = try String(contentsOfFile: folder.path("trace_marker"), encoding: .utf8)
    #expect(mark == "hit latency threshold (\(found.breakValue) > 1)\n")
    #expect(try String(contentsOfFile: folder.path("tracing_on"), encoding: .utf8) == "0\n")
    let absent = try Program.run([
      "jitter", "-b", "1", "--tracemark", "--tracing-folder", folder.path("none"),
      "--allow-best-effort",
    ])
    #expect(absent.status == 77 && absent.sentence.contains("mount -t tracefs"))
  }

  @Test(
    "what cannot be done is refused: unknown options, odd values, a CPU that is not there",
    arguments: [(["-n"], 64), (["-p", "99"], 64), (["--bogus"], 64), (["-a", "4000"], 77)])
  func refused(words: [String], status: Int) throws {
    let outcome = try Program.run(["jitter", "-l", "1"] + words)
    #expect(Int(outcome.status) == status && outcome.sentence.hasPrefix("acquire: "))
    #expect(outcome.output.isEmpty)
  }

  @Test("a CPU that is not there is best effort where that is allowed, said in the first line")
  func bestEffort() throws {
    let outcome = try Program.run(["jitter", "-l", "5", "-a", "4000", "--allow-best-effort"])
    #expect(outcome.status == 0 && outcome.output.hasPrefix("# BEST EFFORT, not real time: "))
    #expect(try read(outcome.output).threads[0].cycles == 5)
  }

  @Test(
    "a file that cannot be written is refused before anything is measured",
    arguments: ["--report=/proc/none/x.json", "--json=/proc/none/x", "--histfile=/proc/none/x"])
  func places(word: String) throws {
    let outcome = try Program.run(["jitter", "-h", "9", "-D", "1h", word, "--allow-best-effort"])
    #expect(outcome.status == 73 && outcome.sentence.contains("/proc/none"))
    #expect(outcome.output.isEmpty)
  }

  @Test("--help is help, and -h is not")
  func help() throws {
    let help = try Program.run(["jitter", "--help"])
    #expect(help.status == 0 && help.output.contains("-h, --histogram <us>"))
    for code in ["65 ", "66 ", "69 ", "70 ", "71 ", "76 ", "78 "] {
      #expect(help.output.contains(code))
    }
    #expect(help.output.contains("79 a latency was above -b") && !help.output.contains("slot"))
    #expect(try Program.run(["jitter", "-h"]).status == 64)
  }

  @Test("a wake chain has both ways and the round trip", arguments: ["futex", "eventfd"])
  func chain(means: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run([
      "jitter", "--chain", means, "-l", "100", "-i", "500", "--allow-best-effort", "--report",
      folder.path("chain.json"),
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("#0 -> #1, Min ") && outcome.output.contains("Cycles 100"))
    let report = try TimingFile(folder.path("chain.json"))
    #expect(report.series.map(\.name) == ["there", "back", "round trip", "timer"])
    let prompt = try #require(report.findings.first).rows.compactMap { Int($0.text) }
    #expect(prompt.count == 2)
    for (series, apart) in zip(report.series, prompt + [0, 0]) {
      #expect(series.latency.count + apart == 100, "\(series.name)")
    }
    let timer = report.series[3]
    #expect(timer.corrected?.count == 100 + (timer.missed ?? 0))
  }

  @Test("a program that was stopped for 200 periods says so, where its own percentiles do not")
  func stall() throws {
    let folder = try TemporaryFolder()
    let program = try Program([
      "jitter", "-i", "1000", "-D", "2", "-q", "--allow-best-effort", "--report",
      folder.path("stall.json"),
    ])
    let status = "/proc/\(program.processIdentifier)/stat"
    try program.waitForOutput("#")
    usleep(300_000)
    program.send(SIGSTOP)
    // Not before all of its threads stand still does the time count.
    for _ in 0..<1_000 {
      let text = (try? String(contentsOfFile: status, encoding: .utf8)) ?? ""
      if text.split(separator: ")").last?.hasPrefix(" T") == true { break }
      usleep(10_000)
    }
    usleep(210_000)
    program.send(SIGCONT)
    let outcome = program.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let series = try #require(TimingFile(folder.path("stall.json")).series.first)
    let missed = try #require(series.missed)
    let corrected = try #require(series.corrected)
    #expect(missed >= 199)
    #expect(series.latency.max >= 200_000_000)
    #expect(corrected.count == series.latency.count + missed)
    // As many as were due; the last wake-up may have slept over some that were due after the end.
    let due = series.latency.count + missed
    #expect(due >= 2_000 && due <= 2_000 + series.latency.max / 1_000_000)
    // One value of 1 800 is nothing to a p99; 200 values, evenly from 200 ms down, are.
    #expect(corrected.percentiles.p99 >= 150_000_000)
    #expect(series.latency.percentiles.p99 < corrected.percentiles.p99)
    #expect(outcome.output.contains("# missed periods: \(missed) of \(due) (!)"))
  }
}

/// A report as another program reads it.
struct TimingFile: Decodable {
  struct Percentiles: Decodable {
    var p50: Int
    var p99: Int
  }

  struct Latency: Decodable {
    var count: Int
    var max: Int
    var percentiles: Percentiles
  }

  struct Series: Decodable {
    var name: String
    var latency: Latency
    var corrected: Latency?
    var missed: Int?
    var budget: Int?
    var breaches: Int
  }

  struct Section: Decodable {
    struct Row: Decodable {
      var name: String
      var text: String
    }

    var title: String
    var rows: [Row]
  }

  var series: [Series]
  var findings: [Section]
  var conditions: [Section]
  var faults: [String]

  init(_ path: String) throws {
    self = try JSONDecoder().decode(
      TimingFile.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
