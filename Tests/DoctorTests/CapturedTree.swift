// A machine from Machines/NAME.txt, expanded into a folder.

import Foundation
import RT
import TestSupport
import Testing

@testable import Doctor

/// The format: `PATH = one line`, or `PATH:` and lines that begin with "| "; `\t` and `\0` stand
/// for what they say; `process NUMBER fifo|other PRIORITY NAME [TERMINAL]` makes /proc/NUMBER/stat.
struct CapturedTree {
  let folder: TemporaryFolder

  /// It reads its files when it is asked: only within the closure the folder is surely there.
  func machine<Result>(_ use: (ExaminedMachine) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(folder) { try use(.captured(folder.path)) }
  }

  func findings(_ plan: DoctorPlan) -> [Finding] { machine { Doctor.examine($0, plan) } }

  var files: SystemFiles { SystemFiles(root: folder.path) }

  init(_ name: String) throws {
    folder = try TemporaryFolder()
    let text = try String(
      contentsOfFile: Repository.path("Tests/DoctorTests/Machines/\(name).txt"), encoding: .utf8)
    var open: (path: String, lines: [String])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) {
      if line.hasPrefix("| ") || line == "|" {
        open?.lines.append(Self.unescaped(String(line.dropFirst(2))))
        continue
      }
      if let done = open { try write(done.path, done.lines.map { $0 + "\n" }.joined()) }
      open = nil
      if line.hasPrefix("#") { continue }
      if line.hasPrefix("process ") {
        try writeProcess(line.split(separator: " ").map(String.init))
      } else if line.hasSuffix(":"), !line.contains(" = ") {
        open = (String(line.dropLast()), [])
      } else {
        let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
        try #require(line.hasPrefix("/"), "\(name): \(line)")
        let value = parts.count == 2 ? String(parts[1].dropFirst()) : ""
        try write(String(parts[0].dropLast()), Self.unescaped(value) + "\n")
      }
    }
    if let done = open { try write(done.path, done.lines.map { $0 + "\n" }.joined()) }
  }

  func write(_ path: String, _ text: String) throws { try write(path, Data(text.utf8)) }

  func write(_ path: String, _ data: Data) throws {
    let url = URL(fileURLWithPath: folder.path + path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: folder.path + path)
  }

  /// Every file, below the folder, sorted.
  var paths: [String] {
    let url = URL(fileURLWithPath: folder.path)
    let walker = FileManager.default.enumerator(
      at: url, includingPropertiesForKeys: [.isRegularFileKey])
    var found: [String] = []
    while let file = walker?.nextObject() as? URL {
      guard (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true else {
        continue
      }
      found.append(String(file.path.dropFirst(folder.path.count)))
    }
    return found.sorted()
  }

  /// proc(5): 52 fields, of which the rules read the number, the name, the terminal (7), the
  /// flags (9), the real-time priority (40) and the policy (41).
  private func writeProcess(_ words: [String]) throws {
    let terminal = words.last.flatMap { word -> Int? in
      let parts = word.split(separator: ":").compactMap { Int($0) }
      return parts.count == 2 ? (parts[1] & 0xFF) | parts[0] << 8 : nil
    }
    let name = words.dropFirst(4).prefix(words.count - 4 - (terminal == nil ? 0 : 1))
    var fields = [String](repeating: "0", count: 50)
    fields[0] = "S"
    fields[4] = String(terminal ?? 0)
    // Flags: PF_KTHREAD for the kernel's own.
    fields[6] = words[4].hasPrefix("irq/") ? "2129984" : "4194560"
    fields[37] = words[3]
    fields[38] = words[2] == "fifo" ? "1" : "0"
    try write(
      "/proc/\(words[1])/stat",
      "\(words[1]) (\(name.joined(separator: " "))) \(fields.joined(separator: " "))\n")
  }

  private static func unescaped(_ text: String) -> String {
    text.replacingOccurrences(of: "\\t", with: "\t").replacingOccurrences(of: "\\0", with: "\0")
  }
}
