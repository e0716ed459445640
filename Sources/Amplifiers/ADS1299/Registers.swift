// The ADS1299's commands and registers, under the names and in the order of the datasheet
// (TI SBAS499C, §9.5.3 commands, §9.6 register map).

/// SBAS499C §9.5.3, table 10: commands.
public enum ADS1299Command {
  @usableFromInline static var wakeup: UInt8 { @_noLocks @_noAllocation get { 0x02 } }
  static var standby: UInt8 { @_noLocks @_noAllocation get { 0x04 } }
  static var reset: UInt8 { @_noLocks @_noAllocation get { 0x06 } }
  static var start: UInt8 { @_noLocks @_noAllocation get { 0x08 } }
  static var stop: UInt8 { @_noLocks @_noAllocation get { 0x0A } }
  static var readDataContinuously: UInt8 { @_noLocks @_noAllocation get { 0x10 } }
  static var stopReadDataContinuously: UInt8 { @_noLocks @_noAllocation get { 0x11 } }
  static var readData: UInt8 { @_noLocks @_noAllocation get { 0x12 } }
  /// Plus the first address; then the count of registers less one.
  static var readRegisters: UInt8 { @_noLocks @_noAllocation get { 0x20 } }
  static var writeRegisters: UInt8 { @_noLocks @_noAllocation get { 0x40 } }
}

/// SBAS499C §9.6, table 11: the register map.
public enum ADS1299Register: UInt8, CaseIterable, Sendable {
  case id = 0x00
  case config1 = 0x01
  case config2 = 0x02
  case config3 = 0x03
  case loff = 0x04
  case ch1Set = 0x05
  case ch2Set = 0x06
  case ch3Set = 0x07
  case ch4Set = 0x08
  case ch5Set = 0x09
  case ch6Set = 0x0A
  case ch7Set = 0x0B
  case ch8Set = 0x0C
  case biasSensP = 0x0D
  case biasSensN = 0x0E
  case loffSensP = 0x0F
  case loffSensN = 0x10
  case loffFlip = 0x11
  case loffStatP = 0x12
  case loffStatN = 0x13
  case gpio = 0x14
  case misc1 = 0x15
  case misc2 = 0x16
  case config4 = 0x17

  /// As the datasheet writes it.
  public var name: String {
    switch self {
    case .id: "ID"
    case .config1: "CONFIG1"
    case .config2: "CONFIG2"
    case .config3: "CONFIG3"
    case .loff: "LOFF"
    case .ch1Set: "CH1SET"
    case .ch2Set: "CH2SET"
    case .ch3Set: "CH3SET"
    case .ch4Set: "CH4SET"
    case .ch5Set: "CH5SET"
    case .ch6Set: "CH6SET"
    case .ch7Set: "CH7SET"
    case .ch8Set: "CH8SET"
    case .biasSensP: "BIAS_SENSP"
    case .biasSensN: "BIAS_SENSN"
    case .loffSensP: "LOFF_SENSP"
    case .loffSensN: "LOFF_SENSN"
    case .loffFlip: "LOFF_FLIP"
    case .loffStatP: "LOFF_STATP"
    case .loffStatN: "LOFF_STATN"
    case .gpio: "GPIO"
    case .misc1: "MISC1"
    case .misc2: "MISC2"
    case .config4: "CONFIG4"
    }
  }

  /// SBAS499C §9.6: the value after a reset; of ID, that of an eight-channel chip.
  public var resetValue: UInt8 {
    switch self {
    case .id: 0x3E
    case .config1: 0x96
    case .config2: 0xC0
    case .config3: 0x60
    case .ch1Set, .ch2Set, .ch3Set, .ch4Set, .ch5Set, .ch6Set, .ch7Set, .ch8Set: 0x61
    case .gpio: 0x0F
    case .loff, .biasSensP, .biasSensN, .loffSensP, .loffSensN, .loffFlip, .loffStatP, .loffStatN,
      .misc1, .misc2, .config4:
      0x00
    }
  }

  /// Written by the chip alone.
  public var isReadOnly: Bool { self == .id || self == .loffStatP || self == .loffStatN }
}

/// CONFIG1 DR[2:0] (SBAS499C §9.6.1.2): samples a second.
public enum DataRate: UInt8, CaseIterable, Sendable {
  case sps16000 = 0
  case sps8000 = 1
  case sps4000 = 2
  case sps2000 = 3
  case sps1000 = 4
  case sps500 = 5
  case sps250 = 6

  public init?(samplesPerSecond: Int) {
    guard let rate = Self.allCases.first(where: { $0.samplesPerSecond == samplesPerSecond }) else {
      return nil
    }
    self = rate
  }

  public var samplesPerSecond: Int { 16_000 >> Int(rawValue) }
}

/// CHnSET GAIN[2:0] (SBAS499C §9.6.1.6); other codes than the ADS1298's.
public enum Gain: UInt8, CaseIterable, Sendable {
  case x1 = 0
  case x2 = 1
  case x4 = 2
  case x6 = 3
  case x8 = 4
  case x12 = 5
  case x24 = 6

  public init?(factor: Int) {
    guard let gain = Self.allCases.first(where: { $0.factor == factor }) else { return nil }
    self = gain
  }

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

  /// Size of one count with the internal reference of 4.5 V: Vref / gain / (2^23 − 1)
  /// (SBAS499C §9.4.1, equation 9, to within 0.12 ppm).
  public var microvoltsPerCount: Double { 4_500_000 / Double(factor) / 8_388_607 }
}

/// CHnSET MUX[2:0] (SBAS499C §9.6.1.6): what a channel measures.
public enum ChannelInput: UInt8, CaseIterable, Sendable {
  case electrode = 0
  case shorted = 1
  case bias = 2
  case supply = 3
  case temperature = 4
  case testSignal = 5
  case biasDriveP = 6
  case biasDriveN = 7
}
