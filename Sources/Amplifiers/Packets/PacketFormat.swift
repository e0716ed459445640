// What a packet of an amplifier looks like: enough to find it among bytes, to judge it, and to take
// the counts out of it. A value, so that the real-time path needs no protocol and no closure.

/// How a count is written.
public enum CountEncoding: UInt8, Sendable, BitwiseCopyable {
  /// Three bytes, two's complement, the highest first.
  case int24BigEndian
  /// Two bytes, the highest first, of a 10-bit converter: 512 is zero. Beyond 1023 it is no packet.
  case offset10BigEndian
  /// The upper 24 bits of a little-endian word of 32.
  case int24InInt32LittleEndian
}

/// A number that a packet carries beside the counts.
public struct AuxiliaryField: Sendable, BitwiseCopyable {
  public enum Encoding: UInt8, Sendable, BitwiseCopyable {
    case uint8
    case int16BigEndian, uint16BigEndian
    case uint24LittleEndian

    var byteCount: Int {
      switch self {
      case .uint8: 1
      case .int16BigEndian, .uint16BigEndian: 2
      case .uint24LittleEndian: 3
      }
    }
  }

  public var encoding: Encoding
  public var offset: Int
  public var mask: UInt32

  public init(_ encoding: Encoding, at offset: Int, mask: UInt32 = .max) {
    self.encoding = encoding
    self.offset = offset
    self.mask = mask
  }
}

/// A bit of an auxiliary word that somebody must know of.
public struct PacketAlarm: Sendable, BitwiseCopyable {
  public var word: Int
  public var mask: UInt32
  /// Whether the bit is set when all is well.
  public var isSetWhenWell: Bool
  /// Counts are not to be believed meanwhile.
  public var disqualifies: Bool

  public init(word: Int, mask: UInt32, isSetWhenWell: Bool, disqualifies: Bool) {
    self.word = word
    self.mask = mask
    self.isSetWhenWell = isSetWhenWell
    self.disqualifies = disqualifies
  }
}

/// The layout of packets of one length.
public struct PacketFormat: Sendable, BitwiseCopyable {
  public let byteCount: Int
  /// The first eight bytes, the first in the lowest, and which of their bits are always so.
  public let header: UInt64
  public let headerMask: UInt64
  /// The last byte, and which of its bits are always so; mask 0: any.
  public let footer: UInt8
  public let footerMask: UInt8
  /// Of the byte that counts packets modulo 256; −1: nothing does.
  public let counterOffset: Int
  public let encoding: CountEncoding
  public let firstCountOffset: Int
  /// Counts that are taken from a packet, one after the other.
  public let countsPerPacket: Int
  /// 2: an even counter carries the second half of the channels, the odd one after it the first.
  public let packetsPerFrame: Int
  public let auxiliaries: InlineArray<4, AuxiliaryField>
  public let auxiliaryCount: Int
  public let alarms: InlineArray<2, PacketAlarm>
  public let alarmCount: Int

  /// - Parameters:
  ///   - header: bytes that every packet begins with, and which of their bits do not change; 8 at
  ///     most, the first whole.
  ///   - auxiliaries: 4 at most.
  ///   - alarms: 2 at most.
  public init(
    byteCount: Int, header: [(value: UInt8, mask: UInt8)],
    footer: (value: UInt8, mask: UInt8) = (0, 0),
    counterOffset: Int = -1, counts: CountEncoding, at firstCountOffset: Int, count: Int,
    packetsPerFrame: Int = 1, auxiliaries: [AuxiliaryField] = [], alarms: [PacketAlarm] = []
  ) {
    let size =
      switch counts {
      case .int24BigEndian: 3
      case .offset10BigEndian: 2
      case .int24InInt32LittleEndian: 4
      }
    precondition((1...8).contains(header.count), "a packet begins with one to eight known bytes")
    // Counts of 24 bits are loaded with the byte before them.
    precondition(firstCountOffset >= header.count, "the counts follow the header")
    precondition(firstCountOffset + size * count <= byteCount, "the counts lie in the packet")
    precondition(counterOffset < byteCount && byteCount >= 8, "the counter lies in the packet")
    precondition(auxiliaries.count <= 4, "a frame has four words beside its counts")
    precondition(
      auxiliaries.allSatisfy { $0.offset >= 0 && $0.offset + $0.encoding.byteCount <= byteCount },
      "what comes beside the counts lies in the packet")
    precondition(
      alarms.count <= 2 && alarms.allSatisfy { auxiliaries.indices.contains($0.word) },
      "alarms are bits of words that are there")
    precondition(packetsPerFrame == 1 || counterOffset >= 0, "halves are told by their counter")
    self.byteCount = byteCount
    var value: UInt64 = 0
    var mask: UInt64 = 0
    for (index, byte) in header.enumerated() {
      value |= UInt64(byte.value & byte.mask) << UInt64(8 * index)
      mask |= UInt64(byte.mask) << UInt64(8 * index)
    }
    self.header = value
    headerMask = mask
    self.footer = footer.value & footer.mask
    footerMask = footer.mask
    self.counterOffset = counterOffset
    encoding = counts
    self.firstCountOffset = firstCountOffset
    countsPerPacket = count
    self.packetsPerFrame = packetsPerFrame
    var fields = InlineArray<4, AuxiliaryField>(repeating: .init(.uint8, at: 0))
    for (index, field) in auxiliaries.enumerated() { fields[index] = field }
    self.auxiliaries = fields
    auxiliaryCount = auxiliaries.count
    var bits = InlineArray<2, PacketAlarm>(
      repeating: .init(word: 0, mask: 0, isSetWhenWell: false, disqualifies: false))
    for (index, alarm) in alarms.enumerated() { bits[index] = alarm }
    self.alarms = bits
    alarmCount = alarms.count
  }

  /// The largest count that the converter can give; the smallest is one below its negative.
  public var fullScaleCounts: Int32 {
    switch encoding {
    case .int24BigEndian, .int24InInt32LittleEndian: 8_388_607
    case .offset10BigEndian: 511
    }
  }

  /// Channels of a frame.
  public var channelCount: Int {
    @_noLocks @_noAllocation get { countsPerPacket * packetsPerFrame }
  }
}
