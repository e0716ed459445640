// Keeps what the rules read, so that another machine can be examined from a desk.

import RT
import SPIShim

/// Why a tree was not written.
public struct CaptureFault: Error, Equatable, Sendable {
  /// Positive.
  public let errno: Int32
  public let path: String
}

public enum Capture {
  /// Writes exactly the files that the rules have read of this machine, and the kernel's answers,
  /// below `folder`. Files that are there already are left alone, and are a fault.
  ///
  /// Of the kernel's command line only words that matter to timing are kept, of /proc/cpuinfo no
  /// serial number.
  ///
  /// - Returns: how many files.
  public static func write(_ machine: ExaminedMachine, _ plan: DoctorPlan, to folder: String)
    throws(CaptureFault) -> Int
  {
    _ = Doctor.examine(machine, plan)
    let paths = machine.files.remembered.filter { $0 != KernelAnswers.path }
    for path in paths {
      // It was there a moment ago; a process may have ended.
      guard let bytes = machine.files.bytes(path, atMost: 1 << 20) else { continue }
      try create(folder + path, withoutSecrets(bytes, path))
    }
    try create(folder + KernelAnswers.path, Array(machine.answers.text.utf8))
    return paths.count + 1
  }

  static func withoutSecrets(_ bytes: [UInt8], _ path: String) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    switch path {
    case "/proc/cmdline":
      return Array((KernelParameters(commandLine: text).words.joined(separator: " ") + "\n").utf8)
    case "/proc/cpuinfo":
      let lines = text.split(separator: "\n").filter { !$0.hasPrefix("Serial") }
      return Array(lines.map { $0 + "\n" }.joined().utf8)
    // Names of swap files and partitions say nothing that counts.
    case "/proc/swaps":
      let lines = text.split(separator: "\n")
      let areas = lines.dropFirst().indices.map { "area-\($0)\n" }.joined()
      return Array(((lines.first.map { $0 + "\n" } ?? "") + areas).utf8)
    default: return bytes
    }
  }

  private static func create(_ path: String, _ bytes: [UInt8]) throws(CaptureFault) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    // SAFETY: the strings live through the calls.
    var result = unsafe shim_make_folders(parent)
    guard result == 0 else { throw CaptureFault(errno: -result, path: parent) }
    let descriptor = unsafe shim_create_exclusively(path)
    guard descriptor >= 0 else { throw CaptureFault(errno: -descriptor, path: path) }
    defer { shim_close(descriptor) }
    result = unsafe shim_write_all_at(descriptor, bytes, bytes.count, 0)
    guard result == 0 else { throw CaptureFault(errno: -result, path: path) }
  }
}
