// The bits of each register that is written, reserved bits included.

/// One register's value: every instance is a byte that the chip allows.
public protocol ADS1299RegisterValue: Equatable, Sendable {
  static var register: ADS1299.Register { get }
  var rawValue: UInt8 { get }
  /// nil when reserved bits differ or a code has no meaning.
  init?(rawValue: UInt8)
}

extension ADS1299 {
  /// ID, 0x00. SBAS499A, ID: revision, family and number of channels; read only.
  public struct Identity: ADS1299RegisterValue {
    public static var register: Register { .id }

    public enum Variant: UInt8, CaseIterable, Sendable {
      case fourChannels = 0b00
      case sixChannels = 0b01
      case eightChannels = 0b10

      public var channelCount: Int { 4 + 2 * Int(rawValue) }
      /// "ADS1299-4", "ADS1299-6", "ADS1299".
      public var name: String { self == .eightChannels ? "ADS1299" : "ADS1299-\(channelCount)" }
      /// A status word and the channels, three bytes each.
      public var frameByteCount: Int { 3 * (1 + channelCount) }
      /// ID without the revision.
      public var family: UInt8 { 0b1_1100 | rawValue }
    }

    public var revision: UInt8
    public var variant: Variant
    public var rawValue: UInt8 { revision << 5 | variant.family }

    public init(revision: UInt8, variant: Variant) {
      self.revision = revision & 0b111
      self.variant = variant
    }

    public init?(rawValue: UInt8) {
      // Bit 4 is always 1, DEV_ID is 11.
      guard rawValue & 0b1_1100 == 0b1_1100, let variant = Variant(rawValue: rawValue & 0b11)
      else { return nil }
      self.init(revision: rawValue >> 5, variant: variant)
    }
  }

  /// CONFIG1, 0x01. SBAS499A, CONFIG1: data rate, several chips, clock output.
  public struct Config1: ADS1299RegisterValue {
    public static var register: Register { .config1 }

    public var dataRate: DataRate
    /// DAISY_EN: false chains the chips' data, true reads each chip by its own chip select.
    public var readsBackSeparately: Bool
    /// CLK_EN: drives the CLK pin for other chips.
    public var clockOutput: Bool

    public init(
      _ dataRate: DataRate, readsBackSeparately: Bool = false, clockOutput: Bool = false
    ) {
      self.dataRate = dataRate
      self.readsBackSeparately = readsBackSeparately
      self.clockOutput = clockOutput
    }

    public var rawValue: UInt8 {
      0b1001_0000 | bit(6, readsBackSeparately) | bit(5, clockOutput) | dataRate.rawValue
    }

    public init?(rawValue: UInt8) {
      guard rawValue & 0b1001_1000 == 0b1001_0000, let rate = DataRate(rawValue: rawValue & 0b111)
      else { return nil }
      self.init(
        rate, readsBackSeparately: rawValue & 1 << 6 != 0, clockOutput: rawValue & 1 << 5 != 0)
    }
  }

  /// CONFIG2, 0x02. SBAS499A, CONFIG2: the test signal.
  public struct Config2: ADS1299RegisterValue {
    public static var register: Register { .config2 }

    public enum Frequency: UInt8, CaseIterable, Sendable {
      /// fCLK / 2^21, 0.977 Hz.
      case slow = 0b00
      /// fCLK / 2^20, 1.953 Hz.
      case fast = 0b01
      case direct = 0b11
    }

    /// INT_CAL: the chip makes the signal itself.
    public var isInternal: Bool
    /// CAL_AMP: 3.75 mV instead of 1.875 mV.
    public var isDoubled: Bool
    public var frequency: Frequency

    public init(isInternal: Bool = false, isDoubled: Bool = false, frequency: Frequency = .slow) {
      self.isInternal = isInternal
      self.isDoubled = isDoubled
      self.frequency = frequency
    }

    public var rawValue: UInt8 {
      0b1100_0000 | bit(4, isInternal) | bit(2, isDoubled) | frequency.rawValue
    }

