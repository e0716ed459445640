import Foundation
import Testing
import TestSupport

/// Programs in Tests/MustNotCompile, each with the compiler's words in its first line.
private let programs = [
  "shares-a-ring", "uses-after-handing-over", "makes-a-motion", "compiles",
]

@Suite("What the compiler refuses")
struct MustNotCompileTests {
  @Test("the oath, the ownership and the governor's privilege still bite", arguments: programs)
  func refused(program: String) throws {
    let source = Repository.path("Tests/MustNotCompile/\(program).swift")
    let text = try String(contentsOfFile: source, encoding: .utf8)
    let first = try #require(text.split(separator: "\n").first)
    let expected = String(first.dropFirst("// expect: ".count))
    // Beside the test's own binary lie the modules that it was built from.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
    let build = URL(fileURLWithPath: bundle).deletingLastPathComponent().path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // The checks run on SIL: -typecheck alone would accept everything.
    process.arguments =
      [
        "swiftc", "-emit-sil", "-swift-version", "6", "-I", build + "/Modules",
        "-I", Repository.path("Sources/SPIShim/include"),
        "-I", Repository.path("Sources/MathShim/include"), "-o", "/dev/null", source,
      ]
      + ["SPIShim", "MathShim"].flatMap {
        ["-Xcc", "-fmodule-map-file=\(build)/\($0).build/module.modulemap"]
      }
    let output = Pipe()
    process.standardError = output
    process.standardOutput = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if expected == "nothing" {
      #expect(process.terminationStatus == 0, "\(said)")
    } else {
      #expect(process.terminationStatus != 0)
      #expect(said.contains("error:") && said.contains(expected), "\(said)")
    }
  }
}
