// Decompresses /proc/config.gz. RFC 1952 (the wrapper) and RFC 1951 (the compression).
//
// Bounded: it stops at the end of the input, at the wanted length, and at whatever is not allowed.

enum Inflate {
  /// The contents of a gzip file; nil when it is none, or longer than `limit`. The checksum at its
  /// end is not looked at: half a kernel configuration is refused by what it lacks.
  static func gunzip(_ bytes: [UInt8], atMost limit: Int) -> [UInt8]? {
    // RFC 1952 §2.3: magic, method 8 (deflate), flags, then what the flags announce.
    guard bytes.count > 18, bytes[0] == 0x1F, bytes[1] == 0x8B, bytes[2] == 8 else { return nil }
    let flags = bytes[3]
    var at = 10
    if flags & 4 != 0 {
      guard at + 2 <= bytes.count else { return nil }
      at += 2 + Int(bytes[at]) + Int(bytes[at + 1]) << 8
    }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      while at < bytes.count, bytes[at] != 0 { at += 1 }
      at += 1
    }
    if flags & 2 != 0 { at += 2 }
    guard at < bytes.count else { return nil }
    var stream = DeflateStream(bytes: bytes, at: at, limit: limit)
    return stream.inflate() ? stream.output : nil
  }
}

/// Canonical Huffman codes: how many of each length, and the symbols in order of their codes.
private struct HuffmanCode {
  var counts = [Int](repeating: 0, count: 16)
  var symbols: [Int] = []

  init(lengths: [Int]) {
    for length in lengths { counts[length] += 1 }
    counts[0] = 0
    for length in 1...15 {
      for (symbol, own) in lengths.enumerated() where own == length { symbols.append(symbol) }
    }
  }
}

private struct DeflateStream {
  let bytes: [UInt8]
  var at: Int
  let limit: Int
  var output: [UInt8] = []
  private var held: UInt32 = 0
  private var heldCount = 0

  init(bytes: [UInt8], at: Int, limit: Int) {
    self.bytes = bytes
    self.at = at
    self.limit = limit
  }

  /// RFC 1951 §3.2.3: blocks until one says that it is the last.
  mutating func inflate() -> Bool {
    while true {
      guard let last = take(1), let kind = take(2) else { return false }
      let isGood =
        switch kind {
        case 0: stored()
        case 1: compressed(Self.fixedLiterals, Self.fixedDistances)
        case 2: dynamic()
        default: false
        }
      guard isGood else { return false }
      if last == 1 { return true }
    }
  }

  private mutating func take(_ count: Int) -> Int? {
    while heldCount < count {
      guard at < bytes.count else { return nil }
      held |= UInt32(bytes[at]) << UInt32(heldCount)
      at += 1
      heldCount += 8
    }
    let value = Int(held & ((1 << UInt32(count)) - 1))
    held >>= UInt32(count)
    heldCount -= count
    return value
  }

  private mutating func symbol(_ code: HuffmanCode) -> Int? {
    var value = 0
    var first = 0
    var index = 0
    for length in 1...15 {
      guard let bit = take(1) else { return nil }
      value |= bit
      let count = code.counts[length]
      if value - first < count {
        let place = index + value - first
        return code.symbols.indices.contains(place) ? code.symbols[place] : nil
      }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    return nil
  }

  /// §3.2.4.
  private mutating func stored() -> Bool {
    held = 0
    heldCount = 0
    guard at + 4 <= bytes.count else { return false }
    let count = Int(bytes[at]) | Int(bytes[at + 1]) << 8
    at += 4
    guard at + count <= bytes.count, output.count + count <= limit else { return false }
    output += bytes[at..<at + count]
    at += count
    return true
  }

  /// §3.2.5.
  private mutating func compressed(_ literals: HuffmanCode, _ distances: HuffmanCode) -> Bool {
    while true {
      guard let symbol = symbol(literals) else { return false }
      if symbol == 256 { return true }
      if symbol < 256 {
        guard output.count < limit else { return false }
        output.append(UInt8(symbol))
        continue
      }
      let place = symbol - 257
      guard Self.lengthBases.indices.contains(place), let more = take(Self.lengthBits[place]),
        let code = self.symbol(distances), Self.distanceBases.indices.contains(code),
        let further = take(Self.distanceBits[code])
      else { return false }
      let length = Self.lengthBases[place] + more
      let distance = Self.distanceBases[code] + further
      guard distance <= output.count, output.count + length <= limit else { return false }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  /// §3.2.7.
  private mutating func dynamic() -> Bool {
    guard let literalCount = take(5), let distanceCount = take(5), let codeCount = take(4)
    else { return false }
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    var lengths = [Int](repeating: 0, count: 19)
    for place in order.prefix(codeCount + 4) {
      guard let length = take(3) else { return false }
      lengths[place] = length
    }
    let code = HuffmanCode(lengths: lengths)
    let wanted = literalCount + 257 + distanceCount + 1
    lengths = []
    while lengths.count < wanted {
      guard let symbol = symbol(code) else { return false }
      if symbol < 16 {
        lengths.append(symbol)
        continue
      }
      let (value, bits, base) =
        switch symbol {
        case 16: (lengths.last, 2, 3)
        case 17: (0, 3, 3)
        default: (0, 7, 11)
        }
      guard let value, let more = take(bits), lengths.count + base + more <= wanted else {
        return false
      }
      lengths += [Int](repeating: value, count: base + more)
    }
    return compressed(
      HuffmanCode(lengths: Array(lengths.prefix(literalCount + 257))),
      HuffmanCode(lengths: Array(lengths.dropFirst(literalCount + 257))))
  }

  // §3.2.6.
  private static let fixedLiterals = HuffmanCode(
    lengths: [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112)
      + [Int](repeating: 7, count: 24) + [Int](repeating: 8, count: 8))
  private static let fixedDistances = HuffmanCode(lengths: [Int](repeating: 5, count: 30))

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1_025, 1_537,
    2_049, 3_073, 4_097, 6_145, 8_193, 12_289, 16_385, 24_577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]
}
