// One exoskeleton on one serial port: commands out, acknowledgements in.
//
//     var link = ExoskeletonLink(port: try SerialPort(path: path, baud: 115_200))
//     let identity = try link.connect()
//     // real-time, each control period:
//     link.poll(roundTrips: &histogram)
//     let outcome = link.send(command)
//     // at the end:
//     link.sendNeutralBlocking(deadline: .now() + .milliseconds(300))

public import RT
internal import SPIShim

/// How often what happened on the link. `commands == acknowledged + unacknowledged + inFlight`.
public struct LinkCounts: Equatable, Sendable {
  /// Commands that the driver took.
  public var commands: UInt64 = 0
  public var acknowledged: UInt64 = 0
  /// Commands that 64 later ones overtook before an acknowledgement came.
  public var unacknowledged: UInt64 = 0
  /// Commands that wait for their acknowledgement now.
  public var inFlight: UInt64 = 0
  /// Acknowledged, but not carried out: the exoskeleton refused.
  public var refusedByExoskeleton: UInt64 = 0
  /// Acknowledgements of commands that do not wait for one.
  public var unexpected: UInt64 = 0
  /// Our own commands, come back.
  public var echoes: UInt64 = 0
  /// Frames that the driver had no room for; dropped whole.
  public var writeRefusals: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  public var checksumErrors: UInt64 = 0
  public var skippedBytes: UInt64 = 0
  public var polls: UInt64 = 0

  @_noLocks @_noAllocation
  public init() {}
}

/// Owns the port. Belongs to one thread at a time.
@safe
public struct ExoskeletonLink: ~Copyable, @unchecked Sendable {
  public internal(set) var port: SerialPort
  var parser = FrameParser()
  var inFlight = InFlightTable()
  var counted = LinkCounts()
  /// Where a frame is put together.
  let frame: UnsafeMutableRawPointer
  var nextSequence: UInt16 = 0
  /// The error that took the port away.
  public internal(set) var goneErrno: Int32?

  /// Who answered, once `connect` has succeeded.
  public internal(set) var identity: ExoskeletonIdentity?
  /// The joint and its drive, as last reported.
  public internal(set) var joint: JointState?
  /// When the newest command that has been acknowledged was written.
  public internal(set) var lastAcknowledgement: MonotonicInstant?

  public init(port: consuming SerialPort) {
    self.port = port
    unsafe frame = .allocate(byteCount: FrameLayout.byteCountMax, alignment: 64)
    unsafe frame.initializeMemory(as: UInt8.self, repeating: 0, count: FrameLayout.byteCountMax)
  }

  deinit { unsafe frame.deallocate() }

  public var path: String { port.path }

  /// Asks who is there and where the joint is, every 50 ms, until both is known or the time is up.
  /// What was counted on the way belongs to no session and is forgotten. Not real-time.
  ///
  /// Motion is refused before this has succeeded. A port that has gone does not come back: make a
  /// new link.
  @discardableResult
  public mutating func connect(timeout: Nanoseconds = .seconds(1)) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    identity = nil
    joint = nil
    let start = MonotonicInstant.now()
    let deadline = start + timeout
    var nextQuestion = start
    while true {
      let now = MonotonicInstant.now()
      if now >= nextQuestion {
        _ = send(identity == nil ? .identify : .heartbeat)
        nextQuestion = now + .milliseconds(50)
      }
      let wasUnknown = identity == nil
      poll()
      // The joint's position comes with acknowledgements alone.
      if wasUnknown, identity != nil { nextQuestion = now }
      if let goneErrno { throw .gone(path: port.path, errno: goneErrno) }
      if let identity, joint != nil {
        counted = LinkCounts()
        inFlight = InFlightTable()
        return identity
      }
      if now >= deadline { throw silence(waited: timeout) }
      _ = shim_sleep_until((now + .milliseconds(1)).nanoseconds)
    }
  }

  /// Sends one command every 20 ms until an answer to it shows one of the states, or until the time
  /// is up; true when it did. Not real-time.
  @discardableResult
  public mutating func insist(
    on command: Command, until states: [ExoskeletonState],
    timeout: Nanoseconds = .milliseconds(200)
  ) -> Bool {
    let deadline = MonotonicInstant.now() + timeout
    var nextCommand = MonotonicInstant.now()
    let before = counted.acknowledged
    while true {
      let now = MonotonicInstant.now()
      if now >= nextCommand {
        _ = send(command)
        nextCommand = now + .milliseconds(20)
      }
      poll()
      if counted.acknowledged > before, let joint, states.contains(joint.state) { return true }
      if goneErrno != nil || now >= deadline { return false }
      _ = shim_sleep_until((now + .milliseconds(1)).nanoseconds)
    }
  }

  private func silence(waited: Nanoseconds) -> LinkFault {
    let parsed = parser.counts
    if counted.echoes > 0 { return .echo(path: port.path) }
    if parsed.foreignVersions > 0, parsed.frames == 0 {
      return .wrongVersion(
        path: port.path, found: parsed.foreignVersion, expected: FrameLayout.version)
    }
    if counted.receivedBytes > 0 {
      return .garbled(path: port.path, baud: port.baud, byteCount: counted.receivedBytes)
    }
    return .silent(path: port.path, waited: waited)
  }
}
