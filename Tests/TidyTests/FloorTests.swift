// The manifest against the table of floors in docs/architecture.md.

import Foundation
import TestSupport
import Testing

private let floors: [String: Int] = [
  "SPIShim": 0, "MathShim": 0, "HeapCounter": 0, "SampleFeed": 0, "USBShim": 0,
  "RT": 1,
  "Signal": 2,
  "Amplifiers": 3, "Decoding": 3, "Emulators": 3, "Exoskeleton": 3, "Recording": 3, "Monitor": 3,
  "Doctor": 3,
  "Acquire": 4, "benchmarks": 4, "FrameFuzzer": 4, "StreamFuzzer": 4, "DriveFuzzer": 4,
  "GovernorStorm": 4,
]

struct Target: Equatable {
  var kind: String
  var name: String
  /// Targets of this package.
  var dependencies: [String]
  /// Products of other packages.
  var products: [String]
}

/// The targets of a manifest, read as text: SwiftPM would wait for the lock of this very run.
func targets(of manifest: String) -> [Target] {
  let text = manifest.replacing(/\/\/[^\n]*/, with: "")
  var found: [Target] = []
  let openings = /\.(target|executableTarget|testTarget|systemLibrary)\(\s*name: "(\w+)"/
  for match in text.matches(of: openings) {
    // To the parenthesis that closes the target.
    var depth = 1
    var end = match.range.upperBound
    while end < text.endIndex, depth > 0 {
      if text[end] == "(" { depth += 1 }
      if text[end] == ")" { depth -= 1 }
      end = text.index(after: end)
    }
    var body = String(text[match.range.upperBound..<end])
    var products: [String] = []
    for product in body.matches(of: /\.product\(name: "(\w+)"[^)]*\)/) {
      products.append(String(product.1))
    }
    body = body.replacing(/\.product\([^)]*\)/, with: "")
    let list = body.firstMatch(of: /\bdependencies: \[([^\]]*)\]/).map { String($0.1) } ?? ""
    let names = list.matches(of: /"(\w+)"/).map { String($0.1) }
    found.append(
      Target(
        kind: String(match.1), name: String(match.2), dependencies: names, products: products))
  }
  return found
}

/// Where a target reaches sideways or up, or has no floor.
func floorOffences(_ targets: [Target]) -> [String] {
  var offences: [String] = []
  for target in targets where target.kind != "testTarget" && target.name != "TestSupport" {
    guard let own = floors[target.name] else {
      offences.append("\(target.name) has no floor: enter it in FloorTests and architecture.md")
      continue
    }
    for dependency in target.dependencies {
      guard let other = floors[dependency] else {
        offences.append("\(target.name) imports \(dependency), which has no floor")
        continue
      }
      if other >= own {
        offences.append("\(target.name) (floor \(own)) imports \(dependency) (floor \(other))")
      }
    }
    if own < 3, !target.products.isEmpty {
      offences.append("\(target.name) (floor \(own)) needs the packages \(target.products)")
    }
  }
  return offences
}

@Suite("Floors")
struct FloorTests {
  @Test("a target imports floors below its own only")
  func manifest() throws {
    let manifest = try #require(Tree.file("Package.swift")).text
    let targets = targets(of: manifest)
    let offences = floorOffences(targets)
    #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
    // The reading of the manifest saw what there is.
    let names = Set(targets.map(\.name))
    for name in ["SPIShim", "RT", "Signal", "Decoding", "Acquire", "TidyTests"] {
      #expect(names.contains(name))
    }
    #expect(targets.first { $0.name == "Signal" }?.dependencies == ["RT", "MathShim"])
    #expect(targets.first { $0.name == "Acquire" }?.products.contains("ArgumentParser") == true)
  }

  @Test("a dependency sideways, upwards or without a floor is found")
  func bites() {
    func offences(_ text: String) -> [String] { floorOffences(targets(of: text)) }
    #expect(offences(#".target(name: "RT", dependencies: ["SPIShim"])"#).isEmpty)
    #expect(offences(#".target(name: "RT", dependencies: ["Signal"])"#).count == 1)
    #expect(offences(#".target(name: "Decoding", dependencies: ["Recording"])"#).count == 1)
    #expect(offences(#".target(name: "Helpers", dependencies: [])"#).count == 1)
    #expect(
      offences(#".target(name: "RT", dependencies: [.product(name: "NIO", package: "n")])"#)
        .count == 1)
  }

  @Test("every source imports only what its target declares")
  func imports() throws {
    let manifest = try #require(Tree.file("Package.swift")).text
    let known = Dictionary(
      targets(of: manifest).map { ($0.name, Set($0.dependencies + $0.products)) },
      uniquingKeysWith: { first, _ in first })
    let system: Set<String> = ["Swift", "Synchronization", "Glibc", "Foundation", "Dispatch"]
    for file in try Tree.code() where file.isSwift {
      guard let target = file.target, let declared = known[target] else { continue }
      for match in file.text.matches(
        of: /(?m)^(?:@\w+ )?(?:public |internal |private )?import (?:struct |enum |func )?(\w+)/)
      {
        let module = String(match.1)
        #expect(
          declared.contains(module) || system.contains(module),
          "\(file.path) imports \(module), which \(target) does not declare")
      }
    }
  }
}
