// The way from a decision to a joint, and back.
//
//   decision ─▶ DemandTable ─▶ Governor ─▶ Command ─▶ ExoskeletonLink ─▶ SerialPort ─▶ exoskeleton
//                                 ▲                        │
//                                 └──── JointState ◀───────┘  acknowledgements, joint, faults
//
// What it promises:
//   - only the governor can make a command that moves a joint: `MotionSetpoint` and
//     `EffortSetpoint` have no other maker;
//   - every command lies within the limits of position, velocity, acceleration and jerk, or of
//     effort and its rate, whatever the demands and however irregular the control periods;
//   - the first control period after a cause commands neutral; `NeutralCauses` are the eighteen of
//     them;
//   - a stop outranks everything, and is not lost (`OperatorPanel`);
//   - a frame leaves whole or not at all: a command never follows half of another;
//   - nothing in a file named `+RealTime` allocates or locks.
//
// What it never does: decide what a person wants, wait for the line, clamp a target silently, or
// leave a stop or a fault by itself.
//
// Start reading at Governor/Governor+RealTime.swift; docs/safety.md says which hazard each
// measure meets, docs/exoskeletons.md what each drive can, docs/exoskeleton-protocol.md gives our
// own protocol to the byte. Protocols stand each in a folder of their own under Protocols/.
