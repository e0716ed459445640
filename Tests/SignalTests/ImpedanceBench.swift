// What the tests of the impedance meter share: a converter's view of a square wave, made by
// integrators and combs and not by a formula, and a meter that is fed with it.

import Foundation
import Signal
import TestSupport
import Testing

/// One of the currents that the ADS1299 has, at one of its rates.
struct CurrentCase: Sendable, CustomTestStringConvertible {
  /// DR of CONFIG1.
  var code: Int
  var periodSamples: Int

  var rate: Double { Double(16_000 >> code) }
  var decimation: Int { 64 << code }
  var testDescription: String { "\(Int(rate)) SPS, \(rate / Double(periodSamples)) Hz" }

  func excitation(amperes: Double = 6e-9) throws -> ImpedanceExcitation {
    try ImpedanceExcitation(
      amperes: amperes, periodSamples: periodSamples, samplesPerSecond: rate,
      decimation: decimation)
  }

  /// All frequencies at all rates.
  static let all: [CurrentCase] = (0...6).flatMap { code in
    [2_048 >> code, 512 >> code, 4].map { CurrentCase(code: code, periodSamples: $0) }
  }
  /// 250 SPS, 31.25 Hz.
  static let usual = CurrentCase(code: 6, periodSamples: 8)

  /// One period of a square wave of ±1 after a sinc³ filter: three integrators at the modulator's
  /// clock, three combs at the sample rate.
  func wave(phase: Int) -> [Double] {
    let period = periodSamples * decimation
    var integrators = (Int64(0), Int64(0), Int64(0))
    var combs = (Int64(0), Int64(0), Int64(0))
    var samples: [Double] = []
    for sample in 0..<periodSamples + 4 {
      for clock in 0..<decimation {
        let place = (sample * decimation + clock + phase) % period
        integrators.0 &+= place < period / 2 ? 1 : -1
        integrators.1 &+= integrators.0
        integrators.2 &+= integrators.1
      }
      let first = integrators.2 &- combs.0
      combs.0 = integrators.2
      let second = first &- combs.1
      combs.1 = first
      let third = second &- combs.2
      combs.2 = second
      samples.append(Double(third) / pow(Double(decimation), 3))
    }
    return Array(samples[4...])
  }
}

/// Feeds frames by their index.
struct MeterBench: ~Copyable {
  var meter: ImpedanceMeter
  let frame: FrameMemory
  let scale: Double

  /// - Parameter gain: of every channel.
  init(
    _ each: CurrentCase, amperes: Double = 6e-9, gain: Double = 24, channels: Int = 1,
    correction: ImpedanceCorrection = ImpedanceCorrection()
  ) throws {
    scale = 4.5e6 / gain / 8_388_607
    let scale = scale
    meter = try ImpedanceMeter(
      each.excitation(amperes: amperes),
      montage: Montage(
        channels: (0..<channels).map { .init(label: "E\($0)", microvoltsPerCount: scale) },
        samplesPerSecond: each.rate),
      correction: correction)
    frame = FrameMemory(channelCount: channels)
  }

  /// Rounds and clips as the converter does.
  mutating func feed(
    _ index: UInt64, microvolts: [Double], flags: FrameFlags = [], epoch: UInt32 = 0
  ) {
    let counts = microvolts.map { Int32(max(-8_388_608, min(8_388_607, ($0 / scale).rounded()))) }
    frame.set(counts[...], flags: flags)
    var header = frame.slot.header
    header.sampleIndex = index
    header.configurationEpoch = epoch
    frame.slot.header = header
    meter.feed(frame.slot)
  }

  /// Feeds so many windows of `current · ohms · wave`, a volt being a million microvolts.
  mutating func feed(
    windows: Int, from start: UInt64 = 0, wave: [Double], microvolts amplitude: Double,
    adding other: (UInt64) -> Double = { _ in 0 }
  ) {
    for index in start..<start + UInt64(windows * meter.windowSamples) {
      let place = Int(index % UInt64(wave.count))
      feed(index, microvolts: [amplitude * wave[place] + other(index)])
    }
  }
}

extension ImpedanceReading {
  /// Whether the truth may be so, by what the reading says; nil when it says nothing.
  func allows(_ truth: Double, margin: Double = 1) -> Bool? {
    switch self {
    case .measured(let ohms, let uncertainty), .lessThanSeries(let ohms, let uncertainty):
      (ohms - truth).magnitude <= margin * uncertainty
    case .below(let limit): truth <= margin * limit
    case .settling, .drowned, .saturated, .open: nil
    }
  }

  var ohms: Double? {
    if case .measured(let ohms, _) = self { ohms } else { nil }
  }

  var uncertainty: Double? {
    switch self {
    case .measured(_, let uncertainty), .lessThanSeries(_, let uncertainty),
      .drowned(let uncertainty):
      uncertainty
    case .below(let limit): limit
    case .settling, .saturated, .open: nil
    }
  }
}

extension SplitMix64 {
  /// Evenly in a range of magnitudes.
  mutating func logarithmic(_ range: ClosedRange<Double>) -> Double {
    exp(Double.random(in: log(range.lowerBound)...log(range.upperBound), using: &self))
  }

  /// Of variance 1 (Box and Muller 1958).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &self))).squareRoot()
    return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
  }
}
