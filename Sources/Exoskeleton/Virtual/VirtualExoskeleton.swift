// An exoskeleton without metal, at the other end of a pseudo-terminal.
//
//     let exoskeleton = try VirtualExoskeleton()
//     try exoskeleton.start()                       // or run(until:) on a thread of your own
//     let port = try SerialPort(path: exoskeleton.path, baud: 115_200)
//     …
//     exoskeleton.stop()
//
// It speaks the framed protocol, enforces its rules, moves one modelled joint, and has a watchdog
// of its own. Its loop reads the line, decides and answers once a period, as firmware does, so that
// an acknowledgement comes up to one period after its command. Not real-time: it may allocate.

public import RT
internal import SPIShim
internal import Synchronization

/// Why a virtual exoskeleton could not be made or started.
public enum VirtualExoskeletonFault: Error, Equatable, Sendable {
  case loopRate(hertz: Int)
  case watchdog(milliseconds: Double)
  case linkOccupied(path: String)
  case system(operation: String, errno: Int32)

  public var message: String {
    switch self {
    case .loopRate(let hertz):
      "a firmware loop of \(hertz) Hz is not possible: choose 10 to 1000 Hz"
    case .watchdog(let milliseconds):
      "a watchdog of \(milliseconds) ms is not possible: choose 10 to 10 000 ms"
    case .linkOccupied(let path):
      "\(path) exists and is no link to a pseudo-terminal: name another path for the link"
    case .system(let operation, let errno):
      "\(operation) failed for the virtual exoskeleton (errno \(errno)): check that /dev/pts is"
        + " mounted and that processes may still be started"
    }
  }
}

/// What happens to a virtual exoskeleton, on purpose.
public enum Disturbance: Equatable, Sendable {
  case none
  /// Obeys, but its answers are lost.
  case mute
  /// Does not read the line.
  case stalled
  /// Something holds the joint.
  case obstructed
}

/// How a virtual exoskeleton fares.
public struct VirtualExoskeletonStatistics: Equatable, Sendable {
  public var state: ExoskeletonState
  public var faults: ExoskeletonFaults
  public var positionDegrees: Double
  public var velocityDegreesPerSecond: Double
  public var effortNewtonmetres: Double
  public var loops: UInt64
  /// Loops that began a whole period late or more.
  public var lateLoops: UInt64
  public var frames: UInt64
  public var checksumErrors: UInt64
  public var skippedBytes: UInt64
  public var motionCommands: UInt64
  public var refusedCommands: UInt64
  public var watchdogTrips: UInt64
  /// Answers for which the line had no room.
  public var repliesDropped: UInt64
}

/// A change of its state, with the time.
public struct StateChange: Equatable, Sendable {
  public var time: MonotonicInstant
  public var state: ExoskeletonState
  public var faults: ExoskeletonFaults
}

/// Every method may be called from any thread.
public final class VirtualExoskeleton: Sendable {
  /// The pseudo-terminal to open.
  public let path: String
  public let loopPeriod: Nanoseconds
  private let link: String?
  private let loop: Mutex<FirmwareLoop>
  private let thread = Mutex<FirmwareThread?>(nil)
  private let stopSignal = StopSignal()

  /// - Parameters:
  ///   - loopHertz: 10 to 1000.
  ///   - watchdog: 10 ms to 10 s without a valid frame, then neutral and a fault.
  ///   - positionDegrees: where the joint stands at first.
  ///   - link: a stable name, made as a symbolic link to the pseudo-terminal.
  public init(
    loopHertz: Int = 100, watchdog: Nanoseconds = .milliseconds(100),
    positionDegrees: Double = 10, link: String? = nil
  ) throws(VirtualExoskeletonFault) {
    guard (10...1000).contains(loopHertz) else { throw .loopRate(hertz: loopHertz) }
    guard watchdog >= .milliseconds(10), watchdog <= .seconds(10) else {
      throw .watchdog(milliseconds: watchdog.milliseconds)
    }
    let opened = Self.openTerminal()
    guard opened.descriptor >= 0 else {
      throw .system(operation: "opening a pseudo-terminal", errno: -opened.descriptor)
    }
    path = opened.path
    self.link = link
    loopPeriod = Nanoseconds(1_000_000_000 / Int64(loopHertz))
    let identity = ExoskeletonIdentity(
      acknowledgedSequence: 0, jointCount: 1, state: .disarmed, loopHertz: UInt16(loopHertz),
      watchdogMilliseconds: UInt16(watchdog.rawValue / 1_000_000),
      positionMinMillidegrees: -10_000, positionMaxMillidegrees: 120_000,
      velocityMaxMillidegreesPerSecond: 180_000, firmwareVersion: 0x01_00_00,
      name: ExoskeletonName("virtual knee"))
    loop = Mutex(
      FirmwareLoop(
        port: SerialPort(master: opened.descriptor, path: opened.path),
        firmware: Firmware(identity: identity, positionDegrees: positionDegrees, now: .now())))
    if let link {
      let linked = unsafe opened.path.withCString { target in
        unsafe link.withCString { unsafe shim_pty_link(target, $0) }
      }
      if linked == -Errno.exists { throw .linkOccupied(path: link) }
      guard linked == 0 else { throw .system(operation: "linking \(link)", errno: -linked) }
    }
  }

  deinit {
    guard let link else { return }
    _ = unsafe path.withCString { target in
      unsafe link.withCString { unsafe shim_pty_unlink(target, $0) }
    }
  }

  private static func openTerminal() -> (descriptor: Int32, path: String) {
    var name = [CChar](repeating: 0, count: 64)
    let descriptor = unsafe shim_pty_open(&name, Int32(name.count))
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return (descriptor, String(decoding: bytes, as: UTF8.self))
  }

  /// Runs the firmware loop on the calling thread until told to stop, or until `stop()`.
  public func run(until stop: StopSignal) {
    var next = MonotonicInstant.now() + loopPeriod
    while !stop.isRaised, !stopSignal.isRaised {
      _ = shim_sleep_until(next.nanoseconds)
      let now = MonotonicInstant.now()
      let isLate = now - next >= loopPeriod
      loop.withLock { $0.turn(now: now, isLate: isLate) }
      next = isLate ? now + loopPeriod : next + loopPeriod
    }
  }

  /// Runs the firmware loop on a thread of its own, of normal priority, until `stop()`.
  public func start() throws(VirtualExoskeletonFault) {
    let result: Int32 = thread.withLock { thread in
      guard thread == nil else { return 0 }
      let started = FirmwareThread.start { [self] in run(until: stopSignal) }
      thread = started.thread
      return started.errno
    }
    guard result == 0 else { throw .system(operation: "starting a thread", errno: result) }
  }

  /// Ends the loop for good and waits for it. The line stays open, but nobody answers.
  public func stop() {
    stopSignal.raise()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }

  /// Pulls the cable: whoever has the line open is hung up.
  public func unplug() { loop.withLock { $0.unplug() } }

  public func disturb(_ disturbance: Disturbance) {
    loop.withLock { $0.disturb(disturbance) }
  }

  public var statistics: VirtualExoskeletonStatistics { loop.withLock { $0.statistics } }

  /// Every change of state so far, oldest first; the first 4096 are kept.
  public var changes: [StateChange] { loop.withLock { $0.changes } }
}
