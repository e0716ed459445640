// Bytes of the chip to a frame: the only place where a count is made.
//
// Real-time: on the acquisition thread, once or twice a frame. Bounded: three bytes for the status
// word and for each channel. No system calls.
//
// A frame is a status word and the channels, three bytes each, the high byte first, two's
// complement (SBAS499A p. 27). It begins after the opcode with RDATA, with the first byte in
// RDATAC; the frames of a daisy chain lie behind one another.

import Signal

extension ExchangeBytes {
  /// The 24 bits that begin at a byte of the answer.
  @_noLocks @_noAllocation
  func word(at index: Int) -> UInt32 {
    let high = UInt32(received(index)) << 16
    let middle = UInt32(received(index + 1)) << 8
    return high | middle | UInt32(received(index + 2))
  }

  /// The 24 bits with their sign.
  @_noLocks @_noAllocation
  func count(at index: Int) -> Int32 {
    Int32(bitPattern: word(at: index) << 8) >> 8
  }

  /// Copies the counts of one chip's frame into a slot.
  ///
  /// - Parameters:
  ///   - frame: the byte of the answer with which the frame begins.
  ///   - channelCount: channels of this chip.
  ///   - firstChannel: where they begin in the slot.
  @_noLocks @_noAllocation
  func decode(
    frame: Int, channelCount: Int, into slot: FrameSlot, firstChannel: Int = 0
  ) {
    for channel in 0..<channelCount {
      slot.setCount(firstChannel + channel, to: count(at: frame + 3 + 3 * channel))
    }
  }

  /// Whether one chip's frame has the counts that `decode` put there.
  @_noLocks @_noAllocation
  func isFrame(
    _ frame: Int, channelCount: Int, sameAs slot: FrameSlot, firstChannel: Int = 0
  ) -> Bool {
    for channel in 0..<channelCount
    where slot.count(firstChannel + channel) != count(at: frame + 3 + 3 * channel) {
      return false
    }
    return true
  }
}
