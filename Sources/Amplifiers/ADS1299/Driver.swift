// Brings ADS1299s up, by the recipe of the data sheet (SBAS499C, "Power-Up Sequencing" and
// "Initial Flow at Power-Up"), and believes nothing that it has not read back.

import RT
import Signal

/// How far the driver has come.
enum DriverState: UInt8 {
  /// Nothing is open, or nothing is known of the chips.
  case down
  /// Set up, read back, seen converting, and stopped again.
  case armed
  /// `run` has started them.
  case running
}

/// The driver of one to four chips, on any port. The public faces are `LinuxADS1299` and
/// `ModelledADS1299`.
struct ADS1299Driver<Port: ADS1299Port & ~Copyable>: ~Copyable {
  /// One a chip.
  let configurations: [ADS1299Configuration]
  var port: Port
  var state = DriverState.down
  let chipCount: Int
  let channelCount: Int
  let nominalPeriod: Nanoseconds
  let settling: Nanoseconds
  /// After so long without an edge the chip is called silent: 8 periods, at least 20 ms.
  let silence: Nanoseconds
  /// The low five bits of ID.
  let identity: UInt8
  let registers: RegisterImage
  var layout: FrameLayout
  /// The line's sequence number before the first edge that counts.
  var sequenceBase: UInt32 = 0
  /// Counts the times the chips were brought up.
  var epoch: UInt32 = 0
  /// The chips were started one after the other within so long.
  var startSpread = Nanoseconds.zero

  /// - Parameter configurations: one a chip, of the same variant, rate and way of reading: see
  ///   `validate`.
  init(configurations: [ADS1299Configuration], port: consuming Port) {
    let first = configurations.first ?? ADS1299Configuration()
    self.configurations = configurations
    chipCount = configurations.count
    channelCount = first.variant.channelCount * configurations.count
    nominalPeriod = first.dataRate.period
    settling = first.dataRate.settling
    silence = max(first.dataRate.period * 8, .milliseconds(20))
    identity = first.variant.family
    registers = RegisterImage(configurations)
    layout = FrameLayout(configurations, selectCount: port.selectCount)
    self.port = port
  }

  // MARK: bring-up

  /// From power-up to chips that are proven to convert. About 0.4 s at 250 SPS.
  mutating func arm() throws(AmplifierFault) {
    try ADS1299Configuration.validate(configurations, selectCount: port.selectCount)
    try checkClock()
    state = .down
    do throws(AmplifierFault) {
      try port.open()
      try check(resetChips(isCold: true), "resetting the chip")
      try check(identify())
      try check(configureAll())
      try proveConversion()
    } catch {
      quieten()
      port.close()
      throw error
    }
    epoch &+= 1
    state = .armed
  }

  /// Idempotent; leaves the chips stopped and reset: no lead-off current flows and no bias
  /// amplifier drives a person whom nobody reads any more.
  mutating func stop() {
    if state != .down { quieten() }
    state = .down
    port.close()
  }

  /// Stops and resets every chip, whatever the others answer.
  mutating func quieten() {
    _ = port.setStart(false)
    for select in 0..<port.selectCount {
      for opcode in [ADS1299.Command.stopReadingContinuously, .stop, .reset] {
        _ = command(opcode.rawValue, select)
      }
    }
  }

  /// A frame must clock out well within a period: three quarters of it, the rest is the host's.
  private func checkClock() throws(AmplifierFault) {
    let bits = Int64(8 * layout.byteCount * port.selectCount)
    let needed = bits * 4 * 1_000_000_000 / (3 * nominalPeriod.rawValue)
    guard Int64(port.hertz) >= needed else {
      throw .unsupported(
        "\(16_000_000_000_000 / nominalPeriod.rawValue / 16_000) samples a second do not fit "
          + "through an SPI clock of \(port.hertz) Hz on \(port.name): raise it to \(needed) Hz "
          + "at least, or choose a lower rate")
    }
  }

  /// Starts the chips, waits for the first DRDY, looks whether they keep together, and stops them.
  private mutating func proveConversion() throws(AmplifierFault) {
    try takeAllEdges()
    try check(startConversions(), "starting conversions")
    let deadline = port.now + settling * 2 + silence
    var result: Int32 = 0
    repeat {
      result = port.wait(until: deadline)
    } while result == -4 && port.now < deadline  // EINTR
    try check(result, "waiting for DRDY")
    if result == 0 { throw .noConversions(device: port.name) }
    try provePhase()
    if chipCount > 1 && port.selectCount == 1 { try findDaisyGap() }
    if layout.isContinuous {
      try check(
        commandAll(ADS1299.Command.stopReadingContinuously.rawValue), "an SPI transfer")
    }
    try check(stopConversions(), "stopping conversions")
    // The conversion in progress may end yet.
    port.sleep(nominalPeriod * 2)
    try takeAllEdges()
  }

