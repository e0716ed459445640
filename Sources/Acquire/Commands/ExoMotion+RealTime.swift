// A joint in a person's hands: the governor's control loop without amplifier and decoder.
//
// Real-time: a thread of its own, SCHED_FIFO where that is allowed; for each control period one
// governor step, one write and the dead-man line, in between one ppoll and one read for each
// answer. With `watchesQueue` it looks at the driver's queue (ioctl) every 50 µs after a command
// until that is empty.

import Exoskeleton
import RT
import SPIShim
import Synchronization

/// What a person wants of the joint, and until when that counts. A handle, as `OperatorPanel` is.
@safe
struct PersonsWish: @unchecked Sendable {
  private struct Slots: ~Copyable {
    let kind = Atomic<UInt8>(0)
    /// Degrees or newton metres, by their bits.
    let value = Atomic<UInt64>(0)
    /// Of the monotonic clock; after it nothing is wanted.
    let until = Atomic<Int64>(0)
  }

  private let slots: UnsafeMutablePointer<Slots>

  init() {
    unsafe slots = .allocate(capacity: 1)
    unsafe slots.initialize(to: Slots())
  }

  /// Any thread. One of them: kinds with a value are not changed for one another in between.
  @_noLocks @_noAllocation
  func set(_ demand: Demand) {
    var kind: UInt8 = 0
    switch demand {
    case .neutral: break
    case .hold: kind = 1
    case .moveTo(let degrees):
      kind = 2
      unsafe slots.pointee.value.store(degrees.bitPattern, ordering: .releasing)
    case .exert(let newtonMetres):
      kind = 3
      unsafe slots.pointee.value.store(newtonMetres.bitPattern, ordering: .releasing)
    }
    unsafe slots.pointee.kind.store(kind, ordering: .releasing)
  }

  /// Any thread: it counts until then.
  @_noLocks @_noAllocation
  func permit(until instant: MonotonicInstant) {
    unsafe slots.pointee.until.store(instant.nanoseconds, ordering: .releasing)
  }

  @_noLocks @_noAllocation
  func demand(at now: MonotonicInstant) -> Demand {
    if unsafe now.nanoseconds > slots.pointee.until.load(ordering: .acquiring) { return .neutral }
    let kind = unsafe slots.pointee.kind.load(ordering: .acquiring)
    let value = unsafe Double(bitPattern: slots.pointee.value.load(ordering: .acquiring))
    switch kind {
    case 1: return .hold
    case 2: return .moveTo(degrees: value)
    case 3: return .exert(newtonMetres: value)
    default: return .neutral
    }
  }
}

/// What the main thread is told after each control period.
struct MotionReport: BitwiseCopyable {
  var governorState = GovernorState.disarmed
  var latchedCauses = NeutralCauses(rawValue: 0)
  var armRefusal: ArmRefusal?
  var joint: JointState?
  /// NaN while none is commanded.
  var setpointDegrees = Double.nan
  var setpointVelocity = 0.0
  var isLinkGone = false
  var links = LinkCounts()
  /// Of steps whose response has been seen.
  var responses: UInt64 = 0
  var restTrips: UInt64 = 0
}

struct MotionLoop: ~Copyable {
  var governor: Governor
  var link: ExoskeletonLink
  let panel: OperatorPanel
  let wish: PersonsWish
  let stop: StopSignal
  let watchesQueue: Bool
  private var deadMan: DeadManLine?
  var reports: OverwritingRingProducer<MotionReport>
  var report = MotionReport()
  private var timer: CyclicTimer

  // What `acquire exo measure` asks for.

  /// Command handed to the driver → acknowledged, while disarmed and while driven.
  var restTrips = LatencyHistogram()
  var motionTrips = LatencyHistogram()
  var restByteCount = 0
  var motionByteCount = 0
  /// Handed over → the driver's queue empty; the most bytes seen in it right after a write.
  var drained = LatencyHistogram()
  var queuedMost = 0
  var hasQueue = true
  var response = MotionResponse()

  init(
    governor: consuming Governor, link: consuming ExoskeletonLink, panel: OperatorPanel,
    deadMan: consuming DeadManLine?, wish: PersonsWish, stop: StopSignal, watchesQueue: Bool,
    reports: consuming OverwritingRingProducer<MotionReport>
  ) {
    timer = CyclicTimer(period: governor.limits.controlPeriod)
    self.governor = governor
    self.link = link
    self.panel = panel
    self.deadMan = deadMan
    self.wish = wish
    self.stop = stop
    self.watchesQueue = watchesQueue
    self.reports = reports
  }

  /// Until told to stop; the last command is neutral, or stop.
  @_noLocks @_noAllocation
  mutating func run() {
    timer.restart()
    while !stop.isRaised {
      let tick = timer.wait()
      control(now: tick.woke)
      listen(until: tick.scheduled + timer.period * (tick.missed &+ 1))
    }
    deadMan?.drop()
    if case .stopped = governor.state { link.send(.stop) } else { link.send(.neutral) }
  }

