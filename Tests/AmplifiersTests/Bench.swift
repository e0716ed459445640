// What the tests of this target share: a sink whose frames can be read back, tables to play, and
// runs of the model on a clock that nobody waits for.

import Foundation
import RT
import SPIShim
import Signal
import TestSupport
import Testing

@testable import Amplifiers

/// A frame as it came out of a ring.
struct Received: Equatable {
  var header: FrameHeader
  var counts: [Int32]

  var index: UInt64 { header.sampleIndex }

  /// All but the times.
  static func == (a: Received, b: Received) -> Bool {
    a.counts == b.counts && a.index == b.index && a.header.statusWord == b.header.statusWord
      && a.header.flags == b.header.flags && a.header.lostBefore == b.header.lostBefore
  }
}

/// A sink and the consuming ends of its rings.
struct SinkBench: ~Copyable {
  var sink: FrameSink
  var decoder: RingConsumer
  var recorder: RingConsumer
  private var taken: UInt64 = 0

  init(channelCount: Int = 8, capacity: Int = 4096, recorderCapacity: Int? = nil) {
    let byteCount = FrameSlot.byteCount(channelCount: channelCount)
    let decoderRing = Ring(slotByteCount: byteCount, capacity: capacity)
    let recorderRing = Ring(slotByteCount: byteCount, capacity: recorderCapacity ?? capacity)
    sink = FrameSink(
      decoder: decoderRing.producer, recorder: recorderRing.producer, decoderBell: Doorbell(),
      channelCount: channelCount)
    decoder = decoderRing.consumer
    recorder = recorderRing.consumer
  }

  /// What came, after every frame that was due has been found in the account.
  mutating func decoded() -> [Received] {
    let account = sink.delivered
    #expect(account.due == account.frames + account.lost + account.paused)
    let frames = Self.drain(&decoder)
    taken += UInt64(frames.count)
    let refused = sink.refusedByDecoder
    #expect(taken + refused == account.frames)
    return frames
  }

  mutating func recorded() -> [Received] { Self.drain(&recorder) }

  private static func drain(_ ring: inout RingConsumer) -> [Received] {
    var frames: [Received] = []
    while let slot = unsafe ring.front() {
      let frame = unsafe FrameSlot(slot)
      let header = frame.header
      frames.append(
        Received(
          header: header, counts: (0..<Int(header.channelCount)).map { frame.count($0) }))
      ring.release()
    }
    return frames
  }
}

/// A table in which every count is different from every other near it.
func table(
  rows: Int, channels: Int = 8, samplesPerSecond: Double = 250, gain: ADS1299.Gain = .x24,
  seed: UInt64 = 1
) -> SampleTable {
  var random = SplitMix64(seed: seed)
  var counts: [Int32] = []
  for row in 0..<rows {
    for channel in 0..<channels {
      // The row in the first channel; anything that 24 bits hold in the others.
      counts.append(
        channel == 0
          ? Int32(row) - 100
          : Int32(truncatingIfNeeded: Int64(bitPattern: random.next()) >> 40))
    }
  }
  return SampleTable(
    montage: Montage(
      channels: (0..<channels).map {
        .init(label: "E\($0)", microvoltsPerCount: gain.microvoltsPerCount)
      }, samplesPerSecond: samplesPerSecond),
    counts: counts)
}

extension SampleTable {
  func row(_ index: Int) -> [Int32] {
    Array(counts[index * channelCount..<(index + 1) * channelCount])
  }
}

/// What a run of the model gave.
struct ModelRun {
  var end: AcquisitionEnd
  var frames: [Received]
  var truth: ModelTruth
}

/// Arms and runs the model on a stepped clock until it stalls at `conditions.stallAt`.
func run(
  _ configuration: ADS1299Configuration = ADS1299Configuration(), input: ModelInput,
  clock: ModelClock = .held, conditions: ModelConditions, delays: HostDelays? = nil,
  capacity: Int = 4096, spiHertz: UInt32 = 20_000_000
) throws -> ModelRun {
  var amplifier = ModelledADS1299(
    configuration: configuration, input: input, clock: clock, conditions: conditions,
    time: .stepped(delays), spiHertz: spiHertz)
  try amplifier.arm()
  var bench = SinkBench(channelCount: configuration.variant.channelCount, capacity: capacity)
  let end = amplifier.run(into: &bench.sink, until: StopSignal())
  let truth = amplifier.truth
  amplifier.stop()
  return ModelRun(end: end, frames: bench.decoded(), truth: truth)
}

/// Raises a stop signal from a thread of its own: the tests' pool may have none to spare.
func raise(_ stop: StopSignal, afterMilliseconds span: Int64) {
  Thread.detachNewThread {
    _ = shim_sleep_until(shim_clock_monotonic() + span * 1_000_000)
    stop.raise()
  }
}

/// Nothing wrong but that conversions end with this one.
func stalling(at conversion: UInt64) -> ModelConditions {
  var conditions = ModelConditions()
  conditions.stallAt = conversion
  return conditions
}
