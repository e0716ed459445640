// Runs the amplifier with a current on, and a meter beside it, until somebody has seen enough.
//
// The amplifier runs on its own thread, as in a session; the meter on the main thread, which wakes
// fifty times a second: a reading is a second old anyway.

import Amplifiers
import RT
import Signal

/// What a measurement gave.
struct ImpedanceResult {
  /// One a channel.
  var readings: [ImpedanceReading]
  /// One a channel: what would drive it to the ends of its range.
  var fullScaleOhms: [Double]
  var windows: UInt64
  var frames: UInt64
  var lost: UInt64
  var span: Nanoseconds
}

struct ImpedanceMeasurement {
  let plan: ImpedancePlan
  let realTime: RealTimeSection
  /// Nil: until Ctrl-C.
  let duration: Nanoseconds?
  /// How often `show` is called; nil: never.
  let interval: Nanoseconds?

  /// Twenty seconds of frames at 250 SPS, at least two at any rate.
  private var ringFrames: Int {
    Pipeline.powerOfTwo(atLeast: max(4_096, Int(plan.montage.samplesPerSecond * 2)))
  }

  /// - Parameter show: is given what the newest window says.
  /// - Returns: what all windows say together.
  /// - Throws: what stood in the way, or ended the measurement before its time.
  func run<Source: Amplifier & SendableMetatype & ~Copyable>(
    _ amplifier: consuming Source, meter: consuming ImpedanceMeter,
    show: (ImpedanceResult) -> Void = { _ in }
  ) throws(Failure) -> ImpedanceResult {
    let name = amplifier.description.name
    do throws(AmplifierFault) {
      try amplifier.arm()
    } catch {
      throw Failure(error.status, error.message)
    }
    let channelCount = plan.montage.channels.count
    let slot = FrameSlot.byteCount(channelCount: channelCount)
    let ring = Ring(slotByteCount: slot, capacity: ringFrames)
    // Nobody records: this ring is full after two frames and refuses the others.
    let unread = Ring(slotByteCount: slot, capacity: 2)
    let stop = StopSignal()
    let ended = StopSignal()
    var frames = ring.consumer
    let settings = ThreadSettings(
      name: "acquisition", policy: .fifo(priority: realTime.acquisitionPriority),
      enforcement: .bestEffort)
    let thread: RealTimeThread<AcquisitionWorkspace<Source>>
    do throws(SchedulingFault) {
      thread = try RealTimeThread.start(
        settings,
        workspace: AcquisitionWorkspace(
          amplifier: amplifier,
          sink: FrameSink(
            decoder: ring.producer, recorder: unread.producer, decoderBell: Doorbell(),
            channelCount: channelCount),
          stop: stop, ended: ended)
      ) { $0.run() }
    } catch {
      throw Failure(.system, error.message)
    }

    let start = MonotonicInstant.now()
    var nextShow = start + (interval ?? .zero)
    var counts = FrameCounts()
    while !ended.isRaised {
      let now = MonotonicInstant.now()
      if let duration, now >= start + duration { break }
      if StopSignals.wait(atMost: .milliseconds(20)) != nil { break }
      counts.take(&frames, into: &meter)
      if let interval, now >= nextShow {
        nextShow = now + interval
        show(result(meter, counts, latest: true, span: now - start))
      }
    }
    stop.raise()
    var finished = thread.join()
    let span = MonotonicInstant.now() - start
    counts.take(&frames, into: &meter)
    finished.amplifier.stop()
    if let failure = finished.end.failure(of: name) { throw failure }
    return result(meter, counts, latest: false, span: span)
  }

  private func result(
    _ meter: borrowing ImpedanceMeter, _ counts: FrameCounts, latest: Bool, span: Nanoseconds
  ) -> ImpedanceResult {
    var readings: [ImpedanceReading] = []
    var fullScaleOhms: [Double] = []
    for channel in 0..<meter.channelCount {
      readings.append(latest ? meter.latest(channel) : meter.mean(channel))
      fullScaleOhms.append(meter.fullScaleOhms(ofChannel: channel))
    }
    return ImpedanceResult(
      readings: readings, fullScaleOhms: fullScaleOhms, windows: meter.windows,
      frames: counts.frames, lost: counts.lost, span: span)
  }
}

/// Frames that came, and conversions that did not.
private struct FrameCounts {
  var frames: UInt64 = 0
  var lost: UInt64 = 0
  private var nextIndex: UInt64 = 0

  mutating func take(_ ring: inout RingConsumer, into meter: inout ImpedanceMeter) {
    while let slot = unsafe ring.front() {
      let frame = unsafe FrameSlot(slot)
      let index = frame.header.sampleIndex
      frames += 1
      // By the index: it counts those that the ring had no room for, too.
      if index > nextIndex { lost += index - nextIndex }
      nextIndex = index + 1
      meter.feed(frame)
      ring.release()
    }
  }
}
