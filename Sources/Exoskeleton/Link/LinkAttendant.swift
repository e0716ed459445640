// Whoever finds the exoskeleton again after its adapter was unplugged: a thread of normal priority
// beside the decoding thread, because to open a port and to ask who is there waits and allocates.
//
//     let attendant = LinkAttendant(for: link, limits: limits)   // before anything is armed
//     var held = HeldLink(link, attendant: attendant)            // the decoding thread's
//     attendant.run()                                            // a thread's body, until `end()`
//     …
//     attendant.closeLeftover()                                  // when both threads have ended
//
// It looks by the same path, and takes nobody but who was there before: at the same place on USB,
// because names are dealt anew when a hub comes back, and by what the drive says of itself.

public import RT
internal import SPIShim
internal import Synchronization

/// A handle; any thread may ask and end it.
public struct LinkAttendant: Sendable {
  /// An attempt lasts no longer.
  public static var attemptTimeout: Nanoseconds { .seconds(2) }

  private let path: String
  /// Nil: not on USB.
  private let place: USBPlace?
  private let baud: UInt32
  private let settings: DriveSettings
  private let limits: GovernorLimits
  private let wanted: ExoskeletonIdentity
  let exchange = LinkExchange()
  private let told = ToldObstacle()
  private let stop = StopSignal()

  /// Nil for a link on which nobody has been identified.
  public init?(for link: borrowing ExoskeletonLink, limits: GovernorLimits) {
    guard let identity = link.identity else { return nil }
    path = link.path
    place = link.place
    baud = link.port.baud
    settings = link.settings
    self.limits = limits
    wanted = identity
  }

  /// Why it could not be brought back yet, in one sentence; nil while there is nobody to try.
  public var hindrance: String? { told.sentence.withLock { $0 } }

  /// `run` returns a few milliseconds later, whatever it waits for.
  public func end() {
    stop.raise()
    exchange.bell.ring()
  }

  /// Asleep until a link is given up.
  public func run() {
    while !stop.isRaised {
      let ticket = exchange.bell.ticket()
      if exchange.turn == LinkExchange.Turn.givenUp {
        exchange.close()
        find()
      } else {
        exchange.bell.wait(ticket, until: .now() + .seconds(10))
      }
    }
  }

  /// Closes what was offered, or given up, and nobody took.
  public func closeLeftover() { exchange.closeLeftover() }

  /// Tries until there is a link to offer, or until told to stop.
  private func find() {
    var last: LinkObstacle?
    while !stop.isRaised {
      do throws(LinkObstacle) {
        let link = try attempt()
        told.sentence.withLock { $0 = nil }
        exchange.offer(link)
        return
      } catch {
        // Of a device that has only come the rights may not be there yet.
        let isLasting = last?.isLike(error) ?? false
        if error.isAbsence {
          told.sentence.withLock { $0 = nil }
        } else if isLasting {
          told.sentence.withLock { $0 = $0 ?? error.message }
        } else {
          told.sentence.withLock { $0 = nil }
        }
        if !isLasting { last = error }
      }
      for _ in 0..<4 where !stop.isRaised {
        _ = shim_sleep_until((MonotonicInstant.now() + .milliseconds(50)).nanoseconds)
      }
    }
  }

  private func attempt() throws(LinkObstacle) -> ExoskeletonLink {
    // Before it is opened, and after it: nothing is said to a stranger.
    if let found = SerialPort.place(of: path) { try check(found) }
    let port: SerialPort
    do throws(SerialFault) {
      port = try SerialPort(path: path, baud: baud)
    } catch {
      throw .port(error)
    }
    try check(SerialPort.place(of: path))
    var link = ExoskeletonLink(port: port, settings: settings)
    let identity: ExoskeletonIdentity
    do throws(LinkFault) {
      identity = try link.connect(timeout: Self.attemptTimeout, unless: stop)
    } catch {
      throw .link(error)
    }
    guard identity.isSame(as: wanted) else {
      throw .other(path: path, found: identity.whole, wanted: wanted.whole)
    }
    do throws(GovernorFault) {
      try limits.check(against: identity)
    } catch {
      throw .limits(error)
    }
    return link
  }

  private func check(_ found: USBPlace?) throws(LinkObstacle) {
    guard found != place else { return }
    throw .elsewhere(path: path, found: found?.interface, wanted: place?.interface)
  }
}

/// What the thread says to whoever watches. The real-time path never sees it.
private final class ToldObstacle: Sendable {
  let sentence = Mutex<String?>(nil)
}

/// What stood in the way of an attempt.
enum LinkObstacle: Error, Equatable {
  case port(SerialFault)
  case link(LinkFault)
  case limits(GovernorFault)
  /// The name belongs to another socket now.
  case elsewhere(path: String, found: String?, wanted: String?)
  /// Somebody else answers.
  case other(path: String, found: String, wanted: String)

  var message: String {
    switch self {
    case .port(let fault): fault.message
    case .link(let fault): fault.message
    case .limits(let fault): fault.message
    case .elsewhere(let path, let found, let wanted):
      "\(path) is at \(found ?? "no place") on USB now, and the exoskeleton was at "
        + "\(wanted ?? "none"): another device may have got its name; plug it in where it was, or "
        + "begin a new session"
    case .other(let path, let found, let wanted):
      "\(found) answers on \(path), and not \(wanted): connect the session's own exoskeleton "
        + "there, or begin a new session"
    }
  }

  /// Nobody is there to try, which needs no sentence of its own.
  var isAbsence: Bool {
    switch self {
    case .port(.missing), .link(.gone): true
    case .port, .link, .limits, .elsewhere, .other: false
    }
  }

  /// The same, but for figures that differ each time.
  func isLike(_ other: LinkObstacle) -> Bool {
    switch (self, other) {
    case (.link(.silent), .link(.silent)), (.link(.garbled), .link(.garbled)): true
    default: self == other
    }
  }
}

extension ExoskeletonIdentity {
  /// "virtual knee 1.0.0": what it tells of itself.
  fileprivate var whole: String {
    [name, firmware, serialNumber].filter { !$0.isEmpty }.joined(separator: " ")
  }

  func isSame(as other: ExoskeletonIdentity) -> Bool {
    name == other.name && firmware == other.firmware && serialNumber == other.serialNumber
  }
}
