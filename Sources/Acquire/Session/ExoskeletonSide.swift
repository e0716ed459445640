// The session's end at the exoskeleton: the line, who is on it, and leaving it neutral.
//
// Main thread; nothing here runs in real time.

import Exoskeleton
import RT

/// A virtual exoskeleton on a thread of its own, at normal priority.
struct VirtualExoskeletonThread: ~Copyable {
  let path: String
  private let thread: RealTimeThread<VirtualExoskeleton>
  private let stop: StopSignal

  init() throws(Failure) {
    let exoskeleton = try explaining(.unavailable) { () throws(SerialFault) in
      try VirtualExoskeleton()
    }
    let stop = StopSignal()
    path = exoskeleton.path
    self.stop = stop
    let settings = ThreadSettings(
      name: "virtual-exo", policy: .other, stackByteCount: 256 * 1_024)
    do throws(SchedulingFault) {
      thread = try RealTimeThread.start(settings, workspace: exoskeleton) { exoskeleton in
        exoskeleton.run(until: stop)
      }
    } catch {
      throw Failure(.system, error.message)
    }
  }

  consuming func finish() {
    stop.raise()
    _ = thread.join()
  }
}

extension ExoskeletonLink {
  /// Opens a port and waits until somebody answers; nothing can move yet.
  static func open(_ path: String, baud: Int) throws(Failure) -> ExoskeletonLink {
    let port = try explaining(.unavailable) { () throws(SerialFault) in
      try SerialPort(path: path, baud: UInt32(baud))
    }
    var link = ExoskeletonLink(port: port)
    do throws(LinkFault) {
      try link.connect()
    } catch {
      throw Failure(.unavailable, error.message)
    }
    return link
  }

  /// The deliberate act: from here on motion commands are obeyed.
  mutating func arm() throws(Failure) {
    guard insist(on: .arm, until: [.armed]) else {
      _ = insist(on: .disarm, until: [.disarmed])
      throw Failure(
        .unavailable,
        "the exoskeleton on \(port.path) does not arm (it says \(joint?.state.name ?? "nothing")): "
          + "release its stop and try again")
    }
  }

  /// Leaves the joint free, whatever was before.
  mutating func release() {
    guard !isGone else { return }
    insist(on: .neutral, until: [.neutral, .stopped, .disarmed])
    insist(on: .disarm, until: [.disarmed])
  }
}
