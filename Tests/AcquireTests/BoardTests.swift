// Every board file through the reader that the program uses, to the registers of its chips.

import Amplifiers
import Foundation
import Signal
import TestSupport
import Testing

@testable import Acquire

/// What a board's chips shall hold, register by register from ID to CONFIG4.
///
/// Written from the data sheet's register map, not from the code.
private struct Board: Sendable, CustomTestStringConvertible {
  var file: String
  var chips: [String]
  var testDescription: String { file }
}

private let boards = [
  //             ID CONFIG1-3 LOFF  CH1SET … CH8SET         BIAS_ LOFF_ FL STAT  GPIO MISC CONFIG4
  Board(
    file: "pieeg.toml",
    chips: ["3E 96 C0 EC 00  60 60 60 60 60 60 60 60  FF 00 00 00 00 00 00 80 20 00 00"]),
  Board(
    file: "pieeg-16.toml",
    chips: [
      "3E D6 C0 EC 00  60 60 60 60 60 60 60 60  FF 00 00 00 00 00 00 80 20 00 00",
      // Only the first chip's bias amplifier is on.
      "3E D6 C0 E8 00  60 60 60 60 60 60 60 60  FF 00 00 00 00 00 00 80 20 00 00",
    ]),
  Board(
    file: "openbci-like.toml",
    chips: ["3E 96 C0 EC 00  68 68 68 68 68 68 68 68  FF FF 00 00 00 00 00 00 00 00 00"]),
  Board(
    file: "bare-ads1299.toml",
    chips: ["3E 96 C0 E8 00  60 60 60 60 60 60 60 60  00 00 00 00 00 00 00 50 00 00 00"]),
  Board(
    file: "raspberry-pi-ads1299.toml",
    chips: ["3E 96 C0 EC 00  60 60 60 60 60 60 60 60  FF 00 00 00 00 00 00 00 20 00 00"]),
]

@Suite("Board files")
struct BoardTests {
  @Test("a board's file gives its chips the registers that its wiring needs", arguments: boards)
  fileprivate func registers(_ board: Board) throws {
    let configuration = try Configuration.load(
      file: Repository.path("hardware/boards/" + board.file), environment: { _ in nil },
      overrides: [])
    #expect(configuration.amplifier.kind == "ads1299")
    let chips = try configuration.chips()
    let found = chips.map { chip in
      chip.registerValues().map { String(format: "%02X", $0) }
    }
    let expected = board.chips.map { $0.split(separator: " ").map(String.init) }
    #expect(found == expected)
    #expect(try configuration.montage().channels.count == 8 * board.chips.count)
  }

  @Test("a board's file passes the check that a person runs on it", arguments: boards)
  fileprivate func check(_ board: Board) throws {
    let path = Repository.path("hardware/boards/" + board.file)
    let check = try Program.run(["config", "check", path])
    #expect(check.status == 0 && check.output.hasPrefix("\(path): all right"))
  }

  @Test("no board file is left out of the table")
  func complete() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Repository.path("hardware/boards"))
    #expect(files.sorted() == boards.map(\.file).sorted())
  }
}
