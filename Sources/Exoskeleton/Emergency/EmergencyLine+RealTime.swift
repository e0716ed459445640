// Real-time: a thread of its own above all others, asleep until the line changes; then one read,
// one ioctl, and the doorbell's wake-up of the decoding thread, which sends the stop.
//
// The line is a closed circuit: it pulls the input low as long as all is well. A button, a cable
// that breaks and a plug that falls out all open it, and the chip's own pull-up takes it high.

public import RT

/// The emergency line, watched. Owned by the thread that watches it.
public struct EmergencyLine: ~Copyable, Sendable {
  private let lines: GPIOEdgeLines
  private let panel: OperatorPanel
  private let bell: Doorbell

  /// Claims the line and tells the panel how it stands.
  ///
  /// - Parameters:
  ///   - chip: label of the gpiochip, or its path.
  ///   - bell: of the decoding thread.
  /// - Throws: when the line cannot be had: without it nothing may be armed.
  public init(chip: String, line: GPIOLine, panel: OperatorPanel, bell: Doorbell)
    throws(GPIOFault)
  {
    let path = try ChipLookUp.path(labelled: chip)
    lines = try GPIOEdgeLines(
      chipPath: path, lines: [line], role: "emergency", edges: .bothPulledUp)
    self.panel = panel
    self.bell = bell
    tell(isOpen: lines.level() != 0)
  }

  /// Until told to stop; looks for that ten times a second.
  @_noLocks @_noAllocation
  public mutating func run(until stop: StopSignal) {
    while !stop.isRaised {
      let waited = lines.wait(until: .now() + .milliseconds(100))
      if waited == 0 || waited == -Errno.interrupted {
        // An edge that never came as an interrupt counts all the same.
        let isOpen = lines.level() != 0
        if isOpen != panel.isLineOpen { tell(isOpen: isOpen) }
        continue
      }
      let count = waited < 0 ? waited : lines.takeEdges()
      if count < 0 {
        // A line that cannot be read is open.
        panel.setLine(isOpen: true)
        bell.ring()
        return
      }
      // An edge that has gone again by now was a stop all the same.
      var opened = false
      for index in 0..<Int(count) {
        let edge = lines.edge(index)
        if edge.isRising && !opened {
          opened = true
          panel.setLine(isOpen: true, edge: edge.time)
          bell.ring()
        }
      }
      if lines.level() == 0 {
        panel.setLine(isOpen: false)
      } else if !opened {
        tell(isOpen: true)
      }
    }
  }

  @_noLocks @_noAllocation
  private func tell(isOpen: Bool) {
    panel.setLine(isOpen: isOpen)
    bell.ring()
  }
}
