// Runs the built `acquire` as a user would.

import Foundation
import Testing
import TestSupport

/// What a finished run of the program said.
struct Outcome {
  var status: Int32
  /// The signal that ended it, if one did.
  var signal: Int32?
  var output: String
  var errors: String

  /// What stands on standard error, without the line end.
  var sentence: String { errors.trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// A run of the program under test.
final class Program {
  /// The binary that was built together with this test.
  static var path: String {
    get throws {
      let test = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      // Swift Testing may be run by a helper of the toolchain; the bundle is then an argument.
      let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? test
      let path = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        .appendingPathComponent("acquire").path
      try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is not built")
      return path
    }
  }

  private let process = Process()
  private let folder: TemporaryFolder
  private var outputPath: String { folder.path("stdout") }
  private var errorPath: String { folder.path("stderr") }

  /// Starts `launcher… acquire arguments…`.
  init(_ arguments: [String], launcher: [String] = [], environment: [String: String] = [:]) throws {
    folder = try TemporaryFolder()
    for path in [outputPath, errorPath] {
      try Data().write(to: URL(fileURLWithPath: path))
    }
    let words = try launcher + [Program.path] + arguments
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
  var isRunning: Bool { process.isRunning }

  var processIdentifier: Int32 { process.processIdentifier }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits until the output holds a text; a minute at most, for a loaded machine.
  func waitForOutput(_ text: String) throws {
    for _ in 0..<1_200 {
      if output.contains(text) { return }
      try #require(process.isRunning, "ended before it said \"\(text)\": \(output)")
      usleep(50_000)
    }
    Issue.record("never said \"\(text)\": \(output)")
  }

  /// Waits for the end.
  func finish() -> Outcome {
    process.waitUntilExit()
    let bySignal = process.terminationReason == .uncaughtSignal
    return Outcome(
      status: bySignal ? -1 : process.terminationStatus,
      signal: bySignal ? process.terminationStatus : nil, output: output,
      errors: (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "")
  }

  static func run(
    _ arguments: [String], launcher: [String] = [], environment: [String: String] = [:]
  ) throws -> Outcome {
    try Program(arguments, launcher: launcher, environment: environment).finish()
  }
}
