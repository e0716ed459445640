// Real-time: the acquisition loop of amplifiers that stream packets, on the acquisition thread.
//
// A packet costs the system calls of its transfer (LineMemory+RealTime.swift). Bounded: a turn
// takes what has come, at most `LineMemory.capacity` bytes of it. A session that gathers sleeps
// between its turns (GatheringTimer+RealTime.swift). While the device is gone the thread sleeps,
// and looks every 5 ms whether the attendant has brought it back.

import RT
import SPIShim
import Signal

extension PacketAmplifier {
  @_noLocks @_noAllocation
  public mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    guard let end = stream?.run(into: &sink, until: stop) else {
      preconditionFailure("an amplifier runs once, after arm()")
    }
    return end
  }
}

extension PacketStream {
  /// How a turn of the loop ended.
  private enum Turn {
    case stopped, unplugged, silent
  }

  @_noLocks @_noAllocation
  mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    earlierHeapCalls = line.libraryHeapCalls
    // What was sent while nobody listened is no part of the session.
    for _ in 0..<64 {
      if line.receive(until: .now()) <= 0 { break }
      line.drop(line.count)
    }
    start()
    while true {
      switch listen(into: &sink, until: stop) {
      case .stopped: return .stopped
      case .unplugged: if !reattach(after: 8, into: &sink, until: stop) { return .stopped }
      case .silent: if !reattach(after: 1, into: &sink, until: stop) { return .stopped }
      }
    }
  }

  @_noLocks @_noAllocation
  private mutating func start() {
    if unsafe startMessage.count > 0 { _ = unsafe line.send(UnsafeRawBufferPointer(startMessage)) }
  }

  /// Until it is told to stop, or something must be done about the line.
  @_noLocks @_noAllocation
  private mutating func listen(into sink: inout FrameSink, until stop: StopSignal) -> Turn {
    var silentAt = MonotonicInstant.now() + silence
    while !stop.isRaised {
      if !gathering.isDue() { continue }
      let received =
        gathering.isOn
        ? line.receiveAll() : line.receive(until: .now() + .milliseconds(50))
      if received < 0 { return .unplugged }
      let packets = counts.packets
      let now = MonotonicInstant.now()
      if received > 0 || pace.isHolding { parse(at: now, into: &sink) }
      if counts.packets != packets || pace.isHolding {
        silentAt = now + silence
        if isSilent { exchange.setAlarms(alarms) }
        isSilent = false
      }
      if now >= silentAt {
        // Nothing can be done about one that streams by itself, but it can be told.
        if unsafe startMessage.count > 0 { return .silent }
        if !isSilent { exchange.setAlarms(alarms | LineExchange.silentBit) }
        isSilent = true
      }
    }
    // What came until then is part of the session.
    if gathering.isOn && line.receiveAll() > 0 { parse(at: .now(), into: &sink) }
    return .stopped
  }

  /// Hands the line to the attendant and waits for another.
  ///
  /// - Parameter cause: raw value of `Recovery.Cause`.
  /// - Returns: false when told to stop.
  @_noLocks @_noAllocation
  private mutating func reattach(
    after cause: UInt8, into sink: inout FrameSink, until stop: StopSignal
  ) -> Bool {
    publishWaitingHalf(into: &sink)
    self.cause = cause
    outageAt = .now()
    counts.outages &+= 1
    closedHeapCalls &+= line.libraryHeapCalls &- earlierHeapCalls
    exchange.hand(line.handle, as: LineExchange.State.givenUp)
    while true {
      if stop.isRaised { return false }
      let state = exchange.state
      if state == LineExchange.State.ready || state == LineExchange.State.streaming {
        line.handle = exchange.take()
        earlierHeapCalls = line.libraryHeapCalls
        line.drop(line.count)
        parser.giveUp()
        pace.release()
        lateness.reset()
        hasHoleAhead = false
        isAnew = state == LineExchange.State.ready || !outlivesItsPlug
        remedy = state == LineExchange.State.ready && cause == 1 ? 2 : 4
        if state == LineExchange.State.ready { start() }
        return true
      }
      _ = shim_sleep_until(shim_clock_monotonic() + 5_000_000)
    }
  }

  // MARK: packets

  @_noLocks @_noAllocation
  mutating func parse(at now: MonotonicInstant, into sink: inout FrameSink) {
    var passed = 0
    while true {
      let isFound = unsafe parser.find(
        in: line.bytes, available: line.count, format, passed: &passed)
      line.drop(passed)
      if !isFound { return }
      let isFirst = parser.isFirst || pace.isHolding && isFirstHeld
      let taken = take(isFirst: isFirst, at: now, into: &sink)
      isFirstHeld = isFirst
      switch taken {
      case .packet: line.drop(format.byteCount)
      // Three in a row that begin here are packets, after all, of a device that counts anew.
      // Whatever is thought of them, the next turn is a byte further.
      case .nothing:
        parser.giveUp()
        if isFirst {
          parser.skip()
          line.drop(1)
        }
      case .undecided: return
      }
    }
  }

  private enum Taken {
    case packet, nothing, undecided
  }

  /// The packet at the beginning of the line's memory.
  @_noLocks @_noAllocation
  private mutating func take(
    isFirst: Bool, at now: MonotonicInstant, into sink: inout FrameSink
  ) -> Taken {
    let packet = unsafe line.bytes
    let counter = unsafe format.counter(packet)
    // What waits behind it was sent later, and has come no later.
    let (arrival, behind) = line.arrivalOfFirst(format.byteCount)
    var elapsed = elapsed(until: arrival, behind: behind)
    let followsHole = hasHoleAhead && (isFirst || count.step(to: counter) != 1)
    var place = count.place(
      counter: counter, elapsed: elapsed, drift: drift, followsHole: followsHole,
      isFirst: isFirst, isAnew: isAnew)
    if place.isByClock && !isAnew && !followsHole {
      if holds(at: now) { return .undecided }
      elapsed = pace.elapsed - usualLateness
      place = count.place(
        counter: counter, elapsed: elapsed, drift: drift, followsHole: false, isFirst: isFirst,
        isAnew: false)
    }
    pace.release()
    if followsHole { hasHoleAhead = false }
    if case .next = place, behind <= 0 { usualLateness += 0.02 * (elapsed - 1 - usualLateness) }
    var missing: Int64 = 0
    switch place {
    case .next(let lost):
      missing = lost
      // Not before the clock has settled, which takes a second.
      if counter < 0 && behind <= 0 && Double(count.index) * clock.period > 1e9 {
        missing += lateness.note(late: elapsed - 1, at: arrival, period: clock.period)
      }
    case .leap(let lost):
      hasHoleAhead = !followsHole && count.step(to: counter) == 1 && waitsBehindHole
      missing = hasHoleAhead ? 0 : lost
    case .restarted(let lost):
      publishWaitingHalf(into: &sink)
      // Whatever it counts from, no packet belongs to a frame that has gone out.
      let free = (publishedFrame + 1) * Int64(format.packetsPerFrame)
      missing = max(lost, free - count.index - 1)
      restart()
    case .repeated:
      counts.repeatedPackets &+= 1
      return .packet
    case .implausible:
      counts.implausiblePackets &+= 1
      return .nothing
    }
    isAnew = false
    // A frame begins with an even packet.
    if count.index < 0 && format.packetsPerFrame == 2 && counter & 1 != 0 { return .packet }
    counts.packets &+= 1
    count.accept(
      counter: counter, missing: missing, elapsed: elapsed, alignment: format.packetsPerFrame)
    let index = UInt64(truncatingIfNeeded: count.index)
    let (time, error) = time(of: index, arrival: arrival, behind: behind)
    let step = assembly.take(packet: count.index)
    if step.completesPending { publishHalf(of: step.pendingFrame, into: &sink) }
    unsafe take(packet, step, arrival: arrival, time: time, error: error, into: &sink)
    return .packet
  }

  /// By which fraction the clock may be wrong, at first and when it has settled.
  private var drift: Double { @_noLocks @_noAllocation get { count.index < 1_000 ? 0.03 : 0.001 } }

  /// Whether what only the clock can tell must wait.
  @_noLocks @_noAllocation
  private mutating func holds(at now: MonotonicInstant) -> Bool {
    let packets = line.count / format.byteCount
    return pace.holds(
      at: now, packets: packets, arrival: line.arrival,
      elapsed: elapsed(until: line.arrival, behind: packets - 1), period: clock.period,
      isFull: line.count > line.capacity / 4 * 3)
  }

  /// Whether among the packets that wait, of which this one follows the last without a hole, there
  /// is a hole.
  private var waitsBehindHole: Bool {
    @_noLocks @_noAllocation
    get {
      var offset = 0
      var counter = -1
      while line.count - offset >= format.byteCount {
        // SAFETY: a whole packet's bytes are there.
        let packet = unsafe line.bytes + offset
        if unsafe !format.fits(packet) { return true }
        let next = unsafe format.counter(packet)
        if counter >= 0 && (next - counter) & 0xFF != 1 { return true }
        counter = next
        offset += format.byteCount
      }
      return false
    }
  }

  /// When a packet was sampled, and the standard error of that.
  @_noLocks @_noAllocation
  private mutating func time(of index: UInt64, arrival: MonotonicInstant, behind: Int)
    -> (MonotonicInstant, UInt32)
  {
    // The last of those that came together is the least late.
    if behind > 0 && clock.hasBegun {
      let (time, error) = clock.prediction(of: index)
      return (time - staleness, error)
    }
    let expected = clock.hasBegun ? clock.time(of: index) : arrival
    let (time, error) = clock.add(index: index, arrival: oneByOne(arrival, behind: behind))
    // Of a clock that moves by so much at once the line has changed, not the device.
    let jump = clock.hasBegun ? time - expected : .zero
    if abs(jump.rawValue) > 20_000_000 {
      staleness = staleness + jump > .zero ? staleness + jump : .zero
    }
    return (time - staleness, error)
  }

  /// When a packet would have come if those behind it had not come with it, and if somebody had
  /// looked at once.
  @_noLocks @_noAllocation
  private func oneByOne(_ arrival: MonotonicInstant, behind: Int) -> MonotonicInstant {
    arrival - usualWait - Nanoseconds(Int64(Double(max(0, behind)) * clock.period))
  }

  /// Periods from the newest packet to the one that has just come.
  @_noLocks @_noAllocation
  private func elapsed(until arrival: MonotonicInstant, behind: Int) -> Double {
    if count.index < 0 { return 0 }
    let last = clock.time(of: UInt64(truncatingIfNeeded: count.index))
    let periods = Double((arrival - usualWait - last).rawValue) / clock.period
    return periods - Double(behind)
  }

  /// The device counts anew: its clock may have begun anew, too.
  @_noLocks @_noAllocation
  private mutating func restart() {
    clock.restart()
    staleness = .zero
    lateness.reset()
    epoch &+= 1
    if cause == 0 {
      // Nobody had noticed.
      cause = 9
      remedy = 5
      outageAt = .now()
      counts.restarts &+= 1
    }
  }
}
