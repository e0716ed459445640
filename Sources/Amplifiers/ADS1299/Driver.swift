// Brings an ADS1299 up: reset, identity, registers written and read back, ready to start.
//
// Against two narrow interfaces: an SPI transfer and a source of DRDY edges. Behind them stand a
// spidev and a GPIO line, or the model of the chip.

public import RT
import Signal

/// What comes out of waiting for DRDY.
@frozen
public enum EdgeOutcome: BitwiseCopyable, Sendable {
  /// The newest edge: its time, and its number, counted from 1 since the line was taken; numbers
  /// that are skipped are edges that nobody took.
  case edge(time: MonotonicInstant, number: UInt64)
  /// The deadline came first.
  case nothing
  case failed(errno: Int32)
}

/// The bus to the chip.
public protocol SPIBus: ~Copyable {
  /// Exchanges bytes in place, with chip select low throughout. 0, or -errno.
  mutating func exchange(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Int32
}

/// The falling edges of DRDY.
public protocol EdgeSource: ~Copyable {
  /// Sleeps until an edge, or until a deadline.
  mutating func waitForEdge(until deadline: MonotonicInstant) -> EdgeOutcome

  /// Forgets edges that are waiting; the number of the newest one ever.
  mutating func discardEdges() -> UInt64

  /// True when a conversion waits for the edge to be taken, as those of the model's held clock do;
  /// a chip overwrites it.
  var keepsConversions: Bool { get }
}

/// The pins beside the bus, and what the port is called.
public protocol ControlLines: ~Copyable {
  /// As a person would say it: "on /dev/spidev0.0", "model".
  var place: String { get }

  /// Pulses RESET if the pin is connected; false when the command must do.
  mutating func pulseReset() -> Bool

  /// Drives START if the pin is connected; false when the command must do.
  mutating func setStart(_ isHigh: Bool) -> Bool
}

/// Bus, edges and lines of one chip.
public protocol ADS1299Port: SPIBus, EdgeSource, ControlLines, ~Copyable {
  /// The concrete root of the real-time path, which carries the oath that a generic cannot:
  /// implemented by each port as `amplifier.deliver(into: &sink, until: stop)`.
  static func run(
    _ amplifier: inout ADS1299<Self>, into sink: inout FrameSink, until stop: StopSignal
  ) -> AcquisitionEnd
}

/// One chip.
public struct ADS1299<Port: ADS1299Port & ~Copyable>: ~Copyable {
  public let configuration: ADS1299Configuration
  public let description: AmplifierDescription
  var port: Port
  var reader: FrameReader
  var isArmed = false

  /// - Throws: `AmplifierFault.unsupported` when labels and channels do not agree.
  public init(configuration: ADS1299Configuration, port: consuming Port, channelLabels: [String])
    throws(AmplifierFault)
  {
    let montage = try configuration.montage(labels: channelLabels)
    self.configuration = configuration
    description = AmplifierDescription(
      name: "ADS1299 (\(port.place)), \(configuration.channelCount) channels, gain "
        + "\(configuration.gain.factor)",
      serialNumber: nil, montage: montage,
      // A third-order sinc filter delays by three half conversions.
      groupDelay: Nanoseconds(configuration.period.rawValue * 3 / 2), hasStatusWord: true)
    self.port = port
    reader = FrameReader(configuration)
  }
}

extension ADS1299 where Port: ~Copyable {
  /// Power-up and reset (SBAS499C §11.1), identity, registers. Takes about half a second.
  public mutating func arm() throws(AmplifierFault) {
    isArmed = false
    sleep(ChipTime.powerOnReset)
    if !port.pulseReset() { try send(ADS1299Command.reset) }
    sleep(ChipTime.afterReset)
    // The chip wakes reading continuously and hears no register command until told to stop.
    try send(ADS1299Command.stopReadDataContinuously)
    sleep(ChipTime.decode)
    try identify()
    // The reference first, because it takes longest.
    try write(.config3, 0xE0)
    sleep(ChipTime.referenceStart)
    for (register, value) in configuration.registers { try write(register, value) }
    for (register, value) in configuration.registers { try verify(register, value) }
    reader.epoch &+= 1
    isArmed = true
  }

  /// Stops conversions. Idempotent.
  public mutating func stop() {
    isArmed = false
    if !port.setStart(false) { try? send(ADS1299Command.stop) }
  }

  /// The first reading of a chip that has just woken may be wrong; five are asked for.
  private mutating func identify() throws(AmplifierFault) {
    var found: UInt8 = 0
    for _ in 1...5 {
      found = try read(.id)
      if found & 0x1F == configuration.identity { return }
      sleep(.milliseconds(10))
    }
    let hint =
      switch found {
      case 0x00, 0xFF: "nothing answers: check power, MISO, chip select and SPI mode 1"
      case 0x90...0x93, 0xD0...0xD3: "this is an ADS1298, which this driver does not know"
      case let id where id & 0x1C == 0x1C:
        "this is an ADS1299 with \(4 + 2 * Int(id & 3)) channels: name as many in "
          + "amplifier.channels"
      default: "this is no ADS1299, or the SPI clock is too fast for the wiring"
      }
    throw .wrongIdentity(found: found, expected: configuration.identity, hint: hint)
  }

  private mutating func verify(_ register: ADS1299Register, _ value: UInt8) throws(AmplifierFault) {
    let found = try read(register)
    // The upper half of GPIO reads the pins.
    let mask: UInt8 = register == .gpio ? 0x0F : register == .config3 ? 0xFE : 0xFF
    guard found & mask == value & mask else {
      throw .registerMismatch(name: register.name, wrote: value, read: found)
    }
  }

  /// All registers as they stand, for people. Only while nothing is read.
  public mutating func registerDump() throws(AmplifierFault) -> [(ADS1299Register, UInt8)] {
    var dump: [(ADS1299Register, UInt8)] = []
    for register in ADS1299Register.allCases { dump.append((register, try read(register))) }
    return dump
  }

  mutating func read(_ register: ADS1299Register) throws(AmplifierFault) -> UInt8 {
    unsafe reader.buffer[0] = ADS1299Command.readRegisters | register.rawValue
    unsafe reader.buffer[1] = 0
    unsafe reader.buffer[2] = 0
    try exchange(3)
    return unsafe reader.buffer[2]
  }

  mutating func write(_ register: ADS1299Register, _ value: UInt8) throws(AmplifierFault) {
    unsafe reader.buffer[0] = ADS1299Command.writeRegisters | register.rawValue
    unsafe reader.buffer[1] = 0
    unsafe reader.buffer[2] = value
    try exchange(3)
    sleep(ChipTime.decode)
  }

  private mutating func send(_ command: UInt8) throws(AmplifierFault) {
    unsafe reader.buffer[0] = command
    try exchange(1)
  }

  private mutating func exchange(_ count: Int) throws(AmplifierFault) {
    let result = unsafe port.exchange(reader.buffer, count: count)
    guard result == 0 else {
      throw .system(operation: "the SPI transfer", device: port.place, errno: -result)
    }
  }

  private func sleep(_ span: Nanoseconds) {
    var timer = CyclicTimer(period: span)
    _ = timer.wait()
  }
}
