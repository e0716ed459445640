// What a person reads about the chip's registers.

import RT
import Testing

@testable import Amplifiers

/// Whether the register types, written from the data sheet's reserved bits and codes, allow a byte.
private func isAllowed(_ value: UInt8, in register: ADS1299.Register) -> Bool {
  switch register {
  case .config1: ADS1299.Config1(rawValue: value) != nil
  case .config2: ADS1299.Config2(rawValue: value) != nil
  case .config3: ADS1299.Config3(rawValue: value) != nil
  case .loff: ADS1299.LeadOff(rawValue: value) != nil
  case .misc1: ADS1299.Misc1(rawValue: value) != nil
  case .misc2: value == 0
  case .config4: ADS1299.Config4(rawValue: value) != nil
  default:
    register.name.hasSuffix("SET") ? ADS1299.ChannelSettings(rawValue: value) != nil : true
  }
}

/// A driver on the model, on a clock that nobody waits for.
private func amplifier(
  _ configuration: ADS1299Configuration = ADS1299Configuration(),
  conditions: ModelConditions = ModelConditions()
) -> ModelledADS1299 {
  ModelledADS1299(
    configuration: configuration, input: .silence, clock: .held, conditions: conditions,
    time: .stepped(nil), spiHertz: 4_000_000)
}

@Suite("Registers in words")
struct RegisterDumpTests {
  @Test(
    "any byte of any register has a meaning, and only what is forbidden is called reserved",
    arguments: ADS1299.Register.allCases)
  func everyByte(_ register: ADS1299.Register) {
    var meanings: Set<String> = []
    for value in UInt8.min...UInt8.max {
      let meaning = register.meaning(of: value)
      #expect(!meaning.isEmpty)
      if register != .id {
        #expect(
          meaning.contains("reserved") == !isAllowed(value, in: register), "\(value): \(meaning)")
      }
      if isAllowed(value, in: register) { meanings.insert(meaning) }
    }
    // No two allowed values read the same: whoever reads it knows the value.
    let allowed = (UInt8.min...UInt8.max).filter { isAllowed($0, in: register) }
    if register != .id { #expect(meanings.count == allowed.count) }
  }

  @Test(
    "values read as an engineer would say them",
    arguments: [
      (.id, 0x3E, "ADS1299, 8 channels, revision 1"), (.id, 0x00, "no ADS1299: zeros only"),
      (.id, 0x92, "an ADS1298, not an ADS1299"),
      (.config1, 0x96, "250 SPS, daisy-chain mode, clock output off"),
      (.config1, 0xF0, "16000 SPS, read back separately, clock output on"),
      (.config1, 0x97, "reserved data rate, daisy-chain mode, clock output off"),
      (.config2, 0xD5, "test signal internal, 3.75 mV, 1.95 Hz"),
      (
        .config3, 0xED,
        "reference internal, bias amplifier on, bias reference internal, bias measurement off, "
          + "bias lead-off sensing off, bias electrode off"
      ),
      (.loff, 0x26, "lead-off current 24nA 31.2 Hz, threshold 92.5/7.5 %"),
      (.ch1set, 0x60, "gain 24, electrode, SRB2 off"),
      (.ch8set, 0x81, "gain 1, shorted, SRB2 off, powered down"),
      (.biasSensP, 0xFF, "bias from IN1P-IN8P"), (.biasSensN, 0x00, "bias from none"),
      (.loffSensN, 0b0010_0111, "lead-off sensed on IN1N-IN3N, IN6N"),
      (.loffFlip, 0b1000_0000, "lead-off current reversed on channel 8"),
      (.loffStatP, 0b11, "electrode off on IN1P-IN2P"),
      (.gpio, 0x8C, "pins 1-2 drive low low, pins 3-4 are inputs and read low high"),
      (.misc1, 0x21, "SRB1 on every negative input, reserved bits set"),
      (.misc2, 0x01, "reserved bits set"),
      (.config4, 0x0A, "single shot, lead-off comparators on"),
    ] as [(ADS1299.Register, UInt8, String)])
  func words(_ register: ADS1299.Register, _ value: UInt8, _ meaning: String) {
    #expect(register.meaning(of: value) == meaning)
  }

  @Test("a chip that does what it is told differs from reset where it was configured, only")
  func healthy() throws {
    var amplifier = amplifier()
    let dump = try amplifier.dumpRegisters()
    #expect(dump.notReset.isEmpty)
    #expect(dump.identityFault(at: "here") == nil)
    #expect(dump.rows.map(\.register) == ADS1299.Register.allCases)
    #expect(dump.rows.allSatisfy { $0.expected == nil })
    let changed = dump.rows.filter(\.differsFromReset).map(\.register.name)
    #expect(
      changed == ["CONFIG3"] + (1...8).map { "CH\($0)SET" } + ["BIAS_SENSP", "GPIO", "MISC1"])
    #expect(dump.configured == ADS1299Configuration().registerValues())
    // Nothing is left behind: the chip can be armed afterwards.
    try amplifier.arm()
    #expect(amplifier.truth.timingViolations == 0)
    amplifier.stop()
  }

  @Test(
    "a register that does not take its value is shown with what it should hold",
    arguments: [ADS1299.Register.ch5set, .gpio, .config1])
  func deaf(_ register: ADS1299.Register) throws {
    var conditions = ModelConditions()
    conditions.deafRegister = register
    var configuration = ADS1299Configuration(dataRate: .sps500)
    configuration.statusCanary = 5
    var amplifier = amplifier(configuration, conditions: conditions)
    let dump = try amplifier.dumpRegisters()
    let wrong = dump.rows.filter { $0.expected != nil }
    #expect(wrong.map(\.register) == [register])
    #expect(
      wrong.first?.expected == configuration.registerValues()[Int(register.rawValue)])
  }

  @Test(
    "nothing is written to a chip that was not configured",
    arguments: [(0x92, "ADS1298"), (0x3C, "4 channels"), (0x20, "no chip")]
      as [(UInt8, String)])
  func stranger(_ id: UInt8, _ hint: String) throws {
    var conditions = ModelConditions()
    conditions.identity = id
    var amplifier = amplifier(conditions: conditions)
    let dump = try amplifier.dumpRegisters()
    #expect(dump.configured == nil)
    #expect(dump.afterReset[0] == id && dump.afterReset[5] == 0x61)
    #expect(dump.rows.allSatisfy { $0.expected == nil })
    #expect(dump.identityFault(at: "here")?.message.contains(hint) == true)
  }

  @Test("a dead bus reads as zeros or ones, and says which registers no reset can have left so")
  func deadBus() throws {
    var conditions = ModelConditions()
    conditions.stuckOutput = .init(.low, ConversionSpan(first: 0))
    var amplifier = amplifier(conditions: conditions)
    let dump = try amplifier.dumpRegisters()
    #expect(dump.afterReset == Array(repeating: 0, count: 24))
    #expect(dump.notReset.map(\.name).contains("CONFIG1"))
    #expect(dump.identityFault(at: "here")?.message.contains("zeros") == true)
  }

  @Test(
    "channels that a smaller chip does not have are not compared",
    arguments: [ADS1299.Identity.Variant.fourChannels, .sixChannels])
  func smaller(_ variant: ADS1299.Identity.Variant) throws {
    var amplifier = amplifier(ADS1299Configuration(variant: variant))
    let dump = try amplifier.dumpRegisters()
    #expect(dump.rows.allSatisfy { $0.expected == nil })
    #expect(dump.rows.filter { $0.register.name.hasSuffix("SET") }.count == 8)
  }
}
