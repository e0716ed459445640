// OpenEEG's firmware packet format 2, as ModularEEG and Olimex EEG-SMT send it: 57600 baud, 256 Hz.
//
//     A5 5A  02  counter  6 × 16 bits, high byte first, 0…1023  switches
//
// Source: the comment in the firmware's modeeg-p2.c, and the olimex-ekg-emg package on PyPI.

public struct OpenEEGFormat: PacketFormat {
  public static let byteCount = 17
  public static let channelCount = 6
  /// No standard says what a count is; the amplifiers lie about half a microvolt.
  static let converter = Converter(microvoltsPerCount: 0.5, range: 0...1023, zero: 512)

  private let samples: [Int32]
  private let recordedChannelCount: Int

  public init(playing playback: Playback) {
    samples = playback.counts(of: Self.converter)
    recordedChannelCount = playback.channelCount
  }

  public var name: String { "openeeg" }
  public var nominalRate: Double { 256 }
  public var packetByteCount: Int { Self.byteCount }
  public var marks: [UInt8] { [0xA5, 0x5A] }

  /// The push buttons PD5…PD2 in bits 3…0: they count the seconds.
  static func switches(_ index: UInt64) -> UInt8 { UInt8((index / 256) & 0x0F) }

  public func packet(_ index: UInt64) -> (bytes: [UInt8], counts: [Int32]) {
    let sampleCount = samples.count / recordedChannelCount
    let first = Int(index % UInt64(sampleCount)) * recordedChannelCount
    let counts = (0..<Self.channelCount).map { samples[first + $0 % recordedChannelCount] }
    var bytes: [UInt8] = [0xA5, 0x5A, 2, UInt8(truncatingIfNeeded: index)]
    for count in counts {
      bytes.append(UInt8(truncatingIfNeeded: count >> 8))
      bytes.append(UInt8(truncatingIfNeeded: count))
    }
    bytes.append(Self.switches(index))
    return (bytes, counts)
  }
}
