// What the configured session wants of the machine, for `acquire doctor`.

import Amplifiers
import Doctor
import RT

extension Configuration {
  /// - Parameter machine: whose CPUs are chosen among.
  func doctorPlan(_ machine: Machine) throws(Failure) -> DoctorPlan {
    let layout = Pipeline.layout(try montage(), machine: machine, realTime)
    var plan = DoctorPlan()
    for cpu in [layout.acquisitionCPU, layout.decodingCPU] {
      if let cpu, !plan.cpus.contains(cpu) { plan.cpus.append(cpu) }
    }
    plan.acquisitionPriority = realTime.acquisitionPriority
    plan.decodingPriority = realTime.decodingPriority
    plan.allowsBestEffort = realTime.allowBestEffort || realTime.policy == "other"
    if amplifier.kind == "ads1299" {
      let chips = try ChipLayout(amplifier)
      plan.spiDevices = chips.devices
      plan.spiHertz = amplifier.spiHertz
      let bytes = 3 + 3 * chips.channelsPerChip
      plan.frameByteCount = amplifier.arrangement == "daisy-chain" ? bytes * chips.count : bytes
      plan.gpioChips = [amplifier.dataReadyChip]
    }
    if let kind = AmplifierKind.named(amplifier.kind) {
      if amplifier.port.isEmpty {
        plan.usb = DoctorPlan.USBDevice(vendor: kind.usb.vendor, products: kind.usb.products)
      } else {
        plan.ports.append(DoctorPlan.Port(role: "amplifier", path: amplifier.port))
      }
    }
    if hasExoskeleton {
      plan.ports.append(DoctorPlan.Port(role: "exoskeleton", path: exoskeleton.port))
    }
    let hasLines = exoskeleton.emergencyLine >= 0 || exoskeleton.deadManLine >= 0
    if hasLines, !plan.gpioChips.contains(exoskeleton.gpioChip) {
      plan.gpioChips.append(exoskeleton.gpioChip)
    }
    return plan
  }

  private var hasExoskeleton: Bool { !["virtual", "none"].contains(exoskeleton.port) }

  /// What was examined, and for which session.
  func doctorSubject(tree: String?, cpus: [Int]) -> String {
    let numbers = cpus.map(String.init).joined(separator: " and ")
    var text = "\(tree ?? "this machine"), for a session with amplifier \(amplifier.kind) and "
    text += "exoskeleton \(exoskeleton.port) on CPU \(numbers.isEmpty ? "?" : numbers)"
    if amplifier.kind == "model", !hasExoskeleton {
      text += "; for devices name them: --amplifier, --exoskeleton or --config"
    }
    return text
  }
}
