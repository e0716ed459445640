// Is a frame fetched by the thread that asks for it, or by way of an interrupt?

extension Rule {
  static let spiPolling = Rule(.spiPolling) { machine, plan in
    guard let device = plan.spiDevices.first else { return [] }
    guard let driver = machine.answers.links["driver \(device)"] else {
      return [.unknown(.spiPolling, "the driver of the controller of \(device)")]
    }
    switch driver {
    case "spi-bcm2835": return [bcm2835(machine, plan)]
    case "dw_spi_mmio": return [designWare(plan)]
    default: return [Finding(.spiPolling, .ok, "\(driver) has no limit that could be set")]
    }
  }

  /// Raspberry Pi 1…4. The driver polls what is shorter than `clock / (9 000 000 / limit)` bytes.
  private static func bcm2835(_ machine: ExaminedMachine, _ plan: DoctorPlan) -> Finding {
    let path = "/sys/module/spi_bcm2835/parameters/polling_limit_us"
    guard let limit = machine.files.number(path) else {
      return .unknown(.spiPolling, "polling_limit_us of spi_bcm2835 (the kernel's own is 30)")
    }
    let bytes = Int64(plan.frameByteCount)
    let hertz = Int64(max(1, plan.spiHertz))
    let found =
      "a frame of \(bytes) bytes at \(hertz / 1_000) kHz, polling limit \(limit) µs"
    // The clock's divisor is rounded up to an even number: from 250 MHz, 17.9 MHz for 20 asked for.
    let clock = hertz - hertz / 8
    func isPolled(_ limit: Int64) -> Bool {
      limit > 0 && limit <= 9_000_000 && bytes < clock / (9_000_000 / limit)
    }
    if isPolled(limit) { return Finding(.spiPolling, .ok, found + ": polled") }
    let cost =
      "every frame takes an interrupt and two more wake-ups, and then the priority of the "
      + "controller's interrupt thread counts"
    // Longer than that the CPU had better do something else.
    guard let wanted = (1...250).first(where: isPolled) else {
      return Finding(
        .spiPolling, .note, found + ": not polled", cost: cost,
        cure: "raise amplifier.spi-hertz as far as the wiring allows")
    }
    return Finding(
      .spiPolling, .warning, found + ": not polled", cost: cost,
      cure: machine.board.bootParameters("spi_bcm2835.polling_limit_us=\(wanted)")
        + "; at once: echo \(wanted) > \(path)",
      repairs: [.write(value: String(wanted), path: path)])
  }

  /// Raspberry Pi 5 (RP1): what does not fit into its FIFO goes by DMA.
  private static func designWare(_ plan: DoctorPlan) -> Finding {
    let found = "a frame has \(plan.frameByteCount) bytes, the controller's FIFO 64"
    if plan.frameByteCount <= 64 { return Finding(.spiPolling, .ok, found + ": no DMA") }
    return Finding(
      .spiPolling, .warning, found + ": by DMA",
      cost: "transfers beyond the FIFO have timed out on the Raspberry Pi 5 "
        + "(raspberrypi/linux #5696, #6020)",
      cure: "make the chips a cascade with a chip select each (amplifier.arrangement)")
  }
}
