// expect: inaccessible
import Exoskeleton

func move() -> Command {
  .motion(MotionSetpoint(Setpoint(positionDegrees: 90)))
}
