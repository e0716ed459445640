// The impedance meter's mathematics against scipy's and numpy's, and its refusals.

import Foundation
import Signal
import TestSupport
import Testing

private struct Question: Encodable {
  var kind: String
  var decimation: Int?
  var period: Int?
  var averaged: Int?
  var phase: Int?
  var counts: [Int]?
  var bins: [Int]?
}

private func ask(_ questions: [Question]) throws -> [[Double]] {
  let output = try Oracle.python(
    script: "signal/impedance.py", input: try JSONEncoder().encode(questions))
  return try JSONDecoder().decode([[Double]].self, from: output)
}

@Suite("Impedance against scipy")
struct ImpedanceOracleTests {
  @Test("the filter's gain is that of three boxcars by scipy.signal.freqz")
  func filterGain() throws {
    let answers = try ask(
      CurrentCase.all.map {
        Question(kind: "gain", decimation: $0.decimation, period: $0.periodSamples)
      })
    for (each, theirs) in zip(CurrentCase.all, answers) {
      let excitation = try each.excitation()
      #expect((excitation.filterGain - theirs[0]).magnitude < 1e-9, "\(each.testDescription)")
      // What the folded harmonics can add, as far as theirs reach.
      var folded = 0.0
      for (index, harmonic) in stride(from: 1, through: 31, by: 2).enumerated().dropFirst() {
        let place = harmonic % each.periodSamples
        guard place == 1 || place == each.periodSamples - 1 else { continue }
        folded += theirs[index] / Double(harmonic)
      }
      let bound = folded / theirs[0]
      #expect(excitation.phaseError >= bound - 1e-9 && excitation.phaseError < bound * 1.02 + 1e-5)
    }
    #expect((try CurrentCase(code: 6, periodSamples: 4).excitation().filterGain - 0.7297) < 1e-4)
  }

  @Test("means of conversions: the gain is scipy's, and no phase reads beyond the phase error")
  func means() throws {
    for (averaged, period) in [(2, 4), (2, 8), (4, 4)] {
      // The same current before means are taken.
      let before = CurrentCase(code: 6, periodSamples: period * averaged)
      let excitation = try ImpedanceExcitation(
        amperes: 6e-9, periodSamples: period, samplesPerSecond: 250 / Double(averaged),
        decimation: before.decimation, averaged: averaged)
      let theirs = try ask([
        Question(
          kind: "gain", decimation: before.decimation, period: period, averaged: averaged)
      ])[0]
      #expect((excitation.filterGain - theirs[0]).magnitude < 1e-9)
      var worst = 0.0
      for phase in stride(from: 0, to: before.decimation * period * averaged, by: 61) {
        let conversions = before.wave(phase: phase)
        var (real, imaginary) = (0.0, 0.0)
        for sample in 0..<period {
          let mean =
            conversions[(sample * averaged)..<((sample + 1) * averaged)].reduce(0, +)
            / Double(averaged)
          let angle = 2 * Double.pi * Double(sample) / Double(period)
          real += mean * cos(angle) * 2 / Double(period)
          imaginary += mean * sin(angle) * 2 / Double(period)
        }
        let peak = (real * real + imaginary * imaginary).squareRoot()
        let expected = 4 / Double.pi * excitation.filterGain
        worst = max(worst, (peak / expected - 1).magnitude)
      }
      #expect(worst <= excitation.phaseError + 1e-6, "\(averaged), \(period): \(worst)")
      #expect(worst > 0.8 * excitation.phaseError, "\(averaged), \(period): \(worst)")
    }
  }

