// The lead-off current of the model, and the meter that reads it: what was put in comes out.

import Foundation
import Signal
import TestSupport
import Testing

@testable import Amplifiers

/// Runs the model with a current through its electrodes, and feeds what it delivers to a meter.
private struct Measurement {
  var readings: [ImpedanceReading] = []
  var frames: [Received] = []

  init(
    _ chip: ADS1299Configuration, input: ModelInput = .silence, conditions: ModelConditions,
    windows: Int = 1, correction: ImpedanceCorrection = ImpedanceCorrection()
  ) throws {
    let excitation = try #require(try chip.impedanceExcitation())
    var meter = try ImpedanceMeter(
      excitation, montage: chip.montage(labels: []), correction: correction)
    var conditions = conditions
    conditions.stallAt = UInt64(windows * meter.windowSamples)
    frames = try run(
      chip, input: input, conditions: conditions, capacity: 1 << 16
    ).frames
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: FrameSlot.byteCount(channelCount: 8), alignment: 64)
    defer { unsafe memory.deallocate() }
    let slot = unsafe FrameSlot(memory)
    for frame in frames {
      slot.header = frame.header
      for (channel, count) in frame.counts.enumerated() { slot.setCount(channel, to: count) }
      meter.feed(slot)
    }
    readings = (0..<meter.channelCount).map { meter.mean($0) }
  }
}

private func allows(_ reading: ImpedanceReading, _ truth: Double, margin: Double = 1) -> Bool {
  switch reading {
  case .measured(let ohms, let uncertainty): (ohms - truth).magnitude <= margin * uncertainty
  case .below(let limit): truth <= margin * limit
  default: false
  }
}

private let frequencies: [ADS1299.LeadOff.Frequency] = [.hertz8, .hertz31, .quarterRate]

