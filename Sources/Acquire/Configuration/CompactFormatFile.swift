// A format of compact frames as a TOML file; docs/exoskeletons.md describes it, docs/examples has
// two.

import Exoskeleton
import RT
import TOMLKit

struct CompactFormatFile {
  private let path: String
  private let text: String

  /// Reads a format.
  ///
  /// - Throws: `Failure` with path and line, for a file that is missing, malformed, or no format.
  static func read(_ path: String) throws(Failure) -> CompactFormat {
    try CompactFormatFile(path: path, text: try TextFile.read(path)).format()
  }

  init(path: String, text: String) {
    self.path = path
    self.text = text
  }

  func format() throws(Failure) -> CompactFormat {
    let document: TOMLTable
    do {
      document = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw Failure(.data, "\(path):\(error.source.begin.line): \(error.description)")
    } catch {
      throw Failure(.data, "\(path) cannot be read as TOML: \(error)")
    }
    let known = [
      "name", "watchdog-ms", "frame", "reply-frame", "commands", "replies", "states",
    ]
    try refuseStrangers(in: document, "", known)
    let frame = try frame(in: try section("frame", in: document), "frame", from: nil)
    var replyFrame = frame
    if document["reply-frame"] != nil {
      replyFrame = try self.frame(
        in: try section("reply-frame", in: document), "reply-frame", from: frame)
    }
    let commands = try commands(in: try section("commands", in: document))
    let replyTable = try section("replies", in: document)
    let replyNames = replyTable.keys.sorted()
    var replies: [CompactMessage] = []
    for name in replyNames {
      replies.append(
        try message(in: try section(name, in: replyTable, within: "replies"), "replies.\(name)"))
    }
    var watchdog: Nanoseconds?
    if document["watchdog-ms"] != nil {
      let milliseconds = try whole("watchdog-ms", in: document, "")
      guard (1...60_000).contains(milliseconds) else {
        throw failure("", "watchdog-ms", "`watchdog-ms` must be 1 to 60000")
      }
      watchdog = .milliseconds(Int64(milliseconds))
    }
    guard let name = document["name"]?.string, !name.isEmpty else {
      throw failure("", "name", "`name` must be a text that a person knows the drive by")
    }
    let states = try states(in: document)
    do throws(CompactFault) {
      return try CompactFormat(
        name: name, command: frame, reply: replyFrame, commands: commands, replies: replies,
        states: states, watchdog: watchdog)
    } catch {
      throw failure(error, replyNames)
    }
  }

  // MARK: Sections

  private func frame(in table: TOMLTable, _ place: String, from base: CompactFrame?)
    throws(Failure) -> CompactFrame
  {
    try refuseStrangers(
      in: table, place,
      [
        "start", "end", "length", "byte-order", "code-at", "length-at", "length-less", "checksum",
        "polynomial", "checksum-at", "checksum-over", "checksum-byte-order",
      ])
    var frame =
      base
      ?? CompactFrame(
        start: [], byteCount: 0, codeAt: nil, checksum: .sum8, checksumAt: -1, checksumFirst: 0,
        checksumLast: -2)
    if base == nil {
      for key in ["start", "length", "checksum", "checksum-at", "checksum-over"]
      where table[key] == nil {
        throw failure(place, nil, "[\(place)] has no `\(key)`, which every frame needs")
      }
    }
    if table["start"] != nil { frame.start = try bytes("start", in: table, place) }
    if table["end"] != nil { frame.end = try bytes("end", in: table, place) }
    if table["length"] != nil { frame.byteCount = try whole("length", in: table, place) }
    if table["code-at"] != nil { frame.codeAt = try whole("code-at", in: table, place) }
    if table["length-at"] != nil { frame.lengthAt = try whole("length-at", in: table, place) }
    if table["length-less"] != nil { frame.lengthLess = try whole("length-less", in: table, place) }
    if table["byte-order"] != nil {
      frame.isBigEndian = try isBigEndian("byte-order", in: table, place)
      frame.isChecksumBigEndian = frame.isBigEndian
    }
    if table["checksum-byte-order"] != nil {
      frame.isChecksumBigEndian = try isBigEndian("checksum-byte-order", in: table, place)
    }
    if table["checksum"] != nil { frame.checksum = try checksum(in: table, place) }
    if table["checksum-at"] != nil { frame.checksumAt = try whole("checksum-at", in: table, place) }
    if table["checksum-over"] != nil {
      let ends = try wholes("checksum-over", in: table, place)
      guard ends.count == 2 else {
        throw failure(
          place, "checksum-over", "`checksum-over` must be two offsets such as [0, 9]")
      }
      frame.checksumFirst = ends[0]
      frame.checksumLast = ends[1]
    }
    return frame
  }

