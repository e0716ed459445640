// What a person is told when an amplifier cannot be brought up.

internal import RT

extension AmplifierFault {
  /// One sentence: what is wrong, with what, and what to do.
  public var message: String {
    switch self {
    case .missing(let device):
      "\(device) is not there: check the wiring, the overlay in config.txt, and the name in the "
        + "configuration (`acquire devices` lists what there is)"
    case .permissionDenied(let device) where device.hasPrefix("/dev/bus/usb/"):
      "\(device) may not be opened by this user: install the udev rules that come with acquire, "
        + "join the group `plugdev`, and plug the device in again"
    case .permissionDenied(let device):
      "\(device) may not be opened by this user: join the groups `spi` and `gpio`, or install the "
        + "udev rules that come with acquire"
    case .busy(let device):
      "\(device) is in use by somebody else: stop the other program, or free the line from its "
        + "kernel driver"
    case .wrongIdentity(let found, let expected, let hint):
      "the chip's ID register reads \(hexadecimal(found)), not \(hexadecimal(expected)): \(hint)"
    case .registerMismatch(let name, let wrote, let read):
      "register \(name) was written \(hexadecimal(wrote)) and reads \(hexadecimal(read)): check "
        + "the supply and lower the SPI clock"
    case .noConversions(let device):
      "the ADS1299 on \(device) is set up but DRDY never falls: check the DRDY line, and that "
        + "START is tied low or wired as configured"
    case .unsynchronised(let device, let chip, let partsPerMillion):
      "chip \(chip) on \(device) does not convert together with the first: its DRDY walks by "
        + "\(partsPerMillion) millionths; give both one clock and one START, or record them as two "
        + "amplifiers"
    case .unsupported(let sentence):
      sentence
    case .notPlugged(let kind, let serialNumber, let others):
      serialNumber.isEmpty
        ? "there is no \(kind) on USB: plug it in (`acquire devices` lists what there is), or name "
          + "its serial line in `amplifier.port`"
        : "there is no \(kind) with the serial number \(serialNumber) on USB, "
          + (others.isEmpty ? "nor any other" : "but \(others.joined(separator: ", "))")
          + ": plug it in, or change `amplifier.serial-number`"
    case .severalPlugged(let kind, let serialNumbers):
      "there are several that may be the \(kind): name one in `amplifier.serial-number`, "
        + serialNumbers.map { $0.isEmpty ? "(one without a number)" : $0 }.joined(separator: ", ")
    case .noAnswer(let device, let hint):
      "nothing that can be understood comes from \(device): \(hint)"
    case .commandRefused(let device, let command, let reply):
      "\(device) refused the command `\(command)`: \(reply)"
    case .line(let sentence):
      sentence
    case .system(let operation, let device, let errno):
      "\(operation) failed on \(device) with errno \(errno < 0 ? -errno : errno): see the kernel's "
        + "log"
    }
  }

  init(_ fault: GPIOFault) {
    self.init(errno: -fault.errno, operation: fault.operation, device: fault.device)
  }

  /// The case that a failed open or request of a device stands for.
  init(errno: Int32, operation: String, device: String) {
    switch -errno {
    case 2, 6, 19: self = .missing(device: device)  // ENOENT, ENXIO, ENODEV
    case 1, 13: self = .permissionDenied(device: device)  // EPERM, EACCES
    case 16: self = .busy(device: device)  // EBUSY
    default: self = .system(operation: operation, device: device, errno: -errno)
    }
  }
}

/// "0x3E".
private func hexadecimal(_ byte: UInt8) -> String {
  "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
}
