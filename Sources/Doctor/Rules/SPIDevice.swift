// Is the SPI device there, and may it be opened?

extension Rule {
  static let spiDevice = Rule(.spiDevice) { machine, plan in
    plan.spiDevices.map { device in
      switch machine.answers.nodes[device] {
      case 0?: Finding(.spiDevice, .ok, "\(device) may be opened")
      case nil: .unknown(.spiDevice, "whether \(device) may be opened")
      case 1?, 13?:
        Finding(
          .spiDevice, .error, "\(device) may not be opened by this user",
          cost: "a session does not start (exit code 77)",
          cure: "adduser NAME spi, and log in again (group and rule: make install)")
      case _?:
        Finding(
          .spiDevice, .error, "there is no \(device)",
          cost: "a session does not start (exit code 69)",
          cure: machine.board.isRaspberryPi
            ? "add `dtparam=spi=on` to /boot/firmware/config.txt (before Debian 12: "
              + "/boot/config.txt), and reboot"
            : "bind spidev to the chip select: a device tree node, or `echo spidev > "
              + "/sys/bus/spi/devices/spiB.C/driver_override` and bind; `acquire devices` lists "
              + "what there is")
      }
    }
  }
}
