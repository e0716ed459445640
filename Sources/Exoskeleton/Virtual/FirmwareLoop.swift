// One turn of the virtual exoskeleton's firmware: read, decide, answer, let time pass.

internal import RT

/// The line, the parser and the rules, behind the lock of `VirtualExoskeleton`.
@safe
struct FirmwareLoop: ~Copyable, @unchecked Sendable {
  private static var changesMax: Int { 4096 }
  /// The beginning of a frame that has had no company for so many turns is given up.
  private static var unfinishedTurnsMax: Int { 3 }

  private var port: SerialPort?
  private var parser = FrameParser()
  private var firmware: Firmware
  private let frame: UnsafeMutableRawPointer
  private var sequence: UInt16 = 0
  private var disturbance = Disturbance.none
  private var unfinishedTurns = 0
  private var loops: UInt64 = 0
  private var lateLoops: UInt64 = 0
  private var repliesDropped: UInt64 = 0
  private(set) var changes: [StateChange] = []

  init(port: consuming SerialPort, firmware: Firmware) {
    self.port = consume port
    self.firmware = firmware
    unsafe frame = .allocate(byteCount: FrameLayout.byteCountMax, alignment: 64)
  }

  deinit { unsafe frame.deallocate() }

  mutating func turn(now: MonotonicInstant, isLate: Bool) {
    loops += 1
    if isLate { lateLoops += 1 }
    if disturbance != .stalled { listen(now) }
    let before = firmware.state
    firmware.advance(to: now)
    note(before, now)
  }

  mutating func unplug() { port = nil }

  mutating func disturb(_ disturbance: Disturbance) {
    self.disturbance = disturbance
    firmware.joint.isObstructed = disturbance == .obstructed
  }

  private mutating func listen(_ now: MonotonicInstant) {
    // As much as a busy line brings in one turn, and no more.
    for _ in 0..<8 {
      guard let outcome = unsafe port?.read(into: parser.freeMemory()) else { return }
      guard case .bytes(let byteCount) = outcome else {
        giveUpUnfinished(isHungUp: outcome != .nothing)
        return
      }
      unfinishedTurns = 0
      parser.received(byteCount: byteCount)
      answerAll(now)
    }
  }

  private mutating func answerAll(_ now: MonotonicInstant) {
    while let received = parser.next() {
      let before = firmware.state
      if let reply = firmware.receive(received, at: now), disturbance != .mute { send(reply) }
      note(before, now)
    }
  }

  /// Half a frame, and nothing after it: the rest was lost, or the other end closed the line (which
  /// a pseudo-terminal reports as an error, and which is no reason to stop).
  private mutating func giveUpUnfinished(isHungUp: Bool) {
    guard parser.hasUnfinishedFrame else { return }
    unfinishedTurns += 1
    guard isHungUp || unfinishedTurns >= Self.unfinishedTurnsMax else { return }
    unfinishedTurns = 0
    parser.abandonUnfinishedFrame()
    answerAll(.now())
  }

  private mutating func send(_ message: Message) {
    let byteCount = unsafe FrameEncoder.encode(message, sequence: sequence, into: frame)
    let bytes = unsafe UnsafeRawBufferPointer(start: frame, count: byteCount)
    guard let outcome = unsafe port?.write(bytes) else { return }
    switch outcome {
    case .written, .begun: sequence &+= 1
    case .wouldBlock, .gone: repliesDropped += 1
    }
  }

  private mutating func note(_ before: ExoskeletonState, _ now: MonotonicInstant) {
    guard firmware.state != before, changes.count < Self.changesMax else { return }
    changes.append(StateChange(time: now, state: firmware.state, faults: firmware.faults))
  }

  var statistics: VirtualExoskeletonStatistics {
    VirtualExoskeletonStatistics(
      state: firmware.state, faults: firmware.faults,
      positionDegrees: firmware.joint.positionDegrees,
      velocityDegreesPerSecond: firmware.joint.velocityDegreesPerSecond,
      effortNewtonmetres: firmware.joint.effortNewtonmetres, loops: loops, lateLoops: lateLoops,
      frames: parser.counts.frames, checksumErrors: parser.counts.checksumErrors,
      skippedBytes: parser.counts.skippedBytes, motionCommands: firmware.motionCount,
      refusedCommands: firmware.refusedCount, watchdogTrips: firmware.watchdogTrips,
      repliesDropped: repliesDropped)
  }
}
