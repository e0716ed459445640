// Every speed mode of both generations of an ActiveTwo, from an emulated receiver through the
// parser, a second each by a clock that nobody waits for.

import Emulators
import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

/// Noise, every count of which is another.
private func noise() throws -> Playback {
  var random = SplitMix64(seed: 7)
  let channels = (1...5).map {
    Montage.Channel(label: "CH\($0)", microvoltsPerCount: 0.01 + 0.001 * Double($0))
  }
  let counts = (0..<3_500).map { _ in Int32.random(in: -40_000...40_000, using: &random) }
  return try Playback(
    SampleTable(montage: Montage(channels: channels, samplesPerSecond: 250), counts: counts))
}

@Suite("BioSemi ActiveTwo")
struct BioSemiTests {
  @Test(
    "in each speed mode every sample arrives as it was sent, and what is lost is told",
    arguments: 1...2, 0...8)
  func speedModes(generation: Int, mode: Int) throws {
    var settings = StreamSettings()
    settings.generation = generation
    settings.speedMode = mode
    let profile = try BioSemi.profile(settings)
    let rate = profile.packetsPerSecond
    var bench = StreamBench(profile)
    let begin = bench.now
    // A tenth of a second that never comes, and a sample that is cut.
    let hole = Fault(.lost, count: Int(rate / 10), at: 0.5)
    let tear = Fault(.torn, count: 70, at: 0.8)
    var board = try BioSemiBoard(
      playing: try noise(), mode: try BioSemiMode(mark: generation, speedMode: mode),
      options: BoardOptions(faults: [hole, tear]))
    var turn = Turn()
    board.receive(profile.startMessage, at: begin, into: &turn)
    var random = SplitMix64(seed: UInt64(10 * generation + mode))
    var truth = turn.packets
    while let due = board.nextInstant, due < begin + .seconds(1) {
      var turn = Turn()
      board.advance(to: due, into: &turn)
      truth += turn.packets
      // In two pieces, the cut wherever it falls.
      let cut = Int.random(in: 0...turn.bytes.count, using: &random)
      bench.now = due
      bench.feed(Array(turn.bytes[..<cut]), periods: 0)
      bench.feed(Array(turn.bytes[cut...]), periods: 0.5)
    }
    let sent = truth.filter { $0.fate == .sent }
    #expect(truth.count == Int(rate) && truth.count - sent.count == Int(rate / 10) + 1)
    // The last one waits for its successor.
    #expect(bench.frames.count == sent.count - 1)
    var wrong = 0
    for (frame, packet) in zip(bench.frames, sent)
    where frame.index != packet.index || frame.counts != packet.counts {
      wrong += 1
    }
    #expect(wrong == 0, "of \(bench.frames.count)")
    let told = bench.frames.reduce(0) { $0 + Int($1.header.lostBefore) }
    #expect(told == truth.count - sent.count)
    #expect(bench.stream.statistics.restarts == 0)
  }
}
