// Which packet a packet is: losses, longer ones than the counter can say, repetitions, restarts.

import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

@Suite("Packet losses")
struct PacketLossTests {
  /// Packets of a Cyton with these numbers; what is not among them is lost.
  private func packet(_ number: Int, kind: Int = 0) throws -> [UInt8] {
    let profile = try #require(StreamCase.profile(kind))
    var random = SplitMix64(seed: UInt64(number))
    var packet = StreamCase.packets(profile, count: 1, random: &random)[0]
    if profile.format.counterOffset >= 0 {
      packet[profile.format.counterOffset] = UInt8(number & 0xFF)
    }
    return packet
  }

  @Test(
    "a loss of any length is counted to the packet, whatever the jitter and the bunches",
    arguments: [1, 2, 3, 100, 127, 128, 200, 255, 256, 257, 300, 512, 700, 1_023, 2_000, 5_000],
    [0, 2, 3])
  func loss(_ length: Int, kind: Int) throws {
    let profile = try #require(StreamCase.profile(kind))
    var bench = StreamBench(profile)
    var random = SplitMix64(seed: UInt64(length))
    var waiting: [UInt8] = []
    var elapsed = 0.0
    let before = 600
    for number in 0..<(before + 600) {
      let isGap = number == before
      elapsed += isGap ? Double(length + 1) : 1
      waiting += try packet(number < before ? number : number + length, kind: kind)
      // Two of three wait for the third, which comes up to 12 periods late.
      if number % 3 != 2 { continue }
      let late = Double.random(in: 0...2, using: &random)
      bench.feed(waiting, periods: max(0.01, elapsed + late))
      waiting = []
      elapsed = -late
    }
    #expect(bench.frames.count == before + 600)
    #expect(bench.frames.map { UInt64($0.header.lostBefore) }.reduce(0, +) == UInt64(length))
    #expect(bench.frames[before].header.lostBefore == UInt32(length))
    #expect(bench.stream.statistics.restarts == 0)
  }

