// What the packet parser must make of any bytes: the property behind both the tests and the fuzzer.

import RT
import Signal

@testable import Amplifiers

/// Bytes as they might come from an amplifier, in chunks as they might come.
///
/// The first byte of an input is the amplifier, the second how the bytes are cut into chunks, the
/// third and fourth how long a chunk takes; the rest is the stream.
struct StreamCase {
  static let kinds = ["cyton", "daisy", "openeeg", "freeeeg32", "biosemi"]

  // They live as long as the process, and a fuzzer makes millions of cases.
  private static let exchange = LineExchange(LineHandle())
  private static let bell = Doorbell()
  private static let profiles = kinds.indices.compactMap(makeProfile)

  private let profile: AmplifierProfile
  private let chunkSeed: UInt64
  private let chunkNanoseconds: Int64
  private let bytes: [UInt8]
  private let candidates: Set<[Int32]>

  init?(_ input: [UInt8]) {
    guard input.count >= 4, let profile = Self.profile(Int(input[0])) else { return nil }
    self.profile = profile
    chunkSeed = UInt64(input[1])
    chunkNanoseconds = Int64(input[2]) << Int64(input[3] & 31)
    bytes = Array(input.dropFirst(4))
    candidates = Self.candidates(bytes, profile.format)
  }

  static func profile(_ number: Int) -> AmplifierProfile? { profiles[number % kinds.count] }

  private static func makeProfile(_ number: Int) -> AmplifierProfile? {
    let word = kinds[number]
    var settings = StreamSettings()
    if word == "daisy" {
      settings.cyton = CytonConfiguration(chips: [ADS1299Configuration(), ADS1299Configuration()])
    }
    // The shortest packets of an ActiveTwo: a fuzzer's inputs are short.
    settings.speedMode = 3
    settings.generation = 1
    return try? AmplifierKind.named(word)?.profile(settings)
  }

  /// What the parser made of the bytes that they do not say; nil when all is well.
  var complaint: String? {
    let handle = LineHandle()
    var stream = PacketStream(profile, line: handle, exchange: Self.exchange)
    let channelCount = profile.format.channelCount
    let slotByteCount = FrameSlot.byteCount(channelCount: channelCount)
    let decoder = Ring(slotByteCount: slotByteCount, capacity: 1_024)
    let recorder = Ring(slotByteCount: slotByteCount, capacity: 2)
    var sink = FrameSink(
      decoder: decoder.producer, recorder: recorder.producer, decoderBell: Self.bell,
      channelCount: channelCount)
    var frames = decoder.consumer
    var random = chunkSeed
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var next = 0
    var lastIndex: Int64 = -1
    while next < bytes.count {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let wanted = min(bytes.count - next, 1 + Int(random >> 33 & 255))
      let taken = unsafe bytes[next..<(next + wanted)].withUnsafeBytes {
        unsafe stream.line.append($0, at: now)
      }
      if taken == 0 { return "no room for a chunk" }
      next += taken
      now = now + Nanoseconds(chunkNanoseconds)
      stream.parse(at: now, into: &sink)
      while let slot = unsafe frames.front() {
        if let wrong = check(unsafe FrameSlot(slot), after: lastIndex) { return wrong }
        lastIndex = Int64(bitPattern: unsafe FrameSlot(slot).header.sampleIndex)
        frames.release()
      }
    }
    // Whatever is said of such bytes, it is said; and a chip's status is taken out of all of them.
    if profile.explain(bytes).isEmpty { return "nothing is said of \(bytes.count) bytes" }
    return account(stream.statistics, rest: stream.line.count) ?? strip()
  }

  /// As transfers of an FTDI chip: all but the first two of each 64 bytes, and nothing beyond.
  private func strip() -> String? {
    var errors = LineErrors()
    var target = [UInt8](repeating: 0, count: bytes.count)
    let copied = unsafe target.withUnsafeMutableBytes { memory in
      guard let start = memory.baseAddress else { return 0 }
      return unsafe FTDI.strip(bytes, bytes.count, into: start, &errors)
    }
    let expected = bytes.indices.filter { $0 % 64 >= 2 }.map { bytes[$0] }
    return Array(target[..<copied]) == expected ? nil : "the chip's status is not all taken out"
  }

