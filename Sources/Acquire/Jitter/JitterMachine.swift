// What jitter asks of the system before it measures, and what it was refused.

import Glibc
import Monitor
import RT
import SPIShim

/// Memory locked, idle states held off, the trace open: as long as it lives.
struct JitterMachine: ~Copyable {
  private let request: CPULatencyRequest?
  private let trace: KernelTrace?
  /// Of the memory and the idle states; empty: all was granted.
  let refusals: [String]
  /// What stands in the first lines about the idle states, as cyclictest has it.
  let remark: String
  /// What stands in the report about them.
  let section: ReportSection

  init(_ plan: JitterPlan) throws(Failure) {
    var refusals = try Self.lockMemory(plan)
    let trace = try Self.openTrace(plan.tracingFolders)
    let idle = try IdleStates(
      plan.latencyMicroseconds, allowsBestEffort: plan.allowsBestEffort)
    // Nothing throws from here on: half of a noncopyable value cannot be taken back.
    if let refusal = idle.refusal { refusals.append(refusal) }
    self.refusals = refusals
    self.trace = trace
    remark = idle.remark
    section = ReportSection("measurement", [idle.row])
    request = idle.request()
  }

  private static func lockMemory(_ plan: JitterPlan) throws(Failure) -> [String] {
    do throws(SchedulingFault) {
      try MemoryLock.engage()
      return []
    } catch {
      guard plan.allowsBestEffort else { throw Failure(.refused, error.message) }
      return [error.message]
    }
  }

  private static func openTrace(_ folders: [String]) throws(Failure) -> KernelTrace? {
    guard !folders.isEmpty else { return nil }
    return try explaining(.refused) { () throws(KernelTraceFault) in
      try KernelTrace(folders: folders)
    }
  }

  var traceTarget: TraceTarget {
    switch trace {
    case .some(let trace): trace.target
    case .none: .none
    }
  }
}

/// The CPUs' idle states while a run measures.
struct IdleStates: ~Copyable {
  /// What was refused and what to do, one sentence; nil: nothing.
  let refusal: String?
  /// The first lines' and the report's.
  let remark: String
  let row: ReportRow
  private let held: CPULatencyRequest?

  /// - Parameters:
  ///   - microseconds: the longest wake-up of an idle CPU that is accepted; nil: left alone.
  ///   - device: that of the kernel, but for tests.
  /// - Throws: where it is refused and that is not allowed.
  init(
    _ microseconds: Int32?, allowsBestEffort: Bool, device: String = "/dev/cpu_dma_latency"
  ) throws(Failure) {
    guard let microseconds else {
      self.init(nil, remark: "", "left as the system has them")
      return
    }
    let request = CPULatencyRequest(microseconds: microseconds, device: device)
    if request.isHeld {
      let text =
        microseconds == 0 ? "held off" : "held off, but for those that wake in \(microseconds) µs"
      self.init(
        request, remark: "# \(device) set to \(microseconds)us\n", text)
      return
    }
    let refusal = Self.sentence(errno: request.errno, device)
    guard allowsBestEffort else { throw Failure(.refused, refusal) }
    self.init(nil, remark: "", "not held off: \(device) was refused", refusal: refusal)
  }

  private init(
    _ held: consuming CPULatencyRequest?, remark: String, _ text: String, refusal: String? = nil
  ) {
    self.held = held
    self.remark = remark
    row = ReportRow("idle states", text)
    self.refusal = refusal
  }

  consuming func request() -> CPULatencyRequest? { held }

  private static func sentence(errno: Int32, _ device: String) -> String {
    let what = "the CPUs' idle states cannot be held off: \(device): \(describe(errno: errno)); "
    let cure =
      errno == ENOENT
      ? "this kernel or container has none: "
      : "run as root, or take udev/60-acquire.rules and join the group acquire, or "
    return what + cure + "leave them as the system has them with --default-system"
  }
}

extension KernelTraceFault: Explained {}

extension CyclictestEnvironment {
  /// This machine's; the times are filled in by who measured.
  init(begun: Int64, ended: Int64, status: ExitStatus) {
    let files = SystemFiles.ofThisMachine
    #if arch(x86_64)
    let architecture = "x86_64"
    #elseif arch(arm64)
    let architecture = "aarch64"
    #else
    let architecture = "unknown"
    #endif
    self.init(
      commandLine: typedCommandLine(), begun: begun, ended: ended, returnCode: status.rawValue,
      systemName: files.line("/proc/sys/kernel/ostype") ?? "Linux",
      nodeName: files.line("/proc/sys/kernel/hostname") ?? "unknown",
      release: files.line("/proc/sys/kernel/osrelease") ?? "unknown",
      version: files.line("/proc/sys/kernel/version") ?? "unknown", machine: architecture,
      isRealTime: files.line("/sys/kernel/realtime") == "1")
  }
}

/// As it was typed, but for the quotes.
func typedCommandLine() -> String { CommandLine.arguments.joined(separator: " ") }

extension JitterPlan {
  /// `--mainaffinity`: of the calling thread alone, when the measuring ones have begun.
  ///
  /// - Returns: what was refused, as a sentence.
  func settleMainThread() -> String? {
    guard let cpus = mainCPUs else { return nil }
    var flags = [UInt8](repeating: 0, count: 4_096)
    for cpu in cpus { flags[cpu] = 1 }
    guard unsafe shim_set_affinity_mask(flags, Int32(flags.count)) < 0 else { return nil }
    return "the printing thread could not be moved to CPUs \(cpus)"
  }
}
