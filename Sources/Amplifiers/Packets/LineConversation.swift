// Talking to a firmware in text, before the stream: not on the real-time path.

import RT

/// One line, and what is said on it. May wait, may allocate.
struct LineConversation: ~Copyable {
  /// Where the line ends, for messages: "/dev/ttyUSB0", "/dev/bus/usb/001/004".
  let device: String
  var line: LineMemory
  /// Ends it early, by a throw.
  private let stop: StopSignal?

  init(_ handle: LineHandle, device: String, stop: StopSignal? = nil) {
    self.device = device
    self.stop = stop
    line = LineMemory(handle)
  }

  /// - Throws: `.system` when the line is gone.
  mutating func send(_ bytes: [UInt8]) throws(AmplifierFault) {
    // The message before may be on its way for a moment.
    for _ in 0..<100 {
      let result = unsafe bytes.withUnsafeBytes { unsafe line.send($0) }
      if result == 0 { return }
      guard result == -Errno.tryAgain else {
        throw AmplifierFault(errno: result, operation: "write", device: device)
      }
      _ = try receive(for: .milliseconds(10))
    }
    throw .noAnswer(device: device, hint: "it does not take a command, as if it were hung up")
  }

  /// What came within a time, and was there before.
  mutating func receive(for span: Nanoseconds) throws(AmplifierFault) -> [UInt8] {
    let deadline = MonotonicInstant.now() + span
    var bytes: [UInt8] = []
    repeat {
      if stop?.isRaised == true { throw .line("it was told to stop") }
      let result = line.receive(until: min(deadline, .now() + .milliseconds(50)))
      guard result >= 0 else {
        throw AmplifierFault(errno: result, operation: "read", device: device)
      }
      unsafe bytes += UnsafeRawBufferPointer(start: line.bytes, count: line.count)
      line.drop(line.count)
    } while MonotonicInstant.now() < deadline
    return bytes
  }

  /// Sends a command and reads its reply.
  ///
  /// - Returns: the reply without its terminator; nil when none ended in time.
  mutating func ask(
    _ command: String, terminator: String, within span: Nanoseconds
  ) throws(AmplifierFault) -> String? {
    _ = try receive(for: .zero)
    try send(Array(command.utf8))
    let deadline = MonotonicInstant.now() + span
    var bytes: [UInt8] = []
    let end = Array(terminator.utf8)
    while MonotonicInstant.now() < deadline {
      bytes += try receive(for: .milliseconds(5))
      // A reply has a few hundred bytes; a stream has no end.
      if bytes.count > 16_384 { return nil }
      if let found = bytes.firstRange(of: end) {
        return String(decoding: bytes[..<found.lowerBound], as: UTF8.self)
      }
    }
    return nil
  }

  /// Waits until nothing has come for a while: the end of a stream that was stopped.
  mutating func awaitQuiet(_ span: Nanoseconds, within limit: Nanoseconds) throws(AmplifierFault)
    -> Bool
  {
    let deadline = MonotonicInstant.now() + limit
    while MonotonicInstant.now() < deadline {
      if try receive(for: span).isEmpty { return true }
    }
    return false
  }
}
