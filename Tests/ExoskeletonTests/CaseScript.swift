// The bytes of a fuzzer's input, read as a script: one after another, and zeros behind the last.

/// Numbers out of bytes, tame ones and wild ones.
struct CaseScript {
  private let bytes: [UInt8]
  private var next: Int

  init(_ bytes: [UInt8], from first: Int = 0) {
    self.bytes = bytes
    next = min(first, bytes.count)
  }

  var isAtEnd: Bool { next == bytes.count }

  mutating func byte() -> UInt8 {
    guard next < bytes.count else { return 0 }
    next += 1
    return bytes[next - 1]
  }

  /// At most so many: those that there are.
  mutating func bytes(_ count: Int) -> [UInt8] {
    let last = min(bytes.count, next + count)
    defer { next = last }
    return Array(bytes[next..<last])
  }

  mutating func word() -> UInt16 { UInt16(byte()) | UInt16(byte()) << 8 }
  mutating func long() -> UInt32 { UInt32(word()) | UInt32(word()) << 16 }
  mutating func quad() -> UInt64 { UInt64(long()) | UInt64(long()) << 32 }

  /// Within ±328.
  mutating func tame() -> Double { Double(Int16(bitPattern: word())) / 100 }

  /// Any number at all, and what is none.
  mutating func wild() -> Double {
    switch byte() & 15 {
    case 0: .nan
    case 1: .infinity
    case 2: -.infinity
    case 3: 1e300
    case 4: -.greatestFiniteMagnitude
    case 5: .leastNonzeroMagnitude
    case 6: 0
    case 7: Double(Int32(bitPattern: long()))
    case 8: Double(Int32(bitPattern: long())) / 1000
    case 9: Double(Int32(bitPattern: long())) / 1_000_000
    case 10: Double(Float(bitPattern: long()))
    default: Double(bitPattern: quad())
    }
  }
}
