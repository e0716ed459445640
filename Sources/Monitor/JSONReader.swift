// Reads JSON that somebody else may have written: bounded in bytes, values and depth.
//
// Foundation has a reader, too, but only the program may import it, and it knows no limit to what
// it takes in.

/// Why a text is no JSON that is read here.
public enum JSONFault: Error, Equatable, Sendable {
  /// More than `JSON.byteCountMaximum`.
  case tooLarge(byteCount: Int)
  case tooManyValues
  case tooDeep(byteOffset: Int)
  /// What was expected where the text goes wrong.
  case malformed(expected: String, byteOffset: Int)

  public var message: String {
    switch self {
    case .tooLarge(let count):
      "it is \(count >> 20) MB large, at most \(JSON.byteCountMaximum >> 20) MB are read"
    case .tooManyValues: "it holds more than \(JSON.valueCountMaximum) values"
    case .tooDeep(let offset):
      "it is nested more than \(JSON.depthMaximum) deep at byte \(offset)"
    case .malformed(let expected, let offset):
      "it is no JSON: \(expected) was expected at byte \(offset)"
    }
  }
}

extension JSON {
  /// A report of 64 CPUs with all bins of their histograms stays below all three.
  public static var byteCountMaximum: Int { 16 << 20 }
  static var valueCountMaximum: Int { 2_000_000 }
  static var depthMaximum: Int { 32 }

  /// Reads one JSON value (RFC 8259) and nothing behind it but spaces.
  ///
  /// Integers that fit become `.integer`, larger ones `.unsigned`, everything else `.number`.
  public init(reading bytes: [UInt8]) throws(JSONFault) {
    guard bytes.count <= Self.byteCountMaximum else {
      throw .tooLarge(byteCount: bytes.count)
    }
    var reader = JSONReader(bytes: bytes)
    self = try reader.document()
  }

  /// The first member of an object with this name; nil where there is none or no object.
  public subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}

private struct JSONReader {
  let bytes: [UInt8]
  var offset = 0
  var valueCount = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONFault) -> JSON {
    let value = try value(depth: 0)
    skipSpaces()
    guard offset == bytes.count else { throw malformed("the end") }
    return value
  }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private func malformed(_ expected: String) -> JSONFault {
    .malformed(expected: expected, byteOffset: offset)
  }

  private mutating func skipSpaces() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  /// Takes a byte if it comes next.
  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(JSONFault) {
    guard takes(character) else { throw malformed("\"\(character)\"") }
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSON {
    guard depth <= JSON.depthMaximum else { throw .tooDeep(byteOffset: offset) }
    valueCount += 1
    guard valueCount <= JSON.valueCountMaximum else { throw .tooManyValues }
    skipSpaces()
    switch next {
    case UInt8(ascii: "{"): return .object(try members(depth: depth))
    case UInt8(ascii: "["): return .array(try items(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSON) throws(JSONFault) -> JSON {
    for byte in word.utf8 {
      guard next == byte else { throw malformed(word) }
      offset += 1
    }
    return value
  }

  private mutating func items(depth: Int) throws(JSONFault) -> [JSON] {
    try expect("[")
    var items: [JSON] = []
    skipSpaces()
    if takes("]") { return items }
    while true {
      items.append(try value(depth: depth + 1))
      skipSpaces()
      if takes("]") { return items }
      try expect(",")
    }
  }

  private mutating func members(depth: Int) throws(JSONFault) -> [JSON.Member] {
    try expect("{")
    var members: [JSON.Member] = []
    skipSpaces()
    if takes("}") { return members }
    while true {
      skipSpaces()
      guard next == UInt8(ascii: "\"") else { throw malformed("the name of a member") }
      let name = try string()
      skipSpaces()
      try expect(":")
      members.append(JSON.Member(name, try value(depth: depth + 1)))
      skipSpaces()
      if takes("}") { return members }
      try expect(",")
    }
  }

  private mutating func digits() -> Int {
    let start = offset
    while let byte = next, (0x30...0x39).contains(byte) { offset += 1 }
    return offset - start
  }

  private mutating func number() throws(JSONFault) -> JSON {
    let start = offset
    _ = takes("-")
    let leadsWithZero = next == UInt8(ascii: "0")
    let wholeDigits = digits()
    guard wholeDigits > 0, !leadsWithZero || wholeDigits == 1 else { throw malformed("a value") }
    var isWhole = true
    if takes(".") {
      isWhole = false
      guard digits() > 0 else { throw malformed("a digit") }
    }
    if takes("e") || takes("E") {
      isWhole = false
      if !takes("+") { _ = takes("-") }
      guard digits() > 0 else { throw malformed("a digit") }
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isWhole, text != "-0" {
      if let integer = Int64(text) { return .integer(integer) }
      if let unsigned = UInt64(text) { return .unsigned(unsigned) }
    }
    guard let number = Double(text), number.isFinite else { throw malformed("a number in range") }
    return .number(number)
  }

  private mutating func string() throws(JSONFault) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw malformed("UTF-8 text before here")
        }
        offset += 1
        return string
      case UInt8(ascii: "\\"):
        offset += 1
        text += Array(String(try escaped()).utf8)
      case ..<0x20: throw malformed("an escaped control character")
      default:
        text.append(byte)
        offset += 1
      }
    }
    throw malformed("the end of a string")
  }

  /// What stands behind a backslash.
  private mutating func escaped() throws(JSONFault) -> Character {
    let plain: [(UInt8, Character)] = [
      (0x22, "\""), (0x5C, "\\"), (0x2F, "/"), (0x62, "\u{08}"), (0x66, "\u{0C}"), (0x6E, "\n"),
      (0x72, "\r"), (0x74, "\t"),
    ]
    if let (_, character) = plain.first(where: { $0.0 == next }) {
      offset += 1
      return character
    }
    guard takes("u") else { throw malformed("an escape") }
    let first = try fourDigits()
    if let scalar = Unicode.Scalar(first) { return Character(scalar) }
    // A pair of surrogates makes one character beyond 0xFFFF.
    guard (0xD800..<0xDC00).contains(first), takes("\\"), takes("u") else {
      throw malformed("a pair of surrogates")
    }
    let second = try fourDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw malformed("the second of a pair of surrogates") }
    return Character(scalar)
  }

  private mutating func fourDigits() throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("four hexadecimal digits")
      }
      value = value << 4 + UInt32(digit)
      offset += 1
    }
    return value
  }
}
