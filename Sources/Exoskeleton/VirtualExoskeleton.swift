// An exoskeleton that is not there: one joint and its firmware, behind a pseudo terminal.
//
// It obeys the protocol as a device would: it refuses motion while it is not armed, it refuses
// positions outside of its own range, and when no valid command comes for as long as its watchdog
// allows it goes neutral by itself and says why.

public import RT
import SPIShim

/// The firmware, as a pure function of time and bytes; the tests step it without a clock.
public struct VirtualFirmware: ~Copyable {
  public private(set) var state = ExoskeletonState.disarmed
  public private(set) var faults = ExoskeletonFaults(rawValue: 0)
  public private(set) var positionDegrees = 20.0
  private var velocity = 0.0
  private var setpoint = 20.0
  private var parser = FrameParser()
  private let watchdog: Nanoseconds
  private var lastValid: MonotonicInstant
  private let start: MonotonicInstant
  /// Its mechanical range, wider than what a governor would use.
  public static var range: ClosedRange<Double> { -10...120 }
  /// The fastest that the motor turns, degrees a second.
  private static var speedMaximum: Double { 120 }

  public init(watchdog: Nanoseconds, now: MonotonicInstant) {
    self.watchdog = watchdog
    lastValid = now
    start = now
  }

  /// One turn of the firmware loop.
  ///
  /// - Parameters:
  ///   - input: what has come in since the last turn.
  ///   - elapsed: since the last turn.
  /// - Returns: the answers to be sent.
  public mutating func turn(_ input: [UInt8], now: MonotonicInstant, elapsed: Nanoseconds)
    -> [UInt8]
  {
    var output: [UInt8] = []
    for byte in input {
      guard let frame = parser.take(byte), let command = parser.command(of: frame) else { continue }
      lastValid = now
      obey(command)
      output += answer(to: frame, now: now)
    }
    if now - lastValid > watchdog, state == .moving || state == .armed || state == .neutral,
      !faults.contains(.watchdog)
    {
      state = .neutral
      faults.insert(.watchdog)
    }
    moveJoint(elapsed.seconds)
    return output
  }

  private mutating func obey(_ command: Command) {
    switch command {
    case .identify, .heartbeat: break
    case .arm:
      // Arming is the deliberate act that clears what went wrong before.
      guard state != .stopped else { return }
      faults = ExoskeletonFaults(rawValue: 0)
      state = .armed
      setpoint = positionDegrees
    case .disarm:
      faults = ExoskeletonFaults(rawValue: 0)
      state = .disarmed
    case .neutral:
      if state == .armed || state == .moving { state = .neutral }
    case .stop:
      state = .stopped
    case .motion(let position, _):
      switch state {
      case .disarmed, .stopped: faults.insert(.notArmed)
      case .armed, .moving, .neutral:
        // After its watchdog it wants to be armed again.
        guard !faults.contains(.watchdog) else { return }
        guard Self.range.contains(position) else {
          faults.insert(.outOfRange)
          state = .neutral
          return
        }
        setpoint = position
        state = .moving
      }
    }
  }

  private mutating func moveJoint(_ seconds: Double) {
    guard seconds > 0 else { return }
    guard state == .moving else {
      // Free: friction brings it to rest.
      velocity *= 0.5
      positionDegrees += velocity * seconds
      setpoint = positionDegrees
      return
    }
    let wanted = (setpoint - positionDegrees) / max(seconds, 0.02)
    velocity = min(Self.speedMaximum, max(-Self.speedMaximum, wanted))
    positionDegrees += velocity * seconds
  }

  private func answer(to frame: ReceivedFrame, now: MonotonicInstant) -> [UInt8] {
    let joint = JointState(
      deviceMicroseconds: UInt64((now - start).rawValue / 1_000),
      positionDegrees: positionDegrees, velocityDegreesPerSecond: velocity,
      effortNewtonMetres: state == .moving ? (setpoint - positionDegrees) * 0.05 : 0,
      state: state, faults: faults)
    var bytes = [UInt8](repeating: 0, count: Wire.frameByteCountMaximum)
    let count = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe Wire.encode(
        answer: joint, to: frame.code, sequence: frame.sequence, into: base)
    }
    return Array(bytes[..<count])
  }
}

/// The firmware on a pseudo terminal of its own.
@safe
public struct VirtualExoskeleton: ~Copyable {
  /// What a serial port is opened with.
  public let path: String
  private let descriptor: Int32
  private let link: String?
  private let loopPeriod: Nanoseconds
  private let watchdog: Nanoseconds

  /// What a change looks like from outside.
  public struct Change: Equatable, Sendable {
    public var state: ExoskeletonState
    public var faults: ExoskeletonFaults
    public var positionDegrees: Double
  }

  /// - Parameters:
  ///   - loopHertz: of the firmware loop.
  ///   - watchdog: goes neutral after so long without a valid command.
  ///   - link: a second, stable name for the port; an existing symbolic link is replaced.
  public init(
    loopHertz: Double = 100, watchdog: Nanoseconds = .milliseconds(100), link: String? = nil
  ) throws(SerialFault) {
    guard loopHertz >= 1, loopHertz <= 10_000 else {
      throw .system(operation: "a firmware loop of \(loopHertz) Hz", path: "virtual", errno: 22)
    }
    var name = [CChar](repeating: 0, count: 128)
    let opened = unsafe shim_pty_open(&name, name.count)
    guard opened >= 0 else {
      throw .system(operation: "making a pseudo terminal", path: "/dev/ptmx", errno: -opened)
    }
    let near = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if let link {
      let result = unsafe shim_symlink(near, link)
      guard result == 0 else {
        shim_close(opened)
        throw .system(operation: "making the link", path: link, errno: -result)
      }
    }
    descriptor = opened
    path = near
    self.link = link
    loopPeriod = Nanoseconds(seconds: 1 / loopHertz)
    self.watchdog = watchdog
  }

  deinit {
    shim_close(descriptor)
    if let link { unsafe shim_unlink(link) }
  }

  /// Runs the firmware loop on the calling thread.
  ///
  /// - Parameter onChange: called when state or faults change.
  public mutating func run(until stop: StopSignal, onChange: (Change) -> Void = { _ in }) {
    var firmware = VirtualFirmware(watchdog: watchdog, now: .now())
    var timer = CyclicTimer(period: loopPeriod)
    var last = Change(state: .disarmed, faults: [], positionDegrees: 0)
    var before = MonotonicInstant.now()
    // Reused for every turn.
    var block = [UInt8](repeating: 0, count: 1_024)
    while !stop.isRaised {
      let tick = timer.wait()
      let count = unsafe shim_serial_read(descriptor, &block, block.count)
      // -EIO: nobody has the port open; the firmware does not care.
      let input = count > 0 ? Array(block[..<Int(count)]) : []
      let output = firmware.turn(input, now: tick.woke, elapsed: tick.woke - before)
      before = tick.woke
      if !output.isEmpty {
        // A host that does not read loses answers, as on a real line.
        unsafe shim_serial_write(descriptor, output, output.count)
      }
      if firmware.state != last.state || firmware.faults != last.faults {
        last = Change(
          state: firmware.state, faults: firmware.faults,
          positionDegrees: firmware.positionDegrees)
        onChange(last)
      }
    }
  }
}
