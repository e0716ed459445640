// What is sent to an exoskeleton, whatever protocol it speaks.

/// One command. `motion` and `exert` need what the governor alone can make.
public enum Command: Equatable, Sendable, BitwiseCopyable {
  case identify
  case heartbeat
  case neutral
  case motion(MotionSetpoint)
  case exert(EffortSetpoint)
  case stop
  case arm
  case disarm
  /// Leave the exoskeleton's stop. Deliberate: the governor never makes it.
  case release
}
