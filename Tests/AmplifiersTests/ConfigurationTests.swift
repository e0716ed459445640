// What a person may ask of the chip.

import Signal
import Testing

@testable import Amplifiers

@Suite("Configuration of the ADS1299")
struct ConfigurationTests {
  @Test("the default is eight electrodes at 250 SPS and gain 24 against SRB1, bias on")
  func defaults() throws {
    let configuration = ADS1299Configuration()
    try configuration.validate()
    let values = configuration.registerValues()
    let expected: [UInt8] = [
      0x3E, 0x96, 0xC0, 0xEC, 0x00, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0xFF, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00,
    ]
    #expect(values == expected)
  }

  @Test("numbers that a person writes become codes, or a sentence that names the choices")
  func numbers() throws {
    let configuration = try ADS1299Configuration(
      samplesPerSecond: 500, gain: 12, channelCount: 6)
    #expect(configuration.dataRate == .sps500)
    #expect(configuration.channels == Array(repeating: .init(gain: .x12), count: 6))
    #expect(configuration.variant == .sixChannels)
    for (rate, gain, count, word) in [
      (300.0, 24.0, 8, "250, 500"), (250, 3, 8, "1, 2, 4"), (250, 24, 7, "4, 6 or 8"),
    ] {
      do throws(AmplifierFault) {
        _ = try ADS1299Configuration(samplesPerSecond: rate, gain: gain, channelCount: count)
        Issue.record("\(rate) \(gain) \(count) was accepted")
      } catch {
        #expect(error.message.contains(word))
      }
    }
  }

  @Test("what the chip cannot do at once is refused before it is touched", arguments: 0..<6)
  func refusals(_ example: Int) {
    var configuration = ADS1299Configuration(variant: .sixChannels)
    let word: String
    switch example {
    case 0:
      configuration.channels.removeLast()
      word = "5 are configured"
    case 1:
      configuration.bias = .init(positive: .first(8))
      word = "beyond the 6"
    case 2:
      configuration.leadOff = .init(positive: .first(6), flipped: .init(rawValue: 0x80))
      word = "beyond the 6"
    case 3:
      configuration.statusCanary = 16
      word = "four bits"
    case 4:
      configuration.bias = nil
      configuration.leadOff = .init(positive: .first(6))
      word = "no way back"
    default:
      configuration.channels[2].input = .testSignal
      word = "channel 3"
    }
    do throws(AmplifierFault) {
      try configuration.validate()
      Issue.record("accepted")
    } catch {
      #expect(error.message.contains(word))
    }
  }

  @Test("the montage says how large each channel's counts are, and names the nameless")
  func montage() {
    var configuration = ADS1299Configuration(dataRate: .sps1k)
    configuration.channels[1].gain = .x1
    let montage = configuration.montage(labels: ["C3"])
    #expect(montage.samplesPerSecond == 1_000)
    #expect(montage.channels.map(\.label).prefix(3) == ["C3", "CH2", "CH3"])
    #expect(abs(montage.channels[0].microvoltsPerCount - 0.0223517) < 1e-7)
    #expect(abs(montage.channels[1].microvoltsPerCount - 0.536442) < 1e-6)
  }
}
