// OpenEEG's ModularEEG with firmware P2, Olimex EEG-SMT: six channels of ten bits, over an FT232R.
//
// 17 bytes, 256 times a second, from the moment it has power: A5 5A, version 2, a counter, six
// counts of two bytes, the switches. Source: OpenEEG project, "ModularEEG firmware P2 packet
// format".

import Signal

enum OpenEEG {
  static let usb = USBIdentity(
    vendor: 0x0403, products: [0x6001], interface: .ftdi(eventCharacter: nil))

  /// Of a whole ModularEEG: 4 V over 1024 steps after a gain of about 7800. Boards differ.
  static var usualMicrovoltsPerCount: Double { 0.5 }

  static func profile(_ settings: StreamSettings) throws(AmplifierFault) -> AmplifierProfile {
    let name = "OpenEEG P2, 6 channels"
    let rate = settings.samplesPerSecond ?? 256
    let scale = settings.microvoltsPerCount ?? usualMicrovoltsPerCount
    return AmplifierProfile(
      kind: "openeeg", name: name, usb: usb, baud: 57_600,
      format: PacketFormat(
        byteCount: 17, header: [(0xA5, 0xFF), (0x5A, 0xFF), (0x02, 0xFF)], counterOffset: 3,
        counts: .offset10BigEndian,
        at: 4, count: 6, auxiliaries: [.init(.uint8, at: 16)]),
      montage: Montage(
        channels: try settings.labels(count: 6, of: "an OpenEEG").map {
          .init(label: $0, microvoltsPerCount: scale)
        }, samplesPerSecond: rate),
      packetsPerSecond: rate, auxiliaries: [.init(label: "Switches")],
      // The version byte of its packets: of another version none is found.
      prepare: { _ in "P2" },
      explain: { bytes in
        bytes.isEmpty
          ? "it is silent: switch it on, and see that its battery or supply is connected"
          : "\(bytes.count) bytes came without a packet of firmware P2 in them: another firmware "
            + "(P3 is packed otherwise), or another device"
      })
  }
}
