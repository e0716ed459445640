// The codec against bytes of another's making, and the parser against everything else.

import Foundation
import RT
import TestSupport
import Testing

@testable import Exoskeleton

/// The bytes of one frame.
func encoded(_ message: Message, sequence: UInt16) -> [UInt8] {
  var memory = [UInt8](repeating: 0xEE, count: FrameLayout.byteCountMax + 8)
  let count = unsafe memory.withUnsafeMutableBytes { buffer in
    guard let base = buffer.baseAddress else { return 0 }
    return unsafe FrameEncoder.encode(message, sequence: sequence, into: base)
  }
  #expect(memory[count...].allSatisfy { $0 == 0xEE }, "written beyond the frame")
  return Array(memory[..<count])
}

/// Feeds bytes in pieces and collects what the parser gives out.
func parse(
  _ bytes: [UInt8], with parser: inout FrameParser, piece: () -> Int = { Int.max }
) -> [WireFrame] {
  var frames: [WireFrame] = []
  var start = 0
  while start < bytes.count {
    let end = start + min(max(1, piece()), bytes.count - start, FrameParser.capacity / 2)
    let taken = unsafe bytes[start..<end].withUnsafeBytes { unsafe parser.append($0) }
    start += taken
    while let frame = parser.next() { frames.append(frame) }
  }
  return frames
}

