// Any bytes at all, through the parser and through a slow one that goes bit by bit.

import Foundation
import TestSupport
import Testing

@Suite("Frames of any bytes")
struct FrameSeedTests {
  @Test("the fuzzer's seeds, and what it found, become the frames that their bytes say")
  func seeds() throws {
    let folder = Repository.path("Tests/Fuzz/seeds/frames")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count >= 10)
    for name in names {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      let found = try #require(FrameCase([UInt8](data)), "\(name) is too short")
      #expect(found.complaint == nil, "\(name)")
    }
  }

  @Test("so do the streams of packets")
  func streams() throws {
    let folder = Repository.path("Tests/Fuzz/seeds/streams")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count >= 8)
    for name in names {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      let found = try #require(StreamCase([UInt8](data)), "\(name) is too short")
      #expect(found.complaint == nil, "\(name)")
    }
  }

  @Test(
    "so do random bytes in every arrangement of chips", arguments: 0..<16 as Range<UInt64>)
  func random(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for arrangement in UInt8.min...UInt8.max {
      let length = Int(random.next() % 140)
      var input = [arrangement, UInt8(truncatingIfNeeded: random.next() % 20)]
      for _ in 0..<length { input.append(UInt8(truncatingIfNeeded: random.next())) }
      let found = try #require(FrameCase(input))
      #expect(found.complaint == nil, "arrangement \(arrangement), seed \(seed)")
    }
  }
}
