// USB devices: what is plugged in, by identity and serial number, and how one is taken.

import RT
import SPIShim
import USBShim

/// How a kind of amplifier is told from others on the bus, and what its interface is.
public struct USBIdentity: Sendable, Equatable {
  public enum Interface: Sendable, Equatable {
    /// A serial line behind a chip of FTDI's.
    case ftdi(eventCharacter: UInt8?)
    /// The device is a modem by its class; the rate says nothing.
    case cdcACM
    /// Two bulk endpoints of the first interface.
    case bulk
  }

  public var vendor: UInt16
  public var products: [UInt16]
  public var interface: Interface
  /// Transfers that are kept under way, and the bytes of each. An FTDI chip completes one in each
  /// millisecond, however little is in it: 256 are a quarter of a second in which nobody may come.
  var transferCount: Int32
  var transferByteCount: Int32

  init(
    vendor: UInt16, products: [UInt16], interface: Interface, transferCount: Int32 = 256,
    transferByteCount: Int32 = 512
  ) {
    self.vendor = vendor
    self.products = products
    self.interface = interface
    self.transferCount = transferCount
    self.transferByteCount = transferByteCount
  }
}

/// A device on the bus.
public struct USBDevice: Sendable, Equatable {
  public var vendor: UInt16
  public var product: UInt16
  public var bus: UInt8
  public var address: UInt8
  /// As the device says them; empty when it does not.
  public var serialNumber: String
  public var name: String
  public var access: DeviceAccess
  /// The bus and the hubs' ports on the way to it, as the kernel writes them: "1-1.2". Of the same
  /// socket it is always the same, whatever is plugged in there.
  public var topology: String

  /// "/dev/bus/usb/001/004".
  public var path: String { Self.path(bus: bus, address: address) }

  static func path(bus: UInt8, address: UInt8) -> String {
    func three(_ number: UInt8) -> String {
      String(repeating: "0", count: number < 10 ? 2 : number < 100 ? 1 : 0) + String(number)
    }
    return "/dev/bus/usb/\(three(bus))/\(three(address))"
  }
}

/// The device that a session began with.
struct KnownDevice: Sendable, Equatable {
  var device: USBDevice
  /// It had a serial number that no other like it had.
  var isUnique: Bool
}

public enum USBDevices {
  /// Every device that is plugged in, hubs and foreign ones included; nothing is opened.
  public static func all() -> [USBDevice] {
    var found = [shim_usb_device](repeating: shim_usb_device(), count: 128)
    // SAFETY: the array's length goes with it.
    let count = unsafe shim_usb_devices(&found, Int32(found.count))
    return found.prefix(max(0, Int(count))).map { device in
      let topology = topology(of: device)
      let folder = "/sys/bus/usb/devices/\(topology)/"
      let path = USBDevice.path(bus: device.bus, address: device.address)
      // SAFETY: the string lives through the call.
      let access = unsafe shim_may_use(path)
      return USBDevice(
        vendor: device.vendor, product: device.product, bus: device.bus, address: device.address,
        serialNumber: ProcFile.line(folder + "serial") ?? "",
        name: ProcFile.line(folder + "product") ?? "", access: DeviceAccess(access),
        topology: topology)
    }
  }

  private static func topology(of device: shim_usb_device) -> String {
    let ports = [
      device.ports.0, device.ports.1, device.ports.2, device.ports.3, device.ports.4,
      device.ports.5, device.ports.6,
    ]
    return "\(device.bus)-"
      + ports.prefix(Int(device.port_count)).map(String.init).joined(separator: ".")
  }

  /// Waits until a device of this vendor is plugged in, or until the deadline.
  static func awaitArrival(vendor: UInt16, until deadline: MonotonicInstant) {
    if shim_usb_await_arrival(vendor, deadline.nanoseconds) < 0 {
      _ = shim_sleep_until(deadline.nanoseconds)
    }
  }

