// From frames to decisions: when they are made, and when the last one counts no longer.

import Decoding
import RT
import Signal
import TestSupport
import Testing

@testable import Acquire

/// A stage with the default configuration, and frames of quiet noise for it.
@safe
private struct StageBench: ~Copyable {
  var stage: DecodingStage
  private let memory: UnsafeMutableRawPointer
  private var random = SplitMix64(seed: 7)
  private(set) var index: UInt64 = 0

  init() throws {
    let configuration = try Configuration.load(
      file: "/dev/null", environment: { _ in nil }, overrides: [])
    let montage = Montage(
      channels: try LinearModel.motorImagery().channels.map {
        .init(label: $0, microvoltsPerCount: 0.02235)
      }, samplesPerSecond: 250)
    stage = try SessionPlan(configuration, montage: montage).stage()
    let byteCount = FrameSlot.byteCount(channelCount: 8)
    unsafe memory = .allocate(byteCount: byteCount, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit { unsafe memory.deallocate() }

  /// What the next frame leads to.
  mutating func next(flags: FrameFlags = [], lostBefore: UInt32 = 0) -> DecodingStage.Outcome {
    let frame = unsafe FrameSlot(memory)
    var header = FrameHeader()
    index += UInt64(lostBefore)
    header.sampleIndex = index
    header.lostBefore = lostBefore
    header.channelCount = 8
    header.statusWord = 0xC0_0000
    header.flags = flags
    header.edgeTime = MonotonicInstant(nanoseconds: Int64(index) * 4_000_000)
    frame.header = header
    // Within ±10 µV.
    for channel in 0..<8 {
      frame.setCount(channel, to: Int32.random(in: -450...450, using: &random))
    }
    index += 1
    _ = stage.filter(frame)
    return stage.decide(frame)
  }
}

extension DecodingStage.Outcome {
  fileprivate var letter: Character {
    switch self {
    case .none: "."
    case .withheld: "w"
    case .decided: "D"
    }
  }
}

@Suite("Decisions")
struct DecodingStageTests {
  @Test("are made on the last frame of every tenth of a second, once the chain has settled")
  func rhythm() throws {
    var bench = try StageBench()
    var letters = ""
    for _ in 0..<5_000 { letters.append(bench.next().letter) }
    #expect(letters.hasPrefix("wwwww"))
    let settled = String(letters.drop { $0 == "w" })
    #expect(!settled.contains("w") && settled.contains("D"))
    for (sample, letter) in letters.enumerated() where letter != "w" {
      #expect((letter == "D") == (sample % 25 == 24), "sample \(sample)")
    }
  }

  @Test(
    "a frame that closes the gate withdraws the decision before it at once",
    arguments: [FrameFlags.corrupt, .incomplete])
  func withdrawal(flags: FrameFlags) throws {
    var bench = try StageBench()
    for _ in 0..<5_000 { _ = bench.next() }
    // In the middle of a block, far from the next decision.
    for _ in 0..<7 { #expect(bench.next().letter == ".") }
    #expect(bench.next(flags: flags).letter == "w")
    #expect(bench.next().letter == "w")
  }

  @Test("a gap withdraws it as well")
  func gap() throws {
    var bench = try StageBench()
    for _ in 0..<5_007 { _ = bench.next() }
    #expect(bench.next(lostBefore: 3).letter == "w")
  }
}
