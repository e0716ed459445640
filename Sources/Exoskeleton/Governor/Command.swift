// What is sent to an exoskeleton, whatever protocol it speaks.

/// One command. `motion` needs a `MotionSetpoint`, which the governor alone can make.
public enum Command: Equatable, Sendable {
  case identify
  case heartbeat
  case neutral
  case motion(MotionSetpoint)
  case stop
  case arm
  case disarm
  /// Leave the exoskeleton's stop. Deliberate: the governor never makes it.
  case release
}
