// A board in a time of its own, and packets taken apart by hand.

import Emulators
import RT
import Signal
import TestSupport
import Testing

/// A recording of noise, every count of which is another.
func noise(channels: Int = 5, samples: Int = 700, seed: UInt64 = 7, amplitude: Int32 = 40_000)
  throws -> Playback
{
  var random = SplitMix64(seed: seed)
  let montage = Montage(
    channels: (0..<channels).map {
      Montage.Channel(label: "CH\($0 + 1)", microvoltsPerCount: 0.01 + 0.001 * Double($0))
    }, samplesPerSecond: 250)
  let counts = (0..<(channels * samples)).map { _ in
    Int32.random(in: -amplitude...amplitude, using: &random)
  }
  return try Playback(SampleTable(montage: montage, counts: counts))
}

/// What the board sends when it is told things at known instants.
struct Rehearsal<Kind: Board> {
  static var powerUp: MonotonicInstant { MonotonicInstant(nanoseconds: 3_000_000_000) }

  var board: Kind
  var now = Rehearsal.powerUp
  /// Everything on the line so far.
  var line: [UInt8] = []
  var events: [Turn.Event] = []

  init(_ board: Kind) { self.board = board }

  var packets: [Packet] {
    events.compactMap { if case .packet(let packet) = $0 { packet } else { nil } }
  }

  var notes: [String] {
    events.compactMap { if case .note(let text) = $0 { text } else { nil } }
  }

  /// Lets time pass, in steps of at most `step`; gives what came on the line meanwhile.
  @discardableResult
  mutating func wait(seconds: Double, step: Double = 0.003) -> [UInt8] {
    let before = line.count
    let end = now + Nanoseconds(seconds: seconds)
    while now < end {
      now = min(end, now + Nanoseconds(seconds: step))
      var turn = Turn()
      board.advance(to: now, into: &turn)
      take(turn)
    }
    return Array(line[before...])
  }

  /// Sends bytes all at once; gives what the board said to that and in the millisecond after.
  @discardableResult
  mutating func tell(_ bytes: [UInt8]) -> [UInt8] {
    let before = line.count
    var turn = Turn()
    board.receive(bytes, at: now, into: &turn)
    take(turn)
    wait(seconds: 0.001)
    return Array(line[before...])
  }

  @discardableResult
  mutating func tell(_ text: String) -> String {
    String(decoding: tell(Array(text.utf8)), as: UTF8.self)
  }

  mutating func take(_ turn: Turn) {
    line += turn.bytes
    events += turn.events
  }
}

/// A Cyton's packet, read by the book.
struct CytonFrame: Equatable {
  var counter: UInt8
  var counts: [Int32]
  var aux: [UInt8]
  var footer: UInt8

  init?(_ bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == 33, bytes[0] == 0xA0, bytes[32] & 0xF0 == 0xC0 else { return nil }
    counter = bytes[1]
    counts = (0..<8).map { bigEndian24(bytes, at: 2 + 3 * $0) }
    aux = Array(bytes[26..<32])
    footer = bytes[32]
  }

  var words: [Int16] { (0..<3).map { Int16(aux[2 * $0]) << 8 | Int16(aux[2 * $0 + 1]) } }

  var milliseconds: UInt32 { aux[2...].reduce(0) { $0 << 8 | UInt32($1) } }

  /// A stream without anything between its packets.
  static func all(_ bytes: [UInt8]) throws -> [CytonFrame] {
    try #require(bytes.count.isMultiple(of: 33), "\(bytes.count) bytes")
    return try stride(from: 0, to: bytes.count, by: 33).map { start in
      try #require(CytonFrame(bytes[start..<(start + 33)]), "at \(start)")
    }
  }
}

func bigEndian24(_ bytes: [UInt8], at place: Int) -> Int32 {
  let pattern =
    UInt32(bytes[place]) << 24 | UInt32(bytes[place + 1]) << 16 | UInt32(bytes[place + 2]) << 8
  return Int32(bitPattern: pattern) >> 8
}

/// What a converter makes of a voltage: 4.5 V, 24 bits.
func count(_ microvolts: Double, gain: Double) -> Int32 {
  let count = (microvolts / (4.5e6 / 8_388_607 / gain)).rounded()
  return Int32(min(max(count, -8_388_608), 8_388_607))
}

func cyton(
  daisy: Bool = false, ohms: Double = 10_000, faults: [Fault] = [], rate: Double? = nil,
  ppm: Double = 0, seed: UInt64 = 1
) throws -> Rehearsal<CytonBoard> {
  Rehearsal(
    try CytonBoard(
      playing: try noise(), hasDaisy: daisy, electrodeOhms: ohms,
      options: BoardOptions(rate: rate, partsPerMillion: ppm, faults: faults, seed: seed),
      now: Rehearsal<CytonBoard>.powerUp))
}
