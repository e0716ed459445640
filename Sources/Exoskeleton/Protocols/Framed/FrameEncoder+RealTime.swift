// Real-time: the decoding thread. Writes one frame into the caller's memory: at most
// `FrameLayout.byteCountMax` stores and as many steps of the CRC. No system call.

public enum FrameEncoder {
  /// Encodes a message and returns how many bytes it took.
  ///
  /// - Parameter memory: at least `FrameLayout.byteCountMax` bytes.
  @_noLocks @_noAllocation
  public static func encode(
    _ message: Message, sequence: UInt16, into memory: UnsafeMutableRawPointer
  ) -> Int {
    var out = unsafe ByteWriter(memory)
    out.put(FrameLayout.start0)
    out.put(FrameLayout.start1)
    out.put(FrameLayout.version)
    out.put(code(of: message))
    out.put(sequence)
    // The length of each code is fixed, so that what is written agrees with what is checked.
    out.put(UInt8(truncatingIfNeeded: parametersByteCount(of: message)))
    putParameters(of: message, to: &out)
    let start = FrameLayout.versionOffset
    // SAFETY: the writer has just filled these bytes.
    out.put(unsafe CRC16.of(memory + start, byteCount: out.byteCount - start))
    return out.byteCount
  }

  @_noLocks @_noAllocation
  static func code(of message: Message) -> UInt8 {
    switch message {
    case .identify: FrameCode.identify
    case .arm: FrameCode.arm
    case .disarm: FrameCode.disarm
    case .motion: FrameCode.motion
    case .neutral: FrameCode.neutral
    case .heartbeat: FrameCode.heartbeat
    case .stop: FrameCode.stop
    case .release: FrameCode.release
    case .acknowledgement: FrameCode.acknowledgement
    case .identity: FrameCode.identity
    }
  }

  @_noLocks @_noAllocation
  private static func parametersByteCount(of message: Message) -> Int {
    FrameLayout.parametersByteCount(code: code(of: message)) ?? 0
  }

  @_noLocks @_noAllocation
  private static func putParameters(of message: Message, to out: inout ByteWriter) {
    switch message {
    case .identify, .arm, .disarm, .neutral, .heartbeat, .stop, .release: break
    case .motion(let motion):
      out.put(UInt32(bitPattern: motion.positionMillidegrees))
      out.put(UInt32(bitPattern: motion.velocityMillidegreesPerSecond))
    case .acknowledgement(let ack):
      out.put(ack.acknowledgedSequence)
      out.put(ack.acknowledgedCode)
      out.put(ack.result.wireByte)
      out.put(ack.timeMicroseconds)
      out.put(UInt32(bitPattern: ack.positionMillidegrees))
      out.put(UInt32(bitPattern: ack.velocityMillidegreesPerSecond))
      out.put(UInt32(bitPattern: ack.effortMillinewtonmetres))
      out.put(ack.state.wireByte)
      out.put(UInt8(0))
      out.put(ack.faults.rawValue)
    case .identity(let identity):
      out.put(identity.acknowledgedSequence)
      out.put(identity.jointCount)
      out.put(identity.state.wireByte)
      out.put(identity.loopHertz)
      out.put(identity.watchdogMilliseconds)
      out.put(UInt32(bitPattern: identity.positionMinMillidegrees))
      out.put(UInt32(bitPattern: identity.positionMaxMillidegrees))
      out.put(UInt32(bitPattern: identity.velocityMaxMillidegreesPerSecond))
      out.put(identity.firmwareVersion)
      out.put(identity.name.low)
      out.put(identity.name.high)
    }
  }
}

/// Little-endian bytes, one after another.
@safe
struct ByteWriter {
  private let base: UnsafeMutableRawPointer
  private(set) var byteCount = 0

  @_noLocks @_noAllocation
  init(_ base: UnsafeMutableRawPointer) { unsafe self.base = unsafe base }

  @_noLocks @_noAllocation
  mutating func put(_ byte: UInt8) {
    // SAFETY: `encode` asks for memory for the longest frame, and no frame is longer.
    unsafe base.storeBytes(of: byte, toByteOffset: byteCount, as: UInt8.self)
    byteCount += 1
  }

  @_noLocks @_noAllocation
  mutating func put(_ number: UInt16) {
    put(UInt8(truncatingIfNeeded: number))
    put(UInt8(truncatingIfNeeded: number >> 8))
  }

  @_noLocks @_noAllocation
  mutating func put(_ number: UInt32) {
    put(UInt16(truncatingIfNeeded: number))
    put(UInt16(truncatingIfNeeded: number >> 16))
  }

  @_noLocks @_noAllocation
  mutating func put(_ number: UInt64) {
    put(UInt32(truncatingIfNeeded: number))
    put(UInt32(truncatingIfNeeded: number >> 32))
  }
}

/// The other way round. Reads only what `FrameParser` has checked to be there.
@safe
struct ByteReader {
  private let base: UnsafeRawPointer
  private var offset = 0

  @_noLocks @_noAllocation
  init(_ base: UnsafeRawPointer) { unsafe self.base = unsafe base }

  @_noLocks @_noAllocation
  mutating func byte() -> UInt8 {
    // SAFETY: the parser calls for the parameters of a code only when all of them are there.
    let byte = unsafe base.load(fromByteOffset: offset, as: UInt8.self)
    offset += 1
    return byte
  }

  @_noLocks @_noAllocation
  mutating func word() -> UInt16 {
    let low = UInt16(byte())
    return low | UInt16(byte()) << 8
  }

  @_noLocks @_noAllocation
  mutating func long() -> UInt32 {
    let low = UInt32(word())
    return low | UInt32(word()) << 16
  }

  @_noLocks @_noAllocation
  mutating func signedLong() -> Int32 { Int32(bitPattern: long()) }

  @_noLocks @_noAllocation
  mutating func quad() -> UInt64 {
    let low = UInt64(long())
    return low | UInt64(long()) << 32
  }
}
