// A stable name for a pseudo-terminal.

internal import SPIShim

/// A symbolic link, there as long as this is.
struct TerminalLink: ~Copyable, Sendable {
  private let target: String
  private let link: String

  /// - Throws: `linkOccupied` when something else stands there.
  init(to target: String, at link: String) throws(EmulatorFault) {
    self.target = target
    self.link = link
    let linked = unsafe target.withCString { target in
      unsafe link.withCString { unsafe shim_pty_link(target, $0) }
    }
    if linked == -FileExists.errno { throw .linkOccupied(path: link) }
    guard linked == 0 else {
      throw .system(operation: "making the link", path: link, errno: -linked)
    }
  }

  deinit {
    _ = unsafe target.withCString { target in
      unsafe link.withCString { unsafe shim_pty_unlink(target, $0) }
    }
  }
}