extension SplitMix64 {
  mutating func message() -> Message {
    switch Int.random(in: 0..<10, using: &self) {
    case 0: .identify
    case 1: .arm
    case 2: .disarm
    case 3: .neutral
    case 4: .heartbeat
    case 5: .stop
    case 6: .release
    case 7:
      .motion(
        MotionParameters(
          positionMillidegrees: Int32(truncatingIfNeeded: next()),
          velocityMillidegreesPerSecond: Int32(truncatingIfNeeded: next())))
    case 8:
      .acknowledgement(
        Acknowledgement(
          acknowledgedSequence: UInt16(truncatingIfNeeded: next()),
          acknowledgedCode: UInt8(truncatingIfNeeded: next()),
          result: CommandResult.allCases.randomElement(using: &self) ?? .done,
          timeMicroseconds: next(), positionMillidegrees: Int32(truncatingIfNeeded: next()),
          velocityMillidegreesPerSecond: Int32(truncatingIfNeeded: next()),
          effortMillinewtonmetres: Int32(truncatingIfNeeded: next()),
          state: ExoskeletonState.allCases.randomElement(using: &self) ?? .armed,
          faults: ExoskeletonFaults(rawValue: UInt16(truncatingIfNeeded: next()))))
    default:
      .identity(
        FramedIdentity(
          acknowledgedSequence: UInt16(truncatingIfNeeded: next()),
          jointCount: UInt8(truncatingIfNeeded: next()),
          state: ExoskeletonState.allCases.randomElement(using: &self) ?? .armed,
          loopHertz: UInt16(truncatingIfNeeded: next()),
          watchdogMilliseconds: UInt16(truncatingIfNeeded: next()),
          positionMinMillidegrees: Int32(truncatingIfNeeded: next()),
          positionMaxMillidegrees: Int32(truncatingIfNeeded: next()),
          velocityMaxMillidegreesPerSecond: Int32(truncatingIfNeeded: next()),
          firmwareVersion: UInt32(truncatingIfNeeded: next()),
          name: ExoskeletonName(low: next(), high: next())))
    }
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

@Suite("The framed protocol")
struct FramedProtocolTests {
  /// Made with Python's `struct` and `binascii.crc_hqx(…, 0xFFFF)`; docs/exoskeleton-protocol.md
  /// prints the same bytes.
  static let vectors: [(name: String, sequence: UInt16, message: Message, bytes: String)] = [
    ("identify", 0, .identify, "a5 5a 01 01 00 00 00 e9 cd"),
    ("arm", 1, .arm, "a5 5a 01 02 01 00 00 05 61"),
    ("disarm", 2, .disarm, "a5 5a 01 03 02 00 00 e1 4e"),
    (
      "motion", 0x1234,
      .motion(
        MotionParameters(positionMillidegrees: 45_000, velocityMillidegreesPerSecond: -12_500)),
      "a5 5a 01 04 34 12 08 c8 af 00 00 2c cf ff ff 80 98"
    ),
    ("neutral", 65_535, .neutral, "a5 5a 01 05 ff ff 00 84 cb"),
    ("heartbeat", 256, .heartbeat, "a5 5a 01 06 00 01 00 f5 af"),
    ("stop", 7, .stop, "a5 5a 01 07 07 00 00 e0 6f"),
    ("release", 8, .release, "a5 5a 01 08 08 00 00 3f 97"),
    (
      "acknowledgement", 9,
      .acknowledgement(
        Acknowledgement(
          acknowledgedSequence: 0x1234, acknowledgedCode: 4, result: .done,
          timeMicroseconds: 1_234_567_890_123, positionMillidegrees: 44_987,
          velocityMillidegreesPerSecond: -12_480, effortMillinewtonmetres: -3_250,
          state: .moving, faults: [])),
      "a5 5a 01 81 09 00 1c 34 12 04 00 cb 04 fb 71 1f 01 00 00 bb af 00 00 40 cf ff ff "
        + "4e f3 ff ff 02 00 00 00 87 6e"
    ),
    (
      "acknowledgement", 10,
      .acknowledgement(
        Acknowledgement(
          acknowledgedSequence: 7, acknowledgedCode: 4, result: .watchdog,
          timeMicroseconds: 1_000, positionMillidegrees: -5_000,
          velocityMillidegreesPerSecond: 0, effortMillinewtonmetres: 0, state: .watchdog,
          faults: .watchdog)),
      "a5 5a 01 81 0a 00 1c 07 00 04 04 e8 03 00 00 00 00 00 00 78 ec ff ff 00 00 00 00 "
        + "00 00 00 00 05 00 01 00 ed ba"
    ),
    (
      "identity", 0,
      .identity(
        FramedIdentity(
          acknowledgedSequence: 0, jointCount: 1, state: .disarmed, loopHertz: 100,
          watchdogMilliseconds: 100, positionMinMillidegrees: -10_000,
          positionMaxMillidegrees: 120_000, velocityMaxMillidegreesPerSecond: 180_000,
          firmwareVersion: 0x01_00_00, name: ExoskeletonName("virtual knee"))),
      "a5 5a 01 82 00 00 28 00 00 01 00 64 00 64 00 f0 d8 ff ff c0 d4 01 00 20 bf 02 00 00 00 "
        + "01 00 76 69 72 74 75 61 6c 20 6b 6e 65 65 00 00 00 00 bd 16"
    ),
  ]

  static func text(_ bytes: [UInt8]) -> String {
    bytes.map { String(format: "%02x", $0) }.joined(separator: " ")
  }

  @Test("the checksum of 123456789 is the catalogue's 29B1")
  func checkValue() {
    var crc = CRC16()
    for byte in "123456789".utf8 { crc.add(byte) }
    #expect(crc.checksum == 0x29B1)
  }

  @Test("every message is encoded to the bytes that another program computed", arguments: 0..<11)
  func vector(index: Int) {
    let vector = Self.vectors[index]
    #expect(Self.text(encoded(vector.message, sequence: vector.sequence)) == vector.bytes)
  }

  @Test("the protocol's page prints every one of these vectors")
  func page() throws {
    let page = try String(
      contentsOfFile: Repository.path("docs/exoskeleton-protocol.md"), encoding: .utf8)
    let words = page.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for vector in Self.vectors { #expect(words.contains(vector.bytes), "\(vector.name)") }
  }

  @Test("what is encoded reads back the same, however the bytes are cut", arguments: 0..<20)
  func roundTrip(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var sent: [WireFrame] = []
    var bytes: [UInt8] = []
    for _ in 0..<200 {
      let frame = WireFrame(
        sequence: UInt16(truncatingIfNeeded: random.next()), message: random.message())
      sent.append(frame)
      bytes += encoded(frame.message, sequence: frame.sequence)
    }
    var parser = FrameParser()
    var cuts = SplitMix64(seed: UInt64(seed) + 1000)
    let received = parse(bytes, with: &parser) { Int.random(in: 1...70, using: &cuts) }
    #expect(received == sent)
    #expect(parser.counts.frames == 200)
    #expect(parser.counts.skippedBytes == 0)
    let isUnfinished = parser.hasUnfinishedFrame
    #expect(!isUnfinished)
  }

  @Test("a million random bytes hold no frame", arguments: 0..<4)
  func noise(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var parser = FrameParser()
    let bytes = random.bytes(250_000)
    let received = parse(bytes, with: &parser)
    #expect(received.isEmpty)
    #expect(parser.counts.skippedBytes + UInt64(parser.end - parser.start) == 250_000)
  }

  /// Random bytes seldom look like a frame; these all do, up to the checksum.
  @Test("noise that begins like a frame is not taken for one", arguments: 0..<4)
  func likelyNoise(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var parser = FrameParser()
    var bytes: [UInt8] = []
    var whole = 0
    for _ in 0..<5000 {
      var frame = encoded(random.message(), sequence: UInt16(truncatingIfNeeded: random.next()))
      // Everything after the length is noise of its own.
      let good = frame
      for index in 7..<frame.count { frame[index] = UInt8(truncatingIfNeeded: random.next()) }
      if frame == good { whole += 1 }
      bytes += frame
    }
    let received = parse(bytes, with: &parser)
    // One in 65 536 has the right checksum by chance: with these seeds none has.
    #expect(received.count == whole)
    #expect(parser.counts.checksumErrors > 4000)
  }

  @Test("a damaged frame is never accepted, and the frames around it always are", arguments: 0..<20)
  func mutations(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    for _ in 0..<100 {
      let before = encoded(
        .motion(
          .init(
            positionMillidegrees: 1, velocityMillidegreesPerSecond: 2)), sequence: 1)
      var damaged = encoded(random.message(), sequence: 2)
      // One to three bits: within the checksum's guarantee when the length stays believable.
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let bit = Int.random(in: 0..<damaged.count * 8, using: &random)
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      }
      let intact = encoded(.heartbeat, sequence: 3)
      var parser = FrameParser()
      // What follows is long enough to end any frame that the damage seems to begin.
      let received = parse(
        before + damaged + intact + intact + [UInt8](repeating: 0, count: 60), with: &parser)
      let isRepaired = received.count == 4
      if isRepaired {
        // Two flips of the same bit leave the frame as it was.
        #expect(received[1].sequence == 2)
      } else {
        #expect(received.map(\.sequence) == [1, 3, 3])
      }
    }
  }

  @Test("every single wrong bit of every message is noticed", arguments: 0..<11)
  func singleBits(index: Int) {
    let bytes = encoded(Self.vectors[index].message, sequence: Self.vectors[index].sequence)
    for bit in 0..<bytes.count * 8 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      var parser = FrameParser()
      #expect(parse(damaged + bytes + bytes, with: &parser).count == 2, "bit \(bit)")
    }
  }

  @Test("a frame inside a damaged frame is found")
  func resynchronisation() {
    let inner = encoded(.stop, sequence: 77)
    // The start of a longer frame, then nothing but the stop.
    let outer = Array(encoded(Self.vectors[8].message, sequence: 1).prefix(12))
    var parser = FrameParser()
    let received = parse(outer + inner + [UInt8](repeating: 0, count: 40), with: &parser)
    #expect(received == [WireFrame(sequence: 77, message: .stop)])
    #expect(parser.counts.checksumErrors == 1)
  }

  @Test("a length that no code has is not waited for")
  func length() {
    var bytes = encoded(.heartbeat, sequence: 1)
    bytes[6] = 255
    var parser = FrameParser()
    #expect(parse(bytes + encoded(.stop, sequence: 2), with: &parser).map(\.sequence) == [2])
    let isUnfinished = parser.hasUnfinishedFrame
    #expect(!isUnfinished)
  }

  @Test("half a frame does not hold back the next one for good once it is given up")
  func abandoned() {
    var parser = FrameParser()
    let half = Array(encoded(Self.vectors[10].message, sequence: 1).prefix(20))
    #expect(parse(half + encoded(.stop, sequence: 2), with: &parser).isEmpty)
    let isUnfinished = parser.hasUnfinishedFrame
    #expect(isUnfinished)
    parser.abandonUnfinishedFrame()
    let found = parser.next()
    #expect(found == WireFrame(sequence: 2, message: .stop))
  }

  @Test("a frame of another version is counted and not read")
  func version() {
    var bytes = encoded(.stop, sequence: 1)
    bytes[2] = 9
    var parser = FrameParser()
    #expect(parse(bytes + bytes, with: &parser).isEmpty)
    #expect(parser.counts.foreignVersions == 2)
    #expect(parser.counts.foreignVersion == 9)
  }

  @Test("a state or a result that is not defined makes no message", arguments: [10, 31])
  func unknownMeaning(offset: Int) {
    var bytes = encoded(Self.vectors[8].message, sequence: 1)
    bytes[offset] = 200
    let checksum = unsafe bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return UInt16(0) }
      return unsafe CRC16.of(base + 2, byteCount: buffer.count - 4)
    }
    bytes[bytes.count - 2] = UInt8(truncatingIfNeeded: checksum)
    bytes[bytes.count - 1] = UInt8(truncatingIfNeeded: checksum >> 8)
    var parser = FrameParser()
    #expect(parse(bytes, with: &parser).isEmpty)
    #expect(parser.counts.unknownMeanings == 1)
    #expect(parser.counts.checksumErrors == 0)
  }

  @Test("a name that is not printable is shown as question marks")
  func name() {
    #expect(ExoskeletonName("virtual knee").description == "virtual knee")
    #expect(ExoskeletonName("Übung für ein langes Knie").description == "bung fr ein lang")
    #expect(ExoskeletonName(low: 0x1B41, high: 0).description == "A?")
  }
}
