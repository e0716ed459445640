import Foundation
import RT
import TestSupport
import Testing

@testable import Acquire
@testable import Monitor

@Suite("Where a report goes")
struct ReportFileTests {
  private let report = TimingReport(
    title: "Title", commandLine: "acquire", begun: 0, duration: .seconds(1), series: [])

  @Test("what is a file, or none yet, is a file, wherever it lies: its ending says the format")
  func files() throws {
    let path = "/dev/shm/acquire-test-\(getpid()).html"
    #expect(try ReportFile(path).format == .html && !ReportFile(path).isStream)
    let folder = try TemporaryFolder()
    let present = folder.path("x.svg")
    try Data().write(to: URL(fileURLWithPath: present))
    #expect(try ReportFile(present).format == .svg && !ReportFile(present).isStream)
    #expect(throws: Failure.self) { _ = try ReportFile("/dev/shm/x") }
    #expect(throws: Failure.self) { _ = try ReportFile(folder.path) }
  }

  @Test(
    "standard output, whatever it leads to, and what is no file are streams, and take JSON",
    arguments: ["/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/2", "/dev/null"])
  func streams(path: String) throws {
    let file = try ReportFile(path)
    #expect(file.isStream && file.format == .json)
  }

  @Test("a named pipe is a stream")
  func pipe() throws {
    let folder = try TemporaryFolder()
    let made = unsafe mkfifo(folder.path("pipe.html"), 0o600)
    try #require(made == 0)
    #expect(try ReportFile(folder.path("pipe.html")).isStream)
  }

  @Test("a link that stands where the fresh file will is not followed")
  func link() throws {
    let folder = try TemporaryFolder()
    let (victim, path) = (folder.path("victim"), folder.path("x.json"))
    try "mine".write(toFile: victim, atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      atPath: "\(path).\(getpid()).new", withDestinationPath: victim)
    try ReportFile(path).write(report)
    #expect(try String(contentsOfFile: victim, encoding: .utf8) == "mine")
    #expect(try String(contentsOfFile: path, encoding: .utf8).contains("\"Title\""))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
  }

  @Test("what a program of the same number left half written does not stand in the way")
  func left() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("x.json")
    try Data("half".utf8).write(to: URL(fileURLWithPath: "\(path).\(getpid()).new"))
    try ReportFile(path).write(report)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.json"])
  }
}

@Suite("The idle states of a run")
struct IdleStatesTests {
  @Test("a refusal is error 77 with the cure, or where that is allowed a reason and a row")
  func refused() throws {
    let device = "/nonexistent/cpu_dma_latency"
    var failure: Failure?
    do throws(Failure) {
      _ = try IdleStates(0, allowsBestEffort: false, device: device)
    } catch {
      failure = error
    }
    #expect(failure?.status == .refused)
    #expect(failure?.sentence.contains("--default-system") == true)
    let states = try IdleStates(0, allowsBestEffort: true, device: device)
    let (refusal, remark, row) = (states.refusal, states.remark, states.row)
    #expect(refusal == failure?.sentence && remark.isEmpty)
    #expect(row.text.hasPrefix("not held off"))
  }

  @Test("what takes the request holds it, and what is left alone is never opened")
  func held() throws {
    let folder = try TemporaryFolder()
    let device = folder.path("device")
    try Data().write(to: URL(fileURLWithPath: device))
    let states = try IdleStates(30, allowsBestEffort: false, device: device)
    let (refusal, remark, row) = (states.refusal, states.remark, states.row)
    #expect(refusal == nil && remark == "# \(device) set to 30us\n" && row.text.contains("30 µs"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: device)) == Data([30, 0, 0, 0]))
    let alone = try IdleStates(nil, allowsBestEffort: false, device: "/nonexistent")
    let (none, text) = (alone.refusal, alone.row.text)
    #expect(none == nil && text == "left as the system has them")
  }
}
