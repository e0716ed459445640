// Time-stamped annotation lists, the annotations of EDF+ and BDF+.
//
//     Onset [0x15 Duration] 0x14 Text 0x14 [Text 0x14 ...] 0x00
//
// Onset is a signed decimal number of seconds since the header's start time; every data record
// begins with a list of one empty text, whose onset is the start of that record.
// Source: EDF+ specification 2003 (edfplus.info), section 2.2.

public import RT

/// One annotation, as it stands in the file.
public struct RecordedAnnotation: Equatable, Sendable {
  /// Since the first sample.
  public var onset: Nanoseconds
  public var duration: Nanoseconds?
  public var text: String

  public init(onset: Nanoseconds, duration: Nanoseconds? = nil, text: String) {
    self.onset = onset
    self.duration = duration
    self.text = text
  }
}

/// The codec. Times are nanoseconds; digits beyond the ninth are cut off in reading.
enum TAL {
  static let unitSeparator: UInt8 = 0x15
  static let separator: UInt8 = 0x14

  /// The list of one annotation; an empty text makes a record's own time stamp.
  static func encode(onset: Nanoseconds, duration: Nanoseconds? = nil, text: String) -> [UInt8] {
    var bytes: [UInt8] = [onset.rawValue < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")]
    bytes += seconds(onset.rawValue.magnitude).utf8
    if let duration {
      bytes.append(unitSeparator)
      bytes += seconds(duration.rawValue.magnitude).utf8
    }
    bytes.append(separator)
    // Control characters would end the text early.
    bytes += text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }
    bytes.append(separator)
    bytes.append(0)
    return bytes
  }

  /// `12.5` for 12 500 000 000: all digits that matter and no more.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest == 0 { return String(whole) }
    var fraction = padded(Int(rest), 9)
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(whole).\(fraction)"
  }

  /// What one record's block of annotations holds.
  struct Block: Equatable {
    /// The record's own time stamp, nil when the block does not begin with one.
    var recordOnset: Nanoseconds?
    var annotations: [RecordedAnnotation] = []
    /// Lists that are not lists.
    var malformedCount = 0
  }

  /// Reads one block; never fails, whatever the bytes are.
  static func decode(_ bytes: some Collection<UInt8>) -> Block {
    var block = Block()
    for (index, list) in bytes.split(separator: 0).enumerated() {
      guard decode(list: list, isFirst: index == 0 && bytes.first != 0, into: &block) else {
        block.malformedCount += 1
        continue
      }
    }
    return block
  }

  private static func decode(
    list: some Collection<UInt8>, isFirst: Bool, into block: inout Block
  ) -> Bool {
    let parts = list.split(separator: separator, omittingEmptySubsequences: false)
    // The last part is what follows the last separator: nothing, or the list is cut off.
    guard parts.count >= 2, parts[parts.count - 1].isEmpty else { return false }
    let times = parts[0].split(separator: unitSeparator, omittingEmptySubsequences: false)
    guard times.count <= 2, let first = times.first, let sign = first.first,
      sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      let magnitude = nanoseconds(first.dropFirst())
    else { return false }
    let onset = Nanoseconds(sign == UInt8(ascii: "-") ? -magnitude : magnitude)
    var duration: Nanoseconds?
    if times.count == 2 {
      guard let length = nanoseconds(times[1]) else { return false }
      duration = Nanoseconds(length)
    }
    for text in parts[1..<(parts.count - 1)] {
      if text.isEmpty {
        if isFirst && block.recordOnset == nil { block.recordOnset = onset }
      } else {
        block.annotations.append(
          RecordedAnnotation(
            onset: onset, duration: duration, text: String(decoding: text, as: UTF8.self)))
      }
    }
    return true
  }

  /// An unsigned decimal number of seconds in nanoseconds; nil if it is none or above 31 years.
  static func nanoseconds(_ digits: some Collection<UInt8>) -> Int64? {
    var whole: Int64 = 0
    var fraction: Int64 = 0
    var unit: Int64 = 1_000_000_000
    var hasPoint = false
    var hasDigit = false
    for byte in digits {
      if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
        continue
      }
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      hasDigit = true
      let digit = Int64(byte - UInt8(ascii: "0"))
      if hasPoint {
        unit /= 10
        fraction += digit * unit
      } else {
        whole = whole * 10 + digit
        guard whole < 1_000_000_000 else { return nil }
      }
    }
    return hasDigit ? whole * 1_000_000_000 + fraction : nil
  }
}
