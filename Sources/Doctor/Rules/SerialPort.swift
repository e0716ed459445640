// Are the serial ports there, and may they be opened?

extension Rule {
  static let serialPort = Rule(.serialPort) { machine, plan in
    plan.ports.map { port in
      switch machine.answers.nodes[port.role] {
      case 0?: Finding(.serialPort, .ok, "\(port.path) (\(port.role)) may be opened")
      case nil: .unknown(.serialPort, "whether \(port.path) may be opened")
      case 1?, 13?:
        Finding(
          .serialPort, .error, "\(port.path) (\(port.role)) may not be opened by this user",
          cost: "a session does not start (exit code 77)",
          cure: "adduser NAME dialout, and log in again")
      case _?:
        Finding(
          .serialPort, .error, "there is no \(port.path) (\(port.role))",
          cost: "a session does not start (exit code 69)",
          cure: "plug it in; `acquire devices` lists the ports that there are")
      }
    }
  }
}
