// Real-time: the loops that measure, each on a thread of its own, bounded by a count or a span.
// System calls: clock_nanosleep and the clock.

import RT

/// A thousand wake-ups, a millisecond apart, missed ones included.
struct WakeUpWatch: ~Copyable {
  private var timer = CyclicTimer(period: .milliseconds(1))
  var histogram = LatencyHistogram()

  /// Not on the real-time path: takes the histogram's memory.
  init() {}

  @_noLocks @_noAllocation
  mutating func run() {
    timer.restart()
    var done: Int64 = 0
    while done < 1_000 {
      let tick = timer.wait()
      histogram.record(tick.woke - tick.scheduled)
      done &+= 1 &+ tick.missed
    }
  }
}

/// Reads the clock without pause; the longest time between two reads.
struct GapWatch: ~Copyable {
  let span: Nanoseconds
  private(set) var largest = Nanoseconds(0)

  /// Not on the real-time path.
  init(span: Nanoseconds) { self.span = span }

  @_noLocks @_noAllocation
  mutating func run() {
    let begin = MonotonicInstant.now()
    var last = begin
    while last - begin < span {
      let now = MonotonicInstant.now()
      if now - last > largest { largest = now - last }
      last = now
    }
  }
}

enum ClockReads {
  /// What one read takes, of ten thousand.
  @_noLocks @_noAllocation
  static func mean() -> Nanoseconds {
    let begin = MonotonicInstant.now()
    var last = begin
    for _ in 0..<10_000 { last = MonotonicInstant.now() }
    return Nanoseconds((last - begin).rawValue / 10_000)
  }
}
