// Which conversion is which: from the edges of DRDY, their number by the kernel's count and their
// times, to the index of every conversion.
//
// How a frame gets its number. Every falling edge is one conversion, and the kernel counts them,
// those included that its buffer dropped. RDATA gives the conversion that is in the output register
// when the opcode arrives: the newest edge's, unless another came in between. So:
//
//     edge   k         k+1          the read began after an edge: that conversion or a later one
//     ───────┴──────────┴─────      the read ended before an edge: an earlier conversion
//            |-read-|               certain: k
//                 |-read-|          not certain: read again; if the bytes are the same, both were
//                                   k+1 and k is lost, else the first was k, the second k+1
//
// Real-time: on the acquisition thread, once an edge. Bounded; no system calls.

import RT

/// What the loop knows of the conversions so far.
struct ConversionCount {
  /// Of the newest edge; sample periods since START, those without a conversion included.
  var index: Int64 = -1
  var edge: Edge
  /// The measured period: the chip's oscillator is within ±2.5 %.
  var period: Nanoseconds
  let nominalPeriod: Nanoseconds
  /// Of the frame that was published last.
  var published: Int64 = -1
  /// Periods without a conversion since then.
  private(set) var paused: Int64 = 0
  /// The same since START.
  private var pausedInAll: Int64 = 0
  /// DRDY's level told so often, when an edge was overdue, that no conversion had been made, and
  /// so often that one had.
  private var seenStanding: Int64 = 0
  private var seenWaiting: Int64 = 0
  /// When the next edge is overdue: half a period after its time.
  private(set) var overdueAt = Int64.max
  /// The chip was restarted: what its next edge tells is how long it stood still.
  private var isRestarted = false
  /// The line was silent for as long as a chip takes to settle after a reset.
  private var hasStoodStill = false
  /// When the newest conversion was made if no interrupt had been late; nanoseconds.
  private var punctual: Int64 = 0
  /// The same for the first conversion of the series, and its index.
  private var origin: Int64 = 0
  private var originIndex: Int64 = 0

  @_noLocks @_noAllocation
  init(sequenceBase: UInt32, nominalPeriod: Nanoseconds) {
    edge = Edge(time: MonotonicInstant(nanoseconds: 0), lineSequence: sequenceBase)
    period = nominalPeriod
    self.nominalPeriod = nominalPeriod
  }

  /// Whether somebody looks at DRDY's level when an edge is overdue. Above 2 kSPS the interrupt's
  /// delay may reach half a period.
  private var isWatched: Bool {
    @_noLocks @_noAllocation
    get { nominalPeriod.rawValue >= 500_000 }
  }

  /// One more edge, in the order of the line.
  @_noLocks @_noAllocation
  mutating func count(_ next: Edge) {
    let conversions = Int64(next.lineSequence &- edge.lineSequence)
    let interval = (next.time - edge.time).rawValue
    var periods = conversions
    if index >= 0 && isRestarted {
      periods = max(conversions, (interval + period.rawValue / 2) / period.rawValue)
      pause(max(0, periods - conversions - seenWaiting))
    } else if index >= 0 && isSteady(conversions)
      && lateness(of: next, conversions) >= period.rawValue * 15 / 16
    {
      let missing = (lateness(of: next, conversions) + period.rawValue / 16) / period.rawValue
      periods += missing
      // The rest were conversions whose edge never reached the line.
      pause(min(seenStanding, missing))
    } else if conversions == 1
      && abs(interval - nominalPeriod.rawValue) < nominalPeriod.rawValue / 20
    {
      // A 32nd of the difference, not lost to rounding.
      period = Nanoseconds(period.rawValue + (interval - period.rawValue) / 32)
    }
    if index >= 0 && conversions == 1 && periods > 3 { hasStoodStill = true }
    follow(
      next, isNewSeries: index < 0 || isRestarted || !isSteady(conversions), periods: periods)
    isRestarted = false
    seenStanding = 0
    seenWaiting = 0
    index += periods
    edge = next
    overdueAt = isWatched ? next.time.nanoseconds + period.rawValue * 3 / 2 : .max
  }

  @_noLocks @_noAllocation
  private mutating func pause(_ periods: Int64) {
    paused += periods
    pausedInAll += periods
  }

  /// The newest edge under the number of its conversion, those counted whose edge was lost: what
  /// other chips that convert together have counted, too.
  var reference: Edge {
    @_noLocks @_noAllocation
    get {
      Edge(
        time: edge.time, lineSequence: UInt32(truncatingIfNeeded: index &- pausedInAll))
    }
  }

  /// Whether it is known well enough how long so many conversions take.
  @_noLocks @_noAllocation
  private func isSteady(_ conversions: Int64) -> Bool {
    conversions == 1 || conversions <= 1_000 && index - originIndex >= 1_000
  }

