// OpenBCI's Cyton, alone or with the Daisy on top, over its radio dongle (an FT231X).
//
// The board's ADS1299 are set up by text commands, then 33-byte packets come at 250 a second. With
// a Daisy each packet holds the mean of two samples of one half of the channels: the odd ones 1 to
// 8, the even ones 9 to 16, which are therefore half a sample apart. Sources: OpenBCI
// documentation, "Cyton Data Format" and "Cyton Board SDK"; OpenBCI_Cyton_Library 3.1.2.

import RT
import Signal

/// What a person decides about a Cyton.
public struct CytonConfiguration: Sendable, Equatable {
  /// What the six bytes beside the counts carry; raw value: the digit of the command `/n`.
  public enum BoardMode: UInt8, Sendable, CaseIterable {
    case acceleration = 0
    case analog = 2
    case digital = 3
    case marker = 4
  }

  /// The board's chip, then the Daisy's; 250 samples a second, eight channels each.
  public var chips: [ADS1299Configuration]
  public var boardMode: BoardMode
  /// The board's milliseconds in each packet.
  public var hasTimeStamps: Bool

  public init(
    chips: [ADS1299Configuration], boardMode: BoardMode = .acceleration, hasTimeStamps: Bool = false
  ) {
    self.chips = chips
    self.boardMode = boardMode
    self.hasTimeStamps = hasTimeStamps
  }
}

enum Cyton {
  /// Its radio carries so many packets a second and no more.
  static var packetsPerSecond: Double { 250 }

  /// The dongle's FT231X.
  static let usb = USBIdentity(
    vendor: 0x0403, products: [0x6015], interface: .ftdi(eventCharacter: 0xC0))

  /// What can be said of its ADS1299 and of what comes beside their counts. The firmware feeds the
  /// bias amplifier with both inputs of a channel.
  static let keys = [
    "rate", "gain", "gains", "inputs", "off", "reference", "srb2", "bias", "lead-off",
    "test-signal-amplitude", "test-signal-frequency", "board-mode", "time-stamps",
  ]

  /// - Throws: `.unsupported` for what the board cannot do.
  static func profile(_ settings: StreamSettings) throws(AmplifierFault) -> AmplifierProfile {
    let configuration = settings.cyton ?? CytonConfiguration(chips: [ADS1299Configuration()])
    let commands = try CytonCommands(configuration)
    let isDaisy = configuration.chips.count == 2
    let rate = isDaisy ? packetsPerSecond / 2 : packetsPerSecond
    var channels = configuration.chips.flatMap { $0.montage(labels: []).channels }
    let labels = try settings.labels(count: channels.count, of: isDaisy ? "a Daisy" : "a Cyton")
    for index in channels.indices { channels[index].label = labels[index] }
    let fields = auxiliaries(configuration)
    return AmplifierProfile(
      kind: isDaisy ? "daisy" : "cyton",
      name: isDaisy ? "OpenBCI Cyton with Daisy, 16 channels" : "OpenBCI Cyton, 8 channels",
      usb: usb, baud: 115_200,
      format: PacketFormat(
        byteCount: 33, header: [(0xA0, 0xFF)], footer: (0xC0, 0xF0), counterOffset: 1,
        counts: .int24BigEndian, at: 2, count: 8, packetsPerFrame: isDaisy ? 2 : 1,
        auxiliaries: fields.map(\.field)),
      montage: Montage(channels: channels, samplesPerSecond: rate),
      packetsPerSecond: packetsPerSecond, auxiliaries: fields.map(\.signal),
      groupDelay: configuration.chips[0].dataRate.groupDelay,
      delays: isDaisy ? daisyDelays : [], startMessage: Array("b".utf8),
      stopMessage: Array("s".utf8),
      restMessages: commands.rest.map { Array($0.utf8) }, outlivesItsPlug: true,
      prepare: { (line) throws(AmplifierFault) in try commands.prepare(&line) },
      explain: CytonCommands.explain)
  }

  private static var daisyDelays: [StructuralDelay] {
    [
      StructuralDelay(
        name: "mean of two", delay: .milliseconds(2),
        note: "the firmware sends the mean of the last two samples, 0.81 of it at 50 Hz"),
      StructuralDelay(
        name: "Daisy", delay: .milliseconds(4),
        note: "channels 9 to 16 are a packet older than channels 1 to 8"),
    ]
  }

  /// Bytes 26 to 31 and the footer's lower half, by board mode.
  private static func auxiliaries(_ configuration: CytonConfiguration)
    -> [(field: AuxiliaryField, signal: AuxiliarySignal)]
  {
    let footer = (
      AuxiliaryField(.uint8, at: 32, mask: 0x0F), AuxiliarySignal(label: "Packet type")
    )
    if configuration.hasTimeStamps {
      return [
        footer, (.init(.int16BigEndian, at: 26), .init(label: "Auxiliary")),
        (.init(.uint16BigEndian, at: 28), .init(label: "Board time high")),
        (.init(.uint16BigEndian, at: 30), .init(label: "Board time low")),
      ]
    }
    let names: [String]
    var unit = ""
    var unitsPerCount = 1.0
    switch configuration.boardMode {
    case .acceleration:
      names = ["Acceleration X", "Acceleration Y", "Acceleration Z"]
      unit = "g"
      unitsPerCount = 0.002 / 16  // LIS3DH at ±4 g
    case .analog: names = ["Pin A5", "Pin A6", "Pin A7"]
    case .digital: names = ["Pins D11 D12", "Pins D13 D17", "Pin D18"]
    case .marker: names = ["Marker", "Auxiliary 2", "Auxiliary 3"]
    }
    return [footer]
      + names.enumerated().map { index, name in
        (
          .init(.int16BigEndian, at: 26 + 2 * index),
          .init(label: name, unit: unit, unitsPerCount: unitsPerCount)
        )
      }
  }
}
