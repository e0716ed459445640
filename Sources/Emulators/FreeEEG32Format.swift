// FreeEEG32 and IronBCI-32: an STM32 with AD7771 converters behind CDC-ACM, 512 Hz.
//
//     A0  counter  32 × 24 bits, high byte first  extra bytes  C0
//
// How many extra bytes there are depends on the firmware; IronBCI-32 sends none, 99 in all.
// Sources: BrainFlow's freeeeg.cpp, PiEEG-server's ironbci_32.py.

public struct FreeEEG32Format: PacketFormat {
  public static let channelCount = 32
  /// Reference 2.5 V, gain 8.
  static let converter = Converter(
    microvoltsPerCount: 2.5e6 / 8 / 8_388_608, range: Converter.range24Bit)

  public let extraByteCount: Int
  private let samples: [Int32]
  private let recordedChannelCount: Int

  /// - Throws: `unsuitable` unless 0 to 128 extra bytes are asked for.
  public init(playing playback: Playback, extraByteCount: Int = 0) throws(EmulatorFault) {
    guard (0...128).contains(extraByteCount) else {
      throw .unsuitable(
        what: "a FreeEEG32 with \(extraByteCount) extra bytes", remedy: "choose 0 to 128")
    }
    self.extraByteCount = extraByteCount
    samples = playback.counts(of: Self.converter)
    recordedChannelCount = playback.channelCount
  }

  public var name: String { "freeeeg32" }
  public var nominalRate: Double { 512 }
  public var packetByteCount: Int { 99 + extraByteCount }
  public var marks: [UInt8] { [0xA0, 0xC0] }

  public func packet(_ index: UInt64) -> (bytes: [UInt8], counts: [Int32]) {
    let sampleCount = samples.count / recordedChannelCount
    let first = Int(index % UInt64(sampleCount)) * recordedChannelCount
    let counts = (0..<Self.channelCount).map { samples[first + $0 % recordedChannelCount] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(packetByteCount)
    bytes.append(0xA0)
    bytes.append(UInt8(truncatingIfNeeded: index))
    for count in counts { bytes.append(bigEndian24: count) }
    for place in 0..<extraByteCount { bytes.append(UInt8(truncatingIfNeeded: place)) }
    bytes.append(0xC0)
    return (bytes, counts)
  }
}

extension [UInt8] {
  /// Three bytes of a two's complement number, the highest first.
  mutating func append(bigEndian24 count: Int32) {
    append(UInt8(truncatingIfNeeded: count >> 16))
    append(UInt8(truncatingIfNeeded: count >> 8))
    append(UInt8(truncatingIfNeeded: count))
  }
}
