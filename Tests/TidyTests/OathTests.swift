// `@_noLocks` and `@_noAllocation` are underscored: this shows that the compiler at hand still
// refuses what they forbid, and still takes what the real-time path is made of.

import Foundation
import TestSupport
import Testing

private struct Verdict {
  let isAccepted: Bool
  let diagnostics: String
}

/// The oath is checked on SIL: `-typecheck` would not do.
private func compile(_ source: String, optimised: Bool) throws -> Verdict {
  let folder = try TemporaryFolder()
  let file = folder.path("fixture.swift")
  try source.write(toFile: file, atomically: true, encoding: .utf8)
  let errors = folder.path("errors")
  try Data().write(to: URL(fileURLWithPath: errors))
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [
    "swiftc", "-emit-sil", "-swift-version", "6", "-module-name", "Fixture",
    optimised ? "-O" : "-Onone", "-o", "/dev/null", file,
  ]
  process.standardOutput = FileHandle.nullDevice
  process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
  try process.run()
  process.waitUntilExit()
  return Verdict(
    isAccepted: process.terminationStatus == 0,
    diagnostics: try String(contentsOfFile: errors, encoding: .utf8))
}

struct Fixture: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let source: String
  /// What the compiler must say; nil: it must accept.
  let refusal: String?
}

private let fixtures = [
  Fixture(
    testDescription: "an array that grows allocates",
    source: """
      @_noAllocation public func f(_ x: inout [Int]) { x.append(1) }
      """,
    refusal: "alloc"),
  Fixture(
    testDescription: "a class instance allocates",
    source: """
      public final class C { public init() {} }
      @_noAllocation public func f() -> C { C() }
      """,
    refusal: "alloc"),
  Fixture(
    testDescription: "a method through a stored class reference counts references",
    source: """
      public final class C { public init() {}; public var x = 0 }
      public struct S { public var c: C; public init(c: C) { self.c = c }
        @_noLocks public mutating func f() { let c = self.c; c.x += 1; self.c = C() } }
      """,
    refusal: ""),
  Fixture(
    testDescription: "text made at run time allocates",
    source: """
      @_noLocks @_noAllocation public func f(_ x: Int) -> String { "at \\(x)" }
      """,
    refusal: "alloc"),
  Fixture(
    testDescription: "a lock is a lock",
    source: """
      import Synchronization
      let m = Mutex(0)
      @_noLocks public func f() { m.withLock { $0 += 1 } }
      """,
    refusal: "lock"),
  Fixture(
    testDescription: "a C function without the attributes is not believed",
    source: """
      import Glibc
      @_noLocks @_noAllocation public func f() -> Int32 { rand() }
      """,
    refusal: ""),
  Fixture(
    testDescription: "atomics, raw memory and arithmetic are accepted",
    source: """
      import Synchronization
      public struct S: ~Copyable {
        let word: UnsafeMutablePointer<Atomic<UInt64>>
        let memory: UnsafeMutablePointer<Double>
        @_noLocks @_noAllocation
        public mutating func f(_ x: Double) -> UInt64 {
          memory[1] = memory[0] * x
          word.pointee.store(1, ordering: .releasing)
          return word.pointee.load(ordering: .acquiring)
        }
      }
      """,
    refusal: nil),
]

@Suite("Oath")
struct OathTests {
  @Test("the compiler refuses what the oath forbids", arguments: fixtures, [false, true])
  func refused(_ fixture: Fixture, optimised: Bool) throws {
    let verdict = try compile(fixture.source, optimised: optimised)
    if let refusal = fixture.refusal {
      #expect(!verdict.isAccepted)
      #expect(
        refusal.isEmpty || verdict.diagnostics.lowercased().contains(refusal),
        "\(verdict.diagnostics)")
      #expect(verdict.diagnostics.contains("error:"), "\(verdict.diagnostics)")
    } else {
      #expect(verdict.isAccepted, "\(verdict.diagnostics)")
    }
  }
}
