// Devices that are not there, may not be opened, or are something else.

import Foundation
import RT
import SPIShim
import TestSupport
import Testing

@testable import Amplifiers

@Suite("Devices")
struct DeviceTests {
  private func fault(_ wiring: ADS1299Wiring) -> AmplifierFault? {
    var amplifier = LinuxADS1299(configurations: [ADS1299Configuration()], wiring: wiring)
    do throws(AmplifierFault) {
      try amplifier.arm()
      return nil
    } catch {
      amplifier.stop()
      return error
    }
  }

  @Test("a spidev node that is not there is missing, by name")
  func missingNode() {
    let path = "/dev/spidev-not-there"
    let found = fault(
      ADS1299Wiring(spiDevices: [path], chipLabel: "none", dataReadyLine: .offset(26)))
    #expect(found == .missing(device: path))
    #expect(found?.message.contains(path) == true)
  }

  @Test("a node that is no spidev is refused by the call that failed")
  func notSpidev() {
    guard
      case .system(let operation, "/dev/null", 25) = fault(
        ADS1299Wiring(spiDevices: ["/dev/null"], chipLabel: "none", dataReadyLine: .offset(26)))
    else {
      Issue.record("not refused with ENOTTY")
      return
    }
    #expect(operation.contains("mode 1"))
  }

