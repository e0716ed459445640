// Configurations that would not do what they say are refused, each in one clear sentence.

import Foundation
import RT
import Signal
import Testing

func logarithm(_ x: Double) -> Double { log(x) }

struct Refusal: Sendable, CustomTestStringConvertible {
  var fault: SignalFault
  var naming: String
  var rate = 250.0
  var channels = 8
  var change: @Sendable (inout SignalConfiguration) -> Void = { _ in }
  var testDescription: String { fault.message }
}

private func band(_ low: Double, _ high: Double) -> Band {
  Band(low: Hertz(low), high: Hertz(high))
}

private let refusals: [Refusal] = [
  Refusal(fault: .noChannels, naming: "no channel", channels: 0),
  Refusal(fault: .rateNotPositive(0), naming: "0.0", rate: 0),
  Refusal(fault: .rateNotPositive(.infinity), naming: "inf", rate: .infinity),
  Refusal(fault: .commonAverageOfOneChannel, naming: "switch it off", channels: 1),
  Refusal(fault: .dcCornerOutOfRange(Hertz(0), nyquist: Hertz(125)), naming: "125") {
    $0.dcCorner = Hertz(0)
  },
  Refusal(fault: .dcCornerInBand(Hertz(8), low: Hertz(8)), naming: "8.0") {
    $0.dcCorner = Hertz(8)
  },
  Refusal(
    fault: .mainsOverNyquist(Hertz(60), nyquist: Hertz(60)), naming: "60", rate: 120
  ) { $0.mains = .hertz60 },
  Refusal(fault: .notchQualityOutOfRange(0.5), naming: "0.5") { $0.notchQuality = 0.5 },
  Refusal(fault: .notchQualityOutOfRange(201), naming: "201") { $0.notchQuality = 201 },
  Refusal(fault: .bandOutOfOrder(low: Hertz(30), high: Hertz(8)), naming: "30.0–8.0") {
    $0.bandPass = .butterworth(order: 2, band(30, 8))
  },
  Refusal(fault: .bandOutOfOrder(low: Hertz(0), high: Hertz(8)), naming: "0.0–8.0") {
    $0.bandPass = .butterworth(order: 2, band(0, 8))
  },
  Refusal(fault: .bandOverNyquist(high: Hertz(125), nyquist: Hertz(125)), naming: "125") {
    $0.bandPass = .fir(taps: 125, band(8, 125))
  },
  Refusal(fault: .orderOutOfRange(0), naming: "order 0") {
    $0.bandPass = .butterworth(order: 0, band(8, 30))
  },
  Refusal(fault: .orderOutOfRange(9), naming: "order 9") {
    $0.bandPass = .butterworth(order: 9, band(8, 30))
  },
  Refusal(
    fault: .bandTooNarrow(low: Hertz(0.6), high: Hertz(0.6 + 1e-6)), naming: "0.6", rate: 16_000
  ) { $0.bandPass = .butterworth(order: 8, band(0.6, 0.6 + 1e-6)) },
  Refusal(fault: .tapsOutOfRange(2), naming: "2 taps") {
    $0.bandPass = .fir(taps: 2, band(8, 30))
  },
  Refusal(fault: .varianceNotPositive(name: "process variance", 0), naming: "process variance") {
    $0.kalman = KalmanModel(processVariancePerSecond: 0, measurementVariance: 1)
  },
  Refusal(
    fault: .varianceNotPositive(name: "measurement variance", -1), naming: "measurement variance"
  ) { $0.kalman = KalmanModel(processVariancePerSecond: 1, measurementVariance: -1) },
  Refusal(
    fault: .thresholdNotPositive(name: "amplitude threshold (µV)", 0), naming: "amplitude"
  ) { $0.gate.amplitude = Microvolts(0) },
  Refusal(
    fault: .thresholdNotPositive(name: "gradient threshold (µV/s)", -5), naming: "gradient"
  ) { $0.gate.gradientMicrovoltsPerSecond = -5 },
  Refusal(fault: .thresholdNotPositive(name: "hold-off (s)", 0), naming: "hold-off") {
    $0.gate.holdOff = .zero
  },
  Refusal(fault: .thresholdNotPositive(name: "gap tolerance (s)", -1), naming: "gap tolerance") {
    $0.gapTolerance = .seconds(-1)
  },
  Refusal(
    fault: .leadOffBeyondMontage(channel: 5, channelCount: 4), naming: "channel 5", channels: 4
  ) { $0.gate.leadOffNegative = 0b1_0000 },
  Refusal(fault: .windowOutOfRange(seconds: 0.004, samples: 1), naming: "0.004") {
    $0.windowSeconds = 0.004
  },
  Refusal(fault: .windowOutOfRange(seconds: 1e9, samples: 250e9), naming: "samples") {
    $0.windowSeconds = 1e9
  },
]

