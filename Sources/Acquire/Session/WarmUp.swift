// Everything that the decoding thread will do, done once before it counts.
//
// The first call of a function may touch a page, bind a symbol or make a witness table; after this
// none is the first any more.

import Exoskeleton
import RT
import Signal

extension DecodingWorkspace {
  /// On the decoding thread, before the loop; leaves everything as it was.
  mutating func warmUp(channelCount: Int) {
    let byteCount = FrameSlot.byteCount(channelCount: channelCount)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    let frame = unsafe FrameSlot(memory)
    stage?.warmUp(frame, channelCount: channelCount)
    actuation?.listen(roundTrips: &histograms.firmware.histogram)
    histograms.warmUp()
    // A whole window, so that one has been completed.
    for index in 0..<(meter?.windowSamples ?? 0) {
      var header = FrameHeader()
      header.sampleIndex = UInt64(index)
      header.channelCount = UInt32(channelCount)
      frame.header = header
      meter?.feed(frame)
    }
    meter?.reset()
    var rate = SampleRateEstimate(nominal: snapshot.sampleRate.nominal)
    for index in 0..<10_000 as Range<UInt64> { rate.add(index: index, time: .now(), epoch: 0) }
    _ = bell.ticket()
    bell.wait(bell.ticket(), until: .now())
  }
}

extension DecodingStage {
  /// Two windows of a wave, so that the chain settles and a decision is made.
  mutating func warmUp(_ frame: FrameSlot, channelCount: Int) {
    let frames = UInt64(2 * chain.windowSamples + chain.holdOffFrames) + 2 * framesPerDecision
    for index in 0..<frames {
      var header = FrameHeader()
      header.sampleIndex = index
      header.channelCount = UInt32(channelCount)
      header.statusWord = 0xC0_0000
      frame.header = header
      for channel in 0..<channelCount {
        frame.setCount(channel, to: Int32(1_000 * (Int(index) % 20 - 10) + channel))
      }
      _ = filter(frame)
      _ = decide(frame)
    }
    reset()
  }
}
