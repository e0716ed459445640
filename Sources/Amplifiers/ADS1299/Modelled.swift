// An amplifier that nobody needs to own: the ADS1299's driver on the ADS1299's model.

import RT
import Signal

/// The driver and a register-level model of the chip, byte for byte on the same interface as
/// silicon. One thread at a time.
public struct ModelledADS1299: Amplifier, ~Copyable {
  var driver: ADS1299Driver<ModelPort>
  private let configuration: ADS1299Configuration
  private let labels: [String]

  /// - Parameters:
  ///   - configuration: as for silicon; the model's chip is of its variant.
  ///   - input: what the electrodes carry.
  ///   - clock: what happens when the host is late.
  ///   - channelLabels: one a channel; missing ones become "CH1", "CH2", ...
  ///   - conditions: the wiring, and what goes wrong.
  public init(
    configuration: ADS1299Configuration, input: ModelInput, clock: ModelClock = .held,
    channelLabels: [String] = [], conditions: ModelConditions = ModelConditions()
  ) {
    self.init(
      configuration: configuration, input: input, clock: clock, channelLabels: channelLabels,
      conditions: conditions, time: .monotonic, spiHertz: 20_000_000)
  }

  /// - Parameter spiHertz: of the modelled bus; a transfer takes time on a stepped clock only.
  package init(
    configuration: ADS1299Configuration, input: ModelInput, clock: ModelClock,
    channelLabels: [String] = [], conditions: ModelConditions = ModelConditions(),
    time: ModelTimeBase, spiHertz: UInt32
  ) {
    labels = channelLabels
    self.configuration = configuration
    driver = ADS1299Driver(
      configurations: [configuration],
      port: ModelPort(
        model: ADS1299Model(
          variant: configuration.variant, input: input, clock: clock, conditions: conditions),
        time: ModelTime(time), hertz: spiHertz))
  }

  public var description: AmplifierDescription {
    AmplifierDescription(
      name: "\(configuration.variant.name) (model), \(driver.channelCount) channels",
      serialNumber: nil, montage: configuration.montage(labels: labels),
      groupDelay: configuration.dataRate.groupDelay, auxiliaries: AuxiliarySignal.statusWords(1))
  }

  /// What really happened: the oracle of every loss counter.
  public var truth: ModelTruth { driver.port.model.truth }

  public mutating func arm() throws(AmplifierFault) {
    driver.port.model.countsFromNextStart = true
    try driver.arm()
  }

  public mutating func stop() { driver.stop() }
}
