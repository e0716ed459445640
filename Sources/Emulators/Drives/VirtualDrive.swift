// A drive at the far end of a pseudo-terminal: what its host finds there, and what can befall it.

public import RT
internal import Synchronization

/// Every method may be called from any thread.
public final class VirtualDrive: Sendable {
  /// What a change of its state looks like from outside.
  public struct Change: Equatable, Sendable {
    /// When the drive's loop saw it.
    public var time: MonotonicInstant
    /// The drive's note: its state in the device's own words.
    public var state: String
    public var isDriven: Bool
    public var positionDegrees: Double
  }

  private let stage: DriveStage
  private let thread: BoardThread

  /// - Parameter link: a stable name, made as a symbolic link to the pseudo-terminal.
  public init(drive: any Drive, link: String? = nil) throws(EmulatorFault) {
    stage = DriveStage(drive)
    thread = try BoardThread(board: StagedDrive(stage: stage), link: link, truth: nil)
  }

  /// The pseudo-terminal to open.
  public var path: String { thread.path }

  /// Runs the drive on a thread of its own, of normal priority, until `stop()`. Once only.
  public func start() throws(EmulatorFault) { try thread.start() }

  /// Switches the drive off for good and waits for it; whoever has the line open is hung up.
  public func stop() {
    // A drive writes no truth, so that nothing can be thrown.
    _ = try? thread.stop()
  }

  /// Pulls the cable: whoever has the line open is hung up, within a turn of the drive's loop
  /// (20 ms at most). The drive goes on alone.
  public func unplug() { thread.unplug() }

  public func disturb(_ disturbance: DriveDisturbance) { stage.disturb(disturbance) }

  /// Something goes wrong inside the drive, at its loop's next turn.
  public func raiseFault() { stage.raiseFault() }

  public var status: DriveStatus { stage.status }

  /// Every note so far, oldest first; the first 4096 are kept.
  public var changes: [Change] { stage.changes }
}

/// The drive between two threads: one that runs it, one that watches it.
private final class DriveStage: Sendable {
  private struct Scene {
    var drive: any Drive
    var disturbance = DriveDisturbance.none
    /// Answers since the line is noisy.
    var answerCount = 0
    var isFaultDue = false
    var changes: [VirtualDrive.Change] = []
  }

  private static var changesMax: Int { 4096 }

  let name: String
  private let scene: Mutex<Scene>

  init(_ drive: any Drive) {
    name = drive.name
    scene = Mutex(Scene(drive: drive))
  }

  func disturb(_ disturbance: DriveDisturbance) {
    scene.withLock { scene in
      scene.disturbance = disturbance
      scene.answerCount = 0
      scene.drive.disturb(disturbance)
    }
  }

  func raiseFault() { scene.withLock { $0.isFaultDue = true } }

  var status: DriveStatus { scene.withLock { $0.drive.status } }
  var changes: [VirtualDrive.Change] { scene.withLock { $0.changes } }
  var nextInstant: MonotonicInstant? { scene.withLock { $0.drive.nextInstant } }

  var isListening: Bool {
    scene.withLock { $0.disturbance != .stalled && $0.drive.isListening }
  }

  /// Lets the drive do what `act` says, notes what changed, and disturbs its answers.
  func play(
    at now: MonotonicInstant, into turn: inout Turn,
    _ act: (inout any Drive, inout Turn) -> Void
  ) {
    var own = Turn()
    scene.withLock { scene in
      act(&scene.drive, &own)
      if scene.isFaultDue {
        scene.isFaultDue = false
        scene.drive.raiseFault(at: now, into: &own)
      }
      let status = scene.drive.status
      for case .note(let text) in own.events where scene.changes.count < Self.changesMax {
        scene.changes.append(
          VirtualDrive.Change(
            time: now, state: text, isDriven: status.isDriven,
            positionDegrees: status.positionDegrees))
      }
      switch scene.disturbance {
      case .none, .stalled, .obstructed: turn.append(own)
      case .mute: turn.append(own, isMute: true)
      case .garbled(let period):
        own.garble(every: max(1, period), count: &scene.answerCount)
        turn.append(own)
      }
    }
  }
}

/// The drive as the line's thread sees it.
private struct StagedDrive: Board {
  let stage: DriveStage

  var name: String { stage.name }
  var nextInstant: MonotonicInstant? { stage.nextInstant }
  var isListening: Bool { stage.isListening }

  mutating func receive(_ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn) {
    stage.play(at: now, into: &turn) { drive, turn in
      drive.receive(bytes, at: now, into: &turn)
    }
  }

  mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    stage.play(at: now, into: &turn) { drive, turn in drive.advance(to: now, into: &turn) }
  }
}
