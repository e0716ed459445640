// What the chip shall do, and the register values that make it do so.

import RT
public import Signal

/// Times of the chip (SBAS499C §7.6 and §11.1), from its nominal clock of 2.048 MHz.
enum ChipTime {
  static var clockHertz: Int64 { 2_048_000 }

  static func clocks(_ count: Int64) -> Nanoseconds {
    // Rounded up: a wait that is too long does no harm.
    Nanoseconds((count * 1_000_000_000 + clockHertz - 1) / clockHertz)
  }

  /// Power-on reset, 2^18 clocks; 2^16, as an old datasheet had it, failed one boot in 50.
  static var powerOnReset: Nanoseconds { clocks(1 << 18) }
  /// After RESET, 18 clocks.
  static var afterReset: Nanoseconds { clocks(18) }
  /// Command decode, 4 clocks.
  static var decode: Nanoseconds { clocks(4) }
  /// The internal reference comes up, 150 ms.
  static var referenceStart: Nanoseconds { .milliseconds(150) }
}

/// The configuration of one ADS1299, eight channels alike.
public struct ADS1299Configuration: Sendable, Equatable {
  public var rate: DataRate
  public var gain: Gain
  public var input: ChannelInput
  /// 4, 6 or 8: the ADS1299-4, -6 or the ADS1299.
  public var channelCount: Int
  /// SRB1 is the reference of all channels.
  public var referencesSRB1: Bool
  /// The bias amplifier drives the mean of all channels back to the body.
  public var drivesBias: Bool

  public init(
    rate: DataRate = .sps250, gain: Gain = .x24, input: ChannelInput = .electrode,
    channelCount: Int = 8, referencesSRB1: Bool = true, drivesBias: Bool = true
  ) {
    self.rate = rate
    self.gain = gain
    self.input = input
    self.channelCount = channelCount
    self.referencesSRB1 = referencesSRB1
    self.drivesBias = drivesBias
  }

  /// The low five bits of ID: 1, DEV_ID 11, NU_CH (SBAS499C §9.6.1.1).
  var identity: UInt8 {
    switch channelCount {
    case 4: 0x1C
    case 6: 0x1D
    default: 0x1E
    }
  }

  var period: Nanoseconds { Nanoseconds(1_000_000_000 / Int64(rate.samplesPerSecond)) }

  /// From START to the first settled conversion: four conversions and nine clocks
  /// (SBAS499C §9.4.2.1.3).
  var settling: Nanoseconds { period * 4 + ChipTime.clocks(9) }

  /// Every register that is written, with its value, in the order of writing.
  var registers: [(register: ADS1299Register, value: UInt8)] {
    let channels = UInt8((1 << channelCount) - 1)
    var registers: [(ADS1299Register, UInt8)] = [
      // Bits 7 and 4 are always one; no daisy chain, no clock output.
      (.config1, 0x90 | rate.rawValue),
      // Internal test source when a channel listens to it; CAL_FREQ fCLK/2^21.
      (.config2, 0xC0 | (input == .testSignal ? 0x10 : 0)),
      // Internal reference, bias reference, and the bias amplifier.
      (.config3, 0xE0 | (drivesBias ? 0x0C : 0)),
      (.loff, 0),
    ]
    for index in 0..<channelCount {
      if let register = ADS1299Register(rawValue: ADS1299Register.ch1Set.rawValue + UInt8(index)) {
        registers.append((register, gain.rawValue << 4 | input.rawValue))
      }
    }
    registers += [
      (.biasSensP, drivesBias ? channels : 0),
      (.biasSensN, drivesBias ? channels : 0),
      (.loffSensP, 0),
      (.loffSensN, 0),
      (.loffFlip, 0),
      // All pins driven, so that unused ones do not flicker.
      (.gpio, 0),
      (.misc1, referencesSRB1 ? 0x20 : 0),
      (.misc2, 0),
      (.config4, 0),
    ]
    return registers
  }

  /// - Parameter labels: one a channel.
  /// - Throws: `AmplifierFault.unsupported` for another number of channels than the chip has.
  public func montage(labels: [String]) throws(AmplifierFault) -> Montage {
    guard [4, 6, 8].contains(channelCount), labels.count == channelCount else {
      throw .unsupported(
        "an ADS1299 has 4, 6 or 8 channels, and \(labels.count) are named: name as many as the "
          + "chip has (amplifier.channels)")
    }
    return Montage(
      channels: labels.map {
        Montage.Channel(label: $0, microvoltsPerCount: gain.microvoltsPerCount)
      }, samplesPerSecond: Double(rate.samplesPerSecond))
  }
}
