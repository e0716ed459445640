// The states of the governor, and the causes of being neutral.
//
//              arm()          exoskeleton armed, joint known and fit, no cause
//   disarmed ─────────▶ armed ─────────────────────────────────────────────▶ active
//     ▲ ▲ ▲               │ │ the same, but a cause                    cause │ ▲ every cause gone,
//     │ │ └─ 1 s over ────┘ └───────────────────▶ neutral ◀──────────────────┘ │ none latched
//     │ └──── disarm() ─────────────────────────── │ └─────────────────────────┘
//     │
//     └── release() ── stopped ◀── stop(), from any state; the exoskeleton stopped by itself
//
// What is latched (stopped; neutral with a cause that is not benign) is left by a deliberate act
// alone: `release()`, or `disarm()` and then `arm()`.

public enum GovernorState: Equatable, Sendable, BitwiseCopyable {
  /// Commands heartbeats, and `disarm` to an exoskeleton that is not.
  case disarmed
  /// Brings the exoskeleton into service, and moves nothing yet.
  case armed
  /// Commands motion.
  case active
  /// Commands neutral at every step.
  case neutral(NeutralCauses)
  /// Commands stop at every step.
  case stopped(StopCause)

  public var name: String {
    switch self {
    case .disarmed: "disarmed"
    case .armed: "armed"
    case .active: "active"
    case .neutral: "neutral"
    case .stopped: "stopped"
    }
  }
}

/// Who stopped.
public enum StopCause: Equatable, Sendable, BitwiseCopyable, CaseIterable {
  /// A person, by command, key or socket.
  case operatorCommand
  /// The hardware line.
  case emergencyLine
  /// SIGUSR1. What ends the program ends motion otherwise: neutral, then disarmed.
  case signal
  /// The exoskeleton said that it is stopped.
  case exoskeleton
}

/// Why neutral is commanded. Several may hold at once.
public struct NeutralCauses: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32

  @_noLocks @_noAllocation
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// No frame for `frameTimeout`. Benign.
  public static var noFrames: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 0) } }
  /// No decision yet, or none for `decisionTimeout`. Benign.
  public static var noDecisions: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 1) } }
  /// The exoskeleton acknowledged nothing of what was written in `acknowledgementTimeout`. Benign
  /// where it says for itself what has become of it meanwhile, as our own protocol does: switched
  /// off and on, or left by its own watchdog, it is disarmed. A session with a drive of another
  /// maker latches it.
  public static var noAcknowledgements: Self {
    @_noLocks @_noAllocation get { Self(rawValue: 1 << 2) }
  }
  /// The serial line is gone. Latched.
  public static var linkGone: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 3) } }
  /// The joint stands outside the limits by more than its play; or motion would begin now, and it
  /// moves too fast to be stopped within them. Benign.
  public static var jointUnfit: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 4) } }
  /// The target is not a number or lies outside the limits. Benign.
  public static var refusedDemand: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 5) } }
  /// The decision asks for neutral. Benign.
  public static var demanded: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 6) } }
  /// The exoskeleton reports a fault. Latched.
  public static var exoskeletonFault: Self {
    @_noLocks @_noAllocation get { Self(rawValue: 1 << 7) }
  }
  /// The exoskeleton is disarmed, or its watchdog went off, and nobody asked for it. Latched.
  public static var exoskeletonLeft: Self {
    @_noLocks @_noAllocation get { Self(rawValue: 1 << 8) }
  }
  /// The step came more than three control periods after the one before, or before it. Benign.
  public static var lateStep: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 9) } }
  /// No decision can be made on the signal as it is: artifact, contact, gap. Benign.
  public static var signalUnfit: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 10) } }
  /// That came about too often of late. Benign.
  public static var signalBurst: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 11) } }
  /// The signal is no more what the decoder was trained on. Benign.
  public static var drift: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 12) } }
  /// The operator's heartbeat was asked for, and none came in `heartbeatTimeout`. Latched.
  public static var noHeartbeat: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 13) } }
  /// While it was driven the joint moved at more than twice the velocity limit. Latched.
  public static var overspeed: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 14) } }
  /// While it was driven the drive reported more effort than is allowed. Latched.
  public static var overEffort: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 15) } }

  /// Led by position, it stood further from where it was told to be than is allowed: it is held,
  /// or its drive does not obey. Latched, or what holds it would be pressed again and again.
  public static var notFollowing: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 16) } }

  /// A stage took longer than its budget since the step before, and the configuration says that
  /// this counts. Benign.
  public static var overBudget: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 17) } }

  static var bitCount: Int { @_noLocks @_noAllocation get { 18 } }

  /// In the order of the bits, for reports.
  public static var names: [String] {
    [
      "no frames", "no decisions", "no acknowledgements", "link gone", "joint unfit",
      "refused demand", "demanded", "exoskeleton fault", "exoskeleton left", "late step",
      "signal unfit", "signal burst", "drift", "no heartbeat", "overspeed", "over-effort",
      "not following", "over budget",
    ]
  }

  /// Those that only `disarm()` and `arm()` end, whatever the configuration: after them the
  /// exoskeleton, or who watches it, may no longer be what was armed.
  public static var alwaysLatched: Self {
    @_noLocks @_noAllocation get { Self(rawValue: 0b1_1110_0001_1000_1000) }
  }

  @_noLocks @_noAllocation
  func and(_ causes: Self) -> Self { Self(rawValue: rawValue & causes.rawValue) }

  @_noLocks @_noAllocation
  mutating func add(_ causes: Self) { rawValue |= causes.rawValue }
}

/// What kept an armed governor from bringing the exoskeleton into service within a second.
public enum ArmRefusal: Equatable, Sendable, BitwiseCopyable {
  case linkGone
  case exoskeletonSilent
  case exoskeletonNotArmed
  case jointUnfit
  case signalUnfit

  public var message: String {
    switch self {
    case .linkGone: "the line to the exoskeleton is gone: check the cable and the port"
    case .exoskeletonSilent: "the exoskeleton does not answer: check its power and the cable"
    case .exoskeletonNotArmed: "the exoskeleton does not arm: look at its own display for the fault"
    case .jointUnfit:
      "the joint stands outside the governor's limits or moves: bring it to rest inside by hand"
    case .signalUnfit:
      "the signal is not fit to be decided on: look at the electrodes (acquire impedance)"
    }
  }
}
