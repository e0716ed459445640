// BrainFlow, which others have written, drives the emulated boards and must read what was sent.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators

/// What Tests/Oracles/amplifiers/brainflow_reads.py prints.
private struct Reading: Decodable {
  var replies: [String]
  var packages: [Int]
  /// `microvolts[channel][sample]`, and so the others.
  var microvolts: [[Double]]
  var acceleration: [[Double]]
  var analog: [[Double]]
}

private func read(
  _ board: any Board, id: Int, samples: Int, commands: [String] = []
) throws -> (Reading, TruthTable) {
  let folder = try TemporaryFolder()
  let amplifier = try VirtualAmplifier(board: board, truth: folder.path("truth"))
  try amplifier.start()
  let output = try Oracle.python(
    script: "amplifiers/brainflow_reads.py",
    arguments: [String(id), amplifier.path, String(samples)] + commands)
  try amplifier.stop()
  let reading = try JSONDecoder().decode(Reading.self, from: output)
  try #require(reading.packages.count >= samples, "\(reading.packages.count) samples came")
  return (reading, try TruthTable(folder.path("truth")))
}

/// Counts by BrainFlow's own microvolts; nil where they are no whole number of counts.
private func count(_ microvolts: Double, scale: Double) -> Int32? {
  let count = (microvolts / scale).rounded()
  return abs(count * scale - microvolts) <= 1e-6 * max(1, abs(microvolts)) ? Int32(count) : nil
}

private func scale(gain: Double) -> Double { 4.5 / 8_388_607 / gain * 1e6 }

@Suite("BrainFlow reads")
struct BrainFlowTests {
  @Test("a Cyton: handshake, settings, counters, counts at each gain, acceleration, losses")
  func cyton() throws {
    let gains: [Double] = [1, 2, 4, 6, 8, 12, 24, 24]
    let commands =
      gains.indices.map {
        "x\($0 + 1)0\([1: 0, 2: 1, 4: 2, 6: 3, 8: 4, 12: 5, 24: 6][gains[$0]] ?? 0)0110X"
      }
      + ["8", "~~", "//"]
    let board = try CytonBoard(
      playing: try noise(),
      options: BoardOptions(faults: [
        Fault(.lost, count: 3, at: 0.4), Fault(.silence, count: 100, at: 0.8),
      ]))
    let (reading, truth) = try read(board, id: 0, samples: 500, commands: commands)
    #expect(reading.replies.prefix(8) == (1...8).map { "Success: Channel set for \($0)$$$" }[...])
    #expect(reading.replies[9...] == ["Success: Sample rate is 250Hz$$$", "Success: default$$$"])
    let sent = truth.sent.prefix(reading.packages.count)
    #expect(reading.packages.map { UInt32($0) } == sent.map(\.counter))
    #expect(truth.packets.filter { $0.fate == .lost }.count >= 28)
    // BrainFlow holds an acceleration until the next that is fresh.
    let fresh = truth.packets.filter { $0.index.isMultiple(of: 10) }
    for (place, packet) in sent.enumerated() {
      for channel in 0..<7 {
        let read = count(reading.microvolts[channel][place], scale: scale(gain: gains[channel]))
        #expect(read == packet.counts[channel])
      }
      #expect(reading.microvolts[7][place] == 0)
      let latest = try #require(
        fresh.last { $0.fate == .sent && $0.index <= packet.index })
      let expected = CytonAuxiliarySource.acceleration(reading: latest.index / 10)
      for axis in 0..<3 {
        #expect(abs(reading.acceleration[axis][place] - Double(expected[axis]) * 0.000125) < 1e-9)
      }
    }
  }

  @Test("a Cyton's analog pins")
  func analog() throws {
    let board = try CytonBoard(playing: try noise(), options: BoardOptions())
    let (reading, truth) = try read(board, id: 0, samples: 200, commands: ["/2"])
    #expect(reading.replies == ["Success: analog$$$"])
    for (place, packet) in truth.sent.prefix(200).enumerated() {
      let sample = Double(packet.index)
      #expect(reading.analog.map { $0[place] } == [sample, 1023 - sample, 512])
    }
  }

  @Test("a Daisy: two halves make a sample, the Daisy's first, and gains on both")
  func daisy() throws {
    let board = try CytonBoard(playing: try noise(), hasDaisy: true, options: BoardOptions())
    let (reading, truth) = try read(
      board, id: 2, samples: 250, commands: ["x2040110X", "xI020110X"])
    // Under load it hands over the first reply together with the second.
    #expect(
      reading.replies.joined() == "Success: Channel set for 2$$$Success: Channel set for 16$$$")
    let sent = truth.sent
    for place in 0..<250 {
      let (daisy, board) = (sent[2 * place], sent[2 * place + 1])
      #expect(reading.packages[place] == Int(daisy.counter))
      #expect(board.counter == daisy.counter + 1)
      for channel in 0..<16 {
        let packet = channel < 8 ? board : daisy
        let gain: Double = channel == 1 ? 8 : channel == 15 ? 4 : 24
        let read = count(reading.microvolts[channel][place], scale: scale(gain: gain))
        #expect(read == packet.counts[channel % 8])
      }
    }
  }

  @Test("a FreeEEG32 and an IronBCI-32: counters and counts", arguments: [17, 65])
  func freeEEG32(id: Int) throws {
    let board = try FreeRunningBoard(
      try FreeEEG32Format(playing: try noise()),
      options: BoardOptions(faults: [Fault(.lost, count: 7, at: 3)]))
    let (reading, truth) = try read(board, id: id, samples: 1024)
    let step = 2.5 / 8_388_607 / 8 * 1e6
    func counts(_ place: Int) -> [Int32?] {
      reading.microvolts.map { count($0[place], scale: step) }
    }
    // It came in amid the stream.
    let first = counts(0)
    let start = try #require(truth.sent.firstIndex { $0.counts.map { Optional($0) } == first })
    for (place, packet) in truth.sent[start...].prefix(1024).enumerated() {
      #expect(reading.packages[place] == Int(packet.counter))
      #expect(counts(place) == packet.counts.map { Optional($0) })
    }
  }
}
