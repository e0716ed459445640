// Does the kernel or a login prompt speak on the exoskeleton's line?

extension Rule {
  static let serialConsole = Rule(.serialConsole) { machine, plan in
    plan.ports.map { port in
      let terminal = machine.terminal(of: port)
      let console = machine.files.line("/sys/class/tty/console/active")?.words ?? []
      let asked = machine.kernel.values(of: "console").map { value in
        String(value.prefix { $0 != "," })
      }
      let cost =
        "kernel messages and login prompts are sent to the \(port.role), and its answers are taken "
        + "for commands"
      if console.contains(terminal) || asked.contains(terminal) {
        return Finding(
          .serialConsole, .error, "\(terminal) (\(port.role)) is a console of the kernel",
          cost: cost, cure: withoutConsole(machine.board, terminal))
      }
      // A login prompt on a port that is no console.
      let device = machine.files.line("/sys/class/tty/\(terminal)/dev")
      let prompts = machine.processes.those { process in
        process.terminal != nil && process.terminal == device && process.name.hasSuffix("getty")
      }
      if let prompt = prompts.first {
        return Finding(
          .serialConsole, .error,
          "\(prompt.name) offers a login on \(terminal) (\(port.role))", cost: cost,
          cure: "systemctl disable --now serial-getty@\(terminal).service")
      }
      return Finding(.serialConsole, .ok, "\(terminal) (\(port.role)) is no console")
    }
  }

  private static func withoutConsole(_ board: Board, _ terminal: String) -> String {
    let prompt = "systemctl disable --now serial-getty@\(terminal).service"
    return switch board {
    case .raspberryPi:
      "\(prompt); remove `console=serial0,115200` (or `console=\(terminal),…`) from "
        + "/boot/firmware/cmdline.txt, and reboot"
    case .deviceTree, .personalComputer:
      "\(prompt); \(board.withoutBootParameter("console=\(terminal),…"))"
    }
  }
}