  @Test("the square wave of these tests is scipy.signal.lfilter's")
  func wave() throws {
    let cases = [(6, 8, 777), (6, 4, 0), (6, 4, 4_096), (4, 32, 12_345), (0, 512, 9)]
    let answers = try ask(
      cases.map {
        Question(kind: "wave", decimation: 64 << $0.0, period: $0.1, phase: $0.2)
      })
    for (each, theirs) in zip(cases, answers) {
      let ours = CurrentCase(code: each.0, periodSamples: each.1).wave(phase: each.2)
      #expect(ours.count == theirs.count)
      for index in ours.indices {
        // Ours drops one sample more than the filter needs to settle.
        let difference = ours[index] - theirs[(index + 1) % theirs.count]
        #expect(difference.magnitude < 1e-9, "\(each), sample \(index)")
      }
    }
  }

  @Test("amplitude and noise are those of numpy's FFT under scipy's Hann window")
  func spectrum() throws {
    var random = SplitMix64(seed: 1)
    let ends = [CurrentCase.usual, CurrentCase(code: 4, periodSamples: 128)]
    var questions: [Question] = []
    var readings: [(reading: ImpedanceReading, excitation: ImpedanceExcitation)] = []
    for each in ends {
      var bench = try MeterBench(each)
      let samples = bench.meter.windowSamples
      let wave = each.wave(phase: 3_333)
      var counts: [Int] = []
      let offset = 50_000.0
      for index in 0..<samples {
        let other = offset + 20 * random.normal() + 0.3 * Double(index)
        let microvolts = 480 * wave[index % wave.count] + other
        counts.append(Int((microvolts / bench.scale).rounded()))
        bench.feed(UInt64(index), microvolts: [microvolts])
      }
      let bin = samples / each.periodSamples
      questions.append(
        Question(
          kind: "spectrum", counts: counts, bins: [bin, bin - 3, bin - 2, bin + 2, bin + 3]))
      readings.append((bench.meter.latest(0), try each.excitation()))
    }
    for ((reading, excitation), theirs) in zip(readings, try ask(questions)) {
      let ohmsPerCount = 4.5 / 24 / 8_388_607 / excitation.voltsPerOhm
      let ohms = theirs[0] * ohmsPerCount
      let power = theirs[1...].map { $0 * $0 }.reduce(0, +) / 4
      let uncertainty =
        3 * (power / 2).squareRoot() * ohmsPerCount + excitation.phaseError * ohms
        + 2 / Double.pi * ohmsPerCount
      #expect((try #require(reading.ohms) - ohms).magnitude < 1e-9 * ohms)
      #expect((try #require(reading.uncertainty) - uncertainty).magnitude < 1e-6 * uncertainty)
    }
  }
}

@Suite("Impedance: formulas and refusals")
struct ImpedanceFormulaTests {
  @Test("√2 σ / I reads up to 27 % high, as published formulas do; ours does not")
  func others() throws {
    let each = CurrentCase(code: 4, periodSamples: 32)
    var bench = try MeterBench(each)
    let wave = each.wave(phase: 0)
    bench.feed(windows: 1, wave: wave, microvolts: 6e-3 * 10_000)
    // The band around 31 Hz alone: the fundamental.
    let gain = try each.excitation().filterGain
    let deviation = 4 / Double.pi * gain * 60e-6 / 2.0.squareRoot()
    let theirs = 2.0.squareRoot() * deviation / 6e-9
    #expect(theirs / 10_000 > 1.26 && theirs / 10_000 < 1.274)
    #expect((try #require(bench.meter.latest(0).ohms) / 10_000 - 1).magnitude < 0.001)
  }

  @Test("mains beside the current is found, at the rates where it lies there")
  func collisions() throws {
    func harmonic(_ code: Int, _ period: Int, _ mains: Mains) throws -> Int? {
      try CurrentCase(code: code, periodSamples: period).excitation().collidingHarmonic(of: mains)
    }
    // 62.5 Hz, 125 Hz, 250 Hz, 500 Hz.
    #expect(try harmonic(6, 4, .hertz60) == 1)
    #expect(try harmonic(6, 4, .hertz50) == nil)
    #expect(try harmonic(5, 4, .hertz60) == nil)
    #expect(try harmonic(5, 4, .hertz50) == nil)
    #expect(try harmonic(4, 4, .hertz50) == 5)
    #expect(try harmonic(4, 4, .hertz60) == nil)
    #expect(try harmonic(3, 4, .hertz60) == nil)
    for code in 0...6 {
      for mains in Mains.allCases {
        #expect(try harmonic(code, 512 >> code, mains) == nil)
        #expect(try harmonic(code, 2_048 >> code, mains) == nil)
      }
    }
  }

