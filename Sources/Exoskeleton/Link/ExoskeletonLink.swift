// One exoskeleton on one serial port: commands out, acknowledgements in.
//
//     var link = ExoskeletonLink(
//       port: try SerialPort(path: path, baud: 115_200), settings: settings)
//     let identity = try link.connect()
//     // real-time, each control period:
//     link.poll(roundTrips: &histogram)
//     let outcome = link.send(command)
//     // at the end:
//     link.sendNeutralBlocking(deadline: .now() + .milliseconds(300))

public import RT
internal import SPIShim

/// How often what happened on the link.
/// `commands == acknowledged + unacknowledged + inFlight + unasked`.
public struct LinkCounts: Equatable, Sendable, BitwiseCopyable {
  /// Commands that the driver took.
  public var commands: UInt64 = 0
  public var acknowledged: UInt64 = 0
  /// Commands that 64 later ones overtook before an acknowledgement came.
  public var unacknowledged: UInt64 = 0
  /// Commands that wait for their acknowledgement now.
  public var inFlight: UInt64 = 0
  /// Commands for which no answer was asked, the answer to an earlier one being due still.
  public var unasked: UInt64 = 0
  /// Acknowledged, but not carried out: the exoskeleton refused.
  public var refusedByExoskeleton: UInt64 = 0
  /// Acknowledgements of commands that do not wait for one.
  public var unexpected: UInt64 = 0
  /// Our own commands, come back.
  public var echoes: UInt64 = 0
  /// Motions that were not sent, because more than one command still waited in the driver.
  public var heldBack: UInt64 = 0
  /// Frames that the driver had no room for; dropped whole.
  public var writeRefusals: UInt64 = 0
  /// Commands that were not written, because the protocol waits for an answer or for silence first.
  public var withheld: UInt64 = 0
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
  public let settings: DriveSettings
  /// Where on USB the port is plugged in.
  let place: USBPlace?
  var wire: Wire
  var inFlight = InFlightTable()
  var counted = LinkCounts()
  /// Where a frame is put together.
  let frame: UnsafeMutableRawPointer
  /// Of a command and what asks for its answer.
  static var frameCapacity: Int { @_noLocks @_noAllocation get { 512 } }
  var nextSequence: UInt16 = 0
  /// Of the newest command, and of what asked for its answer.
  public internal(set) var lastCommandByteCount = 0
  /// What waited in the driver when the newest command was written; nil: it was not asked, because
  /// the command moves nothing.
  var lastWaitingByteCount: Int?
  /// The error that took the port away.
  public internal(set) var goneErrno: Int32?

  /// Who answered, once `connect` has succeeded.
  public internal(set) var identity: ExoskeletonIdentity? {
    didSet { hasIdentity = identity != nil }
  }
  private(set) var hasIdentity = false
  /// The joint and its drive, as last reported.
  public internal(set) var joint: JointState?
  /// When the newest command that has been acknowledged was written.
  public internal(set) var lastAcknowledgement: MonotonicInstant?
  /// Ends questions before their deadline.
  private var interruption: StopSignal?

  public init(port: consuming SerialPort, settings: DriveSettings) {
    place = SerialPort.place(of: port.path)
    self.port = port
    self.settings = settings
    wire = Wire(settings)
    unsafe frame = .allocate(byteCount: Self.frameCapacity, alignment: 64)
    unsafe frame.initializeMemory(as: UInt8.self, repeating: 0, count: Self.frameCapacity)
  }

  deinit { unsafe frame.deallocate() }

  public var path: String { port.path }

  /// Asks who is there and where the joint is until both is known or the time is up.
  /// What was counted on the way belongs to no session and is forgotten. Not real-time.
  ///
  /// Motion is refused before this has succeeded. A port that has gone does not come back: make a
  /// new link.
  ///
  /// - Parameter interruption: when raised nothing is waited for any more, and it fails.
  @discardableResult
  public mutating func connect(
    timeout: Nanoseconds = .seconds(1), unless interruption: StopSignal? = nil
  ) throws(LinkFault) -> ExoskeletonIdentity {
    identity = nil
    joint = nil
    self.interruption = interruption
    defer { self.interruption = nil }
    let deadline = MonotonicInstant.now() + timeout
    let identity = try identify(until: deadline)
    self.identity = identity
    // The joint's position comes with acknowledgements alone.
    try repeating(.heartbeat, until: deadline, timeout: timeout) { $0.joint != nil }
    counted = LinkCounts()
    inFlight = InFlightTable()
    // What was asked here confirms nothing that is asked later.
    lastAcknowledgement = nil
    return identity
  }

  /// One line for each protocol: how it says who it is.
  private mutating func identify(until deadline: MonotonicInstant) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    switch settings.kind {
    case .framed: try identifyFramed(until: deadline)
    case .vesc, .cubemars: try identifyVESC(until: deadline)
    case .openExo: try identifyOpenExo(until: deadline)
    case .compact: try identifyCompact(until: deadline)
    case .dynamixel: try identifyDynamixel(until: deadline)
    case .odrive: try identifyODrive(until: deadline)
    }
  }

  var isInterrupted: Bool { interruption?.isRaised ?? false }

  /// Sends a command every 50 ms, or more seldom where its answer takes longer, until something is
  /// known. Not real-time.
  mutating func repeating(
    _ command: Command, until deadline: MonotonicInstant, timeout: Nanoseconds,
    isKnown: (borrowing ExoskeletonLink) -> Bool
  ) throws(LinkFault) {
    var nextQuestion = MonotonicInstant.now()
    while true {
      let now = MonotonicInstant.now()
      if now >= nextQuestion {
        _ = send(command)
        nextQuestion = now + .milliseconds(50)
      }
      poll()
      if let goneErrno { throw .gone(path: port.path, errno: goneErrno) }
      if isKnown(self) { return }
      if now >= deadline || isInterrupted { throw silence(waited: timeout) }
      _ = shim_sleep_until((now + .milliseconds(1)).nanoseconds)
    }
  }

  /// Sends one command every 20 ms until two answers to it have come and show one of the states,
  /// or until the time is up; true when they did. Two, because of a drive that tells no state an
  /// answer says that something came, and what sets the joint free may have got lost. Not
  /// real-time.
  @discardableResult
  public mutating func insist(
    on command: Command, until states: [ExoskeletonState],
    timeout: Nanoseconds = .milliseconds(500)
  ) -> Bool {
    let begun = MonotonicInstant.now()
    let deadline = begun + timeout
    var nextCommand = begun
    var answered: MonotonicInstant?
    while true {
      let now = MonotonicInstant.now()
      if now >= nextCommand {
        _ = send(command)
        nextCommand = now + .milliseconds(20)
      }
      poll()
      if let last = lastAcknowledgement, last >= begun {
        if let answered, last > answered, let joint, states.contains(joint.state) { return true }
        answered = answered ?? last
      }
      if goneErrno != nil || now >= deadline { return false }
      _ = shim_sleep_until((now + .milliseconds(1)).nanoseconds)
    }
  }

  func silence(waited: Nanoseconds) -> LinkFault {
    let parsed = wire.framed.parser.counts
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
