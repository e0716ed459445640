// /proc and /sys as the rules see them; whatever they read is remembered, so that it can be kept.

public import RT
import Synchronization

/// Files of this machine or of a captured tree. Remembers the paths that were there.
public struct ExaminedFiles: Sendable {
  let files: SystemFiles
  private let log = ReadLog()

  public init(_ files: SystemFiles) { self.files = files }

  func text(_ path: String) -> String? {
    guard let text = files.text(path) else { return nil }
    remember(path)
    return text
  }

  /// The first line, without spaces around it; nil for no file and for an empty one.
  func line(_ path: String) -> String? {
    text(path)?.split(separator: "\n").first.map { String($0.trimmed) }
  }

  func number(_ path: String) -> Int64? { line(path).flatMap { Int64($0) } }

  func bytes(_ path: String, atMost limit: Int) -> [UInt8]? {
    guard let bytes = files.bytes(path, atMost: limit) else { return nil }
    remember(path)
    return bytes
  }

  /// A folder leaves no trace: rules read a file in each that matters.
  func names(in folder: String, prefix: String = "") -> [String] {
    files.names(in: folder, prefix: prefix)
  }

  /// Of a file that is read by many and concerns few, such as those of all processes.
  func textUnremembered(_ path: String) -> String? { files.text(path) }

  func remember(_ path: String) { log.paths.withLock { _ = $0.insert(path) } }

  /// What was read so far, sorted.
  var remembered: [String] { log.paths.withLock { $0.sorted() } }
}

private final class ReadLog: Sendable {
  let paths = Mutex<Set<String>>([])
}

extension Substring {
  /// Without spaces, tabs and zero bytes around it.
  var trimmed: Substring {
    func isBlank(_ character: Character) -> Bool {
      character == " " || character == "\t" || character == "\0"
    }
    guard let first = firstIndex(where: { !isBlank($0) }),
      let last = lastIndex(where: { !isBlank($0) })
    else { return Substring() }
    return self[first...last]
  }
}

extension StringProtocol {
  /// Words between any of spaces, tabs and zero bytes.
  var words: [String] {
    let blanks: Set<Character> = [" ", "\t", "\0", "\n"]
    return split { blanks.contains($0) }.map { String($0) }
  }
}
