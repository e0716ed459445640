// The amplifiers that others make, emulated: what they send and what they answer, byte for byte.
//
//     let board = try CytonBoard(playing: Playback(recording), options: BoardOptions())
//     let amplifier = try VirtualAmplifier(board: board, link: "/tmp/cyton")
//     try amplifier.start()          // whoever opens amplifier.path finds a Cyton's dongle there
//     …
//     try amplifier.stop()
//
// A board is a state machine: bytes and times in, bytes and the truth about them out. It knows of
// no thread, no clock and no terminal, so that every test of it is exact. It shares nothing with
// the drivers in `Amplifiers`: both are written from the makers' documents, and check each other.
// Not real-time: it may allocate.

public import RT

/// An amplifier at the far end of a serial line or a USB cable.
public protocol Board: Sendable {
  /// As the command line names it: "cyton".
  var name: String { get }

  /// When there is something to do even if no byte comes; nil: never.
  var nextInstant: MonotonicInstant? { get }

  /// Whether it reads its line at all; what comes meanwhile stays in the line.
  var isListening: Bool { get }

  /// Takes what the host has sent. `now` is never before the instant of an earlier call.
  mutating func receive(_ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn)

  /// Makes everything that is due by now; nothing is skipped, however late this call is.
  mutating func advance(to now: MonotonicInstant, into turn: inout Turn)
}

extension Board {
  public var isListening: Bool { true }
}

/// What becomes of a packet that a board has made.
public enum PacketFate: String, Sendable {
  case sent, lost, torn
}

/// A packet as the board has made it.
public struct Packet: Equatable, Sendable {
  /// Counts all packets since the stream's start, or since power-up.
  public var index: UInt64
  /// As it stands in the packet; where a device has none, what it sends in its place.
  public var counter: UInt32
  public var fate: PacketFate
  /// Raw counts, as sent.
  public var counts: [Int32]

  public init(index: UInt64, counter: UInt32, fate: PacketFate = .sent, counts: [Int32]) {
    self.index = index
    self.counter = counter
    self.fate = fate
    self.counts = counts
  }
}

/// What a board did between two looks at it: bytes for the line, and the truth about them.
public struct Turn: Sendable {
  public enum Event: Equatable, Sendable {
    case packet(Packet)
    /// What happened between two packets, such as "restart" or "command b".
    case note(String)
  }

  public private(set) var bytes: [UInt8] = []
  public private(set) var events: [Event] = []
  /// Where each message ends in `bytes`; a line that is full drops whole messages.
  private var ends: [Int] = []
  /// The event that the message ending at the same place of `ends` is about; -1: none.
  private var eventOfEnd: [Int] = []

  public init() {}

  public var packets: [Packet] {
    events.compactMap { if case .packet(let packet) = $0 { packet } else { nil } }
  }

  mutating func note(_ text: String) { events.append(.note(text)) }

  mutating func send(_ message: some Sequence<UInt8>) { append(message, event: -1) }

  mutating func send(text: String) { append(text.utf8, event: -1) }

  /// A packet that goes out, whole or torn.
  mutating func send(_ message: some Sequence<UInt8>, as packet: Packet) {
    events.append(.packet(packet))
    append(message, event: events.count - 1)
  }

  /// A packet that was made and goes nowhere.
  mutating func lose(_ packet: Packet) {
    var packet = packet
    packet.fate = .lost
    events.append(.packet(packet))
  }

  /// The answers are damaged: every `period`-th message, counted on by `count`, has one bit turned
  /// over in its middle.
  mutating func garble(every period: Int, count: inout Int) {
    var start = 0
    for end in ends {
      count += 1
      if count % period == 0, end > start {
        let hit = count / period
        bytes[start + hit % (end - start)] ^= 1 << UInt8(hit % 8)
      }
      start = end
    }
  }

  /// Goes on with what another turn has made; mute: nothing of it goes out.
  mutating func append(_ other: Turn, isMute: Bool = false) {
    let eventCount = events.count
    let byteCount = bytes.count
    events += other.events
    guard !isMute else { return }
    bytes += other.bytes
    ends += other.ends.map { $0 + byteCount }
    eventOfEnd += other.eventOfEnd.map { $0 < 0 ? $0 : $0 + eventCount }
  }

  private mutating func append(_ message: some Sequence<UInt8>, event: Int) {
    bytes += message
    ends.append(bytes.count)
    eventOfEnd.append(event)
  }

  /// The line took `count` bytes and no more: messages that it has nothing of are lost, and that is
  /// in the truth. Gives the rest of the message that it took half of.
  mutating func lineTook(_ count: Int) -> [UInt8] {
    guard count < bytes.count else { return [] }
    var start = 0
    var rest: [UInt8] = []
    for (end, event) in zip(ends, eventOfEnd) {
      if start >= count {
        if event >= 0, case .packet(var packet) = events[event] {
          packet.fate = .lost
          events[event] = .packet(packet)
        }
      } else if end > count {
        rest = Array(bytes[count..<end])
      }
      start = end
    }
    return rest
  }
}
