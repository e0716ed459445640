// A percentile as a report may show it: not every one that can be reckoned means something.

public import RT

/// What is known of a percentile.
public enum Percentile: Sendable, Equatable {
  case value(Nanoseconds)
  /// It lies beyond what the bins can tell apart (cyclictest's overflows).
  case above(Nanoseconds)
  /// Fewer than ten values lie above it: chance decides.
  case tooFewValues
  /// No bins were kept.
  case unknown

  /// "16.9 µs", "> 60.0 µs", or "–" where nothing can be said.
  public var text: String {
    switch self {
    case .value(let span): span.readable
    case .above(let span): "> " + span.readable
    case .tooFewValues, .unknown: "–"
    }
  }

  var span: Nanoseconds? {
    if case .value(let span) = self { span } else { nil }
  }
}

extension LatencyBin {
  /// So wide that a value in it is not known: cyclictest's values beyond its histogram.
  var isCoarse: Bool {
    upper.rawValue - lower.rawValue > Swift.max(1_000, lower.rawValue / 8)
  }

  /// Wider than our own histogram's, whose largest value is at most 1/128 off: cyclictest's whole
  /// microseconds.
  fileprivate var isInterpolated: Bool {
    !isCoarse && upper > lower && upper.rawValue - lower.rawValue >= lower.rawValue / 128
  }
}

extension LatencyDistribution {
  /// As `value(atQuantile:)`, but in proportion within a bin that is wider than our own are: to
  /// take the end of a microsecond would make every figure of cyclictest half of one larger than
  /// the same figure of ours.
  ///
  /// - Parameter quantile: 0 … 1.
  func interpolated(atQuantile quantile: Double) -> Nanoseconds {
    let wanted = quantile * Double(count)
    var seen: UInt64 = 0
    for bin in bins {
      let before = Double(seen)
      seen += bin.count
      guard Double(seen) >= wanted else { continue }
      guard bin.isInterpolated else { break }
      let width = Double(bin.upper.rawValue - bin.lower.rawValue) + 1
      let inside = (wanted - before) / Double(bin.count) * width
      let span = bin.lower + Nanoseconds(Int64(Swift.min(inside, width - 1)))
      return Swift.max(min, Swift.min(max, span))
    }
    return value(atQuantile: quantile)
  }

  /// - Parameter quantile: 0 … 1.
  public func percentile(_ quantile: Double) -> Percentile {
    guard count > 0 else { return .tooFewValues }
    guard !bins.isEmpty else { return .unknown }
    // A millionth of a value makes up for the quantile's last binary digit.
    guard (1 - quantile) * Double(count) + 1e-6 >= 10 else { return .tooFewValues }
    let span = interpolated(atQuantile: quantile)
    if let bin = bins.first(where: { $0.upper >= span }), bin.isCoarse {
      return .above(bin.lower)
    }
    return .value(span)
  }
}