  @_noLocks @_noAllocation
  private mutating func control(now: MonotonicInstant) {
    panel.apply(to: &governor)
    let command = governor.step(
      GovernorInput(
        now: now, lastFrame: now, lastDecision: now, demand: wish.demand(at: now),
        lastAcknowledgement: link.lastAcknowledgement, isLinkGone: link.isGone, joint: link.joint,
        signal: SignalHealth(), lastHeartbeat: now))
    let handed = MonotonicInstant.now()
    link.send(command)
    if case .stopped = governor.state { deadMan?.drop() } else { deadMan?.beat() }
    report.setpointDegrees = .nan
    switch command {
    case .motion(let setpoint):
      report.setpointDegrees = setpoint.positionDegrees
      report.setpointVelocity = setpoint.velocityDegreesPerSecond
      motionByteCount = link.lastCommandByteCount
      response.note(setpoint: setpoint.positionDegrees, at: handed)
    case .exert: motionByteCount = link.lastCommandByteCount
    case .heartbeat: restByteCount = link.lastCommandByteCount
    case .identify, .neutral, .stop, .arm, .disarm, .release: break
    }
    if watchesQueue { watchQueue(since: handed) }
    tell()
  }

  /// At most 400 looks, 20 ms.
  @_noLocks @_noAllocation
  private mutating func watchQueue(since handed: MonotonicInstant) {
    for look in 0..<400 {
      guard let waiting = link.outputQueueByteCount else {
        hasQueue = false
        return
      }
      if look == 0 && waiting > queuedMost { queuedMost = waiting }
      let now = MonotonicInstant.now()
      if waiting == 0 {
        drained.record(now - handed)
        return
      }
      take()
      _ = shim_sleep_until((now + .microseconds(50)).nanoseconds)
    }
  }

  /// A port that has gone is always ready: it is not waited for.
  @_noLocks @_noAllocation
  private mutating func listen(until deadline: MonotonicInstant) {
    while !link.isGone {
      link.wait(until: deadline)
      take()
      if MonotonicInstant.now() >= deadline { return }
    }
  }

  @_noLocks @_noAllocation
  private mutating func take() {
    if case .disarmed = governor.state {
      link.poll(roundTrips: &restTrips)
    } else {
      link.poll(roundTrips: &motionTrips)
    }
    if let joint = link.joint { response.note(joint: joint.positionDegrees, at: .now()) }
  }

  @_noLocks @_noAllocation
  private mutating func tell() {
    report.governorState = governor.state
    report.latchedCauses = governor.latchedCauses
    report.armRefusal = governor.armRefusal
    report.joint = link.joint
    report.isLinkGone = link.isGone
    report.links = link.counts
    report.responses = response.count
    report.restTrips = restTrips.count
    reports.write(report)
  }
}

/// From a setpoint that leaves its place to the joint that is seen to leave its own.
struct MotionResponse: ~Copyable {
  /// How far either must have gone to count as gone.
  static var thresholdDegrees: Double { @_noLocks @_noAllocation get { 0.1 } }

  /// From the first command beyond the threshold to the first report beyond it.
  private(set) var lag = LatencyHistogram()
  /// From the first command that differs from where it rested to that report; the ramp is in it.
  private(set) var whole = LatencyHistogram()
  private(set) var count: UInt64 = 0
  private var restingSetpoint = Double.nan
  private var restingJoint = Double.nan
  private var newestJoint = Double.nan
  private var left: MonotonicInstant?
  private var gone: MonotonicInstant?
  private var isSettled = false
  /// Commands in a row that asked for the same place.
  private var sameCount = 0

  /// A step is looked at when so many commands before it were the same, so that the joint rests.
  static var settlingCount: Int { @_noLocks @_noAllocation get { 15 } }

  @_noLocks @_noAllocation
  mutating func note(setpoint: Double, at now: MonotonicInstant) {
    if setpoint == restingSetpoint {
      sameCount += 1
      if sameCount >= Self.settlingCount {
        isSettled = true
        restingJoint = newestJoint
        left = nil
        gone = nil
      }
      return
    }
    sameCount = 0
    guard isSettled else {
      restingSetpoint = setpoint
      return
    }
    if case .none = left { left = now }
    let way = setpoint - restingSetpoint
    guard way >= Self.thresholdDegrees || way <= -Self.thresholdDegrees else { return }
    if case .none = gone { gone = now }
  }

  @_noLocks @_noAllocation
  mutating func note(joint: Double, at now: MonotonicInstant) {
    newestJoint = joint
    guard isSettled, let left, let gone else { return }
    let way = joint - restingJoint
    guard way >= Self.thresholdDegrees || way <= -Self.thresholdDegrees else { return }
    lag.record(now - gone)
    whole.record(now - left)
    count &+= 1
    isSettled = false
    restingSetpoint = .nan
  }
}
