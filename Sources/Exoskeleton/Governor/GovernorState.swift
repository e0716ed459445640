// The states of the governor, and the reasons to be neutral.
//
//                arm()            exoskeleton armed, no cause
//   disarmed ───────────▶ armed ─────────────────────────────▶ active
//      ▲ ▲                  │ cause                        cause │ ▲ every benign cause gone,
//      │ │                  └────────────▶ neutral ◀─────────────┘ │ no other there
//      │ └── disarm() ─────────────────────  │  └──────────────────┘
//      │                                     │
//      └── release() ── stopped ◀── stop(), from any state; the exoskeleton stopped by itself
//
// A state that is latched (stopped; neutral with a reason that is not benign) is left by a
// deliberate act alone: `release()`, or `disarm()` and then `arm()`.

public import RT

public enum GovernorState: Equatable, Sendable, BitwiseCopyable {
  /// Commands heartbeats, and `disarm` to an exoskeleton that is not.
  case disarmed
  /// Commands `arm` until the exoskeleton confirms it.
  case armed(since: MonotonicInstant)
  /// Commands motion.
  case active
  /// Commands neutral at every step.
  case neutral(NeutralReasons)
  /// Commands stop at every step.
  case stopped(StopCause)
}

/// Who stopped.
public enum StopCause: Equatable, Sendable, CaseIterable, BitwiseCopyable {
  /// A person, by command, key or socket.
  case operatorCommand
  /// The hardware line.
  case emergencyLine
  /// SIGINT, SIGTERM and their like.
  case signal
  /// The exoskeleton said that it is stopped.
  case exoskeleton
}

/// Why neutral is commanded. Several may hold at once.
public struct NeutralReasons: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16

  @_noLocks @_noAllocation
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The decision asks for it. Benign.
  public static var demanded: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 0) } }
  /// No frame for `frameTimeout`. Benign.
  public static var frameLoss: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 1) } }
  /// No decision yet, or none for `decisionTimeout`. Benign.
  public static var staleDecision: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 2) } }
  /// The target is not a number or outside the limits. Benign.
  public static var targetRefused: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 3) } }
  /// The step came more than `periodMax` after the one before, or before it. Benign.
  public static var lateStep: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 4) } }
  /// Motion cannot begin: the joint's position is unknown, outside the limits, or it moves too
  /// fast to be stopped within them. Benign.
  public static var jointUnfit: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 5) } }
  /// The exoskeleton confirmed nothing of what was written in `acknowledgementTimeout`. Latched.
  public static var acknowledgementMissed: Self {
    @_noLocks @_noAllocation get { Self(rawValue: 1 << 6) }
  }
  /// The port is gone, or nobody was identified on it. Latched.
  public static var linkDown: Self { @_noLocks @_noAllocation get { Self(rawValue: 1 << 7) } }
  /// The exoskeleton is disarmed, or its watchdog went off, and we did not ask for it. Latched.
  public static var exoskeletonLeft: Self {
    @_noLocks @_noAllocation get { Self(rawValue: 1 << 8) }
  }
  /// The exoskeleton reports a fault. Latched.
  public static var exoskeletonFault: Self {
    @_noLocks @_noAllocation get { Self(rawValue: 1 << 9) }
  }

  static var bitCount: Int { @_noLocks @_noAllocation get { 10 } }

  /// The reasons whose end is enough to move again.
  public static var benign: Self { @_noLocks @_noAllocation get { Self(rawValue: 0x003F) } }

  /// The part of these reasons that only `disarm()` and `arm()` end.
  public var latched: Self {
    @_noLocks @_noAllocation get { Self(rawValue: rawValue & ~Self.benign.rawValue) }
  }

  public var hasNone: Bool { @_noLocks @_noAllocation get { rawValue == 0 } }

  /// In the order of the bits, for people.
  public var names: [String] {
    let all = [
      "demanded", "frame loss", "stale decision", "target refused", "late step", "joint unfit",
      "acknowledgement missed", "link down", "exoskeleton left", "exoskeleton fault",
    ]
    return all.indices.filter { rawValue & (1 << UInt16($0)) != 0 }.map { all[$0] }
  }

  @_noLocks @_noAllocation
  mutating func add(_ reasons: Self) { rawValue |= reasons.rawValue }
}

/// Why arming was refused. Nothing has changed then.
public enum ArmRefusal: Equatable, Sendable, BitwiseCopyable {
  case notDisarmed
  /// The governor is stopped: `release()` first.
  case stopped
  case linkDown
  case exoskeletonSilent
  /// It is stopped, or has not followed `disarm` yet.
  case exoskeletonNotDisarmed
  case jointUnknown
  case jointOutsideLimits
  case jointMoving
  case noFrames

  public var message: String {
    switch self {
    case .notDisarmed: "already armed: disarm first to clear what is latched"
    case .stopped: "stopped: release the stop deliberately before arming"
    case .linkDown: "no exoskeleton is connected: check the cable and the port"
    case .exoskeletonSilent: "the exoskeleton does not answer: check its power and the cable"
    case .exoskeletonNotDisarmed:
      "the exoskeleton is stopped or still armed: release its stop or wait until it is disarmed"
    case .jointUnknown: "the joint's position is not known yet: wait for the exoskeleton's report"
    case .jointOutsideLimits:
      "the joint stands outside the governor's limits: move it inside by hand"
    case .jointMoving: "the joint moves: let it come to rest"
    case .noFrames: "no frame has come from the amplifier lately: check the electrodes' amplifier"
    }
  }
}
