// Real-time: the decoding thread. Our own protocol: every command is answered by its number.

internal import RT
internal import MathShim

struct FramedWire: ~Copyable {
  var parser = FrameParser()
  /// The newest that was told; taken when an exoskeleton is identified.
  var identity: FramedIdentity?

  init() {}

  @_noLocks @_noAllocation
  mutating func encode(_ command: Command, sequence: UInt16, into out: inout ByteWriter) -> Bool {
    guard let message = message(of: command) else { return false }
    FrameEncoder.encode(message, sequence: sequence, into: &out)
    return true
  }

  @_noLocks @_noAllocation
  mutating func next() -> DriveReply? {
    guard let frame = parser.next() else { return nil }
    var reply = DriveReply()
    switch frame.message {
    case .acknowledgement(let ack):
      reply.sequence = ack.acknowledgedSequence
      reply.joint = JointState(
        deviceMicroseconds: ack.timeMicroseconds,
        positionDegrees: Double(ack.positionMillidegrees) / 1000,
        velocityDegreesPerSecond: Double(ack.velocityMillidegreesPerSecond) / 1000,
        effortNewtonMetres: Double(ack.effortMillinewtonmetres) / 1000, state: ack.state,
        faults: ack.faults, faultCode: 0)
      switch ack.result {
      case .done: break
      case .notArmed, .outOfRange, .stopped, .watchdog: reply.isRefusal = true
      }
    case .identity(let identity):
      self.identity = identity
      reply.sequence = identity.acknowledgedSequence
    case .identify, .arm, .disarm, .motion, .neutral, .heartbeat, .stop, .release:
      reply.isEcho = true
    }
    return reply
  }

  /// Nil for what the protocol cannot say: it leads a joint by position.
  @_noLocks @_noAllocation
  private func message(of command: Command) -> Message? {
    switch command {
    case .identify: return .identify
    case .heartbeat: return .heartbeat
    case .neutral: return .neutral
    case .stop: return .stop
    case .arm: return .arm
    case .disarm: return .disarm
    case .release: return .release
    case .exert: return .neutral
    case .motion(let setpoint):
      guard let position = wireInteger(setpoint.positionDegrees, scale: 1000),
        let velocity = wireInteger(setpoint.velocityDegreesPerSecond, scale: 1000)
      else { return .neutral }
      return .motion(
        MotionParameters(
          positionMillidegrees: position, velocityMillidegreesPerSecond: velocity))
    }
  }
}
