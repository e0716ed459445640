// Real-time: the acquisition loop of the ADS1299, on the acquisition thread.
//
// A frame costs, on Linux, three system calls: ppoll until DRDY falls, read of its time stamps, one
// 28-byte SPI transfer. One or two more when the read ends so near the next edge that only that
// edge's time can tell which conversion was read. Bounded: at most 16 edges and 3 transfers.
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
// A conversion that cannot be told is never guessed: it is counted as lost.
//
// The roots `run` stand in this file together with the generic loop and the conformances of the
// ports: the oath is checked on the loop as specialised for each.

import RT
import Signal

extension ModelPort: ADS1299Port {}
extension LinuxPort: ADS1299Port {}

extension ModelledADS1299 {
  @_noLocks @_noAllocation
  public mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    driver.run(into: &sink, until: stop)
  }
}

extension LinuxADS1299 {
  @_noLocks @_noAllocation
  public mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    driver.run(into: &sink, until: stop)
  }
}

/// What the loop knows of the conversions so far.
struct ConversionCount {
  /// Of the newest edge; conversions since START.
  var index: Int64 = -1
  var edge: Edge
  /// The measured period: the chip's oscillator is within ±2.5 %.
  var period: Nanoseconds
  let nominalPeriod: Nanoseconds
  /// Of the frame that was published last.
  var published: Int64 = -1

  @_noLocks @_noAllocation
  init(sequenceBase: UInt32, nominalPeriod: Nanoseconds) {
    edge = Edge(time: MonotonicInstant(nanoseconds: 0), lineSequence: sequenceBase)
    period = nominalPeriod
    self.nominalPeriod = nominalPeriod
  }

  /// One more edge, in the order of the line.
  @_noLocks @_noAllocation
  mutating func count(_ next: Edge) {
    var conversions = Int64(next.lineSequence &- edge.lineSequence)
    let interval = (next.time - edge.time).rawValue
    if index >= 0 && conversions == 1 {
      // Edges that never reached the line show as time only. Above 2 kSPS the interrupt's own
      // delay may reach half a period, and time tells nothing.
      if nominalPeriod.rawValue >= 500_000 && interval > period.rawValue * 3 / 2 {
        conversions = (interval + period.rawValue / 2) / period.rawValue
      } else if abs(interval - nominalPeriod.rawValue) < nominalPeriod.rawValue / 20 {
        // A 32nd of the difference, not lost to rounding.
        period = Nanoseconds(period.rawValue + (interval - period.rawValue) / 32)
      }
    }
    index += conversions
    edge = next
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
}

// A generic cannot carry the oath: each of these is checked through the roots above.
extension ADS1299Driver where Port: ~Copyable {
  /// Checked through the roots.
  mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    guard case .armed = state else { preconditionFailure("an amplifier runs once, after arm()") }
    state = .running
    var count = ConversionCount(sequenceBase: sequenceBase, nominalPeriod: nominalPeriod)
    prepareRead()
    let started = startConversions()
    if started < 0 { return .failed(errno: started) }
    prepareRead()
    // Settling takes four periods and a little.
    var silentAt = port.now + silence + nominalPeriod * 5
    while !stop.isRaised {
      // Looks at the stop signal every 50 ms at least.
      let deadline = min(silentAt.nanoseconds, port.now.nanoseconds + 50_000_000)
      let ready = port.wait(until: MonotonicInstant(nanoseconds: deadline))
      if ready < 0 && ready != -4 { return .failed(errno: ready) }  // EINTR is no failure
      let wakeTime = port.now
      if ready <= 0 {
        if wakeTime >= silentAt { return .silent }
        continue
      }
      let taken = port.takeEdges()
      if taken < 0 { return .failed(errno: taken) }
      if taken == 0 { continue }
      for index in 0..<Int(taken) { count.count(port.edge(index)) }
      let result = read(wakeTime: wakeTime, &count, into: &sink)
      if result < 0 { return .failed(errno: result) }
      // From now, however long the read took: what counts is how long the chip kept us waiting.
      silentAt = port.now + silence
    }
    return .stopped
  }

