// A recording as an amplifier.

import Foundation
import HeapCounter
import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

private func played(
  _ table: SampleTable, statusWords: [[UInt32]] = [], auxiliaries: [RecordedAuxiliary] = [],
  gaps: [RecordedGap] = [], flagged: [(flag: FrameFlags, spans: [RecordedGap])] = [],
  pace: ReplayPace = .asFastAsPossible, canary: UInt8? = nil, capacity: Int = 4_096
) throws -> (AcquisitionEnd, [Received]) {
  var replay = Replay(
    table: table, statusWords: statusWords, auxiliaries: auxiliaries, gaps: gaps,
    flagged: flagged, name: "the recording", pace: pace, statusCanary: canary)
  try replay.arm()
  var bench = SinkBench(channelCount: table.channelCount, capacity: capacity)
  let end = replay.run(into: &bench.sink, until: StopSignal())
  replay.stop()
  return (end, bench.decoded())
}

/// What a recorder makes of frames: gaps filled with zeros and noted.
private func recorded(_ frames: [Received], like table: SampleTable)
  -> (table: SampleTable, statusWords: [UInt32], gaps: [RecordedGap])
{
  var counts: [Int32] = []
  var words: [UInt32] = []
  var gaps: [RecordedGap] = []
  for frame in frames {
    let lost = Int(frame.header.lostBefore)
    if lost > 0 {
      gaps.append(RecordedGap(sampleIndex: UInt64(words.count), count: UInt32(lost)))
      counts += [Int32](repeating: 0, count: lost * frame.counts.count)
      words += [UInt32](repeating: 0, count: lost)
    }
    counts += frame.counts
    words.append(frame.header.statusWord)
  }
  return (SampleTable(montage: table.montage, counts: counts), words, gaps)
}

@Suite("Replay")
struct ReplayTests {
  @Test("every sample is played once, in order, and the recording ends as finished")
  func wholeRecording() throws {
    let table = table(rows: 300)
    let (end, frames) = try played(table)
    #expect(end == .finished)
    #expect(frames.map(\.counts) == (0..<300).map(table.row))
    #expect(frames.map(\.index) == Array(0..<300))
    #expect(frames.allSatisfy { $0.header.lostBefore == 0 && $0.header.statusWord == 0 })
  }

  @Test(
    "the frames of a lossy run come back as they were, gaps and bad status words included",
    arguments: 0..<16 as Range<UInt64>)
  func replayEqualsLive(_ seed: UInt64) throws {
    let source = table(rows: 1_000, seed: seed)
    var conditions = stalling(at: 1_000)
    conditions.badStatus = ConversionSpan(first: 100, count: 50)
    let live = try run(
      input: .recording(source), clock: .freeRunning, conditions: conditions,
      delays: HostDelays(seed: seed, oneIn: 6, longest: .milliseconds(80)))
    let file = recorded(live.frames, like: source)
    #expect(!file.gaps.isEmpty)
    let (end, frames) = try played(
      file.table, statusWords: [file.statusWords], gaps: file.gaps)
    #expect(end == .finished)
    #expect(frames.count == live.frames.count)
    for (replayed, original) in zip(frames, live.frames) {
      var expected = original
      // Lateness belongs to the live run.
      expected.header.flags.remove(.late)
      #expect(replayed == expected)
    }
  }

  @Test("gaps at both ends and next to each other are left out and counted")
  func gaps() throws {
    let gaps = [
      RecordedGap(sampleIndex: 0, count: 3), RecordedGap(sampleIndex: 10, count: 2),
      RecordedGap(sampleIndex: 12, count: 1), RecordedGap(sampleIndex: 18, count: 2),
    ]
    let (end, frames) = try played(table(rows: 20), gaps: gaps)
    #expect(end == .finished)
    #expect(frames.map(\.index) == [3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17])
    #expect(frames.map(\.header.lostBefore) == [3, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0])
  }

  @Test("edge times are start + k / rate")
  func edgeTimes() throws {
    let (_, frames) = try played(table(rows: 100, samplesPerSecond: 300))
    let start = try #require(frames.first).header.edgeTime
    for frame in frames {
      let span = (frame.header.edgeTime - start).rawValue
      #expect(span == Int64(frame.index) * 1_000_000_000 / 300)
    }
  }

  @Test("a paced replay never plays a sample before its time")
  func paced() throws {
    let (end, frames) = try played(
      table(rows: 100, samplesPerSecond: 2_000), pace: .realTime)
    #expect(end == .finished)
    #expect(frames.count == 100)
    #expect(frames.allSatisfy { $0.header.wakeTime >= $0.header.edgeTime })
  }

