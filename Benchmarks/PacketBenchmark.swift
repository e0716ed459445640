// How fast are packets found, checked and taken apart?
//
// Streams of random counts in memory, larger than the caches, packet by packet into one frame: what
// the acquisition thread does with bytes that have come, without the line and without the rings.

import Amplifiers
import Foundation
import RT
import Signal

enum PacketBenchmark {
  private static var streamByteCount: Int { 64 << 20 }
  private static var rounds: Int { 9 }

  static func run() {
    print("packets → counts, \(rounds) passes over \(streamByteCount >> 20) MiB each, MB/s")
    for word in ["cyton", "daisy", "openeeg", "freeeeg32", "biosemi"] {
      var settings = StreamSettings()
      if word == "daisy" {
        settings.cyton = CytonConfiguration(
          chips: [ADS1299Configuration(), ADS1299Configuration()])
      }
      guard let profile = try? AmplifierKind.named(word)?.profile(settings) else { continue }
      let spread = measure(profile.format)
      print("  \(word.padding(toLength: 10, withPad: " ", startingAt: 0))\(spread.text("%8.0f"))")
    }
    print("")
  }

  private static func measure(_ format: PacketFormat) -> Spread {
    let stream = stream(of: format)
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: FrameSlot.byteCount(channelCount: format.channelCount), alignment: 64)
    defer { memory.deallocate() }
    let slot = FrameSlot(memory)
    var spread = Spread(values: [])
    stream.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      for _ in 0..<rounds {
        var parser = PacketParser()
        let begin = MonotonicInstant.now()
        let packets = parse(start, bytes.count, format, &parser, into: slot)
        let seconds = (MonotonicInstant.now() - begin).seconds
        precondition(packets == bytes.count / format.byteCount && parser.skippedBytes == 0)
        spread.values.append(Double(bytes.count) / seconds / 1e6)
      }
    }
    return spread
  }

  private static func parse(
    _ start: UnsafeRawPointer, _ byteCount: Int, _ format: PacketFormat,
    _ parser: inout PacketParser, into slot: FrameSlot
  ) -> Int {
    var offset = 0
    var packets = 0
    var passed = 0
    while parser.find(
      in: start + offset, available: byteCount - offset, format, passed: &passed)
    {
      offset += passed
      format.decode(start + offset, into: slot, first: 0)
      offset += format.byteCount
      packets += 1
    }
    return packets
  }

  private static func stream(of format: PacketFormat) -> [UInt8] {
    let count = streamByteCount / format.byteCount
    var bytes = [UInt8](repeating: 0, count: count * format.byteCount)
    var random: UInt64 = 1
    for index in bytes.indices {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bytes[index] = UInt8(truncatingIfNeeded: random >> 56)
    }
    for packet in 0..<count {
      let first = packet * format.byteCount
      for index in 0..<8 {
        let mask = UInt8(truncatingIfNeeded: format.headerMask >> UInt64(8 * index))
        let value = UInt8(truncatingIfNeeded: format.header >> UInt64(8 * index))
        bytes[first + index] = bytes[first + index] & ~mask | value
      }
      let last = first + format.byteCount - 1
      bytes[last] = bytes[last] & ~format.footerMask | format.footer
      if format.counterOffset >= 0 {
        bytes[first + format.counterOffset] = UInt8(truncatingIfNeeded: packet)
      }
      if case .offset10BigEndian = format.encoding {
        for index in 0..<format.countsPerPacket {
          bytes[first + format.firstCountOffset + 2 * index] &= 3
        }
      }
    }
    return bytes
  }
}
