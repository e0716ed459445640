// The line to the exoskeleton: commands out, acknowledgements in.
//
// Real-time: decoding thread; `send` is one write, `poll` one read, neither waits.

public import RT

/// What the line has carried.
@frozen
public struct LinkCounts: BitwiseCopyable, Sendable {
  public var commands: UInt64 = 0
  public var acknowledged: UInt64 = 0
  /// Commands that the line did not take because it was full.
  public var refused: UInt64 = 0

  @_noLocks @_noAllocation
  @inlinable public init() {}
}

@safe
public struct ExoskeletonLink: ~Copyable, @unchecked Sendable {
  public var port: SerialPort
  public private(set) var counts = LinkCounts()
  /// As last reported.
  public private(set) var joint: JointState?
  /// When the newest acknowledgement was read.
  public private(set) var lastAcknowledgement: MonotonicInstant?
  /// The error that took the port away.
  public private(set) var goneErrno: Int32?
  private var parser = FrameParser()
  private var sequence: UInt16 = 0
  /// When each of the last 64 commands was handed to the driver; 0: answered, or none.
  private let written: UnsafeMutablePointer<Int64>
  private let sequences: UnsafeMutablePointer<UInt16>
  private let frame: UnsafeMutablePointer<UInt8>
  private let input: UnsafeMutablePointer<UInt8>

  public init(port: consuming SerialPort) {
    self.port = port
    unsafe written = .allocate(capacity: 64)
    unsafe written.initialize(repeating: 0, count: 64)
    unsafe sequences = .allocate(capacity: 64)
    unsafe sequences.initialize(repeating: 0, count: 64)
    unsafe frame = .allocate(capacity: Wire.frameByteCountMaximum)
    unsafe frame.initialize(repeating: 0, count: Wire.frameByteCountMaximum)
    unsafe input = .allocate(capacity: 256)
    unsafe input.initialize(repeating: 0, count: 256)
  }

  deinit {
    unsafe written.deallocate()
    unsafe sequences.deallocate()
    unsafe frame.deallocate()
    unsafe input.deallocate()
  }

  public var isGone: Bool {
    @_noLocks @_noAllocation
    get { goneErrno != nil }
  }

  /// Bytes of other than frames, and frames with a wrong checksum, that came in.
  public var skippedByteCount: UInt64 { parser.skippedByteCount }
  public var checksumErrorCount: UInt64 { parser.checksumErrorCount }

  /// Hands a command to the driver.
  @_noLocks @_noAllocation
  public mutating func send(_ command: Command) -> WriteOutcome {
    sequence &+= 1
    let count = unsafe Wire.encode(command, sequence: sequence, into: frame)
    let outcome = unsafe port.write(frame, count: count)
    switch outcome {
    case .written:
      counts.commands &+= 1
      let place = Int(sequence & 63)
      unsafe written[place] = MonotonicInstant.now().nanoseconds
      unsafe sequences[place] = sequence
    case .refused: counts.refused &+= 1
    case .gone(let errno): goneErrno = errno
    }
    return outcome
  }

  /// Takes what has come in; round trips go into the histogram.
  @_noLocks @_noAllocation
  public mutating func poll(roundTrips: inout LatencyHistogram) {
    let count = unsafe port.read(into: input, capacity: 256)
    if count < 0 { goneErrno = Int32(truncatingIfNeeded: -count) }
    guard count > 0 else { return }
    let now = MonotonicInstant.now()
    for index in 0..<count {
      guard let received = unsafe parser.take(input[index]),
        let state = parser.joint(of: received)
      else { continue }
      joint = state
      let place = Int(received.sequence & 63)
      guard unsafe sequences[place] == received.sequence, unsafe written[place] != 0 else {
        continue
      }
      let handedOver = unsafe MonotonicInstant(nanoseconds: written[place])
      unsafe written[place] = 0
      counts.acknowledged &+= 1
      lastAcknowledgement = now
      roundTrips.record(now - handedOver)
    }
  }
}

/// Why there is nobody to command.
public enum LinkFault: Error, Equatable, Sendable {
  case silent(path: String)
  case gone(path: String, errno: Int32)

  public var message: String {
    switch self {
    case .silent(let path):
      "nobody answers on \(path): check that the exoskeleton is switched on, speaks this "
        + "protocol, and runs at the same baud rate"
    case .gone(let path, let errno):
      "\(path) is gone (error \(errno)): the exoskeleton or its adapter was unplugged"
    }
  }
}

// Not for a real-time thread: these wait.
extension ExoskeletonLink {
  /// Asks who is there until somebody answers.
  public mutating func connect(timeout: Nanoseconds = .seconds(1)) throws(LinkFault) {
    let silence = MonotonicInstant.now() + timeout
    var roundTrips = LatencyHistogram()
    while MonotonicInstant.now() < silence {
      _ = send(.identify)
      port.waitForInput(atMost: .milliseconds(50))
      poll(roundTrips: &roundTrips)
      if let goneErrno { throw .gone(path: port.path, errno: goneErrno) }
      if joint != nil, counts.acknowledged > 0 {
        // What was said so far belongs to no session.
        counts = LinkCounts()
        return
      }
    }
    throw .silent(path: port.path)
  }

  /// Sends one command until an answer shows the wanted state, or until the deadline.
  ///
  /// - Returns: true when the exoskeleton reported one of the states.
  @discardableResult
  public mutating func insist(
    on command: Command, until states: [ExoskeletonState],
    timeout: Nanoseconds = .milliseconds(200)
  ) -> Bool {
    let deadline = MonotonicInstant.now() + timeout
    var roundTrips = LatencyHistogram()
    repeat {
      let before = counts.acknowledged
      _ = send(command)
      port.waitForInput(atMost: .milliseconds(20))
      poll(roundTrips: &roundTrips)
      if isGone { return false }
      if counts.acknowledged > before, let joint, states.contains(joint.state) { return true }
    } while MonotonicInstant.now() < deadline
    return false
  }
}
