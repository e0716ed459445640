// BioSemi ActiveTwo behind its USB2 receiver (0547:1005): what goes through its bulk endpoints.
//
// The host starts the stream with a block of 64 zero bytes and a block of 64 that begins with FF,
// and stops it with 64 zero bytes. A sample is a row of 32-bit words, low byte first: SYNC, STATUS,
// and the channels, 24 bits in the upper three bytes. There is no counter.
// Sources: App-BioSemi's biosemi_io.cpp, eegdev's act2 driver.

public import RT

/// How many words a sample has and how many samples a second, by the speed-mode switch.
public struct BioSemiMode: Equatable, Sendable {
  public let isMark2: Bool
  public let speedMode: Int

  /// - Throws: `unsuitable` unless the mark is 1 or 2 and the speed mode 0 to 8.
  public init(mark: Int = 1, speedMode: Int = 4) throws(EmulatorFault) {
    guard mark == 1 || mark == 2 else {
      throw .unsuitable(what: "an ActiveTwo of mark \(mark)", remedy: "choose 1 or 2")
    }
    guard (0...8).contains(speedMode) else {
      throw .unsuitable(what: "speed mode \(speedMode)", remedy: "choose 0 to 8")
    }
    isMark2 = mark == 2
    self.speedMode = speedMode
  }

  public var wordCount: Int {
    isMark2
      ? [610, 610, 610, 610, 282, 154, 90, 58, 314][speedMode]
      : [258, 130, 66, 34, 258, 130, 66, 34, 290][speedMode]
  }

  public var channelCount: Int { wordCount - 2 }

  public var samplesPerSecond: Double {
    isMark2
      ? [2048, 2048, 2048, 2048, 2048, 4096, 8192, 16384, 2048][speedMode]
      : [2048, 4096, 8192, 16384, 2048, 4096, 8192, 16384, 2048][speedMode]
  }
}

public struct BioSemiBoard: Board {
  static let blockByteCount = 64
  /// A block that is not finished after so long was no block.
  static var blockTimeMax: Nanoseconds { .seconds(1) }
  /// 31.25 nV.
  static let converter = Converter(microvoltsPerCount: 0.03125, range: Converter.range24Bit)

  public let mode: BioSemiMode
  private let oscillator: Oscillator
  private let samples: [Int32]
  private let recordedChannelCount: Int
  private var transmission: Transmission
  private var block: [UInt8] = []
  private var blockBegan = MonotonicInstant(nanoseconds: 0)
  private var stream: PacketStream?
  private var firstStart: MonotonicInstant?
  private var notedStatus: UInt32?

  /// - Throws: `unsuitable` for options that this receiver cannot have.
  public init(playing playback: Playback, mode: BioSemiMode, options: BoardOptions)
    throws(EmulatorFault)
  {
    self.mode = mode
    oscillator = try options.oscillator(nominal: mode.samplesPerSecond)
    samples = playback.counts(of: Self.converter)
    recordedChannelCount = playback.channelCount
    transmission = Transmission(
      schedule: try FaultSchedule(
        options.faults, board: "biosemi", kinds: [.batteryLow],
        packetByteCount: mode.wordCount * 4),
      seed: options.seed, marks: [0x00, 0xFF])
  }

  public var name: String { "biosemi" }

  public var nextInstant: MonotonicInstant? { stream?.nextInstant }

  public mutating func receive(
    _ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    if !block.isEmpty, now - blockBegan > Self.blockTimeMax { block = [] }
    for byte in bytes {
      if block.isEmpty { blockBegan = now }
      block.append(byte)
      guard block.count == Self.blockByteCount else { continue }
      let isStart = block[0] == 0xFF
      block = []
      turn.note(isStart ? "command start" : "command stop")
      guard isStart else {
        stream = nil
        continue
      }
      guard stream == nil else { continue }
      stream = PacketStream(start: now, oscillator: oscillator)
      firstStart = firstStart ?? now
    }
  }

  public mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    while let running = stream, running.nextInstant <= now {
      let due = running.nextInstant
      let elapsed = (due - (firstStart ?? due)).seconds
      transmission.schedule.advance(to: elapsed)
      if transmission.schedule.takeRestart() {
        // A receiver that resets waits to be started.
        turn.note("restart")
        stream = nil
        block = []
        return
      }
      let index = running.nextIndex
      let status = status(index)
      if status >> 8 != notedStatus {
        turn.note("status \(String(status, radix: 16, uppercase: true))")
        notedStatus = status >> 8
      }
      let counts = counts(index)
      transmission.send(
        bytes(status, counts), Packet(index: index, counter: status >> 8 & 0xFFFF, counts: counts),
        at: elapsed, into: &turn)
      stream?.step()
    }
  }

  /// 24 bits in the upper three bytes: triggers 0…15, which count the seconds; 16 a new epoch;
  /// 17, 18, 19, 21 the speed mode; 20 CMS in range; 22 battery low; 23 mark 2.
  private func status(_ index: UInt64) -> UInt32 {
    let speed = UInt32(mode.speedMode)
    var bits = UInt32(UInt64(Double(index) / oscillator.packetsPerSecond) & 0xFFFF)
    if index == 0 { bits |= 1 << 16 }
    bits |= (speed & 7) << 17 | (speed >> 3) << 21
    bits |= 1 << 20
    if transmission.schedule.isBatteryLow { bits |= 1 << 22 }
    if mode.isMark2 { bits |= 1 << 23 }
    return bits << 8
  }

  private func counts(_ index: UInt64) -> [Int32] {
    let sampleCount = samples.count / recordedChannelCount
    let first = Int(index % UInt64(sampleCount)) * recordedChannelCount
    return (0..<mode.channelCount).map { samples[first + $0 % recordedChannelCount] }
  }

  private func bytes(_ status: UInt32, _ counts: [Int32]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(mode.wordCount * 4)
    func append(_ word: UInt32) {
      bytes.append(UInt8(truncatingIfNeeded: word))
      bytes.append(UInt8(truncatingIfNeeded: word >> 8))
      bytes.append(UInt8(truncatingIfNeeded: word >> 16))
      bytes.append(UInt8(truncatingIfNeeded: word >> 24))
    }
    append(0xFFFF_FF00)
    append(status)
    for count in counts { append(UInt32(bitPattern: count) << 8) }
    return bytes
  }
}
