// What a register's value means, in the words that an engineer would use.
//
// For any byte, also one that no healthy chip holds: what the data sheet forbids is said to be
// reserved, and the rest is still told.

extension ADS1299.Register {
  /// "250 SPS, daisy-chain mode, clock output off"; says "reserved" for any value that the data
  /// sheet forbids. SBAS499C, "Register Maps".
  public func meaning(of value: UInt8) -> String {
    var words = parts(of: value)
    if hasReservedBits(value) { words.append("reserved bits set") }
    return words.joined(separator: ", ")
  }

  private func parts(of value: UInt8) -> [String] {
    switch self {
    case .id: Self.identity(value)
    case .config1: Self.config1(value)
    case .config2: Self.config2(value)
    case .config3: Self.config3(value)
    case .loff: Self.leadOff(value)
    case .ch1set, .ch2set, .ch3set, .ch4set, .ch5set, .ch6set, .ch7set, .ch8set:
      Self.channelSettings(value)
    case .biasSensP: ["bias from " + Self.inputs(value, "P")]
    case .biasSensN: ["bias from " + Self.inputs(value, "N")]
    case .loffSensP: ["lead-off sensed on " + Self.inputs(value, "P")]
    case .loffSensN: ["lead-off sensed on " + Self.inputs(value, "N")]
    case .loffFlip: ["lead-off current reversed on " + Self.channels(value)]
    case .loffStatP: ["electrode off on " + Self.inputs(value, "P")]
    case .loffStatN: ["electrode off on " + Self.inputs(value, "N")]
    case .gpio: Self.pins(value)
    case .misc1: ["SRB1 " + (value & 1 << 5 != 0 ? "on every negative input" : "off")]
    case .misc2: value == 0 ? ["unused"] : []
    case .config4:
      [
        value & 1 << 3 != 0 ? "single shot" : "continuous conversion",
        "lead-off comparators " + Self.onOff(value, 1),
      ]
    }
  }

  /// Whether bits that must have one value have the other. Reserved codes are told where they are.
  private func hasReservedBits(_ value: UInt8) -> Bool {
    switch self {
    case .config1: value & 0b1001_1000 != 0b1001_0000
    case .config2: value & 0b1110_1000 != 0b1100_0000
    case .config3: value & 0b0110_0000 != 0b0110_0000
    case .loff: value & 0b0001_0000 != 0
    case .misc1: value & 0b1101_1111 != 0
    case .misc2: value != 0
    case .config4: value & 0b1111_0101 != 0
    case .id, .ch1set, .ch2set, .ch3set, .ch4set, .ch5set, .ch6set, .ch7set, .ch8set, .biasSensP,
      .biasSensN, .loffSensP, .loffSensN, .loffFlip, .loffStatP, .loffStatN, .gpio:
      false
    }
  }

  // MARK: one register each

  private static func identity(_ value: UInt8) -> [String] {
    if let identity = ADS1299.Identity(rawValue: value) {
      return [
        identity.variant.name, "\(identity.variant.channelCount) channels",
        "revision \(identity.revision)",
      ]
    }
    switch value {
    case 0x00: return ["no ADS1299: zeros only"]
    case 0xFF: return ["no ADS1299: ones only"]
    case 0x92: return ["an ADS1298, not an ADS1299"]
    case 0xD2: return ["an ADS1298R, not an ADS1299"]
    default: return ["no ADS1299"]
    }
  }

  private static func config1(_ value: UInt8) -> [String] {
    [
      ADS1299.DataRate(rawValue: value & 0b111).map { "\($0.samplesPerSecond) SPS" }
        ?? "reserved data rate",
      // DAISY_EN is active low.
      value & 1 << 6 != 0 ? "read back separately" : "daisy-chain mode",
      "clock output " + onOff(value, 5),
    ]
  }

  private static func config2(_ value: UInt8) -> [String] {
    let frequency =
      switch ADS1299.Config2.Frequency(rawValue: value & 0b11) {
      case .slow?: "0.98 Hz"
      case .fast?: "1.95 Hz"
      case .direct?: "DC"
      case nil: "reserved frequency"
      }
    return [
      "test signal \(value & 1 << 4 != 0 ? "internal" : "external")",
      value & 1 << 2 != 0 ? "3.75 mV" : "1.875 mV", frequency,
    ]
  }

