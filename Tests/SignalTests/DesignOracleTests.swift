// Our own designs against scipy's: impulse responses, gains, group delays.

import Foundation
import RT
import Signal
import TestSupport
import Testing

struct DesignCase: Encodable, Sendable, CustomTestStringConvertible {
  var kind: String
  var rate: Double
  var frequencies: [Double] = []
  var order: Int?
  var low: Double?
  var high: Double?
  var mains: Double?
  var quality: Double?
  var corner: Double?
  var taps: Int?
  var gain: Double?
  var testDescription: String {
    "\(kind) \(order ?? taps ?? 0), \(low ?? mains ?? corner ?? gain ?? 0)–\(high ?? 0), \(rate) Hz"
  }
}

struct DesignAnswer: Decodable, Sendable {
  var impulse: [Double]
  var delays: [Double]
  var gains: [Double]
}

private let mainBand = [9.0, 10, 13, 15.5, 19, 25, 29]

private let designCases: [DesignCase] = {
  var cases: [DesignCase] = []
  for rate in [250.0, 500, 1000, 16_000] {
    for order in 1...8 where rate < 16_000 || order <= 4 {
      cases.append(
        DesignCase(
          kind: "butterworth", rate: rate, frequencies: mainBand, order: order, low: 8, high: 30))
    }
    cases.append(DesignCase(kind: "dc", rate: rate, frequencies: mainBand, corner: 0.5))
    for mains in [50.0, 60] {
      cases.append(
        DesignCase(
          kind: "notch", rate: rate, frequencies: mainBand + [49, 61], mains: mains, quality: 30))
    }
  }
  // Odd orders with a real pole pair (a wide band) and without; both ends of the range.
  for (low, high) in [(0.5, 120.0), (1, 100), (4, 8), (62, 63), (0.1, 0.2), (100, 124.9)] {
    for order in [1, 2, 3] {
      let inside = [low * 1.1, (low * high).squareRoot(), high * 0.98]
      cases.append(
        DesignCase(
          kind: "butterworth", rate: 250, frequencies: inside, order: order, low: low, high: high))
    }
  }
  for (rate, taps) in [(250.0, 101), (250.0, 128), (500.0, 201), (1000.0, 401)] {
    cases.append(
      DesignCase(kind: "fir", rate: rate, frequencies: mainBand, low: 8, high: 30, taps: taps))
  }
  for gain in [0.02, 0.3, 0.9] {
    cases.append(DesignCase(kind: "onepole", rate: 250, frequencies: mainBand, gain: gain))
  }
  return cases
}()

private let designAnswers = Result { () throws -> [DesignAnswer] in
  let input = try JSONEncoder().encode(designCases)
  let output = try Oracle.python(script: "signal/designs.py", arguments: [], input: input)
  return try JSONDecoder().decode([DesignAnswer].self, from: output)
}

@Suite("Designs against scipy")
struct DesignOracleTests {
  /// Our impulse response, and our sections where there are any.
  func ours(_ each: DesignCase) throws -> (impulse: [Double], sections: [Biquad]?) {
    var impulse = [Double](repeating: 0, count: 512)
    impulse[0] = 1
    let band = Band(low: Hertz(each.low ?? 0), high: Hertz(each.high ?? 0))
    var sections: [Biquad]
    switch each.kind {
    case "butterworth":
      sections = try Butterworth.bandPass(
        order: try #require(each.order), band: band, samplesPerSecond: each.rate)
    case "notch":
      sections = [
        try Notch.section(
          mains: Hertz(try #require(each.mains)), quality: try #require(each.quality),
          samplesPerSecond: each.rate)
      ]
    case "dc":
      let stage = try DCRemoval(
        corner: Hertz(try #require(each.corner)), samplesPerSecond: each.rate, channelCount: 1)
      sections = [stage.section]
    case "onepole":
      // Variances that give this steady gain: q = K² / (1 − K).
      let gain = try #require(each.gain)
      let model = KalmanModel(
        processVariancePerSecond: gain * gain / (1 - gain) * each.rate, measurementVariance: 1)
      let filter = try KalmanFilter(model, samplesPerSecond: each.rate, channelCount: 1)
      let steadyGain = filter.steadyGain
      #expect((steadyGain - gain).magnitude < 1e-12)
      sections = [filter.equivalentSection]
    default:
      let taps = try LinearPhaseFIR.bandPass(
        taps: try #require(each.taps), band: band, samplesPerSecond: each.rate)
      var stage = LinearPhaseFIR(taps: taps, channelCount: 1)
      stage.process(block: &impulse)
      return (impulse, nil)
    }
    var stage = SectionCascade(sections, channelCount: 1)
    stage.process(block: &impulse)
    return (impulse, sections)
  }

  @Test("impulse response, gain and group delay are scipy's", arguments: designCases.indices)
  func agrees(_ index: Int) throws {
    let each = designCases[index]
    let theirs = try designAnswers.get()[index]
    let (impulse, sections) = try ours(each)
    let peak = try #require(theirs.impulse.map(\.magnitude).max())
    for sample in impulse.indices {
      let difference = (impulse[sample] - theirs.impulse[sample]).magnitude
      #expect(difference <= 1e-10 * max(peak, 1e-3), "\(each.testDescription), sample \(sample)")
    }
    for (position, frequency) in each.frequencies.enumerated() {
      let delay: Nanoseconds
      if let sections {
        delay = sections.groupDelay(at: Hertz(frequency), samplesPerSecond: each.rate)
        let gain = sections.gain(at: Hertz(frequency), samplesPerSecond: each.rate)
        #expect((gain - theirs.gains[position]).magnitude < 1e-8, "\(each.testDescription)")
      } else {
        delay = LinearPhaseFIR(
          taps: [Double](repeating: 1, count: try #require(each.taps)), channelCount: 1
        ).groupDelay(samplesPerSecond: each.rate)
      }
      // Poles close to z = 1 are poorly held by the coefficients of a section, scipy's and ours.
      let relative = (each.low ?? 8) / each.rate < 1e-3 ? 1e-4 : 1e-6
      #expect(
        (delay.seconds - theirs.delays[position]).magnitude
          < 2e-9 + theirs.delays[position].magnitude * relative,
        "\(each.testDescription) at \(frequency) Hz")
    }
  }

  @Test("the chain's delays are those of its filters at the centre of the band")
  func chainDelays() throws {
    let chain = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    let delays = chain.groupDelays
    #expect(delays.map(\.name) == ["DC removal", "notch", "band-pass"])
    for delay in delays {
      #expect((delay.at.rawValue - 240.0.squareRoot()).magnitude < 1e-12)
    }
    let (total, window) = (chain.totalGroupDelay, chain.structuralWindow)
    #expect(total.rawValue == delays.map(\.delay.rawValue).reduce(0, +))
    #expect(window == .seconds(1))
  }
}
