// What the session that shall run on the machine wants of it.

public struct DoctorPlan: Sendable, Equatable {
  /// CPUs of acquisition and decoding, each once.
  public var cpus: [Int] = []
  public var acquisitionPriority = 80
  public var decodingPriority = 75
  /// A session goes on where the kernel refuses priority or memory lock.
  public var allowsBestEffort = false

  /// "/dev/spidev0.0"; empty where no chip is read.
  public var spiDevices: [String] = []
  public var spiHertz = 4_000_000
  /// Bytes of one SPI transfer: 3 and 3 a channel, for every chip of a daisy chain.
  public var frameByteCount = 27
  /// Labels of gpiochips.
  public var gpioChips: [String] = []

  /// Serial ports, by what hangs on them: "exoskeleton", "amplifier".
  public var ports: [Port] = []
  /// Vendor and products of the amplifier on USB; nil: none.
  public var usb: USBDevice?

  public init() {}

  public struct Port: Sendable, Equatable {
    public var role: String
    /// "/dev/ttyUSB0", or a link to it.
    public var path: String

    public init(role: String, path: String) {
      self.role = role
      self.path = path
    }
  }

  public struct USBDevice: Sendable, Equatable {
    public var vendor: UInt16
    public var products: [UInt16]

    public init(vendor: UInt16, products: [UInt16]) {
      self.vendor = vendor
      self.products = products
    }
  }

  var usesHardware: Bool { !spiDevices.isEmpty || !ports.isEmpty || usb != nil }

  /// Edges before frames: its thread must come before everybody who waits for it. 99 is left to the
  /// kernel's own.
  var dataReadyThreadPriority: Int { min(98, acquisitionPriority + 5) }
  var leastDataReadyThreadPriority: Int { min(98, acquisitionPriority + 1) }
  /// Between the thread that waits for a transfer and the one that computes.
  var spiThreadPriority: Int { min(98, max(decodingPriority + 1, acquisitionPriority - 1)) }
  var leastSPIThreadPriority: Int { min(98, decodingPriority + 1) }

  /// "CPU 3", "CPUs 2 and 3".
  var cpuText: String {
    let numbers = cpus.map(String.init)
    return numbers.count == 1
      ? "CPU \(numbers[0])" : "CPUs \(numbers.joined(separator: " and "))"
  }
}
