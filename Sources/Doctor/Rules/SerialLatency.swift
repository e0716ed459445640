// How long does an FTDI adapter collect bytes before it hands them over?

extension Rule {
  static let serialLatency = Rule(.serialLatency) { machine, plan in
    plan.ports.compactMap { port in
      let terminal = machine.terminal(of: port)
      guard terminal.hasPrefix("ttyUSB") else { return nil }
      let path = "/sys/bus/usb-serial/devices/\(terminal)/latency_timer"
      // Other adapters have no such timer.
      guard let milliseconds = machine.files.number(path) else { return nil }
      let found = "\(terminal) (\(port.role)) has a latency timer of \(milliseconds) ms"
      if milliseconds <= 1 { return Finding(.serialLatency, .ok, found) }
      return Finding(
        .serialLatency, .note, found,
        cost: "answers come up to \(milliseconds) ms late. A session asks for 1 ms itself while it "
          + "has the port open; other programs do not",
        cure: "echo 1 > \(path); for good: make install (udev/60-acquire.rules)",
        repairs: [.write(value: "1", path: path)])
    }
  }
}