  private func checksum(in table: TOMLTable, _ place: String) throws(Failure) -> CompactChecksum {
    switch table["checksum"]?.string {
    case "sum8": return .sum8
    case "xor8": return .xor8
    case "crc8":
      guard let polynomial = UInt8(exactly: try whole("polynomial", in: table, place)) else {
        throw failure(place, "polynomial", "`polynomial` must be one byte such as 0x07")
      }
      return .crc8(polynomial: polynomial)
    case "crc16-ibm": return .crc16IBM
    case "crc16-ccitt": return .crc16CCITT
    case "crc16-xmodem": return .crc16XMODEM
    default:
      throw failure(
        place, "checksum",
        "`checksum` must be one of sum8, xor8, crc8, crc16-ibm, crc16-ccitt, crc16-xmodem")
    }
  }

  private func commands(in table: TOMLTable) throws(Failure) -> [CompactCommand: CompactMessage] {
    try refuseStrangers(in: table, "commands", CompactCommand.allCases.map(\.rawValue))
    var commands: [CompactCommand: CompactMessage] = [:]
    for command in CompactCommand.allCases where table[command.rawValue] != nil {
      let section = try section(command.rawValue, in: table, within: "commands")
      commands[command] = try message(in: section, "commands.\(command.rawValue)")
    }
    return commands
  }

  private func message(in table: TOMLTable, _ place: String) throws(Failure) -> CompactMessage {
    let meanings = CompactMeaning.allCases.map(\.rawValue)
    try refuseStrangers(in: table, place, ["code", "length"] + meanings)
    var message = CompactMessage(code: nil)
    if table["code"] != nil {
      guard let code = UInt8(exactly: try whole("code", in: table, place)) else {
        throw failure(place, "code", "`code` must be one byte, 0 to 255")
      }
      message.code = code
    }
    if table["length"] != nil { message.byteCount = try whole("length", in: table, place) }
    for meaning in CompactMeaning.allCases where table[meaning.rawValue] != nil {
      message.fields.append(try field(meaning, in: table, place))
    }
    return message
  }

  private func field(_ meaning: CompactMeaning, in message: TOMLTable, _ place: String)
    throws(Failure) -> CompactField
  {
    let key = meaning.rawValue
    guard let table = message[key]?.table else {
      throw failure(
        place, key, "`\(key)` must be a place such as { at = 2, type = \"i16\", scale = 100 }")
    }
    let isConstant = meaning == .constant
    let known = isConstant ? ["at", "type", "value"] : ["at", "type", "scale", "offset"]
    if let stranger = table.keys.first(where: { !known.contains($0) }) {
      throw failure(
        place, key, "`\(key)` has no `\(stranger)`, only \(known.joined(separator: ", "))")
    }
    guard let at = table["at"]?.int else {
      throw failure(place, key, "`\(key)` needs `at`, the number of its first byte")
    }
    guard let number = table["type"]?.string.flatMap(CompactNumber.init) else {
      let types = CompactNumber.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure(place, key, "`\(key)` needs a `type`, one of \(types)")
    }
    var field = CompactField(meaning, at: at, number)
    for (name, part) in [
      ("scale", \CompactField.scale), ("offset", \.offset), ("value", \.offset),
    ] {
      guard let value = table[name] else { continue }
      guard let figure = value.double ?? value.int.map(Double.init) else {
        throw failure(place, key, "`\(name)` of `\(key)` must be a number")
      }
      field[keyPath: part] = figure
    }
    return field
  }

