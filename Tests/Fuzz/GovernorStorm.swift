// make storm: ten million random lives of a governor, on every processor.
//
//     GovernorStorm [LIVES] [STEPS]
//
// Ends with status 1 at the first complaint, naming the seed that shows it again.

import Glibc
import RT

@main
struct GovernorStorm {
  static func main() async {
    let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
    let lives = numbers.first ?? 10_000_000
    let steps = Int(numbers.dropFirst().first ?? 40)
    let parts = UInt64(Machine.current().allowedCPUs.count)
    let started = MonotonicInstant.now()
    let total = await withTaskGroup(of: CaseOutcome.self) { group in
      for part in 0..<parts {
        group.addTask {
          live(seeds: lives * part / parts..<lives * (part + 1) / parts, steps: steps)
        }
      }
      var total = CaseOutcome()
      for await outcome in group { total.add(outcome) }
      return total
    }
    let seconds = (MonotonicInstant.now() - started).seconds
    print(
      "\(lives) lives of \(steps) steps in \(Int(seconds)) s: \(total.motions) motions, "
        + "\(total.neutrals) neutrals, \(total.latches) latches, \(total.stops) stopped steps")
    if let complaint = total.complaint {
      print("FAILED: \(complaint)")
      exit(1)
    }
    print("no command left its limits, and neutral was there each time at the first step")
  }

  private static func live(seeds: Range<UInt64>, steps: Int) -> CaseOutcome {
    var total = CaseOutcome()
    for seed in seeds {
      var outcome = GovernorCase.run(seed: seed, steps: steps)
      outcome.complaint = outcome.complaint.map { "\($0), seed \(seed)" }
      total.add(outcome)
      if total.complaint != nil { break }
    }
    return total
  }
}
