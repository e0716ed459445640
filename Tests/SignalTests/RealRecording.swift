// What the tests feed to the stages: the shipped recording, one frame's memory, scipy's answers.

import Foundation
import RT
import Signal
import TestSupport
import Testing

/// The EEG that the project ships, read here without the project's own reader.
enum RealRecording {
  static let path = Repository.path("Sources/SampleFeed/motor-imagery-8ch-250hz.bdf")
  static let channelCount = 8
  static let microvoltsPerCount = 187_500.0 / 8_388_607

  static func montage(rate: Double = 250, channels: Int = channelCount) -> Montage {
    Montage(
      channels: (0..<channels).map {
        Montage.Channel(label: "CH\($0 + 1)", microvoltsPerCount: microvoltsPerCount)
      }, samplesPerSecond: rate)
  }

  /// All samples: `counts[sample * 8 + channel]`.
  static let counts: [Int32] = {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    let bytes = [UInt8](data)
    func number(_ range: Range<Int>) -> Int {
      Int(String(decoding: bytes[range], as: UTF8.self).trimmingCharacters(in: .whitespaces)) ?? 0
    }
    let records = number(236..<244)
    let signals = number(252..<256)
    let lengths = (0..<signals).map {
      number(256 + signals * 216 + 8 * $0..<264 + signals * 216 + 8 * $0)
    }
    var counts: [Int32] = []
    var record = 256 * (signals + 1)
    for _ in 0..<records {
      for sample in 0..<lengths[0] {
        for channel in 0..<channelCount {
          let place = record + 3 * (channel * lengths[0] + sample)
          let unsigned =
            UInt32(bytes[place]) << 8 | UInt32(bytes[place + 1]) << 16
            | UInt32(bytes[place + 2]) << 24
          counts.append(Int32(bitPattern: unsigned) >> 8)
        }
      }
      record += 3 * lengths.reduce(0, +)
    }
    return counts
  }()
}

/// Memory for one frame.
@safe
final class FrameMemory {
  private let memory: UnsafeMutableRawPointer
  let channelCount: Int

  init(channelCount: Int) {
    self.channelCount = channelCount
    unsafe memory = .allocate(
      byteCount: FrameSlot.byteCount(channelCount: channelCount), alignment: 64)
    unsafe memory.initializeMemory(
      as: UInt8.self, repeating: 0, count: FrameSlot.byteCount(channelCount: channelCount))
    var header = FrameHeader()
    header.channelCount = UInt32(channelCount)
    header.statusWord = 0xC0_0000
    slot.header = header
  }

  deinit { unsafe memory.deallocate() }

  var slot: FrameSlot { unsafe FrameSlot(memory) }

  func set(
    _ counts: ArraySlice<Int32>, lostBefore: UInt32 = 0, flags: FrameFlags = [],
    statusWord: UInt32 = 0xC0_0000
  ) {
    var header = slot.header
    header.lostBefore = lostBefore
    header.flags = flags
    header.statusWord = statusWord
    slot.header = header
    for (channel, count) in counts.enumerated() { slot.setCount(channel, to: count) }
  }
}

/// What a chain says after a frame, in full.
struct Observation: Equatable {
  var features: [UInt64]
  var filtered: [UInt64]
  var gate: GateState
  var isSettled: Bool

  init(_ chain: borrowing SignalChain) {
    let channels = 0..<chain.channelCount
    features = channels.map { chain.feature($0).bitPattern }
    var bits: [UInt64] = []
    for channel in channels { unsafe bits.append(chain.filtered[channel].bitPattern) }
    filtered = bits
    gate = chain.gate
    isSettled = chain.isSettled
  }
}

/// A table that an oracle wrote.
struct Block: Sendable {
  var rows: Int
  var columns: Int
  var values: [Double]
}

/// A minute of EEG through every stage, by scipy; run once for each case.
enum ScipyStages {
  struct Case: Sendable, Hashable, CustomTestStringConvertible {
    var rate: Int
    var mains: Mains
    var taps: Int
    var testDescription: String { "\(rate) Hz, mains \(mains.rawValue) Hz, \(taps) taps" }
  }

  static let cases = [
    Case(rate: 250, mains: .hertz50, taps: 125), Case(rate: 250, mains: .hertz60, taps: 64),
    Case(rate: 500, mains: .hertz60, taps: 151), Case(rate: 1000, mains: .hertz50, taps: 301),
  ]

  private static let answers: [Result<[String: Block], any Error>] = cases.map { each in
    Result {
      let data = try Oracle.python(
        script: "signal/stages.py",
        arguments: [
          RealRecording.path, "\(each.rate)", "\(each.mains.rawValue)", "\(each.taps)",
        ])
      return parse([UInt8](data))
    }
  }

  static func blocks(_ wanted: Case) throws -> [String: Block] {
    let index = try #require(cases.firstIndex(of: wanted))
    return try answers[index].get()
  }

  private static func parse(_ bytes: [UInt8]) -> [String: Block] {
    var blocks: [String: Block] = [:]
    var place = 0
    unsafe bytes.withUnsafeBytes { raw in
      while place + 32 <= raw.count {
        let name = String(decoding: bytes[place..<place + 16].prefix { $0 != 0 }, as: UTF8.self)
        let rows = unsafe Int(raw.loadUnaligned(fromByteOffset: place + 16, as: Int64.self))
        let columns = unsafe Int(raw.loadUnaligned(fromByteOffset: place + 24, as: Int64.self))
        place += 32
        var values = [Double](repeating: 0, count: rows * columns)
        unsafe values.withUnsafeMutableBytes {
          unsafe $0.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: raw[place..<place + 8 * rows * columns]))
        }
        place += 8 * rows * columns
        blocks[name] = Block(rows: rows, columns: columns, values: values)
      }
    }
    return blocks
  }
}
