// What a person sees of what is plugged in.

import Amplifiers
import Monitor
import Testing

@testable import Acquire

@Suite("List of devices")
struct DeviceListTests {
  private func dongle(_ address: Int, _ number: String?) -> Device {
    var device = Device(
      kind: .usb, path: "/dev/bus/usb/001/00\(address)", name: "FT231X USB UART",
      access: .allowed)
    device.serialNumber = number
    device.amplifiers = ["cyton", "daisy"]
    return device
  }

  @Test("each device stands under what it is for, in columns, with what stands in the way")
  func page() {
    var port = Device(
      kind: .serial, path: "/dev/ttyUSB0", name: "FT231X USB UART", access: .denied)
    port.serialNumber = "DM00Q0QA"
    let list = DeviceList(devices: [
      Device(kind: .gpio, path: "/dev/gpiochip0", name: "pinctrl-rp1, 54 lines", access: .busy),
      Device(kind: .gpio, path: "/dev/gpiochip10", name: "", access: .denied),
      dongle(4, "DM00Q0QA"), dongle(5, nil), port,
      Device(kind: .serial, path: "/dev/ttyS0", name: "serial port", access: .allowed),
    ])
    #expect(
      list.page == """
        SPI buses, for amplifier.spi-device
          none
        GPIO chips, whose label is for amplifier.data-ready-chip
          /dev/gpiochip0   pinctrl-rp1, 54 lines – in use
          /dev/gpiochip10  may not be opened
        Amplifiers on USB, for amplifier.kind and amplifier.serial-number
          /dev/bus/usb/001/004  FT231X USB UART, serial number DM00Q0QA: cyton or daisy
          /dev/bus/usb/001/005  FT231X USB UART: cyton or daisy
        Serial ports, for exoskeleton.port and amplifier.port
          /dev/ttyUSB0  FT231X USB UART, serial number DM00Q0QA – may not be opened
          /dev/ttyS0    serial port

        What may not be opened: install the udev rules (`make install`), join the group that
        owns it (`ls -l` shows it), log in anew, and plug it in again.

        """)
  }

  @Test("nothing is advised where nothing is refused")
  func allowed() {
    #expect(!DeviceList(devices: [dongle(4, "A")]).page.contains("udev"))
  }

  @Test("a program gets the same, an object each")
  func json() {
    let line = DeviceList(devices: [dongle(4, "A"), dongle(5, nil)]).json.line
    #expect(line.contains(#""serialNumber":"A","amplifiers":["cyton","daisy"],"usable":true"#))
    #expect(line.contains(#""serialNumber":null"#))
  }
}
