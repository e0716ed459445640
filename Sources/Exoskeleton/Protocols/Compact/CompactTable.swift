// A compact format as the real-time path reads it: fixed memory, no array, every offset resolved.

struct CompactTable: Sendable {
  struct Frame: Sendable, BitwiseCopyable {
    var startCount = 0
    var start = InlineArray<4, UInt8>(repeating: 0)
    var endCount = 0
    var end = InlineArray<2, UInt8>(repeating: 0)
    var isBigEndian = false
    /// -1: none.
    var codeAt = -1
    var lengthAt = -1
    var lengthLess = 0
    var checksum = CompactChecksum.sum8
    var isChecksumBigEndian = false

    @_noLocks @_noAllocation
    init() {}
  }

  struct Field: Sendable, BitwiseCopyable {
    var meaning = CompactMeaning.constant
    var at = 0
    var number = CompactNumber.u8
    var scale = 1.0
    var offset = 0.0

    @_noLocks @_noAllocation
    init() {}
  }

  struct Message: Sendable, BitwiseCopyable {
    var isThere = false
    var code: UInt8 = 0
    var byteCount = 0
    var checksumAt = 0
    var checksumFirst = 0
    var checksumLast = 0
    var fieldCount = 0
    var fields = InlineArray<12, Field>(repeating: Field())

    @_noLocks @_noAllocation
    init() {}
  }

  struct State: Sendable, BitwiseCopyable {
    var value: Int64 = 0
    var state = ExoskeletonState.disarmed

    @_noLocks @_noAllocation
    init() {}
  }

  var command = Frame()
  var reply = Frame()
  var commands = InlineArray<10, Message>(repeating: Message())
  var replies = InlineArray<4, Message>(repeating: Message())
  var replyCount = 0
  var states = InlineArray<16, State>(repeating: State())
  var stateCount = 0
  /// Some reply says which command it answers.
  var hasSequence = false
  /// How many of a sequence number's bits come back.
  var sequenceMask: UInt16 = 0
  /// Some reply tells the velocity.
  var hasVelocity = false
  var hasState = false
  /// The fields that command and reply carry the joint's address in are compared with it.
  var address: Int64 = 0

  /// Nothing can be said with it.
  init() {}

  init(_ format: CompactFormat, address: Int) {
    self.address = Int64(address)
    command = Self.frame(format.command)
    reply = Self.frame(format.reply)
    for (name, message) in format.commands {
      commands[Self.index(of: name)] = Self.message(message, in: format.command)
    }
    replyCount = format.replies.count
    for (index, message) in format.replies.enumerated() {
      replies[index] = Self.message(message, in: format.reply)
      for field in message.fields {
        switch field.meaning {
        case .sequence:
          hasSequence = true
        case .velocity: hasVelocity = true
        case .state: hasState = true
        case .constant, .position, .acceleration, .effort, .address, .fault: break
        }
      }
    }
    let messages = format.replies + format.commands.values
    let isShort = messages.contains { message in
      message.fields.contains { $0.meaning == .sequence && $0.number.byteCount == 1 }
    }
    sequenceMask = isShort ? 0xFF : 0xFFFF
    stateCount = format.states.count
    for (index, entry) in format.states.enumerated() {
      states[index].value = Int64(entry.key)
      states[index].state = entry.value
    }
  }

  @_noLocks @_noAllocation
  static func index(of command: CompactCommand) -> Int {
    switch command {
    case .identify: 0
    case .heartbeat: 1
    case .arm: 2
    case .disarm: 3
    case .motion: 4
    case .exert: 5
    case .neutral: 6
    case .stop: 7
    case .release: 8
    case .query: 9
    }
  }

  private static func frame(_ source: CompactFrame) -> Frame {
    var frame = Frame()
    frame.startCount = source.start.count
    for (index, byte) in source.start.enumerated() { frame.start[index] = byte }
    frame.endCount = source.end.count
    for (index, byte) in source.end.enumerated() { frame.end[index] = byte }
    frame.isBigEndian = source.isBigEndian
    frame.codeAt = source.codeAt ?? -1
    frame.lengthAt = source.lengthAt ?? -1
    frame.lengthLess = source.lengthLess
    frame.checksum = source.checksum
    frame.isChecksumBigEndian = source.isChecksumBigEndian
    return frame
  }

  private static func message(_ source: CompactMessage, in frame: CompactFrame) -> Message {
    var message = Message()
    let byteCount = source.byteCount ?? frame.byteCount
    func offset(_ at: Int) -> Int { at < 0 ? byteCount + at : at }
    message.isThere = true
    message.code = source.code ?? 0
    message.byteCount = byteCount
    message.checksumAt = offset(frame.checksumAt)
    message.checksumFirst = offset(frame.checksumFirst)
    message.checksumLast = offset(frame.checksumLast)
    message.fieldCount = source.fields.count
    for (index, field) in source.fields.enumerated() {
      message.fields[index].meaning = field.meaning
      message.fields[index].at = offset(field.at)
      message.fields[index].number = field.number
      message.fields[index].scale = field.scale
      message.fields[index].offset = field.offset
    }
    return message
  }
}
