// The x axis of a latency plot: linear where nearly all values lie, and, where the worst lie far
// away, a second, logarithmic part behind a break.
//
// One linear axis up to a maximum of 10 ms would press a bulk at 20 µs into two pixels; one
// logarithmic axis would hide the shape of the bulk, which people know from linear plots. The break
// keeps both: the bulk has at least three quarters of the width, and each outlier its place.

internal import MathShim
import RT

struct LatencyAxis {
  /// In nanoseconds, as all values here are.
  let linearEnd: Double
  /// The end of the axis; the linear end where nothing lies beyond it.
  let end: Double
  let width: Double
  /// Width of one bin at the beginning; they grow with the value, see `edges`.
  let binWidth: Double

  static var gap: Double { 14 }

  var isBroken: Bool { end > linearEnd }
  var linearWidth: Double { isBroken ? width * 0.76 : width }

  init(_ distributions: [LatencyDistribution], marks: [Nanoseconds] = [], width: Double) {
    self.width = width
    var bulk = 0.0
    var farthest = 0.0
    for distribution in distributions where distribution.count > 0 {
      // A few values may always lie outside.
      let inside = Swift.max(0.5, Swift.min(0.999, 1 - 5 / Double(distribution.count)))
      func quantile(_ share: Double) -> Double {
        // Without bins the mean is all that is known of the bulk.
        guard !distribution.bins.isEmpty else { return Double(distribution.mean.rawValue) }
        return Double(distribution.value(atQuantile: share).rawValue)
      }
      let tail = quantile(inside) * 1.25
      bulk = Swift.max(
        bulk, Swift.min(tail, Swift.max(quantile(Swift.min(inside, 0.99)) * 3, quantile(0.5) * 6)))
      farthest = Swift.max(farthest, Double(distribution.max.rawValue))
    }
    for mark in marks {
      farthest = Swift.max(farthest, Double(mark.rawValue))
      // A limit close by shall stand on the same scale as what it limits.
      if Double(mark.rawValue) * 1.08 < bulk * 3 {
        bulk = Swift.max(bulk, Double(mark.rawValue) * 1.08)
      }
    }
    bulk = Swift.max(bulk, 100)
    if farthest * 1.05 <= bulk * 1.8 {
      linearEnd = Self.ceiling(Swift.max(bulk, farthest * 1.05), steps: Self.fineSteps)
      end = linearEnd
    } else {
      linearEnd = Self.ceiling(bulk, steps: Self.fineSteps)
      end = Swift.max(linearEnd * 2, farthest * 1.25)
    }
    binWidth = Self.binWidth(distributions, linearEnd: linearEnd)
  }

  /// 1 µs, as everybody has it, where that makes a picture; never finer than what was counted.
  private static func binWidth(_ distributions: [LatencyDistribution], linearEnd: Double) -> Double
  {
    var width = 1_000.0
    if linearEnd < 25_000 { width = ceiling(linearEnd / 200, steps: [1, 2, 5]) }
    if linearEnd > 900_000 { width = ceiling(linearEnd / 500, steps: [1, 2, 5]) }
    for distribution in distributions {
      for bin in distribution.bins where !bin.isCoarse && Double(bin.lower.rawValue) < linearEnd {
        let counted = Double(bin.upper.rawValue - bin.lower.rawValue + 1)
        width = Swift.max(width, counted - Double(bin.lower.rawValue) / 100)
      }
    }
    return ceiling(Swift.max(1, width), steps: [1, 2, 5])
  }

  /// From the left end of the axis.
  func position(_ value: Double) -> Double {
    let inside = Swift.max(0, Swift.min(value, end))
    guard inside > linearEnd else { return inside / linearEnd * linearWidth }
    let share = math_log(inside / linearEnd) / math_log(end / linearEnd)
    return linearWidth + Self.gap + share * (width - linearWidth - Self.gap)
  }

  /// The edges of the bins that are drawn: `binWidth`, then a hundredth of the value, as the
  /// histogram itself has a 128th; and never thinner than can be seen.
  var edges: [Double] {
    var edges = [0.0]
    var edge = 0.0
    while edge < end, edges.count < 4_000 {
      let wanted = Swift.max(binWidth, edge / 100)
      var next = edge + wanted
      let pixels = edge >= linearEnd ? 3.0 : 0.9
      while position(next) - position(edge) < pixels, next < end { next += wanted }
      if edge < linearEnd, next > linearEnd { next = linearEnd }
      edges.append(next)
      edge = next
    }
    return edges
  }

  struct Tick {
    var value: Double
    var label: String
  }

  /// The unit of the linear part, and the nanoseconds in it.
  var unit: (name: String, nanoseconds: Double) {
    switch linearEnd {
    case ..<2e3: ("ns", 1)
    case ..<2e7: ("µs", 1e3)
    case ..<2e10: ("ms", 1e6)
    default: ("s", 1e9)
    }
  }

  var ticks: [Tick] {
    var ticks: [Tick] = []
    let step = Self.ceiling(linearEnd / 10, steps: [1, 2, 5])
    for index in 0...10 {
      let value = Double(index) * step
      guard value <= linearEnd * 1.000_1 else { break }
      if isBroken, position(linearEnd) - position(value) < 16 { break }
      ticks.append(Tick(value: value, label: Self.short(value / unit.nanoseconds)))
    }
    return ticks + tailTicks
  }

  private var tailTicks: [Tick] {
    guard isBroken else { return [] }
    var candidates: [Double] = []
    var decade = Self.ceiling(linearEnd / 10, steps: [1])
    while decade <= end {
      candidates += [1, 2, 5].map { $0 * decade }.filter { $0 > linearEnd && $0 <= end }
      decade *= 10
    }
    // Powers of ten first, the others where there is room.
    let ordered =
      candidates.filter(Self.isPowerOfTen) + candidates.filter { !Self.isPowerOfTen($0) }
    var kept: [Double] = []
    for value in ordered
    where position(value) - linearWidth > 24 && width - position(value) > -1
      && kept.allSatisfy({ (position($0) - position(value)).magnitude > 46 })
    {
      kept.append(value)
    }
    return kept.sorted().map { Tick(value: $0, label: Self.spanLabel($0)) }
  }

  private static func isPowerOfTen(_ value: Double) -> Bool {
    let exponent = math_log10(value)
    return (exponent - exponent.rounded()).magnitude < 1e-9
  }

  /// "500 µs", "1 ms": for round values.
  private static func spanLabel(_ value: Double) -> String {
    switch value {
    case ..<1e3: short(value) + " ns"
    case ..<1e6: short(value / 1e3) + " µs"
    case ..<1e9: short(value / 1e6) + " ms"
    default: short(value / 1e9) + " s"
    }
  }

  /// No more decimal places than the value needs, at most three.
  static func short(_ value: Double) -> String {
    for places in 0..<3 {
      let text = decimal(value, places: places)
      if let back = Double(text), (back - value).magnitude < 1e-6 * Swift.max(1, value) {
        return text
      }
    }
    return decimal(value, places: 3)
  }

  private static var fineSteps: [Double] { [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8] }

  /// The smallest step times a power of ten that is not smaller than a positive value.
  static func ceiling(_ value: Double, steps: [Double]) -> Double {
    var decade = 1.0
    while decade > value { decade /= 10 }
    while decade * 10 <= value { decade *= 10 }
    for step in steps where step * decade >= value * 0.999_999 { return step * decade }
    return decade * 10
  }
}