  /// Several chips that are no stream together are refused before anybody relies on them.
  private mutating func provePhase() throws(AmplifierFault) {
    guard port.hasOtherDataReady else { return }
    // Two, begun at different times: one late interrupt at the beginning of one accuses nobody.
    var early = PhaseMonitor()
    var late = PhaseMonitor()
    var count = ConversionCount(sequenceBase: 0, nominalPeriod: nominalPeriod)
    let begin = port.now
    let span = max(nominalPeriod * 64, .milliseconds(300))
    let tolerance = Nanoseconds(max(50_000, nominalPeriod.rawValue / 64))
    var looks = 0
    var suspicions = 0
    while port.now < begin + span {
      let result = port.wait(until: begin + span)
      if result < 0 && result != -4 { try check(result, "waiting for DRDY") }
      if result <= 0 { continue }
      let taken = port.takeEdges()
      try check(taken, "reading edges")
      for index in 0..<Int(taken) { count.count(port.edge(index)) }
      sequenceBase = count.edge.lineSequence
      let elapsed = port.now - begin
      let others = port.takeOtherEdges()
      for index in 0..<max(0, Int(others)) {
        let other = port.otherEdge(index)
        early.note(other, reference: count.edge, period: count.period)
        if elapsed.rawValue > span.rawValue / 6 {
          late.note(other, reference: count.edge, period: count.period)
        }
      }
      if elapsed.rawValue < span.rawValue / 2 { continue }
      looks += 1
      if early.unsynchronisedChip(tolerance: tolerance) != 0,
        late.unsynchronisedChip(tolerance: Nanoseconds(tolerance.rawValue / 2)) != 0
      {
        suspicions += 1
      }
    }
    early.noteReference(count.edge, period: count.period, chipCount: port.selectCount)
    if let silent = early.silentChip {
      throw .noConversions(device: name(ofChip: silent))
    }
    if 2 * suspicions > looks {
      let chip = early.unsynchronisedChip(tolerance: tolerance)
      throw .unsynchronised(
        device: port.name, chip: max(chip, 1) + 1,
        partsPerMillion: Int(early.partsPerMillion(ofChip: max(chip, 1))))
    }
  }

  /// Whether a bit stands between two chips' frames: the status words tell.
  private mutating func findDaisyGap() throws(AmplifierFault) {
    // A few tries: the first read may fall on an edge.
    for _ in 0..<5 {
      layout.prepare(port.bytes)
      try check(
        port.exchange(select: 0, byteCount: layout.byteCount, isCommand: false), "an SPI transfer")
      for gap in [1, 0] {
        let isRight = (0..<chipCount).allSatisfy { chip in
          port.bytes.word(atBit: layout.frameBit(ofChip: chip, gapBits: gap)) >> 20 == 0b1100
        }
        if isRight {
          layout.daisyGapBits = gap
          return
        }
      }
      port.sleep(nominalPeriod)
    }
    throw .unsupported(
      "\(port.name) gives no status word of all \(chipCount) chips: check DAISY_IN of each chip, "
        + "and the number of channels that is configured")
  }

  private mutating func stopConversions() -> Int32 {
    let line = port.setStart(false)
    let sent = commandAll(ADS1299.Command.stop.rawValue)
    return min(line, sent, 0)
  }

  /// Forgets the edges that wait, and remembers where the line's count stands.
  private mutating func takeAllEdges() throws(AmplifierFault) {
    // Bounded: a line that never runs dry is no DRDY.
    for _ in 0..<64 {
      let count = port.takeEdges()
      try check(count, "reading edges")
      if count == 0 { break }
      sequenceBase = port.edge(Int(count) - 1).lineSequence
    }
    for _ in 0..<64 where port.takeOtherEdges() > 0 {}
  }

  // MARK: verdicts as a person reads them

  func check(_ result: Int32, _ operation: String) throws(AmplifierFault) {
    if result < 0 {
      throw AmplifierFault(errno: result, operation: operation, device: port.name)
    }
  }

  func check(_ verdict: ChipVerdict) throws(AmplifierFault) {
    switch verdict {
    case .good, .abandoned: return
    case .kernel(let errno): try check(errno, "an SPI transfer")
    case .identity(let chip, let found):
      let variant = configurations[chip].variant
      throw .wrongIdentity(
        found: found, expected: ADS1299.Identity(revision: 1, variant: variant).rawValue,
        hint: ADS1299.hint(found: found, expected: variant, at: name(ofChip: chip)))
    case .mismatch(_, let address, let wrote, let read):
      throw .registerMismatch(
        name: ADS1299.Register(rawValue: UInt8(address))?.name ?? "", wrote: wrote, read: read)
    case .silent: throw .noConversions(device: port.name)
    }
  }

  private func name(ofChip chip: Int) -> String {
    chipCount == 1 ? port.name : "chip \(chip + 1) of \(port.name)"
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
