// Processes, as far as rules ask for them.

/// By /proc/N/stat, proc(5).
struct RunningProcess: Sendable, Equatable {
  var number: Int
  /// Of an interrupt's thread "irq/36-fe204000.spi", cut to 15 characters by kernels before 5.17.
  var name: String
  /// Major and minor number of its terminal, "204:64"; nil: none.
  var terminal: String?
  var policy: Int
  var realTimePriority: Int
  /// Of the kernel: any program may call itself "irq/…", none may call itself this.
  var isOfKernel: Bool

  /// - Parameter stat: "36 (irq/36-acquire) S 2 0 0 0 …".
  init?(stat: String) {
    guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close,
      let number = Int(stat[..<open].trimmed)
    else { return nil }
    // From field 3 on.
    let fields = stat[stat.index(after: close)...].words
    guard fields.count > 38, let terminal = Int(fields[4]), let flags = UInt64(fields[6]),
      let priority = Int(fields[37]), let policy = Int(fields[38])
    else { return nil }
    self.number = number
    name = String(stat[stat.index(after: open)..<close])
    realTimePriority = priority
    self.policy = policy
    // PF_KTHREAD.
    isOfKernel = flags & 0x20_0000 != 0
    // Bits 8…19 are the major number, the others the minor one.
    let major = (terminal >> 8) & 0xFFF
    self.terminal =
      terminal == 0 ? nil : "\(major):\((terminal & 0xFF) | ((terminal >> 12) & 0xFFF00))"
  }

  /// The interrupt that it serves; nil for any other thread.
  var interrupt: Int? {
    guard isOfKernel, name.hasPrefix("irq/") else { return nil }
    return Int(name.dropFirst(4).prefix { $0.isNumber })
  }

  /// SCHED_FIFO or SCHED_RR.
  var isRealTime: Bool { policy == 1 || policy == 2 }
}

struct Processes: Sendable {
  private let all: [RunningProcess]
  private let files: ExaminedFiles

  init(_ files: ExaminedFiles) {
    self.files = files
    all = files.names(in: "/proc").filter { Int($0) != nil }.compactMap { name in
      files.textUnremembered("/proc/\(name)/stat").flatMap(RunningProcess.init)
    }
  }

  /// Those, whose files are remembered.
  func those(_ matches: (RunningProcess) -> Bool) -> [RunningProcess] {
    let found = all.filter(matches)
    for process in found { files.remember("/proc/\(process.number)/stat") }
    return found
  }

  /// Of those with this name; not remembered, since anything may stand there.
  func commandLines(of name: String) -> [[String]] {
    all.filter { $0.name == name }.compactMap { process in
      files.textUnremembered("/proc/\(process.number)/cmdline")?.split(separator: "\0").map(
        String.init)
    }
  }

  func named(_ name: String) -> [RunningProcess] { those { $0.name == name } }
}
