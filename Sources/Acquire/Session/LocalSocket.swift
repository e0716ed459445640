// A Unix stream socket: lines of text between processes of one machine. Never waits.

import Glibc
import RT

/// One end of a connection, or a listening socket; closed when it goes.
struct LocalSocket: ~Copyable {
  /// Why there is no connection.
  enum Refusal: Error, Equatable {
    /// The socket is a left-over: nobody listens.
    case nobody
    /// Somebody listens, and others are first.
    case crowded
    case other(errno: Int32)
  }

  let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// A path longer than this fits no socket's address.
  static var pathByteCountMax: Int { 107 }

  /// Listens there; the socket appears whole, readable and writable by this user alone.
  ///
  /// - Throws: why it cannot.
  static func listen(at path: String) throws(Failure) -> LocalSocket {
    // Under another name until somebody answers: one that is not listened at may be swept away.
    let temporary = path + ".new"
    guard temporary.utf8.count <= pathByteCountMax else {
      throw Failure(
        .cannotCreate,
        "\(path) is too long for a socket's name (\(pathByteCountMax - 4) bytes): set "
          + "RUNTIME_DIRECTORY to a shorter folder")
    }
    unsafe unlink(temporary)
    do throws(Refusal) {
      let socket = try open()
      // Before it has a name, so that there is no moment in which others may connect.
      try check(fchmod(socket.descriptor, 0o600))
      try check(
        unsafe withAddress(of: temporary) { address, byteCount in
          unsafe bind(socket.descriptor, address, byteCount)
        })
      try check(unsafe chmod(temporary, 0o600))
      try check(Glibc.listen(socket.descriptor, 64))
      try check(unsafe rename(temporary, path))
      return socket
    } catch {
      unsafe unlink(temporary)
      let reason: Int32
      switch error {
      case .nobody: reason = ENOENT
      case .crowded: reason = EAGAIN
      case .other(let errno): reason = errno
      }
      throw Failure(
        .cannotCreate,
        "the control socket \(path) cannot be made: \(describe(errno: reason)); set "
          + "RUNTIME_DIRECTORY to a folder that can be written")
    }
  }

  /// - Throws: why there is no connection.
  static func connect(to path: String) throws(Refusal) -> LocalSocket {
    let socket = try open()
    try check(
      unsafe withAddress(of: path) { address, byteCount in
        unsafe Glibc.connect(socket.descriptor, address, byteCount)
      })
    return socket
  }

  /// The next who wants to speak; nil when there is none.
  borrowing func accept() -> LocalSocket? {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { return nil }
    let socket = LocalSocket(descriptor: accepted)
    // It inherits nothing of the listening one.
    guard fcntl(accepted, F_SETFL, O_NONBLOCK) == 0, fcntl(accepted, F_SETFD, FD_CLOEXEC) == 0
    else { return nil }
    return socket
  }

  /// What has come, at most `byteCountMax` bytes; empty: nothing yet. Nil: the other end is gone.
  borrowing func read(atMost byteCountMax: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: byteCountMax)
    let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
    if count > 0 { return Array(bytes[..<count]) }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
  }

  /// Sends a whole line; false: the other end is gone, or does not read.
  borrowing func write(line: String) -> Bool {
    let bytes = Array((line + "\n").utf8)
    return unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  private static func open() throws(Refusal) -> LocalSocket {
    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(AF_UNIX, Int32(kind), 0)
    try check(descriptor)
    return LocalSocket(descriptor: descriptor)
  }

  private static func check(_ result: Int32) throws(Refusal) {
    guard result < 0 else { return }
    switch errno {
    case ECONNREFUSED, ENOENT: throw .nobody
    case EAGAIN: throw .crowded
    case let other: throw .other(errno: other)
    }
  }

  private static func withAddress(
    of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    let bytes = Array(path.utf8)
    guard bytes.count <= pathByteCountMax else {
      errno = ENAMETOOLONG
      return -1
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // SAFETY: the path is shorter than the field, whose rest is zero.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    return unsafe withUnsafePointer(to: address) { pointer in
      // SAFETY: the kernel knows by the family that it is a sockaddr_un.
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

/// Bytes that become lines, none of them longer than a limit.
struct LineBuffer {
  static var lineByteCountMax: Int { 256 }

  private var bytes: [UInt8] = []

  /// Whole lines, without their ends; nil: somebody sends what is no line.
  mutating func take(_ new: [UInt8], lineByteCountMax: Int = Self.lineByteCountMax) -> [String]? {
    bytes += new
    var lines: [String] = []
    while let end = bytes.firstIndex(of: 10) {
      guard end <= lineByteCountMax else { return nil }
      lines.append(String(decoding: bytes[..<end], as: UTF8.self))
      bytes.removeFirst(end + 1)
    }
    return bytes.count <= lineByteCountMax ? lines : nil
  }
}
