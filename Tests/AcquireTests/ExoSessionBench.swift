// A session that commands an exoskeleton of its own, and whoever speaks to it.

import Foundation
import TestSupport
import Testing

/// Sessions in a folder that no other test and no person looks into.
final class ExoSessionBench {
  let folder: TemporaryFolder
  /// Of this bench's sockets.
  let environment: [String: String]
  var runtime: String { folder.path("run") }

  init() throws {
    folder = try TemporaryFolder()
    environment = ["RUNTIME_DIRECTORY": folder.path("run"), "XDG_RUNTIME_DIR": ""]
  }

  /// A virtual exoskeleton, patient: a machine that stands still is not what is tested here.
  func exoskeleton(_ name: String = "exo", _ options: [String] = ["--watchdog", "500ms"]) throws
    -> Program
  {
    let program = try Program(["exo", "simulate", "--link", folder.path(name)] + options)
    try program.waitForOutput(folder.path(name))
    return program
  }

  /// A session on it, that moves it already.
  func session(on exoskeleton: Program, _ name: String = "exo", _ options: [String] = []) throws
    -> Program
  {
    let program = try Program(
      [
        "run", "--allow-best-effort", "--exoskeleton", folder.path(name), "--output", folder.path,
        "--set", "exoskeleton.acknowledgement-timeout=1",
      ] + options, environment: environment)
    try exoskeleton.waitForOutput("moving")
    return program
  }

  func exo(_ arguments: String...) throws -> Outcome {
    try Program.run(["exo"] + arguments, environment: environment)
  }

  /// The socket of a session.
  func socket(of session: Program) -> String {
    "\(runtime)/acquire-\(session.processIdentifier).sock"
  }

  /// Ends a session as a person would.
  @discardableResult
  func end(_ programs: Program...) -> [Outcome] {
    for program in programs { program.send(SIGINT) }
    return programs.map { $0.finish() }
  }
}

extension Program {
  /// Waits until what was said after so many characters holds a text.
  func waitForOutput(_ text: String, after count: Int) throws {
    for _ in 0..<1_200 {
      if output.dropFirst(count).contains(text) { return }
      try #require(isRunning, "ended before it said \"\(text)\": \(output)")
      usleep(50_000)
    }
    Issue.record("never said \"\(text)\" again: \(output.dropFirst(count))")
  }
}
