// docs/safety.md against the code that it tells of: constants, causes, and the tests that it names.

import Foundation
import RT
import TestSupport
import Testing

@testable import Exoskeleton

/// The tables of the page.
enum SafetyPage {
  static func text() throws -> String {
    try String(contentsOfFile: Repository.path("docs/safety.md"), encoding: .utf8)
  }

  /// The cells of the table under a heading, without its head.
  static func rows(under heading: String) throws -> [[String]] {
    let sections = try text().components(separatedBy: "\n## ")
    let section = try #require(sections.first { $0.hasPrefix(heading + "\n") })
    return cells(section.split(separator: "\n").filter { $0.hasPrefix("|") })
  }

  /// Of lines "| a | b |", the first two of which are the head.
  static func cells(_ lines: [some StringProtocol]) -> [[String]] {
    lines.dropFirst(2).map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// For each cause, by its bit, whether the page says that it is latched.
  static func latched() throws -> [Bool] {
    try rows(under: "Causes of neutral").map { $0[2].hasPrefix("**latched**") }
  }
}

@Suite("The page of the governor's promises")
struct SafetyPageTests {
  /// A constant of the table: how limits are made with it, and what it is in them.
  private struct Constant: Sendable {
    let name: String
    let make: @Sendable (Double) throws -> GovernorLimits
    let value: @Sendable (GovernorLimits) -> Double?
    /// What is just beyond the end of its range.
    var grain: Double?
  }

  private static func span(_ milliseconds: Double) -> Nanoseconds {
    Nanoseconds(seconds: milliseconds / 1000)
  }

  private static let constants = [
    Constant(
      name: "position minimum",
      make: { try GovernorLimits(positionMinimum: $0, positionMaximum: 360) },
      value: { $0.positionMinimum }),
    Constant(
      name: "position maximum",
      make: { try GovernorLimits(positionMinimum: -360, positionMaximum: $0) },
      value: { $0.positionMaximum }),
    Constant(
      name: "velocity maximum", make: { try GovernorLimits(velocityMaximum: $0) },
      value: { $0.velocityMaximum }),
    Constant(
      name: "acceleration maximum", make: { try GovernorLimits(accelerationMaximum: $0) },
      value: { $0.accelerationMaximum }),
    Constant(
      name: "jerk maximum", make: { try GovernorLimits(jerkMaximum: $0) },
      value: { $0.jerkMaximum }),
    Constant(
      name: "effort maximum", make: { try GovernorLimits(effortMaximum: $0) },
      value: { $0.effortMaximum }),
    Constant(
      name: "effort rate maximum", make: { try GovernorLimits(effortRateMaximum: $0) },
      value: { $0.effortRateMaximum }),
    Constant(
      name: "following error maximum", make: { try GovernorLimits(followingErrorMaximum: $0) },
      value: { $0.followingErrorMaximum }),
    Constant(
      name: "control period",
      make: {
        try GovernorLimits(
          controlPeriod: span($0), frameTimeout: .seconds(5), decisionTimeout: .seconds(5),
          acknowledgementTimeout: .seconds(5))
      }, value: { $0.controlPeriod.milliseconds }),
    Constant(
      name: "frame timeout", make: { try GovernorLimits(frameTimeout: span($0)) },
      value: { $0.frameTimeout.milliseconds }),
    Constant(
      name: "decision timeout", make: { try GovernorLimits(decisionTimeout: span($0)) },
      value: { $0.decisionTimeout.milliseconds }),
    Constant(
      name: "acknowledgement timeout",
      make: { try GovernorLimits(acknowledgementTimeout: span($0)) },
      value: { $0.acknowledgementTimeout.milliseconds }),
    Constant(
      name: "heartbeat timeout", make: { try GovernorLimits(heartbeatTimeout: span($0)) },
      value: { $0.heartbeatTimeout?.milliseconds }),
    Constant(
      name: "burst closings", make: { try GovernorLimits(burstClosings: Int($0)) },
      value: { Double($0.burstClosings) }, grain: 1),
    Constant(
      name: "burst window", make: { try GovernorLimits(burstWindow: span($0 * 1000)) },
      value: { $0.burstWindow.seconds }),
  ]

  private static func number(_ text: some StringProtocol) -> Double? {
    Double(text.replacingOccurrences(of: " ", with: ""))
  }

