// cyclictest's own texts, to the byte as version 2.40 of rt-tests prints them, so that eyes and
// scripts find what they know.

extension CyclictestRun {
  /// `T: 0 ( 1974) P:80 I:1000 C:   3000 Min:     16 Act:   17 Avg:   20 Max:     558`, a line for
  /// each thread.
  public var threadLines: String {
    var text = ""
    let width = isInNanoseconds ? 8 : 5
    for (index, thread) in threads.enumerated() {
      text += "T:\(String(index).leading(2)) (\(String(thread.threadID).leading(5))) "
      text += "P:\(String(thread.priority).leading(2)) I:\(thread.intervalMicroseconds) "
      text += "C:\(String(thread.cycles).leading(7)) Min:\(String(thread.shownMin).leading(7)) "
      text += "Act:\(String(thread.last).leading(width)) "
      text += "Avg:\(String(thread.mean).leading(width)) "
      text += "Max:\(String(thread.shownMax).leading(8))\n"
    }
    return text
  }

  /// What is painted over and over on a terminal: policy and load, a blank line, the threads.
  ///
  /// - Parameters:
  ///   - loadAverage: the line of /proc/loadavg.
  ///   - isFirst: nothing stands there yet that the cursor must go back over.
  public func livePage(policy: String, loadAverage: String, isFirst: Bool) -> String {
    (isFirst ? "" : "\u{1B}[\(threads.count + 2)A")
      + "policy: \(policy): loadavg: \(loadAverage)          \n\n" + threadLines
  }

  /// `# Histogram` and all that follows it, a blank line at the end included.
  public var histogramText: String { histogramText(columns: []) }

  /// - Parameter names: of the columns, in a comment of our own; empty: cyclictest's text.
  func histogramText(columns names: [String]) -> String {
    var text = "# Histogram\n"
    if !names.isEmpty { text += "# Columns: " + names.joined(separator: " ") + "\n" }
    for bin in 0..<(threads.map(\.bins.count).max() ?? 0) {
      var counts = threads.map { bin < $0.bins.count ? $0.bins[bin] : 0 }
      if showsSums { counts.append(counts.reduce(0, &+)) }
      text += "\(String(bin).zeros(6)) "
      text += counts.map { String($0).zeros(6) }.joined(separator: "\t") + "\n"
    }
    func line(_ title: String, _ values: [String]) {
      text += "# \(title):" + values.map { " " + $0 }.joined() + "\n"
    }
    func withSum(_ values: [UInt64], _ sum: UInt64) -> [UInt64] {
      showsSums ? values + [sum] : values
    }
    let totals = threads.map { $0.bins.reduce(0, &+) }
    line("Total", withSum(totals, totals.reduce(0, &+)).map { String($0).zeros(9) })
    line("Min Latencies", threads.map { String($0.shownMin).zeros(5) })
    line("Avg Latencies", threads.map { String($0.mean).zeros(5) })
    let largest = threads.map(\.shownMax)
    line(
      "Max Latencies",
      (showsSums ? largest + [largest.max() ?? 0] : largest).map { String($0).zeros(5) })
    let overflows = threads.map(\.overflowCount)
    line(
      "Histogram Overflows",
      withSum(overflows, overflows.reduce(0, &+)).map { String($0).zeros(5) })
    text += "# Histogram Overflow at cycle number:\n"
    for (index, thread) in threads.enumerated() {
      var cycles = thread.overflowCycles.map { String($0).zeros(5) }
      let others =
        thread.overflowCount
        - UInt64(
          min(
            thread.overflowCycles.count, Int(clamping: thread.overflowCount)))
      if others > 0 { cycles.append("# \(String(others).zeros(5)) others") }
      text += "# Thread \(index):" + cycles.map { " " + $0 }.joined() + "\n"
    }
    return text + "\n"
  }

  /// With -b: the threads, and which of them broke the threshold at what value.
  public func breakText(_ breach: (thread: Int, value: Int64)?) -> String {
    var text =
      "# Thread Ids:" + threads.map { " " + String($0.threadID).zeros(5) }.joined() + "\n"
    if let breach, breach.thread < threads.count {
      text += "# Break thread: \(threads[breach.thread].threadID)\n"
      text += "# Break value: \(breach.value)\n"
    }
    return text
  }

  /// With --spike; nothing at all where there was none.
  ///
  /// - Parameter count: of all spikes, those included that were not kept.
  public static func spikeText(_ spikes: [CyclictestSpike], count: UInt64) -> String {
    guard count > 0 else { return "" }
    var text = "\n"
    for spike in spikes {
      text += "T:\(String(spike.thread).leading(2)) Spike:\(String(spike.value).leading(8)): "
      text += "TS: \(String(spike.microseconds).leading(12))\n"
    }
    return text + "spikes = \(count)\n\n"
  }

  /// With -v: `       0:      38:      15`, thread, cycle and value.
  public static func streamLine(thread: Int, cycle: UInt64, value: Int64) -> String {
    "\(String(thread).leading(8)):\(String(cycle).leading(8)):\(String(value).leading(8))\n"
  }
}

extension String {
  /// Filled up with zeros on the left.
  fileprivate func zeros(_ width: Int) -> String {
    String(repeating: "0", count: max(0, width - count)) + self
  }
}
