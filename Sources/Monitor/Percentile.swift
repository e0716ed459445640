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
}

extension LatencyDistribution {
  /// - Parameter quantile: 0 … 1.
  public func percentile(_ quantile: Double) -> Percentile {
    guard count > 0 else { return .tooFewValues }
    guard !bins.isEmpty else { return .unknown }
    // A millionth of a value makes up for the quantile's last binary digit.
    guard (1 - quantile) * Double(count) + 1e-6 >= 10 else { return .tooFewValues }
    let span = value(atQuantile: quantile)
    if let bin = bins.first(where: { $0.upper >= span }), bin.isCoarse {
      return .above(bin.lower)
    }
    return .value(span)
  }
}
