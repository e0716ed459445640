import RT
import Testing

@Suite("Where a serial port is plugged in")
struct SerialPlaceTests {
  @Test(
    "the socket, and which port of an adapter with several",
    arguments: [
      (
        "/sys/devices/platform/scb/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb1/1-1"
          + "/1-1.2/1-1.2:1.1/ttyUSB1", "1-1.2", "1-1.2:1.1"
      ),
      ("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0", "1-4", "1-4:1.0"),
      ("/sys/devices/platform/vhci_hcd.0/usb3/3-1/3-1:1.0/ttyUSB0", "3-1", "3-1:1.0"),
    ])
  func usb(path: String, device: String, interface: String) {
    let place = USBPlace(sysfs: path)
    #expect(place?.device == device)
    #expect(place?.interface == interface)
  }

  @Test(
    "what is not on USB has no place there",
    arguments: [
      "/sys/devices/platform/soc/fe201000.serial", "/sys/devices/pci0000:00/0000:00:16.3", "", "/",
      "1-1:1.0", "/sys/devices/pnp0/00:04",
    ])
  func elsewhere(path: String) {
    #expect(USBPlace(sysfs: path) == nil)
  }

  @Test("two ports of one adapter are two places")
  func twoPorts() {
    let one = USBPlace(sysfs: "/sys/devices/usb1/1-2/1-2:1.0/ttyUSB0")
    let other = USBPlace(sysfs: "/sys/devices/usb1/1-2/1-2:1.1/ttyUSB1")
    #expect(one?.device == other?.device)
    #expect(one != other)
  }
}
