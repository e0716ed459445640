// Does one frame fit into one message of spidev?

extension Rule {
  static let spiBuffer = Rule(.spiBuffer) { machine, plan in
    guard !plan.spiDevices.isEmpty else { return [] }
    guard let size = machine.files.number("/sys/module/spidev/parameters/bufsiz") else {
      return [.unknown(.spiBuffer, "spidev's bufsiz (the kernel's own is 4096 bytes)")]
    }
    let found = "spidev takes \(size) bytes a message, a frame has \(plan.frameByteCount)"
    if size >= plan.frameByteCount { return [Finding(.spiBuffer, .ok, found)] }
    return [
      Finding(
        .spiBuffer, .error, found, cost: "every read fails with EMSGSIZE: no frame arrives",
        cure: machine.board.bootParameters("spidev.bufsiz=4096")
          + "; where it is a module: `options spidev bufsiz=4096` in /etc/modprobe.d/spidev.conf")
    ]
  }
}
