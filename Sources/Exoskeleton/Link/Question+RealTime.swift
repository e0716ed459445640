// Real-time: the decoding thread. For protocols whose answers carry no sequence number.
//
// One question at a time: what comes while it is open is its answer. One that stays without an
// answer for two control periods is given up, and for a further period none is asked, so that an
// answer that comes late is an answer to nothing instead of to the next question. No less than 30
// and 20 ms: an adapter may keep bytes for 16 ms.

internal import RT

struct Question: Sendable, BitwiseCopyable {
  private enum Phase {
    case none, open, quarantine
  }

  /// How long an answer is waited for, and how long none is asked after that.
  private let patience: Nanoseconds
  private let quarantine: Nanoseconds
  private var phase = Phase.none
  private var sequence: UInt16 = 0
  private var since = MonotonicInstant(nanoseconds: 0)

  init(controlPeriod: Nanoseconds) {
    patience = max(controlPeriod * 2, .milliseconds(30))
    quarantine = max(controlPeriod, .milliseconds(20))
  }

  /// Whether an answer is being waited for.
  var isOpen: Bool {
    @_noLocks @_noAllocation
    get {
      switch phase {
      case .open: true
      case .none, .quarantine: false
      }
    }
  }

  /// Asks with the command of a sequence number, if the time has come for it; true when so.
  @_noLocks @_noAllocation
  mutating func ask(with sequence: UInt16, at now: MonotonicInstant) -> Bool {
    switch phase {
    case .none: break
    case .open:
      if now - since < patience { return false }
      phase = .quarantine
      since = now
      return false
    case .quarantine:
      if now - since < quarantine { return false }
    }
    phase = .open
    self.sequence = sequence
    since = now
    return true
  }

  /// What was asked just now was not written.
  @_noLocks @_noAllocation
  mutating func withdraw() {
    if isOpen { phase = .none }
  }

  /// An answer has come: which command it answers.
  @_noLocks @_noAllocation
  mutating func answer() -> UInt16? {
    switch phase {
    case .open:
      phase = .none
      return sequence
    case .none, .quarantine: return nil
    }
  }
}
