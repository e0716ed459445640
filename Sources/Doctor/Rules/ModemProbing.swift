// Does somebody send AT commands to whatever is plugged in?

extension Rule {
  static let modemManager = Rule(.modemManager) { machine, plan in
    let isConcerned =
      plan.usb != nil
      || plan.ports.contains { port in
        let terminal = machine.terminal(of: port)
        return terminal.hasPrefix("ttyUSB") || terminal.hasPrefix("ttyACM")
      }
    guard isConcerned else { return [] }
    guard !machine.processes.named("ModemManager").isEmpty else {
      return [Finding(.modemManager, .ok, "ModemManager is not running")]
    }
    if DeviceRules.installed(machine.files) != nil {
      return [
        Finding(.modemManager, .ok, "ModemManager is running, and told to leave our devices alone")
      ]
    }
    return [
      Finding(
        .modemManager, .warning, "ModemManager is running",
        cost: "it opens a port that is plugged in and sends AT commands for some seconds: a "
          + "session finds it busy, a drive gets bytes that nobody meant",
        cure: "make install (udev/60-acquire.rules forbids it the ports), or systemctl disable "
          + "--now ModemManager")
    ]
  }
}
