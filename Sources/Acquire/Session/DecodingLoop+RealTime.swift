// The decoding thread: from a frame in the ring to a command on the wire.
//
// Real-time: SCHED_FIFO 75. On a CPU of its own it is awake a little before a frame is expected, so
// that handing it over costs neither side a system call. For each frame one pass over the channels,
// and one read of the serial line at most once a millisecond; for each control period one governor
// step and one write, and an ioctl before a motion. System calls: futex, read, write, ioctl,
// clock_gettime (vDSO). Nothing else.

import Decoding
import Exoskeleton
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
  /// Nil when no current flows through the electrodes.
  var meter: ImpedanceMeter?
  var events: RecordedEventProducer
  var status: OverwritingRingProducer<StatusSnapshot>
  var histograms: StageHistograms
  var snapshot: StatusSnapshot
  var cost = ThreadCost()
  var recoveries = RecoveryLog()
  /// How long before a frame is expected the thread is awake for it; zero: it is woken.
  let lead: Nanoseconds
  /// Between two frames; follows the amplifier's oscillator, which may be off by 2.5 %.
  private var period: Nanoseconds
  /// How long it sleeps when nobody wakes it; a fraction of what its ring holds.
  private let patience: Nanoseconds
  private var nextFrame = MonotonicInstant(nanoseconds: 0)
  private var nextSnapshot = MonotonicInstant(nanoseconds: 0)
  private var nextListening = MonotonicInstant(nanoseconds: 0)
  private var departures = DepartureClock()

  /// - Parameters:
  ///   - nominalRate: samples a second.
  ///   - gathering: frames come in bunches, one in so long, and nobody wakes it for them; nil: one
  ///     by one.
  init(
    nominalRate: Double, lead: Nanoseconds, gathering: Nanoseconds?, budget: BudgetSection,
    frames: consuming RingConsumer, bell: Doorbell,
    stop: StopSignal,
    stage: consuming DecodingStage?, actuation: consuming Actuation?,
    meter: consuming ImpedanceMeter?,
    events: consuming RecordedEventProducer,
    status: consuming OverwritingRingProducer<StatusSnapshot>
  ) {
    self.lead = lead
    histograms = StageHistograms(budget)
    period = Nanoseconds(seconds: 1 / nominalRate)
    patience = gathering == nil ? .milliseconds(100) : .milliseconds(500)
    self.frames = frames
    self.bell = bell
    self.stop = stop
    self.stage = stage
    self.actuation = actuation
    self.meter = meter
    self.events = events
    self.status = status
    snapshot = StatusSnapshot(
      sampleRate: SampleRateEstimate(
        nominal: nominalRate, samplesAtOnce: (gathering ?? .zero).seconds * nominalRate))
    snapshot.decodes = self.stage != nil
    snapshot.hasExoskeleton = self.actuation != nil
  }
}

