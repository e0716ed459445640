// Chips that fail while they run, and what brings them back. The model knows what really happened:
// every conversion is in a frame or counted as lost, and none is invented.

import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

private let rows = 3_000

private func configuration(
  canary: UInt8? = nil, rate: ADS1299.DataRate = .sps250,
  readMode: ADS1299Configuration.ReadMode = .onRequest
) -> ADS1299Configuration {
  var configuration = ADS1299Configuration(dataRate: rate)
  configuration.statusCanary = canary
  configuration.readMode = readMode
  return configuration
}

/// Every conversion between the first and the last frame is in a frame under its own number, or
/// counted; believable frames carry what the electrodes had.
private func check(
  _ run: ModelRun, _ played: SampleTable, _ remark: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  var next: UInt64 = 0
  var paused: UInt64 = 0
  var lost: UInt64 = 0
  for frame in run.frames {
    #expect(
      frame.index == next + UInt64(frame.header.lostBefore), sourceLocation: sourceLocation)
    #expect(frame.header.pausedBefore <= frame.header.lostBefore, sourceLocation: sourceLocation)
    paused += UInt64(frame.header.pausedBefore)
    lost += UInt64(frame.header.lostBefore - frame.header.pausedBefore)
    next = frame.index + 1
    if frame.header.flags.contains(.corrupt) { continue }
    let conversion = Int(frame.index - paused)
    guard conversion < played.sampleCount, frame.counts == played.row(conversion) else {
      let real = (0..<played.sampleCount).first { played.row($0) == frame.counts } ?? -1
      Issue.record(
        """
        frame \(frame.index), said to be conversion \(conversion), is \(real)
        \(run.truth) \(recoveries(run).map(\.text)) \(remark)
        """,
        sourceLocation: sourceLocation)
      return
    }
  }
  // The last frame's own number in conversions, and what came before it.
  #expect(
    UInt64(run.frames.count) + lost == next - paused, sourceLocation: sourceLocation)
  #expect(next - paused <= run.truth.conversions, sourceLocation: sourceLocation)
}

private func recoveries(_ run: ModelRun) -> [Recovery] {
  run.frames.map(\.header.recovery).filter { $0.rawValue != 0 }
}

@Suite("Recovery")
struct RecoveryTests {
  @Test(
    "a brown-out is seen at the next frame, and the chip comes back as it was configured",
    arguments: [true, false], [nil, 0b0101] as [UInt8?])
  func brownOut(_ hasControlLines: Bool, _ canary: UInt8?) throws {
    for clock in ModelClock.allCases {
      var conditions = stalling(at: 600)
      conditions.hasControlLines = hasControlLines
      conditions.brownOutAt = 400
      let played = table(rows: rows)
      let run = try run(
        configuration(canary: canary), input: .recording(played), clock: clock,
        conditions: conditions)
      check(run, played)
      let found = recoveries(run)
      #expect(found.map(\.cause) == [.brownOut])
      #expect(found.map(\.remedy) == [.reset])
      // With START as a pin the chip goes on and the first frame tells; else it falls silent.
      let corrupt = run.frames.filter { $0.header.flags.contains(.corrupt) }
      #expect(corrupt.count == (hasControlLines ? 1 : 0))
      let after = try #require(run.frames.first { $0.header.recovery.rawValue != 0 })
      #expect(after.header.configurationEpoch == 2)
      #expect(after.header.pausedBefore > 30)
      #expect(run.frames.contains { $0.index > after.index + 100 && $0.header.flags == [] })
    }
  }

