// The amplifiers that stream packets, one line each. A new one is a file that makes its profile,
// and a line here.

/// What a person may say about any of them; each takes what concerns it.
public struct StreamSettings: Sendable {
  /// Electrodes, one a channel; empty: "CH1", "CH2", …
  public var labels: [String] = []
  /// Of a device whose firmware decides it; nil: what is usual.
  public var samplesPerSecond: Double?
  /// Size of a count where the device's own gain is not known; nil: what is usual.
  public var microvoltsPerCount: Double?
  /// Bytes that the firmware adds to its packets, before the last.
  public var extraByteCount = 0
  public var cyton: CytonConfiguration?
  /// BioSemi's switch, 0 to 8, and the generation of its box, 1 or 2.
  public var speedMode = 4
  public var generation = 2

  public init() {}

  /// One label a channel.
  ///
  /// - Throws: `.unsupported` when there are too many or too few.
  func labels(count: Int, of name: String) throws(AmplifierFault) -> [String] {
    if labels.isEmpty { return (1...count).map { "CH\($0)" } }
    guard labels.count == count else {
      throw .unsupported(
        "\(name) has \(count) channels, amplifier.channels names \(labels.count): name as many")
    }
    return labels
  }
}

/// One kind of amplifier.
public struct AmplifierKind: Sendable {
  /// The word of `amplifier.kind`.
  public var word: String
  public var usb: USBIdentity
  /// Keys of [amplifier] that its profile asks for, beside those of every such amplifier.
  public var keys: [String]
  public var profile: @Sendable (StreamSettings) throws(AmplifierFault) -> AmplifierProfile

  /// Every kind that streams packets.
  public static let all: [AmplifierKind] = [
    AmplifierKind(word: "cyton", usb: Cyton.usb, keys: Cyton.keys, profile: Cyton.profile),
    AmplifierKind(word: "daisy", usb: Cyton.usb, keys: Cyton.keys, profile: Cyton.profile),
    AmplifierKind(
      word: "openeeg", usb: OpenEEG.usb, keys: ["device-rate", "microvolts-per-count"],
      profile: OpenEEG.profile),
    AmplifierKind(
      word: "freeeeg32", usb: FreeEEG32.usb,
      keys: ["device-rate", "microvolts-per-count", "extra-bytes"], profile: FreeEEG32.profile),
    AmplifierKind(
      word: "biosemi", usb: BioSemi.usb, keys: ["speed-mode", "generation"],
      profile: BioSemi.profile),
  ]

  public static func named(_ word: String) -> AmplifierKind? { all.first { $0.word == word } }
}
