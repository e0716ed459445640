import Foundation
import TestSupport
import Testing

/// One issue with all offences in it, one a line.
private func expectNone(_ offences: [String]) {
  if !offences.isEmpty { Issue.record("\(offences.joined(separator: "\n"))") }
}

private func swift(_ text: String, at path: String = "Sources/RT/Some.swift") -> SourceFile {
  SourceFile(path: path, text: text)
}

@Suite("Tidy sources")
struct TidyTests {
  @Test("files have at most 500 lines and lines at most 100 columns")
  func length() throws {
    let offences = try Tree.code().flatMap(Rules.length)
    expectNone(offences)
    #expect(Rules.length(swift(String(repeating: "x\n", count: 501))).count == 1)
    #expect(Rules.length(swift(String(repeating: "x\n", count: 500))).isEmpty)
    #expect(Rules.length(swift(String(repeating: "µ", count: 101))).count == 1)
    #expect(Rules.length(swift(String(repeating: "µ", count: 100))).isEmpty)
  }

  @Test("Foundation and Dispatch are imported by the top floor only")
  func imports() throws {
    let offences = try Tree.code().flatMap(Rules.imports)
    expectNone(offences)
    for line in [
      "import Foundation", "public import Dispatch", "import FoundationEssentials",
      "@preconcurrency import Foundation", "import struct Foundation.Data",
    ] {
      #expect(Rules.imports(swift(line)).count == 1, "\(line)")
    }
    #expect(Rules.imports(swift("import Foundation", at: "Sources/Acquire/A.swift")).isEmpty)
    #expect(Rules.imports(swift("// import Foundation")).isEmpty)
  }

  @Test("nothing below the top floor prints")
  func printing() throws {
    let offences = try Tree.code().flatMap(Rules.printing)
    expectNone(offences)
    #expect(Rules.printing(swift("  print(\"x\")")).count == 1)
    #expect(Rules.printing(swift("  page.print(x); blueprint(y)")).isEmpty)
  }

  @Test("no operating error crashes the program")
  func crashes() throws {
    let offences = try Tree.code().flatMap(Rules.crashes)
    expectNone(offences)
    #expect(Rules.crashes(swift("fatalError(\"x\"); try! f(); y as! Z")).count == 3)
  }

  @Test("nothing is left for later")
  func promises() throws {
    let offences = try Tree.texts().flatMap(Rules.promises)
    expectNone(offences)
    #expect(Rules.promises(swift("// TO" + "DO: later")).count == 1)
  }

  @Test("no text names a folder of somebody's machine")
  func places() throws {
    let offences = try Tree.texts().flatMap(Rules.places)
    expectNone(offences)
    #expect(Rules.places(swift("see /" + "home/ada/x")).count == 1)
    #expect(Rules.places(swift("\"/" + "work/x\"")).count == 1)
    #expect(Rules.places(swift("Sources/" + "work/x")).isEmpty)
  }

  @Test("files are named by their subject")
  func names() throws {
    let offences = try Tree.code().flatMap(Rules.names)
    expectNone(offences)
    #expect(Rules.names(swift("", at: "Sources/RT/FileUtils.swift")).count == 1)
  }

  @Test("every function of a real-time file carries the oath or says why not")
  func oath() throws {
    let files = try Tree.code()
    let offences = files.flatMap(Rules.oath)
    expectNone(offences)
    #expect(files.contains { $0.name.hasSuffix("+RealTime.swift") })

    func found(_ body: String, header: String = "// Real-time: here.") -> Int {
      Rules.oath(swift("\(header)\n\n\(body)", at: "Sources/RT/A+RealTime.swift")).count
    }
    #expect(found("func f() {}") == 1)
    #expect(found("@_noLocks\nfunc f() {}") == 1)
    #expect(found("@_noLocks @_noAllocation\nfunc f() {}") == 0)
    #expect(found("@_noLocks @_noAllocation\n/// Says.\n@inlinable\npublic func f() {}") == 0)
    #expect(found("@_noLocks @_noAllocation\nvar x = 1\nfunc f() {}") == 1)
    #expect(found("/// Checked through\n/// its caller.\nfunc f<T>(_ x: T) {}") == 0)
    #expect(found("/// Not on the\n/// real-time path.\nfunc f() {}") == 0)
    #expect(found("// func f() {}") == 0)
    #expect(found("", header: "// A file.") == 1)
  }

  @Test("every register type names its section of the datasheet")
  func registers() throws {
    let offences = try Tree.code().flatMap(Rules.registers)
    expectNone(offences)
    let path = "Sources/Amplifiers/ADS1299/Registers.swift"
    #expect(Rules.registers(swift("/// Gain.\nenum Gain {}", at: path)).count == 1)
    #expect(Rules.registers(swift("/// SBAS499C §9.6.\npublic enum Gain {}", at: path)).isEmpty)
  }
}