  @Test(
    "in RDATAC frames look well after a brown-out: the standstill gives it away",
    arguments: [ADS1299.DataRate.sps250, .sps1k, .sps2k, .sps4k, .sps16k])
  func brownOutInContinuousReading(_ rate: ADS1299.DataRate) throws {
    var conditions = stalling(at: 2_000)
    conditions.hasControlLines = true
    conditions.brownOutAt = 700
    let played = table(rows: rows, samplesPerSecond: Double(rate.samplesPerSecond))
    let run = try run(
      configuration(rate: rate, readMode: .continuous), input: .recording(played),
      clock: .freeRunning, conditions: conditions, spiHertz: 20_000_000)
    #expect(recoveries(run).map(\.cause) == [.brownOut])
    // Nothing that the chip made with its inputs shorted passes for EEG.
    for frame in run.frames where frame.header.flags == [] {
      #expect(frame.counts.contains { $0 != 0 })
    }
    #expect(run.frames.contains { $0.index > 1_000 && $0.header.flags == [] })
    if rate.samplesPerSecond <= 2_000 { check(run, played) }
  }

  @Test(
    "a data line that is stuck for a while is told from other faults, and the stream goes on",
    arguments: [
      (ModelConditions.Level.low, Recovery.Cause.stuckLow), (.high, .stuckHigh),
    ])
  func stuckLine(_ level: ModelConditions.Level, _ cause: Recovery.Cause) throws {
    var conditions = stalling(at: 900)
    conditions.hasControlLines = true
    conditions.stuckOutput = .init(level, ConversionSpan(first: 300, count: 60))
    let played = table(rows: rows)
    let run = try run(input: .recording(played), clock: .freeRunning, conditions: conditions)
    check(run, played)
    #expect(recoveries(run).first?.cause == cause)
    #expect(run.frames.last?.header.flags == [])
    #expect(run.frames.filter { $0.header.flags.contains(.corrupt) }.count <= 3)
  }

  @Test("a line that is stuck for good is given up, and the end says why")
  func stuckForGood() throws {
    for (level, cause) in [
      (ModelConditions.Level.low, Recovery.Cause.stuckLow), (.high, .stuckHigh),
    ] {
      var conditions = stalling(at: 100_000)
      conditions.stuckOutput = .init(level, ConversionSpan(first: 30))
      let run = try run(input: .recording(table(rows: rows)), conditions: conditions)
      #expect(run.end == .unrecoverable(cause: cause.rawValue))
      #expect(run.frames.count == 31)
    }
  }

  @Test("two bad status words are waited for; a third resynchronises")
  func badStatus() throws {
    for (count, expected) in [(2, 0), (3, 1)] as [(UInt64, Int)] {
      var conditions = stalling(at: 200)
      conditions.badStatus = ConversionSpan(first: 50, count: count)
      let played = table(rows: rows)
      let run = try run(input: .recording(played), clock: .freeRunning, conditions: conditions)
      check(run, played)
      #expect(recoveries(run).count == expected)
      #expect(recoveries(run).allSatisfy { $0.cause == .corruptFrames })
      #expect(recoveries(run).allSatisfy { $0.remedy == .resynchronisation })
      #expect(run.frames.filter { $0.header.flags.contains(.corrupt) }.count == Int(count))
    }
  }

  @Test("status words that stay bad climb the ladder to its end")
  func badForGood() throws {
    var conditions = stalling(at: 100_000)
    conditions.badStatus = ConversionSpan(first: 50)
    let run = try run(input: .recording(table(rows: rows)), conditions: conditions)
    #expect(run.end == .unrecoverable(cause: Recovery.Cause.corruptFrames.rawValue))
    let remedies = recoveries(run).map(\.remedy)
    #expect(remedies.first == .resynchronisation)
    #expect(remedies.last == .powerCycle)
    #expect(remedies.count == ChipHealth.rungCount)
  }

