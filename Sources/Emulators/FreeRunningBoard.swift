// Boards that ask for nothing and understand nothing: they stream from power-up on.

public import RT

/// How such a board writes a sample.
public protocol PacketFormat: Sendable {
  var name: String { get }
  /// Samples a second by the book.
  var nominalRate: Double { get }
  var packetByteCount: Int { get }
  /// Bytes that begin or end a packet.
  var marks: [UInt8] { get }

  /// The bytes of packet `index` since power-up, and the counts in it.
  func packet(_ index: UInt64) -> (bytes: [UInt8], counts: [Int32])
}

/// A board that streams from power-up on, with one counter byte that begins at 0.
public struct FreeRunningBoard<Format: PacketFormat>: Board {
  /// From a reset to the first packet.
  static var bootTime: Nanoseconds { .milliseconds(500) }

  public let format: Format
  private let oscillator: Oscillator
  private let powerOn: MonotonicInstant
  private var stream: PacketStream
  private var transmission: Transmission

  /// - Parameter now: power-up; the first packet is due at once.
  /// - Throws: `unsuitable` for options that this board cannot have.
  public init(_ format: Format, options: BoardOptions, now: MonotonicInstant = .now())
    throws(EmulatorFault)
  {
    self.format = format
    oscillator = try options.oscillator(nominal: format.nominalRate)
    powerOn = now
    stream = PacketStream(start: now, oscillator: oscillator)
    transmission = Transmission(
      schedule: try FaultSchedule(
        options.faults, board: format.name, kinds: [], packetByteCount: format.packetByteCount),
      seed: options.seed, marks: format.marks)
  }

  public var name: String { format.name }

  public var nextInstant: MonotonicInstant? { stream.nextInstant }

  public mutating func receive(
    _ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {}

  public mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    while stream.nextInstant <= now {
      let due = stream.nextInstant
      let elapsed = (due - powerOn).seconds
      transmission.schedule.advance(to: elapsed)
      if transmission.schedule.takeRestart() {
        turn.note("restart")
        stream = PacketStream(start: due + Self.bootTime, oscillator: oscillator)
        continue
      }
      let index = stream.nextIndex
      let (bytes, counts) = format.packet(index)
      transmission.send(
        bytes, Packet(index: index, counter: UInt32(index & 0xFF), counts: counts), at: elapsed,
        into: &turn)
      stream.step()
    }
  }
}
