// FreeEEG32 and IronBCI-32: 32 channels of 24 bits from four AD7771, a modem by its USB class.
//
// A0, a counter, 32 counts, what the firmware adds, C0; from the moment it has power. IronBCI-32
// adds nothing: 99 bytes. Source: FreeEEG32 project, firmware and BrainFlow's description of it.

import Signal

enum FreeEEG32 {
  /// ST's virtual COM port.
  static let usb = USBIdentity(
    vendor: 0x0483, products: [0x5740], interface: .cdcACM)

  /// 2.5 V reference, gain 8, 24 bits.
  static var usualMicrovoltsPerCount: Double { 2.5 / 8_388_607 / 8 * 1e6 }

  static func profile(_ settings: StreamSettings) throws(AmplifierFault) -> AmplifierProfile {
    guard (0...64).contains(settings.extraByteCount) else {
      throw .unsupported(
        "amplifier.extra-bytes of \(settings.extraByteCount) is beyond what firmware adds: 0 to 64"
      )
    }
    let length = 99 + settings.extraByteCount
    let rate = settings.samplesPerSecond ?? 512
    let scale = settings.microvoltsPerCount ?? usualMicrovoltsPerCount
    return AmplifierProfile(
      kind: "freeeeg32", name: "FreeEEG32, 32 channels", usb: usb, baud: 921_600,
      format: PacketFormat(
        byteCount: length, header: [(0xA0, 0xFF)], footer: (0xC0, 0xFF), counterOffset: 1,
        counts: .int24BigEndian, at: 2, count: 32),
      montage: Montage(
        channels: try settings.labels(count: 32, of: "a FreeEEG32").map {
          .init(label: $0, microvoltsPerCount: scale)
        }, samplesPerSecond: rate),
      packetsPerSecond: rate,
      explain: { explain($0, length: length) })
  }

  /// Another firmware sends packets of another length: which one, its bytes tell.
  private static func explain(_ bytes: [UInt8], length: Int) -> String {
    if bytes.isEmpty {
      return
        "it is silent: unplug it and plug it in again; some boards stand still while DTR is set"
    }
    for other in 99...163 where other != length {
      // Its packets follow each other, and their counters.
      let starts = bytes.indices.prefix(2 * other).first { start in
        (0..<4).allSatisfy { index in
          let at = start + index * other
          return at + other <= bytes.count && bytes[at] == 0xA0 && bytes[at + other - 1] == 0xC0
            && bytes[at + 1] == bytes[start + 1] &+ UInt8(index)
        }
      }
      if starts != nil {
        return "its packets have \(other) bytes, not \(length): set amplifier.extra-bytes to "
          + "\(other - 99)"
      }
    }
    return "\(bytes.count) bytes came without a packet in them: another firmware, or another device"
  }
}
