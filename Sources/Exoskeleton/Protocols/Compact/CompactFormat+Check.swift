// What must hold of a table of compact frames before a joint is led by it.

internal import RT

extension CompactFormat {
  func check() throws(CompactFault) {
    try Self.check(command, "frame")
    if reply != command { try Self.check(reply, "reply-frame") }
    guard commands[.neutral] != nil else {
      throw .missing(
        place: "", what: "[commands.neutral]", remedy: "nothing is driven without a way to end it")
    }
    guard commands[.motion] != nil || commands[.exert] != nil else {
      throw .missing(
        place: "", what: "[commands.motion] and no [commands.exert]",
        remedy: "a joint is led by one of them")
    }
    try checkCommands()
    try checkReplies()
    try checkDistinct()
    if let watchdog {
      let milliseconds = Int(watchdog.milliseconds)
      try Self.check("", "watchdog-ms", milliseconds, 1, 60_000)
    }
  }

  private static func check(
    _ place: String, _ name: String, _ value: Int, _ lowest: Int, _ highest: Int
  ) throws(CompactFault) {
    guard value >= lowest, value <= highest else {
      throw .outOfRange(place: place, name: name, value: value, lowest: lowest, highest: highest)
    }
  }

  private static func check(_ frame: CompactFrame, _ place: String) throws(CompactFault) {
    try check(place, "start", frame.start.count, 1, 4)
    try check(place, "end", frame.end.count, 0, 2)
    try check(place, "length", frame.byteCount, 3, byteCountMax)
    try check(place, "length-less", frame.lengthLess, 0, byteCountMax)
    // Both are needed before it is known where a frame ends.
    if let codeAt = frame.codeAt { try check(place, "code-at", codeAt, 1, byteCountMax - 1) }
    if let lengthAt = frame.lengthAt {
      try check(place, "length-at", lengthAt, 1, byteCountMax - 1)
    }
    try checkOffset(place, "checksum-at", frame.checksumAt)
    try checkOffset(place, "checksum-over", frame.checksumFirst)
    try checkOffset(place, "checksum-over", frame.checksumLast)
    if case .crc8(let polynomial) = frame.checksum, polynomial == 0 {
      throw .unsuitable(
        place: place, name: "polynomial", reason: "is 0, which finds no error: write the maker's")
    }
  }

  /// Before anything is reckoned with it: a file may hold any number.
  private static func checkOffset(_ place: String, _ name: String, _ at: Int)
    throws(CompactFault)
  {
    try check(place, name, at, -byteCountMax, byteCountMax - 1)
  }

  // MARK: Messages

  private func checkCommands() throws(CompactFault) {
    for name in CompactCommand.allCases {
      guard let message = commands[name] else { continue }
      let place = "commands.\(name.rawValue)"
      try check(message, in: command, place)
      for field in message.fields {
        switch field.meaning {
        case .constant, .sequence, .address: continue
        case .position, .velocity, .acceleration:
          if name == .motion { continue }
        case .effort:
          if name == .exert { continue }
        case .state, .fault: break
        }
        throw .unsuitable(
          place: place, name: field.meaning.rawValue, reason: "is nothing that this command has")
      }
      let needed: CompactMeaning? =
        switch name {
        case .motion: .position
        case .exert: .effort
        default: nil
        }
      if let needed, !has(needed, in: message) {
        throw .missing(
          place: place, what: "`\(needed.rawValue)`", remedy: "that is what the command is for")
      }
    }
  }

  private func checkReplies() throws(CompactFault) {
    try Self.check("", "replies", replies.count, 1, Self.replyCountMax)
    for (index, message) in replies.enumerated() {
      let place = "replies.\(index + 1)"
      try check(message, in: reply, place)
      for field in message.fields {
        switch field.meaning {
        case .position, .velocity, .effort, .sequence, .address, .fault: break
        case .constant, .acceleration:
          throw .unsuitable(
            place: place, name: field.meaning.rawValue, reason: "means nothing in a reply")
        case .state:
          if states.isEmpty {
            throw .missing(
              place: "", what: "[states]", remedy: "say which values of `state` mean what")
          }
          guard states.values.contains(.moving) else {
            throw .missing(
              place: "states", what: "a value that means `moving`",
              remedy: "nothing moves on before the drive says that it follows")
          }
        }
      }
    }
    if replies.contains(where: { has(.sequence, in: $0) }) {
      for name in CompactCommand.allCases {
        guard let message = commands[name], !has(.sequence, in: message) else { continue }
        throw .missing(
          place: "commands.\(name.rawValue)", what: "`sequence`",
          remedy: "replies are to carry it back")
      }
    }
    guard replies.contains(where: { has(.position, in: $0) }) else {
      throw .missing(
        place: "", what: "position in any reply",
        remedy: "a joint whose place is not known cannot be led")
    }
    try Self.check("", "states", states.count, 0, Self.stateCountMax)
  }

