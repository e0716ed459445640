// Real-time: the decoding thread. One ODrive line into memory, and out of a queue; at most 128
// bytes are looked at for each. Digits are made and read by hand. No system call.
//
//   text *checksum LF            the checksum: all of the text, exclusive or, in decimal
//
// What is asked with a checksum is answered with one, and ends in CR LF. Source: odriverobotics/
// ODrive 0.5.x, Firmware/communication/ascii_protocol.cpp.

internal import MathShim

enum ODriveLine {
  private static var byteCountMax: Int { @_noLocks @_noAllocation get { 128 } }
  private static var star: UInt8 { @_noLocks @_noAllocation get { 0x2A } }
  private static var lineFeed: UInt8 { @_noLocks @_noAllocation get { 0x0A } }
  private static var space: UInt8 { @_noLocks @_noAllocation get { 0x20 } }
  private static var point: UInt8 { @_noLocks @_noAllocation get { 0x2E } }
  private static var minus: UInt8 { @_noLocks @_noAllocation get { 0x2D } }
  /// What single-precision numbers of the drive can tell apart from one step to the next.
  private static var numberMaximum: Double { @_noLocks @_noAllocation get { 1e6 } }

  // MARK: Out

  /// `p axis turns turns/s 0` or `c axis newtonmetres`. False, and nothing written: a number is
  /// too large, or none.
  @_noLocks @_noAllocation
  static func put(
    _ letter: UInt8, axis: UInt8, _ first: Double, _ second: Double?, into out: inout ByteWriter
  ) -> Bool {
    // False for NaN.
    guard first >= -numberMaximum, first <= numberMaximum else { return false }
    if let second {
      guard second >= -numberMaximum, second <= numberMaximum else { return false }
    }
    let start = out.byteCount
    out.put(letter)
    out.put(space)
    out.put(0x30 + axis)
    out.put(space)
    put(first, into: &out)
    if let second {
      out.put(space)
      put(second, into: &out)
      out.put(space)
      out.put(UInt8(0x30))
    }
    out.put(space)
    close(from: start, &out)
    return true
  }

  /// The checksum and the end, behind what was written since an offset.
  @_noLocks @_noAllocation
  static func close(from start: Int, _ out: inout ByteWriter) {
    var sum: UInt8 = 0
    let text = unsafe out.bytes(from: start)
    // SAFETY: indices of the buffer itself.
    for index in 0..<text.count { sum ^= unsafe text[index] }
    out.put(star)
    putWhole(UInt64(sum), into: &out)
    out.put(lineFeed)
  }

  /// Six decimals.
  @_noLocks @_noAllocation
  private static func put(_ value: Double, into out: inout ByteWriter) {
    let millionths = UInt64(math_rint(math_fabs(value) * 1e6))
    if value < 0, millionths > 0 { out.put(minus) }
    putWhole(millionths / 1_000_000, into: &out)
    out.put(point)
    var place: UInt64 = 100_000
    for _ in 0..<6 {
      out.put(UInt8(truncatingIfNeeded: 0x30 + millionths / place % 10))
      place = max(place / 10, 1)
    }
  }

  @_noLocks @_noAllocation
  private static func putWhole(_ value: UInt64, into out: inout ByteWriter) {
    var place: UInt64 = 1
    for _ in 0..<18 where value / place >= 10 { place *= 10 }
    for _ in 0..<19 where place > 0 {
      out.put(UInt8(truncatingIfNeeded: 0x30 + value / place % 10))
      place /= 10
    }
  }

  // MARK: In

  /// A line at the queue's beginning: how long its text is, and it itself with its end.
  struct Found: Sendable {
    var textCount: Int
    var byteCount: Int
    /// With a checksum, and that right.
    var isIntact: Bool

    @_noLocks @_noAllocation
    fileprivate init(textCount: Int, byteCount: Int, isIntact: Bool) {
      self.textCount = textCount
      self.byteCount = byteCount
      self.isIntact = isIntact
    }
  }

  /// Nil: none is whole. One without an end is given up after 128 bytes.
  @_noLocks @_noAllocation
  static func find(in queue: borrowing ByteQueue) -> Found? {
    let most = min(queue.count, byteCountMax)
    for end in 0..<most where queue.byte(end) == lineFeed {
      return checked(queue, end: end)
    }
    if queue.count < byteCountMax { return nil }
    return Found(textCount: 0, byteCount: byteCountMax, isIntact: false)
  }

