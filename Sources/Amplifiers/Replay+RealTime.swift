// Real-time: a recording on the acquisition thread. One system call a frame when paced
// (clock_nanosleep to an absolute time), one for each wait of 200 µs when the rings are full and
// the pace is as fast as possible.

public import RT
import SPIShim
import Signal

extension Replay {
  /// Ends with `.finished` after the last sample.
  @_noLocks @_noAllocation
  public mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    precondition(isArmed, "an amplifier runs once, after arm()")
    isArmed = false
    let start = MonotonicInstant.now()
    var gapIndex = 0
    var lostBefore: UInt32 = 0
    var sample = 0
    while sample < player.sampleCount {
      if stop.isRaised { return .stopped }
      let missing = player.missing(at: sample, &gapIndex)
      if missing > 0 {
        lostBefore &+= missing
        sample += Int(missing)
        continue
      }
      let edgeTime = player.edgeTime(of: sample, from: start)
      if player.isPaced {
        if !Self.wait(until: edgeTime, or: stop) { return .stopped }
      } else {
        while !sink.hasRoom() {
          if stop.isRaised { return .stopped }
          _ = shim_sleep_until(shim_clock_monotonic() + 200_000)
        }
      }
      let slot = sink.claim()
      player.fill(slot, sample: sample, edgeTime: edgeTime, lostBefore: lostBefore, epoch: epoch)
      sink.publish(slot)
      lostBefore = 0
      sample += 1
    }
    return .finished
  }

  /// False when the stop signal came first; it is looked at every 50 ms at least.
  @_noLocks @_noAllocation
  private static func wait(until instant: MonotonicInstant, or stop: StopSignal) -> Bool {
    while true {
      let now = shim_clock_monotonic()
      if stop.isRaised { return false }
      if now >= instant.nanoseconds { return true }
      _ = shim_sleep_until(min(instant.nanoseconds, now + 50_000_000))
    }
  }
}

extension Player {
  /// How many samples are missing from this one on.
  @_noLocks @_noAllocation
  func missing(at sample: Int, _ gapIndex: inout Int) -> UInt32 {
    // SAFETY: gapIndex is below gapCount, the length of the block.
    guard gapIndex < gapCount, unsafe gaps[gapIndex].sampleIndex == UInt64(sample) else {
      return 0
    }
    let count = unsafe gaps[gapIndex].count
    gapIndex += 1
    return count
  }

  @_noLocks @_noAllocation
  func edgeTime(of sample: Int, from start: MonotonicInstant) -> MonotonicInstant {
    start + Nanoseconds(Int64(Double(sample) * 1e9 / samplesPerSecond))
  }

  @_noLocks @_noAllocation
  func fill(
    _ slot: FrameSlot, sample: Int, edgeTime: MonotonicInstant, lostBefore: UInt32, epoch: UInt32
  ) {
    var header = FrameHeader()
    header.sampleIndex = UInt64(sample)
    header.edgeTime = edgeTime
    header.sampleTime = edgeTime
    header.wakeTime = .now()
    header.lostBefore = lostBefore
    header.channelCount = UInt32(truncatingIfNeeded: channelCount)
    header.configurationEpoch = epoch
    header.chipCount = UInt16(truncatingIfNeeded: chipCount)
    // SAFETY: sample is below sampleCount; the counts and the flags are that long, and each of at
    // most four signals of words, which `arm` has seen to.
    header.flags = FrameFlags(rawValue: unsafe flags[sample])
    for word in 0..<wordCount {
      header.setStatusWord(unsafe words[word * sampleCount + sample], ofChip: word)
    }
    for chip in 0..<chipCount {
      let status = ADS1299StatusWord(rawValue: header.statusWord(ofChip: chip))
      if !status.isCredible(canary: canary) {
        header.flags = FrameFlags(rawValue: header.flags.rawValue | FrameFlags.corrupt.rawValue)
      }
    }
    for channel in 0..<channelCount {
      slot.setCount(channel, to: unsafe counts[sample * channelCount + channel])
    }
    header.readTime = .now()
    slot.header = header
  }
}
