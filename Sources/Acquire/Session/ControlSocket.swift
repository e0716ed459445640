// The socket on which a session that commands can be spoken to: stop, release, arm, disarm,
// heartbeat, status, a word to a line, an answer of one line to each. docs/exo.md.
//
// A thread of its own and of normal priority; it touches the session through the operator panel and
// the doorbell alone, and never waits for it. Nothing here runs in real time.

import Exoskeleton
import Glibc
import Monitor
import RT
import Synchronization

/// What the main thread tells the socket's thread.
final class ControlBoard: Sendable {
  private struct Posted {
    var snapshot: StatusSnapshot?
    var identity: ControlIdentity?
  }

  private let posted = Mutex(Posted())

  func post(_ snapshot: StatusSnapshot) { posted.withLock { $0.snapshot = snapshot } }

  /// When everything runs.
  func begin(_ identity: ControlIdentity) { posted.withLock { $0.identity = identity } }

  /// Nil before everything runs.
  fileprivate var newest: (snapshot: StatusSnapshot, identity: ControlIdentity)? {
    posted.withLock { posted in
      guard let snapshot = posted.snapshot, let identity = posted.identity else { return nil }
      return (snapshot, identity)
    }
  }
}

/// Listens from the beginning to `finish()`, or until it goes.
final class ControlSocket: Sendable {
  let path: String
  let board: ControlBoard
  private let stop = StopSignal()
  private let thread: Mutex<RealTimeThread<ControlLoop>?>

  /// - Throws: the folder is somebody else's, or the socket cannot be made.
  init(folder: ControlFolder, panel: OperatorPanel, bell: Doorbell) throws(Failure) {
    folder.sweep()
    path = folder.socket(of: getpid())
    board = ControlBoard()
    let loop = ControlLoop(
      listener: try LocalSocket.listen(at: path), panel: panel, bell: bell, board: board)
    let stop = stop
    do throws(SchedulingFault) {
      thread = Mutex(
        try RealTimeThread.start(
          ThreadSettings(name: "control", policy: .other), workspace: loop
        ) { $0.run(until: stop) })
    } catch {
      unsafe unlink(path)
      throw Failure(.system, error.message)
    }
  }

  deinit { finish() }

  /// Cuts everybody off and removes the socket.
  func finish() {
    stop.raise()
    thread.withLock { thread in
      guard let running = thread.take() else { return }
      _ = running.join()
      unsafe unlink(path)
    }
  }
}

/// What the socket's thread owns.
struct ControlLoop: ~Copyable {
  private static var clientsMax: Int { 8 }
  /// Read of one client at a time: enough for a few words, too little to keep this thread busy.
  private static var byteCountMax: Int { 64 }
  /// Lines of one client that may wait for their answers.
  private static var requestsMax: Int { 32 }

  private final class Client {
    let socket: LocalSocket
    var lines = LineBuffer()
    /// In the order in which they are answered; the first has been asked of the governor.
    var requests: [ControlRequest] = []
    var hasBegun = false
    /// It says no more, but may wait for an answer: `echo stop | socat …`.
    var hasEnded = false
    var lastHeard: MonotonicInstant

    init(_ socket: consuming LocalSocket, now: MonotonicInstant) {
      self.socket = socket
      lastHeard = now
    }
  }

  private let listener: LocalSocket
  private let panel: OperatorPanel
  private let bell: Doorbell
  private let board: ControlBoard
  private var clients: [Client] = []

  init(
    listener: consuming LocalSocket, panel: OperatorPanel, bell: Doorbell, board: ControlBoard
  ) {
    self.listener = listener
    self.panel = panel
    self.bell = bell
    self.board = board
  }

  mutating func run(until stop: StopSignal) {
    while !stop.isRaised {
      let isWaiting = clients.contains { !$0.requests.isEmpty }
      var entries = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
      entries += clients.map { client in
        // The kernel looks past negative ones.
        let descriptor = client.hasEnded ? -1 : client.socket.descriptor
        return pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      }
      let ready = unsafe poll(&entries, UInt(entries.count), isWaiting ? 20 : 100)
      if ready > 0 {
        for (client, entry) in zip(clients, entries.dropFirst()) where entry.revents != 0 {
          if !hear(client) { drop(client) }
        }
        if entries[0].revents != 0 { welcome() }
        // A flood shall not take the CPU, nor fill the exoskeleton's line with stops.
        usleep(2_000)
      }
      for client in clients where !answer(client) { drop(client) }
    }
  }

  /// A stop must always get through: whoever has been silent longest makes room for the newest.
  private mutating func welcome() {
    for _ in 0..<Self.clientsMax {
      guard let socket = listener.accept() else { return }
      if clients.count == Self.clientsMax,
        let idlest = clients.min(by: { $0.lastHeard < $1.lastHeard })
      {
        // It may have said stop a moment ago.
        _ = hear(idlest)
        drop(idlest)
      }
      clients.append(Client(socket, now: .now()))
    }
  }

  private mutating func drop(_ client: Client) { clients.removeAll { $0 === client } }

  /// Reads what has come; false: the client is gone, or is to be cut off.
  private func hear(_ client: Client) -> Bool {
    guard let bytes = client.socket.read(atMost: Self.byteCountMax) else {
      client.hasEnded = true
      return !client.requests.isEmpty
    }
    guard let lines = client.lines.take(bytes) else { return false }
    let now = MonotonicInstant.now()
    if !lines.isEmpty { client.lastHeard = now }
    for line in lines {
      let word = line.last == "\r" ? String(line.dropLast()) : line
      let request = ControlRequest(ControlWord(rawValue: word), at: now)
      // Whatever else waits for an answer, a stop does not wait.
      if request.word == .stop {
        panel.stop(.operatorCommand)
        bell.ring()
      }
      // The operator is there now, not when it is its turn to be answered.
      if request.word == .heartbeat, board.newest != nil { panel.beat(at: now) }
      client.requests.append(request)
      guard client.requests.count <= Self.requestsMax, answer(client) else { return false }
    }
    return true
  }

  /// Begins and answers what can be; false: the client does not take its answers.
  private func answer(_ client: Client) -> Bool {
    while var request = client.requests.first {
      let now = MonotonicInstant.now()
      var line: String?
      if client.hasBegun {
        line = request.answer(status, now: now)
      } else {
        line = begin(&request, now)
        client.requests[0] = request
        client.hasBegun = true
      }
      guard let line else { return true }
      client.requests.removeFirst()
      client.hasBegun = false
      if !client.socket.write(line: line) { return false }
    }
    return !client.hasEnded
  }

  /// Asks the governor; the answer, where it is known already.
  private func begin(_ request: inout ControlRequest, _ now: MonotonicInstant) -> String? {
    if let refusal = request.refusal(status) { return refusal }
    // What is asked now is not what the last snapshot told.
    request.begin(at: now)
    switch request.word {
    case .stop, nil: return nil
    case .release: panel.release()
    case .arm: panel.arm()
    case .disarm: panel.disarm()
    case .heartbeat:
      // One that was heard before there was a session counts now.
      if panel.lastHeartbeat == nil { panel.beat(at: now) }
      return "ok"
    case .status:
      guard let status, let identity = board.newest?.identity else { return nil }
      return status.json(of: identity, process: getpid(), now: now).line
    }
    return nil
  }

  private var status: ControlStatus? {
    board.newest.map {
      ControlStatus(
        snapshot: $0.snapshot, isLineOpen: panel.isLineOpen, lastHeartbeat: panel.lastHeartbeat)
    }
  }
}
