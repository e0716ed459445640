// `acquire report` as a person would use it.

import Foundation
import TestSupport
import Testing

@Suite("Reports on the command line")
struct ReportCommandTests {
  private let cyclictest = #"""
    {"file_version": 1, "cmdline:": "cyclictest -h 60", "start_time": "", "end_time": "",
     "return_code": 0, "sysinfo": {"release": "6.18.44", "version": "#1 SMP PREEMPT_RT"},
     "num_threads": 1, "resolution_in_ns": 0,
     "thread": {"0": {"histogram": {"12": 900, "13": 779, "57": 1}, "cycles": 1680, "min": 12,
       "max": 57, "avg": 12.00, "cpu": 0, "node": -1}}}
    """#

  private func written(_ text: String, _ name: String, in folder: TemporaryFolder) throws -> String
  {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path(name)))
    return folder.path(name)
  }

  @Test("one report is a page, and becomes HTML, SVG and JSON of ours")
  func one() throws {
    let folder = try TemporaryFolder()
    let file = try written(cyclictest, "c.json", in: folder)
    let outcome = try Program.run(
      ["report", file, "--html", folder.path("r.html"), "--svg", folder.path("r.svg")],
      environment: ["LC_ALL": "C"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("worst latency was 57.0 us"), "\(outcome.output)")
    #expect(outcome.output.allSatisfy(\.isASCII) && outcome.output.contains("####"))
    #expect(try String(contentsOfFile: folder.path("r.html"), encoding: .utf8).contains("<svg "))
    #expect(try String(contentsOfFile: folder.path("r.svg"), encoding: .utf8).hasPrefix("<?xml"))
    let json = try Program.run(["report", file, "--json"])
    let ours = try written(json.output, "ours.json", in: folder)
    let again = try Program.run(["report", ours, "--json"])
    #expect(again.status == 0 && again.output == json.output)
  }

  @Test("two reports are compared")
  func two() throws {
    let folder = try TemporaryFolder()
    let first = try written(cyclictest, "first.json", in: folder)
    let second = try written(
      cyclictest.replacingOccurrences(of: "6.18.44", with: "6.12.1")
        .replacingOccurrences(of: "\"max\": 57", with: "\"max\": 114"), "second.json", in: folder)
    let outcome = try Program.run(
      ["report", first, second, "--html", folder.path("both.html")],
      environment: ["LC_ALL": "C.UTF-8"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    for text in ["first.json", "second.json", "× 2.00", "cannot be compared", "6.12.1"] {
      #expect(outcome.output.contains(text), "\(text) is not in:\n\(outcome.output)")
    }
    #expect(FileManager.default.fileExists(atPath: folder.path("both.html")))
  }

  @Test("wrong files are told in one sentence, with codes of their own")
  func refused() throws {
    let folder = try TemporaryFolder()
    for (path, status, sentence) in [
      (folder.path("none.json"), 66, "there is no file"), (folder.path, 66, "cannot be read"),
      (try written("poem", "poem.json", in: folder), 65, "is no timing report"),
      (try written("{}", "empty.json", in: folder), 65, "neither"),
      ("/dev/zero", 65, "larger than 16 megabytes"),
    ] {
      let outcome = try Program.run(["report", path])
      #expect(outcome.status == Int32(status), "\(path): \(outcome.errors)")
      #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
      #expect(outcome.sentence.split(separator: "\n").count == 1)
    }
    let good = try written(cyclictest, "c.json", in: folder)
    let unwritable = try Program.run(["report", good, "--svg", folder.path("no/such/plot.svg")])
    #expect(unwritable.status == 73, "\(unwritable.errors)")
    #expect(try Program.run(["report"]).status == 64)
    #expect(try Program.run(["report", good, good, "--json"]).status == 64)
    #expect(try Program.run(["report", good, "--colour"]).status == 64)
  }
}
