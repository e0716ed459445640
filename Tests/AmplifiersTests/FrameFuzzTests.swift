// The frame parser on bytes that no chip would send.

import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

/// A port that answers whatever it is told to, to a driver that is made to believe in it.
private struct Answer: Sendable {
  var bytes: [UInt8]

  /// Sign and place of each count, the slow way.
  func count(_ channel: Int) -> Int32 {
    var value = 0
    for offset in 0..<3 { value = value * 256 + Int(bytes[3 + 3 * channel + offset]) }
    return Int32(value >= 1 << 23 ? value - 1 << 24 : value)
  }

  var status: UInt32 {
    UInt32(bytes[0]) * 65_536 + UInt32(bytes[1]) * 256 + UInt32(bytes[2])
  }
}

@Suite("Frames")
struct FrameFuzzTests {
  @Test(
    "any bytes become a frame of the same bytes, and only 1100 is believed",
    arguments: 0..<64 as Range<UInt64>)
  func fuzz(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var driver = ADS1299Driver(
      configuration: ADS1299Configuration(),
      port: ModelPort(
        model: ADS1299Model(
          variant: .eightChannels, input: .silence, clock: .held, conditions: ModelConditions()),
        time: ModelTime(.stepped(nil)), hertz: 4_000_000))
    var bench = SinkBench()
    var answers: [Answer] = []
    for _ in 0..<200 {
      var answer = Answer(bytes: (0..<27).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      switch random.next() % 4 {
      case 0: answer.bytes[0] = 0xC0 | answer.bytes[0] & 0xF
      case 1: for index in 3..<27 { answer.bytes[index] = random.next() % 2 == 0 ? 0x80 : 0x7F }
      default: break
      }
      answers.append(answer)
      driver.port.receive([0] + answer.bytes)
      driver.publishAnswer(into: &bench.sink)
    }
    let frames = bench.decoded()
    #expect(frames.count == answers.count)
    for (frame, answer) in zip(frames, answers) {
      #expect(frame.header.statusWord == answer.status)
      #expect(frame.counts == (0..<8).map(answer.count))
      #expect(frame.counts.allSatisfy { $0 >= -8_388_608 && $0 <= 8_388_607 })
      #expect(frame.header.flags == (answer.bytes[0] >> 4 == 0xC ? [] : .corrupt))
    }
  }
}

extension ModelPort {
  /// What the last transfer is said to have brought.
  fileprivate func receive(_ answer: [UInt8]) {
    for (index, byte) in answer.enumerated() {
      // SAFETY: 28 bytes in a block of 32.
      unsafe bytes.receive[index] = byte
    }
  }
}

extension ADS1299Driver where Port == ModelPort {
  /// Decodes and publishes the answer in the buffer as the loop does, one conversion after the
  /// other.
  fileprivate mutating func publishAnswer(into sink: inout FrameSink) {
    var count = ConversionCount(sequenceBase: 0, nominalPeriod: nominalPeriod)
    let slot = sink.claim()
    decode(into: slot)
    let read = ConversionRead(
      earliest: 0, latest: 0, edgeTime: port.now, wakeTime: port.now, readTime: port.now)
    publish(read, slot, &count, into: &sink)
  }
}
