// Real-time: the acquisition loop of the ADS1299, on the acquisition thread.
//
// A frame costs, on Linux, three system calls: ppoll until DRDY falls, read of its time stamps, one
// SPI message (one for each chip select of a cascade). One or two more when the read ends so near
// the next edge that only that edge's time can tell which conversion was read; one a second when
// the phase of several chips is watched. Bounded: at most 16 edges and 3 reads. The registers are
// looked at once a second, in the same message as a frame, or in RDATAC after it; and before a
// frame goes out that follows a standstill: five more calls a chip.
//
// How a frame gets its number is told in ConversionCount+RealTime.swift. A conversion that cannot
// be told is lost, not guessed; so is, in RDATAC, a read that an edge overtakes, which is torn, and
// in a cascade, whose chips may then differ.
//
// The roots `run` stand here together with all that is generic and the conformances of the ports:
// the oath is checked on the loop as specialised for each. So do the steps of the bring-up, which
// bring a chip back: at most 0.4 s for a rung of the ladder.

import RT
import Signal

extension ModelPort: ADS1299Port {}
extension LinuxPort: ADS1299Port {}

extension ModelledADS1299 {
  @_noLocks @_noAllocation
  public mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    driver.port.model.countsFromNextStart = true
    return driver.run(into: &sink, until: stop)
  }
}

extension LinuxADS1299 {
  @_noLocks @_noAllocation
  public mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    driver.run(into: &sink, until: stop)
  }
}

