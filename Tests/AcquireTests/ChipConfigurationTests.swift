// From the words of [amplifier] to the registers of one chip or of several.

import Amplifiers
import Signal
import TestSupport
import Testing

@testable import Acquire

/// The default configuration with some settings, as `--set` takes them.
private func configured(_ overrides: String...) throws -> Configuration {
  try Configuration.load(
    file: "/dev/null", environment: { _ in nil }, overrides: overrides)
}

private func values(_ chip: ADS1299Configuration, _ registers: ADS1299.Register...) -> [UInt8] {
  let all = chip.registerValues()
  return registers.map { all[Int($0.rawValue)] }
}

private let sixteen =
  "amplifier.channels=A1,A2,A3,A4,A5,A6,A7,A8,B1,B2,B3,B4,B5,B6,B7,B8"
private let two = "amplifier.spi-devices=/dev/spidev0.0,/dev/spidev0.1"
private let cascade = "amplifier.arrangement=cascade"
private let chain = "amplifier.arrangement=daisy-chain"

/// Settings that do not fit together, and what the sentence must name.
private struct Refusal: Sendable, CustomTestStringConvertible {
  var settings: [String]
  var words: [String]
  var testDescription: String { settings.joined(separator: " ") }

  init(_ settings: String..., naming words: [String]) {
    self.settings = settings
    self.words = words
  }
}

private let refusals = [
  Refusal("amplifier.channels=A,B,C", naming: ["amplifier.channels", "3", "4, 6 or 8"]),
  Refusal("amplifier.channels=A,B,C,A", naming: ["amplifier.channels", "\"A\" twice"]),
  Refusal("amplifier.gains=24,24", naming: ["amplifier.gains", "2 for 8"]),
  Refusal("amplifier.gains=24,3", naming: ["amplifier.gains", "3", "12, 24"]),
  Refusal("amplifier.inputs=electrode", naming: ["amplifier.inputs", "1 for 8"]),
  Refusal("amplifier.inputs=elektrode", naming: ["amplifier.inputs", "elektrode", "electrode"]),
  Refusal("amplifier.off=C33", naming: ["amplifier.off", "C33", "C3"]),
  Refusal(
    "amplifier.off=FC3,FCz,FC4,C3,Cz,C4,CP3,CP4", naming: ["amplifier.off", "every channel"]),
  Refusal("amplifier.srb2=C3", naming: ["amplifier.srb2", "amplifier.reference", "srb2"]),
  Refusal("amplifier.bias=all,C3", naming: ["amplifier.bias", "all alone"]),
  Refusal("amplifier.bias=Pz", naming: ["amplifier.bias", "Pz"]),
  Refusal("amplifier.off=C3", "amplifier.bias=C3,C4", naming: ["amplifier.bias", "C3"]),
  Refusal(
    "amplifier.lead-off=dc", "amplifier.bias=none", naming: ["[amplifier]", "no way back"]),
  Refusal(
    "amplifier.lead-off-threshold=91", naming: ["amplifier.lead-off-threshold", "92.5", "91"]),
  Refusal("amplifier.canary=16", naming: ["amplifier.canary", "15"]),
  Refusal(sixteen, two, naming: ["amplifier.arrangement", "2 chips"]),
  Refusal(cascade, naming: ["amplifier.arrangement", "one chip"]),
  Refusal(
    cascade, two, "amplifier.channels=1,2,3,4,5,6,7,8,9,10",
    naming: ["amplifier.channels", "10", "8, 12 or 16"]),
  Refusal(
    cascade, sixteen, "amplifier.spi-devices=/dev/a,/dev/a",
    naming: ["amplifier.spi-devices", "/dev/a twice"]),
  Refusal(
    cascade, sixteen, two, "amplifier.data-ready-lines=26,26",
    naming: ["amplifier.data-ready-lines", "26 twice"]),
  Refusal(
    "amplifier.data-ready-lines=26,13", naming: ["amplifier.data-ready-lines", "2 lines", "1 chip"]
  ),
  Refusal(
    cascade, sixteen, "amplifier.chips=2",
    naming: ["amplifier.spi-devices", "1 for the 2 chips"]),
  Refusal(
    chain, sixteen, "amplifier.chips=2", "amplifier.clock-output=first",
    naming: ["amplifier.clock-output", "every chip"]),
  Refusal(chain, sixteen, two, naming: ["amplifier.spi-devices", "cascade"]),
  Refusal(
    chain, sixteen, "amplifier.chips=2", "amplifier.off=B2",
    naming: ["amplifier.arrangement", "CH2SET of chip 2"]),
]