    public init?(rawValue: UInt8) {
      guard rawValue & 0b1110_1000 == 0b1100_0000,
        let frequency = Frequency(rawValue: rawValue & 0b11)
      else { return nil }
      self.init(
        isInternal: rawValue & 1 << 4 != 0, isDoubled: rawValue & 1 << 2 != 0,
        frequency: frequency)
    }
  }

  /// CONFIG3, 0x03. SBAS499A, CONFIG3: reference and bias amplifier.
  public struct Config3: ADS1299RegisterValue {
    public static var register: Register { .config3 }

    /// PD_REFBUF: the internal reference is on. Off after a reset.
    public var internalReference: Bool
    /// BIAS_MEAS: the bias input can be routed to a channel.
    public var biasMeasurement: Bool
    /// BIASREF_INT: the bias amplifier's reference is (AVDD + AVSS) / 2, made inside.
    public var internalBiasReference: Bool
    /// PD_BIAS: the bias amplifier is on.
    public var biasAmplifier: Bool
    /// BIAS_LOFF_SENS: senses whether the bias electrode is off.
    public var biasLeadOffSensing: Bool
    /// BIAS_STAT, read only: the bias electrode is off.
    public var isBiasLeadOff: Bool

    public init(
      internalReference: Bool = false, biasMeasurement: Bool = false,
      internalBiasReference: Bool = false, biasAmplifier: Bool = false,
      biasLeadOffSensing: Bool = false, isBiasLeadOff: Bool = false
    ) {
      self.internalReference = internalReference
      self.biasMeasurement = biasMeasurement
      self.internalBiasReference = internalBiasReference
      self.biasAmplifier = biasAmplifier
      self.biasLeadOffSensing = biasLeadOffSensing
      self.isBiasLeadOff = isBiasLeadOff
    }

    public var rawValue: UInt8 {
      0b0110_0000 | bit(7, internalReference) | bit(4, biasMeasurement)
        | bit(3, internalBiasReference) | bit(2, biasAmplifier) | bit(1, biasLeadOffSensing)
        | bit(0, isBiasLeadOff)
    }

    public init?(rawValue: UInt8) {
      guard rawValue & 0b0110_0000 == 0b0110_0000 else { return nil }
      self.init(
        internalReference: rawValue & 1 << 7 != 0, biasMeasurement: rawValue & 1 << 4 != 0,
        internalBiasReference: rawValue & 1 << 3 != 0, biasAmplifier: rawValue & 1 << 2 != 0,
        biasLeadOffSensing: rawValue & 1 << 1 != 0, isBiasLeadOff: rawValue & 1 != 0)
    }
  }

  /// LOFF, 0x04. SBAS499A p. 43: lead-off threshold, current and frequency.
  public struct LeadOff: ADS1299RegisterValue {
    public static var register: Register { .loff }

    /// COMP_TH: per cent of the supply on the positive side, 100 less that on the negative: 95,
    /// 92.5, 90, 87.5, 85, 80, 75, 70.
    public enum Threshold: UInt8, CaseIterable, Sendable {
      case percent95 = 0b000
      case percent92, percent90, percent87, percent85, percent80, percent75, percent70
    }

    /// ILEAD_OFF. Not the ADS1298's currents.
    public enum Current: UInt8, CaseIterable, Sendable {
      case nanoamperes6 = 0b00
      case nanoamperes24, microamperes6, microamperes24
    }

    /// FLEAD_OFF.
    public enum Frequency: UInt8, CaseIterable, Sendable {
      case direct = 0b00
      /// fCLK / 2^18, 7.8 Hz.
      case hertz8
      /// fCLK / 2^16, 31.2 Hz.
      case hertz31
      /// A quarter of the data rate.
      case quarterRate
    }

    public var threshold: Threshold
    public var current: Current
    public var frequency: Frequency

    public init(
      threshold: Threshold = .percent95, current: Current = .nanoamperes6,
      frequency: Frequency = .direct
    ) {
      self.threshold = threshold
      self.current = current
      self.frequency = frequency
    }

    public var rawValue: UInt8 {
      threshold.rawValue << 5 | current.rawValue << 2 | frequency.rawValue
    }

