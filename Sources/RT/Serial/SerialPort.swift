// A serial line for whole frames: raw, exclusive, never waiting.

import SPIShim

/// One open serial port. Belongs to one thread at a time; `write` and `read` are real-time.
///
/// Closes and unlocks the line when it goes.
@safe
public struct SerialPort: ~Copyable, @unchecked Sendable {
  /// The largest frame that `write` takes.
  public static var frameByteCountMax: Int {
    @_noLocks @_noAllocation
    get { 512 }
  }

  public let path: String
  public let baud: UInt32
  /// True when the driver hands received bytes over at once (ASYNC_LOW_LATENCY); pseudo-terminals
  /// and most CDC-ACM devices have no such knob and do so anyway.
  public let hasLowLatency: Bool

  let descriptor: Int32
  /// The rest of a frame whose beginning the driver took, and room behind it for the next frame.
  let unsent: UnsafeMutableRawPointer
  var unsentByteCount = 0

  /// Opens, locks and configures: 8N1, no flow control, DTR left alone on close.
  ///
  /// - Parameters:
  ///   - path: the device node or a link to it.
  ///   - baud: any rate; it is read back and compared.
  public init(path: String, baud: UInt32) throws(SerialFault) {
    guard baud > 0 else { throw .baudRefused(path: path, requested: 0, got: 0) }
    let descriptor = unsafe path.withCString { unsafe shim_serial_open($0) }
    guard descriptor >= 0 else { throw Self.fault(descriptor, "open", path) }
    let hasLowLatency: Bool
    do throws(SerialFault) {
      hasLowLatency = try Self.setUp(descriptor, path: path, baud: baud)
    } catch {
      shim_serial_close(descriptor)
      throw error
    }
    self.path = path
    self.baud = baud
    self.hasLowLatency = hasLowLatency
    self.descriptor = descriptor
    unsafe unsent = .allocate(byteCount: 2 * Self.frameByteCountMax, alignment: 64)
    unsafe unsent.initializeMemory(as: UInt8.self, repeating: 0, count: 2 * Self.frameByteCountMax)
  }

  /// The near end of a pseudo-terminal, for what plays a device at the far one.
  public init(master: Int32, path: String) {
    self.path = path
    baud = 115_200
    hasLowLatency = false
    descriptor = master
    unsafe unsent = .allocate(byteCount: 2 * Self.frameByteCountMax, alignment: 64)
    unsafe unsent.initializeMemory(as: UInt8.self, repeating: 0, count: 2 * Self.frameByteCountMax)
  }

  deinit {
    shim_serial_close(descriptor)
    unsafe unsent.deallocate()
  }

  /// The lock comes first: the loser of a race must not change the winner's line.
  private static func setUp(_ descriptor: Int32, path: String, baud: UInt32)
    throws(SerialFault) -> Bool
  {
    let locked = shim_serial_lock(descriptor)
    guard locked == 0 else { throw fault(locked, "lock", path) }
    let configured = shim_serial_configure(descriptor, baud)
    guard configured == 0 else { throw fault(configured, "set the line", path) }
    var input: UInt32 = 0
    var output: UInt32 = 0
    let readBack = unsafe shim_serial_baud(descriptor, &input, &output)
    guard readBack == 0 else { throw fault(readBack, "read the line's settings", path) }
    guard output == baud, input == baud || input == 0 else {
      throw .baudRefused(path: path, requested: baud, got: output == baud ? input : output)
    }
    let discarded = shim_serial_discard(descriptor)
    guard discarded == 0 else { throw fault(discarded, "clear the line", path) }
    return shim_serial_set_low_latency(descriptor) == 0
  }

  private static func fault(_ result: Int32, _ operation: String, _ path: String) -> SerialFault {
    switch -result {
    case Errno.noEntry, Errno.notADirectory, Errno.noDevice, Errno.noDeviceOrAddress:
      .missing(path: path)
    case Errno.accessDenied, Errno.notPermitted: .permissionDenied(path: path)
    case Errno.busy, Errno.tryAgain: .busy(path: path)
    case Errno.notATerminal, Errno.isDirectory: .notATerminal(path: path)
    default: .system(operation: operation, path: path, errno: -result)
    }
  }

  /// How long so many bytes take on the wire: ten bits a byte (start, eight, stop), rounded up.
  @_noLocks @_noAllocation
  public func wireTime(byteCount: Int) -> Nanoseconds {
    let bits = Int64(byteCount) * 10
    return Nanoseconds((bits * 1_000_000_000 + Int64(baud) - 1) / Int64(baud))
  }
}

/// The numbers of Linux that are told apart (asm-generic/errno-base.h and errno.h; the same on
/// x86-64 and arm64).
public enum Errno {
  public static var notPermitted: Int32 { @_noLocks @_noAllocation get { 1 } }  // EPERM
  public static var noEntry: Int32 { @_noLocks @_noAllocation get { 2 } }  // ENOENT
  public static var interrupted: Int32 { @_noLocks @_noAllocation get { 4 } }  // EINTR
  public static var inputOutput: Int32 { @_noLocks @_noAllocation get { 5 } }  // EIO
  public static var noDeviceOrAddress: Int32 { @_noLocks @_noAllocation get { 6 } }  // ENXIO
  public static var tryAgain: Int32 { @_noLocks @_noAllocation get { 11 } }  // EAGAIN
  public static var accessDenied: Int32 { @_noLocks @_noAllocation get { 13 } }  // EACCES
  public static var busy: Int32 { @_noLocks @_noAllocation get { 16 } }  // EBUSY
  public static var exists: Int32 { @_noLocks @_noAllocation get { 17 } }  // EEXIST
  public static var noDevice: Int32 { @_noLocks @_noAllocation get { 19 } }  // ENODEV
  public static var notADirectory: Int32 { @_noLocks @_noAllocation get { 20 } }  // ENOTDIR
  public static var isDirectory: Int32 { @_noLocks @_noAllocation get { 21 } }  // EISDIR
  public static var notATerminal: Int32 { @_noLocks @_noAllocation get { 25 } }  // ENOTTY
}
