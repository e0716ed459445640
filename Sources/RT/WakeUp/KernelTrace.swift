// The kernel's trace, stopped at the moment that a person wants to look at.

import SPIShim

public enum KernelTraceFault: Error, Equatable, Sendable {
  case notMounted(folders: [String])
  case notWritable(path: String, errno: Int32)

  /// One sentence: what is wrong and what to do.
  public var message: String {
    switch self {
    case .notMounted(let folders):
      "there is no tracefs at \(folders.joined(separator: " or ")): "
        + "mount -t tracefs nodev /sys/kernel/tracing (the kernel needs CONFIG_FTRACE), or leave "
        + "--tracemark out"
    case .notWritable(let path, let errno):
      "\(path) cannot be written (error \(errno)): run as root, or leave --tracemark out"
    }
  }
}

/// Where a measuring thread leaves its mark: descriptors of a `KernelTrace` that stays open.
public struct TraceTarget: Sendable {
  let marker: Int32
  let onSwitch: Int32

  /// No trace.
  public static var none: TraceTarget { TraceTarget(marker: -1, onSwitch: -1) }
}

/// `trace_marker` and `tracing_on`, open before they are needed.
public struct KernelTrace: ~Copyable {
  private let marker: Int32
  private let onSwitch: Int32

  public static var folders: [String] { ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"] }

  /// - Parameter folders: where tracefs may be; the first that has a trace_marker is taken.
  public init(folders: [String] = KernelTrace.folders) throws(KernelTraceFault) {
    let found = folders.first { unsafe shim_may_use($0 + "/trace_marker") != -2 }
    guard let found else { throw .notMounted(folders: folders) }
    let marker = try Self.open(found + "/trace_marker")
    do throws(KernelTraceFault) {
      onSwitch = try Self.open(found + "/tracing_on")
    } catch {
      shim_close(marker)
      throw error
    }
    self.marker = marker
  }

  public var target: TraceTarget { TraceTarget(marker: marker, onSwitch: onSwitch) }

  private static func open(_ path: String) throws(KernelTraceFault) -> Int32 {
    let descriptor = unsafe shim_open(path, 1)
    guard descriptor >= 0 else { throw .notWritable(path: path, errno: -descriptor) }
    return descriptor
  }

  deinit {
    shim_close(marker)
    shim_close(onSwitch)
  }
}
