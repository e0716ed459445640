// Small text files of /proc and /sys.

import SPIShim

public enum ProcFile {
  /// The text of a file; nil when it cannot be read.
  ///
  /// - Parameter limit: more than so many bytes of it are not read, or little more.
  public static func text(_ path: String, atMost limit: Int = 65_536) -> String? {
    bytes(path, atMost: limit).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The first bytes of a file; nil when it cannot be opened.
  public static func bytes(_ path: String, atMost limit: Int) -> [UInt8]? {
    // O_NONBLOCK: whoever put a pipe where a file belongs shall not stop us.
    bytes(opened: unsafe shim_open(path, 0o4000), atMost: limit)
  }

  /// The same of a file that is open, and closed then; nil for an -errno.
  static func bytes(opened descriptor: Int32, atMost limit: Int) -> [UInt8]? {
    guard descriptor >= 0 else { return nil }
    defer { shim_close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4_096)
    while bytes.count < limit {
      let count = unsafe shim_read(descriptor, &block, block.count)
      guard count > 0 else { break }
      bytes += block[..<Int(count)]
    }
    return bytes
  }

  /// The first line, without spaces around it.
  public static func line(_ path: String) -> String? { text(path).flatMap(firstLine) }

  static func firstLine(of text: String) -> String? {
    text.split(separator: "\n").first.map {
      String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }
}
