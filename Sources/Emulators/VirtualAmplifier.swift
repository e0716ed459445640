// A board at the far end of a pseudo-terminal, on a thread of its own.

internal import RT
internal import SPIShim
internal import Synchronization

/// How a virtual amplifier fared.
public struct VirtualAmplifierStatistics: Equatable, Sendable {
  /// Packets that the board has made.
  public var made: UInt64 = 0
  public var lost: UInt64 = 0
  public var torn: UInt64 = 0
}

/// Every method may be called from any thread.
public final class VirtualAmplifier: Sendable {
  /// The pseudo-terminal to open.
  public let path: String
  private let link: String?
  private let truth: TruthFile?
  private let stopSignal = StopSignal()
  private let waiting: Mutex<AmplifierLoop?>
  private let thread = Mutex<RealTimeThread<AmplifierLoop>?>(nil)

  /// - Parameters:
  ///   - link: a stable name, made as a symbolic link to the pseudo-terminal.
  ///   - truth: a file that must not be there yet, for what the board has made and sent.
  public init(board: any Board, link: String? = nil, truth truthPath: String? = nil)
    throws(EmulatorFault)
  {
    let terminal = try PseudoTerminal.open()
    path = terminal.path
    let path = terminal.path
    truth = if let truthPath { try TruthFile(creating: truthPath) } else { nil }
    waiting = Mutex(AmplifierLoop(board: board, terminal: terminal, truth: truth, stop: stopSignal))
    if let link {
      let linked = unsafe path.withCString { target in
        unsafe link.withCString { unsafe shim_pty_link(target, $0) }
      }
      if linked == -FileExists.errno { throw .linkOccupied(path: link) }
      guard linked == 0 else {
        throw .system(operation: "making the link", path: link, errno: -linked)
      }
    }
    self.link = link
  }

  deinit {
    guard let link else { return }
    _ = unsafe path.withCString { target in
      unsafe link.withCString { unsafe shim_pty_unlink(target, $0) }
    }
  }

  /// Runs the board on a thread of its own, of normal priority, until `stop()`. Once only.
  public func start() throws(EmulatorFault) {
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
  @discardableResult
  public func stop() throws(EmulatorFault) -> VirtualAmplifierStatistics {
    stopSignal.raise()
    let statistics = thread.withLock { thread in
      guard let running = thread.take() else { return VirtualAmplifierStatistics() }
      return running.join().statistics
    }
    try truth?.close()
    return statistics
  }
}

/// Look, listen, let the board go on, send.
private struct AmplifierLoop: ~Copyable, Sendable {
  /// The longest sleep: after it, at the latest, `stop()` is heard.
  private static var sleepMax: Nanoseconds { .milliseconds(20) }
  /// The shortest: packets of a fast board go out in groups, as USB carries them.
  private static var sleepMin: Nanoseconds { .microseconds(500) }
  /// When a line that was full is tried again.
  private static var retry: Nanoseconds { .milliseconds(1) }

  private var board: any Board
  private var terminal: PseudoTerminal
  private let truth: TruthFile?
  private let stop: StopSignal
  private(set) var statistics = VirtualAmplifierStatistics()

  init(
    board: any Board, terminal: consuming PseudoTerminal, truth: TruthFile?, stop: StopSignal
  ) {
    self.board = board
    self.terminal = terminal
    self.truth = truth
    self.stop = stop
  }

  mutating func run() {
    while !stop.isRaised {
      let due = board.nextInstant.map { $0 - .now() } ?? Self.sleepMax
      let sleepMax = terminal.hasBacklog ? Self.retry : Self.sleepMax
      terminal.wait(atMost: min(max(due, Self.sleepMin), sleepMax))
      let bytes = terminal.read()
      let now = MonotonicInstant.now()
      var turn = Turn()
      board.advance(to: now, into: &turn)
      if !bytes.isEmpty {
        board.receive(bytes, at: now, into: &turn)
        board.advance(to: now, into: &turn)
      }
      terminal.send(&turn)
      count(turn)
      truth?.add(turn.events)
    }
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