  /// How long so many conversions take: several by the mean of all so far, whose error is a small
  /// part of a period even after a thousand.
  @_noLocks @_noAllocation
  private func span(_ conversions: Int64) -> Int64 {
    if conversions == 1 || !isSteady(conversions) { return conversions * period.rawValue }
    return (punctual - origin) * conversions / (index - originIndex)
  }

  /// How late an edge is if no conversion but those that the line counted came before it.
  ///
  /// An edge that the line never saw, or that the kernel dropped because its thread had not run
  /// since the one before, leaves all later ones a whole period late; an interrupt that is late
  /// leaves none. What is missing was lost, whether the chip converted or stood still: above 2 kSPS
  /// nobody looks at DRDY's level.
  @_noLocks @_noAllocation
  private func lateness(of next: Edge, _ conversions: Int64) -> Int64 {
    next.time.nanoseconds - punctual - span(conversions)
  }

  /// Keeps to the edges that were least late.
  @_noLocks @_noAllocation
  private mutating func follow(_ next: Edge, isNewSeries: Bool, periods: Int64) {
    punctual += span(periods)
    let late = next.time.nanoseconds - punctual
    punctual = isNewSeries || late < 0 ? next.time.nanoseconds : punctual + late / 16
    if isNewSeries {
      origin = punctual
      originIndex = index + periods
    }
  }

  /// An edge is overdue, and DRDY's level or the chip's bytes tell why.
  ///
  /// - Parameter isMade: a conversion was made, whose edge never reached the line.
  @_noLocks @_noAllocation
  mutating func noteOverdue(isMade: Bool) {
    if isMade {
      seenWaiting += 1
    } else {
      seenStanding += 1
    }
    overdueAt += period.rawValue
  }

  /// The chip was started: its first edge is due.
  @_noLocks @_noAllocation
  mutating func expect(at due: MonotonicInstant) {
    overdueAt = isWatched ? due.nanoseconds + period.rawValue / 2 : .max
  }

  /// The host came too late for DRDY's level to tell anything of the period that is overdue.
  @_noLocks @_noAllocation
  mutating func skipOverdue(until now: MonotonicInstant) {
    if overdueAt > now.nanoseconds { return }
    overdueAt += ((now.nanoseconds - overdueAt) / period.rawValue + 1) * period.rawValue
  }

  /// Whether the line was silent for so long, since this was asked last, that the chip may have
  /// been reset.
  @_noLocks @_noAllocation
  mutating func takeStandstill() -> Bool {
    let taken = hasStoodStill
    hasStoodStill = false
    return taken
  }

  /// Nobody looks at DRDY for a while, but the chip goes on. Up to 2 kSPS what brings no edge then
  /// is a pause.
  @_noLocks @_noAllocation
  mutating func leave() {
    if isWatched { isRestarted = true }
    overdueAt = .max
  }

  /// The chip was stopped, reset or fell silent; its next edge begins a new series.
  @_noLocks @_noAllocation
  mutating func restart() {
    isRestarted = true
    overdueAt = .max
  }

  /// A frame goes out: the periods before it are accounted for.
  ///
  /// - Returns: the periods since the last frame that brought none, and those of them without a
  ///   conversion.
  @_noLocks @_noAllocation
  mutating func publish(_ conversion: Int64) -> (missing: Int64, paused: Int64) {
    let missing = conversion - published - 1
    let standing = min(paused, missing)
    published = conversion
    paused = 0
    return (missing, standing)
  }

  /// How near to the next edge a read must end to be in doubt: 3 % of a period for the
  /// oscillator, and the interrupt's delay.
  var doubt: Nanoseconds {
    @_noLocks @_noAllocation
    get { Nanoseconds(period.rawValue / 32 + slack.rawValue) }
  }

  /// The time stamp of an edge comes later than the edge by at most so much, mostly.
  var slack: Nanoseconds {
    @_noLocks @_noAllocation
    get { Nanoseconds(min(20_000, period.rawValue / 16)) }
  }
}

/// A read, and the conversions that it may have got.
struct ConversionRead {
  var earliest: Int64
  var latest: Int64
  /// Of `earliest`.
  var edgeTime: MonotonicInstant
  var wakeTime: MonotonicInstant
  var readTime: MonotonicInstant
  /// The conversion after `earliest` was already due when the read ended.
  var isLate = false

  /// Of the newest edge.
  @_noLocks @_noAllocation
  init(
    of count: ConversionCount, wakeTime: MonotonicInstant, readTime: MonotonicInstant
  ) {
    earliest = count.index
    latest = count.index
    edgeTime = count.edge.time
    self.wakeTime = wakeTime
    self.readTime = readTime
  }
}
