// Plays a recording into the rings.
//
// Real-time: acquisition thread; one clock_nanosleep a frame at the recording's pace. As fast as
// possible it waits for room in the rings, which a live amplifier never does.

import RT
import SPIShim
import Signal

extension Replay {
  @_noLocks @_noAllocation
  public mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    let start = MonotonicInstant.now()
    var expected: UInt64 = 0
    var sample: UInt64 = 0
    while sample < sampleCount {
      if stop.isRaised { return .stopped }
      let due = start + Nanoseconds(seconds: Double(sample) / samplesPerSecond)
      if isPaced {
        // At most 50 ms, so that a stop is heard.
        let now = MonotonicInstant.now()
        let soon = now + .milliseconds(50)
        if due > now { shim_sleep_until((due < soon ? due : soon).nanoseconds) }
        if MonotonicInstant.now() < due { continue }
      } else if !sink.hasRoom {
        shim_sleep_until((MonotonicInstant.now() + .microseconds(200)).nanoseconds)
        continue
      }
      deliver(sample, due: due, expected: &expected, into: &sink)
      sample &+= 1
    }
    return .finished
  }

  @_noLocks @_noAllocation
  private func deliver(
    _ sample: UInt64, due: MonotonicInstant, expected: inout UInt64, into sink: inout FrameSink
  ) {
    let place = Int(sample)
    let mark = unsafe marks[place]
    if mark == Self.missing { return }
    let wake = MonotonicInstant.now()
    let frame = sink.claim()
    var header = FrameHeader()
    header.sampleIndex = sample
    header.edgeTime = isPaced ? due : wake
    header.wakeTime = wake
    header.lostBefore = UInt32(truncatingIfNeeded: sample &- expected)
    header.statusWord = unsafe statusWords[place]
    header.flags = FrameFlags(rawValue: UInt32(mark))
    header.channelCount = UInt32(truncatingIfNeeded: channelCount)
    for channel in 0..<channelCount {
      frame.setCount(channel, to: unsafe counts[place &* channelCount &+ channel])
    }
    header.readTime = .now()
    frame.header = header
    expected = sample &+ 1
    sink.publish(frame)
  }
}
