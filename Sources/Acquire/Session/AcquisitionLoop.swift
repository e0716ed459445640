// The acquisition thread: brings nothing but frames.
//
// The loop itself is the amplifier's own `run`, which carries the real-time oath: this file only
// puts the thread's accounts around it.

import Amplifiers
import HeapCounter
import RT

/// What the acquisition thread owns.
struct AcquisitionWorkspace<Source: Amplifier & ~Copyable>: ~Copyable {
  var amplifier: Source
  var sink: FrameSink
  let stop: StopSignal
  /// Raised when the loop has ended, for whatever reason.
  let ended: StopSignal
  var end: AcquisitionEnd = .stopped
  /// When the loop had ended.
  var endedAt = MonotonicInstant(nanoseconds: 0)
  var cost = ThreadCost()
}

extension AcquisitionWorkspace where Source: ~Copyable {
  /// The whole life of the acquisition thread after its arming.
  mutating func run() {
    cost.begin()
    end = amplifier.run(into: &sink, until: stop)
    endedAt = .now()
    cost.finish()
    ended.raise()
  }
}

/// Heap calls and page faults of a thread between arming and the end of its loop.
struct ThreadCost {
  private(set) var heapCalls: UInt64 = 0
  private(set) var pageFaults: UInt64 = 0
  private var heapCallsBefore: UInt64 = 0
  private var pageFaultsBefore: UInt64 = 0

  /// On the thread itself, when it is armed.
  mutating func begin() {
    // Once for nothing: the very first call may touch a page that is not there yet.
    _ = ThreadUsage.ofThisThread()
    pageFaultsBefore = ThreadUsage.ofThisThread().pageFaults
    heapCallsBefore = heap_counter_calls_of_this_thread()
  }

  /// On the thread itself, when its loop has ended.
  mutating func finish() {
    heapCalls = heap_counter_calls_of_this_thread() - heapCallsBefore
    pageFaults = ThreadUsage.ofThisThread().pageFaults - pageFaultsBefore
  }
}
