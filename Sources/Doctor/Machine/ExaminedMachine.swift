// All that a rule may look at.

import RT

/// This machine, or a captured one, read once.
public struct ExaminedMachine: Sendable {
  let files: ExaminedFiles
  let answers: KernelAnswers
  /// Nil where nothing was measured.
  public var measurements: Measurements?
  /// Why nothing was measured although it was wanted; nil elsewhere.
  public var measuringHindrance: String?
  let board: Board
  let kernel: Kernel
  let processes: Processes
  let interrupts: [Interrupt]
  /// CPUs that a session may use, rising; empty when it cannot be known.
  public let allowedCPUs: [Int]
  public let isolatedCPUs: [Int]
  /// Those of them on which a session may put a thread.
  public let usableIsolatedCPUs: [Int]
  /// Its kernel, /sys and boot parameters are another machine's.
  public let isContainer: Bool

  /// This one. Starts a thread for a moment, to see whether it may be a real-time thread.
  public static func this(plan: DoctorPlan, measurements: Measurements? = nil) -> ExaminedMachine {
    ExaminedMachine(
      files: ExaminedFiles(.ofThisMachine), answers: .asking(for: plan), measurements: measurements)
  }

  /// One whose files were captured.
  public static func captured(_ root: String) -> ExaminedMachine {
    let files = ExaminedFiles(SystemFiles(root: root))
    return ExaminedMachine(
      files: files, answers: KernelAnswers(text: files.text(KernelAnswers.path) ?? ""),
      measurements: nil)
  }

  init(files: ExaminedFiles, answers: KernelAnswers, measurements: Measurements?) {
    self.files = files
    self.answers = answers
    self.measurements = measurements
    board = Board(files)
    kernel = Kernel(files)
    processes = Processes(files)
    interrupts = Interrupt.all(files.text("/proc/interrupts") ?? "")
    allowedCPUs = Machine.cpuList(
      Self.field("Cpus_allowed_list", of: files.text("/proc/self/status") ?? "") ?? "")
    let isolated = Machine.cpuList(files.line("/sys/devices/system/cpu/isolated") ?? "")
    isolatedCPUs = isolated
    usableIsolatedCPUs =
      answers.usableIsolatedCPUs.map { usable in usable.filter(isolated.contains) } ?? isolated
    isContainer =
      ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"].contains { path in
        files.text(path) != nil
      }
  }

  /// "Name:  value" of /proc/self/status and its like.
  static func field(_ name: String, of text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix(name + ":") }.map {
      String($0.dropFirst(name.count + 1).trimmed)
    }
  }

  func status(_ name: String) -> String? {
    Self.field(name, of: files.text("/proc/self/status") ?? "")
  }

  /// capabilities(7), by number, of this process; nil when it cannot be known.
  func hasCapability(_ bit: UInt64) -> Bool? {
    status("CapEff").flatMap { UInt64($0, radix: 16) }.map { $0 & (1 << bit) != 0 }
  }

  /// The soft limit by its name in /proc/self/limits; UINT64_MAX is unlimited.
  func limit(_ name: String) -> UInt64? {
    let line = (files.text("/proc/self/limits") ?? "").split(separator: "\n").first {
      $0.hasPrefix(name)
    }
    guard let soft = line?.dropFirst(name.count).words.first else { return nil }
    return soft == "unlimited" ? .max : UInt64(soft)
  }

  /// The session that runs: measuring would take its CPU from it, at its own priority. Nil where
  /// none shows itself.
  public var runningSession: String? {
    if interrupts.contains(where: \.isClaimed) { return "a session holds its lines" }
    let commands: Set = ["run", "record", "impedance", "jitter"]
    return processes.commandLines(of: "acquire").first { words in
      words.dropFirst().first.map(commands.contains) ?? false
    }.map { "`acquire \($0[1])` runs" }
  }

  /// CPUs for everything but the session: online, not the session's, not isolated.
  func housekeepingCPUs(beside plan: DoctorPlan) -> [Int] {
    let online = Machine.cpuList(files.line("/sys/devices/system/cpu/online") ?? "")
    return (online.isEmpty ? allowedCPUs : online).filter { cpu in
      !plan.cpus.contains(cpu) && !isolatedCPUs.contains(cpu)
    }
  }

  /// In a container: what is cured outside of it.
  func onHost(_ cure: String) -> String { isContainer ? "on the host: " + cure : cure }

  /// The thread of an interrupt whose line in /proc/interrupts holds this text.
  func interruptThreads(_ matches: (Interrupt) -> Bool) -> [RunningProcess] {
    let numbers = Set(interrupts.filter(matches).map(\.number))
    return processes.those { thread in thread.interrupt.map(numbers.contains) ?? false }
  }

  /// "ttyUSB0" of a port; the last part of its path where no link is known.
  func terminal(of port: DoctorPlan.Port) -> String {
    answers.links["port \(port.role)"]
      ?? port.path.split(separator: "/").last.map(String.init) ?? port.path
  }

  /// The name and version in /etc/os-release.
  var distribution: String {
    let line = (files.text("/etc/os-release") ?? "").split(separator: "\n").first {
      $0.hasPrefix("ID=")
    }
    return line.map { $0.dropFirst(3).filter { $0 != "\"" } } ?? ""
  }
}
