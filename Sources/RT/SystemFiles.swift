// /proc and /sys: of this machine, or of one whose files were kept.

import SPIShim

/// A tree of small text files, as the kernel shows itself.
public struct SystemFiles: Sendable, Equatable {
  /// Stands before every path; empty for this machine.
  public let root: String

  public static var ofThisMachine: SystemFiles { SystemFiles(root: "") }

  public init(root: String) { self.root = root }

  /// The text of a file, at most 64 KB of it unless told; nil when it cannot be read.
  ///
  /// - Parameter path: absolute, such as "/proc/cmdline".
  public func text(_ path: String, atMost byteCount: Int = 65_536) -> String? {
    ProcFile.text(root + path, atMost: byteCount)
  }

  /// The first bytes of a file, text or not; nil when it cannot be opened.
  public func bytes(_ path: String, atMost limit: Int) -> [UInt8]? {
    ProcFile.bytes(root + path, atMost: limit)
  }

  /// The first line, without spaces around it.
  public func line(_ path: String) -> String? { ProcFile.line(root + path) }

  public func number(_ path: String) -> Int64? { line(path).flatMap { Int64($0) } }

  /// Names in a folder that begin with `prefix`, sorted; empty when there is no such folder.
  public func names(in folder: String, prefix: String = "") -> [String] {
    var bytes = [CChar](repeating: 0, count: 262_144)
    let count = unsafe shim_device_names(root + folder, prefix, &bytes, bytes.count)
    guard count > 0 else { return [] }
    return bytes.split(separator: 0, omittingEmptySubsequences: true).prefix(Int(count))
      .map { String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self) }.sorted()
  }

  /// Where a link leads, its last part alone: the name of a driver or of a bus; nil for no link.
  public func lastPart(ofLink path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 4_096)
    guard unsafe shim_real_path(root + path, &bytes, bytes.count) == 0 else { return nil }
    let real = bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    return String(decoding: real, as: UTF8.self).split(separator: "/").last.map(String.init)
  }
}
