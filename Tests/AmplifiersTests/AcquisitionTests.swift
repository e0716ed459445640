// The acquisition loop on the model: every conversion once, under its own number, or counted lost.

import HeapCounter
import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

@Suite("Acquisition")
struct AcquisitionTests {
  @Test("a recording comes through count by count, at its own rate and gain")
  func recordingPassesThrough() throws {
    let played = table(rows: 1_000)
    let run = try run(input: .recording(played), conditions: stalling(at: 2_500))
    #expect(run.end == .silent)
    #expect(run.frames.count == 2_500)
    for (index, frame) in run.frames.enumerated() {
      #expect(frame.counts == played.row(index % 1_000))
      #expect(frame.index == UInt64(index))
      #expect(frame.header.lostBefore == 0)
      #expect(frame.header.flags == [])
      #expect(frame.header.statusWord == 0xC00000)
    }
  }

  @Test(
    "edges are a period apart and frames are stamped in the order of their life",
    arguments: ADS1299.DataRate.allCases)
  func times(_ rate: ADS1299.DataRate) throws {
    let run = try run(
      ADS1299Configuration(dataRate: rate), input: .testSignal, conditions: stalling(at: 100),
      spiHertz: 20_000_000)
    #expect(run.frames.count == 100)
    for (earlier, later) in zip(run.frames, run.frames.dropFirst()) {
      #expect(later.header.edgeTime - earlier.header.edgeTime == rate.period)
    }
    for frame in run.frames {
      #expect(frame.header.edgeTime <= frame.header.wakeTime)
      #expect(frame.header.wakeTime <= frame.header.readTime)
    }
  }

  @Test(
    "a slow host loses nothing of held conversions, and every late frame says so",
    arguments: 0..<24 as Range<UInt64>)
  func heldClock(_ seed: UInt64) throws {
    let played = table(rows: 700, seed: seed)
    let run = try run(
      input: .recording(played), clock: .held, conditions: stalling(at: 700),
      delays: HostDelays(seed: seed, oneIn: 1 + seed % 7, longest: .milliseconds(60)))
    #expect(run.frames.map(\.counts) == (0..<700).map(played.row))
    #expect(run.frames.map(\.index) == Array(0..<700))
    #expect(run.frames.allSatisfy { $0.header.lostBefore == 0 })
    for frame in run.frames {
      let isLate = frame.header.readTime - frame.header.edgeTime > .milliseconds(4)
      #expect(frame.header.flags == (isLate ? .late : []))
    }
    #expect(run.frames.contains { $0.header.flags == .late })
    #expect(run.truth.overwrittenUnread == 0)
  }

  @Test(
    "a slow host's losses of free-running conversions are exact, and no frame is misnumbered",
    arguments: 0..<120 as Range<UInt64>)
  func freeRunningClock(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let rates: [ADS1299.DataRate] = [.sps250, .sps1k, .sps4k, .sps16k]
    let rate = rates[Int(random.next() % 4)]
    let periods = [1, 2, 5, 40][Int(random.next() % 4)]
    let rows = 1_500
    let played = table(
      rows: rows, samplesPerSecond: Double(rate.samplesPerSecond), seed: seed)
    var conditions = stalling(at: UInt64(rows))
    conditions.periodErrorPPM = Int64(random.next() % 40_001) - 20_000
    let run = try run(
      ADS1299Configuration(dataRate: rate), input: .recording(played), clock: .freeRunning,
      conditions: conditions,
      delays: HostDelays(
        seed: seed, oneIn: 3 + random.next() % 12,
        longest: rate.period * Int64(periods)),
      spiHertz: [5_000_000, 10_000_000, 20_000_000][Int(random.next() % 3)])
    #expect(run.truth.conversions == UInt64(rows))
    #expect(run.frames.count > 20)
    var next: UInt64 = 0
    var lost: UInt64 = 0
    for frame in run.frames {
      #expect(frame.counts == played.row(Int(frame.index)), "misnumbered")
      #expect(frame.index == next + UInt64(frame.header.lostBefore))
      next = frame.index + 1
      lost += UInt64(frame.header.lostBefore)
    }
    // Every conversion is either in a frame or counted; none is invented.
    #expect(UInt64(run.frames.count) + lost + (UInt64(rows) - next) == run.truth.conversions)
    #expect(UInt64(run.frames.count) <= run.truth.conversionsRead)
    #expect(lost >= run.truth.overwrittenUnread || next < UInt64(rows))
    #expect(run.truth.refusedCommands == 0)
  }

  @Test("a read that an edge overtakes keeps both conversions", arguments: 0..<20 as Range<UInt64>)
  func overtakenRead(_ seed: UInt64) throws {
    let played = table(rows: 1_000, seed: seed)
    let run = try run(
      input: .recording(played), clock: .freeRunning, conditions: stalling(at: 1_000),
      delays: HostDelays(seed: seed, oneIn: 12, longest: .microseconds(3_600)))
    for frame in run.frames {
      #expect(frame.counts == played.row(Int(frame.index)), "misnumbered")
    }
    // Two reads in doubt one after the other leave the first in doubt for good; that is rare.
    #expect(run.truth.conversionsRead - UInt64(run.frames.count) <= 2)
    #expect(run.frames.count < 1_000 || run.truth.overwrittenUnread == 0)
  }

