// The bytes of one amplifier on their way from the kernel to the parser, in one piece of memory.

import RT
import USBShim

/// Which line the bytes come over. A handle, freely copied; one thread at a time uses it.
@safe
struct LineHandle: BitwiseCopyable, @unchecked Sendable {
  /// `struct shim_usb`, when it is one.
  let usb: OpaquePointer?
  /// The memory of an open port, when it is a serial line.
  let port: UnsafeMutablePointer<SerialPort>?
  let outEndpoint: UInt8
  /// Every 64 bytes begin with two of status.
  let isFTDI: Bool

  /// No line at all: bytes come from elsewhere.
  init() {
    unsafe usb = nil
    unsafe port = nil
    outEndpoint = 0
    isFTDI = false
  }

  init(usb: OpaquePointer, outEndpoint: UInt8, isFTDI: Bool) {
    unsafe self.usb = usb
    unsafe port = nil
    self.outEndpoint = outEndpoint
    self.isFTDI = isFTDI
  }

  init(_ port: consuming SerialPort) {
    unsafe usb = nil
    let memory = UnsafeMutablePointer<SerialPort>.allocate(capacity: 1)
    unsafe memory.initialize(to: port)
    unsafe self.port = memory
    outEndpoint = 0
    isFTDI = false
  }

  /// Lets the device go. No copy of the handle is of use after it.
  func close() {
    if let usb = unsafe usb { unsafe shim_usb_close(usb) }
    if let port = unsafe port {
      unsafe port.deinitialize(count: 1)
      unsafe port.deallocate()
    }
  }
}

/// What FTDI's chip saw go wrong on its line.
public struct LineErrors: Sendable, Equatable, BitwiseCopyable {
  public var overruns: UInt64 = 0
  public var parity: UInt64 = 0
  public var framing: UInt64 = 0
  public var breaks: UInt64 = 0
}

/// Bytes that have come and are not parsed yet. Not shared between threads.
@safe
struct LineMemory: ~Copyable, @unchecked Sendable {
  let capacity: Int
  var handle: LineHandle
  let memory: UnsafeMutableRawPointer
  /// Bytes that are there: `begin..<end`.
  var begin = 0
  var end = 0
  /// When the newest of them came, and where they begin; when those before them came.
  var arrival = MonotonicInstant(nanoseconds: 0)
  var boundary = 0
  var earlierArrival = MonotonicInstant(nanoseconds: 0)
  var errors = LineErrors()
  var receivedBytes: UInt64 = 0
  /// Bytes between these, counted as `receivedBytes`, may lack some: the chip's FIFO overran, or a
  /// byte was damaged on its line.
  var doubtfulFrom: UInt64 = 0
  var doubtfulUntil: UInt64 = 0
  /// `end` when `receivedBytes` was right.
  var receivedEnd = 0

  /// - Parameter capacity: bytes that are taken at once.
  init(_ handle: LineHandle, capacity: Int = 131_072) {
    self.handle = handle
    self.capacity = capacity
    unsafe memory = .allocate(byteCount: capacity, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
  }

  deinit { unsafe memory.deallocate() }
}
