import Foundation
import RT
import TestSupport
import Testing

@testable import Monitor

@Suite("Plots")
struct TimingPlotTests {
  private struct Picture: Decodable {
    var elements: [String]
    var attributes: [String]
    var texts: [String]
    var style: String
    var width: Double
    var height: Double
    var x: [Double]
    var y: [Double]
  }

  /// What Python's XML reader finds in a picture.
  private func read(_ svg: String) throws -> Picture {
    let output = try Oracle.python(script: "reports/read_svg.py", input: Data(svg.utf8))
    return try JSONDecoder().decode(Picture.self, from: output)
  }

  /// Well-formed, nothing that runs or is fetched, and all within the frame.
  private func check(_ picture: Picture, _ name: String) {
    #expect(
      Set(picture.elements).isSubset(of: ["svg", "style", "rect", "path", "text"]), "\(name)")
    #expect(!picture.attributes.contains { $0.hasPrefix("on") || $0.contains("href") }, "\(name)")
    #expect(!picture.style.contains("url(") && !picture.style.contains("@import"), "\(name)")
    #expect(picture.x[0] >= 0 && picture.x[1] <= picture.width, "\(name): \(picture.x)")
    #expect(picture.y[0] >= 0 && picture.y[1] <= picture.height, "\(name): \(picture.y)")
  }

  /// The largest values that a file can hold.
  private var eternity: TimingSeries {
    let (early, late) = (Nanoseconds(.max - .max / 9), Nanoseconds(.max))
    return TimingSeries(
      name: "t", detail: "",
      latency: LatencyDistribution(
        bins: [
          LatencyBin(lower: Nanoseconds(3), upper: Nanoseconds(4), count: 1 << 62),
          LatencyBin(lower: early, upper: late, count: 1 << 62),
        ], count: 1 << 63, min: Nanoseconds(3), max: late, mean: late))
  }

  private typealias Sample = ReportSample

  @Test("the worst value, percentiles, the budget and the conditions are named")
  func labels() throws {
    let series = Sample.series(
      "thread 0", Sample.spans(20_000) + [3_350_000], budget: .microseconds(200))
    let picture = try read(Sample.report([series]).svg)
    check(picture, "one")
    for text in ["worst 3.35 ms", "budget 200 µs"] { #expect(picture.texts.contains(text)) }
    for start in ["p50 ", "p99 ", "p99.9 ", "latency in µs", "kernel 6.12.48-rt"] {
      #expect(picture.texts.contains { $0.hasPrefix(start) }, "\(start): \(picture.texts)")
    }
    #expect(picture.texts.contains { $0.contains("acquire jitter -p 80") })
  }

  @Test("text from outside stays text")
  func escaped() throws {
    var report = Sample.report(
      [Sample.series("<script>alert('x')</script> & \"quotes\" \u{01}")], title: "</svg><b>\u{0}")
    report.commandLine = "a & b < c"
    report.bestEffortReasons = ["<i>"]
    let picture = try read(report.svg)
    check(picture, "escaped")
    #expect(picture.texts.contains { $0.contains("<script>alert('x')</script> & \"quotes\"") })
    #expect(picture.texts.contains { $0.contains("a & b < c") })
    #expect(!report.html.contains("<script>") && !report.html.contains("<b>\u{0}"))
  }

  @Test("empty, single, far, equal and many series all make a sound picture")
  func extremes() throws {
    let cases: [(String, [TimingSeries])] = [
      ("no series", []), ("empty", [Sample.series("thread 0", [])]),
      ("one value", [Sample.series("thread 0", [17_321])]),
      ("zero", [Sample.series("thread 0", [0, 0, 0])]),
      ("ten seconds", [Sample.series("thread 0", Sample.spans(5_000) + [10_000_000_000])]),
      ("all the same", [Sample.series("thread 0", [Int64](repeating: 5_000, count: 9_999))]),
      ("nanoseconds", [Sample.series("thread 0", Sample.spans(5_000, median: 80))]),
      ("seconds", [Sample.series("thread 0", Sample.spans(500, median: 3_000_000_000))]),
      ("half an hour", [Sample.series("thread 0", [1 << 41, 1_000])]),
      ("three centuries", [eternity]), ("budget far away", [Sample.series(budget: .seconds(5))]),
      ("budget of nothing", [Sample.series(budget: .zero)]),
      ("a hundred", (0..<100).map { Sample.series("thread \($0)", Sample.spans(200, seed: $0)) }),
      (
        "stages",
        [400, 9_000, 120_000, 9_000_000].map {
          Sample.series("stage \($0)", Sample.spans(2_000, median: $0), budget: .milliseconds(1))
        }
      ),
    ]
    for (name, series) in cases {
      let picture = try read(Sample.report(series).svg)
      check(picture, name)
      let filled = series.filter { $0.latency.count > 0 }
      let worst = filled.map(\.latency.max).max()
      #expect(
        worst.map { span in picture.texts.contains("worst \(span.readable)") }
          ?? picture.texts.contains("Nothing was measured."), "\(name): \(picture.texts)")
    }
  }

  @Test("the axis rises, and no count is lost between bins", arguments: 0..<60 as Range<UInt64>)
  func axis(seed: UInt64) {
    let filled = ReportSample.random(seed: seed).series.map(\.latency).filter { $0.count > 0 }
    guard !filled.isEmpty else { return }
    let axis = LatencyAxis(filled, width: 850)
    let edges = axis.edges
    #expect(edges.count < 2_000, "seed \(seed)")
    #expect(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
    let places = edges.map(axis.position)
    #expect(zip(places, places.dropFirst()).allSatisfy { $0 <= $1 }, "seed \(seed)")
    #expect(places.allSatisfy { (0...850.001).contains($0) }, "seed \(seed)")
    for latency in filled {
      let steps = PlotSteps(latency, edges: edges)
      let total = steps.counts.reduce(0, +) + Double(steps.coarse.map(\.count).reduce(0, +))
      #expect((total - Double(latency.count)).magnitude < 1e-6 * total, "seed \(seed)")
    }
  }

  @Test("a worst case far away breaks the axis, and the bulk keeps three quarters of it")
  func broken() {
    let near = LatencyAxis([Sample.distribution(Sample.spans(5_000, tailEvery: 9_999))], width: 800)
    #expect(!near.isBroken && near.linearEnd <= 40_000)
    let far = LatencyAxis(
      [Sample.distribution(Sample.spans(5_000, tailEvery: 9_999) + [10_000_000_000])], width: 800)
    #expect(far.isBroken && far.linearEnd <= 40_000 && far.end >= 10_000_000_000)
    #expect(far.position(far.linearEnd) == far.linearWidth && far.linearWidth >= 600)
    #expect(far.ticks.count { $0.value > far.linearEnd && $0.label.hasSuffix("s") } >= 2)
    #expect(near.binWidth == 100 || near.binWidth == 200 || near.binWidth == 1_000)
  }

  @Test("names of lines cover neither one another nor lines that fall past them")
  func placing() {
    for seed in 0..<300 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let marks = (0..<7).map { index in
        PlotMark(
          x: Double.random(in: 78...936, using: &random), text: "p\(index) 12.3 µs", lineClass: "",
          textClass: "")
      }
      let placed = PlotLabels.place(marks, right: 936)
      for (index, one) in placed.enumerated() {
        let width = PlotLabels.width(one.mark.text)
        let span =
          one.isLeft ? one.mark.x - 4 - width...one.mark.x : one.mark.x...one.mark.x + 4 + width
        for other in placed[..<index] where other.row == one.row {
          let otherWidth = PlotLabels.width(other.mark.text)
          let end = other.isLeft ? other.mark.x : other.mark.x + 4 + otherWidth
          #expect(end < span.lowerBound, "seed \(seed)")
        }
        // Those further right begin lower or beyond the text.
        for other in placed[(index + 1)...] where other.row < one.row && !one.isLeft {
          #expect(other.mark.x > span.upperBound, "seed \(seed)")
        }
      }
    }
  }
}
