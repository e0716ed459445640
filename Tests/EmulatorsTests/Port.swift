// The far end of a pseudo-terminal, as a driver has it.

import Foundation
import SPIShim
import Testing

final class Port {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = unsafe path.withCString { unsafe shim_serial_open($0) }
    try #require(descriptor >= 0, "\(path) opens")
  }

  deinit { shim_close(descriptor) }

  func write(_ bytes: [UInt8]) {
    #expect(unsafe shim_serial_write(descriptor, bytes, Int32(bytes.count)) == bytes.count)
  }

  /// Reads until there are so many bytes; a minute without any at most, for a loaded machine.
  func read(_ byteCount: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    var idle = 0
    while bytes.count < byteCount, idle < 60_000 {
      let wanted = Int32(min(block.count, byteCount - bytes.count))
      let count = unsafe shim_serial_read(descriptor, &block, wanted)
      if count > 0 {
        bytes += block[..<Int(count)]
        idle = 0
      } else {
        idle += 1
        usleep(1_000)
      }
    }
    try #require(bytes.count == byteCount, "\(bytes.count) of \(byteCount) bytes came")
    return bytes
  }

  /// Whatever is there by now; nil: the line is gone.
  func readAvailable() -> [UInt8]? {
    var block = [UInt8](repeating: 0, count: 4096)
    let count = unsafe shim_serial_read(descriptor, &block, Int32(block.count))
    if count > 0 { return Array(block[..<Int(count)]) }
    return count == -EAGAIN ? [] : nil
  }
}

/// Waits until something is so; a minute at most, for a loaded machine.
func eventually(_ what: Comment, _ condition: () throws -> Bool) throws {
  for _ in 0..<60_000 {
    if try condition() { return }
    usleep(1_000)
  }
  Issue.record(what)
}
