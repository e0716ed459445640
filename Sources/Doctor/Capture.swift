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
  /// Writes the files that the rules have read of this machine, without what is nobody's business,
  /// and the kernel's answers, into `folder`.
  ///
  /// - Parameter folder: must not exist yet, so that nothing is written through somebody's link.
  /// - Returns: how many files.
  public static func write(_ machine: ExaminedMachine, _ plan: DoctorPlan, to folder: String)
    throws(CaptureFault) -> Int
  {
    _ = Doctor.examine(machine, plan)
    // SAFETY: the string lives through the call.
    let result = unsafe shim_make_folder_exclusively(folder)
    guard result == 0 else { throw CaptureFault(errno: -result, path: folder) }
    var count = 0
    for path in machine.files.remembered where path != KernelAnswers.path {
      // It was there a moment ago; a process may have ended.
      guard let bytes = machine.files.bytes(path, atMost: 1 << 20) else { continue }
      let kept = Discretion.kept(bytes, path, machine.kernel)
      try create(folder + kept.path, kept.bytes)
      count += 1
    }
    try create(folder + KernelAnswers.path, Array(machine.answers.text.utf8))
    return count + 1
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
