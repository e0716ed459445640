// `acquire simulate` as somebody at a terminal has it.

import Foundation
import TestSupport
import Testing

private let boards = ["cyton", "daisy", "openeeg", "freeeeg32", "biosemi"]

private let wrong: [(arguments: [String], status: Int32, words: [String])] = [
  (["cyton", "--fault", "lost=3"], 64, ["lost=3", "seconds"]),
  (["cyton", "--fault", "half=1@1"], 64, ["half", "cyton", "mismatch"]),
  (["openeeg", "--rate", "0"], 64, ["0.0 Hz", "1 to 100 000"]),
  (["freeeeg32", "--extra-bytes", "300"], 64, ["300", "0 to 128"]),
  (["biosemi", "--speed-mode", "9"], 64, ["9", "0 to 8"]),
  (["biosemi", "--mark", "3"], 64, ["3", "1 or 2"]),
  (["daisy", "--recording", "/nowhere.bdf"], 66, ["/nowhere.bdf"]),
  (["cyton", "--link", "/dev/null"], 73, ["/dev/null", "another path"]),
  (["cyton", "--truth", "/dev/null"], 73, ["/dev/null", "another file"]),
]

@Suite("acquire simulate")
struct SimulateTests {
  @Test("each board says where it is, and at the end what it made", arguments: boards)
  func says(board: String) throws {
    let folder = try TemporaryFolder()
    let link = folder.path("port")
    let program = try Program(
      ["simulate", board, "--link", link, "--truth", folder.path("truth")])
    try program.waitForOutput("virtual \(board) on \(link)\n")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link).hasPrefix("/dev/pts/"))
    program.send(SIGINT)
    let outcome = program.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let last = try #require(outcome.output.split(separator: "\n").last)
    let numbers = last.split(separator: " ").compactMap { Int($0) }
    #expect(last.contains("packets made") && numbers.count == 3, "\(last)")
    let truth = try String(contentsOfFile: folder.path("truth"), encoding: .utf8)
    #expect(truth.split(separator: "\n").filter { !$0.hasPrefix("#") }.count == numbers[0])
    #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == nil)
  }

  @Test("what cannot be is refused in one sentence", arguments: wrong.indices)
  func refuses(number: Int) throws {
    let mistake = wrong[number]
    let outcome = try Program.run(["simulate"] + mistake.arguments)
    #expect(outcome.status == mistake.status, "\(outcome.errors)")
    for word in mistake.words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    #expect(outcome.sentence.split(separator: "\n").count == 1)
  }
}
