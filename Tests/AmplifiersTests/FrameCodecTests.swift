// The frame codec: values to bytes and back, for every size of chip.

import Signal
import Testing

@testable import Amplifiers

/// The bytes that a chip with these counts clocks out. SBAS499A p. 27.
private func encoded(status: UInt32, _ counts: [Int32]) -> [UInt8] {
  ([status] + counts.map { UInt32(bitPattern: $0) }).flatMap { word in
    [16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
  }
}

/// A transfer that brought some bytes, and a slot.
@safe
private struct Bench: ~Copyable {
  let bytes = ExchangeBytes()
  private let memory: UnsafeMutableRawPointer
  let slot: FrameSlot

  init(channelCount: Int) {
    unsafe memory = .allocate(
      byteCount: FrameSlot.byteCount(channelCount: channelCount), alignment: 64)
    slot = unsafe FrameSlot(memory)
  }

  deinit {
    bytes.deallocate()
    unsafe memory.deallocate()
  }

  func receive(_ answer: [UInt8], at first: Int) {
    precondition(first + answer.count <= ExchangeBytes.capacity)
    // SAFETY: within the buffer, as the line above says.
    for (index, byte) in answer.enumerated() { unsafe bytes.receive[first + index] = byte }
  }

  func counts(_ channels: Range<Int>) -> [Int32] { channels.map { slot.count($0) } }
}

@Suite("Frame codec")
struct FrameCodecTests {
  @Test(
    "what a chip sends is what is decoded: every size, extremes, and a grid over all 24 bits",
    arguments: ADS1299.Identity.Variant.allCases)
  func roundTrip(_ variant: ADS1299.Identity.Variant) {
    let channelCount = variant.channelCount
    let bench = Bench(channelCount: channelCount)
    let extremes: [Int32] = [-8_388_608, -8_388_607, -1, 0, 1, 8_388_606, 8_388_607]
    // 16381 and 2^24 share no divisor, so the low bits take every value too.
    let grid = stride(from: Int32(-8_388_608), through: 8_388_607, by: 16_381)
    for (step, value) in (extremes + Array(grid)).enumerated() {
      let counts = (0..<channelCount).map { channel in
        channel == step % channelCount ? value : Int32(channel * 1_000 - 3_000)
      }
      let status: UInt32 = 0xC0_0000 | UInt32(step) & 0xF_FFFF
      let frame = encoded(status: status, counts)
      #expect(frame.count == variant.frameByteCount)
      for first in [0, 1] {
        bench.receive(frame, at: first)
        bench.bytes.decode(frame: first, channelCount: channelCount, into: bench.slot)
        #expect(bench.counts(0..<channelCount) == counts)
        #expect(bench.bytes.word(at: first) == status)
        #expect(bench.bytes.isFrame(first, channelCount: channelCount, sameAs: bench.slot))
      }
    }
  }

  @Test("a second chip's frame goes behind the first one's channels and leaves them alone")
  func secondChip() {
    let bench = Bench(channelCount: 12)
    let first = (0..<4).map { Int32($0) - 2 }
    let second = (0..<8).map { Int32(-8_388_608 + $0) }
    bench.receive(encoded(status: 0xC0_0005, first), at: 1)
    bench.bytes.decode(frame: 1, channelCount: 4, into: bench.slot)
    bench.receive(encoded(status: 0xC0_0006, second), at: 1)
    bench.bytes.decode(frame: 1, channelCount: 8, into: bench.slot, firstChannel: 4)
    #expect(bench.counts(0..<12) == first + second)
    #expect(bench.bytes.isFrame(1, channelCount: 8, sameAs: bench.slot, firstChannel: 4))
    #expect(!bench.bytes.isFrame(1, channelCount: 4, sameAs: bench.slot))
  }

  @Test("every status word that begins with 1100 says its lead-off bits and pins")
  func statusWord() {
    for positive in UInt32(0)...255 {
      for rest in stride(from: UInt32(0), to: 4_096, by: 7) {
        let word = ADS1299StatusWord(rawValue: 0xC0_0000 | positive << 12 | rest)
        let isRight =
          word.leadOffPositive == UInt8(positive) && word.leadOffNegative == UInt8(rest >> 4)
          && word.pins == UInt8(rest & 0xF)
        // One expectation a word would take minutes.
        if !isRight { Issue.record("\(word)") }
      }
    }
  }

  @Test("a status word is believed with 1100 in front and the canary alive, and only then")
  func credible() {
    for nibble in UInt32(0)..<16 {
      for pins in UInt32(0)..<16 {
        let word = ADS1299StatusWord(rawValue: nibble << 20 | 0xA_5000 | pins)
        #expect(word.isCredible(canary: ADS1299StatusWord.noCanary) == (nibble == 12))
        for canary in UInt8(0)..<16 {
          #expect(word.isCredible(canary: canary) == (nibble == 12 && pins == UInt32(canary)))
        }
      }
    }
  }
}
