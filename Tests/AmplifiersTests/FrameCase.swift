// What the frame parser must make of any bytes: the property behind both the tests and the fuzzer.

import Signal

@testable import Amplifiers

/// An arrangement of chips, and what each chip select answers.
///
/// The first byte of an input is the arrangement, the second the canary, the rest the answers.
struct FrameCase {
  private let chipCount: Int
  private let variant: ADS1299.Identity.Variant
  private let isChained: Bool
  private let isContinuous: Bool
  private let gapBits: Int
  private let canary: UInt8?
  private let answers: [UInt8]

  init?(_ input: [UInt8]) {
    guard input.count >= 2 else { return nil }
    let variants = ADS1299.Identity.Variant.allCases
    variant = variants[Int(input[0] & 0b11) % variants.count]
    chipCount = 1 + Int(input[0] >> 2 & 0b11)
    isChained = chipCount > 1 && input[0] & 1 << 4 != 0
    isContinuous = input[0] & 1 << 5 != 0
    gapBits = Int(input[0] >> 6 & 1)
    canary = input[1] > 0xF ? nil : input[1]
    answers = Array(input.dropFirst(2))
  }

  private var selectCount: Int { isChained ? 1 : chipCount }
  private var channelCount: Int { variant.channelCount }

  /// What the parser made of the bytes that they do not say; nil when all is well.
  var complaint: String? {
    var configuration = ADS1299Configuration(variant: variant)
    configuration.readMode = isContinuous ? .continuous : .onRequest
    configuration.isReadSeparately = selectCount > 1
    configuration.statusCanary = canary
    var layout = FrameLayout(
      Array(repeating: configuration, count: chipCount), selectCount: selectCount)
    layout.daisyGapBits = gapBits
    let bytes = ExchangeBytes()
    defer { bytes.deallocate() }
    // SAFETY: as many bytes as a frame of so many channels takes, freed when the check is done; the
    // address sanitizer watches their ends.
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: FrameSlot.byteCount(channelCount: channelCount * chipCount), alignment: 64)
    defer { unsafe memory.deallocate() }
    let slot = unsafe FrameSlot(memory)

    layout.prepare(bytes)
    if layout.byteCount > ExchangeBytes.readBack { return "a frame of \(layout.byteCount) bytes" }
    if isChained || chipCount == 1 {
      receive(0, of: layout, into: bytes)
    } else {
      for select in 0..<chipCount {
        receive(select, of: layout, into: bytes)
        layout.keep(select, of: bytes, into: slot)
      }
    }
    layout.decode(bytes, into: slot, epoch: 7)
    return difference(slot, layout) ?? secondRead(slot, layout, bytes)
  }

  /// What one chip select brings; zeros where the input has ended.
  private func receive(_ select: Int, of layout: FrameLayout, into bytes: ExchangeBytes) {
    for index in 0..<layout.byteCount {
      let position = select * layout.byteCount + index
      // SAFETY: `complaint` has seen that a frame fits the buffer.
      unsafe bytes.receive[index] = position < answers.count ? answers[position] : 0
    }
  }

  /// From what the bytes say, bit for bit.
  private func difference(_ slot: FrameSlot, _ layout: FrameLayout) -> String? {
    let header = slot.header
    if header.channelCount != UInt32(channelCount * chipCount) { return "channel count" }
    if header.configurationEpoch != 7 { return "epoch" }
    var isCredible = true
    for chip in 0..<chipCount {
      let begin = firstBit(ofChip: chip, layout)
      let status = number(at: begin)
      let found = chip == 0 ? header.statusWord : header.otherStatusWords[chip - 1]
      if found != UInt32(status) { return "status word of chip \(chip): \(found), not \(status)" }
      if status >> 20 != 0b1100 { isCredible = false }
      if let canary, status & 0xF != Int(canary) { isCredible = false }
      for channel in 0..<channelCount {
        let raw = number(at: begin + 24 + 24 * channel)
        let signed = raw >= 1 << 23 ? raw - 1 << 24 : raw
        let count = slot.count(chip * channelCount + channel)
        if count != Int32(signed) {
          return "channel \(channel) of chip \(chip): \(count), not \(signed)"
        }
      }
    }
    return layout.isCredible(header) == isCredible ? nil : "credible should be \(isCredible)"
  }

  /// The same bytes are the same frame; with any one bit turned they are another.
  private func secondRead(_ slot: FrameSlot, _ layout: FrameLayout, _ bytes: ExchangeBytes)
    -> String?
  {
    guard layout.allowsSecondRead else { return nil }
    if !layout.isFrame(bytes, sameAs: slot) { return "the same bytes are called another frame" }
    // Of the first chip's frame: chained ones are told by it.
    let sum = answers.reduce(0) { ($0 * 31 + Int($1)) % 65_521 }
    let bit = sum % (24 * (1 + channelCount))
    let index = firstBit(ofChip: 0, layout) / 8 + bit / 8
    // SAFETY: within the frame that was received.
    unsafe bytes.receive[index] ^= 0x80 >> UInt8(bit % 8)
    return layout.isFrame(bytes, sameAs: slot) ? "bit \(bit) turned is not noticed" : nil
  }

  /// Where a chip's frame begins in all answers laid behind one another.
  private func firstBit(ofChip chip: Int, _ layout: FrameLayout) -> Int {
    let opcode = isContinuous ? 0 : 8
    let frame = 24 * (1 + channelCount)
    return isChained
      ? opcode + chip * (frame + gapBits) : opcode + chip * 8 * layout.byteCount
  }

  /// 24 bits, one after the other, the slow way.
  private func number(at bit: Int) -> Int {
    var number = 0
    for position in bit..<bit + 24 {
      let byte = position / 8 < answers.count ? answers[position / 8] : 0
      number = number * 2 + Int(byte >> UInt8(7 - position % 8)) % 2
    }
    return number
  }
}
