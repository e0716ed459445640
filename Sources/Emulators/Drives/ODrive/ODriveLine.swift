// ODrive's ASCII lines: where they end, whether their sum is right, what stands in them.
//
//     command arguments [*sum] [;comment] end       the end is a line feed, a return or a '!'
//
// The sum is the exclusive or of all characters before '*', in decimal. Every one of the three ends
// a line, so that a return followed by a line feed ends two, and the second is an unknown command.
// Source: odriverobotics/ODrive, Firmware/communication/ascii_protocol.cpp of 0.5.x.

/// A line that is to be obeyed.
struct ODriveLine: Equatable, Sendable {
  var text: [UInt8]
  /// The answers carry sums if the command did.
  var hasSum: Bool

  /// - Returns: nil when the sum is wrong; the device says nothing to that.
  init?(_ line: [UInt8]) {
    let line = line.prefix { $0 != UInt8(ascii: ";") }
    guard let star = line.firstIndex(of: UInt8(ascii: "*")), star + 1 < line.endIndex else {
      text = Array(line)
      hasSum = false
      return
    }
    let sum = line[..<star].reduce(0) { $0 ^ $1 }
    var scanner = ODriveScanner(line[(star + 1)...])
    guard scanner.unsigned() == UInt32(sum) else { return nil }
    text = Array(line[..<star])
    hasSum = true
  }

  /// An answer as it goes out; the device cuts off what is longer than its buffer of 64.
  static func answer(_ text: String, hasSum: Bool) -> [UInt8] {
    let text = Array(text.utf8.prefix(64))
    let sum = text.reduce(0) { $0 ^ $1 }
    return Array((text + (hasSum ? Array("*\(sum)".utf8) : []) + [13, 10]).prefix(64))
  }
}

/// Cuts a stream into lines.
struct ODriveLines: Sendable {
  static var byteCountMax: Int { 256 }

  private var bytes: [UInt8] = []
  /// A line that was too long is ignored to its end.
  private var isIgnoring = false
  /// Lines that were too long.
  private(set) var overlong: UInt64 = 0

  /// Takes a byte; gives the line that it ends.
  mutating func take(_ byte: UInt8) -> [UInt8]? {
    let ends = [UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "!")]
    guard ends.contains(byte) else {
      bytes.append(byte)
      if bytes.count >= Self.byteCountMax {
        bytes = []
        overlong += isIgnoring ? 0 : 1
        isIgnoring = true
      }
      return nil
    }
    defer {
      bytes = []
      isIgnoring = false
    }
    return isIgnoring ? nil : bytes
  }
}

/// Reads words and numbers off a line as C's sscanf does. Unlike it, it takes neither "nan" nor
/// "inf" for a number: what the firmware does with them is not defined.
struct ODriveScanner {
  private var rest: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>) { rest = text }

  private mutating func skipSpace() {
    rest = rest.drop { [9, 10, 11, 12, 13, 32].contains($0) }
  }

  private mutating func digits() -> [UInt8] {
    let digits = rest.prefix { (48...57).contains($0) }
    rest = rest.dropFirst(digits.count)
    return Array(digits)
  }

  private mutating func sign() -> [UInt8] {
    guard let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") else {
      return []
    }
    rest = rest.dropFirst()
    return [first]
  }

  mutating func word() -> String? {
    skipSpace()
    let word = rest.prefix { ![0, 9, 10, 11, 12, 13, 32].contains($0) }
    rest = rest.dropFirst(word.count)
    return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
  }

  /// As %u: a negative number is one from the top.
  mutating func unsigned() -> UInt32? { integer().map { UInt32(truncatingIfNeeded: $0) } }

  /// As %d, of at most 18 digits.
  mutating func integer() -> Int64? {
    skipSpace()
    let text = sign() + digits()
    return text.count > 19 ? nil : Int64(String(decoding: text, as: UTF8.self))
  }

  /// As %f, into 32 bits; nil: none, or none that is finite.
  mutating func float() -> Float? {
    skipSpace()
    var text = sign()
    let whole = digits()
    text += whole.isEmpty ? [48] : whole
    var fraction: [UInt8] = []
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = digits()
      if !fraction.isEmpty { text += [UInt8(ascii: ".")] + fraction }
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      let before = rest
      rest = rest.dropFirst()
      let exponent = sign() + digits()
      if let last = exponent.last, (48...57).contains(last) {
        text += [UInt8(ascii: "e")] + exponent
      } else {
        rest = before
      }
    }
    guard let value = Float(String(decoding: text, as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value
  }
}

/// Numbers as the device prints them.
enum ODriveNumber {
  /// C's "%f" of a 32-bit number.
  static func text(_ value: Float) -> String {
    let micros = (Double(value).magnitude * 1e6).rounded(.toNearestOrEven)
    guard micros < 1e18 else { return value < 0 ? "-inf" : "inf" }
    let whole = UInt64(micros)
    let digits = String(whole % 1_000_000)
    let fraction = String(repeating: "0", count: 6 - digits.count) + digits
    return (value.sign == .minus ? "-" : "") + "\(whole / 1_000_000).\(fraction)"
  }
}
