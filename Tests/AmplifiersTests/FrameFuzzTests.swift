// The frame parser on bytes that no chip would send.

import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

/// One chip's frame.
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

/// The bits of chained frames, one behind the other, as they come after the opcode.
private func chained(_ answers: [Answer], gapBits: Int, isContinuous: Bool) -> [UInt8] {
  var bits: [Bool] = []
  for (chip, answer) in answers.enumerated() {
    if chip > 0 { bits += Array(repeating: false, count: gapBits) }
    for byte in answer.bytes { bits += (0..<8).map { byte >> (7 - UInt8($0)) & 1 == 1 } }
  }
  var bytes: [UInt8] = isContinuous ? [] : [0]
  for start in stride(from: 0, to: bits.count, by: 8) {
    var byte: UInt8 = 0
    for bit in 0..<8 where start + bit < bits.count && bits[start + bit] {
      byte |= 128 >> UInt8(bit)
    }
    bytes.append(byte)
  }
  return bytes
}

@Suite("Frames")
struct FrameFuzzTests {
  @Test(
    "any bytes become a frame of the same bytes, and only 1100 is believed",
    arguments: 0..<96 as Range<UInt64>)
  func fuzz(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let chipCount = 1 + Int(random.next() % 4)
    let variant = ADS1299.Identity.Variant.allCases[Int(random.next() % 3)]
    let channels = variant.channelCount
    var chip = ADS1299Configuration(variant: variant)
    chip.readMode = random.next() % 2 == 0 ? .onRequest : .continuous
    let isCascade = chipCount > 1 && random.next() % 2 == 0
    chip.isReadSeparately = isCascade
    var layout = FrameLayout(
      Array(repeating: chip, count: chipCount), selectCount: isCascade ? chipCount : 1)
    layout.daisyGapBits = Int(random.next() % 2)
    let bytes = ExchangeBytes()
    defer { bytes.deallocate() }
    var bench = SinkBench(channelCount: channels * chipCount)
    for epoch in 0..<100 as Range<UInt32> {
      let answers = (0..<chipCount).map { _ in
        var answer = Answer(
          bytes: (0..<variant.frameByteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        switch random.next() % 3 {
        case 0: break
        case 1:
          answer.bytes[0] = 0xC0 | answer.bytes[0] & 0xF
          for index in 3..<answer.bytes.count {
            answer.bytes[index] = random.next() % 2 == 0 ? 0x80 : 0x7F
          }
        default: answer.bytes[0] = 0xC0 | answer.bytes[0] & 0xF
        }
        return answer
      }
      let slot = bench.sink.claim()
      if isCascade {
        for (index, answer) in answers.enumerated() {
          bytes.receive(chained([answer], gapBits: 0, isContinuous: layout.isContinuous))
          layout.keep(index, of: bytes, into: slot)
        }
      } else {
        let answer = chained(
          answers, gapBits: layout.daisyGapBits, isContinuous: layout.isContinuous)
        #expect(answer.count == layout.byteCount)
        bytes.receive(answer)
      }
      layout.decode(bytes, into: slot, epoch: epoch)
      let header = slot.header
      #expect(header.configurationEpoch == epoch)
      #expect(Int(header.channelCount) == channels * chipCount)
      #expect(header.statusWord == answers[0].status)
      for index in 1..<chipCount {
        #expect(header.otherStatusWords[index - 1] == answers[index].status)
      }
      let counts = (0..<channels * chipCount).map { slot.count($0) }
      #expect(counts == answers.flatMap { answer in (0..<channels).map(answer.count) })
      #expect(counts.allSatisfy { $0 >= -8_388_608 && $0 <= 8_388_607 })
      #expect(layout.isCredible(header) == answers.allSatisfy { $0.bytes[0] >> 4 == 0xC })
      bench.sink.publish(slot)
    }
  }

  @Test("a canary that one of several chips has lost makes the frame incredible")
  func canary() {
    var chip = ADS1299Configuration()
    chip.statusCanary = 0b1010
    let layout = FrameLayout([chip, chip], selectCount: 1)
    var header = FrameHeader()
    header.statusWord = 0xC0000A
    header.otherStatusWords[0] = 0xC0000A
    #expect(layout.isCredible(header))
    header.otherStatusWords[0] = 0xC00000
    #expect(!layout.isCredible(header))
  }
}

extension ExchangeBytes {
  /// What the last transfer is said to have brought.
  fileprivate func receive(_ answer: [UInt8]) {
    precondition(answer.count <= Self.capacity)
    for (index, byte) in answer.enumerated() {
      // SAFETY: checked above.
      unsafe receive[index] = byte
    }
  }
}
