// What a run of days keeps besides its histograms, in memory that does not grow.

import Monitor
import RT

struct SoakState {
  private(set) var maxima: MaximaBySlot
  private var next = MonotonicInstant.now()
  /// Why the state could not be written the last time that it could not, and how often.
  private(set) var fault: Failure?
  private(set) var faultCount = 0

  init(seriesCount: Int, slotLength: Nanoseconds) {
    maxima = MaximaBySlot(seriesCount: seriesCount, slotLength: slotLength)
  }

  /// The worst value of each thread since this was last asked for.
  mutating func take(_ threads: [MeasuringThread], elapsed: Nanoseconds) {
    for (index, thread) in threads.enumerated() {
      let worst = thread.progress.takeMaximum()
      if worst > .zero { maxima.add(worst, series: index, elapsed: elapsed) }
    }
  }

  /// Whether the state is to be written now; the first time at once, so that there is a file.
  mutating func isDue(_ now: MonotonicInstant, every span: Nanoseconds) -> Bool {
    guard now >= next else { return false }
    next = now + span
    return true
  }

  /// A disk that is full for an hour must not end a run of days: the measurement goes on, and the
  /// report says so.
  mutating func note(_ failure: Failure) {
    fault = failure
    faultCount += 1
  }
}