  @Test("what cannot be measured is refused with one sentence")
  func refusals() throws {
    for (amperes, period, decimation) in [
      (0.0, 8, 64), (-1, 8, 64), (.nan, 8, 64), (6e-9, 6, 64), (6e-9, 2, 64), (6e-9, 8, 0),
    ] {
      #expect(throws: ImpedanceFault.self) {
        try ImpedanceExcitation(
          amperes: amperes, periodSamples: period, samplesPerSecond: 250, decimation: decimation)
      }
    }
    let excitation = try CurrentCase.usual.excitation()
    func fault(_ montage: Montage, _ correction: ImpedanceCorrection) -> ImpedanceFault? {
      do {
        _ = try ImpedanceMeter(excitation, montage: montage, correction: correction)
        return nil
      } catch {
        #expect(error.message.contains(":") && !error.message.contains("\n"))
        return error
      }
    }
    let montage = RealRecording.montage()
    #expect(fault(montage, ImpedanceCorrection()) == nil)
    #expect(fault(RealRecording.montage(channels: 0), ImpedanceCorrection()) == .noChannels)
    #expect(
      fault(RealRecording.montage(rate: 500), ImpedanceCorrection())
        == .rateDiffers(montage: 500, excitation: 250))
    for correction in [
      ImpedanceCorrection(calibration: 0), ImpedanceCorrection(seriesOhms: -1),
      ImpedanceCorrection(calibration: 1, seriesOhms: .infinity),
    ] {
      #expect(
        fault(montage, correction)
          == .correctionImpossible(
            calibration: correction.calibration, seriesOhms: correction.seriesOhms))
    }
    var wrong = montage
    wrong.channels[3].microvoltsPerCount = 0
    #expect(
      fault(wrong, ImpedanceCorrection()) == .scaleOutOfRange(channel: 3, microvoltsPerCount: 0))
  }

  @Test("a reading has the grade that its thresholds say, and none when there is no number")
  func grades() {
    let thresholds = ContactThresholds()
    #expect(thresholds.areUsable)
    func grade(_ reading: ImpedanceReading, fullScale: Double = 3e7) -> ContactGrade {
      thresholds.grade(reading, fullScaleOhms: fullScale)
    }
    #expect(grade(.measured(ohms: 9_999, uncertainty: 1)) == .good)
    #expect(grade(.measured(ohms: 10_000, uncertainty: 1)) == .fair)
    #expect(grade(.measured(ohms: 50_000, uncertainty: 1)) == .poor)
    #expect(grade(.measured(ohms: 1e6, uncertainty: 1)) == .off)
    #expect(grade(.below(ohms: 4_000)) == .good)
    #expect(grade(.below(ohms: 10_000)) == .unknown)
    #expect(grade(.open) == .off)
    // 24 µA saturate at 7.8 kΩ: no sign that anything is off.
    #expect(grade(.open, fullScale: 7_800) == .unknown)
    for reading: ImpedanceReading in [
      .settling, .saturated, .drowned(uncertainty: 1), .lessThanSeries(ohms: -1, uncertainty: 0),
    ] {
      #expect(grade(reading) == .unknown)
    }
    var upsideDown = ContactThresholds()
    upsideDown.fair = 5_000
    #expect(!upsideDown.areUsable)
  }

  @Test("the range is what 24 µA leave of it: 7.8 kΩ at gain 24")
  func range() throws {
    let bench = try MeterBench(.usual, amperes: 24e-6)
    #expect((bench.meter.fullScaleOhms(ofChannel: 0) - 7_812.5).magnitude < 0.1)
  }
}
