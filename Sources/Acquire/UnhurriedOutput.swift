// Writing to a reader that may stand still, by the thread that listens for signals.
//
// Ctrl-S, a full pipe and a frozen connection stop a reader for good. Whoever waits for it in a
// write, with the signals blocked, ends by SIGKILL alone.

import Glibc
import RT

/// One text is on its way at most; who comes meanwhile is told so and keeps what it has.
struct UnhurriedOutput: ~Copyable {
  private let terminal: Terminal
  private var rest: ArraySlice<UInt8> = []

  init(_ terminal: Terminal) { self.terminal = terminal }

  /// Hands over what the reader takes at once; whether nothing is left.
  mutating func isIdle() -> Bool {
    while !rest.isEmpty {
      // A reader that is gone has everything that it will ever have.
      guard let count = terminal.writeNow(rest) else {
        rest = []
        break
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Takes a text and hands over what can be at once; false: an older one is on its way, and this
  /// one was not taken.
  mutating func offer(_ text: String) -> Bool {
    guard isIdle() else { return false }
    rest = Array(text.utf8)[...]
    _ = isIdle()
    return true
  }

  /// Waits for the reader until it has everything, a signal comes that ends programs, or it took
  /// nothing for too long. Whether it has everything.
  ///
  /// - Parameter patience: nil: a person may be reading page by page; only a signal ends it.
  mutating func finish(_ text: String, patience: Nanoseconds?) -> Bool {
    rest += Array(text.utf8)
    var moved = MonotonicInstant.now()
    var left = rest.count
    while !isIdle() {
      let now = MonotonicInstant.now()
      if rest.count < left { moved = now }
      left = rest.count
      if let patience, now - moved > patience { return false }
      terminal.waitUntilReady(atMost: .milliseconds(20))
      if StopSignals.wait(atMost: .zero) != nil { return isIdle() }
    }
    return true
  }
}

extension Terminal {
  /// A run's last text: ends with a signal, too. Blocks no longer than its reader does.
  func writeLast(_ text: String) {
    var output = UnhurriedOutput(self)
    _ = output.finish(text, patience: nil)
  }

  /// Writes what is taken at once, 4096 bytes at most: so many a pipe that is ready takes whole.
  /// How many it were; nil: the reader is gone.
  func writeNow(_ bytes: ArraySlice<UInt8>) -> Int? {
    var entry = pollfd(fd: nonblocking, events: Int16(POLLOUT), revents: 0)
    guard unsafe poll(&entry, 1, 0) == 1 else { return 0 }
    guard entry.revents & Int16(POLLOUT) != 0 else { return nil }
    let written = unsafe bytes.withUnsafeBytes { bytes in
      unsafe Glibc.write(nonblocking, bytes.baseAddress, min(4_096, bytes.count))
    }
    guard written < 0 else { return written }
    return errno == EAGAIN || errno == EINTR ? 0 : nil
  }

  fileprivate func waitUntilReady(atMost span: Nanoseconds) {
    var entry = pollfd(fd: nonblocking, events: Int16(POLLOUT), revents: 0)
    _ = unsafe poll(&entry, 1, Int32(clamping: span.rawValue / 1_000_000))
  }

  /// A terminal or a pipe opened anew: O_NONBLOCK belongs to what was opened, and what the shell
  /// has opened the shell and all its children use. Without it a terminal that is ready for one
  /// byte makes the writer of two wait. The descriptor itself where that is refused (a terminal of
  /// another user), and for files, which have a place of their own in each.
  static func openedAnew(_ descriptor: Int32) -> Int32 {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return descriptor }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFIFO || kind == S_IFCHR else { return descriptor }
    let opened = unsafe open(
      "/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    return opened < 0 ? descriptor : opened
  }
}
