// Real-time: the decoding thread. For drives that know nothing of arming: the state that the host
// has brought them into, kept in the host's memory.
//
// Such a drive that loses its power and gets it back obeys the next command as if nothing had been.
// The host hears nothing meanwhile, and that is all that it can know of it: whoever was silent for
// so long in service is out of it, and a person arms anew.

internal import RT

struct HostedState: Sendable, BitwiseCopyable {
  private(set) var state = ExoskeletonState.disarmed
  var silence: Silence

  init(_ settings: DriveSettings) { silence = Silence(settings) }

  /// Something whole has come from the drive.
  @_noLocks @_noAllocation
  mutating func hear() { silence.end() }

  /// Before each command, which asks for an answer: a drive in service that has been silent for too
  /// long is not in it any more.
  @_noLocks @_noAllocation
  mutating func heed(at now: MonotonicInstant) {
    if !isInService {
      silence.end()
    } else if silence.isTooLong(at: now) {
      state = .watchdog
    }
    silence.noteQuestion(at: now)
  }

  @_noLocks @_noAllocation
  mutating func note(_ command: Command) {
    switch command {
    case .identify, .heartbeat: break
    case .arm:
      if case .disarmed = state { state = .armed }
    case .disarm: if !isStopped { state = .disarmed }
    case .motion, .exert: if isInService { state = .moving }
    case .neutral: if isInService { state = .neutral }
    case .stop: state = .stopped
    case .release: if isStopped { state = .disarmed }
    }
  }

  /// Whether a motion may be sent at all.
  var isInService: Bool {
    @_noLocks @_noAllocation
    get {
      switch state {
      case .armed, .moving, .neutral: true
      case .disarmed, .stopped, .watchdog: false
      }
    }
  }

  private var isStopped: Bool {
    @_noLocks @_noAllocation
    get { if case .stopped = state { true } else { false } }
  }
}
