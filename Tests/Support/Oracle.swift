// Runs a program of another's making and hands back what it says.

public import Foundation

/// Why an oracle gave no answer.
public struct OracleFault: Error, CustomStringConvertible {
  public let description: String
}

public enum Oracle {
  /// The interpreter that `make test` sets up from `Tests/Oracles/requirements.txt`.
  public static var interpreter: String { Repository.path(".venv/bin/python") }

  /// Runs `Tests/Oracles/SCRIPT` in the pinned Python environment.
  ///
  /// - Parameters:
  ///   - script: relative to `Tests/Oracles`, such as "recording/read.py".
  ///   - arguments: handed on as they are.
  ///   - input: what the script finds on its standard input.
  /// - Returns: everything it wrote to its standard output.
  /// - Throws: `OracleFault` when the environment is missing or the script fails.
  public static func python(script: String, arguments: [String] = [], input: Data = Data()) throws
    -> Data
  {
    guard FileManager.default.isExecutableFile(atPath: interpreter) else {
      throw OracleFault(
        description: "the Python environment of the oracles is missing: run make test")
    }
    // Standard error and input go through files: two pipes that fill up would block each other.
    let folder = try TemporaryFolder()
    let errors = folder.path("stderr")
    let inputs = folder.path("stdin")
    guard FileManager.default.createFile(atPath: errors, contents: nil),
      FileManager.default.createFile(atPath: inputs, contents: input),
      let errorHandle = FileHandle(forWritingAtPath: errors),
      let inputHandle = FileHandle(forReadingAtPath: inputs)
    else { throw OracleFault(description: "no temporary file could be made in \(folder.path)") }

    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: interpreter)
    process.arguments = [Repository.path("Tests/Oracles/" + script)] + arguments
    var environment = ProcessInfo.processInfo.environment
    // One thread: the machine runs other tests at the same time.
    environment["OPENBLAS_NUM_THREADS"] = "1"
    environment["MNE_DONTWRITE_HOME"] = "true"
    environment["MPLBACKEND"] = "Agg"
    process.environment = environment
    process.standardInput = inputHandle
    process.standardOutput = output
    process.standardError = errorHandle
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let said = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
      throw OracleFault(
        description: "\(script) ended with status \(process.terminationStatus):\n\(said)")
    }
    return data
  }
}
