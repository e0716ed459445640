// Does what a finding allows, and reads back whether it held.

import RT
import SPIShim

/// What became of one repair.
public struct RepairOutcome: Sendable, Equatable {
  public var repair: Repair
  /// As read before and after; nil where it cannot be read.
  public var before: String?
  public var after: String?
  /// Of the attempt; 0 when the kernel took it.
  public var errno: Int32

  public init(repair: Repair, before: String? = nil, after: String? = nil, errno: Int32) {
    self.repair = repair
    self.before = before
    self.after = after
    self.errno = errno
  }

  /// Done, as far as reading it back tells.
  public var isDone: Bool {
    guard errno == 0 else { return false }
    switch repair {
    case .write(let value, _): return RepairOutcome.states(after, value)
    case .interruptPriority(_, _, let priority): return after == "FIFO \(priority)"
    }
  }

  /// The kernel places some interrupts itself and takes no orders: -EIO, of newer ones -EPERM.
  public var isManaged: Bool {
    guard case .write(_, let path) = repair, path.hasPrefix("/proc/irq/") else { return false }
    return errno == 1 || errno == 5
  }

  /// A file that lists its choices has the one in force in brackets.
  private static func states(_ read: String?, _ value: String) -> Bool {
    read == value || read?.contains("[\(value)]") == true
  }
}

public enum Repairs {
  /// On this machine.
  public static func perform(_ repair: Repair) -> RepairOutcome {
    perform(repair, on: .ofThisMachine)
  }

  static func perform(_ repair: Repair, on files: SystemFiles) -> RepairOutcome {
    let before = read(repair, files)
    // What was read earlier may be another thread by now; threads of a captured tree are nobody's.
    let isThread = if case .interruptPriority = repair { true } else { false }
    guard before != nil, !isThread || files.root.isEmpty else {
      return RepairOutcome(repair: repair, errno: 2)
    }
    let result: Int32 =
      switch repair {
      case .write(let value, let path): write(value, to: files.root + path)
      case .interruptPriority(let thread, _, let priority):
        shim_set_thread_scheduler(Int32(clamping: thread), 1, Int32(clamping: priority))
      }
    return RepairOutcome(
      repair: repair, before: before, after: read(repair, files), errno: -result)
  }

  private static func read(_ repair: Repair, _ files: SystemFiles) -> String? {
    switch repair {
    case .write(_, let path): return files.line(path)
    case .interruptPriority(let thread, let name, _):
      let stat = files.text("/proc/\(thread)/stat")
      guard let process = stat.flatMap(RunningProcess.init), process.name == name,
        process.interrupt != nil
      else { return nil }
      return switch process.policy {
      case 1: "FIFO \(process.realTimePriority)"
      case 2: "RR \(process.realTimePriority)"
      default: "ordinary"
      }
    }
  }

  /// 0, or -errno.
  private static func write(_ value: String, to path: String) -> Int32 {
    let descriptor = unsafe shim_open(path, 1)
    guard descriptor >= 0 else { return descriptor }
    defer { shim_close(descriptor) }
    let bytes = Array((value + "\n").utf8)
    let written = unsafe shim_write(descriptor, bytes, bytes.count)
    return written < 0 ? Int32(clamping: written) : 0
  }
}
