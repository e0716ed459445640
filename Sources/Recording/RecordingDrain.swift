// In the place of a recorder where nothing is to be recorded: a measurement of the path.
//
// It takes from both rings as often as the recorder does, so that those who fill them do the same
// work, and keeps nothing.

public import RT
import SPIShim

public struct RecordingDrain: ~Copyable {
  private var frames: RingConsumer
  private var events: RecordedEventConsumer
  private let status: RecorderStatus
  private let interval: Nanoseconds
  private var takenFrames: UInt64 = 0

  /// - Parameter interval: between two times that it takes from the rings.
  public init(
    frames: consuming RingConsumer, events: consuming RecordedEventConsumer,
    status: RecorderStatus, interval: Nanoseconds = .milliseconds(50)
  ) {
    self.frames = frames
    self.events = events
    self.status = status
    self.interval = interval
  }

  /// Until the signal is raised and both rings are empty. Blocks.
  public mutating func run(until stop: StopSignal) {
    while true {
      // Looked at before draining: what was published before it was raised is drained.
      let isLast = stop.isRaised
      while unsafe frames.front() != nil {
        takenFrames += 1
        frames.release()
      }
      while events.next() != nil {}
      status.update(taken: takenFrames, storedFrames: 0)
      if isLast { return }
      _ = shim_sleep_until((MonotonicInstant.now() + interval).nanoseconds)
    }
  }
}
