// Which interrupts there are, where they may run, and with what priority their threads do.

public struct InterruptConditions: Equatable, Sendable {
  public var number: Int
  /// Its devices: "fe204000.spi", "virtio1-req.0".
  public var name: String
  /// Controller, line and kind of trigger: "GICv2 150 Level"; empty where nobody tells.
  public var controller: String
  /// All CPUs together, since boot.
  public var count: UInt64
  /// CPUs that are allowed; "0-3".
  public var affinity: String?
  /// CPUs that the controller really uses.
  public var effectiveAffinity: String?
  /// Empty where the interrupt has no thread.
  public var threads: [InterruptThread]

  public init(
    number: Int, name: String, controller: String = "", count: UInt64, affinity: String? = nil,
    effectiveAffinity: String? = nil, threads: [InterruptThread] = []
  ) {
    self.number = number
    self.name = name
    self.controller = controller
    self.count = count
    self.affinity = affinity
    self.effectiveAffinity = effectiveAffinity
    self.threads = threads
  }

  /// Those that have come at least once, the most frequent first.
  static func all(_ files: SystemFiles) -> [InterruptConditions] {
    // A line has a column for each CPU: with 256 of them 300 lines are nearly a megabyte.
    let table = files.text("/proc/interrupts", atMost: 4 << 20) ?? ""
    let lines = parse(table).filter { $0.count > 0 }
    let threads = lines.isEmpty ? [:] : InterruptThread.byInterrupt(files)
    return lines.map { line in
      InterruptConditions(
        number: line.number, name: line.name, controller: line.controller, count: line.count,
        affinity: files.line("/proc/irq/\(line.number)/smp_affinity_list"),
        effectiveAffinity: files.line("/proc/irq/\(line.number)/effective_affinity_list"),
        threads: threads[line.number] ?? [])
    }.sorted { ($1.count, $0.number) < ($0.count, $1.number) }
  }

  /// Lines such as ` 65:  1234  0  GICv2 150 Level  fe204000.spi`; named ones ("LOC:") are the
  /// CPU's own and cannot be moved.
  ///
  /// - Parameter table: /proc/interrupts.
  public static func parse(
    _ table: String
  ) -> [(number: Int, name: String, controller: String, count: UInt64)] {
    let lines = table.split(separator: "\n")
    let cpuCount = lines.first?.split(separator: " ").count { $0.hasPrefix("CPU") } ?? 0
    return lines.dropFirst().compactMap { line in
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      guard let first = words.first, first.hasSuffix(":"), let number = Int(first.dropLast()),
        number >= 0
      else { return nil }
      var count: UInt64 = 0
      var rest = words.dropFirst()
      for _ in 0..<cpuCount {
        guard let word = rest.first, let part = UInt64(word) else { break }
        count = count.addingReportingOverflow(part).partialValue
        rest.removeFirst()
      }
      // Two spaces stand before the devices, of which there may be several: "a, b".
      guard let text = rest.first.map({ line[$0.startIndex...] }) else {
        return (number, "", "", count)
      }
      guard let gap = lastGap(text) else {
        return (number, rest.joined(separator: " "), "", count)
      }
      let controller = text[..<gap].split(separator: " ").joined(separator: " ")
      return (number, text[gap...].split(separator: " ").joined(separator: " "), controller, count)
    }
  }

  /// Where the last two spaces in a row before a word begin.
  private static func lastGap(_ text: Substring) -> Substring.Index? {
    var gap: Substring.Index?
    var spaces = 0
    for index in text.indices {
      if text[index] == " " {
        spaces += 1
      } else {
        if spaces > 1 { gap = index }
        spaces = 0
      }
    }
    return gap
  }
}

/// A thread of the kernel that serves an interrupt.
public struct InterruptThread: Equatable, Sendable {
  /// "irq/65-spi".
  public var name: String
  public var processIdentifier: Int
  /// 0 normal, 1 SCHED_FIFO, 2 SCHED_RR, 6 SCHED_DEADLINE (sched.h).
  public var policy: Int
  public var priority: Int

  public init(name: String, processIdentifier: Int, policy: Int, priority: Int) {
    self.name = name
    self.processIdentifier = processIdentifier
    self.policy = policy
    self.priority = priority
  }

  /// Looks through every process: there is no list of these threads alone.
  static func byInterrupt(_ files: SystemFiles) -> [Int: [InterruptThread]] {
    var threads: [Int: [InterruptThread]] = [:]
    for name in files.names(in: "/proc") {
      guard let identifier = Int(name), let text = files.line("/proc/\(name)/stat"),
        let thread = parse(text, processIdentifier: identifier),
        let number = Int(thread.name.dropFirst(4).prefix { $0.isASCII && $0.isNumber })
      else { continue }
      threads[number, default: []].append(thread)
    }
    return threads.mapValues { $0.sorted { $0.processIdentifier < $1.processIdentifier } }
  }

  /// Of /proc/PID/stat: the name in parentheses is field 2, `rt_priority` 40, `policy` 41
  /// (proc_pid_stat(5)). Nil for other threads.
  static func parse(_ stat: String, processIdentifier: Int) -> InterruptThread? {
    guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close
    else { return nil }
    let name = String(stat[stat.index(after: open)..<close])
    let fields = stat[stat.index(after: close)...].split(separator: " ")
    guard name.hasPrefix("irq/"), fields.count > 38, let priority = Int(fields[37]),
      let policy = Int(fields[38])
    else { return nil }
    return InterruptThread(
      name: name, processIdentifier: processIdentifier, policy: policy, priority: priority)
  }
}
