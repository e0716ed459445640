// Real-time: judging one packet and taking its counts out. Acquisition thread; bounded by the
// counts of a packet; no system calls.

package import Signal

extension PacketFormat {
  /// Whether `byteCount` bytes look like a packet.
  @_noLocks @_noAllocation
  func fits(_ bytes: UnsafeRawPointer) -> Bool {
    // SAFETY: the caller has `byteCount` bytes there, at least eight.
    guard unsafe bytes.loadUnaligned(as: UInt64.self) & headerMask == header else { return false }
    guard unsafe bytes.load(fromByteOffset: byteCount - 1, as: UInt8.self) & footerMask == footer
    else { return false }
    if case .offset10BigEndian = encoding {
      var upper: UInt8 = 0
      for index in 0..<countsPerPacket {
        // SAFETY: the counts lie in the packet, as `init` has checked.
        upper |= unsafe bytes.load(fromByteOffset: firstCountOffset + 2 * index, as: UInt8.self)
      }
      return upper & 0xFC == 0
    }
    return true
  }

  /// Bytes of the next packet that tell whether this one has all of its own: a packet without a
  /// footer, half of which is the half of another, would pass for one.
  var successorByteCount: Int {
    @_noLocks @_noAllocation
    get {
      if footerMask != 0 { return 0 }
      // A header cannot stand where ten bits should.
      if case .offset10BigEndian = encoding { return 0 }
      return 8
    }
  }

  /// Whether the next packet begins where this one ends, as far as that must be looked at.
  @_noLocks @_noAllocation
  func isFollowed(_ bytes: UnsafeRawPointer) -> Bool {
    if successorByteCount == 0 { return true }
    // SAFETY: the caller has `successorByteCount` bytes behind the packet.
    let next = unsafe (bytes + byteCount).loadUnaligned(as: UInt64.self)
    return next & headerMask == header
  }

  /// The counter of a packet that fits; −1: it has none.
  @_noLocks @_noAllocation
  func counter(_ bytes: UnsafeRawPointer) -> Int {
    // SAFETY: the counter lies in the packet, as `init` has checked.
    counterOffset < 0 ? -1 : Int(unsafe bytes.load(fromByteOffset: counterOffset, as: UInt8.self))
  }

  /// Writes the counts of a packet into channels `first...` of a frame.
  @_noLocks @_noAllocation
  package func decode(_ bytes: UnsafeRawPointer, into slot: FrameSlot, first: Int) {
    // SAFETY: the counts lie in the packet, as `init` has checked, after its first byte.
    switch encoding {
    case .int24BigEndian:
      let source = unsafe bytes + (firstCountOffset - 1)
      for index in 0..<countsPerPacket {
        let word = unsafe UInt32(bigEndian: (source + 3 * index).loadUnaligned(as: UInt32.self))
        slot.setCount(first + index, to: Int32(bitPattern: word << 8) >> 8)
      }
    case .offset10BigEndian:
      let source = unsafe bytes + firstCountOffset
      for index in 0..<countsPerPacket {
        let word = unsafe UInt16(bigEndian: (source + 2 * index).loadUnaligned(as: UInt16.self))
        slot.setCount(first + index, to: Int32(word) - 512)
      }
    case .int24InInt32LittleEndian:
      let source = unsafe bytes + firstCountOffset
      for index in 0..<countsPerPacket {
        let word = unsafe Int32(littleEndian: (source + 4 * index).loadUnaligned(as: Int32.self))
        slot.setCount(first + index, to: word >> 8)
      }
    }
  }

  /// Which alarms a frame's words raise, bit 0 the first.
  @_noLocks @_noAllocation
  func raisedAlarms(_ header: FrameHeader) -> UInt32 {
    var raised: UInt32 = 0
    for index in 0..<alarmCount {
      let alarm = alarms[index]
      let isSet = header.statusWord(ofChip: alarm.word) & alarm.mask != 0
      if isSet != alarm.isSetWhenWell { raised |= 1 << UInt32(index) }
    }
    return raised
  }

  /// Whether counts are to be believed in spite of these alarms.
  @_noLocks @_noAllocation
  func isBelievable(_ raised: UInt32) -> Bool {
    for index in 0..<alarmCount where raised & 1 << UInt32(index) != 0 {
      if alarms[index].disqualifies { return false }
    }
    return true
  }

  /// Copies what a packet carries beside its counts into the words of a frame's header.
  @_noLocks @_noAllocation
  func decodeAuxiliaries(_ bytes: UnsafeRawPointer, into header: inout FrameHeader) {
    for index in 0..<auxiliaryCount {
      let field = auxiliaries[index]
      // SAFETY: fields lie in the packet, as `init` has checked.
      let source = unsafe bytes + field.offset
      var word: UInt32
      switch field.encoding {
      case .uint8: word = unsafe UInt32(source.load(as: UInt8.self))
      case .uint16BigEndian:
        word = unsafe UInt32(UInt16(bigEndian: source.loadUnaligned(as: UInt16.self)))
      case .int16BigEndian:
        let value = unsafe Int16(bigEndian: source.loadUnaligned(as: Int16.self))
        word = UInt32(bitPattern: Int32(value))
      case .uint24LittleEndian:
        word = unsafe UInt32(source.load(as: UInt8.self))
        word |= unsafe UInt32(source.load(fromByteOffset: 1, as: UInt8.self)) << 8
        word |= unsafe UInt32(source.load(fromByteOffset: 2, as: UInt8.self)) << 16
      }
      header.setStatusWord(word & field.mask, ofChip: index)
    }
  }
}
