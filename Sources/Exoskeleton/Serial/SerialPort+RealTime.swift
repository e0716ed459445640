// Real-time: the decoding thread. `write` and `read` are one system call each and never wait;
// `outputQueueByteCount` is one ioctl. No function here allocates, locks or loops over anything
// but the bytes of a frame.

internal import SPIShim

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
    let taken = Int(result)
    if taken == total {
      unsentByteCount = 0
      return .written
    }
    if taken <= older {
      keep(from: taken, to: older)
      return .wouldBlock
    }
    keep(from: taken, to: total)
    return .begun
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
