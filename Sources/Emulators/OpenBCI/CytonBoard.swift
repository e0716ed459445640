// An OpenBCI Cyton, with a Daisy on it or without, seen through its dongle: firmware 3.1.2.
//
//     A0  counter  8 × 24 bits, high byte first  6 auxiliary bytes  C0…C6
//
// With a Daisy the counter's lowest bit tells whose channels a packet carries: odd the board's,
// even the Daisy's, each the mean of its last two samples. The counter begins at 0 with each
// stream.
// Sources: OpenBCI "Cyton Data Format" and "Cyton SDK", OpenBCI_Cyton_Library.

public import RT

public struct CytonBoard: Board {
  public static let packetByteCount = 33
  /// From a reset to the boot text.
  static var bootTime: Nanoseconds { .milliseconds(500) }

  enum Phase: Equatable, Sendable {
    case booting(until: MonotonicInstant)
    case idle
    case streaming(PacketStream)
  }

  public let name: String
  /// A Daisy is plugged onto the board.
  let hasDaisy: Bool
  private let oscillator: Oscillator
  private var powerOn: MonotonicInstant
  private var firstStart: MonotonicInstant?
  private(set) var phase = Phase.idle
  /// Bytes that came while the board was booting.
  private var held: [UInt8] = []
  private var transmission: Transmission
  private var reader = CytonCommandReader()
  private var dongle = CytonDongle()
  /// Samples since power-up, for what the electrodes carry.
  private var played: UInt64 = 0
  /// The samples before, for the means of a Daisy: the board's and the Daisy's.
  private var lastCounts: [[Int32]]?

  var frontEnd: CytonFrontEnd
  var auxiliary = CytonAuxiliarySource()
  /// The Daisy's channels are in use.
  var isDaisyAttached: Bool
  /// As `~n` counts it: 6 is 250 Hz.
  var rateCode: UInt8 = 6

  /// - Parameters:
  ///   - electrodeOhms: what each electrode's skin contact has, for the impedance drive.
  ///   - now: power-up.
  /// - Throws: `unsuitable` for options that this board cannot have.
  public init(
    playing playback: Playback, hasDaisy: Bool = false, electrodeOhms: Double = 10_000,
    options: BoardOptions, now: MonotonicInstant = .now()
  ) throws(EmulatorFault) {
    guard (0...1e9).contains(electrodeOhms) else {
      throw .unsuitable(
        what: "an electrode of \(electrodeOhms) ohms", remedy: "choose 0 to 1 000 000 000")
    }
    name = hasDaisy ? "daisy" : "cyton"
    self.hasDaisy = hasDaisy
    isDaisyAttached = hasDaisy
    oscillator = try options.oscillator(nominal: 250)
    powerOn = now
    frontEnd = CytonFrontEnd(playback: playback, electrodeOhms: electrodeOhms)
    let kinds: Set<Fault.Kind> =
      hasDaisy ? [.failure, .mismatch, .half] : [.failure, .mismatch]
    transmission = Transmission(
      schedule: try FaultSchedule(
        options.faults, board: name, kinds: kinds,
        packetByteCount: Self.packetByteCount),
      seed: options.seed, marks: [0xA0, 0xC0])
  }

  var isStreaming: Bool { if case .streaming = phase { true } else { false } }

  /// Every channel setting is refused: the fault `failure`.
  var isRefusing: Bool { transmission.schedule.isRefusing }

  public var nextInstant: MonotonicInstant? {
    switch phase {
    case .booting(let until): until
    case .idle: reader.deadline
    case .streaming(let stream):
      reader.deadline.map { min($0, stream.nextInstant) } ?? stream.nextInstant
    }
  }

  public mutating func receive(
    _ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    let wasStreaming = isStreaming
    var isAnyForBoard = false
    let isOutOfReach = isOutOfReach(at: now)
    for byte in bytes {
      switch dongle.take(byte) {
      case .consumed: break
      case .answered(let command, let reply):
        turn.note("radio \(command)")
        turn.send(reply)
      case .forBoard(let byte):
        isAnyForBoard = true
        if canBeHeard, !isOutOfReach { take(byte, at: now, into: &turn) }
      }
    }
    if isAnyForBoard, !dongle.isUp || isOutOfReach { turn.send(text: CytonDongle.timeout) }
    // A byte on its way to the board costs a packet on its way from it (Cyton_Library #68).
    if isAnyForBoard, wasStreaming, isStreaming { transmission.schedule.lose(1) }
  }

  /// The radio is silent, by the fault of that name.
  private func isOutOfReach(at now: MonotonicInstant) -> Bool {
    guard let firstStart else { return false }
    return transmission.schedule.isSilent(at: (now - firstStart).seconds)
  }

  /// In BLE mode the board talks to its radio at another rate: nothing comes through any more.
  private var canBeHeard: Bool { dongle.isUp && auxiliary.mode != .ble }