  @Test("a node without permission is told apart", .enabled(if: getuid() != 0, "root may open all"))
  func denied() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("spidev0.0")
    try Data().write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(
      fault(ADS1299Wiring(spiDevices: [path], chipLabel: "none", dataReadyLine: .offset(26)))
        == .permissionDenied(device: path))
    #expect(DeviceInventory(folder: folder.path).spiDevices().map(\.access) == [.denied])
  }

  @Test(
    "kernel errors become the faults that a person can act on",
    arguments: [
      (Int32(-2), AmplifierFault.missing(device: "x")), (-19, .missing(device: "x")),
      (-6, .missing(device: "x")), (-13, .permissionDenied(device: "x")),
      (-1, .permissionDenied(device: "x")), (-16, .busy(device: "x")),
      (-5, .system(operation: "o", device: "x", errno: 5)),
    ])
  func errnos(_ errno: Int32, _ fault: AmplifierFault) {
    #expect(AmplifierFault(errno: errno, operation: "o", device: "x") == fault)
  }

  @Test("a gpiochip label that nobody has is missing, by name")
  func missingChip() {
    do throws(GPIOFault) {
      _ = try ChipLookUp.path(labelled: "no-such-chip")
      Issue.record("found")
    } catch {
      #expect(AmplifierFault(error) == .missing(device: "the gpiochip labelled no-such-chip"))
    }
  }

  @Test("a line of a chip that is none, or of none at all, is refused")
  func missingLine() {
    for (path, line) in [
      ("/dev/gpiochip-not-there", GPIOLine.offset(3)), ("/dev/gpiochip-not-there", .named("DRDY")),
    ] {
      do throws(GPIOFault) {
        _ = try GPIOEdgeLines(chipPath: path, lines: [line], role: "DRDY", edges: .falling)
        Issue.record("requested")
      } catch {
        guard case .missing(let device) = AmplifierFault(error) else {
          Issue.record("\(error)")
          return
        }
        #expect(device.contains("DRDY") && device.contains(path))
      }
      do throws(GPIOFault) {
        _ = try GPIOOutputLine(chipPath: path, line: line, role: "RESET", isHigh: true)
        Issue.record("requested")
      } catch {
        guard case .missing(let device) = AmplifierFault(error) else {
          Issue.record("\(error)")
          return
        }
        #expect(device.contains("RESET"))
      }
    }
    do throws(GPIOFault) {
      _ = try GPIOEdgeLines(
        chipPath: "/dev/null", lines: [.offset(-1)], role: "DRDY", edges: .falling)
      Issue.record("requested")
    } catch {
      #expect(
        AmplifierFault(error)
          == .system(
            operation: "requesting the line", device: "line -1 (DRDY) of /dev/null", errno: 22))
    }
  }

  @Test("the inventory lists nodes in the order of their numbers and says what each is")
  func inventory() throws {
    let folder = try TemporaryFolder()
    for name in ["spidev10.0", "spidev0.1", "spidev0.0", "gpiochip1", "gpiochip0", "tty0"] {
      try Data().write(to: URL(fileURLWithPath: folder.path(name)))
    }
    let inventory = DeviceInventory(folder: folder.path)
    #expect(
      inventory.spiDevices().map(\.path)
        == ["spidev0.0", "spidev0.1", "spidev10.0"].map { folder.path($0) })
    let chips = inventory.gpioChips()
    #expect(chips.map(\.path) == ["gpiochip0", "gpiochip1"].map { folder.path($0) })
    // Plain files are no gpiochips: ENOTTY.
    #expect(chips.allSatisfy { $0.access == .failed(errno: 25) && $0.label.isEmpty })
    #expect(DeviceInventory(folder: folder.path("none")).spiDevices().isEmpty)
    #expect(DeviceInventory.libgpiodVersion.first?.isNumber == true)
  }

  @Test("a wait for an edge ends at its deadline, and an edge of another file is an error")
  func shimWait() {
    let deadline = MonotonicInstant.now() + .milliseconds(5)
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    #expect(shim_gpio_wait(ends[0], deadline.nanoseconds) == 0)
    #expect(MonotonicInstant.now() >= deadline)
    close(ends[1])
    // POLLHUP without POLLIN: the line is gone.
    #expect(shim_gpio_wait(ends[0], MonotonicInstant.now().nanoseconds + 1_000_000_000) == -19)
    close(ends[0])
  }

  @Test("edge events of the kernel's format are taken, up to 16 at once, and none is no error")
  func shimEdges() {
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    #expect(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
    var edges = [shim_gpio_edge](repeating: shim_gpio_edge(), count: 16)
    #expect(unsafe shim_gpio_read_edges(ends[0], &edges) == 0)
    for number in 1...20 {
      // struct gpio_v2_line_event: time, id, offset, seqno, line_seqno, six words of padding.
      var event = [UInt32](repeating: 0, count: 12)
      let time = UInt64(number) * 5_000_000_000
      event[0] = UInt32(truncatingIfNeeded: time)
      event[1] = UInt32(truncatingIfNeeded: time >> 32)
      event[2] = 2
      event[3] = 26
      event[4] = 900
      event[5] = UInt32(number)
      #expect(unsafe write(ends[1], event, 48) == 48)
    }
    #expect(shim_gpio_wait(ends[0], 0) == 1)
    #expect(unsafe shim_gpio_read_edges(ends[0], &edges) == 16)
    #expect(edges.map(\.line_sequence) == Array(1...16))
    #expect(edges.map(\.nanoseconds) == (1...16).map { $0 * 5_000_000_000 })
    #expect(unsafe shim_gpio_read_edges(ends[0], &edges) == 4)
    #expect(shim_gpio_wait(ends[0], 0) == 0)
    for end in ends { close(end) }
  }

  @Test(
    "every fault is one sentence that names the thing and a remedy",
    arguments: [
      AmplifierFault.missing(device: "/dev/x"), .permissionDenied(device: "/dev/x"),
      .busy(device: "/dev/x"), .noConversions(device: "/dev/x"),
      .system(operation: "reading", device: "/dev/x", errno: 5),
      .wrongIdentity(
        found: 0x92, expected: 0x3E, hint: "an ADS1298 answers on /dev/x: use another"),
      .registerMismatch(name: "/dev/x", wrote: 0x01, read: 0),
    ])
  func messages(_ fault: AmplifierFault) {
    #expect(fault.message.contains("/dev/x"))
    #expect(fault.message.contains(": "))
    #expect(!fault.message.contains("\n"))
  }
}
