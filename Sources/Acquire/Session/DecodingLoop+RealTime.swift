// The decoding thread: from a frame in the ring to a command on the wire.
//
// Real-time: SCHED_FIFO 75. For each frame one pass over the channels; for each control period one
// governor step and one frame written. System calls: futex (wait), write and read on the serial
// line, clock_gettime (vDSO). Nothing else.

import Decoding
import Exoskeleton
import Monitor
import RT
import Recording
import Signal

/// What the decoding thread owns.
struct DecodingWorkspace: ~Copyable {
  var frames: RingConsumer
  let bell: Doorbell
  let stop: StopSignal
  /// Nil when the session only records.
  var stage: DecodingStage?
  /// Nil without an exoskeleton.
  var actuation: Actuation?
  var events: RecordedEventProducer
  var status: StatusProducer
  var histograms = StageHistograms()
  var counts = FrameCounts()
  var cost = ThreadCost()
}

/// What came in.
struct FrameCounts: BitwiseCopyable {
  var frames: UInt64 = 0
  var lost: UInt64 = 0
  var late: UInt64 = 0
  var corrupt: UInt64 = 0
  var undecoded: UInt64 = 0
  var decisions: UInt64 = 0
  var firstEdge = MonotonicInstant(nanoseconds: 0)
  var lastEdge = MonotonicInstant(nanoseconds: 0)
  var firstIndex: UInt64 = 0
  var lastIndex: UInt64 = 0
}

extension DecodingWorkspace {
  /// Runs until told to stop and the ring is empty.
  @_noLocks @_noAllocation
  mutating func run() {
    while true {
      let ticket = bell.ticket()
      if let slot = unsafe frames.front() {
        take(unsafe FrameSlot(slot))
        frames.release()
      } else if stop.isRaised {
        return
      } else {
        bell.wait(ticket, until: wakeUp)
        keepInformed()
      }
    }
  }

  /// Filters, decides, commands.
  @_noLocks @_noAllocation
  private mutating func take(_ frame: FrameSlot) {
    let popped = MonotonicInstant.now()
    let header = frame.header
    count(header)
    histograms.edgeToWake.record(header.wakeTime - header.edgeTime)
    histograms.read.record(header.readTime - header.wakeTime)
    histograms.ring.record(popped - header.publishTime)
    status.take(header)

    if let unseen = stage?.filter(frame) {
      let filtered = MonotonicInstant.now()
      histograms.signal.record(filtered - popped)
      if unseen > 0 {
        counts.undecoded &+= UInt64(unseen)
        events.undecoded(count: unseen, before: header.sampleIndex)
      }
      decide(frame, filtered: filtered)
    }
    actuate(after: header)
  }

  @_noLocks @_noAllocation
  private mutating func decide(_ frame: FrameSlot, filtered: MonotonicInstant) {
    switch stage?.decide(frame) {
    case .none, .some(.none): return
    case .some(.withheld):
      histograms.decode.record(MonotonicInstant.now() - filtered)
      status.withhold()
    case .some(.decided(let intent)):
      histograms.decode.record(MonotonicInstant.now() - filtered)
      counts.decisions &+= 1
      events.decision(intent)
      status.take(intent)
      actuation?.take(intent)
    }
  }
}
