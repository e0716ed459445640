// A session to record: frames and events from a seed, and what the file must hold afterwards.

import Foundation
import RT
import Recording
import Signal
import TestSupport
import Testing

/// What a session looks like.
struct Shape: Sendable, CustomTestStringConvertible {
  var rate: Double
  var channelCount: Int
  var statusWordCount: Int
  /// Conversions of the amplifier, the lost ones included.
  var sampleCount: Int
  var gapCount = 0
  var decisionCount = 0
  var seed: UInt64 = 1

  var testDescription: String {
    "\(channelCount) channels, \(rate) SPS, \(sampleCount) samples, \(gapCount) gaps, "
      + "\(statusWordCount) status words, seed \(seed)"
  }
}

struct Session {
  struct Frame {
    var header: FrameHeader
    var counts: [Int32]
  }

  struct Event: Equatable {
    var classIndex: Int
    var confidence: Double
    var sampleIndex: UInt64
  }

  let shape: Shape
  var plan: RecordingPlan
  var frames: [Frame] = []
  var gaps: [RecordedGap] = []
  var decisions: [Event] = []

  init(_ shape: Shape) {
    self.shape = shape
    var random = SplitMix64(seed: shape.seed)
    let scale = 4.5 / 24 / 8_388_607 * 1e6
    let names = ["C3", "C4", "Cz", "FC3", "FC4", "CP3", "CP4", "FCz"]
    plan = RecordingPlan(
      montage: Montage(
        channels: (0..<shape.channelCount).map {
          Montage.Channel(
            label: $0 < names.count ? names[$0] : "CH\($0 + 1)", microvoltsPerCount: scale)
        }, samplesPerSecond: shape.rate),
      auxiliaries: AuxiliarySignal.statusWords(shape.statusWordCount),
      equipment: "ADS1299 (model), ü",
      transducer: "Ag/AgCl",
      prefilter: "HP:DC LP:65Hz", classNames: ["rest", "left hand", "right"])
    for _ in 0..<shape.gapCount {
      let first = UInt64.random(in: 0..<UInt64(shape.sampleCount - 50), using: &random)
      let gap = RecordedGap(
        sampleIndex: first, count: UInt32.random(in: 1...40, using: &random))
      // One frame at least between two gaps: else they would be one.
      let isApart = gaps.allSatisfy {
        $0.sampleIndex > gap.sampleIndex + UInt64(gap.count)
          || gap.sampleIndex > $0.sampleIndex + UInt64($0.count)
      }
      if isApart { gaps.append(gap) }
    }
    gaps.sort { $0.sampleIndex < $1.sampleIndex }
    makeFrames(&random)
    for _ in 0..<shape.decisionCount {
      let frame = frames.randomElement(using: &random)!
      decisions.append(
        Event(
          classIndex: Int.random(in: 0..<3, using: &random),
          confidence: Double.random(in: 0...1, using: &random),
          sampleIndex: frame.header.sampleIndex))
    }
    decisions.sort { $0.sampleIndex < $1.sampleIndex }
  }

  private mutating func makeFrames(_ random: inout SplitMix64) {
    let extremes: [Int32] = [-8_388_608, -8_388_607, -1, 0, 1, 8_388_606, 8_388_607]
    // The second of the file's calendar must come from the first frame's clock.
    let start = MonotonicInstant.now()
    var next: UInt64 = 0
    var lost: UInt32 = 0
    var remaining = gaps[...]
    while next < UInt64(shape.sampleCount) {
      if let gap = remaining.first, gap.sampleIndex == next {
        lost = gap.count
        next += UInt64(gap.count)
        remaining.removeFirst()
        continue
      }
      var header = FrameHeader()
      header.sampleIndex = next
      header.edgeTime = start + Nanoseconds(seconds: Double(next) / shape.rate)
      header.lostBefore = lost
      header.chipCount = UInt16(max(1, shape.statusWordCount))
      for chip in 0..<Int(header.chipCount) {
        header.setStatusWord(
          0xC0_0000 | UInt32(truncatingIfNeeded: random.next()) & 0xF_FFFF, ofChip: chip)
      }
      header.channelCount = UInt32(shape.channelCount)
      lost = 0
      let counts = (0..<shape.channelCount).map { _ -> Int32 in
        Int.random(in: 0..<16, using: &random) == 0
          ? extremes.randomElement(using: &random)!
          : Int32.random(in: -8_388_608...8_388_607, using: &random)
      }
      frames.append(Frame(header: header, counts: counts))
      next += 1
    }
  }

  /// What every reader must find: zeros where samples are missing; the status words, sign-extended,
  /// after the channels.
  var expected: [Int32] {
    let width = shape.channelCount + shape.statusWordCount
    let count = Int(frames.last.map { $0.header.sampleIndex + 1 } ?? 0)
    var table = [Int32](repeating: 0, count: count * width)
    for frame in frames {
      let base = Int(frame.header.sampleIndex) * width
      for (channel, value) in frame.counts.enumerated() { table[base + channel] = value }
      for chip in 0..<shape.statusWordCount {
        table[base + shape.channelCount + chip] =
          Int32(bitPattern: frame.header.statusWord(ofChip: chip) << 8) >> 8
      }
    }
    return table
  }

  /// Both rings, filled with the whole session.
  func rings() -> (frames: RingBox, events: EventBox) {
    var capacity = 1
    while capacity < frames.count + 1 { capacity *= 2 }
    var ring = Ring(
      slotByteCount: FrameSlot.byteCount(channelCount: shape.channelCount), capacity: capacity)
    for frame in frames { ring.producer.push(frame) }
    var events = RecordedEventRing(capacity: 4_096)
    for decision in decisions {
      events.producer.pushDecision(
        classIndex: decision.classIndex, confidence: decision.confidence,
        sampleIndex: decision.sampleIndex)
    }
    return (RingBox(ring.consumer), EventBox(events.consumer))
  }

  /// Records the session from beginning to end, without a thread.
  func record(
    into folder: String, status: RecorderStatus = RecorderStatus(),
    notes: RecorderNotes = RecorderNotes()
  ) throws -> String {
    let rings = rings()
    var recorder = try Recorder(
      folder: folder, plan: plan, frames: rings.frames.take(), events: rings.events.take(),
      status: status, notes: notes)
    let stop = StopSignal()
    stop.raise()
    recorder.run(until: stop)
    return recorder.path
  }
}

extension RingProducer {
  mutating func push(_ frame: Session.Frame) {
    guard let slot = unsafe claim() else { return }
    let place = unsafe FrameSlot(slot)
    place.header = frame.header
    for (channel, count) in frame.counts.enumerated() { place.setCount(channel, to: count) }
    publish()
  }
}

/// Carries what cannot be copied out of a function that returns two of them.
final class RingBox {
  private var ring: RingConsumer?
  init(_ ring: consuming RingConsumer) { self.ring = consume ring }
  func take() -> RingConsumer { ring.take()! }
}

final class EventBox {
  private var ring: RecordedEventConsumer?
  init(_ ring: consuming RecordedEventConsumer) { self.ring = consume ring }
  func take() -> RecordedEventConsumer { ring.take()! }
}

/// Raw little-endian numbers, as numpy reads them.
func writeCounts(_ counts: [Int32], to path: String) throws {
  let data = unsafe counts.withUnsafeBytes { unsafe Data($0) }
  try data.write(to: URL(fileURLWithPath: path))
}

func readCounts(_ path: String) throws -> [Int32] {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  var counts = [Int32](repeating: 0, count: data.count / 4)
  _ = unsafe counts.withUnsafeMutableBytes { unsafe data.copyBytes(to: $0) }
  return counts
}
