// BioSemi's receiver: blocks that start and stop it, rows of words, the status word.

import RT
import TestSupport
import Testing

@testable import Emulators

private let startBlock = [0xFF] + [UInt8](repeating: 0, count: 63)
private let stopBlock = [UInt8](repeating: 0, count: 64)

private func receiver(
  mark: Int = 1, speedMode: Int = 4, _ options: BoardOptions = BoardOptions()
) throws -> Rehearsal<BioSemiBoard> {
  Rehearsal(
    try BioSemiBoard(
      playing: try noise(), mode: try BioSemiMode(mark: mark, speedMode: speedMode),
      options: options))
}

private func words(_ bytes: [UInt8]) -> [UInt32] {
  stride(from: 0, to: bytes.count - 3, by: 4).map { place in
    UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
      | UInt32(bytes[place + 3]) << 24
  }
}

/// By the tables of the two drivers that others have written.
private let modes: [(mark: Int, speed: Int, words: Int, rate: Int)] =
  zip([258, 130, 66, 34, 258, 130, 66, 34, 290], [2, 4, 8, 16, 2, 4, 8, 16, 2]).enumerated().map {
    (1, $0, $1.0, $1.1 * 1024)
  }
  + zip([610, 610, 610, 610, 282, 154, 90, 58, 314], [2, 2, 2, 2, 2, 4, 8, 16, 2]).enumerated()
  .map { (2, $0, $1.0, $1.1 * 1024) }

@Suite("A BioSemi ActiveTwo")
struct BioSemiTests {
  @Test("each speed mode has its words and its rate, and says which it is", arguments: 0..<18)
  func speedModes(number: Int) throws {
    let mode = modes[number]
    let recording = try noise()
    var board = try receiver(mark: mode.mark, speedMode: mode.speed)
    board.tell(stopBlock)
    #expect(board.wait(seconds: 0.1).isEmpty)
    let row = words(board.tell(startBlock) + board.wait(seconds: 0.124 - 1e-6))
    #expect(row.count == mode.words * mode.rate / 8)
    for sample in 0..<(mode.rate / 8) {
      let first = sample * mode.words
      #expect(row[first] == 0xFFFF_FF00)
      let status = row[first + 1] >> 8
      let speed = status >> 17 & 7 | (status >> 21 & 1) << 3
      #expect(speed == UInt32(mode.speed))
      #expect(status >> 23 == (mode.mark == 2 ? 1 : 0))
      #expect(status >> 20 & 1 == 1 && status >> 22 & 1 == 0)
      #expect(status >> 16 & 1 == (sample == 0 ? 1 : 0))
      #expect(status & 0xFFFF == 0 && row[first + 1] & 0xFF == 0)
    }
    let last = (mode.rate / 8 - 1) * mode.words
    for channel in 0..<(mode.words - 2) {
      let microvolts = recording.microvolts(sample: mode.rate / 8 - 1, channel: channel)
      let count = Int32((microvolts / 0.03125).rounded())
      #expect(Int32(bitPattern: row[last + 2 + channel]) == count << 8)
      #expect(board.packets.last?.counts[channel] == count)
    }
  }

  @Test("the triggers count the seconds")
  func triggers() throws {
    var board = try receiver(speedMode: 3, BoardOptions(rate: 100))
    let row = words(board.tell(startBlock) + board.wait(seconds: 3.5))
    for sample in 0..<350 { #expect(row[sample * 34 + 1] >> 8 & 0xFFFF == UInt32(sample / 100)) }
  }

  @Test("the battery gets low when it shall")
  func battery() throws {
    let options = BoardOptions(rate: 100, faults: [Fault(.batteryLow, at: 1)])
    var board = try receiver(speedMode: 3, options)
    let row = words(board.tell(startBlock) + board.wait(seconds: 2))
    for sample in 0..<200 { #expect(row[sample * 34 + 1] >> 30 & 1 == (sample < 100 ? 0 : 1)) }
  }

  @Test("a zero block stops the stream, another start begins a new one")
  func stop() throws {
    var board = try receiver(speedMode: 3, BoardOptions(rate: 100))
    board.tell(startBlock)
    board.wait(seconds: 0.5)
    board.tell(stopBlock)
    let before = board.packets.count
    #expect(board.wait(seconds: 1).isEmpty)
    // Blocks may come in pieces; a start amid the stream changes nothing.
    board.tell(Array(startBlock[..<20]))
    board.tell(Array(startBlock[20...]))
    board.wait(seconds: 0.5)
    board.tell(startBlock)
    board.wait(seconds: 0.5)
    #expect(board.packets[before...].map(\.index) == (0..<101).map { $0 })
    // Half a block is forgotten.
    board.tell(stopBlock)
    board.tell(Array(stopBlock[..<10]))
    board.wait(seconds: 1.1)
    #expect(!board.tell(startBlock).isEmpty)
  }

  @Test("samples that are lost leave whole rows away; a reset waits for a start")
  func faults() throws {
    let faults = [Fault(.lost, count: 7, at: 0.5), Fault(.restart, at: 1)]
    var board = try receiver(speedMode: 3, BoardOptions(rate: 100, faults: faults))
    let row = words(board.tell(startBlock) + board.wait(seconds: 2))
    #expect(row.count == 93 * 34)
    #expect(board.packets.filter { $0.fate == .lost }.map(\.index) == (50..<57).map { $0 })
    #expect(board.notes.last == "restart")
    #expect(!board.tell(startBlock).isEmpty)
  }

  @Test("marks and speed modes that do not exist are refused")
  func refused() {
    for (mark, speed) in [(0, 4), (3, 4), (1, 9), (2, -1)] {
      #expect(throws: EmulatorFault.self) { try BioSemiMode(mark: mark, speedMode: speed) }
    }
  }
}
