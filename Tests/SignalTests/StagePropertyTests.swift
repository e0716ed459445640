// What holds for every signal: linearity, independence of channels, rest.

import RT
import Signal
import TestSupport
import Testing

@Suite("Stage properties")
struct StagePropertyTests {
  func noise(_ count: Int, _ random: inout SplitMix64) -> [Double] {
    (0..<count).map { _ in Double.random(in: -100...100, using: &random) }
  }

  @Test("filters are linear", arguments: 0..<20 as Range<UInt64>)
  func linearity(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let rates = [250.0, 500, 1000]
    let rate = rates[Int.random(in: 0..<3, using: &random)]
    let low = Double.random(in: 2...20, using: &random)
    let high = low + Double.random(in: 3...60, using: &random)
    let band = Band(low: Hertz(low), high: Hertz(high))
    let order = Int.random(in: 1...8, using: &random)
    let sections = try Butterworth.bandPass(order: order, band: band, samplesPerSecond: rate)
    let x = noise(600, &random)
    let y = noise(600, &random)
    let factor = Double.random(in: -3...3, using: &random)
    func filtered(_ input: [Double]) -> [Double] {
      var block = input
      var stage = SectionCascade(sections, channelCount: 2)
      stage.process(block: &block)
      return block
    }
    let (a, b) = (filtered(x), filtered(y))
    let both = filtered(zip(x, y).map { $0 + factor * $1 })
    for index in both.indices {
      #expect((both[index] - (a[index] + factor * b[index])).magnitude < 1e-9)
    }
  }

  @Test("a constant offset leaves no trace", arguments: [-187_500.0, -1, 0, 3, 187_500])
  func offset(_ offset: Double) throws {
    var stage = try DCRemoval(corner: Hertz(0.5), samplesPerSecond: 250, channelCount: 3)
    var block = [Double](repeating: offset, count: 3 * 500)
    stage.process(block: &block)
    #expect(block.allSatisfy { $0 == 0 })
  }

  @Test("the notch takes the mains out and leaves the rest", arguments: Mains.allCases)
  func notch(_ mains: Mains) throws {
    let section = try Notch.section(mains: mains.frequency, quality: 30, samplesPerSecond: 250)
    #expect([section].gain(at: mains.frequency, samplesPerSecond: 250) < 1e-12)
    for frequency in [0.0, 10, 20, 40] {
      let gain = [section].gain(at: Hertz(frequency), samplesPerSecond: 250)
      #expect(gain > 0.98 && gain < 1 + 1e-12, "\(frequency) Hz")
    }
  }

  @Test("a dead input comes to rest at exactly zero, in every recursive stage")
  func rest() throws {
    var dc = try DCRemoval(corner: Hertz(0.5), samplesPerSecond: 250, channelCount: 1)
    var band = SectionCascade(
      try Butterworth.bandPass(
        order: 2, band: Band(low: Hertz(8), high: Hertz(30)), samplesPerSecond: 250),
      channelCount: 1)
    var kalman = try KalmanFilter(
      KalmanModel(processVariancePerSecond: 2e3, measurementVariance: 10), samplesPerSecond: 250,
      channelCount: 1)
    // Starts at 100 µV, then stands at 0 for 40 s.
    var block = [Double](repeating: 0, count: 10_000)
    block[0] = 100
    dc.process(block: &block)
    #expect(block[9_999] == 0 && block[100] != 0)
    block[0] = 100
    band.process(block: &block)
    #expect(block[9_999] == 0)
    block[0] = 100
    kalman.process(block: &block)
    #expect(block[9_999] == 0)
  }

  @Test("channels sum to zero after the common average", arguments: 2...9)
  func commonAverage(_ channels: Int) throws {
    var random = SplitMix64(seed: UInt64(channels))
    var stage = try CommonAverageReference(channelCount: channels)
    var block = noise(channels * 100, &random)
    stage.process(block: &block)
    for frame in 0..<100 {
      let sum = block[frame * channels..<(frame + 1) * channels].reduce(0, +)
      #expect(sum.magnitude < 1e-10)
    }
  }

  @Test("at rest, the Kalman filter is the low-pass that it says", arguments: [1.0, 100, 1e4, 1e6])
  func kalman(_ walk: Double) throws {
    var random = SplitMix64(seed: UInt64(walk))
    let model = KalmanModel(processVariancePerSecond: walk, measurementVariance: 10)
    var filter = try KalmanFilter(model, samplesPerSecond: 250, channelCount: 1)
    // The closed form, as the textbooks have it.
    let q = walk / 250 / 10
    let gain = ((q * q + 4 * q).squareRoot() - q) / 2
    let steadyGain = filter.steadyGain
    #expect((steadyGain - gain).magnitude < 1e-12)
    var estimate = 0.0
    var samples = noise(4000, &random)
    let input = samples
    filter.process(block: &samples)
    for index in input.indices {
      if index == 2000 {
        estimate = samples[index]
        continue
      }
      guard index > 2000 else { continue }
      estimate += gain * (input[index] - estimate)
      #expect((samples[index] - estimate).magnitude < 1e-9, "sample \(index)")
    }
    if let corner = filter.equivalentCorner {
      let half = [filter.equivalentSection].gain(at: corner, samplesPerSecond: 250)
      #expect((half * half - 0.5).magnitude < 1e-9)
    } else {
      let atNyquist = [filter.equivalentSection].gain(at: Hertz(125), samplesPerSecond: 250)
      #expect(atNyquist * atNyquist >= 0.5 - 1e-12)
    }
  }

  @Test("band power is the logarithm of the mean square", arguments: 0..<20 as Range<UInt64>)
  func bandPower(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let window = Int.random(in: 2...60, using: &random)
    var power = try BandPower(
      windowSeconds: Double(window) / 250, samplesPerSecond: 250, channelCount: 2)
    let samples = power.windowSamples
    #expect(samples == window)
    var past: [Double] = []
    for index in 0..<500 {
      // Once a spike of 10⁵ µV, whose rounding errors must not outlive two windows.
      var frame = noise(2, &random)
      if index == 100 { frame[0] = 1e5 }
      unsafe power.process(frame)
      past.append(frame[0])
      let kept = past.suffix(window)
      let meanSquare = kept.reduce(0) { $0 + $1 * $1 } / Double(kept.count)
      let feature = unsafe power.features[0]
      // exp(ln) is exp of an exact comparison in logarithms: 1e-5 right after the spike.
      let tolerance = index > 100 && index < 100 + 2 * window ? 1e-5 : 1e-12
      #expect((feature - logarithm(meanSquare)).magnitude < tolerance, "sample \(index)")
      let isSettled = power.isSettled
      #expect(isSettled == (index + 1 >= window))
    }
    for _ in 0..<2 * window { unsafe power.process([0, 0]) }
    let floor = unsafe power.features[0]
    #expect(floor == logarithm(BandPower.floor))
  }
}
