// Every register of a chip, for a person who wants to know what it holds. Not while frames are
// read: the chip is reset.

/// What a chip's registers held. SBAS499C, "Register Maps".
public struct ADS1299RegisterDump: Sendable, Equatable {
  /// One register.
  public struct Row: Sendable, Equatable {
    public var register: ADS1299.Register
    public var value: UInt8
    /// Another value than after a reset.
    public var differsFromReset: Bool
    /// The value that it should have and has not.
    public var expected: UInt8?

    /// What the value means.
    public var meaning: String { register.meaning(of: value) }
  }

  /// By address, after RESET.
  public var afterReset: [UInt8]
  /// By address, after the configuration was written; nil when no ADS1299 of the configured kind
  /// answered, and nothing was written.
  public var configured: [UInt8]?
  private let configuration: ADS1299Configuration

  public init(
    afterReset: [UInt8], configured: [UInt8]?, configuration: ADS1299Configuration
  ) {
    self.afterReset = afterReset
    self.configured = configured
    self.configuration = configuration
  }

  /// One row a register, by address: as configured, or after the reset when nothing was written.
  public var rows: [Row] {
    let wanted = configuration.registerValues()
    return zip(ADS1299.Register.allCases, configured ?? afterReset).map { register, value in
      let address = Int(register.rawValue)
      let mask = register.comparable(of: configuration.variant)
      // The driver makes all pins outputs, whose levels are the host's.
      let written = register == .gpio ? 0xFF : mask
      let isRight = configured == nil || (value ^ wanted[address]) & written == 0
      return Row(
        register: register, value: value,
        differsFromReset: (value ^ register.resetValue) & mask != 0,
        expected: isRight ? nil : wanted[address])
    }
  }

  /// Registers that did not hold their reset value after RESET: the reset did not reach the chip,
  /// or reading it does not work.
  public var notReset: [ADS1299.Register] {
    ADS1299.Register.allCases.filter { register in
      let mask = register.comparable(of: configuration.variant)
      return (afterReset[Int(register.rawValue)] ^ register.resetValue) & mask != 0
    }
  }

  /// nil when the chip that was configured answered.
  public func identityFault(at device: String) -> AmplifierFault? {
    let found = afterReset[0]
    let expected = configuration.variant
    if ADS1299.Identity(rawValue: found)?.variant == expected { return nil }
    return .wrongIdentity(
      found: found, expected: ADS1299.Identity(revision: 1, variant: expected).rawValue,
      hint: ADS1299.hint(found: found, expected: expected, at: device))
  }
}

extension ADS1299.Register {
  /// The bits whose value the host decides.
  fileprivate func comparable(of variant: ADS1299.Identity.Variant) -> UInt8 {
    switch self {
    // Read only, and different from chip to chip.
    case .id, .loffStatP, .loffStatN: 0
    // BIAS_STAT is the chip's own.
    case .config3: 0xFE
    // After a reset all pins are inputs: levels are the board's.
    case .gpio: 0x0F
    case .ch5set, .ch6set, .ch7set, .ch8set:
      rawValue - Self.ch1set.rawValue < UInt8(variant.channelCount) ? 0xFF : 0
    case .config1, .config2, .loff, .ch1set, .ch2set, .ch3set, .ch4set, .biasSensP, .biasSensN,
      .loffSensP, .loffSensN, .loffFlip, .misc1, .misc2, .config4:
      0xFF
    }
  }
}

extension ADS1299Driver where Port: ~Copyable {
  /// Resets the chips, reads every register, writes the configuration if they are the right chips,
  /// and reads every register again. They are reset again and let go. About 0.4 s.
  ///
  /// - Returns: one dump a chip select: of a daisy chain the first chip can be read.
  mutating func dumpRegisters() throws(AmplifierFault) -> [ADS1299RegisterDump] {
    try ADS1299Configuration.validate(configurations, selectCount: port.selectCount)
    state = .down
    do throws(AmplifierFault) {
      try port.open()
      let dumps = try readAll()
      _ = resetChips(isCold: false)
      port.close()
      return dumps
    } catch {
      quieten()
      port.close()
      throw error
    }
  }

  private mutating func readAll() throws(AmplifierFault) -> [ADS1299RegisterDump] {
    try check(resetChips(isCold: true), "resetting the chip")
    var dumps: [ADS1299RegisterDump] = []
    for select in 0..<port.selectCount {
      dumps.append(
        ADS1299RegisterDump(
          afterReset: try values(select), configured: nil, configuration: configurations[select]))
    }
    if dumps.contains(where: { $0.identityFault(at: port.name) != nil }) { return dumps }
    let verdict = configureAll()
    // A register that is not what it should be: the dump shows which.
    if case .kernel = verdict { try check(verdict) }
    for select in 0..<port.selectCount { dumps[select].configured = try values(select) }
    return dumps
  }

  private mutating func values(_ select: Int) throws(AmplifierFault) -> [UInt8] {
    let count = ADS1299.Register.count
    try check(readRegisters(select, from: 0, count: count), "an SPI transfer")
    return (0..<count).map { port.bytes.received(2 + $0) }
  }
}

extension LinuxADS1299 {
  /// What the chips' registers hold, one dump a chip select; see `ADS1299RegisterDump`. Not between
  /// `arm` and `stop`.
  public mutating func dumpRegisters() throws(AmplifierFault) -> [ADS1299RegisterDump] {
    try driver.dumpRegisters()
  }
}

extension ModelledADS1299 {
  /// What the model's registers hold; see `ADS1299RegisterDump`. Not between `arm` and `stop`.
  public mutating func dumpRegisters() throws(AmplifierFault) -> [ADS1299RegisterDump] {
    try driver.dumpRegisters()
  }
}