  private func states(in document: TOMLTable) throws(Failure) -> [Int: ExoskeletonState] {
    guard document["states"] != nil else { return [:] }
    let table = try section("states", in: document)
    try refuseStrangers(in: table, "states", ExoskeletonState.allCases.map(\.name))
    var states: [Int: ExoskeletonState] = [:]
    for state in ExoskeletonState.allCases where table[state.name] != nil {
      for value in try wholes(state.name, in: table, "states") {
        if let other = states[value] {
          throw failure(
            "states", state.name, "the value \(value) is \(other.name) and \(state.name) at once")
        }
        states[value] = state
      }
    }
    return states
  }

  // MARK: Values

  private func section(_ key: String, in table: TOMLTable, within place: String = "")
    throws(Failure) -> TOMLTable
  {
    let name = place.isEmpty ? key : "\(place).\(key)"
    guard let section = table[key]?.table else {
      throw failure(place, key, "there is no section [\(name)]")
    }
    return section
  }

  private func whole(_ key: String, in table: TOMLTable, _ place: String) throws(Failure) -> Int {
    guard let number = table[key]?.int else {
      throw failure(place, key, "`\(key)` must be a whole number")
    }
    return number
  }

  private func wholes(_ key: String, in table: TOMLTable, _ place: String) throws(Failure)
    -> [Int]
  {
    let array = table[key]?.array
    let numbers = array?.compactMap { $0.type == .int ? $0.int : nil } ?? []
    guard let array, numbers.count == array.count else {
      throw failure(place, key, "`\(key)` must be a list of whole numbers")
    }
    return numbers
  }

  private func bytes(_ key: String, in table: TOMLTable, _ place: String) throws(Failure)
    -> [UInt8]
  {
    let numbers = try wholes(key, in: table, place)
    let bytes = numbers.compactMap { UInt8(exactly: $0) }
    guard bytes.count == numbers.count else {
      throw failure(place, key, "`\(key)` must be a list of bytes, each 0 to 255")
    }
    return bytes
  }

  private func isBigEndian(_ key: String, in table: TOMLTable, _ place: String) throws(Failure)
    -> Bool
  {
    switch table[key]?.string {
    case "big": return true
    case "little": return false
    default: throw failure(place, key, "`\(key)` must be \"big\" or \"little\"")
    }
  }

  // MARK: Complaints

  private func refuseStrangers(in table: TOMLTable, _ place: String, _ known: [String])
    throws(Failure)
  {
    guard let stranger = table.keys.first(where: { !known.contains($0) }) else { return }
    let hint = nearest(to: stranger, among: known).map { "; did you mean `\($0)`?" } ?? ""
    let owner = place.isEmpty ? "a format" : "[\(place)]"
    throw failure(place, stranger, "\(owner) has no `\(stranger)`\(hint)")
  }

  private func failure(_ place: String, _ key: String?, _ sentence: String) -> Failure {
    let full = [place, key].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ".")
    let line =
      ConfigurationFile.line(of: key, in: place, text: text)
      ?? ConfigurationFile.line(of: nil, in: full, text: text)
      ?? ConfigurationFile.line(of: nil, in: place, text: text)
    return Failure(.data, line.map { "\(path):\($0): \(sentence)" } ?? "\(path): \(sentence)")
  }

  /// Replies are numbered there and have names here.
  private func failure(_ fault: CompactFault, _ replyNames: [String]) -> Failure {
    var place = fault.place
    var sentence = fault.message
    if let number = Int(place.drop { $0 != "." }.dropFirst()), place.hasPrefix("replies."),
      replyNames.indices.contains(number - 1)
    {
      let named = "replies.\(replyNames[number - 1])"
      sentence = sentence.replacing("[\(place)]", with: "[\(named)]", maxReplacements: 1)
      place = named
    }
    return failure(place, fault.key, sentence)
  }
}
