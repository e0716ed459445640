// The ADS1299 on a Linux board: spidev for its bytes, a GPIO line for DRDY.

import RT
import Signal

/// A line of a gpiochip.
public enum GPIOLine: Sendable, Equatable {
  case offset(Int)
  /// As the board's device tree calls it.
  case named(String)
}

/// Where the chip is connected.
public struct ADS1299Wiring: Sendable, Equatable {
  public var spiDevice: String
  public var clockHertz: UInt32
  /// Label of the gpiochip ("pinctrl-bcm2711"): numbers move between kernels. A path is taken too.
  public var chipLabel: String
  public var dataReadyLine: GPIOLine
  /// nil: not connected, the opcode does its work; PWDN is then tied high.
  public var resetLine: GPIOLine?
  public var startLine: GPIOLine?
  public var powerDownLine: GPIOLine?

  public init(
    spiDevice: String = "/dev/spidev0.0", clockHertz: UInt32 = 4_000_000, chipLabel: String,
    dataReadyLine: GPIOLine, resetLine: GPIOLine? = nil, startLine: GPIOLine? = nil,
    powerDownLine: GPIOLine? = nil
  ) {
    self.spiDevice = spiDevice
    self.clockHertz = clockHertz
    self.chipLabel = chipLabel
    self.dataReadyLine = dataReadyLine
    self.resetLine = resetLine
    self.startLine = startLine
    self.powerDownLine = powerDownLine
  }
}

/// The driver on spidev and GPIO. Devices are opened by `arm` and closed by `stop`. One thread at a
/// time.
public struct LinuxADS1299: Amplifier, ~Copyable {
  var driver: ADS1299Driver<LinuxPort>
  private let labels: [String]

  public init(
    configuration: ADS1299Configuration, wiring: ADS1299Wiring, channelLabels: [String] = []
  ) {
    labels = channelLabels
    driver = ADS1299Driver(configuration: configuration, port: LinuxPort(wiring: wiring))
  }

  public var description: AmplifierDescription {
    AmplifierDescription(
      name: "\(driver.configuration.variant.name) on \(driver.port.name), "
        + "\(driver.channelCount) channels",
      serialNumber: nil, montage: driver.configuration.montage(labels: labels),
      groupDelay: driver.configuration.dataRate.groupDelay, hasStatusWord: true)
  }

  public mutating func arm() throws(AmplifierFault) { try driver.arm() }

  public mutating func stop() { driver.stop() }
}
