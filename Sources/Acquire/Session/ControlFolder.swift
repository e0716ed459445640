// Where sessions are spoken to: one socket for each process, in a folder that is this user's.

import Glibc

/// A folder of control sockets.
struct ControlFolder: Equatable {
  let path: String
  /// A user's runtime folder is made at the login, and by nobody else.
  var mayBeMade = true

  /// Where a session of this process listens, and where else one of this user's may.
  ///
  /// `RUNTIME_DIRECTORY`, which systemd sets for a service, names the one folder there is; else it
  /// is the user's own runtime folder, or one in /tmp for a user who has none.
  static func candidates(environment: (String) -> String?) -> [ControlFolder] {
    if let folders = environment("RUNTIME_DIRECTORY"),
      let first = folders.split(separator: ":").first
    {
      return [ControlFolder(path: String(first))]
    }
    let own = ControlFolder(path: "/tmp/acquire-\(geteuid())")
    guard let runtime = environment("XDG_RUNTIME_DIR"), !runtime.isEmpty else { return [own] }
    return [ControlFolder(path: runtime, mayBeMade: false), own]
  }

  /// The folder in which this process may listen; made when it is not there.
  ///
  /// - Throws: the folder is somebody else's, or others may write into it.
  static func own(environment: (String) -> String?) throws(Failure) -> ControlFolder {
    let candidates = candidates(environment: environment)
    // A runtime folder that is left of another login is passed over for the one in /tmp.
    for folder in candidates {
      if folder.mayBeMade, unsafe mkdir(folder.path, 0o700) == 0 { return folder }
      if folder.fault == nil { return folder }
    }
    let last = candidates[candidates.count - 1]
    throw Failure(
      .refused,
      "\(last.path), where this session would be spoken to, \(last.fault ?? "cannot be made"): "
        + "remove it, or set RUNTIME_DIRECTORY to a folder of your own")
  }

  /// Why nobody should listen there; nil: it is ours alone.
  private var fault: String? { fault(mayBeAnothers: false) }

  private func fault(mayBeAnothers: Bool) -> String? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return describe(errno: errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { return "is no folder" }
    guard mayBeAnothers || status.st_uid == geteuid() else { return "belongs to another user" }
    return status.st_mode & 0o022 == 0 ? nil : "can be written by other users"
  }

  /// Of the service that the package installs. Only root makes folders in /run, so that it may be
  /// another user's.
  static var service: ControlFolder { ControlFolder(path: "/run/acquire") }

  /// Where sessions are looked for; whoever names a folder means that one alone.
  static func searched(environment: (String) -> String?) -> [ControlFolder] {
    let candidates = candidates(environment: environment)
    return environment("RUNTIME_DIRECTORY") == nil ? candidates + [service] : candidates
  }

  /// The processes here that may be believed, whether they live or not.
  ///
  /// - Throws: the folder is there, and cannot be read, or a stranger may listen in it.
  func believedProcesses() throws(Failure) -> [Int32] {
    var status = stat()
    if unsafe lstat(path, &status) != 0, errno == ENOENT { return [] }
    if let fault = fault(mayBeAnothers: path == Self.service.path) {
      throw Failure(
        .refused, "\(path) \(fault): nobody in it was spoken to; see whose it is, then remove it")
    }
    return try processes()
  }

  /// The socket of a process.
  func socket(of process: Int32) -> String { "\(path)/acquire-\(process).sock" }

  /// The processes that have a socket here, whether they live or not.
  ///
  /// - Throws: the folder is there and cannot be read.
  func processes() throws(Failure) -> [Int32] {
    guard let folder = unsafe opendir(path) else {
      if errno == ENOENT { return [] }
      throw Failure(.refused, "\(path) cannot be looked into: \(describe(errno: errno))")
    }
    defer { unsafe closedir(folder) }
    var found: [Int32] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        // SAFETY: the kernel ends the name with a zero.
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      guard name.hasPrefix("acquire-"), name.hasSuffix(".sock"),
        let process = Int32(name.dropFirst(8).dropLast(5)), process > 0
      else { continue }
      found.append(process)
    }
    return found.sorted()
  }

  /// Removes the sockets behind which nobody listens any more.
  ///
  /// Whether somebody does the kernel says, not the number of the process: another process may
  /// have it by now, or see other numbers.
  func sweep() {
    guard let processes = try? processes() else { return }
    for process in processes {
      let path = socket(of: process)
      do throws(LocalSocket.Refusal) {
        _ = try LocalSocket.connect(to: path)
      } catch {
        if error == .nobody { unsafe unlink(path) }
      }
    }
  }
}
