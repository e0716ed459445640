// What a thread and the process have used.

import SPIShim

/// The calling thread's accounts since it began.
public struct ThreadUsage: Equatable, Sendable {
  public var minorFaults: UInt64
  public var majorFaults: UInt64
  public var voluntarySwitches: UInt64
  public var involuntarySwitches: UInt64
  public var cpuTime: Nanoseconds

  public var pageFaults: UInt64 { minorFaults + majorFaults }

  /// One system call, getrusage(RUSAGE_THREAD).
  public static func ofThisThread() -> ThreadUsage {
    var usage = shim_usage()
    unsafe shim_thread_usage(&usage)
    return ThreadUsage(usage)
  }

  /// The process with all its threads.
  public static func ofThisProcess() -> ThreadUsage {
    var usage = shim_usage()
    unsafe shim_process_usage(&usage)
    return ThreadUsage(usage)
  }

  private init(_ usage: shim_usage) {
    minorFaults = usage.minor_faults
    majorFaults = usage.major_faults
    voluntarySwitches = usage.voluntary_switches
    involuntarySwitches = usage.involuntary_switches
    cpuTime = Nanoseconds(Int64(clamping: usage.cpu_ns))
  }
}

/// Resident memory of the process in bytes, by /proc/self/statm; 0 when it cannot be read.
public func residentByteCount() -> UInt64 {
  let fields = ProcFile.line("/proc/self/statm")?.split(separator: " ") ?? []
  guard fields.count > 1, let pages = UInt64(fields[1]) else { return 0 }
  return pages * 4_096
}
