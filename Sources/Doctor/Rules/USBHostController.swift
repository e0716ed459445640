// Raspberry Pi 1…3: the USB controller's fast interrupts and PREEMPT_RT.

extension Rule {
  static let usbHostController = Rule(.usbHostController) { machine, _ in
    guard case .raspberryPi(let generation, _) = machine.board, generation <= 3,
      machine.kernel.isRealTime
    else { return [] }
    let words = ["dwc_otg.fiq_enable=0", "dwc_otg.fiq_fsm_enable=0"]
    let missing = words.filter { !machine.kernel.parameters.contains($0) }
    if missing.isEmpty {
      return [Finding(.usbHostController, .ok, "dwc_otg works without fast interrupts")]
    }
    return [
      Finding(
        .usbHostController, .warning, "dwc_otg uses fast interrupts (FIQ)",
        cost: "with PREEMPT_RT on this model they are reported to hang it",
        cure: machine.board.bootParameters(missing.joined(separator: " ")))
    ]
  }
}