  /// The one device of this identity, or of this serial number.
  ///
  /// - Parameters:
  ///   - serialNumber: empty: there must be one only.
  ///   - spared: the topology of somebody else's device, which is never taken.
  /// - Throws: `.notPlugged`, `.severalPlugged`.
  static func find(
    _ identity: USBIdentity, serialNumber: String, sparing spared: String?, kind: String
  ) throws(AmplifierFault) -> KnownDevice {
    let alike = alike(identity)
    let candidates = alike.filter { $0.topology != spared }
    let wanted = candidates.filter { serialNumber.isEmpty || $0.serialNumber == serialNumber }
    guard let device = wanted.first else {
      throw .notPlugged(
        kind: kind, serialNumber: serialNumber, others: candidates.map(\.serialNumber))
    }
    guard wanted.count == 1 else {
      throw .severalPlugged(kind: kind, serialNumbers: wanted.map(\.serialNumber))
    }
    let namesakes = alike.filter { $0.serialNumber == device.serialNumber }
    return KnownDevice(
      device: device, isUnique: !device.serialNumber.isEmpty && namesakes.count == 1)
  }

  /// The same device once more: by its serial number, which may have been plugged in elsewhere; one
  /// without a number of its own only where it was.
  static func findAgain(_ known: KnownDevice, _ identity: USBIdentity, sparing spared: String?)
    -> USBDevice?
  {
    alike(identity).first { found in
      found.topology != spared && found.serialNumber == known.device.serialNumber
        && (known.isUnique || found.topology == known.device.topology)
    }
  }

  private static func alike(_ identity: USBIdentity) -> [USBDevice] {
    all().filter { $0.vendor == identity.vendor && identity.products.contains($0.product) }
  }

  /// Opens a device, takes it from its kernel driver, and keeps its transfers under way.
  ///
  /// - Parameter baud: of a serial line behind it.
  static func open(_ device: USBDevice, _ identity: USBIdentity, baud: UInt32)
    throws(AmplifierFault) -> LineHandle
  {
    var opened: OpaquePointer?
    let result = unsafe shim_usb_open(device.bus, device.address, &opened)
    guard result >= 0, let usb = unsafe opened else {
      throw AmplifierFault(errno: result, operation: "open", device: device.path)
    }
    do throws(AmplifierFault) {
      return unsafe try setUp(usb, device, identity, baud: baud)
    } catch {
      unsafe shim_usb_close(usb)
      throw error
    }
  }

  private static func setUp(
    _ usb: OpaquePointer, _ device: USBDevice, _ identity: USBIdentity, baud: UInt32
  ) throws(AmplifierFault) -> LineHandle {
    func check(_ result: Int32, _ operation: String) throws(AmplifierFault) {
      guard result < 0 else { return }
      throw AmplifierFault(errno: result, operation: operation, device: device.path)
    }
    var inEndpoint: UInt8 = 0
    var outEndpoint: UInt8 = 0
    var isFTDI = false
    // SAFETY: the device is open.
    try check(unsafe shim_usb_claim(usb, 0), "claim the interface")
    try check(
      unsafe shim_usb_bulk_endpoints(usb, &inEndpoint, &outEndpoint), "find the endpoints")
    switch identity.interface {
    case .ftdi(let eventCharacter):
      isFTDI = true
      try check(
        unsafe FTDI.configure(usb, baud: baud, eventCharacter: eventCharacter), "set up the line")
    case .cdcACM:
      try check(unsafe shim_usb_claim(usb, 1), "claim the data interface")
      try check(unsafe CDCACM.configure(usb, baud: baud), "set up the line")
    case .bulk:
      try check(unsafe shim_usb_clear_halt(usb, inEndpoint), "clear the endpoint")
      try check(unsafe shim_usb_clear_halt(usb, outEndpoint), "clear the endpoint")
    }
    try check(
      unsafe shim_usb_listen(
        usb, inEndpoint, identity.transferCount, identity.transferByteCount), "submit transfers")
    return unsafe LineHandle(usb: usb, outEndpoint: outEndpoint, isFTDI: isFTDI)
  }
}
