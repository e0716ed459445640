// Packets found among bytes, numbered, and taken apart.

import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

@Suite("Packets")
struct PacketTests {
  @Test("counts are what the bytes say", arguments: StreamCase.kinds.indices)
  func counts(_ kind: Int) throws {
    let profile = try #require(StreamCase.profile(kind))
    let format = profile.format
    var random = SplitMix64(seed: UInt64(kind))
    var bench = SinkBench(channelCount: format.channelCount)
    for packet in StreamCase.packets(profile, count: 500, random: &random) {
      let slot = bench.sink.claim()
      unsafe packet.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        #expect(unsafe format.fits(start))
        unsafe format.decode(start, into: slot, first: 0)
      }
      for channel in 0..<format.countsPerPacket {
        let expected = StreamCase.count(packet, format.firstCountOffset, channel, format.encoding)
        #expect(slot.count(channel) == expected)
      }
    }
  }

  @Test(
    "random and mutated streams: nothing is invented, every byte is accounted for",
    arguments: 0..<250 as Range<UInt64>)
  func mutated(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let kind = Int(seed) % StreamCase.kinds.count
    let profile = try #require(StreamCase.profile(kind))
    for _ in 0..<8 {
      var packets = StreamCase.packets(
        profile, count: Int.random(in: 3...40, using: &random), random: &random)
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let index = Int.random(in: 0..<packets.count, using: &random)
        let place = Int.random(in: 0..<profile.format.byteCount, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: packets[index] = []
        case 1: packets[index] = Array(packets[index].prefix(place))
        case 2: packets.insert(packets[index], at: index)
        case 3: packets.swapAt(index, Int.random(in: 0..<packets.count, using: &random))
        case 4 where place < packets[index].count:
          packets[index][place] ^= UInt8.random(in: 1...255, using: &random)
        default:
          packets[index] += (0..<place).map { _ in
            UInt8([0xA0, 0xC0, 0xA5, 0x5A, 2, 0, 0xFF].randomElement(using: &random) ?? 0)
          }
        }
        if packets.isEmpty { break }
      }
      let head = [UInt8(kind), UInt8(seed & 0xFF), 200, UInt8.random(in: 0...24, using: &random)]
      let complaint = StreamCase(head + packets.joined())?.complaint
      #expect(complaint == nil, "seed \(seed)")
    }
  }

  @Test("bytes without packets give no frame", arguments: 0..<50 as Range<UInt64>)
  func noise(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let bytes = (0..<4_000).map { _ in
      // Headers and footers abound.
      UInt8.random(in: 0...3, using: &random) == 0
        ? [0xA0, 0xC0, 0xA5][Int(random.next() % 3)] : UInt8.random(in: 0...255, using: &random)
    }
    #expect(StreamCase([UInt8(seed % 5), 7, 100, 16] + bytes)?.complaint == nil)
  }

  @Test("a packet is waited for until the next two are there, and then none is missing")
  func lock() throws {
    let profile = try #require(StreamCase.profile(0))
    var random = SplitMix64(seed: 3)
    let packets = StreamCase.packets(profile, count: 5, random: &random)
    var bench = StreamBench(profile)
    bench.feed([1, 2, 0xA0, 9] + packets[0] + packets[1], periods: 2)
    #expect(bench.frames.isEmpty)
    bench.feed(packets[2], periods: 1)
    #expect(bench.frames.map(\.index) == [0, 1, 2])
    bench.feed(packets[3], periods: 1)
    #expect(bench.frames.map(\.index) == [0, 1, 2, 3])
    #expect(bench.stream.statistics.skippedBytes == 4)
    #expect(bench.frames.allSatisfy { $0.header.lostBefore == 0 })
  }

  @Test("firmware P2 sends ten bits: a packet with more is none")
  func tenBits() throws {
    let profile = try #require(StreamCase.profile(2))
    var random = SplitMix64(seed: 3)
    var packet = StreamCase.packets(profile, count: 1, random: &random)[0]
    #expect(unsafe packet.withUnsafeBytes { unsafe profile.format.fits($0.baseAddress!) })
    packet[6] = 4
    #expect(unsafe !packet.withUnsafeBytes { unsafe profile.format.fits($0.baseAddress!) })
  }
}

/// A stream that is fed by hand, on a clock that nobody waits for.
struct StreamBench: ~Copyable {
  var stream: PacketStream
  var bench: SinkBench
  var now = MonotonicInstant(nanoseconds: 5_000_000_000)
  var frames: [Received] = []
  let period: Double

  init(_ profile: AmplifierProfile) {
    let handle = LineHandle()
    stream = PacketStream(profile, line: handle, exchange: LineExchange(handle))
    bench = SinkBench(channelCount: profile.format.channelCount)
    period = 1e9 / profile.packetsPerSecond
  }

  /// Bytes that come so many packets' periods after those before.
  mutating func feed(_ bytes: [UInt8], periods: Double) {
    now = now + Nanoseconds(Int64(periods * period))
    let taken = unsafe bytes.withUnsafeBytes { unsafe stream.line.append($0, at: now) }
    precondition(taken == bytes.count)
    stream.parse(at: now, into: &bench.sink)
    frames += bench.decoded()
    _ = bench.recorded()
  }
}
