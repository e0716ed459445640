// The register types against the data sheet's table.

import RT
import Testing

@testable import Amplifiers

/// Address, name, reset value; SBAS499C.
private let map: [(UInt8, String, UInt8)] = [
  (0x00, "ID", 0x3E), (0x01, "CONFIG1", 0x96), (0x02, "CONFIG2", 0xC0), (0x03, "CONFIG3", 0x60),
  (0x04, "LOFF", 0x00), (0x05, "CH1SET", 0x61), (0x06, "CH2SET", 0x61), (0x07, "CH3SET", 0x61),
  (0x08, "CH4SET", 0x61), (0x09, "CH5SET", 0x61), (0x0A, "CH6SET", 0x61), (0x0B, "CH7SET", 0x61),
  (0x0C, "CH8SET", 0x61), (0x0D, "BIAS_SENSP", 0x00), (0x0E, "BIAS_SENSN", 0x00),
  (0x0F, "LOFF_SENSP", 0x00), (0x10, "LOFF_SENSN", 0x00), (0x11, "LOFF_FLIP", 0x00),
  (0x12, "LOFF_STATP", 0x00), (0x13, "LOFF_STATN", 0x00), (0x14, "GPIO", 0x0F),
  (0x15, "MISC1", 0x00), (0x16, "MISC2", 0x00), (0x17, "CONFIG4", 0x00),
]

/// A register type, the values it allows, and its reserved bits.
private struct Shape: Sendable, CustomTestStringConvertible {
  var name: String
  var reset: UInt8
  /// Which bits never change, whatever is configured.
  var reserved: UInt8
  var legalCount: Int
  var recode: @Sendable (UInt8) -> UInt8?
  var testDescription: String { name }
}

private let shapes: [Shape] = [
  // Eight revisions, three sizes; bit 4 and DEV_ID are fixed.
  Shape(name: "ID", reset: 0x3E, reserved: 0b0001_1100, legalCount: 24) {
    ADS1299.Identity(rawValue: $0)?.rawValue
  },
  Shape(name: "CONFIG1", reset: 0x96, reserved: 0b1001_1000, legalCount: 4 * 7) {
    ADS1299.Config1(rawValue: $0)?.rawValue
  },
  Shape(name: "CONFIG2", reset: 0xC0, reserved: 0b1110_1000, legalCount: 4 * 3) {
    ADS1299.Config2(rawValue: $0)?.rawValue
  },
  Shape(name: "CONFIG3", reset: 0x60, reserved: 0b0110_0000, legalCount: 64) {
    ADS1299.Config3(rawValue: $0)?.rawValue
  },
  Shape(name: "LOFF", reset: 0x00, reserved: 0b0001_0000, legalCount: 128) {
    ADS1299.LeadOff(rawValue: $0)?.rawValue
  },
  Shape(name: "CHnSET", reset: 0x61, reserved: 0, legalCount: 4 * 7 * 8) {
    ADS1299.ChannelSettings(rawValue: $0)?.rawValue
  },
  Shape(name: "GPIO", reset: 0x0F, reserved: 0, legalCount: 256) {
    ADS1299.Pins(rawValue: $0)?.rawValue
  },
  Shape(name: "MISC1", reset: 0x00, reserved: 0b1101_1111, legalCount: 2) {
    ADS1299.Misc1(rawValue: $0)?.rawValue
  },
  Shape(name: "CONFIG4", reset: 0x00, reserved: 0b1111_0101, legalCount: 4) {
    ADS1299.Config4(rawValue: $0)?.rawValue
  },
]

@Suite("Registers of the ADS1299")
struct RegisterTests {
  @Test("every register has the data sheet's address, name and reset value", arguments: 0..<24)
  func map(_ index: Int) throws {
    let (address, name, reset) = AmplifiersTests.map[index]
    let register = try #require(ADS1299.Register(rawValue: address))
    #expect(register.name == name)
    #expect(register.resetValue == reset)
    #expect(ADS1299.Register.allCases.count == ADS1299.Register.count)
  }

  @Test("every byte that a register allows reads back as itself, and no other", arguments: shapes)
  fileprivate func roundTrip(_ shape: Shape) {
    var legal = 0
    for byte in UInt8.min...UInt8.max {
      guard let recoded = shape.recode(byte) else { continue }
      legal += 1
      #expect(recoded == byte)
    }
    #expect(legal == shape.legalCount)
    #expect(shape.recode(shape.reset) == shape.reset)
  }

  @Test("a reserved bit that differs makes the byte illegal", arguments: shapes)
  fileprivate func reservedBits(_ shape: Shape) {
    for position in 0..<8 where shape.reserved & 1 << position != 0 {
      #expect(shape.recode(shape.reset ^ 1 << position) == nil, "bit \(position)")
    }
  }

