// A serial line that takes whole frames or none.
//
// Real-time: `write`, `read` and `outputQueueByteCount` are one system call each and never wait.

public import RT
import SPIShim

/// Why a port cannot be used. `message` is one sentence for a person.
public enum SerialFault: Error, Equatable, Sendable {
  case missing(path: String)
  case permissionDenied(path: String)
  case busy(path: String)
  case notATerminal(path: String)
  case baudRefused(path: String, requested: UInt32, actual: UInt32)
  case system(operation: String, path: String, errno: Int32)

  public var message: String {
    switch self {
    case .missing(let path):
      "there is no serial port \(path): plug the adapter in, or choose one of those that "
        + "`acquire devices` lists, or `virtual`"
    case .permissionDenied(let path):
      "\(path) may not be opened by this user: add the user to the group that owns it (often "
        + "dialout) and log in again"
    case .busy(let path):
      "\(path) is held by another program: end it first"
    case .notATerminal(let path):
      "\(path) is no serial port: choose one of those that `acquire devices` lists"
    case .baudRefused(let path, let requested, let actual):
      "\(path) cannot run at \(requested) baud (it would be \(actual)): choose another rate"
    case .system(let operation, let path, let errno):
      "\(operation) on \(path) failed with error \(errno): unplug the adapter and try again"
    }
  }

  static func of(errno: Int32, operation: String, path: String) -> SerialFault {
    switch errno {
    case 2, 6, 19: .missing(path: path)
    case 13, 1: .permissionDenied(path: path)
    case 16: .busy(path: path)
    case 25: .notATerminal(path: path)
    default: .system(operation: operation, path: path, errno: errno)
    }
  }
}

/// What became of a frame.
@frozen
public enum WriteOutcome: Equatable, Sendable {
  /// The driver has all of it.
  case written
  /// The line is not keeping up: nothing of this frame was written.
  case refused
  /// The port is gone.
  case gone(errno: Int32)
}

@safe
public struct SerialPort: ~Copyable, @unchecked Sendable {
  public let path: String
  public let baud: UInt32
  /// The driver hands on bytes at once; pseudo terminals have no such setting and need none.
  public let isLowLatency: Bool
  private let descriptor: Int32
  /// The rest of a frame that the driver took in part: it goes out before anything else does.
  private let rest: UnsafeMutableRawPointer
  private var restByteCount = 0
  private static var restCapacity: Int {
    @_noLocks @_noAllocation
    get { 512 }
  }

  public init(path: String, baud: UInt32) throws(SerialFault) {
    let opened = unsafe shim_serial_open(path)
    guard opened >= 0 else { throw .of(errno: -opened, operation: "opening", path: path) }
    var actual: UInt32 = 0
    var result = shim_serial_lock(opened)
    guard result == 0 else {
      shim_close(opened)
      throw .of(errno: -result, operation: "locking", path: path)
    }
    result = unsafe shim_serial_configure(opened, baud, &actual)
    guard result == 0 else {
      shim_close(opened)
      throw .of(errno: -result, operation: "configuring", path: path)
    }
    // 2 %: what a UART's receiver forgives.
    guard actual.distance(to: baud).magnitude * 50 <= UInt(baud) else {
      shim_close(opened)
      throw .baudRefused(path: path, requested: baud, actual: actual)
    }
    self.path = path
    self.baud = baud
    isLowLatency = shim_serial_low_latency(opened) == 0
    descriptor = opened
    unsafe rest = .allocate(byteCount: Self.restCapacity, alignment: 8)
  }

  deinit {
    shim_close(descriptor)
    unsafe rest.deallocate()
  }

  /// Hands a whole frame of at most 512 bytes to the driver, or nothing of it.
  @_noLocks @_noAllocation
  public mutating func write(_ bytes: UnsafeRawPointer, count: Int) -> WriteOutcome {
    if restByteCount > 0 {
      let written = unsafe shim_serial_write(descriptor, rest, restByteCount)
      if written < 0 { return Self.outcome(Int32(truncatingIfNeeded: -written)) }
      let left = restByteCount &- Int(written)
      if left > 0 {
        unsafe rest.copyMemory(from: rest + Int(written), byteCount: left)
        restByteCount = left
        return .refused
      }
      restByteCount = 0
    }
    guard count <= Self.restCapacity else { return .refused }
    let written = unsafe shim_serial_write(descriptor, bytes, count)
    if written < 0 { return Self.outcome(Int32(truncatingIfNeeded: -written)) }
    if written == 0 { return .refused }
    let left = count &- Int(written)
    if left > 0 {
      unsafe rest.copyMemory(from: bytes + Int(written), byteCount: left)
      restByteCount = left
    }
    return .written
  }

  @_noLocks @_noAllocation
  private static func outcome(_ errno: Int32) -> WriteOutcome {
    // EAGAIN and EINTR: full, or interrupted before the first byte.
    errno == 11 || errno == 4 ? .refused : .gone(errno: errno)
  }

  /// Reads what is there, at most `capacity` bytes: how many, or -errno when the port is gone.
  @_noLocks @_noAllocation
  public func read(into bytes: UnsafeMutableRawPointer, capacity: Int) -> Int {
    let count = unsafe shim_serial_read(descriptor, bytes, capacity)
    if count == -11 || count == -4 { return 0 }
    return Int(truncatingIfNeeded: count)
  }

  /// Bytes that the driver has not sent yet; nil when it cannot say.
  public var outputQueueByteCount: Int? {
    let count = shim_serial_queued(descriptor)
    return count < 0 ? nil : Int(count) + restByteCount
  }

  /// Waits for bytes to read; not for a real-time thread.
  public func waitForInput(atMost span: Nanoseconds) {
    shim_serial_wait(descriptor, Int32(clamping: span.rawValue / 1_000_000 + 1))
  }

  /// Time that bytes take on the wire: 10 bits each.
  public func wireTime(byteCount: Int) -> Nanoseconds {
    Nanoseconds(Int64(byteCount) * 10_000_000_000 / Int64(baud))
  }
}
