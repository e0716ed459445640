// One sample of every channel, with everything that is known about it.

public import RT

/// What is known about a frame besides its counts.
@frozen
public struct FrameFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16

  @_noLocks @_noAllocation
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The status word is not one that the amplifier can send: the counts are not to be believed.
  @inlinable public static var corrupt: FrameFlags {
    @_noLocks @_noAllocation get { FrameFlags(rawValue: 1 << 0) }
  }
  /// Read after the next conversion was already due.
  @inlinable public static var late: FrameFlags {
    @_noLocks @_noAllocation get { FrameFlags(rawValue: 1 << 1) }
  }
  /// The amplifier's filter had not settled yet.
  @inlinable public static var unsettled: FrameFlags {
    @_noLocks @_noAllocation get { FrameFlags(rawValue: 1 << 2) }
  }
  /// Some channels are missing: the part of the sample that came is in its place, the rest is zero.
  @inlinable public static var incomplete: FrameFlags {
    @_noLocks @_noAllocation get { FrameFlags(rawValue: 1 << 3) }
  }
}

/// The fixed part of a frame: 96 bytes, then `channelCount` counts.
@frozen
public struct FrameHeader: Sendable, BitwiseCopyable {
  /// Conversions of the amplifier since it was started, this one excluded, lost ones included.
  public var sampleIndex: UInt64 = 0
  /// When the conversion was ready, by the kernel's (or the model's) clock; of an amplifier on USB
  /// or a serial line, when the last bytes of the sample had come.
  public var edgeTime = MonotonicInstant(nanoseconds: 0)
  /// When the acquisition thread knew of the edge.
  public var wakeTime = MonotonicInstant(nanoseconds: 0)
  /// When the counts had been read.
  public var readTime = MonotonicInstant(nanoseconds: 0)
  /// When the frame was handed to the decoding thread.
  public var publishTime = MonotonicInstant(nanoseconds: 0)
  /// Sample periods between the frame before this one and this one that brought no frame: the
  /// conversions that were lost, exactly, and `pausedBefore`.
  public var lostBefore: UInt32 = 0
  /// The amplifier's status word: for the ADS1299 24 bits, 1100 | LOFF_STATP | LOFF_STATN | GPIO.
  public var statusWord: UInt32 = 0
  public var flags = FrameFlags(rawValue: 0)
  /// Chips that the channels are of, the same number each; each has a status word. 0: none of an
  /// ADS1299, and whatever stands in the words is nobody's lead-off bits.
  public var chipCount: UInt16 = 1
  public var channelCount: UInt32 = 0
  /// Counts up with every reconfiguration of the amplifier.
  public var configurationEpoch: UInt32 = 0
  /// Of `lostBefore`: periods in which the amplifier made no conversion, because it stood still or
  /// was being reset.
  public var pausedBefore: UInt32 = 0
  /// Status words of the second, third and fourth chip; of other amplifiers, what else they send
  /// beside a sample.
  public var otherStatusWords: InlineArray<3, UInt32> = [0, 0, 0]
  /// What the amplifier came back from just before this frame.
  public var recovery = Recovery(rawValue: 0)
  /// When the sample was ready, freed from the jitter of its way here: `edgeTime` itself where the
  /// hardware's edge is stamped, else by the clock that is filtered from all edge times.
  public var sampleTime = MonotonicInstant(nanoseconds: 0)
  /// Standard error of `sampleTime`; 0 where it is the edge. A delay that is always there is in no
  /// error.
  public var sampleTimeErrorNanoseconds: UInt32 = 0

  @inlinable public init() {}

  /// How old the signal is, by whichever of the two times is earlier: bytes that somebody held back
  /// for two seconds are two seconds old when they come.
  public var signalTime: MonotonicInstant {
    @_noLocks @_noAllocation
    @inlinable get {
      // 0: nobody has filtered a time.
      sampleTime.nanoseconds != 0 && sampleTime < edgeTime ? sampleTime : edgeTime
    }
  }

  /// - Parameter chip: 0 to 3.
  @_noLocks @_noAllocation
  @inlinable public func statusWord(ofChip chip: Int) -> UInt32 {
    chip == 0 ? statusWord : otherStatusWords[chip - 1]
  }

  /// - Parameter chip: 0 to 3.
  @_noLocks @_noAllocation
  @inlinable public mutating func setStatusWord(_ word: UInt32, ofChip chip: Int) {
    if chip == 0 { statusWord = word } else { otherStatusWords[chip - 1] = word }
  }
}

/// A frame in place: in a ring's slot, or in memory of its own.
///
/// Layout: `FrameHeader` (96 bytes), then `channelCount` signed 24-bit counts widened to `Int32`.
@frozen
@safe
public struct FrameSlot {
  public let base: UnsafeMutableRawPointer

  @inlinable public init(_ base: UnsafeMutableRawPointer) { unsafe self.base = unsafe base }

  /// Bytes that a frame of so many channels takes.
  @_noLocks @_noAllocation
  @inlinable public static func byteCount(channelCount: Int) -> Int { 96 + 4 * channelCount }

  @inlinable public var header: FrameHeader {
    @_noLocks @_noAllocation
    get { unsafe base.load(as: FrameHeader.self) }
    @_noLocks @_noAllocation
    nonmutating set { unsafe base.storeBytes(of: newValue, as: FrameHeader.self) }
  }

  /// Raw ADC counts, one a channel.
  @_noLocks @_noAllocation
  @inlinable public func count(_ channel: Int) -> Int32 {
    unsafe base.load(fromByteOffset: 96 + 4 * channel, as: Int32.self)
  }

  @_noLocks @_noAllocation
  @inlinable public func setCount(_ channel: Int, to count: Int32) {
    unsafe base.storeBytes(of: count, toByteOffset: 96 + 4 * channel, as: Int32.self)
  }
}