// A generic cannot carry the oath: each of these is checked through the roots above.
extension ADS1299Driver where Port: ~Copyable {
  /// Checked through the roots.
  mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    guard case .armed = state else { preconditionFailure("an amplifier runs once, after arm()") }
    state = .running
    let started = startConversions()
    if started < 0 { return .failed(errno: started) }
    layout.prepare(port.bytes)
    let now = port.now
    // Settling takes four periods and a little.
    var state = AcquisitionState(
      count: ConversionCount(sequenceBase: sequenceBase, nominalPeriod: nominalPeriod), now: now,
      silentAt: now + silence + nominalPeriod * 5)
    while !stop.isRaised {
      // Looks at the stop signal every 50 ms at least.
      let look = min(port.now.nanoseconds + 50_000_000, state.count.overdueAt)
      let deadline = min(state.silentAt.nanoseconds, look)
      let ready = port.wait(until: MonotonicInstant(nanoseconds: deadline))
      if ready < 0 && ready != -4 { return .failed(errno: ready) }  // EINTR is no failure
      let wakeTime = port.now
      var outcome = ReadOutcome.done
      if ready <= 0 {
        if wakeTime >= state.silentAt {
          outcome = .fault(1)
        } else if wakeTime.nanoseconds >= state.count.overdueAt {
          lookAtLevel(now: wakeTime, &state)
        }
      } else {
        let taken = port.takeEdges()
        if taken < 0 { return .failed(errno: taken) }
        if taken == 0 { continue }
        for index in 0..<Int(taken) { state.count.count(port.edge(index)) }
        outcome = read(wakeTime: wakeTime, &state, into: &sink)
        state.silentAt = port.now + silence  // From now, however long the read took.
        if case .done = outcome, port.hasOtherDataReady, port.now >= state.inspectAt {
          if watchPhases(&state) { return .unsynchronised }
        }
      }
      switch outcome {
      case .done: continue
      case .failed(let errno): return .failed(errno: errno)
      case .fault(let cause):
        let verdict = recover(from: cause, &state, until: stop)
        layout.prepare(port.bytes)
        switch verdict {
        case .good, .abandoned: continue
        case .kernel(let errno) where ChipHealth.isGone(errno): return .failed(errno: errno)
        default: return cause == 1 ? .silent : .unrecoverable(cause: cause)
        }
      }
    }
    return .stopped
  }

  /// An edge is overdue. Checked through `run`.
  mutating func lookAtLevel(now: MonotonicInstant, _ state: inout AcquisitionState) {
    // Later than a quarter of a period, the level is that of another conversion; and after a read
    // that failed, of the one before.
    let latest = state.count.overdueAt + state.count.period.rawValue / 4
    let isTelling = now.nanoseconds <= latest && state.health.failedTransfers == 0
    let level = port.dataReadyLevel()
    // Reading takes DRDY high again, so that the next period can be told too, and other bytes than
    // the last tell of a conversion where the line itself is stuck. They go nowhere: a conversion
    // without its edge has no time.
    let last = port.selectCount - 1  // The first chip, whose edge is overdue, is read last.
    for index in 0...last
    where port.exchange(select: last - index, byteCount: layout.byteCount, isCommand: false) < 0 {
      state.health.noteFailedTransfer()
      state.count.skipOverdue(until: now)
      return
    }
    state.noteOverdue(
      now: now, isLow: level == 0, isTelling: isTelling, layout.fingerprint(port.bytes),
      silence: silence)
  }

  /// Reads the newest conversion, again when it is in doubt, and publishes what is certain.
  /// Checked through `run`.
  mutating func read(
    wakeTime: MonotonicInstant, _ state: inout AcquisitionState, into sink: inout FrameSink
  ) -> ReadOutcome {
    var slot = sink.claim()
    var doubtful: ConversionRead?
    var wake = wakeTime
    let isSuspect = state.count.takeStandstill()
    for _ in 0..<3 {
      let begin = port.now
      let inspects = !isSuspect && state.isInspectionDue(at: begin, layout)
      let result = exchangeFrames(
        into: slot, inspecting: inspects && !layout.isContinuous ? state.inspected : -1)
      if result < 0 { return state.health.outcome(ofFailedTransfer: result) }
      let end = port.now
      var read = ConversionRead(of: state.count, wakeTime: wake, readTime: end)
      let next = state.count.edge.time + state.count.period
      if !port.holdsConversions && end + state.count.doubt + startSpread > next {
        let looked = lookForEdges(from: begin, to: end, &state.count, &read)
        if looked < 0 { return .failed(looked) }
        wake = port.now
      }
      read.isLate = end > read.edgeTime + state.count.period
      state.fingerprint = layout.fingerprint(port.bytes)
      if read.earliest == read.latest {
        if let first = doubtful, first.latest - first.earliest == 1,
          first.latest == read.earliest, !layout.isFrame(port.bytes, sameAs: slot)
        {
          _ = publish(first, slot, isTrusted: !isSuspect, &state, into: &sink)
          slot = sink.claim()
        }
        layout.decode(port.bytes, into: slot, epoch: epoch)
        let verdict = isSuspect ? glanceAll() : .good
        let isCredible = publish(read, slot, isTrusted: verdict.isGood, &state, into: &sink)
        if !verdict.isGood { return .fault(verdict.causeOfDoubt) }
        let cause = judge(isCredible: isCredible, inspected: inspects, &state)
        return cause == 0 ? .done : .fault(cause)
      }
      layout.decode(port.bytes, into: slot, epoch: epoch)
      doubtful = layout.allowsSecondRead ? read : nil
    }
    return .done
  }

  /// All chips, one after the other, the first last; in a cascade each is decoded before the next
  /// overwrites its bytes. Checked through `run`.
  mutating func exchangeFrames(into slot: FrameSlot, inspecting inspected: Int) -> Int32 {
    for index in 0..<port.selectCount {
      let select = port.selectCount - 1 - index
      let result =
        select == inspected
        ? port.exchange(select: select, byteCount: layout.byteCount, thenCommand: 5)
        : port.exchange(select: select, byteCount: layout.byteCount, isCommand: false)
      if result < 0 { return result }
      if port.selectCount > 1 { layout.keep(select, of: port.bytes, into: slot) }
    }
    return 0
  }

  /// The read ended near or after the next edge: lets that edge come, and asks the time stamps
  /// which conversions the read may have got. Checked through `run`.
  mutating func lookForEdges(
    from begin: MonotonicInstant, to end: MonotonicInstant, _ count: inout ConversionCount,
    _ read: inout ConversionRead
  ) -> Int32 {
    // Asleep at least for a moment: the interrupt's thread may wait for this CPU.
    let due = max(count.edge.time + count.period + count.doubt, port.now + .microseconds(20))
    let ready = port.wait(until: due)
    if ready < 0 && ready != -4 { return ready }  // EINTR: as if no edge had come
    let taken = port.takeEdges()
    if taken < 0 { return taken }
    for index in 0..<Int(taken) {
      let edge = port.edge(index)
      count.count(edge)
      if edge.time <= begin {
        read.earliest = count.index
        read.edgeTime = edge.time
      }
      if edge.time - count.slack - startSpread <= end { read.latest = count.index }
    }
    return 0
  }

  /// Checked through `run`.
  mutating func publish(
    _ read: ConversionRead, _ slot: FrameSlot, isTrusted: Bool, _ state: inout AcquisitionState,
    into sink: inout FrameSink
  ) -> Bool {
    let isCredible = state.stamp(slot, read, layout, isTrusted: isTrusted)
    sink.publish(slot)
    return isCredible
  }

  // MARK: the chip's health

  /// Whether the chip is to be believed after this frame: 0, or `Recovery.Cause`. Checked through
  /// `run`.
  mutating func judge(
    isCredible: Bool, inspected: Bool, _ state: inout AcquisitionState
  ) -> UInt8 {
    state.health.noteFrame(isCredible: isCredible)
    var verdict = ChipVerdict.good
    if isCredible && inspected && !layout.isContinuous {
      verdict = registers.verdict(
        on: port.bytes, at: ExchangeBytes.readBack + 2, addresses: 1...3, chip: state.inspected)
      state.inspected = (state.inspected + 1) % port.selectCount
    } else if isCredible ? inspected : state.health.corruptFrames == 1 {
      verdict = glanceAll()  // At the very first: a brown-out is seen by the registers.
    }
    if inspected && !port.hasOtherDataReady { state.inspectAt = port.now + .seconds(1) }
    if !verdict.isGood { return verdict.causeOfDoubt }
    return state.health.corruptFrames >= ChipHealth.corruptFramesMaximum ? 2 : 0
  }

  /// Whether the chips have lost each other. Checked through `run`.
  mutating func watchPhases(_ state: inout AcquisitionState) -> Bool {
    state.inspectAt = port.now + .seconds(1)
    notePhases(&state.phases, reference: state.count.reference, period: state.count.period)
    let tolerance = PhaseMonitor.tolerance(period: nominalPeriod)
    return state.phases.unsynchronisedChip(tolerance: tolerance) != 0
  }

  /// Checked through `run`.
  mutating func notePhases(_ phases: inout PhaseMonitor, reference: Edge, period: Nanoseconds) {
    for index in 0..<max(0, Int(port.takeOtherEdges())) {
      phases.note(port.otherEdge(index), reference: reference, period: period)
    }
    phases.noteReference(reference, period: period, chipCount: port.selectCount)
  }

  // MARK: remedies

  /// Climbs the ladder until the chip converts again. Checked through `run`.
  mutating func recover(
    from cause: UInt8, _ state: inout AcquisitionState, until stop: StopSignal
  ) -> ChipVerdict {
    let detectedAt = port.now
    var verdict = ChipVerdict.silent
    var rung = state.health.firstRung(at: detectedAt)
    var named = cause
    if cause == 1 { state.count.restart() }
    while rung < ChipHealth.rungCount {
      if stop.isRaised { return .abandoned }
      verdict =
        rung == 0
        ? resynchronisePatiently(&state.count, until: stop)
        : bringBack(isCold: rung > 1, &state.count)
      if verdict.isGood {
        if rung > 0 { state.count.expect(at: port.now + settling) }
        verdict = awaitConversion(&state, until: stop)
      } else if rung == 0 {
        // Now that the registers can be read: silence because of a brown-out is a brown-out.
        named = verdict.cause(fallback: cause)
      }
      if verdict.isGood {
        let now = port.now
        state.health.recover(cause: named, onRung: rung, detectedAt: detectedAt, now: now)
        epoch &+= 1
        // The other chips' edges from before would tell of a walk that was none.
        for _ in 0..<4 where port.takeOtherEdges() > 0 {}
        state.phases = PhaseMonitor()
        state.inspectAt = now + .seconds(1)
        state.silentAt = now + silence + nominalPeriod * 5
        return .good
      }
      if case .kernel(let errno) = verdict, ChipHealth.isGone(errno) { return verdict }
      rung += 1
    }
    return verdict
  }

  /// While the data line brings nonsense, for ten periods at most. Checked through `run`.
  mutating func resynchronisePatiently(
    _ count: inout ConversionCount, until stop: StopSignal
  ) -> ChipVerdict {
    var verdict = resynchronise()
    for _ in 0..<10 {
      guard case .identity = verdict, !stop.isRaised else { return verdict }
      count.leave()  // Nobody looks at DRDY meanwhile.
      port.sleep(max(nominalPeriod, .milliseconds(1)))
      verdict = resynchronise()
    }
    return verdict
  }

  /// Starts the interface afresh and looks whether the chip is as it was left. The conversions go
  /// on. Checked through `run`.
  mutating func resynchronise() -> ChipVerdict {
    for select in 0..<port.selectCount {
      // A byte of nothing: chip select falls and rises, and with it the chip forgets half commands.
      var sent = command(0x00, select)
      if sent >= 0 { sent = command(0x11, select) }
      if sent < 0 { return .kernel(errno: sent) }
      let verdict = verify(select)
      if !verdict.isGood { return verdict }
    }
    let started = startConversions()
    return started < 0 ? .kernel(errno: started) : .good
  }

  /// From a reset to conversions. Checked through `run`.
  mutating func bringBack(isCold: Bool, _ count: inout ConversionCount) -> ChipVerdict {
    var result = resetChips(isCold: isCold)
    // What had been converted before is lost; from the reset on, time without an edge is a pause.
    let taken = port.takeEdges()
    for index in 0..<max(0, Int(taken)) {
      count.restart()
      count.count(port.edge(index))
    }
    count.restart()
    if result >= 0 { result = taken }
    if result < 0 { return .kernel(errno: result) }
    var verdict = identify()
    if verdict.isGood { verdict = configureAll() }
    if !verdict.isGood { return verdict }
    let started = startConversions()
    return started < 0 ? .kernel(errno: started) : .good
  }

  /// An edge that is newer than the start, within the time that settling takes. Checked through
  /// `run`.
  mutating func awaitConversion(
    _ state: inout AcquisitionState, until stop: StopSignal
  ) -> ChipVerdict {
    layout.prepare(port.bytes)
    let deadline = port.now + settling * 2 + silence
    while port.now < deadline && !stop.isRaised {
      let overdueAt = MonotonicInstant(nanoseconds: state.count.overdueAt)
      let ready = port.wait(until: min(deadline, overdueAt))
      if ready < 0 && ready != -4 { return .kernel(errno: ready) }
      if ready > 0 { return .good }  // The edge stays where it is: the loop counts it.
      if port.now >= overdueAt { lookAtLevel(now: port.now, &state) }
    }
    return stop.isRaised ? .abandoned : .silent
  }

  /// Reads CONFIG1 to CONFIG3 of every chip. Checked through `run`.
  mutating func glanceAll() -> ChipVerdict {
    var verdict = ChipVerdict.good
    for select in 0..<port.selectCount where verdict.isGood { verdict = glance(select) }
    layout.prepare(port.bytes)
    return verdict
  }

  /// Of one. Checked through `run`.
  mutating func glance(_ select: Int) -> ChipVerdict {
    let stopped = command(0x11, select)  // Also without RDATAC: after a brown-out it is in it.
    if stopped < 0 { return .kernel(errno: stopped) }
    let result = readRegisters(select, from: 1, count: 3)
    if result < 0 { return .kernel(errno: result) }
    let verdict = registers.verdict(on: port.bytes, at: 2, addresses: 1...3, chip: select)
    let resumed = layout.isContinuous ? command(0x10, select) : 0
    return resumed < 0 ? .kernel(errno: resumed) : verdict
  }

  // MARK: steps of the bring-up

  /// One opcode and the chip's time to decode it. Bytes, or -errno. Checked through `run`.
  mutating func command(_ opcode: UInt8, _ select: Int) -> Int32 {
    port.bytes.put(opcode, at: 0)
    let result = port.exchange(select: select, byteCount: 1, isCommand: true)
    port.sleep(ADS1299.slowest(clocks: ADS1299.Clocks.command))
    return result
  }

  /// The same to every chip. Checked through `run`.
  mutating func commandAll(_ opcode: UInt8) -> Int32 {
    var result: Int32 = 0
    for select in 0..<port.selectCount where result >= 0 { result = command(opcode, select) }
    return result
  }

  /// Stops, powers, resets, and leaves every chip out of RDATAC. 0, or -errno. Checked through
  /// `run`.
  ///
  /// - Parameter isCold: the power may have come on just now, or has to be cycled.
  mutating func resetChips(isCold: Bool) -> Int32 {
    var result = port.setStart(false)
    if result >= 0 { result = port.setReset(true) }
    // While it runs the supply is there: then PWDN cuts it.
    if result >= 0, isCold, port.hasPowerLine, case .running = state {
      result = port.setPower(false)
      port.sleep(.milliseconds(10))
    }
    if result >= 0 { result = port.setPower(true) }
    if result < 0 { return result }
    if isCold { port.sleep(ADS1299.slowest(clocks: ADS1299.Clocks.powerOn)) }
    if port.hasResetLine {
      result = port.setReset(false)
      port.sleep(ADS1299.slowest(clocks: ADS1299.Clocks.resetPulse))
      if result >= 0 { result = port.setReset(true) }
    } else {
      // Whoever was here before may have left it in standby, where only WAKEUP is heard.
      result = commandAll(0x02)
      if result >= 0 { result = commandAll(0x06) }
    }
    if result < 0 { return result }
    port.sleep(ADS1299.slowest(clocks: ADS1299.Clocks.afterReset))
    // Out of RDATAC, the state after a reset, in which registers cannot be reached.
    return commandAll(0x11)
  }

  /// The ID of every chip that has a chip select. Checked through `run`.
  mutating func identify() -> ChipVerdict {
    for select in 0..<port.selectCount {
      var found: UInt8 = 0
      var isKnown = false
      for attempt in 0..<ADS1299.attempts where !isKnown {
        if attempt > 0 { port.sleep(.milliseconds(10)) }
        let result = readRegisters(select, from: 0, count: 1)
        if result < 0 { return .kernel(errno: result) }
        found = port.bytes.received(2)
        isKnown = found & 0b1_1111 == identity
      }
      if !isKnown { return .identity(chip: select, found: found) }
    }
    return .good
  }

  /// Starts the reference, writes every register that may be written, reads all back and compares.
  /// Checked through `run`.
  mutating func configureAll() -> ChipVerdict {
    for select in 0..<port.selectCount {
      let result = writeRegisters(select, 3...3)
      if result < 0 { return .kernel(errno: result) }
    }
    port.sleep(ADS1299.referenceStart)
    for select in 0..<port.selectCount {
      var verdict = ChipVerdict.silent
      for _ in 0..<ADS1299.attempts where !verdict.isGood {
        // Without ID and LOFF_STATx, which are read only, and channels that are not there.
        var result = writeRegisters(select, 1...4)
        if result >= 0 { result = writeRegisters(select, 5...(4 + layout.channelsPerChip)) }
        if result >= 0 { result = writeRegisters(select, 0x0D...0x11) }
        if result >= 0 { result = writeRegisters(select, 0x14...0x17) }
        if result < 0 { return .kernel(errno: result) }
        verdict = verify(select)
        if case .kernel = verdict { return verdict }
      }
      if !verdict.isGood { return verdict }
    }
    return .good
  }

  /// Reads every register of a chip and compares those that were written. Checked through `run`.
  mutating func verify(_ select: Int) -> ChipVerdict {
    let result = readRegisters(select, from: 0, count: 24)
    if result < 0 { return .kernel(errno: result) }
    let found = port.bytes.received(2)
    if found & 0b1_1111 != identity { return .identity(chip: select, found: found) }
    return registers.verdict(on: port.bytes, at: 3, addresses: 1...23, chip: select)
  }

  /// The values stand from byte 2 of the answer on. Checked through `run`.
  mutating func readRegisters(_ select: Int, from first: UInt8, count: Int) -> Int32 {
    port.bytes.putRead(from: first, count: count)
    return port.exchange(select: select, byteCount: 2 + count, isCommand: true)
  }

  /// What `registers` has. Checked through `run`.
  mutating func writeRegisters(_ select: Int, _ addresses: ClosedRange<Int>) -> Int32 {
    let count = registers.putWrite(of: addresses, chip: select, into: port.bytes)
    return port.exchange(select: select, byteCount: count, isCommand: true)
  }

  /// START by pin or opcode, the first chip last, so that its edge is the last of a conversion; and
  /// RDATAC where that is how frames are read. 0, or -errno. Checked through `run`.
  mutating func startConversions() -> Int32 {
    let began = port.now
    var result: Int32 = 0
    if port.hasStartLine {
      result = port.setStart(true)
    } else {
      for index in 0..<port.selectCount where result >= 0 {
        port.bytes.put(0x08, at: 0)
        result = port.exchange(
          select: port.selectCount - 1 - index, byteCount: 1, isCommand: true)
      }
    }
    if port.selectCount > 1 && !port.hasStartLine { startSpread = port.now - began }
    if layout.isContinuous && result >= 0 { result = commandAll(0x10) }
    return min(result, 0)
  }
}
