// Real-time: from the bytes of one or several chips to one frame, on the acquisition thread.
// Bounded by the channels; no system calls.

import Signal

/// Tells one conversion's bytes from another's. FNV-1a (Fowler, Noll and Vo 1991).
struct FrameFingerprint {
  /// The status word begins with 1100: what the chip sends, and not a line that is stuck.
  private(set) var isFrame = false
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  @_noLocks @_noAllocation
  init() {}

  @_noLocks @_noAllocation
  init(_ bytes: ExchangeBytes, _ first: Int, byteCount: Int) {
    isFrame = bytes.received(first) >> 4 == 0b1100
    for index in first..<first + byteCount {
      hash = (hash ^ UInt64(bytes.received(index))) &* 0x100_0000_01B3
    }
  }

  @_noLocks @_noAllocation
  static func != (a: FrameFingerprint, b: FrameFingerprint) -> Bool { a.hash != b.hash }
}

/// Where the chips' frames stand in what is read, and what makes them credible.
struct FrameLayout {
  let chipCount: Int
  let channelsPerChip: Int
  /// One a chip (a cascade), or one for all (a daisy chain).
  let selectCount: Int
  /// RDATAC instead of RDATA.
  let isContinuous: Bool
  /// Bits between two chips' frames in a daisy chain.
  var daisyGapBits = 1
  /// One a chip; `ADS1299StatusWord.noCanary` where none is driven.
  private var canaries = InlineArray<4, UInt8>(repeating: ADS1299StatusWord.noCanary)
  /// Of the frame that was decoded last, one a chip.
  private var statusWords = InlineArray<4, UInt32>(repeating: 0)

  init(_ configurations: [ADS1299Configuration], selectCount: Int) {
    chipCount = configurations.count
    channelsPerChip = configurations.first?.variant.channelCount ?? 0
    self.selectCount = selectCount
    isContinuous = configurations.first?.readMode == .continuous
    for (chip, configuration) in configurations.prefix(4).enumerated() {
      canaries[chip] = configuration.statusCanary ?? ADS1299StatusWord.noCanary
    }
  }

  /// The first chip's frame begins at this byte of the answer: behind the opcode of RDATA.
  private var frameByte: Int { @_noLocks @_noAllocation get { isContinuous ? 0 : 1 } }

  /// Bytes of a read of one chip select.
  var byteCount: Int {
    @_noLocks @_noAllocation
    get {
      let chips = selectCount == 1 ? chipCount : 1
      let bits = 24 * (1 + channelsPerChip) * chips + daisyGapBits * (chips - 1)
      return frameByte + (bits + 7) / 8
    }
  }

  /// The bit of the answer with which a chained chip's frame begins.
  @_noLocks @_noAllocation
  func frameBit(ofChip chip: Int, gapBits: Int) -> Int {
    8 * frameByte + chip * (24 * (1 + channelsPerChip) + gapBits)
  }

  /// A second read of the same conversion is the same conversion: not in RDATAC, where it may be
  /// torn, and not in a cascade, where each chip may have moved on.
  var allowsSecondRead: Bool {
    @_noLocks @_noAllocation get { !isContinuous && selectCount == 1 }
  }

  /// RDATA, or nothing in RDATAC; then zeros while the frames clock out.
  @_noLocks @_noAllocation
  func prepare(_ bytes: ExchangeBytes) {
    bytes.put(isContinuous ? 0 : 0x12, at: 0)
    for index in 1..<ExchangeBytes.capacity { bytes.put(0, at: index) }
    // RREG CONFIG1 to CONFIG3, for the read-back.
    bytes.put(0x21, at: ExchangeBytes.readBack)
    bytes.put(2, at: ExchangeBytes.readBack + 1)
  }

  /// One chip of a cascade, before the next overwrites its bytes.
  @_noLocks @_noAllocation
  mutating func keep(_ chip: Int, of bytes: ExchangeBytes, into slot: FrameSlot) {
    statusWords[chip] = bytes.word(at: frameByte)
    bytes.decode(
      frame: frameByte, channelCount: channelsPerChip, into: slot,
      firstChannel: chip * channelsPerChip)
  }

  /// The header, and the counts where they are not in the slot yet.
  @_noLocks @_noAllocation
  mutating func decode(_ bytes: ExchangeBytes, into slot: FrameSlot, epoch: UInt32) {
    if selectCount == 1 {
      keep(0, of: bytes, into: slot)
      for chip in 1..<chipCount {
        let bit = frameBit(ofChip: chip, gapBits: daisyGapBits)
        statusWords[chip] = bytes.word(atBit: bit)
        bytes.decode(
          frameBit: bit, channelCount: channelsPerChip, into: slot,
          firstChannel: chip * channelsPerChip)
      }
    }
    var header = FrameHeader()
    header.chipCount = UInt16(truncatingIfNeeded: chipCount)
    for chip in 0..<chipCount { header.setStatusWord(statusWords[chip], ofChip: chip) }
    header.channelCount = UInt32(truncatingIfNeeded: channelsPerChip * chipCount)
    header.configurationEpoch = epoch
    slot.header = header
  }

  /// Whether the bytes are those of a frame that was decoded before; chips that are chained are
  /// told by the first.
  @_noLocks @_noAllocation
  func isFrame(_ bytes: ExchangeBytes, sameAs slot: FrameSlot) -> Bool {
    slot.header.statusWord == bytes.word(at: frameByte)
      && bytes.isFrame(frameByte, channelCount: channelsPerChip, sameAs: slot)
  }

  /// Of the chip that was read last.
  @_noLocks @_noAllocation
  func fingerprint(_ bytes: ExchangeBytes) -> FrameFingerprint {
    FrameFingerprint(bytes, frameByte, byteCount: 3 * (1 + channelsPerChip))
  }

  /// Whether every chip can have sent its status word.
  @_noLocks @_noAllocation
  func isCredible(_ header: FrameHeader) -> Bool {
    for chip in 0..<chipCount {
      let status = ADS1299StatusWord(rawValue: header.statusWord(ofChip: chip))
      if !status.isCredible(canary: canaries[chip]) { return false }
    }
    return true
  }
}
