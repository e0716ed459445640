import Foundation
import TestSupport
import Testing
import RT

@testable import Monitor

@Suite("cyclictest's texts")
struct CyclictestTextTests {
  private func sample(_ name: String) throws -> String {
    try String(
      contentsOfFile: Repository.path("Tests/Oracles/cyclictest/samples/" + name), encoding: .utf8)
  }

  /// What a sample says, as values that our own writer takes.
  private func run(_ found: CyclictestOutput, inNanoseconds: Bool = false) -> CyclictestRun {
    let isSummed = found.total.count > found.minima.count
    let count = max(found.threads.count, found.minima.count)
    let threads = (0..<count).map { index -> CyclictestThread in
      let line = index < found.threads.count ? found.threads[index] : CyclictestOutput.Thread()
      let isBinned = index < found.minima.count
      let overflow =
        index < found.overflowCycles.count
        ? found.overflowCycles[index] : CyclictestOutput.Overflow()
      let bins = isBinned ? found.rows.map { UInt64($0[index]) } : []
      let overflowCount = isBinned ? UInt64(found.overflows[index]) : 0
      let cycles = isBinned ? bins.reduce(0, +) + overflowCount : UInt64(line.cycles)
      let mean = isBinned ? found.averages[index] : line.avg
      return CyclictestThread(
        threadID: Int32(line.id), priority: line.priority,
        intervalMicroseconds: Int64(line.interval), cycles: cycles, last: Int64(line.last),
        min: Int64(isBinned ? found.minima[index] : line.min),
        max: Int64(isBinned ? found.maxima[index] : line.max),
        sum: Int64(mean) * Int64(cycles), bins: bins, overflowCount: overflowCount,
        overflowCycles: overflow.cycles.map { UInt64($0) })
    }
    return CyclictestRun(
      isInNanoseconds: inNanoseconds, threads: threads, showsSums: isSummed)
  }

  @Test(
    "the thread lines of every sample come out again byte for byte",
    arguments: [
      "human-single-quiet", "human-smp", "human-t3", "human-nsecs", "human-no-prio", "spike",
    ])
  func threadLines(name: String) throws {
    let text = try sample(name + ".txt")
    let found = CyclictestOutput(text: text)
    #expect(found.strange.isEmpty && !found.threads.isEmpty)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("T:") && !$0.contains("Spike") }
    let ours = run(found, inNanoseconds: name == "human-nsecs").threadLines
    #expect(ours == lines.joined(separator: "\n") + "\n")
  }

  @Test(
    "the histogram of every sample comes out again byte for byte",
    arguments: [
      "hist-h50", "hist-overflow-small", "histfile-sample", "histofall-H40", "json-hist.stdout",
    ])
  func histogram(name: String) throws {
    let text = try sample(name + ".txt")
    let found = CyclictestOutput(text: text)
    #expect(found.strange.isEmpty && found.rows.count > 10)
    let begin = try #require(text.range(of: "# Histogram\n")).lowerBound
    #expect(run(found).histogramText == text[begin...])
  }

  @Test("a live page and the one painted over it are cyclictest's")
  func livePage() throws {
    let text = try sample("human-live-raw.txt")
    let pages = text.split(separator: "policy: ", maxSplits: 3)
    let empty = CyclictestThread(
      threadID: 0, priority: 80, intervalMicroseconds: 1_000, cycles: 0, last: 0, min: .max,
      max: .min, sum: 0)
    let first = CyclictestRun(isInNanoseconds: false, threads: [empty])
      .livePage(policy: "fifo", loadAverage: "1.31 1.83 1.43 3/97 2043", isFirst: true)
    #expect("policy: " + pages[1].dropLast(4) == first)
    let running = CyclictestThread(
      threadID: 2_043, priority: 80, intervalMicroseconds: 1_000, cycles: 10, last: 18, min: 14,
      max: 22, sum: 159)
    let second = CyclictestRun(isInNanoseconds: false, threads: [running])
      .livePage(policy: "fifo", loadAverage: "1.31 1.83 1.43 2/97 2043", isFirst: false)
    #expect("\u{1B}[3Apolicy: " + pages[2].dropLast(4) == second)
  }

