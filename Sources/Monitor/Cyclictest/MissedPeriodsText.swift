// What cyclictest does not say, in lines that its readers pass over: each begins with "# ".

public import RT

/// What a thread's figures are, missed periods included.
public struct MeasuredThread: Sendable, Equatable {
  /// "0", "wake", "round trip".
  public var name: String
  public var latency: LatencyDistribution
  /// Nil where nothing is periodic.
  public var corrected: LatencyDistribution?
  public var missed: UInt64?
  /// When the worst value was taken, after the beginning.
  public var worstAt: Nanoseconds?

  public init(
    name: String, latency: LatencyDistribution, corrected: LatencyDistribution? = nil,
    missed: UInt64? = nil, worstAt: Nanoseconds? = nil
  ) {
    self.name = name
    self.latency = latency
    self.corrected = corrected
    self.missed = missed
    self.worstAt = worstAt
  }
}

public enum MissedPeriodsText {
  /// A table of percentiles, "–" for those of which so few values, or none, say nothing; a second
  /// line for each thread that missed periods, with them counted in; and a sentence for what was
  /// missed.
  ///
  /// - Parameter isColoured: whether what was missed stands out in red.
  public static func text(_ threads: [MeasuredThread], isColoured: Bool) -> String {
    let width = max(10, threads.map(\.name.count).max() ?? 0)
    var text =
      "# " + "".trailing(width)
      + (LatencyDistribution.namedQuantiles.map(\.name) + ["max"]).map { $0.leading(9) }.joined()
      + "  at\n"
    for thread in threads {
      let at = thread.worstAt.map { "  " + $0.readable } ?? ""
      text += "# " + thread.name.trailing(width) + figures(thread.latency) + at + "\n"
      if let corrected = thread.corrected, thread.missed ?? 0 > 0 {
        text += "# " + "corrected".trailing(width) + figures(corrected) + "\n"
      }
      if thread.latency.negativeCount > 0 {
        text += "# \(thread.latency.negativeCount) values lay before their instant: "
        text += "this machine's clock goes back\n"
      }
    }
    return text + missedLines(threads, isColoured: isColoured)
  }

  private static func missedLines(_ threads: [MeasuredThread], isColoured: Bool) -> String {
    let counted = threads.filter { $0.missed != nil }
    guard !counted.isEmpty else { return "" }
    let counts = counted.map { thread -> String in
      let missed = thread.missed ?? 0
      return "\(missed) of \(thread.latency.count + thread.latency.negativeCount + missed)"
    }
    let line = "# missed periods: " + counts.joined(separator: ", ")
    guard counted.contains(where: { $0.missed ?? 0 > 0 }) else { return line + "\n" }
    let isCorrected = counted.contains { $0.corrected != nil }
    let told =
      line + " (!), in none of Min, Avg and Max"
      + (isCorrected ? "; the corrected line has them" : "")
    return (isColoured ? "\u{1B}[1;31m\(told)\u{1B}[0m" : told) + "\n"
  }

  private static func figures(_ latency: LatencyDistribution) -> String {
    let percentiles = LatencyDistribution.namedQuantiles.map {
      latency.percentile($0.quantile).text
    }
    let worst = latency.count > 0 ? latency.max.readable : "–"
    return (percentiles + [worst]).map { $0.leading(9) }.joined()
  }
}
