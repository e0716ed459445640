// The repository's own text files, as the tidy tests see them.

import Foundation
import TestSupport

struct SourceFile {
  /// From the root, such as "Sources/RT/Ring.swift".
  let path: String
  let text: String

  init(path: String, text: String) {
    self.path = path
    self.text = text
  }

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  var isSwift: Bool { path.hasSuffix(".swift") }
  /// "RT" of "Sources/RT/Ring.swift"; nil outside of Sources.
  var target: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  func offence(_ line: Int, _ what: String) -> String { "\(path):\(line): \(what)" }
}

enum Tree {
  private static let codeEndings = ["swift", "c", "h", "cpp", "py"]
  private static let textEndings =
    codeEndings + ["md", "toml", "rules", "service", "sysusers", "limits", "dts", "txt", "yml"]

  /// Swift, C and Python of Sources, Tests and Benchmarks.
  static func code() throws -> [SourceFile] {
    try files(in: ["Sources", "Tests", "Benchmarks"], endings: codeEndings)
  }

  /// Everything that a person may read, the Makefile and the CI script included.
  static func texts() throws -> [SourceFile] {
    let folders = ["Sources", "Tests", "Benchmarks", "docs", "hardware", "udev", "systemd"]
    let single = ["Package.swift", "Makefile", ".ci/run", "README.md", "CHANGELOG.md"]
    return try files(in: folders, endings: textEndings) + single.compactMap { file($0) }
  }

  static func file(_ path: String) -> SourceFile? {
    (try? String(contentsOfFile: Repository.path(path), encoding: .utf8)).map {
      SourceFile(path: path, text: $0)
    }
  }

  private static func files(in folders: [String], endings: [String]) throws -> [SourceFile] {
    var found: [SourceFile] = []
    for folder in folders {
      let walker = FileManager.default.enumerator(atPath: Repository.path(folder))
      while let relative = walker?.nextObject() as? String {
        let ending = relative.split(separator: ".").last.map(String.init) ?? ""
        guard endings.contains(ending), !relative.contains("__pycache__") else { continue }
        let path = "\(folder)/\(relative)"
        let text = try String(contentsOfFile: Repository.path(path), encoding: .utf8)
        found.append(SourceFile(path: path, text: text))
      }
    }
    return found
  }
}
