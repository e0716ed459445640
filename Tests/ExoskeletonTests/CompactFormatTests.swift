// Tables of compact frames: what they can say, and what is refused when they are made.

import Emulators
import RT
import TestSupport
import Testing

@testable import Exoskeleton

/// A format of 11 bytes that is whole, for tests to spoil.
struct CompactCase {
  var command = CompactFrame(
    start: [0xAA], byteCount: 11, codeAt: 1, checksum: .sum8, checksumAt: 10, checksumFirst: 0,
    checksumLast: 9)
  var reply: CompactFrame
  var commands: [CompactCommand: CompactMessage] = [
    .arm: CompactMessage(code: 0x10),
    .motion: CompactMessage(
      code: 0x20,
      fields: [
        CompactField(.position, at: 2, .i16, scale: 100),
        CompactField(.velocity, at: 4, .i16, scale: 10),
      ]),
    .exert: CompactMessage(code: 0x21, fields: [CompactField(.effort, at: 6, .f32)]),
    .neutral: CompactMessage(code: 0x22),
  ]
  var replies = [
    CompactMessage(
      code: 0x80,
      fields: [
        CompactField(.position, at: 2, .i16, scale: 100),
        CompactField(.velocity, at: 4, .i16, scale: 10),
        CompactField(.state, at: 6, .u8), CompactField(.fault, at: 7, .u16),
      ])
  ]
  var states: [Int: ExoskeletonState] = [
    0: .disarmed, 1: .armed, 2: .moving, 3: .neutral, 5: .watchdog,
  ]

  init() {
    reply = command
    reply.start = [0x55]
  }

  func format() throws(CompactFault) -> CompactFormat {
    try CompactFormat(
      name: "a drive", command: command, reply: reply, commands: commands, replies: replies,
      states: states, watchdog: .milliseconds(200))
  }

  func wire(_ gearing: Gearing = .direct) throws -> WireCase {
    var settings = DriveSettings(kind: .compact, gearing: gearing, address: 3)
    settings.compact = try format()
    return WireCase(settings)
  }

  /// A reply whose sum is right.
  static func reply(_ payload: String) -> [UInt8] {
    let bytes = [UInt8](hex: "55 80 " + payload)
    return bytes + [bytes.reduce(0, &+)]
  }
}

