// Why an emulator cannot be had.

/// An error that an operator can mend. `message` says what is wrong, with what, and what to do.
public enum EmulatorFault: Error, Equatable, Sendable {
  /// An emulator was asked for what the device cannot be or do.
  case unsuitable(what: String, remedy: String)
  /// Something stands where a link to a pseudo-terminal was to be made.
  case linkOccupied(path: String)
  /// The file for the truth is there already.
  case truthExists(path: String)
  /// The truth could not be created or written whole.
  case truthNotWritten(path: String, errno: Int32)
  /// The kernel gave no thread.
  case notStarted(reason: String)
  /// A kernel call failed.
  case system(operation: String, path: String, errno: Int32)

  public var message: String {
    switch self {
    case .unsuitable(let what, let remedy): "\(what) is not possible: \(remedy)"
    case .linkOccupied(let path):
      "\(path) exists and is no link to a pseudo-terminal: name another path for the link"
    case .truthExists(let path):
      "\(path) exists already and is not overwritten: remove it, or name another file"
    case .truthNotWritten(let path, let errno):
      "the truth could not be written to \(path) (errno \(errno)): choose another folder, or make"
        + " room on the disk"
    case .notStarted(let reason):
      "the board's thread was not started: \(reason); end other programs and try again"
    case .system(let operation, let path, let errno):
      "\(operation) failed on \(path) (errno \(errno)): see that /dev/pts is mounted and not full"
    }
  }
}
