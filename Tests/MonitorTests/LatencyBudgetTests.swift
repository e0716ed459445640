import RT
import Testing

@testable import Monitor

@Suite("The latency budget")
struct LatencyBudgetTests {
  private func record(_ stage: Stage, _ spans: [Int64], budget: Nanoseconds?) -> StageRecord {
    var histogram = LatencyHistogram(limit: budget ?? Nanoseconds(.max))
    for span in spans { histogram.record(.microseconds(span)) }
    return StageRecord(
      stage: stage, latency: histogram.distribution, budget: budget,
      breaches: histogram.overLimitCount, worstAt: .seconds(2))
  }

  @Test("every part stands in the table, with how often its budget was broken")
  func table() {
    let budget = LatencyBudget(
      stages: [
        record(.edgeToWake, [10, 20, 30, 500], budget: .microseconds(200)),
        record(.read, [5, 200], budget: .microseconds(200)),
        record(.decode, [], budget: .microseconds(20)),
        record(.edgeToCommand, [40, 50], budget: nil),
        record(.wire, [900], budget: .microseconds(100)),
      ], structural: [])
    let lines = budget.table.split(separator: "\n").map { line in
      line.split(separator: " ").joined(separator: " ")
    }
    // The second of four is the median.
    #expect(lines.contains("buffer edgeToWake 20.1 µs 500 µs 500 µs ! 200 µs 1 50 %"))
    // What takes exactly its budget keeps to it.
    #expect(lines.contains("transfer read 5.02 µs 200 µs 200 µs 200 µs 0 12 %"))
    #expect(lines.contains("classification decode – – – 20.0 µs – –"))
    #expect(lines.contains { $0.hasPrefix("together edgeToCommand") && $0.hasSuffix("– – 100 %") })
    #expect(lines.contains("wire wire 900 µs 900 µs 900 µs ! 100 µs 1 –"))
    #expect(budget.json.line.contains(#""budget":200000,"overBudget":1}"#))
    #expect(budget.json.line.contains(#""budget":null"#))
  }

  @Test("the parts are those of a latency budget, and each stage belongs to one")
  func parts() {
    var parts: [String] = []
    for stage in Stage.allCases where !parts.contains(stage.part) { parts.append(stage.part) }
    #expect(
      parts == [
        "buffer", "transfer", "preprocessing", "classification", "command", "together", "wire",
        "firmware",
      ])
    #expect(Stage.edgeToCommand.key == "edge-to-command" && Stage.wire.key == "wire")
  }
}