  @Test(
    "a chip that stands still until it is reset is silent for 8 periods, at least 20 ms",
    arguments: [(ADS1299.DataRate.sps250, 32), (.sps1k, 20), (.sps16k, 20)])
  func stall(_ rate: ADS1299.DataRate, _ milliseconds: Int) throws {
    var conditions = stalling(at: 300)
    conditions.stallEndsWithReset = true
    conditions.hasControlLines = true
    let played = table(rows: rows, samplesPerSecond: Double(rate.samplesPerSecond))
    var amplifier = ModelledADS1299(
      configuration: configuration(rate: rate), input: .recording(played), clock: .freeRunning,
      conditions: conditions, time: .stepped(nil), spiHertz: 20_000_000)
    try amplifier.arm()
    var bench = SinkBench()
    let stop = StopSignal()
    // The stepped clock runs as fast as it can: the model is stopped by its own end.
    amplifier.driver.port.model.conditions.brownOutAt = nil
    amplifier.driver.port.model.conditions.failedTransfers = ConversionSpan(first: 900)
    _ = amplifier.run(into: &bench.sink, until: stop)
    let truth = amplifier.truth
    let run = ModelRun(end: .stopped, frames: bench.decoded(), truth: truth)
    check(run, played)
    let after = try #require(run.frames.first { $0.header.recovery.rawValue != 0 })
    #expect(after.header.recovery.cause == .silence)
    #expect(after.header.recovery.remedy == .reset)
    #expect(after.header.lostBefore == after.header.pausedBefore)
    let before = try #require(run.frames.last { $0.index < after.index })
    let stood = after.header.edgeTime - before.header.edgeTime
    #expect(stood.milliseconds > Double(milliseconds))
    // Silence, two vain starts' worth of waiting, a reset and the reference: never a second.
    #expect(stood.milliseconds < 1_000)
    let periods = stood.rawValue / rate.period.rawValue
    #expect(abs(Int64(after.header.pausedBefore) - periods) <= 1)
  }

  @Test("after a run no current flows and no amplifier drives: the chip is reset")
  func resetAtTheEnd() throws {
    var configuration = configuration()
    configuration.leadOff = .init(positive: .first(8))
    var amplifier = ModelledADS1299(
      configuration: configuration, input: .silence, clock: .held, conditions: stalling(at: 20),
      time: .stepped(nil), spiHertz: 20_000_000)
    try amplifier.arm()
    var bench = SinkBench()
    _ = amplifier.run(into: &bench.sink, until: StopSignal())
    amplifier.stop()
    for register in [ADS1299.Register.loffSensP, .config3, .config4] {
      let found = amplifier.driver.port.model.registers[Int(register.rawValue)]
      #expect(found == register.resetValue)
    }
  }

  @Test("a chip that stands still for good is silence")
  func silence() throws {
    let run = try run(input: .recording(table(rows: rows)), conditions: stalling(at: 64))
    #expect(run.end == .silent)
    #expect(run.frames.count == 64)
  }

  @Test("transfers that fail are counted as lost conversions, and a bus that comes back is used")
  func failedTransfers() throws {
    for count in [1, 2, 40] as [UInt64] {
      var conditions = stalling(at: 600)
      conditions.failedTransfers = ConversionSpan(first: 100, count: count)
      let played = table(rows: rows)
      let run = try run(input: .recording(played), clock: .freeRunning, conditions: conditions)
      check(run, played)
      #expect(recoveries(run).isEmpty == (count < 3))
      #expect(run.frames.contains { $0.index > 150 })
      #expect(run.frames.allSatisfy { $0.header.flags == [] })
    }
  }

  @Test(
    "a register that changes by itself is found within a second, and written again",
    arguments: [ADS1299Configuration.ReadMode.onRequest, .continuous])
  func changedRegister(_ readMode: ADS1299Configuration.ReadMode) throws {
    var conditions = stalling(at: 2_000)
    conditions.registerUpset = .init(register: .config3, value: 0x68, at: 400)
    let played = table(rows: rows)
    let run = try run(
      configuration(readMode: readMode), input: .recording(played), clock: .freeRunning,
      conditions: conditions)
    check(run, played)
    let found = try #require(run.frames.first { $0.header.recovery.rawValue != 0 })
    #expect(found.header.recovery.cause == .registerChanged)
    #expect(found.index > 400 && found.index < 400 + 250 + 150)
  }

