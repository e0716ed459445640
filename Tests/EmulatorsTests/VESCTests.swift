// A VESC's bytes: vectors of the makers', and streams that come in pieces.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators

func vesc(_ options: VESCOptions = VESCOptions()) -> Rehearsal<VESCDrive> {
  Rehearsal(VESCDrive(options: options, now: Rehearsal<VESCDrive>.powerUp))
}

/// A frame by the book, without the emulator's own encoder.
func vescFrame(_ payload: [UInt8]) -> [UInt8] {
  var crc: UInt32 = 0
  for bit in payload.flatMap({ byte in (0..<8).map { byte >> (7 - $0) & 1 } })
    + [UInt8](
      repeating: 0, count: 16)
  {
    crc = crc << 1 | UInt32(bit)
    if crc & 0x1_0000 != 0 { crc ^= 0x1_1021 }
  }
  let isLong = payload.count > 255
  let head: [UInt8] =
    isLong
    ? [3, UInt8(payload.count / 256), UInt8(payload.count % 256)] : [2, UInt8(payload.count)]
  return head + payload + [UInt8(crc / 256), UInt8(crc % 256), 3]
}

func vescCommand(_ command: UInt8, _ numbers: Int32...) -> [UInt8] {
  vescFrame(
    [command]
      + numbers.flatMap { number in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
      })
}

@Suite("A VESC's bytes")
struct VESCBytesTests {
  /// CubeMars, AK series actuator driver manual V1.0.8, section 5.2.2; the last two computed.
  static let vectors: [(name: String, frame: String)] = [
    ("duty 0.20", "02 05 05 00 00 4E 20 29 F6 03"),
    ("duty -0.20", "02 05 05 FF FF B1 E0 77 85 03"),
    ("current 5 A", "02 05 06 00 00 13 88 8B 25 03"),
    ("current -5 A", "02 05 06 FF FF EC 78 E3 05 03"),
    ("brake 5 A", "02 05 07 00 00 13 88 21 74 03"),
    ("speed 1000", "02 05 08 00 00 03 E8 2B 58 03"),
    ("position 180", "02 05 09 0A BA 95 00 1E F7 03"),
    ("position 90", "02 05 09 05 5D 4A 80 7B 29 03"),
    ("handbrake 5 A", "02 05 0A 00 00 13 88 00 0E 03"),
    ("position and speed", "02 0D 5B 00 02 BF 20 00 00 13 88 00 00 75 30 A5 AC 03"),
    ("set origin", "02 02 5F 01 0E A0 03"),
    ("get values", "02 01 04 40 84 03"),
    ("report position", "02 02 0B 04 9C 7E 03"),
    ("current 1.5 A", "02 05 06 00 00 05 DC 38 81 03"),
    ("current 0 A", "02 05 06 00 00 00 00 CD 85 03"),
    ("alive", "02 01 1E F3 FF 03"),
  ]

  @Test("frames are the makers', byte for byte", arguments: vectors)
  func frames(name: String, frame: String) {
    let bytes = hex(frame)
    let payload = Array(bytes[2..<(bytes.count - 3)])
    #expect(VESCFrame.bytes(payload) == bytes)
    var parser = VESCParser()
    parser.add(bytes)
    #expect(parser.next() == payload)
    #expect(parser.badFrames == 0)
  }

  @Test("the sum has the check value of CRC-16/XMODEM")
  func checkValue() {
    #expect(VESCFrame.crc("123456789".utf8) == 0x31C3)
  }

  @Test("the values are laid out as in the example of CubeMars's manual")
  func values() {
    // V1.0.8, page 41.
    let example = hex(
      "02 49 04 01 66 FC D0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF FF FF F3"
        + " 00 F6 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF FF FF FF 00 16 D7 AD 00"
        + " 0A 6F 19 40 7E 00 00 00 00 00 00 00 00 00 00 00 00 00 04 4D 53 03")
    var values = VESCValues()
    values.transistorCelsius = 35.85
    values.motorCelsius = -81.65
    values.erpm = -13
    values.inputVolts = 24.65
    values.tachometer = -1
    values.tachometerAbsolute = 1_497_005
    values.positionDegrees = 175.0531205
    values.identity = 0x7E
    values.transistorsCelsius = [0, 0, 0]
    values.quadratureVolts = 0.0045
    #expect(VESCFrame.bytes(values.payload(command: 4)) == example)
  }

