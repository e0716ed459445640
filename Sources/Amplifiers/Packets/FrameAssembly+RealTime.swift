// Real-time: from packets to frames. Acquisition thread; bounded by the channels; no system calls.
//
// Most amplifiers send a frame in a packet. OpenBCI's Daisy sends two halves, one after the other:
// packets with an even counter hold channels 9 to 16, the odd one after it channels 1 to 8. A half
// that is missing is missing: the frame is flagged, and the half of another frame never fills it.

import RT
import Signal

/// A frame that waits for its second half.
struct FrameAssembly: BitwiseCopyable {
  let packetsPerFrame: Int
  private let countsPerPacket: Int
  /// Of the frame whose first half has come; −1: none has.
  private(set) var pendingFrame: Int64 = -1

  @_noLocks @_noAllocation
  init(_ format: PacketFormat) {
    packetsPerFrame = format.packetsPerFrame
    countsPerPacket = format.countsPerPacket
  }

  /// What is to be done with a packet.
  struct Step: BitwiseCopyable {
    /// The frame before lacks its odd half and goes out as it is.
    var completesPending = false
    /// That frame.
    var pendingFrame: Int64 = -1
    /// Where the packet's counts go.
    var firstChannel = 0
    /// The frame is whole with this packet, or as whole as it will get.
    var isComplete = true
    var lacksOtherHalf = false
  }

  /// The frame that packet `index` is part of.
  @_noLocks @_noAllocation
  func frame(of index: Int64) -> Int64 { packetsPerFrame == 2 ? index >> 1 : index }

  @_noLocks @_noAllocation
  mutating func take(packet index: Int64) -> Step {
    var step = Step()
    if packetsPerFrame == 1 { return step }
    let frame = index >> 1
    step.completesPending = pendingFrame >= 0 && pendingFrame != frame
    step.pendingFrame = pendingFrame
    if index & 1 == 0 {
      step.firstChannel = countsPerPacket
      step.isComplete = false
      pendingFrame = frame
    } else {
      step.lacksOtherHalf = pendingFrame != frame
      pendingFrame = -1
    }
    return step
  }

  @_noLocks @_noAllocation
  mutating func reset() { pendingFrame = -1 }
}

extension PacketStream {
  /// Decodes a packet, and hands its frame on when it is complete.
  @_noLocks @_noAllocation
  mutating func take(
    _ packet: UnsafeRawPointer, _ step: FrameAssembly.Step, arrival: MonotonicInstant,
    time: MonotonicInstant, error: UInt32, into sink: inout FrameSink
  ) {
    var header = FrameHeader()
    header.edgeTime = arrival
    header.sampleTime = time
    header.sampleTimeErrorNanoseconds = error
    header.wakeTime = arrival
    header.chipCount = 0  // The words are no status words of an ADS1299.
    header.channelCount = UInt32(truncatingIfNeeded: format.channelCount)
    unsafe format.decodeAuxiliaries(packet, into: &header)
    if line.isDoubtful(format.byteCount) { header.flags = .corrupt }
    if format.alarmCount > 0 {
      let raised = format.raisedAlarms(header)
      if raised != alarms { exchange.setAlarms(raised) }
      alarms = raised
      if !format.isBelievable(raised) { header.flags = .corrupt }
    }
    if !step.isComplete {
      unsafe format.decode(packet, into: half, first: step.firstChannel)
      half.header = header
      return
    }
    let slot = sink.claim()
    unsafe format.decode(packet, into: slot, first: step.firstChannel)
    if format.packetsPerFrame == 2 {
      let first = half.header
      let more = step.lacksOtherHalf ? FrameFlags.incomplete.rawValue : first.flags.rawValue
      header.flags = FrameFlags(rawValue: header.flags.rawValue | more)
      for channel in format.countsPerPacket..<format.channelCount {
        slot.setCount(channel, to: step.lacksOtherHalf ? 0 : half.count(channel))
      }
      // Sent now and then only: what one half lacks the other may have.
      for word in 0..<format.auxiliaryCount
      where !step.lacksOtherHalf && header.statusWord(ofChip: word) == 0 {
        header.setStatusWord(first.statusWord(ofChip: word), ofChip: word)
      }
    }
    publish(slot, &header, frame: assembly.frame(of: count.index), into: &sink)
  }

  /// The half that waits, if one does, before something else happens.
  @_noLocks @_noAllocation
  mutating func publishWaitingHalf(into sink: inout FrameSink) {
    if assembly.pendingFrame < 0 { return }
    publishHalf(of: assembly.pendingFrame, into: &sink)
    assembly.reset()
  }

  /// The half that waits, without the other.
  @_noLocks @_noAllocation
  mutating func publishHalf(of frame: Int64, into sink: inout FrameSink) {
    let slot = sink.claim()
    var header = half.header
    header.flags = FrameFlags(rawValue: header.flags.rawValue | FrameFlags.incomplete.rawValue)
    for channel in 0..<format.channelCount {
      slot.setCount(channel, to: channel < format.countsPerPacket ? 0 : half.count(channel))
    }
    publish(slot, &header, frame: frame, into: &sink)
  }

  @_noLocks @_noAllocation
  private mutating func publish(
    _ slot: FrameSlot, _ header: inout FrameHeader, frame: Int64, into sink: inout FrameSink
  ) {
    header.sampleIndex = UInt64(truncatingIfNeeded: frame)
    header.lostBefore = UInt32(clamping: frame - publishedFrame - 1)
    header.configurationEpoch = epoch
    if cause != 0 {
      let milliseconds = (MonotonicInstant.now() - outageAt).rawValue / 1_000_000
      let bounded = UInt32(clamping: min(milliseconds, 65_535))
      header.recovery = Recovery(rawValue: UInt32(cause) | UInt32(remedy) << 8 | bounded << 16)
      cause = 0
    }
    publishedFrame = frame
    header.readTime = .now()
    slot.header = header
    sink.publish(slot)
  }
}