  /// Checked through `run`.
  private mutating func startConversions() -> Int32 {
    if port.hasStartLine { return port.setStart(true) }
    port.bytes.put(0x08, at: 0)  // START
    return port.exchange(byteCount: 1, isCommand: true)
  }

  /// RDATA, then zeros while the frame clocks out. Checked through `run`.
  private func prepareRead() {
    port.bytes.put(0x12, at: 0)
    for index in 1..<32 { port.bytes.put(0, at: index) }
  }

  /// Reads the newest conversion, again when it is in doubt, and publishes what is certain.
  /// Checked through `run`.
  private mutating func read(
    wakeTime: MonotonicInstant, _ count: inout ConversionCount, into sink: inout FrameSink
  ) -> Int32 {
    var slot = sink.claim()
    var doubtful: ConversionRead?
    var wake = wakeTime
    for _ in 0..<3 {
      let begin = port.now
      let result = port.exchange(byteCount: 1 + 3 * (1 + channelCount), isCommand: false)
      if result < 0 { return result }
      let end = port.now
      var read = ConversionRead(
        earliest: count.index, latest: count.index, edgeTime: count.edge.time, wakeTime: wake,
        readTime: end)
      if !port.holdsConversions && end + count.doubt > count.edge.time + count.period {
        let looked = lookForEdges(from: begin, to: end, &count, &read)
        if looked < 0 { return looked }
        wake = port.now
      }
      read.isLate = end > read.edgeTime + count.period
      if read.earliest == read.latest {
        if let first = doubtful, first.latest - first.earliest == 1,
          first.latest == read.earliest, !isFrame(sameAs: slot)
        {
          publish(first, slot, &count, into: &sink)
          slot = sink.claim()
        }
        decode(into: slot)
        publish(read, slot, &count, into: &sink)
        return 0
      }
      decode(into: slot)
      doubtful = read
    }
    return 0
  }

  /// The read ended near or after the next edge: lets that edge come, and asks the time stamps
  /// which conversions the read may have got. Checked through `run`.
  private mutating func lookForEdges(
    from begin: MonotonicInstant, to end: MonotonicInstant, _ count: inout ConversionCount,
    _ read: inout ConversionRead
  ) -> Int32 {
    let ready = port.wait(until: count.edge.time + count.period + count.doubt)
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
      if edge.time - count.slack <= end { read.latest = count.index }
    }
    return 0
  }

  // MARK: the frame

  /// Checked through `run`.
  func decode(into slot: FrameSlot) {
    var header = FrameHeader()
    header.statusWord = port.bytes.word(at: 1)
    header.channelCount = UInt32(truncatingIfNeeded: channelCount)
    header.configurationEpoch = epoch
    slot.header = header
    port.bytes.decode(frame: 1, channelCount: channelCount, into: slot)
  }

  /// Checked through `run`.
  private func isFrame(sameAs slot: FrameSlot) -> Bool {
    slot.header.statusWord == port.bytes.word(at: 1)
      && port.bytes.isFrame(1, channelCount: channelCount, sameAs: slot)
  }

  /// Checked through `run`.
  mutating func publish(
    _ read: ConversionRead, _ slot: FrameSlot, _ count: inout ConversionCount,
    into sink: inout FrameSink
  ) {
    var header = slot.header
    header.sampleIndex = UInt64(bitPattern: read.earliest)
    header.edgeTime = read.edgeTime
    header.wakeTime = read.wakeTime
    header.readTime = read.readTime
    header.lostBefore = UInt32(truncatingIfNeeded: read.earliest - count.published - 1)
    let status = ADS1299StatusWord(rawValue: header.statusWord)
    if !status.isCredible(canary: canary) { header.flags = FrameFlags(rawValue: 1 << 0) }
    if read.isLate { header.flags = FrameFlags(rawValue: header.flags.rawValue | 1 << 1) }
    slot.header = header
    count.published = read.earliest
    sink.publish(slot)
  }
}