  @Test(
    "a host that is never late loses nothing of a free-running chip",
    arguments: ADS1299.DataRate.allCases)
  func punctualHost(_ rate: ADS1299.DataRate) throws {
    let played = table(rows: 500, samplesPerSecond: Double(rate.samplesPerSecond))
    let run = try run(
      ADS1299Configuration(dataRate: rate), input: .recording(played), clock: .freeRunning,
      conditions: stalling(at: 500), spiHertz: 20_000_000)
    #expect(run.frames.map(\.counts) == (0..<500).map(played.row))
    #expect(run.truth.overwrittenUnread == 0)
  }

  @Test(
    "edges that never reach the line are counted by the time they leave",
    arguments: ADS1299.DataRate.allCases, [1, 2, 6] as [UInt64])
  func lostEdges(_ rate: ADS1299.DataRate, _ count: UInt64) throws {
    var conditions = stalling(at: 200)
    conditions.lostEdges = ConversionSpan(first: 100, count: count)
    conditions.periodErrorPPM = count == 2 ? -25_000 : 25_000
    let played = table(rows: 200, samplesPerSecond: Double(rate.samplesPerSecond))
    let run = try run(
      ADS1299Configuration(dataRate: rate), input: .recording(played), clock: .freeRunning,
      conditions: conditions)
    #expect(run.frames.count == 200 - Int(count))
    #expect(run.frames[100].index == 100 + count)
    #expect(run.frames[100].header.lostBefore == UInt32(count))
    #expect(run.frames.allSatisfy { $0.counts == played.row(Int($0.index)) })
    #expect(run.truth.edgesLost == count)
  }

  @Test("a status word that the chip cannot send flags the frame and keeps its counts")
  func badStatus() throws {
    var conditions = stalling(at: 50)
    conditions.badStatus = ConversionSpan(first: 20, count: 3)
    let played = table(rows: 50)
    let run = try run(input: .recording(played), conditions: conditions)
    #expect(
      run.frames.map { $0.header.flags == .corrupt }.enumerated().filter(\.element)
        .map(\.offset) == [20, 21, 22])
    #expect(run.frames.map(\.counts) == (0..<50).map(played.row))
    #expect(run.frames[21].header.statusWord == 0)
  }

  @Test("the decoder and the recorder get the same frames, and a full ring holds up neither")
  func bothRings() throws {
    var amplifier = ModelledADS1299(
      configuration: ADS1299Configuration(), input: .recording(table(rows: 64)), clock: .held,
      conditions: stalling(at: 64), time: .stepped(nil), spiHertz: 20_000_000)
    try amplifier.arm()
    var bench = SinkBench(capacity: 64, recorderCapacity: 16)
    _ = amplifier.run(into: &bench.sink, until: StopSignal())
    let refused = bench.recorder.refusedCount
    let decoded = bench.decoded()
    let recorded = bench.recorded()
    #expect(decoded.count == 64)
    #expect(recorded == Array(decoded.prefix(16)))
    #expect(refused == 48)
  }

  @Test(
    "on a real clock, frames come until the stop signal is raised",
    arguments: ModelClock.allCases)
  func realClock(_ clock: ModelClock) throws {
    let stop = StopSignal()
    let played = table(rows: 4_000, samplesPerSecond: 4_000)
    var amplifier = ModelledADS1299(
      configuration: ADS1299Configuration(dataRate: .sps4k), input: .recording(played),
      clock: clock)
    try amplifier.arm()
    var bench = SinkBench(capacity: 32_768)
    raise(stop, afterMilliseconds: 300)
    let end = amplifier.run(into: &bench.sink, until: stop)
    amplifier.stop()
    #expect(end == .stopped)
    let frames = bench.decoded()
    #expect(!frames.isEmpty)
    // How many is the machine's affair; that each is right, ours.
    var next: UInt64 = 0
    for frame in frames {
      #expect(frame.counts == played.row(Int(frame.index % 4_000)))
      #expect(frame.index == next + UInt64(frame.header.lostBefore))
      next = frame.index + 1
      if clock == .held { #expect(frame.header.lostBefore == 0) }
    }
  }

  @Test("thousands of frames cost no heap call", arguments: ModelClock.allCases)
  func heap(_ clock: ModelClock) throws {
    var amplifier = ModelledADS1299(
      configuration: ADS1299Configuration(dataRate: .sps16k),
      input: .recording(table(rows: 500, samplesPerSecond: 16_000)), clock: clock,
      conditions: stalling(at: 8_000),
      time: .stepped(HostDelays(seed: 1, oneIn: 5, longest: .microseconds(300))),
      spiHertz: 20_000_000)
    try amplifier.arm()
    var bench = SinkBench(capacity: 8_192)
    let stop = StopSignal()
    let before = heap_counter_calls_of_this_thread()
    let end = amplifier.run(into: &bench.sink, until: stop)
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(calls == 0)
    #expect(end == .silent)
    #expect(bench.decoded().count > 1_000)
  }

  @Test("the heap counter sees an allocation on this thread")
  func heapCounterCounts() {
    let before = heap_counter_calls_of_this_thread()
    var array = [Int]()
    for value in 0..<100 { array.append(value) }
    #expect(heap_counter_calls_of_this_thread() > before)
    #expect(array.count == 100)
  }
}
