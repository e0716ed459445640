// Files of compact formats with any number in any place: a format, or a sentence with its line.

import Exoskeleton
import Foundation
import TestSupport
import Testing

@testable import Acquire

@Suite("Wild formats of compact frames")
struct CompactFormatNoiseTests {
  private static let wild = [
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-1", "0", "64", "255",
    "256", "1e308", "-1e308", "1e999", "5e-324", "nan", "inf", "-inf", "0x7FFFFFFF", "1.5", "\"8\"",
    "true", "[]", "[0, 0, 0, 0, 0]", "{}", "2026-01-01", "",
  ]

  /// Each number of a text, as a range.
  private static func numbers(in text: String) -> [Range<String.Index>] {
    text.matches(of: /[ \[](-?(?:0x[0-9A-F]+|\d+))(?=[\s,\]])/).map { match in
      match.output.1.startIndex..<match.output.1.endIndex
    }
  }

  @Test(
    "any number in any place is a format or a sentence",
    arguments: ["docs/examples/compact-11.toml", "docs/examples/compact-12.toml"],
    0..<4 as Range<UInt64>)
  func numbers(path: String, seed: UInt64) throws {
    let text = try String(contentsOfFile: Repository.path(path), encoding: .utf8)
    let body = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
    var random = SplitMix64(seed: seed)
    var formats = 0
    for round in 0..<150 {
      var changed = body
      for _ in 0...Int.random(in: 0...2, using: &random) {
        guard let place = Self.numbers(in: changed).randomElement(using: &random) else { break }
        let small = String(Int.random(in: -70...300, using: &random))
        let word = Self.wild.randomElement(using: &random) ?? "0"
        changed.replaceSubrange(place, with: Bool.random(using: &random) ? small : word)
      }
      do throws(Failure) {
        let format = try CompactFormatFile(path: "knee.toml", text: changed).format()
        formats += 1
        // What is taken can be made a wire of.
        #expect(CompactFormat.byteCountMax >= format.command.byteCount)
        var settings = DriveSettings(kind: .compact)
        settings.compact = format
        #expect(settings.compact == format)
      } catch {
        #expect(error.sentence.hasPrefix("knee.toml:"), "seed \(seed), round \(round)")
      }
    }
    #expect(formats > 0)
    #expect(formats < 150)
  }

  @Test("a file cut off or damaged anywhere is a sentence or a format", arguments: 0..<4)
  func damaged(seed: Int) throws {
    let text = try String(
      contentsOfFile: Repository.path("docs/examples/compact-12.toml"), encoding: .utf8)
    var random = SplitMix64(seed: UInt64(seed))
    for round in 0..<60 {
      var bytes = Array(text.utf8)
      let place = Int.random(in: 0..<bytes.count, using: &random)
      if round % 3 == 0 {
        bytes.removeSubrange(place...)
      } else {
        bytes[place] = UInt8.random(in: 1...126, using: &random)
      }
      do throws(Failure) {
        let format = try CompactFormatFile(
          path: "knee.toml", text: String(decoding: bytes, as: UTF8.self)
        ).format()
        #expect(!format.name.isEmpty)
      } catch {
        #expect(error.sentence.hasPrefix("knee.toml:"), "seed \(seed), round \(round)")
      }
    }
  }
}