  @Test("spikes, stream and the broken threshold are cyclictest's")
  func others() throws {
    let spikeText = try sample("spike.txt")
    let spikes = CyclictestOutput(text: spikeText)
    let ours = CyclictestRun.spikeText(
      spikes.spikes.map {
        CyclictestSpike(
          thread: $0.thread, value: Int64($0.value), microseconds: Int64($0.microseconds))
      }, count: UInt64(spikes.spikeCount))
    #expect(spikes.spikes.count == 12 && spikeText.hasSuffix(ours))
    #expect(CyclictestRun.spikeText([], count: 0) == "")

    let streamText = try sample("verbose-v.txt")
    let stream = CyclictestOutput(text: streamText).stream
    let lines = stream.map {
      CyclictestRun.streamLine(
        thread: $0.thread, cycle: UInt64($0.cycle), value: Int64($0.value))
    }
    #expect(stream.count == 40 && streamText.hasSuffix(lines.joined()))

    for (name, breach) in [
      ("breaktrace-b100.txt", nil), ("breaktrace-tracemark.txt", (thread: 0, value: Int64(2_471))),
    ] {
      let text = try sample(name)
      #expect(text.hasSuffix(run(CyclictestOutput(text: text)).breakText(breach)))
    }
  }

  @Test("the JSON of every sample comes out again byte for byte", arguments: [true, false])
  func json(hasHistogram: Bool) throws {
    let text = try sample(hasHistogram ? "json-hist.json" : "json-plain.json")
    let file = try #require(CyclictestFile(json: Data(text.utf8)))
    let threads = try (0..<file.threadCount).map { index -> CyclictestThread in
      let thread = try #require(file.threads[String(index)])
      var bins = [UInt64](repeating: 0, count: hasHistogram ? 60 : 0)
      for (bin, count) in thread.histogram { bins[try #require(Int(bin))] = UInt64(count) }
      return CyclictestThread(
        threadID: 0, priority: 80, intervalMicroseconds: 1_000, cycles: UInt64(thread.cycles),
        last: 0, min: Int64(thread.min), max: Int64(thread.max),
        sum: Int64((thread.avg * Double(thread.cycles)).rounded()), cpu: thread.cpu, bins: bins)
    }
    let seconds: (String) throws -> Int64 = { text in
      let format = DateFormatter()
      format.locale = Locale(identifier: "en_US_POSIX")
      format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
      return Int64(try #require(format.date(from: text)).timeIntervalSince1970)
    }
    let environment = CyclictestEnvironment(
      commandLine: file.commandLine, begun: try seconds(file.start), ended: try seconds(file.end),
      returnCode: Int32(file.returnCode), systemName: file.system[0], nodeName: file.system[1],
      release: file.system[2], version: file.system[3], machine: file.system[4],
      isRealTime: file.isRealTime == 1)
    let ours = CyclictestRun(isInNanoseconds: false, threads: threads)
    #expect(ours.json(environment) == text)
    let more = ours.json(environment, own: .object([.init("missed", .integer(3))]))
    #expect(CyclictestFile(json: Data(more.utf8)) == file)
  }

  @Test("a date is the calendar's, on leap days and before 1970, too")
  func dates() {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "UTC")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
    for seconds in [0, 951_782_400, 951_868_799, 1_709_164_800, 4_107_542_400, -1, -86_401]
      + stride(from: 0, to: 5_000_000_000, by: 86_400_000 / 7 * 13)
    {
      let expected = format.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(CivilDate.mailText(secondsSince1970: Int64(seconds)) == expected)
    }
  }

  @Test("the stages of the path are columns, which both a reader of ours and a plot take")
  func path() throws {
    let series = [
      ReportSample.series("edgeToWake", [900, 1_000, 1_900, 3_100, 8_000], missed: nil),
      ReportSample.series("read", [], missed: nil),
      ReportSample.series("write", [2_050, 2_060, 4_000_000], missed: nil),
    ]
    let text = PathHistogram(series, binCount: 5).text
    #expect(text.hasPrefix("# Histogram\n# Columns: edgeToWake read write\n000000 000001\t"))
    let found = CyclictestOutput(text: text)
    #expect(found.strange.isEmpty)
    #expect(
      found.rows == [[1, 0, 0], [2, 0, 0], [0, 0, 2], [1, 0, 0], [0, 0, 0]], "\(found.rows)")
    #expect(found.total == [4, 0, 2] && found.overflows == [1, 0, 1])
    #expect(found.averages == [2, 0, 1_334] && found.maxima == [8, 0, 4_000])
    // As cyclictest has it of a thread that never woke.
    #expect(found.minima == [0, 1_000_000, 2])
    #expect(found.overflowCycles.map(\.others) == [1, 0, 1])
  }

  @Test("missed periods are told, and marked, in lines that begin with a number sign")
  func missed() {
    let latency = LatencyDistribution(
      bins: [LatencyBin(lower: .microseconds(10), upper: .microseconds(10), count: 7)], count: 7,
      min: .microseconds(10), max: .microseconds(10), mean: .microseconds(10))
    var thread = MeasuredThread(name: "0", latency: latency, corrected: latency, missed: 0)
    let calm = MissedPeriodsText.text([thread], isColoured: true)
    #expect(calm.contains("# missed periods: 0 of 7\n") && !calm.contains("corrected"))
    thread.missed = 199
    let stalled = MissedPeriodsText.text([thread], isColoured: false)
    #expect(stalled.contains("# missed periods: 199 of 206 (!)") && stalled.contains("# corrected"))
    #expect(stalled.split(separator: "\n").allSatisfy { $0.hasPrefix("# ") })
    #expect(MissedPeriodsText.text([thread], isColoured: true).contains("\u{1B}[1;31m"))
    let empty = MissedPeriodsText.text(
      [MeasuredThread(name: "0", latency: LatencyDistribution(), missed: 3)], isColoured: false)
    #expect(empty.contains("–\n# missed periods: 3 of 3") && !empty.contains(" ns"))
    #expect(CyclictestOutput(text: stalled + calm) == CyclictestOutput())
  }
}

@Suite("Maxima by time")
struct MaximaBySlotTests {
  @Test(
    "the worst of each stretch is kept, however often slots are joined",
    arguments: 0..<40 as Range<UInt64>)
  func worst(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var table = MaximaBySlot(seriesCount: 2, capacity: 8, slotLength: .seconds(1))
    var values: [(at: Int64, series: Int, value: Int64)] = []
    var at: Int64 = 0
    for _ in 0..<Int.random(in: 0..<300, using: &random) {
      at += Int64.random(in: 0..<3_000_000_000, using: &random)
      let value = Int64.random(in: 0..<1_000_000, using: &random)
      let series = Int.random(in: 0...1, using: &random)
      values.append((at, series, value))
      table.add(Nanoseconds(value), series: series, elapsed: Nanoseconds(at))
    }
    let length = table.slotLength.rawValue
    #expect(table.slots.count <= 8 && length % 1_000_000_000 == 0, "seed \(seed)")
    for (index, slot) in table.slots.enumerated() {
      for series in 0...1 {
        let expected = values.filter { $0.series == series && $0.at / length == Int64(index) }
          .map(\.value).max()
        #expect(slot[series]?.rawValue == expected, "seed \(seed)")
      }
    }
    #expect(values.isEmpty || Int64(table.slots.count) == at / length + 1)
  }

  @Test("a series or an instant that is none changes nothing")
  func none() {
    var table = MaximaBySlot(seriesCount: 1, slotLength: .seconds(10))
    let before = table
    table.add(.seconds(1), series: 1, elapsed: .zero)
    table.add(.seconds(1), series: -1, elapsed: .zero)
    table.add(.seconds(1), series: 0, elapsed: Nanoseconds(-1))
    #expect(table == before)
  }
}