@Suite("Refused configurations")
struct RefusalTests {
  func fault(_ configuration: SignalConfiguration, _ montage: Montage) -> SignalFault? {
    do throws(SignalFault) {
      _ = try SignalChain(configuration, montage: montage)
      return nil
    } catch {
      return error
    }
  }

  @Test("a chain that would not do what it says is not made", arguments: refusals.indices)
  func refused(_ index: Int) {
    let each = refusals[index]
    var configuration = SignalConfiguration()
    each.change(&configuration)
    let montage = RealRecording.montage(rate: each.rate, channels: each.channels)
    #expect(fault(configuration, montage) == each.fault)
    #expect(each.fault.message.contains(each.naming), "\(each.fault.message)")
  }

  @Test("a count must have a size", arguments: [0, -1, .nan, .infinity] as [Double])
  func scale(_ size: Double) throws {
    var montage = RealRecording.montage()
    montage.channels[3].microvoltsPerCount = size
    let found = try #require(fault(SignalConfiguration(), montage))
    #expect(found.message.contains("channel 4"))
  }

  @Test("NaN is refused wherever a number is taken")
  func notANumber() {
    let changes: [(inout SignalConfiguration) -> Void] = [
      { $0.dcCorner = Hertz(.nan) }, { $0.notchQuality = .nan }, { $0.windowSeconds = .nan },
      { $0.bandPass = .butterworth(order: 2, band(.nan, 30)) },
      { $0.bandPass = .fir(taps: 125, band(8, .nan)) }, { $0.gate.flat = Microvolts(.nan) },
      { $0.kalman = KalmanModel(processVariancePerSecond: .nan, measurementVariance: 1) },
    ]
    for (index, change) in changes.enumerated() {
      var configuration = SignalConfiguration()
      change(&configuration)
      #expect(fault(configuration, RealRecording.montage()) != nil, "change \(index)")
    }
    #expect(fault(SignalConfiguration(), RealRecording.montage(rate: .nan)) != nil)
  }

  @Test("eight taps at 250 Hz are refused with the response that they have")
  func eightTaps() throws {
    var configuration = SignalConfiguration()
    configuration.bandPass = .fir(taps: 8, band(8, 30))
    guard case .tooFewTaps(8, let measured)? = fault(configuration, RealRecording.montage()) else {
      Issue.record("eight taps were accepted")
      return
    }
    // A weak low-pass: firwin(8, [8, 30], window='hann', fs=250) by scipy's freqz.
    #expect((measured.atDC - 1.1).magnitude < 0.1)
    let at50 = try #require(measured.at50Hertz)
    #expect((at50 + 7.3).magnitude < 0.1)
    let message = SignalFault.tooFewTaps(8, measured: measured).message
    #expect(message.contains("+1.1 dB at DC") && message.contains("−7.3 dB at 50 Hz"), "\(message)")
  }

  @Test(
    "the shortest filter that is let through is a band-pass",
    arguments: [(250.0, 62), (500, 123), (1000, 245)])
  func shortest(_ rate: Double, _ atLeast: Int) throws {
    func accepted(_ taps: Int) -> Bool {
      (try? LinearPhaseFIR.bandPass(taps: taps, band: band(8, 30), samplesPerSecond: rate)) != nil
    }
    let first = try #require((3...1000).first(where: accepted))
    let refusedAbove = (first..<first + 200).filter { !accepted($0) }
    #expect(refusedAbove.isEmpty, "once long enough, longer is too")
    #expect((first - atLeast).magnitude <= Int(0.02 * Double(atLeast)), "\(first)")
  }

  @Test("a Kalman filter that would take the band away is refused, a fast one is not")
  func kalman() {
    var configuration = SignalConfiguration()
    configuration.kalman = KalmanModel(processVariancePerSecond: 10, measurementVariance: 100)
    guard
      case .kalmanCutsBand(let corner, let centre)? = fault(
        configuration, RealRecording.montage())
    else {
      Issue.record("a low-pass under the band was accepted")
      return
    }
    #expect(corner < centre)
    configuration.kalman = KalmanModel(processVariancePerSecond: 2e5, measurementVariance: 10)
    #expect(fault(configuration, RealRecording.montage()) == nil)
  }
}
