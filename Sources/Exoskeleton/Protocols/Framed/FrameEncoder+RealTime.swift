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
    var out = unsafe ByteWriter(memory, capacity: FrameLayout.byteCountMax)
    encode(message, sequence: sequence, into: &out)
    return out.byteCount
  }

  @_noLocks @_noAllocation
  static func encode(_ message: Message, sequence: UInt16, into out: inout ByteWriter) {
    let start = out.byteCount
    out.put(FrameLayout.start0)
    out.put(FrameLayout.start1)
    out.put(FrameLayout.version)
    out.put(code(of: message))
    out.put(sequence)
    // The length of each code is fixed, so that what is written agrees with what is checked.
    out.put(UInt8(truncatingIfNeeded: parametersByteCount(of: message)))
    putParameters(of: message, to: &out)
    var crc = CRC16()
    unsafe crc.add(out.bytes(from: start + FrameLayout.versionOffset))
    out.put(crc.checksum)
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
