// Real-time: any thread asks, the decoding thread takes; a few atomic operations, no system call.
//
// What people and lines ask of a governor that runs: the button on the wall, the socket, a signal.
// A stop is never lost and never overtaken: whatever else is asked at the same time, it wins.

public import RT
internal import Synchronization

/// A handle, freely copied, as `Doorbell` is; its memory lives as long as the process.
@safe
public struct OperatorPanel: @unchecked Sendable {
  private struct Switches: ~Copyable {
    /// Requests that nobody has taken yet, a bit each.
    let requests = Atomic<UInt32>(0)
    /// The emergency line is open now.
    let isLineOpen = Atomic<Bool>(false)
    /// When it opened, by the kernel's stamp; 0: it has not, or that has been taken.
    let lineOpened = Atomic<Int64>(0)
    /// When the operator's last heartbeat came; 0: none has.
    let heartbeat = Atomic<Int64>(0)
  }

  private let switches: UnsafeMutablePointer<Switches>

  public init() {
    unsafe switches = .allocate(capacity: 1)
    unsafe switches.initialize(to: Switches())
  }

  private static var stopBits: UInt32 { @_noLocks @_noAllocation get { 0b1111 } }
  private static var releaseBit: UInt32 { @_noLocks @_noAllocation get { 1 << 4 } }
  private static var armBit: UInt32 { @_noLocks @_noAllocation get { 1 << 5 } }
  private static var disarmBit: UInt32 { @_noLocks @_noAllocation get { 1 << 6 } }

  // MARK: Any thread

  /// Stops, until `release()`.
  @_noLocks @_noAllocation
  public func stop(_ cause: StopCause) { ask(Self.bit(of: cause)) }

  /// The deliberate end of a stop. Without effect while the emergency line is open.
  @_noLocks @_noAllocation
  public func release() { ask(Self.releaseBit) }

  @_noLocks @_noAllocation
  public func arm() { ask(Self.armBit) }

  @_noLocks @_noAllocation
  public func disarm() { ask(Self.disarmBit) }

  /// The operator is there.
  @_noLocks @_noAllocation
  public func beat(at now: MonotonicInstant) {
    unsafe switches.pointee.heartbeat.store(now.nanoseconds, ordering: .releasing)
  }

  /// The emergency line's level has changed, or is told for the first time.
  ///
  /// - Parameter edge: when it opened, by the kernel's stamp. Nil: nobody knows.
  @_noLocks @_noAllocation
  public func setLine(isOpen: Bool, edge: MonotonicInstant? = nil) {
    unsafe switches.pointee.isLineOpen.store(isOpen, ordering: .releasing)
    if !isOpen { return }
    if let edge {
      unsafe switches.pointee.lineOpened.store(edge.nanoseconds, ordering: .releasing)
    }
    ask(Self.bit(of: .emergencyLine))
  }

  @_noLocks @_noAllocation
  private func ask(_ bit: UInt32) {
    _ = unsafe switches.pointee.requests.bitwiseOr(bit, ordering: .acquiringAndReleasing)
  }

  @_noLocks @_noAllocation
  private static func bit(of cause: StopCause) -> UInt32 {
    switch cause {
    case .operatorCommand: 1 << 0
    case .emergencyLine: 1 << 1
    case .signal: 1 << 2
    case .exoskeleton: 1 << 3
    }
  }

  /// The emergency line's level, as it was last told.
  public var isLineOpen: Bool {
    @_noLocks @_noAllocation
    get { unsafe switches.pointee.isLineOpen.load(ordering: .acquiring) }
  }

  // MARK: The decoding thread

  /// Whether something was asked that cannot wait for the next control period.
  public var isStopAsked: Bool {
    @_noLocks @_noAllocation
    get { unsafe switches.pointee.requests.load(ordering: .acquiring) & Self.stopBits != 0 }
  }

  public var lastHeartbeat: MonotonicInstant? {
    @_noLocks @_noAllocation
    get {
      let heartbeat = unsafe switches.pointee.heartbeat.load(ordering: .acquiring)
      return heartbeat == 0 ? nil : MonotonicInstant(nanoseconds: heartbeat)
    }
  }

  @_noLocks @_noAllocation
  private func takeLineOpened() -> MonotonicInstant? {
    let opened = unsafe switches.pointee.lineOpened.exchange(0, ordering: .acquiringAndReleasing)
    return opened == 0 ? nil : MonotonicInstant(nanoseconds: opened)
  }

  /// What was asked, besides what has become of the governor.
  public struct Asked: BitwiseCopyable, Sendable {
    /// The end of a stop, and nothing keeps it from ending.
    public var isRelease = false
    /// Anything at all but a heartbeat.
    public var isAny = false
    /// When the emergency line opened, by the kernel's stamp, if that is what stops.
    public var lineOpened: MonotonicInstant?

    @_noLocks @_noAllocation
    init() {}
  }

  /// Hands what was asked to the governor. Of several things asked at once a stop comes last, and
  /// of the others the one that moves less.
  @_noLocks @_noAllocation
  @discardableResult
  public func apply(to governor: inout Governor) -> Asked {
    let asked = unsafe switches.pointee.requests.exchange(0, ordering: .acquiringAndReleasing)
    let isOpen = unsafe switches.pointee.isLineOpen.load(ordering: .acquiring)
    if asked & Self.releaseBit != 0 && !isOpen { governor.release() }
    if asked & Self.armBit != 0 { governor.arm() }
    if asked & Self.disarmBit != 0 { governor.disarm() }
    if isOpen || asked & Self.bit(of: .emergencyLine) != 0 { governor.stop(.emergencyLine) }
    if asked & Self.bit(of: .operatorCommand) != 0 { governor.stop(.operatorCommand) }
    if asked & Self.bit(of: .signal) != 0 { governor.stop(.signal) }
    if asked & Self.bit(of: .exoskeleton) != 0 { governor.stop(.exoskeleton) }
    var answer = Asked()
    answer.isAny = asked != 0 || isOpen
    if asked & Self.bit(of: .emergencyLine) != 0 { answer.lineOpened = takeLineOpened() }
    answer.isRelease = asked & Self.releaseBit != 0 && !isOpen && asked & Self.stopBits == 0
    return answer
  }
}
