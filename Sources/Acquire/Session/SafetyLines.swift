// The two lines that a person's safety hangs on, as the configuration names them: the emergency
// circuit that is watched, and the dead-man wave that is made. Sessions and motions by hand have
// the same.
//
// Main thread; what runs in real time stands in Exoskeleton/Emergency.

import Exoskeleton
import RT

/// The emergency line and the thread that watches it, until `end()`.
struct EmergencyWatch: ~Copyable {
  private let thread: RealTimeThread<EmergencyLine>
  private let stop = StopSignal()

  /// Watches from now on. Nil: the configuration names no line.
  ///
  /// - Parameter bell: of the thread that looks at the panel.
  /// - Throws: when the line or its thread cannot be had: without them nothing may be armed.
  init?(
    _ section: ExoskeletonSection, panel: OperatorPanel, bell: Doorbell, settings: ThreadSettings
  ) throws(Failure) {
    guard section.emergencyLine >= 0 else { return nil }
    let line = try explaining(.unavailable) { () throws(GPIOFault) in
      try EmergencyLine(
        chip: section.gpioChip, line: .offset(section.emergencyLine), panel: panel, bell: bell)
    }
    let stop = stop
    do throws(SchedulingFault) {
      thread = try RealTimeThread.start(settings, workspace: line) { $0.run(until: stop) }
    } catch {
      throw Failure(.refused, error.message)
    }
  }

  consuming func end() {
    stop.raise()
    _ = thread.join()
  }
}

extension ExoskeletonSection {
  /// Low, until it is beaten. Nil: the configuration names no line.
  func deadMan() throws(Failure) -> DeadManLine? {
    guard deadManLine >= 0 else { return nil }
    return try explaining(.unavailable) { () throws(GPIOFault) in
      try DeadManLine(chip: gpioChip, line: .offset(deadManLine))
    }
  }
}