  @Test("fields are where the data sheet puts them")
  func fields() {
    #expect(ADS1299.Config1(.sps250).rawValue == 0x96)
    #expect(ADS1299.Config1(.sps16k).rawValue == 0x90)
    #expect(ADS1299.Config1(.sps250, readsBackSeparately: true).rawValue == 0xD6)
    #expect(ADS1299.Config1(.sps250, clockOutput: true).rawValue == 0xB6)
    #expect(ADS1299.Config2(isInternal: true).rawValue == 0xD0)
    #expect(
      ADS1299.Config2(isInternal: true, isDoubled: true, frequency: .direct).rawValue == 0xD7)
    #expect(ADS1299.Config3(internalReference: true).rawValue == 0xE0)
    // What the Cyton writes: reference, internal bias reference and bias amplifier on.
    #expect(
      ADS1299.Config3(
        internalReference: true, internalBiasReference: true, biasAmplifier: true
      ).rawValue == 0xEC)
    #expect(ADS1299.ChannelSettings(gain: .x24, input: .shorted).rawValue == 0x61)
    #expect(ADS1299.ChannelSettings(gain: .x1, connectsSRB2: true).rawValue == 0x08)
    #expect(ADS1299.ChannelSettings(gain: .x6, input: .testSignal).rawValue == 0x35)
    #expect(ADS1299.ChannelSettings(gain: .x24, isPoweredDown: true).rawValue == 0xE0)
    #expect(
      ADS1299.LeadOff(
        threshold: .percent70, current: .microamperes24, frequency: .quarterRate
      ).rawValue == 0xEF)
    #expect(ADS1299.LeadOff(current: .nanoamperes6, frequency: .hertz31).rawValue == 0x02)
    #expect(ADS1299.Pins(levels: 0b1000, inputs: 0).rawValue == 0x80)
    #expect(ADS1299.Misc1(connectsSRB1: true).rawValue == 0x20)
    #expect(ADS1299.Config4(leadOffComparators: true).rawValue == 0x02)
  }

  @Test("opcodes are the data sheet's")
  func opcodes() {
    let expected: [UInt8] = [0x02, 0x04, 0x06, 0x08, 0x0A, 0x10, 0x11, 0x12, 0x20, 0x40]
    #expect(ADS1299.Command.allCases.map(\.rawValue) == expected)
  }

  @Test(
    "the ID names the chip whatever its revision",
    arguments: [
      (UInt8(0x3E), ADS1299.Identity.Variant.eightChannels, 27),
      (0x1E, .eightChannels, 27), (0xFC, .fourChannels, 15), (0x3D, .sixChannels, 21),
    ])
  func identity(_ id: UInt8, _ variant: ADS1299.Identity.Variant, _ frameByteCount: Int) {
    #expect(ADS1299.Identity(rawValue: id)?.variant == variant)
    #expect(variant.frameByteCount == frameByteCount)
  }

  @Test(
    "other chips of the family, a dead bus and unknown bytes are no ADS1299",
    arguments: [
      UInt8(0x92), 0xD2, 0x00, 0xFF, 0xDF, 0x20,
    ])
  func otherIdentities(_ id: UInt8) { #expect(ADS1299.Identity(rawValue: id) == nil) }

  @Test(
    "settling takes the data sheet's clocks",
    arguments: zip(
      ADS1299.DataRate.allCases, [521, 1_033, 2_057, 4_105, 8_201, 16_393, 32_777]))
  func settling(_ rate: ADS1299.DataRate, _ clocks: Int64) {
    #expect(ADS1299.Clocks.settling(rate.rawValue) == clocks)
  }

  @Test("rates and gains are what their codes say")
  func ratesAndGains() {
    #expect(
      ADS1299.DataRate.allCases.map(\.samplesPerSecond)
        == [16_000, 8_000, 4_000, 2_000, 1_000, 500, 250])
    #expect(ADS1299.Gain.allCases.map(\.factor) == [1, 2, 4, 6, 8, 12, 24])
    for rate in ADS1299.DataRate.allCases {
      #expect(rate.period.rawValue * Int64(rate.samplesPerSecond) == 1_000_000_000)
    }
  }

  @Test(
    "one count is as large as computed by hand",
    arguments: [
      (ADS1299.Gain.x1, 0.536442), (.x2, 0.268221), (.x4, 0.134110), (.x6, 0.089407),
      (.x8, 0.067055), (.x12, 0.044704), (.x24, 0.0223517),
    ])
  func leastSignificantBit(_ gain: ADS1299.Gain, _ microvolts: Double) {
    #expect(abs(gain.microvoltsPerCount - microvolts) < 1e-6)
  }

  @Test("the longest waits are those that hardware needed")
  func waits() {
    // 2^18 clocks are 128 ms at the nominal clock, longer at the slowest.
    #expect(ADS1299.nominal(clocks: ADS1299.Clocks.powerOn) == 128_000_000)
    #expect(ADS1299.slowest(clocks: ADS1299.Clocks.powerOn).milliseconds > 150)
  }
}
