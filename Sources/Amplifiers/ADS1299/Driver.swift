// Brings an ADS1299 up, by the recipe of the data sheet (SBAS499C, "Power-Up Sequencing" and
// "Initial Flow at Power-Up"), and believes nothing that it has not read back.

import RT
import Signal

/// How far the driver has come.
enum DriverState: UInt8 {
  /// Nothing is open, or nothing is known of the chip.
  case down
  /// Set up, read back, seen converting, and stopped again.
  case armed
  /// `run` has started it.
  case running
}

/// The driver, on any port. The public faces are `LinuxADS1299` and `ModelledADS1299`.
struct ADS1299Driver<Port: ADS1299Port & ~Copyable>: ~Copyable {
  let configuration: ADS1299Configuration
  var port: Port
  var state = DriverState.down
  let channelCount: Int
  let nominalPeriod: Nanoseconds
  /// After so long without an edge the chip is called silent: 8 periods, at least 20 ms.
  let silence: Nanoseconds
  let canary: UInt8
  /// The line's sequence number before the first edge that counts.
  var sequenceBase: UInt32 = 0
  /// Counts the times the chip was brought up.
  var epoch: UInt32 = 0

  /// Attempts at reading an ID that makes sense, and at a configuration that reads back.
  static var attempts: Int { 5 }

  init(configuration: ADS1299Configuration, port: consuming Port) {
    self.configuration = configuration
    self.port = port
    channelCount = configuration.variant.channelCount
    nominalPeriod = configuration.dataRate.period
    silence = max(configuration.dataRate.period * 8, .milliseconds(20))
    canary = configuration.statusCanary ?? ADS1299StatusWord.noCanary
  }

  // MARK: bring-up

  /// From power-up to a chip that is proven to convert. About 0.4 s at 250 SPS.
  mutating func arm() throws(AmplifierFault) {
    try configuration.validate()
    try checkClock()
    state = .down
    do throws(AmplifierFault) {
      try port.open()
      try reset()
      try identify()
      try startReference()
      try configure()
      try proveConversion()
    } catch {
      port.close()
      throw error
    }
    epoch &+= 1
    state = .armed
  }

  /// Idempotent; leaves the chip stopped and out of RDATAC.
  mutating func stop() {
    if state != .down {
      _ = port.setStart(false)
      _ = port.send(.stop)
    }
    state = .down
    port.close()
  }

  /// A frame must clock out well within a period: three quarters of it, the rest is the host's.
  private func checkClock() throws(AmplifierFault) {
    let bits = Int64(8 * (1 + configuration.variant.frameByteCount))
    let needed = bits * 4 * 1_000_000_000 / (3 * nominalPeriod.rawValue)
    guard Int64(port.hertz) >= needed else {
      throw .unsupported(
        "\(configuration.dataRate.samplesPerSecond) samples a second do not fit through an SPI "
          + "clock of \(port.hertz) Hz on \(port.name): raise it to \(needed) Hz at least, or "
          + "choose a lower rate")
    }
  }

  mutating func reset() throws(AmplifierFault) {
    try check(port.setStart(false), "driving START")
    try check(port.setReset(true), "driving RESET")
    try check(port.setPower(true), "driving PWDN")
    // The power may have come on just now.
    port.sleep(ADS1299.slowest(clocks: ADS1299.Clocks.powerOn))
    if port.hasResetLine {
      try check(port.setReset(false), "driving RESET")
      port.sleep(ADS1299.slowest(clocks: ADS1299.Clocks.resetPulse))
      try check(port.setReset(true), "driving RESET")
    } else {
      // Whoever was here before may have left it in standby, where only WAKEUP is heard.
      try send(.wakeup)
      try send(.reset)
    }
    port.sleep(ADS1299.slowest(clocks: ADS1299.Clocks.afterReset))
    // Out of RDATAC, the state after a reset, in which registers cannot be reached.
    try send(.stopReadingContinuously)
  }

  private mutating func identify() throws(AmplifierFault) {
    let expected = configuration.variant
    var found: UInt8 = 0
    for attempt in 1...Self.attempts {
      found = try read(.id, count: 1)[0]
      if ADS1299.Identity(rawValue: found)?.variant == expected { return }
      if attempt < Self.attempts { port.sleep(.milliseconds(10)) }
    }
    throw .wrongIdentity(
      found: found, expected: ADS1299.Identity(revision: 1, variant: expected).rawValue,
      hint: ADS1299.hint(found: found, expected: expected, at: port.name))
  }

  private mutating func startReference() throws(AmplifierFault) {
    try write(.config3, [configuration.registerValues()[Int(ADS1299.Register.config3.rawValue)]])
    port.sleep(ADS1299.referenceStart)
  }

