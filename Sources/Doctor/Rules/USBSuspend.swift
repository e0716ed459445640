// May the kernel put the amplifier to sleep?

extension Rule {
  static let usbSuspend = Rule(.usbSuspend) { machine, plan in
    guard let usb = plan.usb else { return [] }
    let folder = "/sys/bus/usb/devices"
    var found: [Finding] = []
    for name in machine.files.names(in: folder) where !name.contains(":") {
      let device = "\(folder)/\(name)"
      guard
        let vendor = machine.files.line(device + "/idVendor").flatMap({ UInt16($0, radix: 16) }),
        vendor == usb.vendor,
        let product = machine.files.line(device + "/idProduct").flatMap({ UInt16($0, radix: 16) }),
        usb.products.contains(product)
      else { continue }
      let path = device + "/power/control"
      guard let control = machine.files.line(path) else { continue }
      if control == "auto" {
        found.append(
          Finding(
            .usbSuspend, .note, "the amplifier at \(name) may be suspended (power/control auto)",
            cost: "not while a session has it open; the first packets after a pause may be missing",
            cure: "echo on > \(path)", repairs: [.write(value: "on", path: path)]))
      } else {
        found.append(Finding(.usbSuspend, .ok, "the amplifier at \(name) is never suspended"))
      }
    }
    return found.isEmpty
      ? [.unknown(.usbSuspend, "no amplifier of this kind is plugged in")] : found
  }
}
