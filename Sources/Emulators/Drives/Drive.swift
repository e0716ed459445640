// The drives that others make, emulated: what they obey, what they answer, what they refuse.
//
//     let drive = VESCDrive()
//     let virtual = try VirtualDrive(drive: drive, link: "/tmp/vesc")
//     try virtual.start()            // whoever opens virtual.path finds a VESC there
//     …
//     virtual.stop()
//
// A drive is a board: bytes and times in, bytes and notes out, one joint behind it. Each change of
// its state is a note, in the device's own words. A drive shares nothing with the drivers in
// `Exoskeleton`: both are written from the makers' documents, and check each other.
// Not real-time: it may allocate.

public import RT

/// A drive with one joint, at the far end of a serial line.
public protocol Drive: Board {
  var status: DriveStatus { get }

  /// `VirtualDrive` itself withholds, loses and damages bytes; a drive heeds `obstructed`, and that
  /// anything else is no obstruction.
  mutating func disturb(_ disturbance: DriveDisturbance)

  /// Something goes wrong inside it, as its maker would call it; see each drive. Nothing, for a
  /// drive that has no such word.
  mutating func raiseFault(at now: MonotonicInstant, into turn: inout Turn)
}

extension Drive {
  public mutating func raiseFault(at now: MonotonicInstant, into turn: inout Turn) {}
}

/// How a drive fares.
public struct DriveStatus: Equatable, Sendable {
  /// In the device's own words, as in the last note.
  public var state: String
  /// Effort is applied to hold or move the joint; a drive that brakes or coasts is not driven.
  public var isDriven: Bool
  public var positionDegrees: Double
  public var velocityDegreesPerSecond: Double
  public var effortNewtonMetres: Double
  /// Commands to move or hold that were obeyed.
  public var motionCommands: UInt64
  /// Commands that were understood and not obeyed.
  public var refusedCommands: UInt64
  public var watchdogTrips: UInt64
  /// What came and was no frame, as far as the device can tell: wrong sums, wrong ends.
  public var badFrames: UInt64

  public init(
    state: String, isDriven: Bool, positionDegrees: Double, velocityDegreesPerSecond: Double,
    effortNewtonMetres: Double, motionCommands: UInt64, refusedCommands: UInt64,
    watchdogTrips: UInt64, badFrames: UInt64
  ) {
    self.state = state
    self.isDriven = isDriven
    self.positionDegrees = positionDegrees
    self.velocityDegreesPerSecond = velocityDegreesPerSecond
    self.effortNewtonMetres = effortNewtonMetres
    self.motionCommands = motionCommands
    self.refusedCommands = refusedCommands
    self.watchdogTrips = watchdogTrips
    self.badFrames = badFrames
  }
}

/// What happens to a drive, on purpose.
public enum DriveDisturbance: Equatable, Sendable {
  case none
  /// Obeys, but its answers are lost.
  case mute
  /// Does not read the line; what comes stays in it.
  case stalled
  /// Something holds the joint.
  case obstructed
  /// One bit of every so-manieth answer is wrong; 1: of every answer.
  case garbled(every: Int)
}
