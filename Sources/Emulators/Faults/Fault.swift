// What goes wrong with an emulated board, on purpose and at a known time.

public struct Fault: Equatable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// COUNT packets are made and never sent.
    case lost
    /// COUNT random bytes, headers among them, come before the next packet.
    case garbage
    /// The last COUNT bytes of the next packet that is sent are missing.
    case torn
    /// The packets of COUNT milliseconds are lost: nothing comes through the air.
    case silence
    /// The board resets, as in a brown-out.
    case restart
    /// COUNT halves that carry the Daisy's channels are lost.
    case half
    /// Each of the next COUNT packets comes twice.
    case duplicate
    /// Every channel setting is refused, from the beginning.
    case failure
    /// Radio and board have firmware of different times: packets begin A0 41.
    case mismatch
    /// The battery is low from then on.
    case batteryLow = "battery-low"
  }

  public var kind: Kind
  /// Packets, bytes, or milliseconds.
  public var count: Int
  /// After the start of the first stream; for a board that streams by itself: after power-up.
  public var seconds: Double

  public init(_ kind: Kind, count: Int = 1, at seconds: Double = 0) {
    self.kind = kind
    self.count = count
    self.seconds = seconds
  }

  /// Reads `KIND[=COUNT]@SECONDS`.
  ///
  /// - Throws: `unsuitable`, which says what would be right.
  public init(_ text: String) throws(EmulatorFault) {
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let words = halves[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let kind = Kind(rawValue: String(words[0])) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw .unsuitable(
        what: "the fault '\(text)'",
        remedy: "write KIND[=COUNT]@SECONDS with one of the kinds \(kinds)")
    }
    self.kind = kind
    count = try Self.count(of: kind, in: words.count > 1 ? words[1] : nil, text)
    seconds = try Self.seconds(of: kind, in: halves.count > 1 ? halves[1] : nil, text)
  }

  private static func count(of kind: Kind, in word: Substring?, _ text: String)
    throws(EmulatorFault) -> Int
  {
    switch kind {
    case .restart, .failure, .mismatch, .batteryLow:
      guard word == nil else {
        throw .unsuitable(
          what: "the count in the fault '\(text)'",
          remedy: "'\(kind.rawValue)' takes none, as in \(kind.example)")
      }
      return 1
    case .lost, .garbage, .torn, .half, .duplicate, .silence:
      if word == nil, kind != .silence { return 1 }
      guard let word, let count = Int(word), (1...1_000_000).contains(count) else {
        throw .unsuitable(
          what: "the count in the fault '\(text)'",
          remedy: "write a whole number from 1 to 1000000, as in \(kind.example)")
      }
      return count
    }
  }

  private static func seconds(of kind: Kind, in word: Substring?, _ text: String)
    throws(EmulatorFault) -> Double
  {
    if kind == .failure {
      guard word == nil || word.flatMap({ Double($0) }) == 0 else {
        throw .unsuitable(
          what: "the time in the fault '\(text)'",
          remedy: "a firmware refuses from the beginning; write 'failure'")
      }
      return 0
    }
    if word == nil, kind == .mismatch || kind == .batteryLow { return 0 }
    guard let word, let seconds = Double(word), (0...1e6).contains(seconds) else {
      throw .unsuitable(
        what: "the time in the fault '\(text)'",
        remedy: "write the seconds after the stream's start, as in \(kind.example)")
    }
    return seconds
  }
}

extension Fault.Kind {
  var example: String {
    switch self {
    case .lost: "lost=3@2"
    case .garbage: "garbage=40@2"
    case .torn: "torn=10@2"
    case .silence: "silence=1500@2"
    case .restart: "restart@2"
    case .half: "half=1@2"
    case .duplicate: "duplicate=1@2"
    case .failure: "failure"
    case .mismatch: "mismatch@2"
    case .batteryLow: "battery-low@2"
    }
  }
}