/// What the main thread is told ten times a second, and at the end.
struct StatusSnapshot: BitwiseCopyable {
  var frames: UInt64 = 0
  /// Conversions that were made and never became a frame.
  var lost: UInt64 = 0
  /// Sample periods without a conversion: the amplifier stood still.
  var paused: UInt64 = 0
  /// Times that the amplifier was brought back, and the last.
  var recoveryCount: UInt64 = 0
  var recovery = Recovery(rawValue: 0)
  var late: UInt64 = 0
  var corrupt: UInt64 = 0
  /// Frames of which some channels were missing.
  var incomplete: UInt64 = 0
  var undecoded: UInt64 = 0
  var decisions: UInt64 = 0
  /// Standard error of the newest sample's time, 0 where the edge itself is stamped; and by how
  /// much arrivals were later than their samples at most.
  var sampleTimeErrorNanoseconds: UInt32 = 0
  var latestArrival = Nanoseconds(0)
  /// From the times of the edges; samples are never altered by it.
  var sampleRate: SampleRateEstimate
  var latency = Nanoseconds(0)
  var worstLatency = Nanoseconds(0)
  /// −1: none yet, or withheld.
  var classIndex = -1
  var confidence = 0.0
  var gateFlags: UInt8 = 0
  var isGateOpen = false
  var isSettled = false
  var isDrifting = false
  var governorState = GovernorState.disarmed
  var latchedCauses = NeutralCauses(rawValue: 0)
  var positionDegrees = Double.nan
  var hasExoskeleton = false
  var decodes = false
  var armRefusal: ArmRefusal?
  /// How often somebody has armed, the session's own first time included.
  var armings: UInt64 = 0
  /// As it was last reported, also before the line went.
  var joint: JointState?
  /// When the newest command was handed over that has been acknowledged.
  var lastAcknowledgement: MonotonicInstant?
  var links = LinkCounts()
  var isLinkGone = false
  /// Of the exoskeleton's line.
  var outages = LinkOutages()
  /// When it was taken.
  var time = MonotonicInstant(nanoseconds: 0)
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
      } else if actuation?.isUrgent == true {
        // Asked since the last look, before the ticket: its ring would not wake.
        stop(at: .now())
      } else {
        let now = MonotonicInstant.now()
        let deadline = actuation?.deadline ?? now + patience
        bell.wait(ticket, until: deadline, expecting: nextFrame, lead: lead)
        // Frames that fail to come must not keep a command from going out.
        let woke = MonotonicInstant.now()
        if actuation?.isUrgent == true {
          stop(at: woke)
        } else if actuation != nil && woke >= deadline {
          listen(at: woke)
          _ = actuation?.control(now: woke, isOverBudget: histograms.isOverBudget(at: woke))
          noteLine()
          noteDeparture(at: .now())
        }
        tell(at: woke)
      }
    }
  }

  /// Filters, decides, commands.
  @_noLocks @_noAllocation
  private mutating func take(_ frame: FrameSlot) {
    let popped = MonotonicInstant.now()
    let header = frame.header
    expectNextFrame(after: header.publishTime)
    count(header)
    histograms.edgeToWake.record(header.wakeTime - header.edgeTime, until: header.wakeTime)
    histograms.read.record(header.readTime - header.wakeTime, until: header.readTime)
    histograms.ring.record(popped - header.publishTime, until: popped)

    var time = popped
    if let unseen = stage?.filter(frame) {
      time = MonotonicInstant.now()
      histograms.signal.record(time - popped, until: time)
      if unseen > 0 {
        snapshot.undecoded &+= UInt64(unseen)
        events.pushUndecoded(
          count: unseen, sampleIndex: header.sampleIndex &- UInt64(header.lostBefore))
      }
      time = decide(frame, filtered: time)
    }

    actuation?.noteFrame(header)
    if actuation?.isUrgent == true { stop(at: time) }
    if actuation?.isDue(on: header) == true { command(header, decided: time) }
    if time >= nextListening {
      nextListening = time + .milliseconds(1)
      listen(at: time)
    }
    // After the command: nothing waits for it.
    meter?.feed(frame)
    tell(at: time)
  }

  @_noLocks @_noAllocation
  private mutating func expectNextFrame(after published: MonotonicInstant) {
    let late = (published - nextFrame).rawValue
    // What is further off was lost, or is the first.
    if abs(late) < period.rawValue / 8 { period = Nanoseconds(period.rawValue + late / 16) }
    nextFrame = published + period
  }

  /// - Returns: when it was done.
  @_noLocks @_noAllocation
  private mutating func decide(_ frame: FrameSlot, filtered: MonotonicInstant)
    -> MonotonicInstant
  {
    guard let outcome = stage?.decide(frame) else { return filtered }
    switch outcome {
    case .none: return filtered
    case .withheld:
      snapshot.classIndex = -1
      actuation?.withhold()
      return filtered
    case .decided(let intent):
      snapshot.decisions &+= 1
      snapshot.classIndex = intent.classIndex
      snapshot.confidence = intent.confidence
      actuation?.take(intent, isDrifting: stage?.isDrifting == true)
      events.pushDecision(
        classIndex: intent.classIndex, confidence: intent.confidence,
        sampleIndex: intent.sampleIndex)
    }
    let decided = MonotonicInstant.now()
    histograms.decode.record(decided - filtered, until: decided)
    return decided
  }

  @_noLocks @_noAllocation
  private mutating func command(_ header: FrameHeader, decided: MonotonicInstant) {
    let isOverBudget = histograms.isOverBudget(at: decided)
    guard let governed = actuation?.control(now: decided, isOverBudget: isOverBudget) else {
      return
    }
    let written = MonotonicInstant.now()
    noteLine()
    histograms.govern.record(governed - decided, until: governed)
    noteDeparture(of: header.edgeTime, governed: governed, at: written)
  }

  /// - Parameters:
  ///   - edge: of the frame that the command follows; nil where it follows none, as `governed` is.
  ///   - governed: when the governor had decided.
  @_noLocks @_noAllocation
  private mutating func noteDeparture(
    of edge: MonotonicInstant? = nil, governed: MonotonicInstant? = nil,
    at written: MonotonicInstant
  ) {
    guard let departure = actuation?.departure else { return }
    if case .departed(let wire) = departure {
      if let governed { histograms.write.record(written - governed, until: written) }
      if let wire { histograms.wire.record(wire, until: written + wire) }
    }
    guard let latency = departures.note(departure, of: edge, at: written) else { return }
    histograms.edgeToCommand.record(latency, until: written)
    snapshot.latency = latency
    if latency > snapshot.worstLatency { snapshot.worstLatency = latency }
  }

  @_noLocks @_noAllocation
  private mutating func listen(at now: MonotonicInstant) {
    actuation?.listen(roundTrips: &histograms.firmware.histogram)
    histograms.firmware.noteWorst(until: now)
  }

  /// A stop that was asked from outside goes out now.
  @_noLocks @_noAllocation
  private mutating func stop(at now: MonotonicInstant) {
    _ = actuation?.control(now: now, isOverBudget: histograms.isOverBudget(at: now))
    noteLine()
    noteDeparture(at: .now())
    // Whoever asked wants to know.
    nextSnapshot = now
  }

  /// How long it took from the emergency line's opening to the stop that has just gone out.
  @_noLocks @_noAllocation
  private mutating func noteLine() {
    if let opened = actuation?.takeLineOpened() {
      histograms.lineToStop.record(.now() - opened)
    }
  }

  @_noLocks @_noAllocation
  private mutating func count(_ header: FrameHeader) {
    snapshot.frames &+= 1
    snapshot.lost &+= UInt64(header.lostBefore &- header.pausedBefore)
    snapshot.paused &+= UInt64(header.pausedBefore)
    if header.recovery.rawValue != 0 {
      snapshot.recoveryCount &+= 1
      snapshot.recovery = header.recovery
      recoveries.note(header)
    }
    snapshot.sampleRate.add(
      index: header.sampleIndex, time: header.edgeTime, epoch: header.configurationEpoch)
    if header.sampleTimeErrorNanoseconds > 0 {
      snapshot.sampleTimeErrorNanoseconds = header.sampleTimeErrorNanoseconds
      let late = header.edgeTime - header.sampleTime
      if late > snapshot.latestArrival { snapshot.latestArrival = late }
    }
    if header.flags.rawValue & FrameFlags.late.rawValue != 0 { snapshot.late &+= 1 }
    // Each frame once.
    if header.flags.rawValue & FrameFlags.incomplete.rawValue != 0 {
      snapshot.incomplete &+= 1
    } else if header.flags.rawValue & FrameFlags.corrupt.rawValue != 0 {
      snapshot.corrupt &+= 1
    }
  }

  /// Ten times a second, whatever happens: the main thread watches for a link that is gone.
  @_noLocks @_noAllocation
  private mutating func tell(at now: MonotonicInstant) {
    guard now >= nextSnapshot else { return }
    nextSnapshot = now + .milliseconds(100)
    stage?.describe(in: &snapshot)
    actuation?.describe(in: &snapshot, at: now)
    snapshot.time = now
    status.write(snapshot)
  }
}
