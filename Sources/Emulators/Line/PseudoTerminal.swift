// The near end of a pseudo-terminal: where a board's bytes go, whether anybody is there or not.

internal import RT
internal import SPIShim

/// Raw from the beginning. The board goes on when nobody has the other end open, or everybody has
/// closed it; what nobody takes is dropped.
struct PseudoTerminal: ~Copyable {
  /// How long nobody's coming may stay unnoticed.
  private static var lookAgain: Nanoseconds { .milliseconds(2) }
  /// Beyond it whole messages are lost.
  static var backlogMax: Int { 1 << 20 }

  /// The other end.
  let path: String
  private let master: OwnedDescriptor
  /// Nobody has the other end open.
  private(set) var isAlone = true
  /// What the line had no room for yet, from `backlogStart` on: whole messages, the first perhaps
  /// without its beginning. A terminal holds 64 kB, of a BioSemi less than 20 ms.
  private var backlog: [UInt8] = []
  private var backlogStart = 0

  private init(master: consuming OwnedDescriptor, path: String) {
    self.master = master
    self.path = path
  }

  /// A new one.
  ///
  /// - Throws: `system` when there is none to be had.
  static func open() throws(EmulatorFault) -> PseudoTerminal {
    var name = [CChar](repeating: 0, count: 64)
    let descriptor = unsafe shim_pty_open(&name, Int32(name.count))
    guard descriptor >= 0 else {
      throw .system(operation: "opening a terminal", path: "/dev/ptmx", errno: -descriptor)
    }
    let master = OwnedDescriptor(descriptor)
    let path = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Linux sets the other end's line discipline through this one.
    let configured = shim_serial_configure(descriptor, 115_200)
    guard configured == 0 else {
      throw .system(operation: "setting the line", path: path, errno: -configured)
    }
    let discarded = unsafe path.withCString { unsafe shim_pty_discard($0) }
    guard discarded == 0 else {
      throw .system(operation: "opening the far end", path: path, errno: -discarded)
    }
    return PseudoTerminal(master: master, path: path)
  }

  /// Sleeps until bytes come, but no longer than `span`.
  mutating func wait(atMost span: Nanoseconds) {
    let wasAlone = isAlone
    var seen = shim_pty_wait(master.rawValue, wasAlone ? 0 : max(span, .zero).rawValue)
    if wasAlone, seen & SHIM_PTY_INPUT == 0 {
      // Of an end that nobody has open, poll would come back at once.
      let until = MonotonicInstant.now() + min(max(span, .zero), Self.lookAgain)
      _ = shim_sleep_until(until.nanoseconds)
      seen = shim_pty_wait(master.rawValue, 0)
    }
    guard seen >= 0 else { return }
    isAlone = seen & SHIM_PTY_ALONE != 0
    if isAlone, !wasAlone {
      backlog = []
      backlogStart = 0
      _ = unsafe path.withCString { unsafe shim_pty_discard($0) }
    }
  }

  /// What the host has sent since the last call.
  func read() -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4_096)
    // The line holds a few blocks at most; a host that never ends shall not hold the board up.
    for _ in 0..<16 {
      let count = unsafe shim_serial_read(master.rawValue, &block, Int32(block.count))
      guard count > 0 else { break }
      bytes += block[..<Int(count)]
    }
    return bytes
  }

  /// Hands over what a turn has made; what the line does not take is lost in the turn's truth.
  mutating func send(_ turn: inout Turn) {
    guard !isAlone else {
      _ = turn.lineTook(0)
      return
    }
    flush()
    let taken = hasBacklog ? 0 : write(turn.bytes[...])
    let kept = min(turn.bytes.count, taken + max(0, Self.backlogMax - backlogByteCount))
    let rest = turn.lineTook(kept)
    backlog += turn.bytes[taken..<kept]
    backlog += rest
  }

  private var backlogByteCount: Int { backlog.count - backlogStart }
  var hasBacklog: Bool { backlogByteCount > 0 }

  private mutating func flush() {
    guard hasBacklog else { return }
    backlogStart += write(backlog[backlogStart...])
    // Half of it is done: the rest moves to the front.
    guard backlogStart * 2 >= backlog.count else { return }
    backlog.removeFirst(backlogStart)
    backlogStart = 0
  }

  /// How many bytes were taken.
  private func write(_ bytes: ArraySlice<UInt8>) -> Int {
    var taken = 0
    while taken < bytes.count {
      let rest = bytes.dropFirst(taken)
      let result = unsafe rest.withUnsafeBufferPointer { buffer in
        unsafe shim_serial_write(master.rawValue, buffer.baseAddress, Int32(buffer.count))
      }
      guard result > 0 else { break }
      taken += Int(result)
    }
    return taken
  }
}
