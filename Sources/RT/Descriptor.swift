// A file descriptor that is closed once, when its owner goes.

import SPIShim

public struct OwnedDescriptor: ~Copyable, Sendable {
  public let rawValue: Int32

  /// Takes over an open descriptor.
  public init(_ rawValue: Int32) {
    precondition(rawValue >= 0, "an owned descriptor is open")
    self.rawValue = rawValue
  }

  deinit { shim_close(rawValue) }
}
