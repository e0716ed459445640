// The decoding thread's link, which may go and come back while a session runs.
//
// Real-time: decoding thread. Everything is a call of the link itself, or nothing while there is
// none; `exchange` moves a pointer, and wakes the attendant by one futex.

public import RT

/// How often the port was gone, and for how long.
public struct LinkOutages: Equatable, Sendable, BitwiseCopyable {
  public var count: UInt64 = 0
  /// In all; the last one, too, as long as it has lasted.
  public var duration = Nanoseconds(0)

  @_noLocks @_noAllocation
  public init() {}
}

/// A link on the heap, so that another takes its place by exchanging pointers.
/// Belongs to one thread at a time.
@safe
public struct HeldLink: ~Copyable, @unchecked Sendable {
  private var link: UnsafeMutablePointer<ExoskeletonLink>?
  private let exchange: LinkExchange?
  public let identity: ExoskeletonIdentity?
  public let baud: UInt32
  /// Of the links that are gone, and what they said last.
  private var past = LinkCounts()
  private var pastJoint: JointState?
  private var pastAcknowledgement: MonotonicInstant?
  private var pastCommandByteCount = 0
  private var pastWireTime = Nanoseconds(0)
  private var pastOutages = LinkOutages()
  private var goneSince: MonotonicInstant?

  /// - Parameter attendant: who brings it back; nil: a link that goes stays gone.
  public init(_ link: consuming ExoskeletonLink, attendant: LinkAttendant? = nil) {
    identity = link.identity
    baud = link.port.baud
    exchange = attendant?.exchange
    let place = UnsafeMutablePointer<ExoskeletonLink>.allocate(capacity: 1)
    unsafe place.initialize(to: link)
    unsafe self.link = unsafe place
  }

  deinit {
    guard let link = unsafe link else { return }
    // SAFETY: made by `init` or by the attendant, and nobody else's since.
    unsafe link.deinitialize(count: 1)
    unsafe link.deallocate()
  }

  /// Gives up a link that is gone, or takes the one that has been brought back. To be called after
  /// the governor has been told of `isGone`, so that a port that is back at once is latched, too.
  ///
  /// - Returns: true when there is a new link.
  @_noLocks @_noAllocation
  public mutating func exchange(at now: MonotonicInstant) -> Bool {
    guard let exchange, isGone else { return false }
    if let gone = unsafe link {
      unsafe remember(gone)
      goneSince = now
      pastOutages.count &+= 1
      unsafe link = nil
      unsafe exchange.giveUp(gone)
      return false
    }
    guard let new = unsafe exchange.take() else { return false }
    unsafe link = unsafe new
    pastOutages.duration = outages(at: now).duration
    goneSince = nil
    return true
  }

  @_noLocks @_noAllocation
  private mutating func remember(_ gone: UnsafeMutablePointer<ExoskeletonLink>) {
    past.add(unsafe gone.pointee.counts)
    // What waits on a line that is gone is never acknowledged.
    past.unacknowledged &+= past.inFlight
    past.inFlight = 0
    pastJoint = unsafe gone.pointee.joint
    pastAcknowledgement = unsafe gone.pointee.lastAcknowledgement
    pastCommandByteCount = unsafe gone.pointee.lastCommandByteCount
    pastWireTime = unsafe gone.pointee.lastWireTime
  }

  @_noLocks @_noAllocation
  public func outages(at now: MonotonicInstant) -> LinkOutages {
    var outages = pastOutages
    if let goneSince { outages.duration = outages.duration + (now - goneSince) }
    return outages
  }

  // MARK: The link's own

  public var isGone: Bool {
    @_noLocks @_noAllocation
    get {
      guard let link = unsafe link else { return true }
      return unsafe link.pointee.isGone
    }
  }

  /// The joint as it was last reported, also before the line went.
  public var joint: JointState? {
    @_noLocks @_noAllocation
    get {
      guard let link = unsafe link else { return pastJoint }
      return unsafe link.pointee.joint
    }
  }

  public var lastAcknowledgement: MonotonicInstant? {
    @_noLocks @_noAllocation
    get {
      guard let link = unsafe link else { return pastAcknowledgement }
      return unsafe link.pointee.lastAcknowledgement
    }
  }

  /// Of all the links.
  public var counts: LinkCounts {
    @_noLocks @_noAllocation
    get {
      var counts = past
      if let link = unsafe link { counts.add(unsafe link.pointee.counts) }
      return counts
    }
  }

  public var lastCommandByteCount: Int {
    guard let link = unsafe link else { return pastCommandByteCount }
    let byteCount = unsafe link.pointee.lastCommandByteCount
    return byteCount == 0 ? pastCommandByteCount : byteCount
  }

  public var lastWireTime: Nanoseconds {
    guard let link = unsafe link, unsafe link.pointee.lastCommandByteCount > 0 else {
      return pastWireTime
    }
    return unsafe link.pointee.lastWireTime
  }

  /// See `ExoskeletonLink`; nil while there is none.
  public var lastDeparture: Nanoseconds? {
    @_noLocks @_noAllocation
    get {
      guard let link = unsafe link else { return nil }
      return unsafe link.pointee.lastDeparture
    }
  }

  /// - Returns: whether the driver took it.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func send(_ command: Command) -> Bool {
    guard let link = unsafe link else { return false }
    if case .sent = unsafe link.pointee.send(command) { return true }
    return false
  }

  @_noLocks @_noAllocation
  public mutating func poll(roundTrips: inout LatencyHistogram) {
    guard let link = unsafe link else { return }
    unsafe link.pointee.poll(roundTrips: &roundTrips)
  }

  /// See `ExoskeletonLink`; false while there is none. Not on the real-time path.
  public mutating func sendNeutralBlocking(deadline: MonotonicInstant) -> Bool {
    guard let link = unsafe link else { return false }
    return unsafe link.pointee.sendNeutralBlocking(deadline: deadline)
  }

  /// See `ExoskeletonLink`; false while there is none. Not on the real-time path.
  public mutating func insist(on command: Command, until states: [ExoskeletonState]) -> Bool {
    guard let link = unsafe link else { return false }
    return unsafe link.pointee.insist(on: command, until: states)
  }
}

extension LinkCounts {
  @_noLocks @_noAllocation
  mutating func add(_ other: LinkCounts) {
    commands &+= other.commands
    acknowledged &+= other.acknowledged
    unacknowledged &+= other.unacknowledged
    inFlight &+= other.inFlight
    unasked &+= other.unasked
    refusedByExoskeleton &+= other.refusedByExoskeleton
    unexpected &+= other.unexpected
    echoes &+= other.echoes
    heldBack &+= other.heldBack
    withheld &+= other.withheld
    writeRefusals &+= other.writeRefusals
    receivedBytes &+= other.receivedBytes
    checksumErrors &+= other.checksumErrors
    skippedBytes &+= other.skippedBytes
    polls &+= other.polls
  }
}