  /// Writes every register that may be written, reads everything back and compares.
  mutating func configure() throws(AmplifierFault) {
    let values = configuration.registerValues()
    // Without ID and LOFF_STATx, which are read only, and channels that are not there.
    let runs: [ClosedRange<Int>] = [1...4, 5...(4 + channelCount), 0x0D...0x11, 0x14...0x17]
    var mismatch: AmplifierFault?
    for _ in 1...Self.attempts {
      for run in runs {
        if let first = ADS1299.Register(rawValue: UInt8(run.lowerBound)) {
          try write(first, Array(values[run]))
        }
      }
      let found = try read(.id, count: ADS1299.Register.count)
      mismatch = nil
      for address in runs.joined() where mismatch == nil && values[address] != found[address] {
        guard let register = ADS1299.Register(rawValue: UInt8(address)) else { continue }
        // BIAS_STAT is the chip's own.
        if register == .config3 && (values[address] ^ found[address]) == 1 { continue }
        mismatch = .registerMismatch(
          name: register.name, wrote: values[address], read: found[address])
      }
      if mismatch == nil { return }
    }
    if let mismatch { throw mismatch }
  }

  /// Starts the chip, waits for the first DRDY, and stops it again.
  private mutating func proveConversion() throws(AmplifierFault) {
    try takeAllEdges()
    try start()
    let deadline = port.now + configuration.dataRate.settling * 2 + silence
    var result: Int32 = 0
    repeat {
      result = port.wait(until: deadline)
    } while result == -4 && port.now < deadline  // EINTR
    try check(result, "waiting for DRDY")
    if result == 0 { throw .noConversions(device: port.name) }
    try check(port.setStart(false), "driving START")
    try send(.stop)
    // The conversion in progress may end yet.
    port.sleep(configuration.dataRate.period * 2)
    try takeAllEdges()
  }

  private mutating func start() throws(AmplifierFault) {
    if port.hasStartLine {
      try check(port.setStart(true), "driving START")
    } else {
      try send(.start)
    }
  }

  /// Forgets the edges that wait, and remembers where the line's count stands.
  private mutating func takeAllEdges() throws(AmplifierFault) {
    // Bounded: a line that never runs dry is no DRDY.
    for _ in 0..<64 {
      let count = port.takeEdges()
      try check(count, "reading edges")
      if count == 0 { return }
      sequenceBase = port.edge(Int(count) - 1).lineSequence
    }
  }

  // MARK: commands

  mutating func send(_ command: ADS1299.Command) throws(AmplifierFault) {
    try check(port.send(command), "an SPI transfer")
    port.sleep(ADS1299.slowest(clocks: ADS1299.Clocks.command))
  }

  mutating func read(_ first: ADS1299.Register, count: Int)
    throws(AmplifierFault) -> [UInt8]
  {
    port.bytes.put(ADS1299.Command.readRegisters.rawValue | first.rawValue, at: 0)
    port.bytes.put(UInt8(count - 1), at: 1)
    for index in 0..<count { port.bytes.put(0, at: 2 + index) }
    try check(port.exchange(byteCount: 2 + count, isCommand: true), "an SPI transfer")
    return (0..<count).map { port.bytes.received(2 + $0) }
  }

  private mutating func write(_ first: ADS1299.Register, _ values: [UInt8])
    throws(AmplifierFault)
  {
    port.bytes.put(ADS1299.Command.writeRegisters.rawValue | first.rawValue, at: 0)
    port.bytes.put(UInt8(values.count - 1), at: 1)
    for (index, value) in values.enumerated() { port.bytes.put(value, at: 2 + index) }
    try check(port.exchange(byteCount: 2 + values.count, isCommand: true), "an SPI transfer")
  }

  private func check(_ result: Int32, _ operation: String) throws(AmplifierFault) {
    if result < 0 {
      throw AmplifierFault(errno: result, operation: operation, device: port.name)
    }
  }
}

extension ADS1299Port where Self: ~Copyable {
  /// One opcode. The bytes exchanged, or -errno.
  mutating func send(_ command: ADS1299.Command) -> Int32 {
    bytes.put(command.rawValue, at: 0)
    return exchange(byteCount: 1, isCommand: true)
  }
}

extension ADS1299 {
  /// What an unexpected ID most likely means.
  static func hint(found: UInt8, expected: Identity.Variant, at device: String) -> String {
    if let identity = Identity(rawValue: found) {
      return "\(device) is an \(identity.variant.name) with \(identity.variant.channelCount) "
        + "channels: configure that many"
    }
    switch found {
    case 0x00:
      return "\(device) answers with zeros only: check MISO, the chip's supply, RESET and PWDN"
    case 0xFF:
      return "\(device) answers with ones only: check MISO and that the chip is there"
    case 0x92:
      return "an ADS1298 answers on \(device): its gains and lead-off currents are others, use an "
        + "ADS1299"
    case 0xD2:
      return "an ADS1298R answers on \(device): use an ADS1299"
    default:
      return "no chip of this family answers on \(device): check SPI mode 1, the wiring, and "
        + "lower the SPI clock"
    }
  }
}
