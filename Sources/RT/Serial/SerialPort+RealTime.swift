// Real-time: the decoding thread with the exoskeleton's line, the acquisition thread with an
// amplifier's. `write` and `read` are one system call each and never wait; `wait` is one ppoll;
// `outputQueueByteCount` is one ioctl. No function here allocates, locks or loops over anything
// but the bytes of a frame.

import SPIShim

/// What became of a frame.
public enum WriteOutcome: Equatable, Sendable {
  /// The driver has every byte.
  case written
  /// The driver has the beginning; the rest goes out first, before any later frame.
  case begun
  /// The driver took no byte of it: the frame is dropped whole.
  case wouldBlock
  /// The line is gone: unplugged, hung up, closed at the other end.
  case gone(errno: Int32)
}

/// What a read gave.
public enum ReadOutcome: Equatable, Sendable {
  case bytes(Int)
  case nothing
  case gone(errno: Int32)
}

extension SerialPort {
  /// Hands one whole frame to the driver, behind the rest of an older one if there is such a rest.
  ///
  /// Real-time: one write system call. The frame has at most `frameByteCountMax` bytes.
  @_noLocks @_noAllocation
  public mutating func write(_ frame: UnsafeRawBufferPointer) -> WriteOutcome {
    precondition(frame.count <= Self.frameByteCountMax, "a frame fits the port's memory")
    guard let source = frame.baseAddress else { return .written }
    let older = unsentByteCount
    // SAFETY: `unsent` has twice `frameByteCountMax` bytes and `older` is less than one frame.
    unsafe (unsent + older).copyMemory(from: source, byteCount: frame.count)
    let total = older + frame.count
    let result = unsafe shim_serial_write(descriptor, unsent, Int32(truncatingIfNeeded: total))
    guard result >= 0 else { return refusal(-result) }
    let (outcome, end) = Self.account(taken: Int(result), older: older, total: total)
    keep(from: Int(result), to: end)
    return outcome
  }

  /// What a write of `total` bytes means, the first `older` of them the rest of a frame of before,
  /// when the driver took some: what became of the new frame, and up to where bytes are kept.
  @_noLocks @_noAllocation
  static func account(taken: Int, older: Int, total: Int) -> (outcome: WriteOutcome, end: Int) {
    if taken == total { return (.written, total) }
    // Nothing of the new frame has left: it is dropped, and only the older rest is kept.
    if taken <= older { return (.wouldBlock, older) }
    return (.begun, total)
  }

  /// Tries to send the rest of a frame that the driver took half of.
  ///
  /// Real-time: at most one write system call.
  @_noLocks @_noAllocation
  public mutating func flush() -> WriteOutcome {
    guard unsentByteCount > 0 else { return .written }
    let result = unsafe shim_serial_write(
      descriptor, unsent, Int32(truncatingIfNeeded: unsentByteCount))
    guard result >= 0 else { return refusal(-result) }
    keep(from: Int(result), to: unsentByteCount)
    return unsentByteCount == 0 ? .written : .begun
  }

  /// Reads what has come, at most as much as fits.
  ///
  /// Real-time: one read system call.
  @_noLocks @_noAllocation
  public mutating func read(into memory: UnsafeMutableRawBufferPointer) -> ReadOutcome {
    guard memory.count > 0, let base = memory.baseAddress else { return .nothing }
    let result = unsafe shim_serial_read(
      descriptor, base, Int32(truncatingIfNeeded: memory.count))
    if result > 0 { return .bytes(Int(result)) }
    // With VMIN 1 an empty line gives EAGAIN; nothing at all means that it hung up.
    if result == 0 { return .gone(errno: Errno.inputOutput) }
    if result == -Errno.tryAgain || result == -Errno.interrupted { return .nothing }
    return .gone(errno: -result)
  }

  /// Sleeps until bytes have come, the line is gone, or the deadline.
  ///
  /// Real-time: one system call.
  @_noLocks @_noAllocation
  public func wait(until deadline: MonotonicInstant) {
    _ = shim_serial_wait(descriptor, deadline.nanoseconds)
  }

  /// Bytes that have not left yet: in the driver's buffer, and of a frame that is half handed over.
  /// Nil when the line cannot say.
  ///
  /// Real-time: one ioctl (TIOCOUTQ).
  public var outputQueueByteCount: Int? {
    @_noLocks @_noAllocation
    get {
      let waiting = shim_serial_output_queue(descriptor)
      return waiting < 0 ? nil : Int(waiting) + unsentByteCount
    }
  }

  @_noLocks @_noAllocation
  private func refusal(_ errno: Int32) -> WriteOutcome {
    errno == Errno.tryAgain || errno == Errno.interrupted ? .wouldBlock : .gone(errno: errno)
  }

  /// Keeps bytes `start..<end` as what is still to be sent.
  @_noLocks @_noAllocation
  private mutating func keep(from start: Int, to end: Int) {
    // SAFETY: both bounds lie within what `write` put there; the regions may overlap, which
    // copyMemory allows.
    if start > 0, end > start {
      unsafe unsent.copyMemory(from: unsent + start, byteCount: end - start)
    }
    unsentByteCount = end - start
  }
}
