import Foundation
import Monitor
import RT
import TestSupport
import Testing

@testable import Acquire

@Suite("Budgets and the ledger of a session", .serialized)
struct BudgetTests {
  private func run(_ settings: [String]) throws -> (
    outcome: Outcome, report: [String: Any]
  ) {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(
      [
        "run", "--allow-best-effort", "--duration", "4s", "--quiet", "--output", folder.path,
        "--report", folder.path("report.json"),
      ] + settings.flatMap { ["--set", $0] })
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("report.json")))
    return (outcome, try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]))
  }

  @Test("a stage that breaks its budget each time is counted each time, and trips what it may")
  func trips() throws {
    // A thousandth of a microsecond for a wake-up is never enough.
    let tight = "budget.edge-to-wake=0.001"
    for settings in [[tight], [tight, "budget.trip=edge-to-wake"]] {
      let (outcome, report) = try run(settings)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let stages = try #require(report["stages"] as? [String: [String: Any]])
      let stage = try #require(stages["edgeToWake"])
      #expect(stage["budget"] as? Int == 1)
      #expect(stage["overBudget"] as? Int == stage["count"] as? Int)
      let reasons = try #require(report["neutralReasons"] as? [String: Int])
      // Not ended in between, hence one.
      #expect(reasons["over budget"] == (settings.count > 1 ? 1 : nil))
    }
  }

  @Test("nothing asked is nothing broken")
  func none() throws {
    let (outcome, report) = try run(["budget.firmware=0"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let stages = try #require(report["stages"] as? [String: [String: Any]])
    let stage = try #require(stages["firmware"])
    #expect(stage["budget"] is NSNull && stage["overBudget"] as? Int == 0)
    #expect((stage["count"] as? Int ?? 0) > 50)
  }

  @Test("a stage that is none, and a budget below zero, are refused")
  func refused() throws {
    for (setting, word) in [
      ("budget.trip=edge", "edge-to-wake, read"), ("budget.ring=-1", "must lie in"),
    ] {
      let outcome = try Program.run(["run", "--set", setting])
      #expect(outcome.status == 78)
      #expect(outcome.errors.contains(word), "\(outcome.errors)")
    }
  }

  @Test("a run whose sums do not close has failed, with a code of its own")
  func ledger() throws {
    let configuration = Configuration()
    var watch = SessionWatch(
      plan: try SessionPlan(configuration, montage: try configuration.montage()), duration: nil,
      isQuiet: true)
    var ledger = FrameLedger(
      due: 10, delivered: 9, late: 0, corrupt: 0, incomplete: 0,
      losses: [.init(cause: "a pulled plug", count: 1)], paused: 0, awaited: 0, shares: [],
      recordedSamples: nil, commands: nil)
    watch.conclude(ledger)
    #expect(watch.status == .success && watch.faults == [])
    ledger.losses = []
    watch.conclude(ledger)
    #expect(watch.status.rawValue == 70)
    #expect(watch.faults.first?.contains("10 frames were due") == true)
  }
}
