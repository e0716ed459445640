// Questions before a session, asked in a protocol's own bytes. Not real-time.

internal import RT
internal import SPIShim

extension ExoskeletonLink {
  /// Asks every 100 ms until an answer is understood, or until the deadline.
  ///
  /// - Parameter understand: takes from what has come; nil: not there yet.
  /// - Throws: why nothing came.
  mutating func ask<Answer>(
    _ question: [UInt8], until deadline: MonotonicInstant,
    understand: (inout ByteQueue) -> Answer?
  ) throws(LinkFault) -> Answer {
    let start = MonotonicInstant.now()
    var nextQuestion = start
    while true {
      let now = MonotonicInstant.now()
      if now >= nextQuestion {
        wire.queue.clear()
        let outcome = unsafe question.withUnsafeBytes { unsafe port.write($0) }
        if case .gone(let errno) = outcome { throw lost(errno) }
        nextQuestion = now + .milliseconds(100)
      }
      switch unsafe port.read(into: wire.queue.freeMemory()) {
      case .nothing: break
      case .gone(let errno): throw lost(errno)
      case .bytes(let byteCount):
        wire.queue.received(byteCount)
        counted.receivedBytes += UInt64(byteCount)
        if let answer = understand(&wire.queue) { return answer }
      }
      if now >= deadline { throw silence(waited: deadline - start) }
      _ = shim_sleep_until((now + .milliseconds(1)).nanoseconds)
    }
  }

  /// What a protocol would write.
  func bytes(_ put: (inout ByteWriter) -> Void) -> [UInt8] {
    var memory = [UInt8](repeating: 0, count: Self.frameCapacity)
    let byteCount = unsafe memory.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return 0 }
      var out = unsafe ByteWriter(base, capacity: memory.count)
      put(&out)
      return out.byteCount
    }
    return Array(memory[..<byteCount])
  }

  private mutating func lost(_ errno: Int32) -> LinkFault {
    goneErrno = errno
    return .gone(path: port.path, errno: errno)
  }
}