  private static func config3(_ value: UInt8) -> [String] {
    [
      "reference " + (value & 1 << 7 != 0 ? "internal" : "external"),
      "bias amplifier " + onOff(value, 2),
      "bias reference " + (value & 1 << 3 != 0 ? "internal" : "external"),
      "bias measurement " + onOff(value, 4), "bias lead-off sensing " + onOff(value, 1),
    ] + (value & 1 != 0 ? ["bias electrode off"] : [])
  }

  private static func leadOff(_ value: UInt8) -> [String] {
    let threshold =
      ADS1299.LeadOff.Threshold(rawValue: value >> 5).map {
        "threshold \(short($0.percent))/\(short(100 - $0.percent)) %"
      } ?? "reserved threshold"
    let current =
      ADS1299.LeadOff.Current(rawValue: value >> 2 & 0b11)?.word ?? "reserved current"
    let frequency =
      switch value & 0b11 {
      case 0b00: "DC"
      case 0b01: "7.8 Hz"
      case 0b10: "31.2 Hz"
      default: "a quarter of the data rate"
      }
    return ["lead-off current \(current) \(frequency)", threshold]
  }

  private static func channelSettings(_ value: UInt8) -> [String] {
    let gain =
      ADS1299.Gain(rawValue: value >> 4 & 0b111).map { "gain \($0.factor)" } ?? "reserved gain"
    let input = ADS1299.Input(rawValue: value & 0b111)?.word ?? "reserved input"
    return [gain, input, "SRB2 " + onOff(value, 3)]
      + (value & 1 << 7 != 0 ? ["powered down"] : [])
  }

  private static func pins(_ value: UInt8) -> [String] {
    let outputs = ~value & 0xF
    let driven = outputs == 0 ? [] : ["pins \(numbers(outputs)) drive \(levels(value, outputs))"]
    let inputs = value & 0xF
    return driven
      + (inputs == 0
        ? [] : ["pins \(numbers(inputs)) are inputs and read \(levels(value, inputs))"])
  }

  // MARK: words

  private static func onOff(_ value: UInt8, _ bit: UInt8) -> String {
    value & 1 << bit != 0 ? "on" : "off"
  }

  /// "IN1P-IN4P, IN6P", or "none".
  private static func inputs(_ mask: UInt8, _ side: String) -> String {
    runs(mask).map { run in
      let ends = run.count == 1 ? [run.lowerBound] : [run.lowerBound, run.upperBound]
      return ends.map { "IN\($0)\(side)" }.joined(separator: "-")
    }.joined(separator: ", ").ifEmpty("none")
  }

  /// "channels 1-4, 6", or "none".
  private static func channels(_ mask: UInt8) -> String {
    mask == 0 ? "none" : (mask & (mask - 1) == 0 ? "channel " : "channels ") + numbers(mask)
  }

  private static func numbers(_ mask: UInt8) -> String {
    runs(mask).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ", ")
  }

  /// The levels of the pins of a mask, the lowest pin first.
  private static func levels(_ value: UInt8, _ mask: UInt8) -> String {
    (0..<4).filter { mask & 1 << $0 != 0 }.map { value >> (4 + $0) & 1 == 0 ? "low" : "high" }
      .joined(separator: " ")
  }

  /// Neighbouring bits that are set, counted from 1.
  private static func runs(_ mask: UInt8) -> [ClosedRange<Int>] {
    var runs: [ClosedRange<Int>] = []
    for bit in 1...8 where mask & 1 << UInt8(bit - 1) != 0 {
      if let last = runs.last, last.upperBound == bit - 1 {
        runs[runs.count - 1] = last.lowerBound...bit
      } else {
        runs.append(bit...bit)
      }
    }
    return runs
  }

  /// "95", "92.5".
  private static func short(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}

extension String {
  fileprivate func ifEmpty(_ other: String) -> String { isEmpty ? other : self }
}