  @Test("as fast as possible, small rings are waited for and nothing is refused")
  func backPressure() throws {
    let table = table(rows: 2_000)
    var bench = SinkBench(capacity: 8)
    var replay = Replay(
      table: table, statusWords: [], gaps: [], name: "the recording", pace: .asFastAsPossible)
    try replay.arm()
    // One thread plays; the other reads both rings, one after the other.
    let consumers = Consumers(decoder: bench.decoder, recorder: bench.recorder)
    let isRead = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      consumers.take(2_000)
      isRead.signal()
    }
    let end = replay.run(into: &bench.sink, until: StopSignal())
    isRead.wait()
    #expect(end == .finished)
    #expect(consumers.decoded == Array(0..<2_000))
    #expect(consumers.recorded == Array(0..<2_000))
    #expect(consumers.refused == 0)
  }

  @Test(
    "a stop ends a replay that waits for room, and one that waits for its time",
    arguments: [ReplayPace.asFastAsPossible, .realTime])
  func stops(_ pace: ReplayPace) throws {
    let stop = StopSignal()
    raise(stop, afterMilliseconds: 30)
    var replay = Replay(
      table: table(rows: 100, samplesPerSecond: 1), statusWords: [], gaps: [],
      name: "the recording", pace: pace)
    try replay.arm()
    var bench = SinkBench(capacity: 4)
    #expect(replay.run(into: &bench.sink, until: stop) == .stopped)
  }

  @Test("a recording whose parts do not fit together is refused in one sentence")
  func refusals() throws {
    let table = table(rows: 10)
    let examples: [([[UInt32]], [RecordedGap], String)] = [
      ([[0xC00000]], [], "status words"),
      ([[UInt32](repeating: 0xC00000, count: 10), [0xC00000]], [], "status words"),
      ([[UInt32]](repeating: .init(repeating: 0xC00000, count: 10), count: 5), [], "room for four"),
      ([], [RecordedGap(sampleIndex: 8, count: 3)], "missing at sample 8"),
      ([], [.init(sampleIndex: 4, count: 3), .init(sampleIndex: 6, count: 1)], "sample 6"),
      ([], [RecordedGap(sampleIndex: .max, count: 3)], "no room"),
    ]
    for (words, gaps, word) in examples {
      var replay = Replay(
        table: table, statusWords: words, gaps: gaps, name: "the recording",
        pace: .asFastAsPossible)
      do throws(AmplifierFault) {
        try replay.arm()
        Issue.record("accepted: \(word)")
      } catch {
        #expect(error.message.contains(word))
      }
    }
  }

  @Test("a status word whose canary is dead is corrupt, as it was live")
  func canary() throws {
    let (_, frames) = try played(
      table(rows: 4), statusWords: [[0xC00005, 0xC00000, 0x000005, 0xC00005]], canary: 5)
    #expect(frames.map { $0.header.flags == .corrupt } == [false, true, true, false])
  }

  @Test("each chip's status words come back in their place")
  func severalChips() throws {
    let words: [[UInt32]] = [[0xC00010, 0xC00020], [0xC00030, 0xC00040], [0xC00050, 0x000060]]
    let (_, frames) = try played(table(rows: 2, channels: 24), statusWords: words)
    let headers = frames.map(\.header)
    #expect(headers.map(\.chipCount) == [3, 3])
    for (sample, header) in headers.enumerated() {
      #expect((0..<3).map { header.statusWord(ofChip: $0) } == words.map { $0[sample] })
    }
    // One chip that says nonsense spoils the frame.
    #expect(headers.map { $0.flags == .corrupt } == [false, true])
  }

  @Test("what another amplifier sent beside the samples comes back, and spoils no frame")
  func auxiliaries() throws {
    // Each would be a corrupt status word of an ADS1299.
    let counts: [[Int32]] = [[0, -1, 8_388_607], [-8_388_608, 5, 0], [1, 2, 3]]
    let signals = ["Accelerometer X", "Accelerometer Y", "Footer"]
    let (_, frames) = try played(
      table(rows: 3),
      auxiliaries: zip(signals, counts).map {
        RecordedAuxiliary(signal: AuxiliarySignal(label: $0, unit: "g"), counts: $1)
      }, canary: 5)
    #expect(frames.allSatisfy { $0.header.flags.isEmpty && $0.header.chipCount == 0 })
    for (sample, frame) in frames.enumerated() {
      let words = (0..<3).map { Int32(bitPattern: frame.header.statusWord(ofChip: $0)) }
      #expect(words == counts.map { $0[sample] })
    }
  }

  @Test("frames that were flagged when they were recorded are flagged again, and no others")
  func flags() throws {
    let (_, frames) = try played(
      table(rows: 20),
      flagged: [
        (.incomplete, [.init(sampleIndex: 3, count: 2), .init(sampleIndex: 18, count: 9)]),
        (.corrupt, [.init(sampleIndex: 4, count: 1), .init(sampleIndex: .max, count: 1)]),
        (.unsettled, [.init(sampleIndex: 0, count: 1)]),
      ])
    var expected = [FrameFlags](repeating: [], count: 20)
    expected[0] = .unsettled
    expected[3] = .incomplete
    expected[4] = [.incomplete, .corrupt]
    expected[18] = .incomplete
    expected[19] = .incomplete
    #expect(frames.map(\.header.flags) == expected)
  }

  @Test("playing costs no heap call")
  func heap() throws {
    var replay = Replay(
      table: table(rows: 4_000), statusWords: [[UInt32](repeating: 0xC00000, count: 4_000)],
      gaps: [RecordedGap(sampleIndex: 10, count: 5)], name: "the recording",
      pace: .asFastAsPossible)
    try replay.arm()
    var bench = SinkBench()
    let stop = StopSignal()
    let before = heap_counter_calls_of_this_thread()
    let end = replay.run(into: &bench.sink, until: stop)
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(calls == 0)
    #expect(end == .finished)
  }
}

/// The reading ends of both rings, for another thread.
private final class Consumers: @unchecked Sendable {
  var decoderRing: RingConsumer
  var recorderRing: RingConsumer
  var decoded: [UInt64] = []
  var recorded: [UInt64] = []
  var refused: UInt64 = 0

  init(decoder: consuming RingConsumer, recorder: consuming RingConsumer) {
    decoderRing = decoder
    recorderRing = recorder
  }

  func take(_ count: Int) {
    while decoded.count < count || recorded.count < count {
      if let slot = unsafe decoderRing.front() {
        decoded.append(unsafe FrameSlot(slot).header.sampleIndex)
        decoderRing.release()
      }
      if let slot = unsafe recorderRing.front() {
        recorded.append(unsafe FrameSlot(slot).header.sampleIndex)
        recorderRing.release()
      }
    }
    refused = decoderRing.refusedCount + recorderRing.refusedCount
  }
}
