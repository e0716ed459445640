// The program's surroundings: terminal, environment, text files, and the signals that end it.

import Glibc
import RT

/// A stream to a person or to the next program.
struct Terminal {
  static let output = Terminal(descriptor: 1)
  static let error = Terminal(descriptor: 2)

  let descriptor: Int32
  /// The same stream, for writing that does not wait.
  let nonblocking: Int32

  private init(descriptor: Int32) {
    self.descriptor = descriptor
    nonblocking = Self.openedAnew(descriptor)
  }

  /// Writes all of the text; gives up quietly when the reader is gone.
  func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }

  /// Writes a line if it can be taken at once, and drops it if not.
  ///
  /// A reader that stands still (a full pipe, Ctrl-S, a frozen connection) must never hold up the
  /// thread that listens for Ctrl-C.
  func writeIfReady(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 4_096 else { return }
    _ = writeNow(bytes[...])
  }

  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Width in columns; 80 when it cannot be known.
  var columns: Int {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}

enum WallClock {
  /// Since 1970, UTC.
  static var seconds: Int64 { Int64(time(nil)) }
}

enum Environment {
  static func value(of name: String) -> String? {
    guard let text = unsafe getenv(name) else { return nil }
    return unsafe String(cString: text)
  }
}

enum TextFile {
  /// A configuration or a model is a page or two; anything bigger is a mistake.
  private static let byteCountMaximum = 1 << 20

  /// Nil when there is no such file.
  static func readIfPresent(_ path: String) throws(Failure) -> String? {
    guard let bytes = try bytesIfPresent(path, atMost: byteCountMaximum) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(.data, "\(path) is not UTF-8 text")
    }
    return text
  }

  /// The bytes of a file that must be there.
  static func bytes(_ path: String, atMost byteCount: Int) throws(Failure) -> [UInt8] {
    guard let bytes = try bytesIfPresent(path, atMost: byteCount) else {
      throw Failure(.noInput, "there is no file \(path): check the path")
    }
    return bytes
  }

  private static func bytesIfPresent(
    _ path: String, atMost byteCountMaximum: Int
  ) throws(Failure) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let error = errno
      if error == ENOENT { return nil }
      throw Failure(.noInput, "\(path) cannot be opened: \(describe(errno: error))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe Glibc.read(descriptor, &block, block.count)
      if count == 0 { return bytes }
      guard count > 0 else {
        throw Failure(.noInput, "\(path) cannot be read: \(describe(errno: errno))")
      }
      bytes += block[..<count]
      guard bytes.count <= byteCountMaximum else {
        let limit =
          byteCountMaximum == 1 << 20 ? "a megabyte" : "\(byteCountMaximum >> 20) megabytes"
        throw Failure(.data, "\(path) is larger than \(limit) and no text file of ours")
      }
    }
  }

  static func read(_ path: String) throws(Failure) -> String {
    guard let text = try readIfPresent(path) else {
      throw Failure(.noInput, "there is no file \(path): check the path")
    }
    return text
  }

  static func write(_ text: String, to path: String) throws(Failure) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw cannotWrite(path, errno) }
    defer { close(descriptor) }
    try write(text, to: descriptor, of: path)
  }

  /// A file that was not there, whole and on its disk; nothing is left of it otherwise.
  ///
  /// What stands in its place is removed, never followed or written into: it may be a link that
  /// somebody else has put there.
  static func create(_ text: String, at path: String) throws(Failure) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    var descriptor = unsafe open(path, flags, 0o644)
    if descriptor < 0, errno == EEXIST, unsafe unlink(path) == 0 {
      descriptor = unsafe open(path, flags, 0o644)
    }
    guard descriptor >= 0 else { throw cannotWrite(path, errno) }
    defer { close(descriptor) }
    do throws(Failure) {
      try write(text, to: descriptor, of: path)
      guard fdatasync(descriptor) == 0 || errno == EINVAL else { throw notWhole(path, errno) }
    } catch {
      unsafe unlink(path)
      throw error
    }
  }

  private static func write(_ text: String, to descriptor: Int32, of path: String) throws(Failure) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      }
      guard written > 0 else { throw notWhole(path, errno) }
      rest = rest.dropFirst(written)
    }
  }

  private static func cannotWrite(_ path: String, _ error: Int32) -> Failure {
    Failure(
      .cannotCreate, "\(path) cannot be written: \(describe(errno: error)); choose another path")
  }

  private static func notWhole(_ path: String, _ error: Int32) -> Failure {
    Failure(.inputOutput, "\(path) was not written whole: \(describe(errno: error))")
  }
}

/// "No such file or directory".
func describe(errno code: Int32) -> String {
  unsafe String(cString: strerror(code))
}

/// SIGINT, SIGTERM, SIGHUP and SIGQUIT: blocked in every thread of a session, taken by the main
/// thread when it waits.
enum StopSignals {
  /// What a session hears.
  enum Heard: Equatable {
    /// The program shall end.
    case ending(String)
    /// SIGUSR1: nothing moves any more, and the session goes on.
    case emergency
  }

  /// Before the first thread is started, which inherits the mask.
  ///
  /// - Parameter emergency: SIGUSR1 too, for a session that commands.
  static func block(emergency: Bool = false) {
    var signals = set
    if emergency { unsafe sigaddset(&signals, SIGUSR1) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    // A reader that goes away shall not end a session.
    signal(SIGPIPE, SIG_IGN)
    // A session that is suspended would stand still with the joint in motion.
    signal(SIGTSTP, SIG_IGN)
    // Without this a full disk with a file-size limit would kill the process.
    signal(SIGXFSZ, SIG_IGN)
  }

  /// When all is done: what then waits for a reader, such as the last sentence on standard error,
  /// can be ended as any program can.
  static func unblock() {
    // Those that came have been heard, or came too late.
    while take(set, atMost: .zero) != nil {}
    var signals = set
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Waits for one that ends the program; nil when none came in time.
  static func wait(atMost span: Nanoseconds) -> String? { take(set, atMost: span) }

  /// Waits for one of them, an emergency included; nil when none came in time.
  static func hear(atMost span: Nanoseconds) -> Heard? {
    var signals = set
    unsafe sigaddset(&signals, SIGUSR1)
    guard let name = take(signals, atMost: span) else { return nil }
    return name == emergencyName ? .emergency : .ending(name)
  }

  private static var emergencyName: String { "SIGUSR1" }

  private static func take(_ set: sigset_t, atMost span: Nanoseconds) -> String? {
    var signals = set
    var time = timespec(
      tv_sec: Int(span.rawValue / 1_000_000_000), tv_nsec: Int(span.rawValue % 1_000_000_000))
    switch unsafe sigtimedwait(&signals, nil, &time) {
    case SIGINT: return "Ctrl-C"
    case SIGTERM: return "SIGTERM"
    case SIGHUP: return "SIGHUP"
    case SIGQUIT: return "SIGQUIT"
    case SIGUSR1: return emergencyName
    default: return nil
    }
  }

  private static var set: sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SIGINT)
    unsafe sigaddset(&set, SIGTERM)
    unsafe sigaddset(&set, SIGHUP)
    unsafe sigaddset(&set, SIGQUIT)
    return set
  }
}