  /// Every byte was in a packet, was passed over, or waits.
  private func account(_ statistics: LineStatistics, rest: Int) -> String? {
    let length = UInt64(profile.format.byteCount)
    let whole = (statistics.packets + statistics.repeatedPackets) * length
    let sum = whole + statistics.skippedBytes + UInt64(rest)
    // Before its first even packet a Daisy's packets belong to no frame.
    if profile.format.packetsPerFrame == 2 { return sum <= bytes.count ? nil : "too many bytes" }
    return sum == bytes.count ? nil : "\(sum) bytes of \(bytes.count) are accounted for"
  }

  /// Whether a frame is one that the bytes hold, and numbered as it says.
  private func check(_ frame: FrameSlot, after last: Int64) -> String? {
    let header = frame.header
    let index = Int64(bitPattern: header.sampleIndex)
    if index <= last { return "frame \(index) after \(last)" }
    if UInt64(header.lostBefore) != UInt64(index - last - 1), header.lostBefore != .max {
      return "frame \(index) after \(last) says that \(header.lostBefore) are missing"
    }
    let counts = (0..<Int(header.channelCount)).map { frame.count($0) }
    if profile.format.packetsPerFrame == 1 {
      return holds(counts) ? nil : "frame \(index) is in no packet"
    }
    let half = counts.count / 2
    let isIncomplete = header.flags.rawValue & FrameFlags.incomplete.rawValue != 0
    let empty = [Int32](repeating: 0, count: half)
    let first = Array(counts[..<half])
    let second = Array(counts[half...])
    if isIncomplete {
      let isThere = first == empty && holds(second) || second == empty && holds(first)
      return isThere ? nil : "half frame \(index) is in no packet"
    }
    return holds(first) && holds(second) ? nil : "frame \(index) is in no two packets"
  }

  /// The counts of everything in the stream that begins and ends as a packet, read the slow way.
  private static func candidates(_ bytes: [UInt8], _ format: PacketFormat) -> Set<[Int32]> {
    var found: Set<[Int32]> = []
    let last = format.byteCount - 1
    for start in bytes.indices where start + last < bytes.count {
      let isHeader = (0..<8).allSatisfy { index in
        let mask = UInt8(truncatingIfNeeded: format.headerMask >> UInt64(8 * index))
        let value = UInt8(truncatingIfNeeded: format.header >> UInt64(8 * index))
        return bytes[start + index] & mask == value
      }
      guard isHeader, bytes[start + last] & format.footerMask == format.footer else { continue }
      let first = start + format.firstCountOffset
      found.insert(
        (0..<format.countsPerPacket).map { count(bytes, first, $0, format.encoding) })
    }
    return found
  }

  private func holds(_ counts: [Int32]) -> Bool { candidates.contains(counts) }

  static func count(_ bytes: [UInt8], _ first: Int, _ channel: Int, _ encoding: CountEncoding)
    -> Int32
  {
    func number(_ places: [Int]) -> Int { places.reduce(0) { $0 * 256 + Int(bytes[first + $1]) } }
    func signed(_ number: Int) -> Int32 { Int32(number >= 1 << 23 ? number - 1 << 24 : number) }
    switch encoding {
    case .int24BigEndian:
      return signed(number([3 * channel, 3 * channel + 1, 3 * channel + 2]))
    case .offset10BigEndian: return Int32(number([2 * channel, 2 * channel + 1])) - 512
    case .int24InInt32LittleEndian:
      return signed(number([4 * channel + 3, 4 * channel + 2, 4 * channel + 1]))
    }
  }

  /// A stream of true packets with random counts, one after the other.
  static func packets(
    _ profile: AmplifierProfile, count: Int, random: inout some RandomNumberGenerator
  )
    -> [[UInt8]]
  {
    let format = profile.format
    return (0..<count).map { number in
      var packet = (0..<format.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
      for index in 0..<8 {
        let mask = UInt8(truncatingIfNeeded: format.headerMask >> UInt64(8 * index))
        let value = UInt8(truncatingIfNeeded: format.header >> UInt64(8 * index))
        packet[index] = packet[index] & ~mask | value
      }
      let last = format.byteCount - 1
      packet[last] = packet[last] & ~format.footerMask | format.footer
      if format.counterOffset >= 0 { packet[format.counterOffset] = UInt8(number & 0xFF) }
      if case .offset10BigEndian = format.encoding {
        for index in 0..<format.countsPerPacket { packet[format.firstCountOffset + 2 * index] &= 3 }
      }
      return packet
    }
  }
}
