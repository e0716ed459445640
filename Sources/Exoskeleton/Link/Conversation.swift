// Questions before a session, asked in a protocol's own bytes. Not real-time.

internal import RT
internal import SPIShim

extension ExoskeletonLink {
  /// Asks every 100 ms until an answer is understood, or until the deadline. When it has asked more
  /// than once it waits for the other answers too, which would be taken for the next question's.
  ///
  /// - Parameter understand: takes from what has come; nil: not there yet.
  /// - Throws: why nothing came.
  mutating func ask<Answer>(
    _ question: [UInt8], until deadline: MonotonicInstant,
    understand: (inout ByteQueue) -> Answer?
  ) throws(LinkFault) -> Answer {
    let start = MonotonicInstant.now()
    var nextQuestion = start
    var questionCount = 0
    while true {
      let now = MonotonicInstant.now()
      if now >= nextQuestion {
        wire.queue.clear()
        let outcome = unsafe question.withUnsafeBytes { unsafe port.write($0) }
        if case .gone(let errno) = outcome { throw lost(errno) }
        nextQuestion = now + .milliseconds(100)
        questionCount += 1
      }
      switch unsafe port.read(into: wire.queue.freeMemory()) {
      case .nothing: break
      case .gone(let errno): throw lost(errno)
      case .bytes(let byteCount):
        wire.queue.received(byteCount)
        counted.receivedBytes += UInt64(byteCount)
        if let answer = understand(&wire.queue) {
          if questionCount > 1 { forgetLateAnswers() }
          return answer
        }
      }
      if now >= deadline || isInterrupted { throw silence(waited: deadline - start) }
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

  private mutating func forgetLateAnswers() {
    _ = shim_sleep_until((MonotonicInstant.now() + .milliseconds(50)).nanoseconds)
    wire.queue.clear()
    if case .bytes(let byteCount) = unsafe port.read(into: wire.queue.freeMemory()) {
      wire.queue.received(byteCount)
      wire.queue.clear()
    }
  }

  private mutating func lost(_ errno: Int32) -> LinkFault {
    goneErrno = errno
    return .gone(path: port.path, errno: errno)
  }
}
