// Dynamixel packets: the e-Manual's own examples, stuffing, and what is found amid garbage.

import TestSupport
import Testing

@testable import Emulators

/// Everything that a reader finds, byte by byte.
func found(_ bytes: [UInt8]) -> [DynamixelReader.Found] {
  var reader = DynamixelReader()
  return bytes.flatMap { reader.take($0) }
}

@Suite("Dynamixel packets")
struct DynamixelFrameTests {
  @Test(
    "the e-Manual's packets are encoded and read",
    arguments: [
      (1, 0x01, "", "ff ff fd 00 01 03 00 01 19 4e"),
      (254, 0x01, "", "ff ff fd 00 fe 03 00 01 31 42"),
      (1, 0x55, "00 06 04 26", "ff ff fd 00 01 07 00 55 00 06 04 26 65 5d"),
      (2, 0x55, "00 06 04 26", "ff ff fd 00 02 07 00 55 00 06 04 26 6f 6d"),
      (1, 0x02, "84 00 04 00", "ff ff fd 00 01 07 00 02 84 00 04 00 1d 15"),
      (1, 0x55, "00 a6 00 00 00", "ff ff fd 00 01 08 00 55 00 a6 00 00 00 8c c0"),
      (1, 0x03, "74 00 00 02 00 00", "ff ff fd 00 01 09 00 03 74 00 00 02 00 00 ca 89"),
      (1, 0x55, "00", "ff ff fd 00 01 04 00 55 00 a1 0c"),
      (1, 0x04, "68 00 c8 00 00 00", "ff ff fd 00 01 09 00 04 68 00 c8 00 00 00 ae 8e"),
      (1, 0x05, "", "ff ff fd 00 01 03 00 05 02 ce"),
      (1, 0x06, "01", "ff ff fd 00 01 04 00 06 01 a1 e6"),
      (1, 0x08, "", "ff ff fd 00 01 03 00 08 2f 4e"),
      (1, 0x10, "01 44 58 4c 22", "ff ff fd 00 01 08 00 10 01 44 58 4c 22 b1 dc"),
      (254, 0x82, "84 00 04 00 01 02", "ff ff fd 00 fe 09 00 82 84 00 04 00 01 02 ce fa"),
      (
        254, 0x83, "74 00 04 00 01 96 00 00 00 02 aa 00 00 00",
        "ff ff fd 00 fe 11 00 83 74 00 04 00 01 96 00 00 00 02 aa 00 00 00 82 87"
      ),
      (
        254, 0x92, "01 90 00 02 00 02 92 00 01 00",
        "ff ff fd 00 fe 0d 00 92 01 90 00 02 00 02 92 00 01 00 1a 05"
      ),
      (
        254, 0x93, "01 20 00 02 00 a0 00 02 1f 00 01 00 50",
        "ff ff fd 00 fe 10 00 93 01 20 00 02 00 a0 00 02 1f 00 01 00 50 b7 68"
      ),
    ])
  func vectors(id: Int, instruction: Int, parameters: String, bytes: String) {
    let frame = DynamixelFrame(
      id: UInt8(id), instruction: UInt8(instruction), parameters: hex(parameters))
    #expect(frame.bytes == hex(bytes))
    #expect(found(hex(bytes)) == [.frame(frame)])
  }

  @Test("the CRC of 123456789 is FEE8")
  func check() {
    #expect(DynamixelFrame.crc(Array("123456789".utf8)) == 0xFEE8)
  }

  @Test("a header within the parameters is stuffed, and nothing else is")
  func stuffing() {
    #expect(DynamixelFrame.stuffed(hex("ff ff fd")) == hex("ff ff fd fd"))
    #expect(DynamixelFrame.stuffed(hex("03 ff ff fd fd 01")) == hex("03 ff ff fd fd fd 01"))
    #expect(DynamixelFrame.stuffed(hex("ff fd ff ff fe")) == hex("ff fd ff ff fe"))
    #expect(DynamixelFrame.stuffed(hex("ff ff ff fd")) == hex("ff ff ff fd fd"))
    let frame = DynamixelFrame(id: 1, instruction: 3, parameters: hex("74 00 ff ff fd 00"))
    #expect(frame.bytes[5] == 0x0A)
    #expect(found(frame.bytes) == [.frame(frame)])
  }

  @Test("whatever is put into a packet comes out of it, amid any garbage", arguments: 0..<300)
  func roundTrip(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var line: [UInt8] = []
    var frames: [DynamixelFrame] = []
    for _ in 0..<8 {
      // Garbage that begins no header.
      line += (0..<Int.random(in: 0...9, using: &random)).map { _ in
        UInt8.random(in: 0...0xFC, using: &random)
      }
      // Many of FF, FD and 00, of which headers are made.
      let parameters = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        [0xFF, 0xFF, 0xFD, 0x00, UInt8.random(in: 0...255, using: &random)]
          .randomElement(using: &random) ?? 0
      }
      let frame = DynamixelFrame(
        id: UInt8.random(in: 0...252, using: &random),
        instruction: UInt8.random(in: 0...255, using: &random), parameters: parameters)
      frames.append(frame)
      line += frame.bytes
    }
    #expect(found(line) == frames.map { .frame($0) }, "seed \(seed)")
  }

  @Test("no wrong bit passes for a packet", arguments: 0..<128)
  func wrongBit(bit: Int) {
    var bytes = hex("ff ff fd 00 01 09 00 03 74 00 00 02 00 00 ca 89")
    bytes[bit / 8] ^= 1 << (bit % 8)
    let frames = found(bytes + [UInt8](repeating: 0, count: 1100)).filter {
      if case .frame = $0 { true } else { false }
    }
    #expect(frames.isEmpty)
  }

  @Test("a packet behind the beginning of another is found when the other is given up")
  func givenUp() {
    let frame = DynamixelFrame(id: 7, instruction: 1, parameters: [])
    var reader = DynamixelReader()
    // 200 bytes are promised, ten come.
    for byte in hex("ff ff fd 00 01 c8 00 03") + frame.bytes {
      #expect(reader.take(byte).isEmpty)
    }
    #expect(reader.isAmidFrame)
    #expect(reader.giveUp().contains(.frame(frame)))
    #expect(!reader.isAmidFrame)
  }
}