  private mutating func take(_ byte: UInt8, at now: MonotonicInstant, into turn: inout Turn) {
    if case .booting = phase {
      held.append(byte)
      return
    }
    // The radio on the dongle says when it has a `<` to send.
    if byte == UInt8(ascii: "<"), reader.pending.isEmpty { turn.send(text: ",") }
    expire(at: now, into: &turn)
    guard let (command, bytes) = reader.take(byte, at: now) else { return }
    if case .unknown = command {
      turn.note("ignored \(hexadecimal(byte))")
    } else {
      turn.note("command \(Self.legible(bytes))")
    }
    obey(command, at: now, into: &turn)
  }

  /// Bytes that can be printed as they are, others in hexadecimal.
  private static func legible(_ bytes: [UInt8]) -> String {
    bytes.map { (0x21...0x7E).contains($0) ? String(Unicode.Scalar($0)) : "\\x" + hexadecimal($0) }
      .joined()
  }

  private mutating func expire(at now: MonotonicInstant, into turn: inout Turn) {
    guard let deadline = reader.deadline, deadline <= now else { return }
    reader.clear()
    turn.send(text: CytonCommandReader.timeout)
  }

  public mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    if case .booting(let until) = phase, until <= now { finishBooting(at: until, into: &turn) }
    expire(at: now, into: &turn)
    while case .streaming(let stream) = phase, stream.nextInstant <= now {
      let due = stream.nextInstant
      let elapsed = (due - (firstStart ?? due)).seconds
      transmission.schedule.advance(to: elapsed)
      if transmission.schedule.takeRestart() {
        turn.note("restart")
        powerOn = due
        played = 0
        auxiliary = CytonAuxiliarySource()
        rateCode = 6
        reader.clear()
        held = []
        boot(at: due)
        if now >= due + Self.bootTime { finishBooting(at: due + Self.bootTime, into: &turn) }
        return
      }
      send(stream, at: due, elapsed: elapsed, into: &turn)
      phase = .streaming(stream.stepped())
    }
  }

  /// Everything as after power-up, in `bootTime`.
  mutating func boot(at now: MonotonicInstant) {
    initializeConverters()
    phase = .booting(until: now + Self.bootTime)
  }

  private mutating func finishBooting(at now: MonotonicInstant, into turn: inout Turn) {
    phase = .idle
    turn.send(text: bootText)
    let bytes = held
    held = []
    for byte in bytes { take(byte, at: now, into: &turn) }
  }

  private var bootText: String {
    var lines = ["OpenBCI V3 8-16 channel", "On Board ADS1299 Device ID: 0x3E"]
    if isDaisyAttached { lines.append("On Daisy ADS1299 Device ID: 0x3E") }
    lines += ["LIS3DH Device ID: 0x33", "Firmware: v3.1.2", "$$$"]
    return lines.joined(separator: "\r\n")
  }

  mutating func initializeConverters() {
    frontEnd.reset()
    isDaisyAttached = hasDaisy
    phase = .idle
  }

  mutating func start(at now: MonotonicInstant) {
    firstStart = firstStart ?? now
    lastCounts = nil
    phase = .streaming(PacketStream(start: now, oscillator: oscillator))
  }

  mutating func stop() { phase = .idle }

  // MARK: packets

  private mutating func send(
    _ stream: PacketStream, at due: MonotonicInstant, elapsed: Double, into turn: inout Turn
  ) {
    let index = stream.nextIndex
    let counter = UInt8(truncatingIfNeeded: index)
    let isDaisyHalf = isDaisyAttached && counter.isMultiple(of: 2)
    let counts = nextCounts(isDaisyHalf: isDaisyHalf)
    let aux = auxiliary.next(
      sample: index,
      milliseconds: UInt32(truncatingIfNeeded: (due - powerOn).rawValue / 1_000_000))
    if aux.bytes.contains(where: { $0 != 0 }) {
      let words = aux.bytes.map { hexadecimal($0) }.joined()
      turn.note("aux \(index) \(hexadecimal(aux.footer)) \(words)")
    }
    transmission.send(
      bytes(counter, counts, aux), Packet(index: index, counter: UInt32(counter), counts: counts),
      at: elapsed, isDaisyHalf: isDaisyHalf, isCutOff: !canBeHeard, into: &turn)
  }

  private mutating func nextCounts(isDaisyHalf: Bool) -> [Int32] {
    defer { played += 1 }
    guard isDaisyAttached else { return frontEnd.counts(chip: 0, sample: played) }
    let now = [frontEnd.counts(chip: 0, sample: played), frontEnd.counts(chip: 1, sample: played)]
    let half = isDaisyHalf ? 1 : 0
    let before = (lastCounts ?? now)[half]
    lastCounts = now
    // As C divides: towards zero.
    return zip(before, now[half]).map { ($0 + $1) / 2 }
  }

  private func bytes(_ counter: UInt8, _ counts: [Int32], _ aux: CytonAuxiliary) -> [UInt8] {
    var bytes: [UInt8] = [0xA0]
    bytes.reserveCapacity(Self.packetByteCount)
    // A radio of another time than the board hands the board's own header on, and has no room for
    // the last byte before the footer (Cyton_Library #87).
    if transmission.schedule.isMismatched { bytes.append(0x41) }
    bytes.append(counter)
    for count in counts { bytes.append(bigEndian24: count) }
    bytes += aux.bytes.prefix(Self.packetByteCount - 1 - bytes.count)
    bytes.append(aux.footer)
    return bytes
  }
}
