// Real-time: the decoding thread. For drives that know nothing of arming: the state that the host
// has brought them into, kept in the host's memory.

struct HostedState: Sendable, BitwiseCopyable {
  private(set) var state = ExoskeletonState.disarmed

  @_noLocks @_noAllocation
  init() {}

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
