// A distribution as steps of a plot: counts in the bins that are drawn, on a logarithmic axis.

internal import MathShim
import RT

/// The y axis: counts, logarithmic, from below one to the next power of ten.
struct CountAxis {
  let top: Double
  let height: Double

  /// Below a count of one, so that one can be seen.
  private static var bottom: Double { 0.55 }

  init(largest: Double, height: Double) {
    var top = 10.0
    while top < largest * 1.1 { top *= 10 }
    self.top = top
    self.height = height
  }

  /// From the upper end of the axis.
  func position(_ count: Double) -> Double {
    let share = math_log(Swift.max(count, Self.bottom) / Self.bottom) / math_log(top / Self.bottom)
    return height * (1 - share)
  }

  var ticks: [(value: Double, label: String)] {
    var ticks: [(Double, String)] = []
    var value = 1.0
    while value <= top * 1.001 {
      let label =
        switch value {
        case ..<1e6: grouped(UInt64(value))
        case ..<1e9: "\(UInt64(value / 1e6)) M"
        default: "\(UInt64(value / 1e9)) G"
        }
      ticks.append((value, label))
      value *= 10
    }
    // Twenty decades at most; every second one where they would touch.
    let every = Double(ticks.count) * 17 > height ? 2 : 1
    return ticks.enumerated().filter { $0.offset % every == 0 }.map(\.element)
  }
}

/// Counts in the bins of an axis.
struct PlotSteps {
  let edges: [Double]
  private(set) var counts: [Double]
  /// What cannot be told to lie in one of them.
  private(set) var coarse: [LatencyBin] = []

  init(_ distribution: LatencyDistribution, edges: [Double]) {
    self.edges = edges
    counts = [Double](repeating: 0, count: Swift.max(1, edges.count - 1))
    for bin in distribution.bins {
      if bin.isCoarse {
        coarse.append(bin)
      } else {
        add(bin, limit: Double(distribution.max.rawValue))
      }
    }
  }

  private mutating func add(_ bin: LatencyBin, limit: Double) {
    let lower = Double(bin.lower.rawValue)
    let upper = Swift.max(lower, Swift.min(Double(bin.upper.rawValue), limit)) + 1
    let first = index(of: lower)
    let last = index(of: upper - 1)
    // Few values are not cut into parts: half a value was never counted.
    guard first < last, bin.count >= 20 else {
      counts[index(of: (lower + upper - 1) / 2)] += Double(bin.count)
      return
    }
    for step in first...last {
      let from = Swift.max(lower, edges[step])
      let to = step == last ? upper : Swift.min(upper, edges[step + 1])
      counts[step] += Double(bin.count) * Swift.max(0, to - from) / (upper - lower)
    }
  }

  /// The bin that holds a value; the last one for everything beyond.
  func index(of value: Double) -> Int {
    var low = 0
    var high = counts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle } else { high = middle }
    }
    return low
  }

  /// The largest count that is drawn between two places of the axis.
  func largest(between from: Double, and to: Double, on axis: LatencyAxis) -> Double {
    var largest = 0.0
    for (index, count) in counts.enumerated()
    where axis.position(edges[index]) <= to && axis.position(edges[index + 1]) >= from {
      largest = Swift.max(largest, count)
    }
    for bin in coarse
    where axis.position(Double(bin.lower.rawValue)) <= to
      && axis.position(Double(bin.upper.rawValue)) >= from
    {
      largest = Swift.max(largest, Double(bin.count))
    }
    return largest
  }

  var largest: Double {
    Swift.max(counts.max() ?? 0, coarse.map { Double($0.count) }.max() ?? 0)
  }

  /// An SVG path around the filled bins.
  func path(x: LatencyAxis, y: CountAxis, left: Double, top: Double) -> String {
    var path = ""
    let floor = plotNumber(top + y.height)
    var isDrawing = false
    for (index, count) in counts.enumerated() {
      // A fraction stems from a bin that was cut; what is not drawn at one is not seen.
      guard count >= 0.5 else {
        if isDrawing { path += "V\(floor)" }
        isDrawing = false
        continue
      }
      let begin = x.position(edges[index])
      // A bin ends at the break, or it would be drawn across.
      let end =
        edges[index + 1] == x.linearEnd ? x.linearWidth : x.position(edges[index + 1])
      let startsAnew = !isDrawing || edges[index] == x.linearEnd
      if startsAnew {
        if isDrawing { path += "V\(floor)" }
        let start = edges[index] == x.linearEnd ? x.linearWidth + LatencyAxis.gap : begin
        path += "M\(plotNumber(left + start)) \(floor)"
        isDrawing = true
      }
      path += "V\(plotNumber(top + y.position(count)))H\(plotNumber(left + end))"
    }
    return isDrawing ? path + "V\(floor)" : path
  }
}

/// A coordinate, to a tenth of a pixel.
func plotNumber(_ value: Double) -> String {
  let text = decimal(value, places: 1)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
