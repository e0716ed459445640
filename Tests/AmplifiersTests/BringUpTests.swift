// The driver's bring-up against the model, which refuses what the chip would refuse.

import RT
import Signal
import Testing

@testable import Amplifiers

private func armed(
  _ configuration: ADS1299Configuration, _ conditions: ModelConditions = ModelConditions(),
  spiHertz: UInt32 = 20_000_000
) throws(AmplifierFault) -> ModelledADS1299 {
  var amplifier = ModelledADS1299(
    configuration: configuration, input: .silence, clock: .freeRunning, conditions: conditions,
    time: .stepped(nil), spiHertz: spiHertz)
  try amplifier.arm()
  return amplifier
}

private func fault(
  _ configuration: ADS1299Configuration = ADS1299Configuration(), _ conditions: ModelConditions
) -> AmplifierFault? {
  do throws(AmplifierFault) {
    _ = try armed(configuration, conditions)
    return nil
  } catch {
    return error
  }
}

@Suite("Bring-up")
struct BringUpTests {
  @Test(
    "every rate and gain ends in the registers, with no command refused",
    arguments: ADS1299.DataRate.allCases, ADS1299.Gain.allCases)
  func everyRateAndGain(_ rate: ADS1299.DataRate, _ gain: ADS1299.Gain) throws {
    for hasControlLines in [false, true] {
      var conditions = ModelConditions()
      conditions.hasControlLines = hasControlLines
      let configuration = ADS1299Configuration(dataRate: rate, gain: gain)
      let amplifier = try armed(configuration, conditions)
      let expected = configuration.registerValues()
      for address in 0..<24 {
        let found = amplifier.driver.port.model.registers[address]
        #expect(found == expected[address])
      }
      let refusedCommands = amplifier.truth.refusedCommands
      #expect(refusedCommands == 0)
      let timingViolations = amplifier.truth.timingViolations
      #expect(timingViolations == 0)
      // Armed: proven, and stopped again.
      let isConverting = amplifier.driver.port.model.isConverting
      let isContinuous = amplifier.driver.port.model.isContinuous
      #expect(!isConverting)
      #expect(!isContinuous)
    }
  }

  @Test(
    "smaller chips come up with their own frames",
    arguments: [
      ADS1299.Identity.Variant.fourChannels, .sixChannels,
    ])
  func smallerChips(_ variant: ADS1299.Identity.Variant) throws {
    let configuration = ADS1299Configuration(variant: variant)
    let run = try run(
      configuration,
      input: .recording(table(rows: 20, channels: variant.channelCount)),
      conditions: stalling(at: 20))
    #expect(run.frames.count == 20)
    #expect(run.frames.allSatisfy { $0.counts.count == variant.channelCount })
    #expect(run.frames[7].counts[0] == -93)
    #expect(run.frames.allSatisfy { $0.header.flags == [] })
  }

  @Test("registers are reached slowly enough however fast frames are read")
  func fastBus() throws {
    let amplifier = try armed(ADS1299Configuration(), spiHertz: 20_000_000)
    let violations = amplifier.truth.timingViolations
    #expect(violations == 0)
  }

  @Test("a rate that does not fit through the SPI clock is refused with the clock that would do")
  func slowBus() {
    do throws(AmplifierFault) {
      _ = try armed(ADS1299Configuration(dataRate: .sps16k), spiHertz: 4_000_000)
      Issue.record("accepted")
    } catch {
      // 28 bytes in three quarters of 62.5 µs.
      #expect(error.message.contains("4778666"))
    }
  }

  @Test(
    "another chip is refused by name",
    arguments: [
      (UInt8(0x92), "ADS1298"), (0xD2, "ADS1298R"), (0x00, "zeros"), (0xFF, "ones"),
      (0x3C, "ADS1299-4"), (0x20, "no chip of this family"),
    ])
  func wrongIdentity(_ id: UInt8, _ word: String) {
    var conditions = ModelConditions()
    conditions.identity = id
    guard case .wrongIdentity(let found, let expected, let hint) = fault(.init(), conditions)
    else {
      Issue.record("not refused as another chip")
      return
    }
    #expect(found == id)
    #expect(expected == 0x3E)
    #expect(hint.contains(word))
  }

  @Test(
    "a bus that is stuck is told apart from a wrong chip",
    arguments: [
      (ModelConditions.Level.low, UInt8(0x00), "zeros"), (.high, 0xFF, "ones"),
    ])
  func stuckBus(_ level: ModelConditions.Level, _ found: UInt8, _ word: String) {
    var conditions = ModelConditions()
    conditions.stuckOutput = .init(level, ConversionSpan(first: 0))
    guard case .wrongIdentity(found, _, let hint) = fault(.init(), conditions) else {
      Issue.record("not refused")
      return
    }
    #expect(hint.contains(word))
  }

  @Test(
    "a register that does not take its value is named",
    arguments: [
      (ADS1299.Register.ch3set, UInt8(0x60), UInt8(0x61)), (.misc1, 0x20, 0x00),
      (.config3, 0xEC, 0x60), (.gpio, 0x00, 0x0F),
    ])
  func mismatch(_ register: ADS1299.Register, _ wrote: UInt8, _ read: UInt8) {
    var conditions = ModelConditions()
    conditions.deafRegister = register
    #expect(
      fault(.init(), conditions)
        == .registerMismatch(name: register.name, wrote: wrote, read: read))
  }

  @Test("a chip that never converts is not armed")
  func noConversions() {
    var conditions = ModelConditions()
    conditions.stallAt = 0
    #expect(fault(.init(), conditions) == .noConversions(device: "the model"))
    conditions.stallAt = nil
    conditions.lostEdges = ConversionSpan(first: 0)
    #expect(fault(.init(), conditions) == .noConversions(device: "the model"))
  }

  @Test("an amplifier can be armed again after a fault and after a stop")
  func again() throws {
    var amplifier = ModelledADS1299(
      configuration: ADS1299Configuration(), input: .recording(table(rows: 8)), clock: .held,
      conditions: stalling(at: 8), time: .stepped(nil), spiHertz: 20_000_000)
    for epoch in 1...3 {
      try amplifier.arm()
      var bench = SinkBench()
      let end = amplifier.run(into: &bench.sink, until: StopSignal())
      #expect(end == .silent)
      amplifier.stop()
      amplifier.stop()
      let frames = bench.decoded()
      #expect(frames.map(\.index) == Array(0..<8))
      #expect(frames.allSatisfy { $0.header.configurationEpoch == UInt32(epoch) })
    }
  }

  @Test("the model says in its description what its counts mean")
  func description() {
    let amplifier = ModelledADS1299(
      configuration: ADS1299Configuration(), input: .silence, channelLabels: ["Fz"])
    let description = amplifier.description
    #expect(description.name == "ADS1299 (model), 8 channels")
    #expect(description.montage.channels[0].label == "Fz")
    #expect(description.auxiliaries.map(\.label) == ["ADS1299 status"])
    // 1.5 conversions, less three clocks.
    #expect(abs(description.groupDelay.milliseconds - 6) < 0.002)
  }
}
