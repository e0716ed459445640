import Foundation
import TestSupport
import Testing

@testable import Monitor

@Suite("Reading JSON")
struct JSONReaderTests {
  private func read(_ text: String) throws(JSONFault) -> JSON {
    try JSON(reading: Array(text.utf8))
  }

  /// A value with all kinds, nested at most so deep.
  private func value(_ random: inout SplitMix64, depth: Int) -> JSON {
    switch UInt64.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
    case 0: .null
    case 1: .bool(Bool.random(using: &random))
    case 2: .integer(Int64.random(in: .min ... .max, using: &random))
    case 3: .unsigned(UInt64.random(in: UInt64(Int64.max) + 1 ... .max, using: &random))
    case 4: .number(Double.random(in: -1e18...1e18, using: &random) + 0.5e-3)
    case 5: .string(text(&random))
    case 6:
      .array(
        (0..<Int.random(in: 0..<6, using: &random)).map { _ in value(&random, depth: depth - 1) })
    default:
      .object(
        (0..<Int.random(in: 0..<6, using: &random)).map { _ in
          JSON.Member(text(&random), value(&random, depth: depth - 1))
        })
    }
  }

  private func text(_ random: inout SplitMix64) -> String {
    let scalars: [Unicode.Scalar] = ["\"", "\\", "/", "\u{00}", "\u{1F}", "\n", "a", "µ", "脑", "😀"]
    var text = ""
    for _ in 0..<Int.random(in: 0..<8, using: &random) {
      text.unicodeScalars.append(scalars.randomElement(using: &random) ?? "a")
    }
    return text
  }

  @Test(
    "whatever was written, on a line or a page, is read back", arguments: 0..<200 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let value = value(&random, depth: 5)
    // A whole double is written as 1e+18 or 5.0 and stays a number.
    #expect(try read(value.line) == value, "seed \(seed): \(value.line)")
    #expect(try read(value.page) == value, "seed \(seed)")
  }

  @Test(
    "texts that Foundation refuses are refused, each with what was expected",
    arguments: [
      "", " ", "{", "[", "\"", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1 2]", "01", "-", "1.",
      "1e", ".5", "+1", "tru", "nul", "[1]x", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
      "\"\\ud800\\u0041\"", "\"a\nb\"", "NaN", "'a'", "1e999",
    ])
  func refused(text: String) {
    #expect(throws: JSONFault.self) { try read(text) }
  }

  @Test(
    "texts that Foundation reads are read to the same",
    arguments: [
      "[\"\\ud83d\\ude00\\u00b5\\/\\b\\f\"]", " [ -7 ,\t18446744073709551615 , 1.5 ]\r\n",
      "{\"a\":{\"b\":[[],{}]}}", "[true,false,null,\"\"]",
    ])
  func accepted(text: String) throws {
    func canonical(_ text: String) throws -> Data {
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
      return try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
    }
    #expect(try canonical(read(text).line) == canonical(text), "\(text)")
  }

  @Test("numbers have the value that Foundation gives them")
  func numbers() throws {
    let text = "[-0, 1E2, 1.5e-3, 0.1, 1e+18, -9223372036854775808, 123456789012345678901234]"
    let theirs = try JSONDecoder().decode([Double].self, from: Data(text.utf8))
    guard case .array(let items) = try read(text) else {
      Issue.record("no array")
      return
    }
    #expect(try items.map { try JSONMember(path: "", value: $0).number() } == theirs)
    #expect(items[5] == .integer(.min) && items[1] == .number(100))
  }

  @Test("what is too deep or too large is refused before it is taken in")
  func bounds() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONFault.tooDeep(byteOffset: JSON.depthMaximum + 1)) { try read(deep) }
    let large = [UInt8](repeating: 0x20, count: JSON.byteCountMaximum + 1)
    #expect(throws: JSONFault.tooLarge(byteCount: large.count)) { try JSON(reading: large) }
    let many = "[" + String(repeating: "0,", count: JSON.valueCountMaximum) + "0]"
    #expect(throws: JSONFault.tooManyValues) { try read(many) }
  }

  @Test("broken bytes are a fault or a value, never a crash", arguments: 0..<40 as Range<UInt64>)
  func broken(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let bytes = Array(value(&random, depth: 5).page.utf8)
    for _ in 0..<50 where !bytes.isEmpty {
      var broken = bytes
      for _ in 0..<Int.random(in: 1..<4, using: &random) {
        broken[Int.random(in: 0..<broken.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      broken.removeLast(Int.random(in: 0...broken.count, using: &random))
      // What is read can be written and read again to the same.
      if let value = try? JSON(reading: broken) {
        #expect((try? JSON(reading: Array(value.line.utf8))) == value, "seed \(seed)")
      }
    }
  }
}
