// Every stage against scipy, sample by sample, on a minute of real EEG in random block sizes.

import Foundation
import RT
import Signal
import TestSupport
import Testing

/// The largest differences between what we and what scipy made of the same signal.
struct Disagreement {
  /// Relative to the sample itself (or to a millionth of the signal's RMS, if that is more).
  var perSample = 0.0
  /// Relative to the RMS of the signal.
  var overall = 0.0

  init(_ ours: [Double], _ theirs: [Double]) {
    var power = 0.0
    for value in theirs { power += value * value }
    let rms = (power / Double(theirs.count)).squareRoot()
    for index in theirs.indices {
      let difference = (ours[index] - theirs[index]).magnitude
      // A NaN must not slip through a comparison.
      guard difference.isFinite else {
        perSample = .infinity
        return
      }
      perSample = max(perSample, difference / max(theirs[index].magnitude, rms * 1e-6))
      overall = max(overall, difference / rms)
    }
  }
}

@Suite("Stages against scipy")
struct StageOracleTests {
  /// Runs a stage over a block's values, cut at random.
  func run<Stage: FrameStage & ~Copyable>(
    _ stage: consuming Stage, _ input: [Double], seed: UInt64
  ) -> [Double] {
    var random = SplitMix64(seed: seed)
    var output: [Double] = []
    output.reserveCapacity(input.count)
    let channels = stage.channelCount
    var place = 0
    while place < input.count {
      let frames = Int.random(in: 1...700, using: &random)
      let end = min(place + frames * channels, input.count)
      var block = Array(input[place..<end])
      stage.process(block: &block)
      output.append(contentsOf: block)
      place = end
    }
    return output
  }

  func expectAgreement(_ ours: [Double], _ theirs: Block?, _ name: String) throws {
    let theirs = try #require(theirs, "the oracle sent no \(name)")
    try #require(ours.count == theirs.values.count, "\(name)")
    let difference = Disagreement(ours, theirs.values)
    #expect(difference.perSample <= 1e-5, "\(name)")
    #expect(difference.overall <= 1e-9, "\(name)")
  }

  @Test("the recording is read alike by the oracle and by these tests")
  func countsAgree() throws {
    let counts = try #require(try ScipyStages.blocks(ScipyStages.cases[0])["counts"])
    try #require(counts.rows == 15_000 && RealRecording.counts.count == 31_250 * 8)
    #expect(counts.values == RealRecording.counts.prefix(15_000 * 8).map(Double.init))
  }

  @Test("DC removal is scipy's first-order high-pass", arguments: ScipyStages.cases)
  func dcRemoval(_ each: ScipyStages.Case) throws {
    let blocks = try ScipyStages.blocks(each)
    let counts = try #require(blocks["counts"])
    let input = counts.values.map { $0 * RealRecording.microvoltsPerCount }
    let stage = try DCRemoval(
      corner: Hertz(0.5), samplesPerSecond: Double(each.rate), channelCount: counts.columns)
    try expectAgreement(run(stage, input, seed: 1), blocks["dc"], "dc")
  }

  @Test("the notch is scipy's iirnotch", arguments: ScipyStages.cases)
  func notch(_ each: ScipyStages.Case) throws {
    let blocks = try ScipyStages.blocks(each)
    let input = try #require(blocks["dc"])
    let section = try Notch.section(
      mains: each.mains.frequency, quality: 30, samplesPerSecond: Double(each.rate))
    let stage = SectionCascade([section], channelCount: input.columns)
    try expectAgreement(run(stage, input.values, seed: 2), blocks["notch"], "notch")
  }

  @Test("the Butterworth band-pass is scipy's sosfilt", arguments: ScipyStages.cases, [2, 4])
  func butterworth(_ each: ScipyStages.Case, order: Int) throws {
    let blocks = try ScipyStages.blocks(each)
    let input = try #require(blocks["dc"])
    let sections = try Butterworth.bandPass(
      order: order, band: Band(low: Hertz(8), high: Hertz(30)),
      samplesPerSecond: Double(each.rate))
    let stage = SectionCascade(sections, channelCount: input.columns)
    let name = "butterworth\(order)"
    try expectAgreement(run(stage, input.values, seed: 3), blocks[name], name)
  }

  @Test("the linear-phase band-pass is scipy's firwin and lfilter", arguments: ScipyStages.cases)
  func fir(_ each: ScipyStages.Case) throws {
    let blocks = try ScipyStages.blocks(each)
    let input = try #require(blocks["dc"])
    // Also with filters too short to be allowed into a chain: the arithmetic is the same.
    let taps = try LinearPhaseFIR.bandPass(
      taps: each.taps, band: Band(low: Hertz(8), high: Hertz(30)),
      samplesPerSecond: Double(each.rate))
    let stage = LinearPhaseFIR(taps: taps, channelCount: input.columns)
    try expectAgreement(run(stage, input.values, seed: 4), blocks["fir"], "fir")
  }

  @Test("the Kalman filter is the textbook's recursion", arguments: ScipyStages.cases)
  func kalman(_ each: ScipyStages.Case) throws {
    let blocks = try ScipyStages.blocks(each)
    let input = try #require(blocks["dc"])
    let stage = try KalmanFilter(
      KalmanModel(processVariancePerSecond: 2e5, measurementVariance: 10),
      samplesPerSecond: Double(each.rate), channelCount: input.columns)
    try expectAgreement(run(stage, input.values, seed: 5), blocks["kalman"], "kalman")
  }

  @Test("the common average is numpy's mean taken away", arguments: ScipyStages.cases)
  func commonAverage(_ each: ScipyStages.Case) throws {
    let blocks = try ScipyStages.blocks(each)
    let input = try #require(blocks["dc"])
    let stage = try CommonAverageReference(channelCount: input.columns)
    try expectAgreement(run(stage, input.values, seed: 6), blocks["average"], "average")
  }

  @Test("from counts to band power, the chain is scipy's", arguments: ScipyStages.cases)
  func chain(_ each: ScipyStages.Case) throws {
    let blocks = try ScipyStages.blocks(each)
    let counts = try #require(blocks["counts"])
    var configuration = SignalConfiguration()
    configuration.mains = each.mains
    var chain = try SignalChain(
      configuration, montage: RealRecording.montage(rate: Double(each.rate)))
    let frame = FrameMemory(channelCount: counts.columns)
    let raw = counts.values.map { Int32($0) }
    var filtered: [Double] = []
    var power: [Double] = []
    for row in 0..<counts.rows {
      frame.set(raw[row * counts.columns..<(row + 1) * counts.columns])
      chain.process(frame.slot)
      let isSettled = chain.isSettled
      if isSettled != (row + 1 >= each.rate) { Issue.record("settled wrongly at row \(row)") }
      for channel in 0..<counts.columns {
        unsafe filtered.append(chain.filtered[channel])
        if chain.isSettled { power.append(chain.feature(channel)) }
      }
    }
    try expectAgreement(filtered, blocks["chain"], "chain")
    try expectAgreement(power, blocks["power"], "power")
  }
}