  @_noLocks @_noAllocation
  private static func checked(_ queue: borrowing ByteQueue, end: Int) -> Found {
    var last = end
    if last > 0, queue.byte(last - 1) == 0x0D { last -= 1 }
    var sum: UInt8 = 0
    for offset in 0..<last {
      let byte = queue.byte(offset)
      if byte == star {
        let found = whole(queue, offset + 1, last)
        let isIntact = found.map { $0 == UInt32(sum) } ?? false
        return Found(textCount: offset, byteCount: end + 1, isIntact: isIntact)
      }
      sum ^= byte
    }
    return Found(textCount: last, byteCount: end + 1, isIntact: false)
  }

  /// A whole number that fills a part of a line; nil: there is none, or it has more than 10 digits.
  @_noLocks @_noAllocation
  static func whole(_ queue: borrowing ByteQueue, _ start: Int, _ end: Int) -> UInt32? {
    guard end > start, end - start <= 10 else { return nil }
    var value: UInt64 = 0
    for offset in start..<end {
      let byte = queue.byte(offset)
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + UInt64(byte - 0x30)
    }
    guard value <= 0xFFFF_FFFF else { return nil }
    return UInt32(value)
  }

  /// 0 or 1, or the words that newer firmware has for them, by their first letter; nil: neither.
  @_noLocks @_noAllocation
  static func flag(_ queue: borrowing ByteQueue, _ count: Int) -> Bool? {
    if count == 1, queue.byte(0) == 0x30 || queue.byte(0) == 0x31 { return queue.byte(0) == 0x31 }
    guard count == 4 || count == 5 else { return nil }
    let letter = queue.byte(0) | 0x20
    if count == 4, letter == 0x74 { return true }
    if count == 5, letter == 0x66 { return false }
    return nil
  }

  /// A number with a decimal point that fills a part of a line; nil for anything else: "nan",
  /// "inf", more than 24 characters, powers of ten beyond 38.
  @_noLocks @_noAllocation
  static func number(_ queue: borrowing ByteQueue, _ start: Int, _ end: Int) -> Double? {
    guard end > start, end - start <= 24 else { return nil }
    var offset = start
    let isNegative = queue.byte(offset) == minus
    if isNegative { offset += 1 }
    var digits: UInt64 = 0
    var digitCount = 0
    var power = 0
    var hasPoint = false
    while offset < end {
      let byte = queue.byte(offset)
      if byte == point {
        if hasPoint { return nil }
        hasPoint = true
      } else if byte >= 0x30, byte <= 0x39 {
        if digits < 100_000_000_000_000_000 {
          digits = digits * 10 + UInt64(byte - 0x30)
          if hasPoint { power -= 1 }
        } else if !hasPoint {
          power += 1
        }
        digitCount += 1
      } else {
        break
      }
      offset += 1
    }
    guard digitCount > 0, hasPoint else { return nil }
    if offset < end {
      guard let exponent = exponent(queue, offset, end) else { return nil }
      power += exponent
    }
    var value = Double(digits)
    for _ in 0..<min(power.magnitude, 64) { value = power < 0 ? value / 10 : value * 10 }
    return isNegative ? -value : value
  }

  /// `e`, a sign, one or two digits.
  @_noLocks @_noAllocation
  private static func exponent(_ queue: borrowing ByteQueue, _ start: Int, _ end: Int) -> Int? {
    guard queue.byte(start) | 0x20 == 0x65, end > start + 1 else { return nil }
    var offset = start + 1
    let isNegative = queue.byte(offset) == minus
    if isNegative || queue.byte(offset) == 0x2B { offset += 1 }
    guard let value = whole(queue, offset, end), value <= 38 else { return nil }
    return isNegative ? -Int(value) : Int(value)
  }

  /// Two numbers with a space between: the answer to `f`.
  @_noLocks @_noAllocation
  static func numbers(_ queue: borrowing ByteQueue, count: Int) -> (Double, Double)? {
    for offset in 0..<count where queue.byte(offset) == space {
      guard let first = number(queue, 0, offset), let second = number(queue, offset + 1, count)
      else { return nil }
      return (first, second)
    }
    return nil
  }
}