  private func check(_ message: CompactMessage, in frame: CompactFrame, _ place: String)
    throws(CompactFault)
  {
    let byteCount = message.byteCount ?? frame.byteCount
    try Self.check(place, "length", byteCount, 3, Self.byteCountMax)
    try Self.check(place, "number of fields", message.fields.count, 0, Self.fieldCountMax)
    if frame.codeAt != nil, message.code == nil {
      throw .missing(place: place, what: "`code`", remedy: "the frame has a place for it")
    }
    if frame.codeAt == nil, message.code != nil {
      throw .unsuitable(
        place: place, name: "code", reason: "has no place in the frame: set `code-at`")
    }
    var taken = [String?](repeating: nil, count: byteCount)
    func take(_ name: String, _ at: Int, _ count: Int) throws(CompactFault) {
      let first = at < 0 ? byteCount + at : at
      guard first >= 0, first + count <= byteCount else {
        throw .beyondEnd(
          place: place, name: name, lastByte: first + count - 1, byteCount: byteCount)
      }
      for byte in first..<(first + count) {
        if let other = taken[byte] {
          throw .overlap(place: place, first: other, second: name, byte: byte)
        }
        taken[byte] = name
      }
    }
    try take("start", 0, frame.start.count)
    if !frame.end.isEmpty { try take("end", -frame.end.count, frame.end.count) }
    if let codeAt = frame.codeAt { try take("code", codeAt, 1) }
    if let lengthAt = frame.lengthAt {
      try take("length", lengthAt, 1)
      try Self.check(place, "length-less", frame.lengthLess, 0, byteCount)
    }
    try take("checksum", frame.checksumAt, frame.checksum.byteCount)
    for field in message.fields {
      try check(field, place)
      try Self.checkOffset(place, field.meaning.rawValue, field.at)
      try take(field.meaning.rawValue, field.at, field.number.byteCount)
    }
    try checkChecksum(of: frame, byteCount, place)
  }

  /// What a checksum does not cover may be damaged unnoticed: it must cover code and numbers, and
  /// not itself.
  private func checkChecksum(of frame: CompactFrame, _ byteCount: Int, _ place: String)
    throws(CompactFault)
  {
    func offset(_ at: Int) -> Int { at < 0 ? byteCount + at : at }
    let first = offset(frame.checksumFirst)
    let last = offset(frame.checksumLast)
    let own = offset(frame.checksumAt)
    guard first >= 0, first <= last, last < byteCount else {
      throw .unsuitable(
        place: place, name: "checksum-over",
        reason: "is byte \(first) to byte \(last) of \(byteCount), which cannot be")
    }
    guard own > last || own + frame.checksum.byteCount <= first else {
      throw .unsuitable(
        place: place, name: "checksum-over", reason: "holds the checksum itself: end before it")
    }
    let payload = frame.start.count..<(byteCount - frame.end.count)
    for byte in payload where !(byte >= own && byte < own + frame.checksum.byteCount) {
      guard byte >= first, byte <= last else {
        throw .unsuitable(
          place: place, name: "checksum-over",
          reason: "leaves out byte \(byte), which could be damaged unnoticed")
      }
    }
  }

  private func check(_ field: CompactField, _ place: String) throws(CompactFault) {
    let name = field.meaning.rawValue
    guard field.scale.isFinite, field.scale != 0, field.offset.isFinite else {
      throw .unsuitable(
        place: place, name: name, reason: "has a scale of 0, or one that is no number")
    }
    switch field.meaning {
    case .constant:
      let range = field.number.range
      let fits =
        field.offset >= Double(range.lowerBound) && field.offset <= Double(range.upperBound)
      let isReal =
        field.number.isReal && field.offset.magnitude <= Double(Float.greatestFiniteMagnitude)
      guard isReal || fits && !field.number.isReal else {
        throw .unsuitable(
          place: place, name: name, reason: "is \(field.offset), which it does not hold")
      }
    case .sequence, .address, .state, .fault:
      guard !field.number.isReal, field.scale == 1, field.offset == 0 else {
        throw .unsuitable(
          place: place, name: name, reason: "must be a whole number without scale and offset")
      }
    case .position, .velocity, .acceleration, .effort:
      // Beyond these what the wire holds is no figure of a joint's, and may not even be finite.
      guard field.scale.magnitude >= 1e-9, field.scale.magnitude <= 1e9,
        field.offset.magnitude <= 0x1p32
      else {
        throw .unsuitable(
          place: place, name: name,
          reason: "has a scale of \(field.scale) and an offset of \(field.offset), but a scale must"
            + " be 1e-9 to 1e9 and an offset within 32 bits")
      }
    }
  }

  // MARK: Which is which

  private func checkDistinct() throws(CompactFault) {
    var owners: [UInt8: String] = [:]
    for name in CompactCommand.allCases {
      guard let message = commands[name] else { continue }
      let place = "commands.\(name.rawValue)"
      guard let code = message.code else {
        if commands.count > 1 {
          throw .missing(
            place: "frame", what: "`code-at`", remedy: "several commands need a code each")
        }
        continue
      }
      if let other = owners[code] { throw .sameCode(place: place, other: other) }
      owners[code] = "[\(place)]"
    }
    var replyOwners: [UInt8: String] = [:]
    for (index, message) in replies.enumerated() {
      let place = "replies.\(index + 1)"
      guard let code = message.code else {
        if replies.count > 1 {
          throw .missing(
            place: "reply-frame", what: "`code-at`", remedy: "several replies need a code each")
        }
        try checkDistinct(message, place)
        continue
      }
      if let other = replyOwners[code] { throw .sameCode(place: place, other: other) }
      replyOwners[code] = "[\(place)]"
      try checkDistinct(message, place)
    }
  }

  private func checkDistinct(_ message: CompactMessage, _ place: String) throws(CompactFault) {
    if zip(reply.start, command.start).contains(where: { $0 != $1 }) { return }
    for name in CompactCommand.allCases {
      guard let other = commands[name] else { continue }
      if let own = message.code, let theirs = other.code, reply.codeAt == command.codeAt,
        own != theirs
      {
        continue
      }
      throw .looksLikeCommand(place: place, command: name.rawValue)
    }
  }
}