    public init?(rawValue: UInt8) {
      guard rawValue & 1 << 4 == 0, let threshold = Threshold(rawValue: rawValue >> 5),
        let current = Current(rawValue: rawValue >> 2 & 0b11),
        let frequency = Frequency(rawValue: rawValue & 0b11)
      else { return nil }
      self.init(threshold: threshold, current: current, frequency: frequency)
    }
  }

  /// CHnSET, 0x05-0x0C. SBAS499A, CHnSET: gain and input of one channel.
  public struct ChannelSettings: ADS1299RegisterValue {
    /// Of channel 1; the others follow it.
    public static var register: Register { .ch1set }

    public var isPoweredDown: Bool
    public var gain: Gain
    /// SRB2: connects the positive input to the SRB2 pin.
    public var connectsSRB2: Bool
    public var input: Input

    public init(
      gain: Gain = .x24, input: Input = .electrode, connectsSRB2: Bool = false,
      isPoweredDown: Bool = false
    ) {
      self.isPoweredDown = isPoweredDown
      self.gain = gain
      self.connectsSRB2 = connectsSRB2
      self.input = input
    }

    public var rawValue: UInt8 {
      bit(7, isPoweredDown) | gain.rawValue << 4 | bit(3, connectsSRB2) | input.rawValue
    }

    public init?(rawValue: UInt8) {
      guard let gain = Gain(rawValue: rawValue >> 4 & 0b111),
        let input = Input(rawValue: rawValue & 0b111)
      else { return nil }
      self.init(
        gain: gain, input: input, connectsSRB2: rawValue & 1 << 3 != 0,
        isPoweredDown: rawValue & 1 << 7 != 0)
    }
  }

  /// GPIO, 0x14. SBAS499A, GPIO: four pins of the chip; their levels are in every status word.
  public struct Pins: ADS1299RegisterValue {
    public static var register: Register { .gpio }

    /// GPIOD: what outputs drive and inputs see; pin 1 in bit 0.
    public var levels: UInt8
    /// GPIOC: 1 makes the pin an input.
    public var inputs: UInt8

    public init(levels: UInt8, inputs: UInt8) {
      self.levels = levels & 0xF
      self.inputs = inputs & 0xF
    }

    public var rawValue: UInt8 { levels << 4 | inputs }

    public init?(rawValue: UInt8) { self.init(levels: rawValue >> 4, inputs: rawValue) }
  }

  /// MISC1, 0x15. SBAS499A, MISC1: SRB1 as the reference of every negative input.
  public struct Misc1: ADS1299RegisterValue {
    public static var register: Register { .misc1 }

    public var connectsSRB1: Bool

    public init(connectsSRB1: Bool = false) { self.connectsSRB1 = connectsSRB1 }

    public var rawValue: UInt8 { bit(5, connectsSRB1) }

    public init?(rawValue: UInt8) {
      guard rawValue & ~(1 << 5) == 0 else { return nil }
      self.init(connectsSRB1: rawValue != 0)
    }
  }

  /// CONFIG4, 0x17. SBAS499A, CONFIG4: single shot, lead-off comparators.
  public struct Config4: ADS1299RegisterValue {
    public static var register: Register { .config4 }

    public var isSingleShot: Bool
    /// PD_LOFF_COMP: the comparators are on.
    public var leadOffComparators: Bool

    public init(isSingleShot: Bool = false, leadOffComparators: Bool = false) {
      self.isSingleShot = isSingleShot
      self.leadOffComparators = leadOffComparators
    }

    public var rawValue: UInt8 { bit(3, isSingleShot) | bit(1, leadOffComparators) }

    public init?(rawValue: UInt8) {
      guard rawValue & 0b1111_0101 == 0 else { return nil }
      self.init(
        isSingleShot: rawValue & 1 << 3 != 0, leadOffComparators: rawValue & 1 << 1 != 0)
    }
  }
}

private func bit(_ position: UInt8, _ isSet: Bool) -> UInt8 { isSet ? 1 << position : 0 }
