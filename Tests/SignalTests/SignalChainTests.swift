// The chain as a whole: gaps, corrupt frames, sameness, memory.

import HeapCounter
import RT
import Signal
import TestSupport
import Testing

private let variants: [SignalConfiguration] = {
  let standard = SignalConfiguration()
  var everything = standard
  everything.kalman = KalmanModel(processVariancePerSecond: 2e5, measurementVariance: 10)
  everything.bandPass = .fir(taps: 125, Band(low: Hertz(8), high: Hertz(30)))
  everything.mains = .hertz60
  var little = standard
  little.mains = nil
  little.commonAverage = false
  return [standard, everything, little]
}()

@Suite("Signal chain")
struct SignalChainTests {
  /// The counts of one frame of the recording.
  func row(_ index: Int) -> ArraySlice<Int32> {
    let start = index % 31_250 * 8
    return RealRecording.counts[start..<start + 8]
  }

  func feed(_ chain: inout SignalChain, _ frame: FrameMemory, _ rows: Range<Int>) {
    for index in rows {
      frame.set(row(index))
      chain.process(frame.slot)
    }
  }

  @Test("makes no heap call in 10 000 frames, gaps and corrupt ones included", arguments: variants)
  func noHeapCalls(_ configuration: SignalConfiguration) throws {
    var chain = try SignalChain(configuration, montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    let counts = RealRecording.counts
    let slot = frame.slot
    var header = slot.header
    let before = heap_counter_calls_of_this_thread()
    for index in 0..<10_000 {
      header.lostBefore = index % 1000 == 999 ? 40 : index % 300 == 299 ? 1 : 0
      header.flags = FrameFlags(rawValue: index % 500 == 499 ? index % 1000 == 499 ? 1 : 8 : 0)
      slot.header = header
      for channel in 0..<8 { slot.setCount(channel, to: counts[index * 8 + channel]) }
      chain.process(slot)
    }
    let after = heap_counter_calls_of_this_thread()
    #expect(after == before)
    // The counter does see this thread.
    let array = [Int](repeating: Int.random(in: 0...9), count: 1000)
    #expect(array.count == 1000 && heap_counter_calls_of_this_thread() > after)
  }

  @Test("two chains fed alike say the same, bit for bit, and so does one that was reset")
  func determinism() throws {
    for configuration in variants {
      var one = try SignalChain(configuration, montage: RealRecording.montage())
      var other = try SignalChain(configuration, montage: RealRecording.montage())
      let frame = FrameMemory(channelCount: 8)
      feed(&other, frame, 5000..<5777)
      other.reset()
      for index in 0..<1500 {
        frame.set(row(index), lostBefore: index % 400 == 399 ? 3 : 0)
        one.process(frame.slot)
        other.process(frame.slot)
        let (a, b) = (Observation(one), Observation(other))
        #expect(a == b, "frame \(index)")
      }
    }
  }

  @Test(
    "a lost sample closes the gate for the hold-off, and the filters go on", arguments: [1, 25])
  func shortGap(_ lost: UInt32) throws {
    var chain = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    // A quiet second of the recording, so that nothing but the gap closes the gate.
    let start = try quietStart()
    feed(&chain, frame, start..<start + 400)
    let before = Observation(chain)
    #expect(before.isSettled && before.gate.isOpen)
    var open = ""
    for index in start + 400..<start + 470 {
      frame.set(row(index), lostBefore: index == start + 400 ? lost : 0)
      chain.process(frame.slot)
      let isSettled = chain.isSettled
      #expect(isSettled)
      open.append(chain.gate.isOpen ? "o" : "#")
    }
    // 250 ms at 250 Hz: the frame after the gap, and 63 more.
    #expect(open == String(repeating: "#", count: 64) + "oooooo")
  }

  @Test("beyond 100 ms everything starts over: the numbers are those of a new chain")
  func longGap() throws {
    var chain = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    var new = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    feed(&chain, frame, 0..<600)
    let wasSettled = chain.isSettled
    #expect(wasSettled)
    for index in 700..<1100 {
      frame.set(row(index), lostBefore: index == 700 ? 26 : 0)
      chain.process(frame.slot)
      frame.set(row(index))
      new.process(frame.slot)
      let (a, b) = (Observation(chain), Observation(new))
      #expect(a.features == b.features && a.filtered == b.filtered, "frame \(index)")
      #expect(a.isSettled == b.isSettled && a.isSettled == (index >= 949), "frame \(index)")
      if index < 764 { #expect(!a.gate.isOpen, "frame \(index)") }
    }
  }

  @Test(
    "a corrupt, unsettled or incomplete frame is one lost sample, whatever it holds",
    arguments: 0..<20 as Range<UInt64>)
  func corruptIsLost(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var withCorrupt = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    var withGaps = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    var missing: UInt32 = 0
    // Long enough runs at times to pass the 25 samples that are tolerated.
    var run = 0
    for index in 0..<1200 {
      if run == 0, Int.random(in: 0..<150, using: &random) == 0 {
        run = Int.random(in: 1...35, using: &random)
      }
      if run > 0 {
        run -= 1
        missing += 1
        let rubbish = (0..<8).map { _ in Int32.random(in: -8_388_608...8_388_607, using: &random) }
        let flags: [FrameFlags] = [.corrupt, .unsettled, .incomplete, [.corrupt, .incomplete]]
        let flag = Int.random(in: 0..<4, using: &random)
        frame.set(rubbish[...], flags: flags[flag])
        withCorrupt.process(frame.slot)
        let seen = Observation(withCorrupt)
        let reasons: [ArtifactFlags] = [.corrupt, .corrupt, .incomplete, [.corrupt, .incomplete]]
        #expect(!seen.gate.isOpen && seen.gate.flags == reasons[flag])
        if missing > 25 { #expect(!seen.isSettled) }
        continue
      }
      frame.set(row(index))
      withCorrupt.process(frame.slot)
      frame.set(row(index), lostBefore: missing)
      withGaps.process(frame.slot)
      missing = 0
      let (a, b) = (Observation(withCorrupt), Observation(withGaps))
      #expect(a == b, "frame \(index)")
    }
  }

  @Test("stillness before a long gap does not count towards a flat line after it")
  func flatAcrossGap() throws {
    var chain = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    for index in 0..<480 {
      frame.set([7, 7, 7, 7, 7, 7, 7, 7], lostBefore: index == 230 ? 26 : 0)
      chain.process(frame.slot)
      let isFlat = chain.gate.flags.contains(.flat)
      #expect(isFlat == (index >= 230 + 249), "frame \(index)")
    }
  }

  @Test("a reconfigured amplifier starts everything over")
  func reconfiguration() throws {
    var chain = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    feed(&chain, frame, 0..<400)
    let before = chain.isSettled
    #expect(before)
    var header = frame.slot.header
    header.configurationEpoch = 1
    frame.slot.header = header
    feed(&chain, frame, 400..<401)
    let seen = Observation(chain)
    #expect(!seen.isSettled && seen.gate.flags.contains(.gap) && !seen.gate.isOpen)
    feed(&chain, frame, 401..<650)
    let after = chain.isSettled
    #expect(after)
  }

  @Test("a frame of another channel count is not read")
  func otherChannelCount() throws {
    var chain = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    feed(&chain, frame, 0..<300)
    let before = Observation(chain)
    let small = FrameMemory(channelCount: 4)
    chain.process(small.slot)
    let after = Observation(chain)
    #expect(after.features == before.features && after.filtered == before.filtered)
    #expect(after.gate.flags == .corrupt && !after.gate.isOpen)
  }

  @Test("whatever the counts, every number is finite", arguments: 0..<6 as Range<UInt64>)
  func finite(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var configuration = variants[Int(seed) % variants.count]
    configuration.windowSeconds = 0.2
    var chain = try SignalChain(configuration, montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    for index in 0..<3000 {
      let counts: [Int32] = (0..<8).map { _ in
        switch Int.random(in: 0..<4, using: &random) {
        case 0: Int32.max
        case 1: Int32.min
        case 2: 0
        default: Int32.random(in: Int32.min...Int32.max, using: &random)
        }
      }
      // Half of the time all channels stand still, to reach the logarithm's floor.
      frame.set(
        index / 300 % 2 == 0 ? counts[...] : [0, 0, 0, 0, 0, 0, 0, 0],
        lostBefore: index % 97 == 0 ? UInt32.random(in: 0...UInt32.max, using: &random) : 0)
      chain.process(frame.slot)
      for channel in 0..<8 {
        let (feature, filtered) = unsafe (chain.feature(channel), chain.filtered[channel])
        #expect(feature.isFinite && filtered.isFinite)
      }
    }
  }

  @Test("70 channels are filtered as one alone is")
  func manyChannels() throws {
    var configuration = SignalConfiguration()
    configuration.commonAverage = false
    var many = try SignalChain(configuration, montage: RealRecording.montage(channels: 70))
    var eight = try SignalChain(configuration, montage: RealRecording.montage())
    let wide = FrameMemory(channelCount: 70)
    let narrow = FrameMemory(channelCount: 8)
    for index in 0..<400 {
      let counts = Array(row(index))
      wide.set((0..<70).map { counts[$0 % 8] }[...])
      narrow.set(counts[...])
      many.process(wide.slot)
      eight.process(narrow.slot)
      let (a, b) = (Observation(many), Observation(eight))
      for channel in 0..<70 { #expect(a.features[channel] == b.features[channel % 8]) }
    }
  }

  /// A second and more of the recording that the gate lets through from beginning to end.
  func quietStart() throws -> Int {
    for start in stride(from: 0, to: 30_000, by: 250) {
      var chain = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
      let frame = FrameMemory(channelCount: 8)
      var isQuiet = true
      for index in start..<start + 500 where isQuiet {
        frame.set(row(index))
        chain.process(frame.slot)
        isQuiet = chain.gate.isOpen
      }
      if isQuiet { return start }
    }
    Issue.record("the recording has no quiet stretch of two seconds")
    return 0
  }
}
