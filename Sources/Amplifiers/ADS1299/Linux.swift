// ADS1299s on a Linux board: spidev for their bytes, GPIO lines for DRDY.

import RT
import Signal

/// Where one to four chips are connected.
public struct ADS1299Wiring: Sendable, Equatable {
  /// One a chip, in the order of the frame; one only for a single chip and for a daisy chain.
  public var spiDevices: [String]
  public var clockHertz: UInt32
  /// Label of the gpiochip ("pinctrl-bcm2711"): numbers move between kernels. A path is taken too.
  public var chipLabel: String
  /// Of the first chip.
  public var dataReadyLine: GPIOLine
  /// Of the second chip and those behind it, as far as they are connected: by these it shows
  /// whether the chips convert together.
  public var otherDataReadyLines: [GPIOLine]
  /// nil: not connected, the opcode does its work; PWDN is then tied high. Shared by all chips.
  public var resetLine: GPIOLine?
  public var startLine: GPIOLine?
  public var powerDownLine: GPIOLine?

  public init(
    spiDevices: [String] = ["/dev/spidev0.0"], clockHertz: UInt32 = 4_000_000,
    chipLabel: String, dataReadyLine: GPIOLine, otherDataReadyLines: [GPIOLine] = [],
    resetLine: GPIOLine? = nil, startLine: GPIOLine? = nil, powerDownLine: GPIOLine? = nil
  ) {
    self.spiDevices = spiDevices
    self.clockHertz = clockHertz
    self.chipLabel = chipLabel
    self.dataReadyLine = dataReadyLine
    self.otherDataReadyLines = otherDataReadyLines
    self.resetLine = resetLine
    self.startLine = startLine
    self.powerDownLine = powerDownLine
  }
}

/// The driver on spidev and GPIO, for one to four chips that convert together. Devices are opened
/// by `arm` and closed by `stop`. One thread at a time.
public struct LinuxADS1299: Amplifier, ~Copyable {
  var driver: ADS1299Driver<LinuxPort>
  private let labels: [String]

  /// - Parameters:
  ///   - configurations: one a chip, in the order of the frame.
  ///   - wiring: an SPI device for each chip, or one for a daisy chain.
  ///   - channelLabels: of all chips; channels without one are called "CH1", "CH2", ...
  public init(
    configurations: [ADS1299Configuration], wiring: ADS1299Wiring, channelLabels: [String] = []
  ) {
    labels = channelLabels
    driver = ADS1299Driver(configurations: configurations, port: LinuxPort(wiring: wiring))
  }

  public var description: AmplifierDescription {
    let chips = driver.configurations
    let first = chips.first ?? ADS1299Configuration()
    let count = chips.count > 1 ? "\(chips.count) × " : ""
    return AmplifierDescription(
      name: "\(count)\(first.variant.name) on \(driver.port.name), "
        + "\(driver.channelCount) channels",
      serialNumber: nil, montage: ADS1299Configuration.montage(of: chips, labels: labels),
      groupDelay: first.dataRate.groupDelay,
      // More chips than that are refused by `arm`.
      auxiliaries: AuxiliarySignal.statusWords(min(AuxiliarySignal.most, chips.count)))
  }

  public mutating func arm() throws(AmplifierFault) { try driver.arm() }

  public mutating func stop() { driver.stop() }
}