  @Test("its constants are those of the code, and of the table in the code")
  func constants() throws {
    let rows = try SafetyPage.rows(under: "Constants")
    let source = try String(
      contentsOfFile: Repository.path("Sources/Exoskeleton/Governor/GovernorLimits.swift"),
      encoding: .utf8)
    let lines = source.split(separator: "\n").filter { $0.hasPrefix("/// |") }
      .map { $0.dropFirst("/// ".count) }
    // "velocityMaximum" there is "velocity maximum" here.
    let inCode = SafetyPage.cells(lines).map { row in
      row.enumerated().map { column, cell in
        guard column == 0 || column == 3 else { return cell }
        return cell.replacing(/[a-z]([A-Z])/) { match in
          "\(match.0.first ?? " ") \(match.1.lowercased())"
        }
      }
    }
    #expect(rows.filter { $0[3] != "fixed" } == inCode)
    #expect(inCode.map { $0[0] } == Self.constants.map(\.name))

    let limits = try GovernorLimits()
    for (row, constant) in zip(rows, Self.constants) {
      #expect(Self.number(row[2]) == constant.value(limits), "\(constant.name)")
    }
    let fixed: [String: Double] = [
      "play": GovernorLimits.playDegrees,
      "latest step": limits.latestStep.seconds / limits.controlPeriod.seconds,
      "overspeed": GovernorLimits.overspeedFactor,
      "arming timeout": GovernorLimits.armingTimeout.milliseconds,
      "longest watchdog of an exoskeleton": GovernorLimits.watchdogMaximum.milliseconds,
    ]
    let told = rows.filter { $0[3] == "fixed" }
    #expect(told.count == fixed.count)
    for row in told { #expect(Self.number(row[2]) == fixed[row[0]], "\(row[0])") }
  }

  @Test("each constant is accepted to the ends that the page gives, and refused beyond them")
  func ranges() throws {
    for row in try SafetyPage.rows(under: "Constants") where row[3] != "fixed" {
      let constant = try #require(Self.constants.first { $0.name == row[0] })
      let ends = row[3].prefix { $0 != "," }.components(separatedBy: " … ")
      try #require(ends.count == 2, "\(row)")
      let period = try GovernorLimits().controlPeriod.milliseconds
      let lowest = try #require(ends[0] == "control period" ? period : Self.number(ends[0]))
      let highest = try #require(Self.number(ends[1]))
      // Of the two positions the one must stay below the other.
      if row[0] != "position maximum" { _ = try constant.make(lowest) }
      if row[0] != "position minimum" { _ = try constant.make(highest) }
      for (end, sign) in [(lowest, -1.0), (highest, 1)] {
        let beyond = end + sign * (constant.grain ?? max(1e-4, abs(end) * 1e-3))
        #expect(throws: GovernorFault.self, "\(row[0]) \(beyond)") {
          _ = try constant.make(beyond)
        }
      }
      if constant.grain == nil {
        // Times are whole nanoseconds: there is none that is no number.
        let nonsense = ["ms", "s"].contains(row[1]) ? -1 : Double.nan
        #expect(throws: GovernorFault.self, "\(row[0])") { _ = try constant.make(nonsense) }
      }
    }
  }

  @Test("its causes are the governor's, in their order, and latched are those that always are")
  func causes() throws {
    let rows = try SafetyPage.rows(under: "Causes of neutral")
    #expect(rows.map { $0[0] } == NeutralCauses.names)
    let bits = try SafetyPage.latched().enumerated()
      .reduce(UInt32(0)) { $1.element ? $0 | 1 << UInt32($1.offset) : $0 }
    #expect(NeutralCauses(rawValue: bits) == .alwaysLatched)
  }

  @Test("every hazard names tests, and every test that is named is there")
  func tests() throws {
    let folder = Repository.root.appendingPathComponent("Tests")
    let files = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var all: Set<Substring> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let source = try String(contentsOf: file, encoding: .utf8)
      all.formUnion(source.matches(of: /@Test\(\s*"([^"]+)"/).map(\.1))
    }
    let scenarios = try FileManager.default.contentsOfDirectory(
      atPath: Repository.path("hardware/bench/scenarios"))
    for heading in ["Hazards", "In a session"] {
      let rows = try SafetyPage.rows(under: heading)
      #expect(rows.count > 5)
      for row in rows {
        let cell = try #require(row.last)
        let names = cell.matches(of: /"([^"]+)"/).map(\.1)
        let runs = cell.matches(of: /SCENARIO=([a-z0-9-]+)/).map(\.1)
        #expect(!names.isEmpty || !runs.isEmpty, "no test shows: \(row[0])")
        for name in names {
          let isThere = all.contains(name)
          #expect(isThere, "there is no test \"\(name)\"")
        }
        for run in runs {
          let isThere = scenarios.contains { $0.hasPrefix(run) }
          #expect(isThere, "there is no scenario \(run)")
        }
      }
    }
  }
}