@Suite("Chips from the configuration")
struct ChipConfigurationTests {
  @Test("without a word about it, one chip is set up as it always was")
  func defaults() throws {
    #expect(try configured().chip() == ADS1299Configuration())
    #expect(try configured().montage().channels.map(\.label) == AmplifierSection().channels)
  }

  @Test("gains, inputs and powered-down channels go to their channels")
  func channels() throws {
    let chip = try configured(
      "amplifier.channels=A,B,C,D,E,F", "amplifier.gains=1,2,4,6,8,12",
      "amplifier.inputs=electrode,shorted,test-signal,temperature,supply,bias-measurement",
      "amplifier.off=A", "amplifier.test-signal-amplitude=3.75mV",
      "amplifier.test-signal-frequency=fast", "amplifier.bias=B"
    ).chip()
    #expect(chip.variant == .sixChannels)
    #expect(
      values(chip, .ch1set, .ch2set, .ch3set, .ch4set, .ch5set, .ch6set)
        == [0x81, 0x11, 0x25, 0x34, 0x43, 0x52])
    #expect(values(chip, .config2, .biasSensP, .biasSensN) == [0xD5, 0b10, 0])
    // BIAS_MEAS, because a channel looks at it.
    #expect(values(chip, .config3) == [0xFC])
  }

  @Test("the test source is off while no channel looks at it")
  func testSource() throws {
    let chip = try configured("amplifier.test-signal-amplitude=3.75mV").chip()
    #expect(values(chip, .config2) == [0xC0])
  }

  @Test(
    "bias and lead-off go to the input on which the electrode is",
    arguments: [
      ("srb1", 0x20, 0x60, [0xFF, 0x00]), ("srb2", 0x00, 0x68, [0xFF, 0x00].reversed()),
      ("none", 0x00, 0x60, [0xFF, 0xFF]),
    ] as [(String, UInt8, UInt8, [UInt8])])
  func reference(_ word: String, misc1: UInt8, channel: UInt8, masks: [UInt8]) throws {
    let chip = try configured(
      "amplifier.reference=\(word)", "amplifier.lead-off=dc", "amplifier.lead-off-current=24nA",
      "amplifier.lead-off-threshold=92.5"
    ).chip()
    #expect(values(chip, .misc1, .ch8set, .loff, .config4) == [misc1, channel, 0x24, 0x02])
    #expect(values(chip, .biasSensP, .biasSensN) == masks)
    #expect(values(chip, .loffSensP, .loffSensN) == masks)
  }

  @Test("bias inputs, SRB2 and the channels that are off can be named one by one")
  func named() throws {
    let chip = try configured(
      "amplifier.reference=srb2", "amplifier.srb2=FC3,CP4", "amplifier.bias=FC3,FC4",
      "amplifier.bias-inputs=both", "amplifier.off=C3", "amplifier.lead-off=dc"
    ).chip()
    #expect(values(chip, .ch1set, .ch2set, .ch4set, .ch8set) == [0x68, 0x60, 0xE1, 0x68])
    #expect(values(chip, .biasSensP, .biasSensN) == [0b101, 0b101])
    #expect(values(chip, .loffSensP, .loffSensN) == [0, 0b1111_0111])
  }

  @Test("`none` switches the bias amplifier off; `all` leaves out what measures no electrode")
  func bias() throws {
    #expect(
      values(try configured("amplifier.bias=none").chip(), .config3, .biasSensP) == [0xE8, 0])
    let chip = try configured(
      "amplifier.inputs="
        + "shorted,electrode,electrode,electrode,electrode,electrode,electrode,supply"
    ).chip()
    #expect(values(chip, .config3, .biasSensP) == [0xEC, 0b0111_1110])
  }

  @Test("canary and read mode reach the chip's configuration")
  func canary() throws {
    let chip = try configured("amplifier.canary=5", "amplifier.read-mode=rdatac").chip()
    #expect(chip.statusCanary == 5 && values(chip, .gpio) == [0x50])
    #expect(chip.readMode == .continuous)
    #expect(try configured().chip().readMode == .onRequest)
  }

  @Test("in a cascade each chip has its own channels, and the first drives clock and bias")
  func cascaded() throws {
    let configuration = try configured(
      cascade, sixteen, two, "amplifier.clock-output=first",
      "amplifier.gains=24,24,24,24,24,24,24,24,1,2,4,6,8,12,24,1", "amplifier.off=A8,B1")
    let chips = try configuration.chips()
    #expect(chips.count == 2)
    #expect(values(chips[0], .config1, .config3, .biasSensP, .ch8set) == [0xF6, 0xEC, 0x7F, 0xE1])
    #expect(values(chips[1], .config1, .config3, .biasSensP, .ch1set) == [0xD6, 0xE8, 0xFE, 0x81])
    #expect(values(chips[1], .ch2set, .ch7set) == [0x10, 0x60])
    let montage = try configuration.montage()
    #expect(montage.channels.map(\.label) == configuration.amplifier.channels)
    #expect(montage.channels[9].microvoltsPerCount == ADS1299.Gain.x2.microvoltsPerCount)
    #expect(throws: Failure.self) { try configuration.chip() }
  }

  @Test("a daisy chain has as many chips as are named, of 4, 6 or 8 channels")
  func chained() throws {
    let chips = try configured(
      chain, "amplifier.chips=3", "amplifier.channels=1,2,3,4,5,6,7,8,9,10,11,12"
    ).chips()
    #expect(chips.map(\.variant) == [.fourChannels, .fourChannels, .fourChannels])
    #expect(chips.allSatisfy { values($0, .config1) == [0x96] })
  }

  @Test("what does not fit is refused in one sentence that names the key", arguments: refusals)
  fileprivate func refusal(_ refusal: Refusal) throws {
    do throws(Failure) {
      _ = try Configuration.load(
        file: "/dev/null", environment: { _ in nil }, overrides: refusal.settings
      ).chips()
      Issue.record("accepted")
    } catch {
      #expect(error.status == .configuration)
      for word in refusal.words {
        #expect(error.sentence.contains(word), "\(word) is not in: \(error.sentence)")
      }
      #expect(!error.sentence.contains("\n"))
    }
  }

  @Test("lead-off bits close the gate only where electrodes are watched")
  func gate() throws {
    let watched = try configured("gate.lead-off=true", "amplifier.lead-off=dc")
    let plan = try SessionPlan(watched, montage: watched.montage())
    #expect(plan.signal.gate.leadOffPositive == 0xFF && plan.signal.gate.leadOffNegative == 0)
    let blind = try configured("gate.lead-off=true")
    #expect(throws: Failure.self) { try SessionPlan(blind, montage: blind.montage()) }
  }

  @Test("a decoder is not run on a channel that is off")
  func dark() throws {
    let configuration = try configured("amplifier.off=Cz")
    let plan = try SessionPlan(configuration, montage: configuration.montage())
    do throws(Failure) {
      _ = try plan.stage()
      Issue.record("accepted")
    } catch {
      #expect(error.sentence.contains("Cz") && error.sentence.contains("acquire record"))
    }
  }
}
