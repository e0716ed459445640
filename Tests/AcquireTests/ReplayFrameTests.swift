// A session of an amplifier that is no ADS1299, from its frames to the file and back: what it sent
// beside the samples, the frames with missing channels, and the decisions.

import Amplifiers
import Decoding
import Foundation
import RT
import Recording
import Signal
import TestSupport
import Testing

@testable import Acquire

private let auxiliaries =
  ["X", "Y", "Z"].map {
    AuxiliarySignal(label: "Accelerometer \($0)", unit: "g", unitsPerCount: 0.000_125)
  } + [AuxiliarySignal(label: "Footer")]

/// What a frame says, and what was decided on it.
private struct Told: Equatable {
  var index: UInt64
  var lostBefore: UInt32
  var flags: FrameFlags
  var words: [Int32]
  var counts: [Int32]
  var gate: GateState
  var decision: Decided?

  struct Decided: Equatable {
    var classIndex: Int
    var confidence: Double
  }

  /// Filters the frame, and decides on it where that is due.
  init(_ frame: FrameSlot, by stage: inout DecodingStage) {
    let header = frame.header
    _ = stage.filter(frame)
    if case .decided(let intent) = stage.decide(frame) {
      decision = Decided(classIndex: intent.classIndex, confidence: intent.confidence)
    }
    index = header.sampleIndex
    lostBefore = header.lostBefore
    flags = header.flags
    words = (0..<auxiliaries.count).map { Int32(bitPattern: header.statusWord(ofChip: $0)) }
    counts = (0..<Int(header.channelCount)).map { frame.count($0) }
    gate = stage.chain.gate
  }
}

/// A session as it was live, and its file.
private struct LiveSession {
  let configuration: Configuration
  let montage: Montage
  var told: [Told] = []
  let path: String
  let status = RecorderStatus()

  init(in folder: String) throws {
    let configuration = try Configuration.load(
      file: "/dev/null", environment: { _ in nil }, overrides: [])
    let source = try configuration.recordingToPlay().samples
    var stage = try SessionPlan(configuration, montage: source.montage).stage()
    let byteCount = FrameSlot.byteCount(channelCount: 8)
    var ring = Ring(slotByteCount: byteCount, capacity: 8_192)
    var events = RecordedEventRing(capacity: 1_024)
    var random = SplitMix64(seed: 12)
    var told: [Told] = []
    var lost: UInt32 = 0
    let start = MonotonicInstant.now()
    for sample in 0..<7_500 {
      // One gap of three samples, and one that the filters do not survive.
      if (2_000..<2_003).contains(sample) || (5_000..<5_100).contains(sample) {
        lost += 1
        continue
      }
      guard let claimed = unsafe ring.producer.claim() else { break }
      let frame = unsafe FrameSlot(claimed)
      var header = FrameHeader()
      header.sampleIndex = UInt64(sample)
      header.edgeTime = start + .milliseconds(4 * Int64(sample))
      header.lostBefore = lost
      header.channelCount = 8
      header.chipCount = 0
      // A missing half now and then, and once for half a second.
      let isIncomplete = sample % 1_700 == 1_699 || (4_000..<4_125).contains(sample)
      if isIncomplete { header.flags = .incomplete }
      for word in auxiliaries.indices {
        // Whatever 24 bits hold: no few of them would be lead-off bits, or corrupt.
        let count = Int32.random(in: -8_388_608...8_388_607, using: &random)
        header.setStatusWord(UInt32(bitPattern: count), ofChip: word)
      }
      frame.header = header
      for channel in 0..<8 {
        let count = source.counts[sample * 8 + channel]
        frame.setCount(channel, to: isIncomplete && channel >= 4 ? 0 : count)
      }
      told.append(Told(frame, by: &stage))
      if let decision = told[told.count - 1].decision {
        events.producer.pushDecision(
          classIndex: decision.classIndex, confidence: decision.confidence,
          sampleIndex: UInt64(sample))
      }
      ring.producer.publish()
      lost = 0
    }
    var recorder = try Recorder(
      folder: folder,
      plan: RecordingPlan(
        montage: source.montage, auxiliaries: auxiliaries, equipment: "Cyton",
        classNames: ["rest", "left", "right"]),
      frames: ring.consumer, events: events.consumer, status: status)
    let stop = StopSignal()
    stop.raise()
    recorder.run(until: stop)
    path = recorder.path
    self.told = told
    self.configuration = configuration
    montage = source.montage
  }

  /// For a replay, with lead-off bits watched: there are none.
  func stage() throws -> DecodingStage {
    var configuration = configuration
    configuration.amplifier.kind = "replay"
    configuration.gate.leadOff = true
    return try SessionPlan(configuration, montage: montage).stage()
  }
}

@Suite("A recorded session, played again")
struct ReplayFrameTests {
  @Test("acquire replay sees the live frames: words, flags, gaps, gate and decisions, to the bit")
  func replayed() throws {
    let folder = try TemporaryFolder()
    let live = try LiveSession(in: folder.path)
    #expect(live.status.notStoredSamples == 0)
    #expect(live.told.contains { $0.decision != nil && $0.index > 6_000 })
    let recording = try BDFReader.read(live.path)
    #expect(recording.decisions.count == live.told.count { $0.decision != nil })
    var player = FramePlayer(recording)
    var stage = try live.stage()
    var told: [Told] = []
    while let frame = player.next() { told.append(Told(frame, by: &stage)) }
    #expect(told.count == live.told.count)
    #expect(told == live.told)
  }

  @Test("the recording in the place of an amplifier delivers them as well")
  func asAmplifier() throws {
    let folder = try TemporaryFolder()
    let live = try LiveSession(in: folder.path)
    let recording = try BDFReader.read(live.path)
    var amplifier = recording.replay(name: "the session", pace: .asFastAsPossible)
    #expect(amplifier.description.auxiliaries == auxiliaries)
    try amplifier.arm()
    let byteCount = FrameSlot.byteCount(channelCount: 8)
    var decoder = Ring(slotByteCount: byteCount, capacity: 8_192)
    let recorder = Ring(slotByteCount: byteCount, capacity: 8_192)
    var sink = FrameSink(
      decoder: decoder.producer, recorder: recorder.producer, decoderBell: Doorbell(),
      channelCount: 8)
    #expect(amplifier.run(into: &sink, until: StopSignal()) == .finished)
    var stage = try live.stage()
    var told: [Told] = []
    while let slot = unsafe decoder.consumer.front() {
      told.append(Told(unsafe FrameSlot(slot), by: &stage))
      decoder.consumer.release()
    }
    #expect(told.count == live.told.count)
    #expect(told == live.told)
  }
}
