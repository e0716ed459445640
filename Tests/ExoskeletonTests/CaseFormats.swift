// Formats of compact frames for a fuzzer: the two of docs/examples, two with everything in them,
// and any that the input makes up.

import RT

@testable import Exoskeleton

enum CaseFormats {
  /// Nil: what the input made up cannot be, and is refused as it should be.
  static func format(_ number: UInt8, _ script: inout CaseScript) -> CompactFormat? {
    switch number & 7 {
    case 0: eleven
    case 1: twelve
    case 2: hosted
    case 3: everything
    default: madeUp(&script)
    }
  }

  private static let states: [Int: ExoskeletonState] = [
    0: .disarmed, 1: .armed, 2: .moving, 3: .neutral, 4: .stopped, 5: .watchdog,
  ]

  /// docs/examples/compact-11.toml.
  private static let eleven: CompactFormat? = {
    let command = CompactFrame(
      start: [0xAA], byteCount: 11, codeAt: 1, checksum: .sum8, checksumAt: 10, checksumFirst: 0,
      checksumLast: 9)
    var reply = command
    reply.start = [0x55]
    var commands = plain([])
    commands[.motion]?.fields = [
      CompactField(.position, at: 2, .i16, scale: 100),
      CompactField(.velocity, at: 4, .i16, scale: 10), CompactField(.acceleration, at: 6, .i16),
    ]
    commands[.exert]?.fields = [CompactField(.effort, at: 8, .i16, scale: 100)]
    let joint = CompactMessage(
      code: 0x80,
      fields: [
        CompactField(.position, at: 2, .i16, scale: 100),
        CompactField(.velocity, at: 4, .i16, scale: 10),
        CompactField(.effort, at: 6, .i16, scale: 100), CompactField(.state, at: 8, .u8),
        CompactField(.fault, at: 9, .u8),
      ])
    return try? CompactFormat(
      name: "11 bytes", command: command, reply: reply, commands: commands, replies: [joint],
      states: states, watchdog: .milliseconds(200))
  }()

  /// docs/examples/compact-12.toml: numbered, and two replies.
  private static let twelve: CompactFormat? = {
    var command = CompactFrame(
      start: [0xA5], byteCount: 12, codeAt: 1, checksum: .crc16CCITT, checksumAt: 10,
      checksumFirst: 0, checksumLast: 9)
    command.isBigEndian = true
    command.isChecksumBigEndian = true
    var reply = command
    reply.start = [0x5A]
    let number = CompactField(.sequence, at: 2, .u8)
    let joint = CompactField(.address, at: 3, .u8)
    var commands = plain([number, joint])
    commands[.motion]?.fields += [
      CompactField(.position, at: 4, .i32, scale: 1000),
      CompactField(.velocity, at: 8, .i16, scale: 10),
    ]
    commands[.exert]?.fields += [
      CompactField(.constant, at: 4, .i32), CompactField(.effort, at: 8, .i16, scale: 100),
    ]
    let state = CompactField(.state, at: 3, .u8)
    let told = CompactMessage(
      code: 0x80,
      fields: [
        number, state, CompactField(.position, at: 4, .i32, scale: 1000),
        CompactField(.velocity, at: 8, .i16, scale: 10),
      ])
    let trouble = CompactMessage(
      code: 0x81, fields: [number, state, CompactField(.fault, at: 4, .u16)])
    return try? CompactFormat(
      name: "12 bytes", command: command, reply: reply, commands: commands,
      replies: [told, trouble], states: states, watchdog: .milliseconds(200))
  }()

  /// Replies without a code, a state or a velocity; three commands, and real numbers.
  private static let hosted: CompactFormat? = {
    let command = CompactFrame(
      start: [0x10, 0x02], byteCount: 12, codeAt: 2, checksum: .xor8, checksumAt: 11,
      checksumFirst: 0, checksumLast: 10)
    var reply = command
    reply.start = [0x10, 0x03]
    reply.codeAt = nil
    return try? CompactFormat(
      name: "no state", command: command, reply: reply,
      commands: [
        .neutral: CompactMessage(code: 1),
        .motion: CompactMessage(code: 2, fields: [CompactField(.position, at: 4, .f32)]),
        .exert: CompactMessage(code: 3, fields: [CompactField(.effort, at: 4, .f32, scale: 0.1)]),
      ],
      replies: [CompactMessage(code: nil, fields: [CompactField(.position, at: 4, .f32)])])
  }()

  /// A length, an end, a question, lengths of their own, offsets from the end.
  private static let everything: CompactFormat? = {
    var command = CompactFrame(
      start: [0xEB, 0x90], byteCount: 24, codeAt: 3, checksum: .crc16XMODEM, checksumAt: -4,
      checksumFirst: 2, checksumLast: -5)
    command.isBigEndian = true
    command.lengthAt = 2
    command.lengthLess = 3
    command.end = [0x0D, 0x0A]
    var commands = plain([CompactField(.sequence, at: 4, .u16)])
    commands[.query] = CompactMessage(
      code: 0x03, fields: [CompactField(.sequence, at: 4, .u16)], byteCount: 10)
    commands[.motion]?.fields += [
      CompactField(.position, at: 6, .u32, scale: -1000, offset: 1_000_000),
      CompactField(.velocity, at: 10, .i32, scale: 100),
    ]
    commands[.exert]?.fields += [CompactField(.effort, at: -6, .i8, scale: 2)]
    let told = CompactMessage(
      code: 0x80,
      fields: [
        CompactField(.sequence, at: 4, .u16),
        CompactField(.position, at: 6, .u32, scale: -1000, offset: 1_000_000),
        CompactField(.effort, at: 10, .f32), CompactField(.state, at: -5, .u8),
        CompactField(.fault, at: 14, .u32),
      ])
    let short = CompactMessage(
      code: 0x81, fields: [CompactField(.sequence, at: 4, .u16)], byteCount: 10)
    return try? CompactFormat(
      name: "everything", command: command, reply: command, commands: commands,
      replies: [told, short], states: states)
  }()

