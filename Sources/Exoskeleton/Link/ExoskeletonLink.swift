// One exoskeleton on one serial port: commands out, acknowledgements in.
//
//     var link = ExoskeletonLink(port: try SerialPort(path: path, baud: 115_200))
//     let identity = try link.connect(timeout: .seconds(1))
//     // real-time, each control period:
//     link.poll(now: .now())
//     while let roundTrip = link.takeRoundTrip() { firmware.record(roundTrip) }
//     let outcome = link.send(command, now: .now())
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
  /// Round trips that nobody took in time.
  public var roundTripsDropped: UInt64 = 0
  public var polls: UInt64 = 0

  @_noLocks @_noAllocation
  init() {}
}

/// Owns the port. Belongs to one thread at a time.
@safe
public struct ExoskeletonLink: ~Copyable, @unchecked Sendable {
  var port: SerialPort
  var parser = FrameParser()
  var inFlight = InFlightTable()
  var roundTrips = RoundTrips()
  var counted = LinkCounts()
  /// Where a frame is put together.
  let frame: UnsafeMutableRawPointer
  var nextSequence: UInt16 = 0
  var goneErrno: Int32?

  /// Who answered, once `connect` has succeeded.
  public internal(set) var identity: ExoskeletonIdentity?
  var exoskeleton: ExoskeletonState?
  var faults = ExoskeletonFaults(rawValue: 0)
  /// The joint as last reported.
  public internal(set) var joint: JointState?
  var lastConfirmed: MonotonicInstant?

  public init(port: consuming SerialPort) {
    self.port = port
    unsafe frame = .allocate(byteCount: FrameLayout.byteCountMax, alignment: 64)
    unsafe frame.initializeMemory(as: UInt8.self, repeating: 0, count: FrameLayout.byteCountMax)
  }

  deinit { unsafe frame.deallocate() }

  public var path: String { port.path }

  /// Asks who is there, every 50 ms, until somebody answers or the time is up. Not real-time.
  ///
  /// Motion is refused before this has succeeded. May be called again after the port was replaced
  /// by a new link only: a port that has gone does not come back.
  public mutating func connect(timeout: Nanoseconds) throws(LinkFault) -> ExoskeletonIdentity {
    identity = nil
    let start = MonotonicInstant.now()
    let deadline = start + timeout
    var nextQuestion = start
    while true {
      let now = MonotonicInstant.now()
      if now >= nextQuestion {
        _ = send(.identify, now: now)
        nextQuestion = now + .milliseconds(50)
      }
      poll(now: now)
      if let goneErrno { throw .gone(path: port.path, errno: goneErrno) }
      if let identity { return identity }
      if now >= deadline { throw silence(waited: timeout) }
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