@Suite("Formats of compact frames")
struct CompactFormatTests {
  @Test("a frame is laid out as its table says, its numbers scaled, its sum taken")
  func layout() throws {
    var wire = try CompactCase().wire()
    #expect(wire.encode(.arm).bytes.hex == "AA 10 00 00 00 00 00 00 00 00 BA")
    // 12.34 deg are 1234 hundredths, 0x04D2.
    #expect(
      wire.encode(try Setpoints.motion(12.34)).bytes.hex == "AA 20 D2 04 00 00 00 00 00 00 A0")
    // -2.5 as a real number is C0200000.
    #expect(
      wire.encode(try Setpoints.effort(-2.5)).bytes.hex == "AA 21 00 00 00 00 00 00 20 C0 AB")
  }

  @Test("byte order, length, sequence, address, constant, end and offset stand where they should")
  func everything() throws {
    var bench = CompactCase()
    bench.command = CompactFrame(
      start: [0xEB, 0x90], byteCount: 20, codeAt: 3, checksum: .crc16XMODEM, checksumAt: -4,
      checksumFirst: 2, checksumLast: -5)
    bench.command.isBigEndian = true
    bench.command.isChecksumBigEndian = true
    bench.command.lengthAt = 2
    bench.command.lengthLess = 3
    bench.command.end = [0x0D, 0x0A]
    bench.commands[.neutral] = CompactMessage(
      code: 0x22,
      fields: [
        CompactField(.sequence, at: 4, .u16), CompactField(.address, at: 6, .u8),
        CompactField(.constant, at: 7, .u16, offset: 0x1234),
        CompactField(.constant, at: 9, .f32, offset: 1),
      ])
    bench.commands[.motion] = CompactMessage(
      code: 0x20, fields: [CompactField(.position, at: 4, .u32, scale: 1000, offset: 32_768)],
      byteCount: 12)
    bench.commands[.exert] = nil
    bench.commands[.arm] = CompactMessage(code: 0x10, byteCount: 8)
    var wire = try bench.wire()
    let neutral = wire.encode(.neutral).bytes
    #expect(neutral.hex.hasPrefix("EB 90 11 22 00 00 03 12 34 3F 80 00 00 00 00 00"))
    #expect(neutral.suffix(2) == [0x0D, 0x0A])
    var crc = CRC16(start: 0)
    for byte in neutral[2..<16] { crc.add(byte) }
    #expect(Array(neutral[16..<18]) == [UInt8(crc.checksum >> 8), UInt8(crc.checksum & 0xFF)])
    #expect(wire.encode(.arm).bytes.hex.hasPrefix("EB 90 05 10 "))
    // -1 deg: 31 768 = 0x7C18.
    #expect(
      wire.encode(try Setpoints.motion(-1)).bytes.hex.hasPrefix("EB 90 09 20 00 00 7C 18 "))
    #expect(wire.encode(.neutral).bytes.hex.hasPrefix("EB 90 11 22 00 03 03"))
  }

  /// "123456789"; catalogue of parametrised CRC algorithms (reveng).
  @Test(
    "checksums have the check values of their makers",
    arguments: [
      (CompactChecksum.sum8, UInt32(0xDD)), (.xor8, 0x31), (.crc8(polynomial: 0x07), 0xF4),
      (.crc8(polynomial: 0x9B), 0xEA), (.crc16IBM, 0xBB3D), (.crc16CCITT, 0x29B1),
      (.crc16XMODEM, 0x31C3),
    ])
  func checksums(kind: CompactChecksum, expected: UInt32) {
    var bytes = CompactBytes()
    for (index, byte) in "123456789".utf8.enumerated() { bytes.put(byte, at: index) }
    #expect(bytes.checksum(kind, from: 0, through: 8) == expected)
  }

  @Test("every value that a number holds comes back, and what it does not hold is neutral")
  func numbers() throws {
    for number in CompactNumber.allCases {
      var field = CompactTable.Field()
      field.number = number
      field.at = 3
      for isBigEndian in [false, true] {
        let range = number.range
        for whole in [range.lowerBound, -1, 0, 1, 2, range.upperBound]
        where range.contains(whole) && (!number.isReal || whole.magnitude < 1 << 24) {
          var bytes = CompactBytes()
          let fits = bytes.put(Double(whole), as: field, isBigEndian: isBigEndian)
          #expect(fits)
          #expect(bytes.value(field, isBigEndian: isBigEndian) == Double(whole))
        }
        var bytes = CompactBytes()
        for wrong in [Double.nan, .infinity, 1e300, -1e300] {
          let fits = bytes.put(wrong, as: field, isBigEndian: isBigEndian)
          #expect(!fits, "\(number)")
        }
      }
    }
    var wire = try CompactCase().wire()
    _ = wire.encode(.arm)
    let neutral = "AA 22 00 00 00 00 00 00 00 00 CC"
    #expect(wire.encode(try Setpoints.motion(327)).bytes.hex.hasPrefix("AA 20"))
    #expect(wire.encode(try Setpoints.motion(328)).bytes.hex == neutral)
    // What the format has no word for is neutral, and so is motion out of service.
    #expect(wire.encode(.stop).bytes.hex == neutral)
    #expect(wire.encode(try Setpoints.motion(10)).bytes.hex == neutral)
  }

  @Test("an answer is read by its table; the state and the fault are the drive's own")
  func replies() throws {
    var wire = try CompactCase().wire(
      try Gearing(ratio: 2, zeroDegrees: 10, isReversed: true))
    let asked = wire.encode(.arm)
    #expect(asked.asks)
    // 12.34 deg, -1 deg/s, moving, fault 0x0102.
    let replies = wire.receive(CompactCase.reply("D2 04 F6 FF 02 02 01 00"))
    #expect(replies.count == 1)
    #expect(replies.first?.sequence == 0)
    let joint = try #require(replies.first?.joint)
    #expect(abs(joint.positionDegrees - -1.17) < 1e-9)
    #expect(joint.velocityDegreesPerSecond == 0.5)
    #expect(joint.state == .moving)
    #expect(joint.faults == .drive)
    #expect(joint.faultCode == 0x0102)
    #expect(joint.effortNewtonMetres.isNaN)
    // A state that the table does not know makes it a damaged one.
    #expect(wire.receive(CompactCase.reply("D2 04 F6 FF 09 00 00 00")).isEmpty)
    #expect(wire.wire.damage.checksumErrors == 1)
    // Our own command, come back.
    #expect(wire.receive(asked.bytes).first?.isEcho == true)
  }

  @Test("a sequence number of one byte acknowledges the command that it belongs to")
  func sequences() throws {
    var bench = CompactCase()
    for name in Array(bench.commands.keys) {
      bench.commands[name]?.fields.append(CompactField(.sequence, at: 2, .u8))
    }
    bench.commands[.motion]?.fields.removeFirst()
    bench.commands[.motion]?.fields.append(CompactField(.position, at: 6, .u16))
    bench.replies[0].fields.append(CompactField(.sequence, at: 9, .u8))
    var wire = try bench.wire()
    for number in 0..<600 {
      let bytes = wire.encode(.neutral).bytes
      #expect(bytes[2] == UInt8(number & 0xFF))
      let late = max(0, number - 60)
      let digits = String(late & 0xFF, radix: 16)
      let replies = wire.receive(CompactCase.reply("00 00 00 00 03 00 00 " + digits))
      #expect(replies.first?.sequence == UInt16(late), "\(number)")
    }
  }

  @Test("a velocity that is not told is that of the angle's change, once there was one")
  func estimate() throws {
    var bench = CompactCase()
    bench.replies[0].fields.remove(at: 1)
    var wire = try bench.wire()
    _ = wire.encode(.arm)
    let first = wire.receive(CompactCase.reply("64 00 00 00 01 00 00 00"))
    #expect(first.first?.joint?.velocityDegreesPerSecond.isNaN == true)
    wire.now = wire.now + .milliseconds(100)
    let second = wire.receive(CompactCase.reply("C8 00 00 00 01 00 00 00"))
    #expect(second.first?.joint.map { abs($0.velocityDegreesPerSecond - 10) < 1e-9 } == true)
    wire.now = wire.now + .milliseconds(10)
    let third = wire.receive(CompactCase.reply("C8 00 00 00 01 00 00 00"))
    #expect(third.first?.joint.map { abs($0.velocityDegreesPerSecond - 10) < 1e-9 } == true)
  }

  @Test("a question goes behind every command of a drive that answers none by itself")
  func query() throws {
    var bench = CompactCase()
    bench.commands[.query] = CompactMessage(code: 0x03)
    var wire = try bench.wire()
    let query = " AA 03 00 00 00 00 00 00 00 00 AD"
    #expect(wire.encode(.arm).bytes.hex == "AA 10 00 00 00 00 00 00 00 00 BA" + query)
    #expect(wire.encode(.stop).bytes.hex == "AA 22 00 00 00 00 00 00 00 00 CC" + query)
  }

  @Test("where no reply tells a state it is the host's, and a stop is kept until it is released")
  func hostedState() throws {
    var bench = CompactCase()
    bench.replies[0].fields.removeAll { $0.meaning == .state }
    bench.states = [:]
    var wire = try bench.wire()
    for (command, state) in [
      (Command.heartbeat, ExoskeletonState.disarmed), (.arm, .armed), (.neutral, .neutral),
      (.stop, .stopped), (.arm, .stopped), (.release, .disarmed),
    ] {
      // A question of a second ago was given up, and one more is not asked at once.
      for _ in 0..<2 {
        _ = wire.encode(command)
        let told = wire.receive(CompactCase.reply("64 00 00 00 00 00 00 00")).first
        #expect(told?.joint?.state == state, "\(command)")
      }
    }
  }

  @Test("an emulated drive is led by a table that has no word for a stop", arguments: [1, 0])
  func session(hasQuery: Int) throws {
    var bench = CompactCase()
    bench.commands[.disarm] = CompactMessage(code: 0x11)
    bench.replies[0].fields = [
      CompactField(.position, at: 2, .i16, scale: 100),
      CompactField(.effort, at: 6, .i16, scale: 100), CompactField(.state, at: 8, .u8),
      CompactField(.fault, at: 9, .u8),
    ]
    if hasQuery == 1 { bench.commands[.query] = CompactMessage(code: 0x02) }
    var settings = DriveSettings(kind: .compact)
    settings.compact = try bench.format()
    var session = try DriveSession(CompactDrive(.eleven, watchdog: .seconds(20)), settings)
    try session.start(.moveTo(degrees: 40))
    let isThere = session.run(.moveTo(degrees: 40)) {
      abs($0.drive.status.positionDegrees - 40) < 0.2
        && abs($0.drive.status.velocityDegreesPerSecond) < 1
    }
    #expect(isThere)
    let calls = session.heapCalls
    #expect(calls == 0)
    session.drive.disturb(.garbled(every: 3))
    let isDamaged = session.run(.moveTo(degrees: 20)) { $0.link.counts.checksumErrors > 5 }
    #expect(isDamaged)
    session.drive.disturb(.none)
    session.governor.stop(.operatorCommand)
    let isStopped = session.run(.moveTo(degrees: 20)) { session in
      session.drive.status.state == "free" && session.link.joint?.state == .stopped
    }
    #expect(isStopped)
    let later = session.heapCalls
    #expect(later == 0)
  }

  @Test("a format without a word for what the session asks is refused at connect")
  func mode() throws {
    var bench = CompactCase()
    bench.commands[.exert] = nil
    var settings = DriveSettings(kind: .compact, mode: .effort)
    settings.compact = try bench.format()
    let sentence = try DriveSession.refusal(CompactDrive(.eleven), settings)
    #expect(sentence?.contains("has no [commands.exert]") == true)
  }

  @Test("an address that a field does not hold is refused at connect")
  func address() throws {
    var bench = CompactCase()
    bench.commands[.neutral]?.fields = [CompactField(.address, at: 2, .u8)]
    var settings = DriveSettings(kind: .compact, address: 300)
    settings.compact = try bench.format()
    let sentence = try DriveSession.refusal(CompactDrive(.eleven), settings)
    #expect(sentence?.contains("the joint's address 300 does not fit the format's u8") == true)
  }

  @Test("damage makes no joint, noise never crashes, and what follows is found", arguments: 0..<20)
  func fuzz(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    var bench = CompactCase()
    for checksumCase in [CompactChecksum.crc16CCITT, .crc16IBM] {
      bench.reply.checksum = checksumCase
      bench.reply.checksumAt = 9
      bench.reply.checksumLast = 8
      var wire = try bench.wire()
      let good = reply(checksumCase)
      var accepted = 0
      for _ in 0..<300 {
        _ = wire.encode(.neutral)
        var bytes = good
        if Bool.random(using: &random) {
          bytes[.random(in: 0..<11, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        } else {
          bytes = (0..<40).map { _ in .random(in: 0...255, using: &random) }
        }
        accepted += wire.receive(bytes).count { $0.joint != nil }
        accepted += wire.receive([UInt8](repeating: 0, count: 11)).count { $0.joint != nil }
      }
      #expect(accepted == 0, "seed \(seed)")
      _ = wire.encode(.neutral)
      #expect(wire.receive(good).count == 1, "seed \(seed)")
    }
  }

  private func reply(_ kind: CompactChecksum) -> [UInt8] {
    let payload = [UInt8](hex: "55 80 D2 04 F6 FF 02 00 00")
    var bytes = CompactBytes()
    for (index, byte) in payload.enumerated() { bytes.put(byte, at: index) }
    let sum = bytes.checksum(kind, from: 0, through: 8)
    return payload + [UInt8(sum & 0xFF), UInt8(sum >> 8)]
  }

  // MARK: What is refused

  static func refusal(_ spoil: (inout CompactCase) -> Void) -> String? {
    var bench = CompactCase()
    spoil(&bench)
    do throws(CompactFault) {
      _ = try bench.format()
      return nil
    } catch {
      return error.message
    }
  }

  @Test("a table that cannot say what is needed is refused, with a sentence")
  func refusals() {
    #expect(Self.refusal { _ in } == nil)
    let cases: [(String, (inout CompactCase) -> Void)] = [
      ("no [commands.neutral]", { $0.commands[.neutral] = nil }),
      (
        "no [commands.motion] and no [commands.exert]",
        {
          $0.commands[.motion] = nil
          $0.commands[.exert] = nil
        }
      ),
      ("no position in any reply", { $0.replies[0].fields.removeFirst() }),
      ("ends with byte 11", { $0.replies[0].fields[0].at = 10 }),
      ("`position` is \(Int.max)", { $0.replies[0].fields[0].at = .max }),
      ("`position` is \(Int.min)", { $0.replies[0].fields[0].at = .min }),
      ("`checksum-at` is \(Int.max)", { $0.command.checksumAt = .max }),
      ("`checksum-over` is \(Int.min)", { $0.command.checksumFirst = .min }),
      ("`checksum-over` is \(Int.max)", { $0.command.checksumLast = .max }),
      (
        "`position` and `velocity` both stand in byte 3",
        { $0.commands[.motion]?.fields[1].at = 3 }
      ),
      ("`code` and `position` both stand in byte 1", { $0.replies[0].fields[0].at = 1 }),
      ("must be 3 to 64", { $0.command.byteCount = 65 }),
      ("its code is that of [commands.arm]", { $0.commands[.neutral]?.code = 0x10 }),
      ("its code is that of [replies.1]", { $0.replies.append($0.replies[0]) }),
      ("no `code`", { $0.commands[.arm]?.code = nil }),
      ("leaves out byte 1", { $0.command.checksumFirst = 2 }),
      ("holds the checksum itself", { $0.command.checksumLast = 10 }),
      ("`polynomial` is 0", { $0.command.checksum = .crc8(polynomial: 0) }),
      ("no `position`", { $0.commands[.motion]?.fields.removeFirst() }),
      (
        "nothing that this command has",
        { $0.commands[.arm]?.fields = [CompactField(.position, at: 2, .i16)] }
      ),
      ("a scale of 0", { $0.replies[0].fields[0].scale = 0 }),
      ("a scale of 0", { $0.replies[0].fields[0].scale = .nan }),
      ("must be 1e-9 to 1e9", { $0.replies[0].fields[0].scale = -1e-300 }),
      ("must be 1e-9 to 1e9", { $0.commands[.motion]?.fields[0].scale = 1e10 }),
      ("an offset within 32 bits", { $0.replies[0].fields[0].offset = -1e308 }),
      ("must be a whole number", { $0.replies[0].fields[2].number = .f32 }),
      ("no [states]", { $0.states = [:] }),
      (
        "`constant` is 256.0",
        { $0.commands[.arm]?.fields = [CompactField(.constant, at: 2, .u8, offset: 256)] }
      ),
      (
        "cannot be told from our own `arm`",
        {
          $0.reply.start = [0xAA]
          $0.replies[0].code = 0x10
        }
      ),
      (
        "[commands.arm] there is no `sequence`",
        { $0.replies[0].fields.append(CompactField(.sequence, at: 9, .u8)) }
      ),
      ("`replies` is 0", { $0.replies = [] }),
    ]
    for (words, spoil) in cases {
      let sentence = Self.refusal(spoil) ?? "nothing"
      #expect(sentence.contains(words), "\(sentence)")
    }
  }
}