  @Test(
    "DRDY's level tells a conversion whose edge was lost from one that was never made",
    arguments: [ADS1299.DataRate.sps250, .sps1k, .sps2k], [1, 2, 6] as [UInt64])
  func lostOrStanding(_ rate: ADS1299.DataRate, _ count: UInt64) throws {
    for isStanding in [false, true] {
      var conditions = stalling(at: 300)
      conditions.periodErrorPPM = 15_000
      let span = ConversionSpan(first: 100, count: count)
      if isStanding { conditions.standing = span } else { conditions.lostEdges = span }
      let played = table(rows: rows, samplesPerSecond: Double(rate.samplesPerSecond))
      let run = try run(
        configuration(rate: rate), input: .recording(played), clock: .freeRunning,
        conditions: conditions)
      check(run, played)
      let after = run.frames[100].header
      #expect(after.lostBefore == UInt32(count))
      #expect(after.pausedBefore == (isStanding ? UInt32(count) : 0))
      #expect(recoveries(run).isEmpty)
    }
  }

  @Test("RDATAC reads the same conversions", arguments: ADS1299.DataRate.allCases)
  func continuous(_ rate: ADS1299.DataRate) throws {
    var configuration = configuration(rate: rate)
    configuration.readMode = .continuous
    let played = table(rows: 500, samplesPerSecond: Double(rate.samplesPerSecond))
    let run = try run(
      configuration, input: .recording(played), clock: .freeRunning, conditions: stalling(at: 500))
    #expect(run.frames.map(\.counts) == (0..<500).map(played.row))
    #expect(run.truth.tornReads == 0)
    #expect(run.truth.refusedCommands == 0)
  }

  @Test("RDATAC publishes no torn read on a slow host", arguments: 0..<40 as Range<UInt64>)
  func continuousOnSlowHost(_ seed: UInt64) throws {
    var configuration = configuration(rate: .sps1k)
    configuration.readMode = .continuous
    let played = table(rows: rows, samplesPerSecond: 1_000, seed: seed)
    let run = try run(
      configuration, input: .recording(played), clock: .freeRunning,
      conditions: stalling(at: UInt64(rows)),
      delays: HostDelays(seed: seed, oneIn: 9, longest: .microseconds(2_500)),
      spiHertz: 4_000_000)
    check(run, played)
    #expect(run.frames.count > 1_000)
  }

  @Test(
    "any two faults at once lose only what is counted, and the stream comes back",
    arguments: 0..<160 as Range<UInt64>)
  func pairs(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var conditions = stalling(at: 1_600)
    conditions.hasControlLines = random.next() % 2 == 0
    conditions.periodErrorPPM = Int64(random.next() % 50_001) - 25_000
    let canary: UInt8? = random.next() % 2 == 0 ? 0b1001 : nil
    for _ in 0..<2 {
      let span = ConversionSpan(first: 200 + random.next() % 40, count: 1 + random.next() % 30)
      switch random.next() % 8 {
      case 0: conditions.brownOutAt = span.first
      case 1: conditions.stuckOutput = .init(.low, span)
      case 2: conditions.stuckOutput = .init(.high, span)
      case 3:
        // Three frames a rung: more would be a fault for good.
        conditions.badStatus = ConversionSpan(first: span.first, count: min(12, span.count))
      case 4: conditions.lostEdges = span
      case 5: conditions.standing = span
      case 6: conditions.failedTransfers = span
      default: conditions.registerUpset = .init(register: .config2, value: 0xD0, at: span.first)
      }
    }
    // A conversion whose edge is lost while the chip is being brought back leaves no trace that
    // could be told from a pause.
    if conditions.badStatus != nil || conditions.stuckOutput != nil
      || conditions.failedTransfers != nil || conditions.brownOutAt != nil
      || conditions.registerUpset != nil
    {
      conditions.lostEdges = nil
    }
    let played = table(rows: rows, seed: seed)
    let run = try run(
      configuration(canary: canary), input: .recording(played), clock: .freeRunning,
      conditions: conditions, spiHertz: 4_000_000)
    check(run, played, "\(conditions)")
    #expect(
      run.frames.contains { $0.index > 1_000 && $0.header.flags == [] },
      "\(run.end) after \(recoveries(run).map(\.text)), \(conditions)")
  }
}
