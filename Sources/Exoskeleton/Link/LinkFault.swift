// Why an exoskeleton could not be brought into contact.

public import RT

/// An error that an operator can mend; `message` says how.
public enum LinkFault: Error, Equatable, Sendable {
  /// Not one byte came.
  case silent(path: String, waited: Nanoseconds)
  /// Bytes came, but no frame.
  case garbled(path: String, baud: UInt32, byteCount: UInt64)
  /// Frames of another version of the protocol came.
  case wrongVersion(path: String, found: UInt8, expected: UInt8)
  /// Our own commands came back.
  case echo(path: String)
  /// The port went away while we waited.
  case gone(path: String, errno: Int32)
  /// It answers, and cannot be used as it is set up.
  case unsuitable(path: String, what: String, remedy: String)

  public var message: String {
    switch self {
    case .silent(let path, let waited):
      "nothing answered on \(path) within \(Int(waited.milliseconds)) ms: check the exoskeleton's"
        + " power, the cable, and that RX and TX are crossed"
    case .garbled(let path, let baud, let byteCount):
      "\(byteCount) bytes came on \(path) at \(baud) baud, but no frame: set the exoskeleton's own"
        + " baud rate and check that it speaks this protocol (docs/exoskeleton-protocol.md)"
    case .wrongVersion(let path, let found, let expected):
      "the exoskeleton on \(path) speaks version \(found) of the protocol, this program version"
        + " \(expected): update the older of the two"
    case .echo(let path):
      "our own commands come back on \(path): TX is joined to RX, or the adapter echoes"
    case .gone(let path, let errno):
      "\(path) went away (errno \(errno)): plug the adapter in again and start anew"
    case .unsuitable(let path, let what, let remedy):
      "\(what) on \(path): \(remedy)"
    }
  }
}
