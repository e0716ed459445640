// Dynamixel servos on one half-duplex line: who is spoken to, who answers, when, and what becomes
// of bytes that meet on the line.
//
//     let bus = try DynamixelBus()                       // an XM430-W350 with id 1
//     let drive = try VirtualDrive(drive: bus, link: "/tmp/dynamixel")
//
// Source: ROBOTIS e-Manual, "DYNAMIXEL Protocol 2.0"; Return Delay Time (9), Bus Watchdog (98).

public import RT

/// Servos that share a line. The status is that of the first.
public struct DynamixelBus: Drive {
  /// An answer that is on the line, or will be.
  private struct Answer: Sendable {
    var bytes: [UInt8]
    var start: MonotonicInstant
    var end: MonotonicInstant
  }

  public var name: String { "dynamixel" }
  let options: DynamixelOptions
  var servos: [DynamixelServo]
  private var reader = DynamixelReader()
  private var answers: [Answer] = []
  /// When the last byte of the host has come over the line.
  private var hostTime: MonotonicInstant
  private var lastArrival: MonotonicInstant
  private var announced: [String]
  private var badFrames: UInt64 = 0
  /// Bytes of the host that met an answer on the line; they are among the bad frames.
  public private(set) var collisions: UInt64 = 0

  /// - Parameter now: the instant of power-up.
  /// - Throws: `unsuitable`.
  public init(options: DynamixelOptions = DynamixelOptions(), now: MonotonicInstant = .now())
    throws(EmulatorFault)
  {
    try options.check()
    self.options = options
    servos = options.ids.map { DynamixelServo(id: $0, options: options, now: now) }
    announced = servos.map(\.state)
    hostTime = now
    lastArrival = now
  }

  public var status: DriveStatus {
    var status = servos[0].status
    status.badFrames = badFrames
    return status
  }

  public mutating func disturb(_ disturbance: DriveDisturbance) {
    for place in servos.indices { servos[place].joint.isObstructed = disturbance == .obstructed }
  }

  public var nextInstant: MonotonicInstant? {
    (servos.compactMap(\.nextInstant) + answers.prefix(1).map(\.end)).min()
  }

  public mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    for place in servos.indices { servos[place].advance(to: now) }
    while let answer = answers.first, answer.end <= now {
      answers.removeFirst()
      turn.send(answer.bytes)
    }
    announce(into: &turn)
  }

  public mutating func receive(
    _ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    if reader.isAmidFrame, (now - lastArrival).seconds > options.packetSeconds {
      take(reader.giveUp(), at: now)
    }
    lastArrival = now
    for byte in bytes {
      let start = max(hostTime, now)
      hostTime = start + byteTime
      take(reader.take(meetingAnswers(byte, from: start, to: hostTime)), at: hostTime)
    }
    announce(into: &turn)
  }

  private mutating func take(_ found: [DynamixelReader.Found], at now: MonotonicInstant) {
    for found in found {
      switch found {
      case .frame(let frame): obey(frame, at: now)
      case .nonsense: badFrames += 1
      case .damaged(let id):
        badFrames += 1
        guard let place = place(of: id), servos[place].table[.statusReturnLevel] >= 2 else { break }
        answer(from: place, error: .crc, after: now)
      }
    }
  }

  private func announcement(of place: Int) -> String {
    place == 0 ? servos[place].state : "id \(servos[place].id): \(servos[place].state)"
  }

  private mutating func announce(into turn: inout Turn) {
    for place in servos.indices where servos[place].state != announced[place] {
      announced[place] = servos[place].state
      turn.note(announcement(of: place))
    }
  }

  // MARK: The line

  /// Eight bits, a start and a stop.
  private var byteTime: Nanoseconds { byteTimes(1) }

  private func byteTimes(_ count: Int) -> Nanoseconds {
    let baudRate = DynamixelBaudRate(rawValue: Int(servos[0].table[.baudRate])) ?? .b57600
    return Nanoseconds(Int64(count) * 10_000_000_000 / Int64(baudRate.bitsPerSecond))
  }

  /// What the servos hear of a byte.
  private mutating func meetingAnswers(
    _ byte: UInt8, from start: MonotonicInstant, to end: MonotonicInstant
  ) -> UInt8 {
    guard options.isHalfDuplex else { return byte }
    var heard = byte
    for place in answers.indices where answers[place].start < end && start < answers[place].end {
      let passed = (start - answers[place].start).rawValue / max(1, byteTime.rawValue)
      let met = min(max(0, Int(passed)), answers[place].bytes.count - 1)
      // Two drive the line: neither is heard. The middle bits differ, so that no sum is right.
      answers[place].bytes[met] ^= 0x18 | (byte & 0x24)
      heard ^= 0x3C
      collisions += 1
      badFrames += 1
    }
    return heard
  }

  mutating func answer(
    from place: Int, error: DynamixelError? = nil, _ data: [UInt8] = [],
    after now: MonotonicInstant
  ) {
    let error = (error?.rawValue ?? 0) | servos[place].alert
    let frame = DynamixelFrame.status(id: servos[place].id, error: error, data)
    send(frame.bytes, from: place, after: now)
  }

  mutating func send(_ bytes: [UInt8], from place: Int, after now: MonotonicInstant) {
    let delay = Nanoseconds.microseconds(2 * servos[place].table[.returnDelayTime])
    let start = max(now, answers.last?.end ?? now) + delay
    answers.append(Answer(bytes: bytes, start: start, end: start + byteTimes(bytes.count)))
  }

  // MARK: Who is meant

  /// Where the servo of an id is; nil: nobody hears.
  func place(of id: UInt8) -> Int? {
    servos.firstIndex { $0.id == id && !$0.isBooting }
  }
}
