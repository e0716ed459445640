// A board at the far end of a pseudo-terminal, on a thread of its own.

internal import RT
internal import SPIShim
internal import Synchronization

/// Every method may be called from any thread.
final class BoardThread: Sendable {
  /// The pseudo-terminal to open.
  let path: String
  private let link: TerminalLink?
  private let truth: TruthFile?
  private let stopSignal = StopSignal()
  private let unplugSignal = StopSignal()
  private let waiting: Mutex<BoardLoop?>
  private let thread = Mutex<RealTimeThread<BoardLoop>?>(nil)

  /// - Parameters:
  ///   - link: a stable name, made as a symbolic link to the pseudo-terminal.
  ///   - truth: a file that must not be there yet, for what the board has made and sent.
  init(board: any Board, link: String?, truth truthPath: String?) throws(EmulatorFault) {
    let terminal = try PseudoTerminal.open()
    let path = terminal.path
    self.path = path
    truth = if let truthPath { try TruthFile(creating: truthPath) } else { nil }
    waiting = Mutex(
      BoardLoop(
        board: board, terminal: terminal, truth: truth, stop: stopSignal, unplug: unplugSignal))
    self.link = if let link { try TerminalLink(to: path, at: link) } else { nil }
  }

  /// Runs the board on a thread of its own, of normal priority, until `stop()`. Once only.
  func start() throws(EmulatorFault) {
    do throws(SchedulingFault) {
      try startThreads()
    } catch {
      throw .notStarted(reason: error.message)
    }
  }

  private func startThreads() throws(SchedulingFault) {
    try truth?.start()
    let fault: SchedulingFault? = thread.withLock { thread in
      guard let loop = waiting.withLock({ $0.take() }) else { return nil }
      do throws(SchedulingFault) {
        thread = try RealTimeThread.start(
          ThreadSettings(name: "virtual-board", policy: .other), workspace: loop
        ) { $0.run() }
        return nil
      } catch {
        return error
      }
    }
    if let fault { throw fault }
  }

  /// Ends the board for good, waits for it, and for its truth to be written.
  ///
  /// - Throws: `truthNotWritten`.
  func stop() throws(EmulatorFault) -> VirtualAmplifierStatistics {
    stopSignal.raise()
    let statistics = thread.withLock { thread in
      guard let running = thread.take() else { return VirtualAmplifierStatistics() }
      return running.join().statistics
    }
    try truth?.close()
    return statistics
  }

  /// Pulls the cable at the loop's next turn, for good. The board goes on without it.
  func unplug() { unplugSignal.raise() }
}

/// Look, listen, let the board go on, send.
private struct BoardLoop: ~Copyable, Sendable {
  /// The longest sleep: after it, at the latest, `stop()` is heard.
  private static var sleepMax: Nanoseconds { .milliseconds(20) }
  /// The shortest: packets of a fast board go out in groups, as USB carries them.
  private static var sleepMin: Nanoseconds { .microseconds(500) }
  /// When a line that was full is tried again.
  private static var retry: Nanoseconds { .milliseconds(1) }

  private var board: any Board
  /// nil: unplugged.
  private var terminal: PseudoTerminal?
  private let truth: TruthFile?
  private let stop: StopSignal
  private let unplug: StopSignal
  private(set) var statistics = VirtualAmplifierStatistics()

  init(
    board: any Board, terminal: consuming PseudoTerminal, truth: TruthFile?, stop: StopSignal,
    unplug: StopSignal
  ) {
    self.board = board
    self.terminal = consume terminal
    self.truth = truth
    self.stop = stop
    self.unplug = unplug
  }

  mutating func run() {
    while !stop.isRaised {
      if unplug.isRaised { terminal = nil }
      let bytes = listen()
      let now = MonotonicInstant.now()
      var turn = Turn()
      board.advance(to: now, into: &turn)
      if !bytes.isEmpty {
        board.receive(bytes, at: now, into: &turn)
        board.advance(to: now, into: &turn)
      }
      if terminal == nil { _ = turn.lineTook(0) }
      terminal?.send(&turn)
      count(turn)
      truth?.add(turn.events)
    }
  }

  /// What has come by the time the board is due.
  private mutating func listen() -> [UInt8] {
    let due = board.nextInstant.map { $0 - .now() } ?? Self.sleepMax
    let sleepMax = terminal?.hasBacklog ?? false ? Self.retry : Self.sleepMax
    let span = min(max(due, Self.sleepMin), sleepMax)
    guard board.isListening, terminal != nil else {
      // Of a line with bytes that nobody reads, poll would come back at once.
      _ = shim_sleep_until((MonotonicInstant.now() + span).nanoseconds)
      return []
    }
    terminal?.wait(atMost: span)
    return terminal?.read() ?? []
  }

  private mutating func count(_ turn: borrowing Turn) {
    for case .packet(let packet) in turn.events {
      statistics.made += 1
      switch packet.fate {
      case .sent: break
      case .lost: statistics.lost += 1
      case .torn: statistics.torn += 1
      }
    }
  }
}