@Suite("Impedance on the model")
struct ImpedanceTests {
  @Test(
    "any resistance, at any rate, gain, frequency, current and phase, is measured as it is",
    arguments: ADS1299.DataRate.allCases)
  func random(_ rate: ADS1299.DataRate) throws {
    var random = SplitMix64(seed: UInt64(rate.rawValue))
    for frequency in frequencies {
      for _ in 0..<(rate.rawValue < 3 ? 1 : 4) {
        let gain = try #require(ADS1299.Gain.allCases.randomElement(using: &random))
        let current: ADS1299.LeadOff.Current =
          Bool.random(using: &random)
          ? .nanoamperes6 : .nanoamperes24
        var chip = ADS1299Configuration(dataRate: rate, gain: gain)
        chip.measureImpedance(current: current, frequency: frequency)
        chip.leadOff?.flipped = ADS1299.ChannelMask(
          rawValue: UInt8.random(in: 0...255, using: &random))
        var conditions = ModelConditions()
        let ohms = (0..<8).map { _ in Double.random(in: 0...200_000, using: &random) }
        conditions.electrodeOhmsPositive = ElectrodeOhms(ohms)
        conditions.referenceOhms = 30_000
        conditions.leadOffPhase = Int64.random(in: -1_000_000...1_000_000, using: &random)
        let measurement = try Measurement(chip, conditions: conditions)
        for channel in 0..<8 {
          let reading = measurement.readings[channel]
          #expect(
            allows(reading, ohms[channel]),
            "\(frequency), \(gain), \(current): \(ohms[channel]) Ω gave \(reading)")
          if case .measured(let found, let uncertainty) = reading {
            // Nothing but rounding and, at fDR / 4, the unknown phase.
            #expect(uncertainty < 50 + 0.016 * found)
          }
        }
      }
    }
  }

  @Test(
    "the wave of the model is scipy's three boxcars over a square wave",
    arguments: [
      (ADS1299.DataRate.sps16k, ADS1299.LeadOff.Frequency.hertz31, Int64(0)),
      (.sps16k, .quarterRate, 17), (.sps1k, .hertz8, 100_000), (.sps250, .quarterRate, 4_097),
      (.sps250, .hertz31, 5_000),
    ])
  func wave(
    _ rate: ADS1299.DataRate, _ frequency: ADS1299.LeadOff.Frequency, _ phase: Int64
  ) throws {
    let period = try #require(frequency.periodSamples(at: rate))
    let question: [String: Any] = [
      "kind": "wave", "decimation": rate.decimation, "period": period, "phase": phase,
    ]
    let output = try Oracle.python(
      script: "signal/impedance.py",
      input: try JSONSerialization.data(withJSONObject: [question]))
    let theirs = try #require(try JSONDecoder().decode([[Double]].self, from: output).first)
    var chip = ADS1299Configuration(dataRate: rate, gain: .x24)
    chip.measureImpedance(current: .nanoamperes24, frequency: frequency)
    var conditions = ModelConditions()
    conditions.electrodeOhmsPositive = [5_000_000]
    conditions.leadOffPhase = phase
    let frames = try Measurement(chip, conditions: conditions).frames
    let amplitude = 24e-9 * 5e6 * 1e6 / ADS1299.Gain.x24.microvoltsPerCount
    for index in 0..<period {
      // Theirs begins with conversion 4.
      let count = Double(frames[4 + index].counts[0])
      #expect((count - amplitude * theirs[index]).magnitude <= 0.5 + 1e-6, "sample \(index)")
    }
  }

  @Test("the currents of all channels meet in the reference; one channel's alone measures it")
  func reference() throws {
    var conditions = ModelConditions()
    conditions.electrodeOhmsPositive = ElectrodeOhms(Array(repeating: 40_000, count: 8))
    conditions.referenceOhms = 7_000
    var chip = ADS1299Configuration()
    chip.measureImpedance(.reference)
    for reading in try Measurement(chip, conditions: conditions).readings {
      #expect(allows(reading, 7_000), "\(reading)")
    }
    chip.leadOff?.negative = .first(8)
    for reading in try Measurement(chip, conditions: conditions).readings {
      #expect(allows(reading, 56_000), "\(reading)")
    }
    // Without SRB1 every channel has a negative electrode of its own.
    chip.connectsSRB1 = false
    conditions.electrodeOhmsNegative = [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000]
    chip.leadOff?.positive = .first(8)
    let readings = try Measurement(chip, conditions: conditions).readings
    for channel in 0..<8 {
      #expect(allows(readings[channel], 41_000 + 1_000 * Double(channel)), "\(readings[channel])")
    }
  }

  @Test("where SRB2 is the reference, the electrodes are at the negative inputs")
  func secondReference() throws {
    var conditions = ModelConditions()
    conditions.electrodeOhmsNegative = [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000]
    conditions.electrodeOhmsPositive = [9e5, 9e5, 9e5, 9e5, 9e5, 9e5, 9e5, 20_000]
    conditions.referenceOhms = 12_000
    var chip = ADS1299Configuration()
    chip.connectsSRB1 = false
    for channel in 0..<7 { chip.channels[channel].connectsSRB2 = true }
    chip.measureImpedance()
    #expect(chip.leadOff?.negative.rawValue == 0x7F && chip.leadOff?.positive.rawValue == 0x80)
    let readings = try Measurement(chip, conditions: conditions).readings
    for channel in 0..<7 {
      #expect(allows(readings[channel], 1_000 * Double(channel + 1)), "\(readings[channel])")
    }
    #expect(allows(readings[7], 20_000))
    chip.measureImpedance(.reference)
    #expect(chip.leadOff?.positive.rawValue == 1 && chip.leadOff?.negative.isEmpty == true)
    let reference = try Measurement(chip, conditions: conditions).readings
    for channel in 0..<7 { #expect(allows(reference[channel], 12_000)) }
    // Channel 8 has nothing to do with it.
    #expect(allows(reference[7], 0))
    for channel in 0..<8 { chip.channels[channel].connectsSRB2 = false }
    chip.measureImpedance(.reference)
    #expect(chip.leadOff == nil)
  }

  @Test("a direct current shifts its channel by I · Z, and nothing else")
  func direct() throws {
    let samples = table(rows: 300)
    var chip = ADS1299Configuration()
    chip.leadOff = .init(
      settings: ADS1299.LeadOff(current: .nanoamperes24), positive: [.init(rawValue: 0b101)])
    chip.leadOff?.flipped = .init(rawValue: 0b100)
    var conditions = stalling(at: 300)
    conditions.electrodeOhmsPositive = [100_000, 100_000, 50_000]
    let frames = try run(chip, input: .recording(samples), conditions: conditions).frames
    let shift = 24e-9 * 100_000 * 1e6 / ADS1299.Gain.x24.microvoltsPerCount
    for (index, frame) in frames.enumerated() {
      let row = samples.row(index)
      #expect(frame.counts[0] == row[0] + Int32(shift.rounded()))
      #expect(frame.counts[1] == row[1])
      let lowered = max(-8_388_608, Double(row[2]) - shift / 2)
      #expect((Double(frame.counts[2]) - lowered).magnitude <= 0.5)
    }
  }

  @Test("no current, no change: the recording comes out count by count, whatever the electrodes")
  func off() throws {
    let samples = table(rows: 300)
    var conditions = stalling(at: 300)
    conditions.electrodeOhmsPositive = [1e6, 1e6, .infinity]
    conditions.referenceOhms = .infinity
    conditions.detachedPositive = .first(8)
    let frames = try run(input: .recording(samples), conditions: conditions).frames
    #expect(frames.count == 300)
    for (index, frame) in frames.enumerated() { #expect(frame.counts == samples.row(index)) }
  }

  @Test("an electrode that is off drives its channel to both ends, with AC; to one, with DC")
  func detached() throws {
    var chip = ADS1299Configuration()
    chip.measureImpedance()
    var conditions = ModelConditions()
    conditions.electrodeOhmsPositive = [5_000, 5_000, .infinity]
    conditions.detachedPositive = .init(rawValue: 0b10)
    let measurement = try Measurement(chip, conditions: conditions)
    #expect(allows(measurement.readings[0], 5_000))
    #expect(measurement.readings[1] == .open && measurement.readings[2] == .open)
    let status = try #require(measurement.frames.last).header.statusWord
    #expect(ADS1299StatusWord(rawValue: status).leadOffPositive == 0b10)
    chip.leadOff?.settings.frequency = .direct
    var stalled = conditions
    stalled.stallAt = 20
    let frames = try run(chip, input: .silence, conditions: stalled).frames
    #expect(frames.allSatisfy { $0.counts[1] == 8_388_607 && $0.counts[2] == 8_388_607 })
    #expect(try chip.impedanceExcitation() == nil)
  }

  @Test("a chip whose current is not what is printed is corrected by its calibration")
  func calibration() throws {
    var chip = try ADS1299Configuration(samplesPerSecond: 500, gain: 12)
    chip.measureImpedance()
    var conditions = ModelConditions()
    conditions.leadOffCurrentShare = 0.9
    conditions.electrodeOhmsPositive = ElectrodeOhms(Array(repeating: 12_200, count: 8))
    let raw = try Measurement(chip, conditions: conditions).readings[0]
    #expect(allows(raw, 0.9 * 12_200))
    let corrected = try Measurement(
      chip, conditions: conditions,
      correction: ImpedanceCorrection(calibration: 1 / 0.9, seriesOhms: 2_200))
    #expect(allows(corrected.readings[7], 10_000))
  }

  @Test("samples that the host lost and frames that were corrupt do not falsify the reading")
  func losses() throws {
    var chip = try ADS1299Configuration(samplesPerSecond: 1_000, gain: 24)
    chip.measureImpedance()
    var conditions = ModelConditions()
    conditions.electrodeOhmsPositive = [10_000]
    conditions.badStatus = ConversionSpan(first: 1_500, count: 2)
    conditions.lostEdges = ConversionSpan(first: 5_000, count: 3)
    let measurement = try Measurement(chip, conditions: conditions, windows: 8)
    #expect(measurement.frames.count < 8_192)
    #expect(allows(measurement.readings[0], 10_000))
  }

  @Test("only channels that measure an electrode are given a current")
  func channels() throws {
    var chip = ADS1299Configuration()
    chip.channels[2].input = .shorted
    chip.channels[5].isPoweredDown = true
    chip.measureImpedance()
    #expect(chip.leadOff?.positive.rawValue == 0b1101_1011)
    try chip.validate()
    let values = chip.registerValues()
    // 6 nA, 31.2 Hz.
    #expect(values[4] == 0b0000_0010 && values[0x0F] == 0b1101_1011 && values[0x10] == 0)
  }

  @Test("periods are the data sheet's frequencies at the nominal clock, exactly")
  func periods() {
    for rate in ADS1299.DataRate.allCases {
      for (frequency, hertz) in [
        (ADS1299.LeadOff.Frequency.hertz8, 2_048_000.0 / 262_144),
        (.hertz31, 2_048_000.0 / 65_536), (.quarterRate, Double(rate.samplesPerSecond) / 4),
      ] {
        #expect(
          frequency.periodSamples(at: rate).map { Double(rate.samplesPerSecond) / Double($0) }
            == hertz)
      }
      #expect(ADS1299.LeadOff.Frequency.direct.periodSamples(at: rate) == nil)
    }
  }
}