  /// All commands but the question, with codes of their own.
  private static func plain(_ fields: [CompactField]) -> [CompactCommand: CompactMessage] {
    var commands: [CompactCommand: CompactMessage] = [:]
    for (index, name) in CompactCommand.allCases.enumerated() where name != .query {
      commands[name] = CompactMessage(code: UInt8(0x10 + index), fields: fields)
    }
    return commands
  }

  // MARK: Made up

  /// One after another stand numbers of any type with any scale; now and then a place or a length
  /// is any number at all.
  private static func madeUp(_ script: inout CaseScript) -> CompactFormat? {
    let whim = script.byte()
    var command = frame(&script, whim, start: 0xA0)
    var reply = whim & 1 == 0 ? command : frame(&script, whim >> 1, start: 0x50)
    if whim & 1 == 0 { reply.start[0] ^= 0x55 }
    if whim & 2 == 0 { command.lengthLess = Int(script.byte()) }
    let isNumbered = whim & 4 == 0
    var commands: [CompactCommand: CompactMessage] = [:]
    let wanted = script.word() | 1 << 6 | (whim & 8 == 0 ? 1 << 4 : 1 << 5)
    for (index, name) in CompactCommand.allCases.enumerated() where wanted & 1 << index != 0 {
      var meanings: [CompactMeaning] = isNumbered ? [.sequence] : []
      if name == .motion { meanings += [.position, .velocity, .acceleration] }
      if name == .exert { meanings += [.effort] }
      meanings += [.constant, .address].filter { _ in script.byte() & 3 == 0 }
      commands[name] = message(meanings, command, UInt8(index), &script)
    }
    var replies: [CompactMessage] = []
    for index in 0..<(1 + Int(script.byte() & 3)) {
      let order: [CompactMeaning] = [.velocity, .effort, .state, .fault, .address]
      let chosen = script.byte()
      var meanings = order.enumerated().filter { chosen & 1 << $0.offset != 0 }.map(\.element)
      if isNumbered { meanings.append(.sequence) }
      if index == 0 { meanings.append(.position) }
      replies.append(message(meanings, reply, 0x80 + UInt8(index), &script))
    }
    let watchdog = script.byte() & 7 == 0 ? Nanoseconds(Int64(bitPattern: script.quad())) : nil
    return try? CompactFormat(
      name: "made up", command: command, reply: reply, commands: commands, replies: replies,
      states: states, watchdog: watchdog)
  }

  private static func frame(_ script: inout CaseScript, _ whim: UInt8, start: UInt8)
    -> CompactFrame
  {
    let sums: [CompactChecksum] = [
      .sum8, .xor8, .crc8(polynomial: script.byte()), .crc16IBM, .crc16CCITT, .crc16XMODEM,
    ]
    let sum = sums[Int(script.byte()) % sums.count]
    let startCount = 1 + Int(script.byte() & 1)
    let byteCount = 6 + Int(script.byte() & 63)
    var frame = CompactFrame(
      start: [start, 0xCC].prefix(startCount) + [], byteCount: byteCount, codeAt: startCount,
      checksum: sum, checksumAt: -sum.byteCount, checksumFirst: 0, checksumLast: -1 - sum.byteCount)
    frame.isBigEndian = whim & 16 == 0
    frame.isChecksumBigEndian = whim & 32 == 0
    if whim & 64 == 0 {
      frame.lengthAt = startCount + 1
      frame.lengthLess = Int(script.byte() & 7)
    }
    if script.byte() == 1 { frame.codeAt = any(&script) }
    if script.byte() == 1 { frame.checksumAt = any(&script) }
    if script.byte() == 1 { frame.checksumFirst = any(&script) }
    if script.byte() == 1 { frame.checksumLast = any(&script) }
    if script.byte() == 1 { frame.byteCount = any(&script) }
    if script.byte() == 1 { frame.lengthAt = any(&script) }
    return frame
  }

  private static func any(_ script: inout CaseScript) -> Int {
    script.byte() & 1 == 0
      ? Int(Int8(bitPattern: script.byte())) : Int(truncatingIfNeeded: script.quad())
  }

  private static func message(
    _ meanings: [CompactMeaning], _ frame: CompactFrame, _ code: UInt8, _ script: inout CaseScript
  ) -> CompactMessage {
    var message = CompactMessage(code: frame.codeAt == nil ? nil : code)
    var at = frame.start.count + (frame.lengthAt == nil ? 1 : 2)
    for meaning in meanings {
      let choice = script.byte()
      let numbers = CompactNumber.allCases
      var field = CompactField(meaning, at: at, numbers[Int(choice & 7) % numbers.count])
      switch meaning {
      case .position, .velocity, .acceleration, .effort:
        if choice & 8 != 0 { field.scale = script.wild() }
        if choice & 16 != 0 { field.offset = script.wild() }
        if choice & 32 != 0 { field.scale = [0.01, 10, 100, 1000][Int(script.byte() & 3)] }
      case .constant: field.offset = choice & 8 != 0 ? script.wild() : 1
      case .sequence, .address, .state, .fault:
        if field.number == .f32 { field.number = .u8 }
      }
      if choice >> 6 == 3, script.byte() == 7 { field.at = any(&script) }
      at += field.number.byteCount
      message.fields.append(field)
    }
    if script.byte() == 7 {
      message.byteCount = any(&script)
    } else if script.byte() & 1 == 0 {
      message.byteCount = min(64, at + frame.checksum.byteCount)
    }
    return message
  }
}
