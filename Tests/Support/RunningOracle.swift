// A program of another's making that goes on running while a test talks to it.

internal import Foundation

/// A script of `Tests/Oracles` with lines in and out; ended when the last reference goes.
public final class RunningOracle {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var pending = Data()

  /// Starts `Tests/Oracles/SCRIPT` in the pinned Python environment.
  ///
  /// - Throws: `OracleFault` when the environment is missing.
  public init(script: String, arguments: [String] = []) throws {
    guard FileManager.default.isExecutableFile(atPath: Oracle.interpreter) else {
      throw OracleFault(
        description: "the Python environment of the oracles is missing: run make test")
    }
    process.executableURL = URL(fileURLWithPath: Oracle.interpreter)
    process.arguments = [Repository.path("Tests/Oracles/" + script)] + arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit { end() }

  public func say(_ line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
  }

  /// The next line of its output, without its end; waits for it.
  ///
  /// - Throws: `OracleFault` when there is none any more.
  public func line() throws -> String {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending = Data(pending[pending.index(after: end)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw OracleFault(description: "the oracle says no more") }
      pending += more
    }
  }

  /// Ends its input, by which it ends, and waits for it.
  public func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
