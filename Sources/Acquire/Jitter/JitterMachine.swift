// What jitter asks of the system before it measures, and what it was refused.

import Monitor
import RT

/// Memory locked, idle states held off, the trace open: as long as it lives.
struct JitterMachine: ~Copyable {
  private let request: CPULatencyRequest?
  private let trace: KernelTrace?
  /// Of the memory; empty: all was granted.
  let refusals: [String]
  /// What stands in the first lines about the idle states.
  let remark: String

  init(_ plan: JitterPlan) throws(Failure) {
    let refusals = try Self.lockMemory(plan)
    let trace = try Self.openTrace(plan.tracingFolders)
    // Nothing throws from here on: half of a noncopyable value cannot be taken back.
    self.refusals = refusals
    self.trace = trace
    let request = plan.latencyMicroseconds.map { CPULatencyRequest(microseconds: $0) }
    remark = Self.remark(request, plan.latencyMicroseconds)
    self.request = request
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

  private static func remark(_ request: borrowing CPULatencyRequest?, _ microseconds: Int32?)
    -> String
  {
    guard let microseconds else {
      Terminal.error.write("WARN: the idle states are left as the system has them\n")
      return ""
    }
    let isHeld =
      switch request {
      case .some(let request): request.isHeld
      case .none: false
      }
    return isHeld
      ? "# /dev/cpu_dma_latency set to \(microseconds)us\n"
      : "# /dev/cpu_dma_latency could not be set: the idle states are as the system has them\n"
  }

  var traceTarget: TraceTarget {
    switch trace {
    case .some(let trace): trace.target
    case .none: .none
    }
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
