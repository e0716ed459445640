import Foundation
import Testing

@testable import Monitor

@Suite("JSON")
struct JSONTests {
  @Test("every finite number reads back bit for bit", arguments: 0..<8 as Range<UInt64>)
  func numbersReadBack(seed: UInt64) throws {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    for _ in 0..<500 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let number = Double(bitPattern: state)
      guard number.isFinite else { continue }
      let text = JSON.array([.number(number)]).line
      let back = try JSONDecoder().decode([Double].self, from: Data(text.utf8))
      #expect(back[0].bitPattern == number.bitPattern, "\(text)")
    }
  }

  @Test("text with quotes, line ends, control characters and umlauts survives Foundation's reader")
  func stringsReadBack() throws {
    let text = "\"Übung\" µV\\ \n\r\t\u{01}\u{1F} 脑"
    for form in [
      JSON.object([.init(text, .string(text))]).line,
      JSON.object([.init(text, .string(text))]).page,
    ] {
      let back = try #require(
        try JSONSerialization.jsonObject(with: Data(form.utf8)) as? [String: String])
      #expect(back == [text: text])
    }
  }

  @Test("a line has no line end in it, and members keep their order")
  func linesAreOneLine() {
    let value = JSON.object([
      .init("z", .unsigned(1)), .init("a", .array([.null, .bool(true), .integer(-2)])),
    ])
    #expect(value.line == #"{"z":1,"a":[null,true,-2]}"#)
    #expect(value.page == "{\n  \"z\": 1,\n  \"a\": [\n    null,\n    true,\n    -2\n  ]\n}\n")
  }

  @Test("infinity and not-a-number become null, which says that there is no number")
  func noNumber() {
    #expect(JSON.array([.number(.infinity), .number(.nan)]).line == "[null,null]")
  }
}
