// The way from a board to the line: where packets are lost, torn, doubled, or come with rubbish.

struct Transmission: Sendable {
  var schedule: FaultSchedule
  private var noise: NoiseSource
  /// Bytes that a parser takes for the beginning or the end of a packet.
  private let marks: [UInt8]

  init(schedule: FaultSchedule, seed: UInt64, marks: [UInt8]) {
    self.schedule = schedule
    noise = NoiseSource(seed: seed)
    self.marks = marks
  }

  /// - Parameters:
  ///   - elapsed: seconds since the first start; `schedule` has been advanced to it.
  ///   - isCutOff: the board itself cannot reach the line now.
  mutating func send(
    _ bytes: [UInt8], _ packet: Packet, at elapsed: Double, isDaisyHalf: Bool = false,
    isCutOff: Bool = false, into turn: inout Turn
  ) {
    let garbage = schedule.takeGarbage()
    if garbage > 0 {
      turn.note("garbage \(garbage)")
      turn.send((0..<garbage).map { _ in noise.byte(amongThem: marks) })
    }
    if schedule.isLost(at: elapsed, isDaisyHalf: isDaisyHalf) || isCutOff {
      turn.lose(packet)
      return
    }
    let missing = schedule.takeMissingBytes()
    if missing > 0 {
      var torn = packet
      torn.fate = .torn
      turn.send(bytes.dropLast(missing), as: torn)
      return
    }
    turn.send(bytes, as: packet)
    if schedule.takeDuplicate() {
      turn.note("duplicate")
      turn.send(bytes)
    }
  }
}

/// The same random bytes every time, from a seed: Steele, Lea and Flood 2014, "Fast splittable
/// pseudorandom number generators".
struct NoiseSource: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Every fourth is one of `marks`, on average.
  mutating func byte(amongThem marks: [UInt8]) -> UInt8 {
    let draw = next()
    guard draw & 3 == 0, !marks.isEmpty else { return UInt8(truncatingIfNeeded: draw >> 8) }
    return marks[Int(draw >> 32) % marks.count]
  }
}
