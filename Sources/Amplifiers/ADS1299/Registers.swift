// The ADS1299 beside its data sheet: opcodes, addresses, and what each register's bits mean.
//
// Names and order are TI's (SBAS499C; SBAS499A where a page is given). Reserved bits live inside
// the types: a value that the data sheet forbids cannot be written down, and one that is read back
// is nil.

/// The chip's vocabulary. SBAS499C, "Register Maps" and "SPI Command Definitions".
public enum ADS1299 {
  /// Opcodes. SBAS499A, "SPI Command Definitions".
  public enum Command: UInt8, CaseIterable, Sendable {
    case wakeup = 0x02
    case standby = 0x04
    case reset = 0x06
    case start = 0x08
    case stop = 0x0A
    /// Each conversion clocks out by itself; registers cannot be reached. The power-up state.
    case readContinuously = 0x10
    case stopReadingContinuously = 0x11
    /// The conversion in the output register, once.
    case readData = 0x12
    /// Low five bits: the first address. A second byte follows: how many, less one.
    case readRegisters = 0x20
    /// As `readRegisters`; the values follow.
    case writeRegisters = 0x40
  }

  /// Addresses. SBAS499A, "Register Map".
  public enum Register: UInt8, CaseIterable, Sendable {
    case id = 0x00
    case config1, config2, config3, loff
    case ch1set, ch2set, ch3set, ch4set, ch5set, ch6set, ch7set, ch8set
    case biasSensP, biasSensN, loffSensP, loffSensN, loffFlip, loffStatP, loffStatN
    case gpio, misc1, misc2, config4

    /// All of them.
    public static var count: Int { 24 }

    /// What it holds after a reset; for ID what an eight-channel chip of today's revision says.
    public var resetValue: UInt8 {
      switch self {
      case .id: 0x3E
      case .config1: 0x96
      case .config2: 0xC0
      case .config3: 0x60
      case .ch1set, .ch2set, .ch3set, .ch4set, .ch5set, .ch6set, .ch7set, .ch8set: 0x61
      case .gpio: 0x0F
      default: 0x00
      }
    }

    /// As the data sheet prints it: "CONFIG1", "CH3SET".
    public var name: String {
      switch self {
      case .biasSensP: "BIAS_SENSP"
      case .biasSensN: "BIAS_SENSN"
      case .loffSensP: "LOFF_SENSP"
      case .loffSensN: "LOFF_SENSN"
      case .loffFlip: "LOFF_FLIP"
      case .loffStatP: "LOFF_STATP"
      case .loffStatN: "LOFF_STATN"
      default: "\(self)".uppercased()
      }
    }

    /// CHnSET of a channel, counted from 0.
    public static func channel(_ index: Int) -> Register? {
      index < 0 || index > 7 ? nil : Register(rawValue: ch1set.rawValue + UInt8(index))
    }
  }

  /// DR of CONFIG1. SBAS499A, CONFIG1: the decimation of the modulator's clock.
  public enum DataRate: UInt8, CaseIterable, Sendable {
    case sps16k = 0b000
    case sps8k, sps4k, sps2k, sps1k, sps500, sps250

    public var samplesPerSecond: Int { 16_000 >> Int(rawValue) }

    /// nil when the chip has no such rate.
    public init?(samplesPerSecond: Double) {
      for rate in Self.allCases where Double(rate.samplesPerSecond) == samplesPerSecond {
        self = rate
        return
      }
      return nil
    }
  }

  /// GAIN of CHnSET. Not the ADS1298's codes.
  public enum Gain: UInt8, CaseIterable, Sendable {
    case x1 = 0b000
    case x2, x4, x6, x8, x12, x24

    public var factor: Int {
      switch self {
      case .x1: 1
      case .x2: 2
      case .x4: 4
      case .x6: 6
      case .x8: 8
      case .x12: 12
      case .x24: 24
      }
    }

    /// nil when the chip has no such gain.
    public init?(_ factor: Double) {
      for gain in Self.allCases where Double(gain.factor) == factor {
        self = gain
        return
      }
      return nil
    }

    /// Size of one count with the internal reference: 4.5 V / gain / (2^23 - 1).
    public var microvoltsPerCount: Double {
      ADS1299.referenceMicrovolts / Double(factor) / Double(ADS1299.countMaximum)
    }
  }

  /// MUX of CHnSET: what the channel measures.
  public enum Input: UInt8, CaseIterable, Sendable {
    case electrode = 0b000
    case shorted, biasMeasurement, supply, temperature, testSignal, biasDriveP, biasDriveN
  }

  /// Electrodes, one bit a channel, channel 1 in bit 0: BIAS_SENSx, LOFF_SENSx, LOFF_FLIP.
  public struct ChannelMask: OptionSet, Sendable, Hashable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The first `count` channels, at most eight.
    public static func first(_ count: Int) -> ChannelMask {
      ChannelMask(rawValue: count >= 8 ? 0xFF : UInt8((1 << max(0, count)) - 1))
    }
  }

  /// The internal reference, VREFP - VREFN.
  public static var referenceMicrovolts: Double {
    @_noLocks @_noAllocation get { 4_500_000 }
  }
  /// The largest count; the smallest is -2^23.
  public static var countMaximum: Int32 {
    @_noLocks @_noAllocation get { 0x7F_FFFF }
  }
}
