// cyclictest's page, painted over and over on a terminal.

import Monitor
import RT

struct LivePage {
  private var isFirst = true
  private var next = MonotonicInstant.now()
  private var shownWorst = Int64.min

  /// Ten times a second.
  ///
  /// - Parameter worst: paints only when this has grown; nil: always.
  mutating func isDue(worst: Int64?) -> Bool {
    let now = MonotonicInstant.now()
    guard now >= next else { return false }
    if let worst {
      guard worst > shownWorst else { return false }
      shownWorst = worst
    }
    next = now + .milliseconds(100)
    return true
  }

  func text(_ run: CyclictestRun, policy: String) -> String {
    let load = SystemFiles.ofThisMachine.line("/proc/loadavg") ?? ""
    return run.livePage(policy: policy, loadAverage: load, isFirst: isFirst)
  }

  /// What is painted next goes over it.
  mutating func wasPainted() { isFirst = false }
}
