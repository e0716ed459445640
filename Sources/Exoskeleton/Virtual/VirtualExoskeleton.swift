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

/// Every method may be called from any thread.
public final class VirtualExoskeleton: Sendable {
  /// The pseudo-terminal to open.
  public let path: String
  public let loopPeriod: Nanoseconds
  /// What a change of its state looks like from outside.
  public struct Change: Equatable, Sendable {
    public var time: MonotonicInstant
    public var state: ExoskeletonState
    public var faults: ExoskeletonFaults
    public var positionDegrees: Double
  }

  private let link: String?
  private let loop: Mutex<FirmwareLoop>
  private let thread = Mutex<RealTimeThread<VirtualExoskeleton>?>(nil)
  private let stopSignal = StopSignal()

  /// - Parameters:
  ///   - loopHertz: 10 to 1000.
  ///   - watchdog: 10 ms to 10 s without a valid frame, then neutral and a fault.
  ///   - positionDegrees: where the joint stands at first.
  ///   - name: what it calls itself, 16 characters at most.
  ///   - link: a stable name, made as a symbolic link to the pseudo-terminal.
  public init(
    loopHertz: Double = 100, watchdog: Nanoseconds = .milliseconds(100),
    positionDegrees: Double = 10, name: String = "virtual knee", link: String? = nil
  ) throws(SerialFault) {
    guard (10...1000).contains(loopHertz) else {
      throw .unsuitable(what: "a firmware loop of \(loopHertz) Hz", remedy: "choose 10 to 1000 Hz")
    }
    guard watchdog >= .milliseconds(10), watchdog <= .seconds(10) else {
      throw .unsuitable(
        what: "a watchdog of \(watchdog.milliseconds) ms", remedy: "choose 10 to 10 000 ms")
    }
    let opened = Self.openTerminal()
    guard opened.descriptor >= 0 else {
      throw .system(operation: "open", path: "/dev/ptmx", errno: -opened.descriptor)
    }
    path = opened.path
    self.link = link
    loopPeriod = Nanoseconds(seconds: 1 / loopHertz)
    let identity = FramedIdentity(
      acknowledgedSequence: 0, jointCount: 1, state: .disarmed, loopHertz: UInt16(loopHertz),
      watchdogMilliseconds: UInt16(watchdog.rawValue / 1_000_000),
      positionMinMillidegrees: -10_000, positionMaxMillidegrees: 120_000,
      velocityMaxMillidegreesPerSecond: 180_000, firmwareVersion: 0x01_00_00,
      name: ExoskeletonName(name))
    loop = Mutex(
      FirmwareLoop(
        port: SerialPort(master: opened.descriptor, path: opened.path),
        firmware: Firmware(identity: identity, positionDegrees: positionDegrees, now: .now())))
    if let link {
      let linked = unsafe opened.path.withCString { target in
        unsafe link.withCString { unsafe shim_pty_link(target, $0) }
      }
      if linked == -Errno.exists { throw .linkOccupied(path: link) }
      guard linked == 0 else { throw .system(operation: "link", path: link, errno: -linked) }
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
  ///
  /// - Parameter onChange: called on this thread when state or faults have changed.
  public func run(until stop: StopSignal, onChange: (Change) -> Void = { _ in }) {
    var timer = CyclicTimer(period: loopPeriod)
    var reported = 0
    while !stop.isRaised, !stopSignal.isRaised {
      let tick = timer.wait()
      let news = loop.withLock { loop in
        loop.turn(now: tick.woke, isLate: tick.missed > 0)
        return loop.changes[reported...]
      }
      news.forEach(onChange)
      reported += news.count
    }
  }

  /// Runs the firmware loop on a thread of its own, of normal priority, until `stop()`.
  public func start() throws(SchedulingFault) {
    let fault: SchedulingFault? = thread.withLock { thread in
      guard thread == nil else { return nil }
      do throws(SchedulingFault) {
        thread = try RealTimeThread.start(
          ThreadSettings(name: "virtual-exo", policy: .other), workspace: self
        ) { exoskeleton in
          exoskeleton.run(until: exoskeleton.stopSignal)
        }
        return nil
      } catch {
        return error
      }
    }
    if let fault { throw fault }
  }

  /// Ends the loop for good and waits for it. The line stays open, but nobody answers.
  public func stop() {
    stopSignal.raise()
    thread.withLock { thread in
      if let running = thread.take() { _ = running.join() }
    }
  }

  /// Pulls the cable: whoever has the line open is hung up.
  public func unplug() { loop.withLock { $0.unplug() } }

  public func disturb(_ disturbance: Disturbance) {
    loop.withLock { $0.disturb(disturbance) }
  }

  public var statistics: VirtualExoskeletonStatistics { loop.withLock { $0.statistics } }

  /// Every change of state or faults so far, oldest first; the first 4096 are kept.
  public var changes: [Change] { loop.withLock { $0.changes } }
}