  @Test("payloads of every length a frame can have go through, short and long")
  func lengths() {
    var parser = VESCParser()
    for count in 1...512 {
      let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
      #expect(VESCFrame.bytes(payload) == vescFrame(payload))
      parser.add(vescFrame(payload))
      #expect(parser.next() == payload)
    }
    #expect(parser.next() == nil)
    #expect(parser.badFrames == 0)
  }

  @Test("a stream in pieces of any size, with garbage between frames, loses no frame")
  func pieces() {
    for seed in UInt64(0)..<200 {
      var random = SplitMix64(seed: seed)
      var stream: [UInt8] = []
      var sent: [[UInt8]] = []
      for _ in 0..<30 {
        let payload = (0..<Int.random(in: 1...20, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        sent.append(payload)
        stream += vescFrame(payload)
        // Neither of the two first bytes of a frame.
        for _ in 0..<Int.random(in: 0...5, using: &random) {
          stream.append(.random(in: 4...255, using: &random))
        }
      }
      var parser = VESCParser()
      var got: [[UInt8]] = []
      while !stream.isEmpty {
        let count = min(stream.count, Int.random(in: 1...40, using: &random))
        parser.add(Array(stream[..<count]))
        stream.removeFirst(count)
        while let payload = parser.next() { got.append(payload) }
      }
      #expect(got == sent, "seed \(seed)")
    }
  }

  @Test("a false start keeps frames back, and loses none of them")
  func falseStart() {
    var parser = VESCParser()
    // It promises 200 bytes.
    parser.add([0x02, 200])
    let frames = (0..<40).map { vescCommand(6, Int32($0)) }
    parser.add(Array(frames[..<10].joined()))
    #expect(parser.next() == nil)
    parser.add(Array(frames[10...].joined()))
    var count: Int32 = 0
    while let payload = parser.next() {
      #expect(VESCNumbers.int32(payload, at: 1) == count)
      count += 1
    }
    #expect(count == 40)
    #expect(parser.badFrames >= 1)
  }

  @Test("the firmware says who it is, and what is not known is not answered")
  func answers() {
    var host = vesc()
    let version = host.tell(vescFrame([0]))
    #expect(Array(version[2...4]) == [0, 6, 2])
    #expect(version == vescFrame(Array(version[2..<(version.count - 3)])))
    for command in UInt8(0)...255 where ![0, 4].contains(command) {
      #expect(host.tell(vescFrame([command])).isEmpty, "command \(command)")
    }
    #expect(!host.status.isDriven)
  }

  @Test("values name place, speed, current and fault")
  func currentValues() throws {
    var host = vesc()
    host.keepTelling(vescCommand(9, 60_000_000), seconds: 0.2)
    let status = host.status
    let answer = host.tell(hex("02 01 04 40 84 03"))
    #expect(answer.count == 74 + 5)
    let position = try #require(VESCNumbers.int32(answer, at: 2 + 54))
    #expect(abs(Double(position) / 1e6 - status.positionDegrees) < 0.5)
    let erpm = try #require(VESCNumbers.int32(answer, at: 2 + 23))
    #expect(abs(Double(erpm) / (6 * 7 * 30 / 36) - status.velocityDegreesPerSecond) < 5)
    #expect(status.velocityDegreesPerSecond > 20)
    #expect(answer[2 + 53] == 0)
    #expect(answer[2 + 73] == 0)
    host.raiseFault()
    #expect(host.tell(hex("02 01 04 40 84 03"))[2 + 53] == 4)
  }

  @Test("a stream of damaged frames and noise never moves it", arguments: 0..<10)
  func fuzz(block: Int) {
    for seed in UInt64(block * 50)..<UInt64(block * 50 + 50) {
      var random = SplitMix64(seed: seed)
      var host = vesc(VESCOptions(isCubeMars: seed.isMultiple(of: 2)))
      for _ in 0..<40 {
        let commands: [UInt8] = [5, 6, 7, 8, 9, 10, 91]
        let command = commands[Int.random(in: 0..<commands.count, using: &random)]
        let frame = vescCommand(command, .random(in: 1_000...100_000_000, using: &random), 900, 900)
        host.tell(damaged(frame, using: &random))
        // Noise that does not begin or end as a frame does, and so makes none whole.
        let noise = (0..<Int.random(in: 0...30, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        host.tell([0xFF] + noise + [0xFF])
      }
      // By chance one damaged frame in millions is another good one: none of these.
      #expect(host.status.motionCommands == 0, "seed \(seed)")
      #expect(host.status.positionDegrees == 10, "seed \(seed)")
    }
  }
}
