// What cyclictest prints, read by splitting lines at their words: one of two readers, which share
// nothing; the other is Tests/Oracles/cyclictest/read.py.

public import Foundation

public struct CyclictestOutput: Codable, Equatable, Sendable {
  public struct Thread: Codable, Equatable, Sendable {
    public var id = 0
    public var priority = 0
    public var interval = 0
    public var cycles = 0
    public var min = 0
    public var last = 0
    public var avg = 0
    public var max = 0

    public init() {}
  }

  public struct Spike: Codable, Equatable, Sendable {
    public var thread = 0
    public var value = 0
    public var microseconds = 0
  }

  public struct Sample: Codable, Equatable, Sendable {
    public var thread = 0
    public var cycle = 0
    public var value = 0
  }

  public struct Overflow: Codable, Equatable, Sendable {
    public var cycles: [Int] = []
    public var others = 0

    public init() {}
  }

  /// The newest line of each thread.
  public var threads: [Thread] = []
  /// From bin 0 on: a column for each thread, and one for the sum with -H.
  public var rows: [[Int]] = []
  public var total: [Int] = []
  public var minima: [Int] = []
  public var averages: [Int] = []
  public var maxima: [Int] = []
  public var overflows: [Int] = []
  public var overflowCycles: [Overflow] = []
  public var spikes: [Spike] = []
  public var spikeCount = 0
  public var stream: [Sample] = []
  public var threadIDs: [Int] = []
  public var breakThread = 0
  public var breakValue = 0
  /// /dev/cpu_dma_latency; -1: not said.
  public var latencyMicroseconds = -1
  /// Lines that are no comment and nothing that cyclictest prints.
  public var strange: [String] = []

  public init() {}

  public init(text: String) {
    for line in text.split(separator: "\n") { read(line) }
  }

  private mutating func read(_ whole: Substring) {
    // A live page begins by moving the cursor up.
    var line = whole
    if line.hasPrefix("\u{1B}[") { line = line.drop { $0 != "A" }.dropFirst() }
    let words = line.split { $0 == " " || $0 == "\t" }
    guard let first = words.first else { return }
    if first == "#" || first.hasPrefix("#") {
      readComment(words)
    } else if first.hasPrefix("T:") {
      readThread(line)
    } else if first == "spikes" {
      spikeCount = words.last.flatMap { Int($0) } ?? -1
    } else if first.count >= 6, first.allSatisfy(\.isNumber), words.count >= 2 {
      guard Int(first) == rows.count else {
        strange.append(String(line))
        return
      }
      rows.append(words.dropFirst().map { Int($0) ?? -1 })
    } else if let sample = Self.numbers(line.split(separator: ":")), sample.count == 3 {
      stream.append(Sample(thread: sample[0], cycle: sample[1], value: sample[2]))
    } else if !["policy:", "Max", "Online", "Thread", "Using", "WARN:"].contains(String(first)) {
      strange.append(String(line))
    }
  }

  private static func numbers(_ words: [Substring]) -> [Int]? {
    let found = words.map { Int($0.trimmingCharacters(in: .whitespaces)) }
    return found.contains(nil) ? nil : found.compactMap { $0 }
  }

  /// `T: 0 ( 1974) P:80 I:1000 C:   3000 Min:     16 Act:   17 Avg:   20 Max:     558`, or a spike.
  private mutating func readThread(_ line: Substring) {
    let numbers = line.split { !$0.isNumber && $0 != "-" }.compactMap { Int($0) }
    if line.contains("Spike:"), numbers.count == 3 {
      spikes.append(Spike(thread: numbers[0], value: numbers[1], microseconds: numbers[2]))
      return
    }
    guard numbers.count == 9 else {
      strange.append(String(line))
      return
    }
    while threads.count <= numbers[0] { threads.append(Thread()) }
    var thread = Thread()
    thread.id = numbers[1]
    thread.priority = numbers[2]
    thread.interval = numbers[3]
    thread.cycles = numbers[4]
    thread.min = numbers[5]
    thread.last = numbers[6]
    thread.avg = numbers[7]
    thread.max = numbers[8]
    threads[numbers[0]] = thread
  }

  private mutating func readComment(_ words: [Substring]) {
    let text = words.dropFirst().joined(separator: " ")
    guard let colon = text.firstIndex(of: ":") else {
      if text.hasPrefix("/dev/cpu_dma_latency set to "), text.hasSuffix("us") {
        latencyMicroseconds = Int(text.split(separator: " ").last?.dropLast(2) ?? "") ?? -2
      }
      return
    }
    let rest = text[text.index(after: colon)...].split(separator: " ")
    let values = rest.compactMap { Int($0) }
    switch text[..<colon] {
    case "Total": total = values
    case "Min Latencies": minima = values
    case "Avg Latencies": averages = values
    case "Max Latencies": maxima = values
    case "Histogram Overflows": overflows = values
    case "Thread Ids": threadIDs = values
    case "Break thread": breakThread = values.first ?? -1
    case "Break value": breakValue = values.first ?? -1
    case let title where title.hasPrefix("Thread "):
      var overflow = Overflow()
      overflow.cycles = values
      if rest.last == "others" { overflow.others = overflow.cycles.popLast() ?? -1 }
      overflowCycles.append(overflow)
    default: break
    }
  }
}

/// What stands in cyclictest's JSON.
public struct CyclictestFile: Codable, Equatable, Sendable {
  public struct Thread: Codable, Equatable, Sendable {
    /// By bin, those without a count left out.
    public var histogram: [String: Int]
    public var cycles: Int
    public var min: Int
    public var max: Int
    public var avg: Double
    public var cpu: Int
    public var node: Int
  }

  public var commandLine: String
  public var version: String
  public var start: String
  public var end: String
  public var returnCode: Int
  public var system: [String]
  public var isRealTime: Int
  public var threadCount: Int
  public var isInNanoseconds: Int
  public var threads: [String: Thread]

  /// Nil when it is not such a file.
  public init?(json: Data) {
    guard let file = try? JSONSerialization.jsonObject(with: json) as? [String: Any],
      file["file_version"] as? Int == 1, let commandLine = file["cmdline:"] as? String,
      let version = file["rt_test_version:"] as? String,
      let start = file["start_time"] as? String, let end = file["end_time"] as? String,
      let returnCode = file["return_code"] as? Int,
      let system = file["sysinfo"] as? [String: Any],
      let isRealTime = system["realtime"] as? Int,
      let threadCount = file["num_threads"] as? Int,
      let unit = file["resolution_in_ns"] as? Int,
      let threads = file["thread"] as? [String: [String: Any]]
    else { return nil }
    self.commandLine = commandLine
    self.version = version
    self.start = start
    self.end = end
    self.returnCode = returnCode
    self.system = ["sysname", "nodename", "release", "version", "machine"].map {
      system[$0] as? String ?? "?"
    }
    self.isRealTime = isRealTime
    self.threadCount = threadCount
    isInNanoseconds = unit
    self.threads = threads.mapValues { thread in
      Thread(
        histogram: thread["histogram"] as? [String: Int] ?? [:],
        cycles: thread["cycles"] as? Int ?? -1, min: thread["min"] as? Int ?? -1,
        max: thread["max"] as? Int ?? -1, avg: thread["avg"] as? Double ?? -1,
        cpu: thread["cpu"] as? Int ?? -2, node: thread["node"] as? Int ?? -2)
    }
  }
}