  @Test("a host that stood still loses nothing of what waited for it", arguments: [50, 150, 220])
  func stall(_ length: Int) throws {
    var bench = StreamBench(try #require(StreamCase.profile(0)))
    for number in 0..<500 { bench.feed(try packet(number), periods: 1) }
    var waiting: [UInt8] = []
    for number in 500..<(500 + length) { waiting += try packet(number) }
    bench.feed(waiting, periods: Double(length))
    for number in (500 + length)..<900 { bench.feed(try packet(number), periods: 1) }
    #expect(bench.frames.count == 900)
    #expect(bench.frames.allSatisfy { $0.header.lostBefore == 0 })
  }

  @Test(
    "nor of what waited elsewhere and comes faster than it was sampled",
    arguments: [100, 240, 400, 1_000, 1_800])
  func stallUpstream(_ length: Int) throws {
    var bench = StreamBench(try #require(StreamCase.profile(0)))
    var next = 0
    for _ in 0..<3 {
      for _ in 0..<700 {
        bench.feed(try packet(next), periods: 1)
        next += 1
      }
      // Twenty packets a millisecond, after as many periods as they took to be sampled.
      for group in 0..<(length / 20) {
        var bytes: [UInt8] = []
        for member in 0..<20 { bytes += try packet(next + member) }
        bench.feed(bytes, periods: group == 0 ? Double(length) : 0.25)
        next += 20
      }
    }
    for _ in 0..<700 {
      bench.feed(try packet(next), periods: 1)
      next += 1
    }
    #expect(bench.frames.count == next)
    #expect(bench.frames.allSatisfy { $0.header.lostBefore == 0 })
    #expect(bench.stream.statistics.restarts == 0)
  }

  @Test("and is as old as it is: bytes that were held back are no signal of now")
  func age() throws {
    var bench = StreamBench(try #require(StreamCase.profile(0)))
    for number in 0..<1_000 { bench.feed(try packet(number), periods: 1) }
    // Six tenths of a second of nothing; then fifty at once, and from then on all are late.
    for number in 1_000..<1_050 {
      bench.feed(try packet(number), periods: number == 1_000 ? 150 : 0.01)
    }
    for number in 1_050..<4_000 { bench.feed(try packet(number), periods: 1) }
    #expect(bench.frames.count == 4_000)
    #expect(bench.frames.allSatisfy { $0.header.lostBefore == 0 })
    let ages = bench.frames[1_000...].map {
      ($0.header.edgeTime - $0.header.signalTime).milliseconds
    }
    #expect(ages.allSatisfy { $0 > 350 && $0 < 650 }, "\(ages.min() ?? 0) to \(ages.max() ?? 0) ms")
  }

  @Test("a repeated packet and one that comes too late give no frame")
  func repeated() throws {
    var bench = StreamBench(try #require(StreamCase.profile(0)))
    for number in [0, 1, 2, 3, 3, 4, 6, 5, 7] { bench.feed(try packet(number), periods: 1) }
    #expect(bench.frames.map(\.index) == [0, 1, 2, 3, 4, 6, 7])
    #expect(bench.stream.statistics.repeatedPackets == 2)
  }

  @Test("a device that begins to count anew is told from one that lost packets")
  func restart() throws {
    var bench = StreamBench(try #require(StreamCase.profile(2)))
    for number in 0..<600 { bench.feed(try packet(number, kind: 2), periods: 1) }
    // 600 is 88 modulo 256; after half a second, 128 packets, it counts from 0.
    for number in 0..<600 {
      bench.feed(try packet(number, kind: 2), periods: number == 0 ? 129 : 1)
    }
    #expect(bench.stream.statistics.restarts == 1)
    let first = try #require(bench.frames.dropFirst(600).first)
    #expect(first.header.recovery.cause == .restarted)
    #expect(first.header.lostBefore == 128)
    #expect(first.header.configurationEpoch != bench.frames[599].header.configurationEpoch)
    #expect(bench.frames.count == 1_200)
  }

  @Test("a restart without a pause is noticed within three packets, and none of them is lost")
  func restartAtOnce() throws {
    var bench = StreamBench(try #require(StreamCase.profile(0)))
    for number in 0..<600 { bench.feed(try packet(number), periods: 1) }
    for number in 0..<100 { bench.feed(try packet(number), periods: 1) }
    #expect(bench.stream.statistics.restarts == 1)
    #expect(bench.frames.count == 700)
    #expect(bench.frames.allSatisfy { $0.header.lostBefore <= 2 })
  }

  @Test("halves of a Daisy: each loss is flagged, and no half is used twice")
  func halves() throws {
    let profile = try #require(StreamCase.profile(1))
    var bench = StreamBench(profile)
    // 10 and 11 are a frame, of which 10 carries channels 9 to 16.
    let lost: Set = [10, 21, 30, 31, 41, 42]
    for number in 0..<60 where !lost.contains(number) {
      let gap = lost.contains(number - 1) ? (lost.contains(number - 2) ? 3.0 : 2.0) : 1.0
      bench.feed(try packet(number, kind: 1), periods: gap)
    }
    let incomplete = bench.frames.filter { $0.header.flags.contains(.incomplete) }
    #expect(incomplete.map(\.index) == [5, 10, 20, 21])
    let empty = [Int32](repeating: 0, count: 8)
    #expect(Array(incomplete[0].counts[8...]) == empty)
    #expect(Array(incomplete[1].counts[..<8]) == empty)
    #expect(Array(incomplete[2].counts[..<8]) == empty)
    #expect(Array(incomplete[3].counts[8...]) == empty)
    #expect(bench.frames.map(\.index) == (0..<30).filter { $0 != 15 })
    #expect(bench.frames.first { $0.index == 16 }?.header.lostBefore == 1)
  }

  @Test("ActiveTwo counts nothing: whole samples that are missing are noticed by the clock")
  func lateness() throws {
    let profile = try #require(StreamCase.profile(4))
    var bench = StreamBench(profile)
    // 300 of 16 384 samples a second.
    for number in 0..<40_000 {
      bench.feed(try packet(number % 50, kind: 4), periods: number == 20_000 ? 301 : 1)
    }
    let gaps = bench.frames.filter { $0.header.lostBefore > 0 }
    #expect(gaps.map(\.header.lostBefore) == [300])
    #expect(gaps.first.map { $0.index < 20_000 + 300 + 8_400 } == true)
  }

  @Test("ActiveTwo counts nothing: a hole in its stream is measured by the clock")
  func withoutCounter() throws {
    var bench = StreamBench(try #require(StreamCase.profile(4)))
    for number in 0..<20_000 { bench.feed(try packet(number % 50, kind: 4), periods: 1) }
    // Half a sample, and then three hundred are missing.
    bench.feed(Array(try packet(20_000, kind: 4).prefix(60)), periods: 1)
    for number in 20_301..<40_000 {
      bench.feed(try packet(number % 50, kind: 4), periods: number == 20_301 ? 301 : 1)
    }
    #expect(bench.frames.map { UInt64($0.header.lostBefore) }.reduce(0, +) == 301)
    #expect(bench.frames[20_000].header.lostBefore == 301)
    #expect(bench.stream.statistics.skippedBytes == 60)
  }

  @Test("ActiveTwo counts nothing: a torn sample is one that is lost")
  func torn() throws {
    var bench = StreamBench(try #require(StreamCase.profile(4)))
    for number in 0..<200 {
      let sample = try packet(number, kind: 4)
      bench.feed(number == 100 ? Array(sample.prefix(60)) : sample, periods: 1)
    }
    // The last one waits for its successor.
    #expect(bench.frames.count == 198)
    #expect(bench.frames.filter { $0.header.lostBefore > 0 }.map(\.index) == [101])
  }

  @Test("ActiveTwo counts nothing: silence is a gap where it was")
  func silence() throws {
    var bench = StreamBench(try #require(StreamCase.profile(4)))
    for number in 0..<40_000 {
      bench.feed(try packet(number % 50, kind: 4), periods: number == 20_000 ? 1_001 : 1)
    }
    #expect(bench.frames[20_000].header.lostBefore == 1_000)
    #expect(bench.frames.map { UInt64($0.header.lostBefore) }.reduce(0, +) == 1_000)
  }

  @Test("what waited in transfers while the host stood still is before the hole, not after it")
  func stoppedHost() throws {
    var bench = StreamBench(try #require(StreamCase.profile(2)))
    for number in 0..<1_500 { bench.feed(try packet(number, kind: 2), periods: 1) }
    // 39 packets fitted, the next is torn, then all is lost until the host goes on.
    var waiting: [UInt8] = []
    for number in 1_500..<1_539 { waiting += try packet(number, kind: 2) }
    waiting += try packet(1_539, kind: 2).prefix(7)
    for number in 2_600..<2_604 { waiting += try packet(number, kind: 2) }
    bench.feed(waiting, periods: 1_104)
    for number in 2_604..<3_000 { bench.feed(try packet(number, kind: 2), periods: 1) }
    let gaps = bench.frames.filter { $0.header.lostBefore > 0 }
    #expect(gaps.map(\.index) == [2_600])
    #expect(gaps.map(\.header.lostBefore) == [1_061])
    #expect(bench.frames.count == 1_539 + 400)
  }

  @Test(
    "a host that stood still so long that a chip's buffer overran: one hole, of the right size",
    arguments: [0, 1], [101, 187, 188, 189, 190, 191, 192, 250, 333, 512, 600, 643])
  func overrun(kind: Int, lost: Int) throws {
    var bench = StreamBench(try #require(StreamCase.profile(kind)))
    // Half of them go on where the counter is just beyond zero, as if the device had begun anew.
    let begin = lost % 2 == 0 ? 500 : 514
    for number in 0..<begin { bench.feed(try packet(number, kind: kind), periods: 1) }
    // Of what waited the last packet is the head of one and the tail of another.
    var waiting: [UInt8] = []
    for number in begin..<(begin + 80) { waiting += try packet(number, kind: kind) }
    let next = begin + 80 + lost
    waiting += try packet(begin + 80, kind: kind).prefix(20)
    waiting += try packet(next, kind: kind).suffix(13)
    for number in (next + 1)..<(next + 4) { waiting += try packet(number, kind: kind) }
    bench.feed(waiting, periods: Double(80 + lost + 4))
    // To the end of a frame.
    let end = (next + 800) | 1
    for number in (next + 4)...end {
      bench.feed(try packet(number, kind: kind), periods: 1)
    }
    #expect(bench.stream.statistics.restarts == 0)
    let frames = bench.stream.format.packetsPerFrame
    let missing = bench.frames.map { UInt64($0.header.lostBefore) }.reduce(0, +)
    #expect(bench.frames.last?.index == UInt64(end / frames))
    #expect(missing + UInt64(bench.frames.count) == UInt64(end / frames + 1))
  }
}
