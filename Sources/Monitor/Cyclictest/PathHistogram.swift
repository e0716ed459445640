// The stages of the device's path in the form in which cyclictest has its threads: what plots that
// one plots this.

import RT

/// A column for each stage.
public struct PathHistogram {
  private let series: [TimingSeries]
  private let binCount: Int

  /// - Parameter binCount: bins of a microsecond; values from there on are overflows.
  public init(_ series: [TimingSeries], binCount: Int) {
    self.series = series
    self.binCount = binCount
  }

  /// `# Histogram` and all that follows it.
  public var text: String {
    CyclictestRun(isInNanoseconds: false, threads: series.map(column))
      .histogramText(columns: series.map(\.name))
  }

  /// Values lie in the microsecond in which the middle of their bin lies, which is right to 1/128.
  private func column(_ item: TimingSeries) -> CyclictestThread {
    let latency = item.latency
    var bins = [UInt64](repeating: 0, count: binCount)
    var overflowCount: UInt64 = 0
    for bin in latency.bins {
      let middle = bin.lower.rawValue / 2 + bin.upper.rawValue / 2
      let microsecond = Swift.min(middle, latency.max.rawValue) / 1_000
      if microsecond < binCount {
        bins[Int(microsecond)] += bin.count
      } else {
        overflowCount += bin.count
      }
    }
    let mean = latency.mean.rawValue / 1_000
    let (sum, isTooMuch) = mean.multipliedReportingOverflow(by: Int64(clamping: latency.count))
    return CyclictestThread(
      threadID: 0, priority: 0, intervalMicroseconds: 0, cycles: latency.count, last: 0,
      min: latency.min.rawValue / 1_000, max: latency.max.rawValue / 1_000,
      sum: isTooMuch ? .max : sum, bins: bins, overflowCount: overflowCount)
  }
}
