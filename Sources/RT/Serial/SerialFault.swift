// Why a serial port cannot be used.

/// An error that an operator can mend. `message` says what is wrong, with what, and what to do.
public enum SerialFault: Error, Equatable, Sendable {
  /// Nothing is there by that name.
  case missing(path: String)
  /// The device may not be opened by this user.
  case permissionDenied(path: String)
  /// Another process holds the device.
  case busy(path: String)
  /// The path is a file, a folder or a device that is no serial line.
  case notATerminal(path: String)
  /// The driver took another rate than the one asked for.
  case baudRefused(path: String, requested: UInt32, got: UInt32)
  /// A virtual device was asked for what it cannot be.
  case unsuitable(what: String, remedy: String)
  /// Something stands where a link to a pseudo-terminal was to be made.
  case linkOccupied(path: String)
  /// A kernel call failed.
  case system(operation: String, path: String, errno: Int32)

  public var message: String {
    switch self {
    case .missing(let path):
      "there is no serial device \(path): plug the adapter in, or name another port"
        + " (ls /dev/serial/by-id)"
    case .permissionDenied(let path):
      "\(path) may not be opened by this user: join the group dialout"
        + " (sudo usermod -aG dialout $USER) and log in again"
    case .busy(let path):
      "\(path) is held by another program: end it (fuser -v \(path)) or name another port"
    case .notATerminal(let path):
      "\(path) is no serial line: name a device such as /dev/ttyUSB0 or /dev/ttyAMA0"
    case .baudRefused(let path, let requested, let got):
      "\(path) was asked for \(requested) baud and took \(got):"
        + " choose a rate that the adapter can divide down to"
    case .unsuitable(let what, let remedy):
      "\(what) is not possible: \(remedy)"
    case .linkOccupied(let path):
      "\(path) exists and is no link to a pseudo-terminal: name another path for the link"
    case .system(let operation, let path, let errno):
      "\(operation) failed on \(path) (errno \(errno)): unplug the adapter, plug it in again, and"
        + " read the kernel's log (dmesg)"
    }
  }
}
