// Real-time: the decoding thread. `next` looks at each received byte a bounded number of times (a
// false start costs at most one CRC over a frame) and moves at most one unfinished frame to the
// front. No system call.

extension FrameParser {
  /// Room for bytes to come; after `next` gave nil it is never less than the longest frame.
  @_noLocks @_noAllocation
  mutating func freeMemory() -> UnsafeMutableRawBufferPointer {
    // SAFETY: `end` never exceeds the capacity.
    unsafe UnsafeMutableRawBufferPointer(start: memory + end, count: Self.capacity - end)
  }

  /// Says that so many bytes were put at the beginning of `freeMemory()`.
  @_noLocks @_noAllocation
  mutating func received(byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= Self.capacity - end, "received bytes fit")
    end += byteCount
  }

  /// Takes bytes in, as many as there is room for, and returns how many.
  @_noLocks @_noAllocation
  public mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    let count = min(bytes.count, Self.capacity - end)
    guard count > 0, let source = bytes.baseAddress else { return 0 }
    // SAFETY: `count` was bounded by the room behind `end`.
    unsafe (memory + end).copyMemory(from: source, byteCount: count)
    end += count
    return count
  }

  /// The next good frame, or nil when there is none in what has come so far.
  @_noLocks @_noAllocation
  public mutating func next() -> WireFrame? {
    while end > start {
      switch candidate() {
      case .incomplete:
        moveToFront()
        return nil
      case .false:
        skip()
      case .frame(let code, let parametersByteCount):
        let byteCount = FrameLayout.byteCount(parametersByteCount: parametersByteCount)
        guard isIntact(byteCount: byteCount) else {
          counts.checksumErrors += 1
          skip()
          continue
        }
        let sequence =
          UInt16(byte(FrameLayout.sequenceOffset))
          | UInt16(byte(FrameLayout.sequenceOffset + 1)) << 8
        let message = meaning(code: code)
        start += byteCount
        guard let message else {
          counts.unknownMeanings += 1
          continue
        }
        counts.frames += 1
        return WireFrame(sequence: sequence, message: message)
      }
    }
    moveToFront()
    return nil
  }

  /// True when the beginning of a frame waits for its rest.
  public var hasUnfinishedFrame: Bool {
    @_noLocks @_noAllocation
    get { end > start }
  }

  /// Gives up the beginning of a frame whose rest never came; what follows it is searched again.
  @_noLocks @_noAllocation
  public mutating func abandonUnfinishedFrame() {
    if end > start { skip() }
  }

  private enum Candidate {
    case incomplete
    case `false`
    case frame(code: UInt8, parametersByteCount: Int)
  }

  /// What stands at `start`. Each field is judged as soon as it is there, so that a false start
  /// does not hold back the frame behind it.
  @_noLocks @_noAllocation
  private mutating func candidate() -> Candidate {
    let available = end - start
    guard byte(0) == FrameLayout.start0 else { return .false }
    guard available > 1 else { return .incomplete }
    guard byte(1) == FrameLayout.start1 else { return .false }
    guard available > FrameLayout.versionOffset else { return .incomplete }
    let version = byte(FrameLayout.versionOffset)
    guard version == FrameLayout.version else {
      counts.foreignVersions += 1
      counts.foreignVersion = version
      return .false
    }
    guard available > FrameLayout.codeOffset else { return .incomplete }
    let code = byte(FrameLayout.codeOffset)
    guard let expected = FrameLayout.parametersByteCount(code: code) else { return .false }
    guard available > FrameLayout.lengthOffset else { return .incomplete }
    guard Int(byte(FrameLayout.lengthOffset)) == expected else { return .false }
    guard available >= FrameLayout.byteCount(parametersByteCount: expected) else {
      return .incomplete
    }
    return .frame(code: code, parametersByteCount: expected)
  }

  @_noLocks @_noAllocation
  private func isIntact(byteCount: Int) -> Bool {
    let first = FrameLayout.versionOffset
    let last = byteCount - FrameLayout.checksumByteCount
    // SAFETY: `candidate` has seen that `byteCount` bytes are there.
    let computed = unsafe CRC16.of(memory + start + first, byteCount: last - first)
    return computed == UInt16(byte(last)) | UInt16(byte(last + 1)) << 8
  }

  @_noLocks @_noAllocation
  private func byte(_ offset: Int) -> UInt8 {
    // SAFETY: called with offsets that `candidate` has compared with `end - start`.
    unsafe memory.load(fromByteOffset: start + offset, as: UInt8.self)
  }

  @_noLocks @_noAllocation
  private mutating func skip() {
    start += 1
    counts.skippedBytes += 1
  }

  @_noLocks @_noAllocation
  private mutating func moveToFront() {
    guard start > 0 else { return }
    // SAFETY: both regions lie within the memory; copyMemory allows an overlap.
    if end > start { unsafe memory.copyMemory(from: memory + start, byteCount: end - start) }
    end -= start
    start = 0
  }

  /// The message at `start`, of a frame whose checksum is right; nil when a field has a value that
  /// this version does not know.
  @_noLocks @_noAllocation
  private func meaning(code: UInt8) -> Message? {
    // SAFETY: the parameters of this code are there: `candidate` compared their length.
    var reader = unsafe ByteReader(memory + start + FrameLayout.parametersOffset)
    switch code {
    case FrameCode.identify: return .identify
    case FrameCode.arm: return .arm
    case FrameCode.disarm: return .disarm
    case FrameCode.neutral: return .neutral
    case FrameCode.heartbeat: return .heartbeat
    case FrameCode.stop: return .stop
    case FrameCode.release: return .release
    case FrameCode.motion:
      let position = reader.signedLong()
      let velocity = reader.signedLong()
      return .motion(
        MotionParameters(
          positionMillidegrees: position, velocityMillidegreesPerSecond: velocity))
    case FrameCode.acknowledgement: return acknowledgement(&reader)
    case FrameCode.identity: return identity(&reader)
    default: return nil
    }
  }

  @_noLocks @_noAllocation
  private func acknowledgement(_ reader: inout ByteReader) -> Message? {
    let sequence = reader.word()
    let code = reader.byte()
    let result = CommandResult(wireByte: reader.byte())
    let time = reader.quad()
    let position = reader.signedLong()
    let velocity = reader.signedLong()
    let effort = reader.signedLong()
    let state = ExoskeletonState(wireByte: reader.byte())
    let reserved = reader.byte()
    let faults = ExoskeletonFaults(rawValue: reader.word())
    guard let result, let state, reserved == 0 else { return nil }
    return .acknowledgement(
      Acknowledgement(
        acknowledgedSequence: sequence, acknowledgedCode: code, result: result,
        timeMicroseconds: time, positionMillidegrees: position,
        velocityMillidegreesPerSecond: velocity, effortMillinewtonmetres: effort, state: state,
        faults: faults))
  }

  @_noLocks @_noAllocation
  private func identity(_ reader: inout ByteReader) -> Message? {
    let sequence = reader.word()
    let jointCount = reader.byte()
    let state = ExoskeletonState(wireByte: reader.byte())
    let loopHertz = reader.word()
    let watchdog = reader.word()
    let positionMin = reader.signedLong()
    let positionMax = reader.signedLong()
    let velocityMax = reader.signedLong()
    let firmware = reader.long()
    let low = reader.quad()
    let high = reader.quad()
    guard let state else { return nil }
    return .identity(
      FramedIdentity(
        acknowledgedSequence: sequence, jointCount: jointCount, state: state,
        loopHertz: loopHertz, watchdogMilliseconds: watchdog,
        positionMinMillidegrees: positionMin, positionMaxMillidegrees: positionMax,
        velocityMaxMillidegreesPerSecond: velocityMax, firmwareVersion: firmware,
        name: ExoskeletonName(low: low, high: high)))
  }
}
