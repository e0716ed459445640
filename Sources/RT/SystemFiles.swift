// /proc and /sys: of this machine, or of one whose files were kept.

import SPIShim

/// A tree of small text files, as the kernel shows itself.
///
/// One that was kept may come from anybody, and root may examine it: below `root` only regular
/// files are read, and no link and no ".." is followed.
public struct SystemFiles: Sendable, Equatable {
  /// Stands before every path; empty for this machine.
  public let root: String

  public static var ofThisMachine: SystemFiles { SystemFiles(root: "") }

  public init(root: String) { self.root = root }

  private var isOfThisMachine: Bool { root.isEmpty }

  /// The text of a file, at most 64 KB of it unless told; nil when it cannot be read.
  ///
  /// - Parameter path: absolute, such as "/proc/cmdline".
  public func text(_ path: String, atMost byteCount: Int = 65_536) -> String? {
    bytes(path, atMost: byteCount).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The first bytes of a file, text or not; nil when it cannot be opened.
  public func bytes(_ path: String, atMost limit: Int) -> [UInt8]? {
    isOfThisMachine
      ? ProcFile.bytes(path, atMost: limit)
      : ProcFile.bytes(opened: unsafe shim_open_beneath(root, path), atMost: limit)
  }

  /// The first line, without spaces around it.
  public func line(_ path: String) -> String? { text(path).flatMap(ProcFile.firstLine) }

  public func number(_ path: String) -> Int64? { line(path).flatMap { Int64($0) } }

  /// Names in a folder that begin with `prefix`, sorted; empty when there is no such folder.
  public func names(in folder: String, prefix: String = "") -> [String] {
    var bytes = [CChar](repeating: 0, count: 262_144)
    let count =
      isOfThisMachine
      ? unsafe shim_device_names(folder, prefix, &bytes, bytes.count)
      : unsafe shim_names_beneath(root, folder, prefix, &bytes, bytes.count)
    guard count > 0 else { return [] }
    return bytes.split(separator: 0, omittingEmptySubsequences: true).prefix(Int(count))
      .map { String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self) }.sorted()
  }

  /// Where a link leads, its last part alone: the name of a driver or of a bus; nil for no link,
  /// and where files were kept, which have none.
  public func lastPart(ofLink path: String) -> String? {
    guard isOfThisMachine else { return nil }
    var bytes = [CChar](repeating: 0, count: 4_096)
    guard unsafe shim_real_path(path, &bytes, bytes.count) == 0 else { return nil }
    let real = bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    return String(decoding: real, as: UTF8.self).split(separator: "/").last.map(String.init)
  }
}
