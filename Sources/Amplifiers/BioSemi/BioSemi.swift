// BioSemi's ActiveTwo over its USB2 receiver: up to 256 electrodes and what is beside them.
//
// Little-endian words of 32 bits, the count in the upper 24: a sync word, the status, then the
// channels. How many, and how often, the speed mode decides, a switch on the box. It counts
// nothing: a loss is seen by the sync word that is not where it should be, and measured by the
// clock. Sources: the receiver's protocol as in eegdev (EPFL) and LabStreamingLayer's App-BioSemi.

import RT
import Signal

enum BioSemi {
  /// 4096 bytes are a millisecond of the fullest modes, 256 of them a fifth of a second or more.
  static let usb = USBIdentity(
    vendor: 0x0547, products: [0x1005], interface: .bulk, transferCount: 256,
    transferByteCount: 4_096)

  /// 31.25 nV.
  static var microvoltsPerCount: Double { 0.031_25 }
  /// Speed modes 0 to 8 of both generations.
  private static var words: [[Int]] {
    [
      [258, 130, 66, 34, 258, 130, 66, 34, 290],
      [610, 610, 610, 610, 282, 154, 90, 58, 314],
    ]
  }
  private static var rates: [[Double]] {
    [
      [2_048, 4_096, 8_192, 16_384, 2_048, 4_096, 8_192, 16_384, 2_048],
      [2_048, 2_048, 2_048, 2_048, 2_048, 4_096, 8_192, 16_384, 2_048],
    ]
  }

  static func profile(_ settings: StreamSettings) throws(AmplifierFault) -> AmplifierProfile {
    guard (0...8).contains(settings.speedMode), (1...2).contains(settings.generation) else {
      throw .unsupported(
        "an ActiveTwo has speed modes 0 to 8 and is of generation 1 or 2, not "
          + "\(settings.speedMode) and \(settings.generation)")
    }
    let mode = settings.speedMode
    let words = words[settings.generation - 1][mode]
    let rate = rates[settings.generation - 1][mode]
    // Electrodes first; who names fewer takes the first of them.
    let available = words - 2
    let labels =
      settings.labels.isEmpty ? (1...available).map { "CH\($0)" } : settings.labels
    guard labels.count <= available else {
      throw .unsupported(
        "an ActiveTwo in speed mode \(mode) sends \(available) channels, amplifier.channels names "
          + "\(labels.count): name at most as many")
    }
    let stopMessage = [UInt8](repeating: 0, count: 64)
    let startMessage = [0xFF] + stopMessage.dropFirst()
    return AmplifierProfile(
      kind: "biosemi", name: "BioSemi ActiveTwo, speed mode \(mode), \(labels.count) channels",
      usb: usb, baud: 115_200,
      format: PacketFormat(
        byteCount: 4 * words, header: header(mode: mode, generation: settings.generation),
        counts: .int24InInt32LittleEndian,
        at: 8, count: labels.count, auxiliaries: [.init(.uint24LittleEndian, at: 5)],
        alarms: [
          .init(word: 0, mask: 1 << 22, isSetWhenWell: false, disqualifies: false),
          .init(word: 0, mask: 1 << 20, isSetWhenWell: true, disqualifies: true),
        ]),
      montage: Montage(
        channels: labels.map { .init(label: $0, microvoltsPerCount: microvoltsPerCount) },
        samplesPerSecond: rate),
      packetsPerSecond: rate, auxiliaries: [.init(label: "Status")],
      alarmTexts: [
        "its battery is low: charge it",
        "its CMS is out of range, no sample is believed: see to the electrodes CMS and DRL",
      ],
      startMessage: startMessage, stopMessage: stopMessage,
      prepare: { (line) throws(AmplifierFault) in
        // It may stream since the last session.
        try line.send(stopMessage)
        _ = try line.awaitQuiet(.milliseconds(50), within: .seconds(1))
        return nil
      },
      explain: { explain($0, mode: mode, generation: settings.generation) })
  }

  /// The sync word, and what does not change of the status word: any channel may rest at −1, which
  /// looks like the sync word, but not every next one looks like the switch of the box.
  private static func header(mode: Int, generation: Int) -> [(value: UInt8, mask: UInt8)] {
    let switches = UInt8(mode & 7) << 1 | UInt8(mode & 8) << 2 | (generation == 2 ? 0x80 : 0)
    return [(0x00, 0xFF), (0xFF, 0xFF), (0xFF, 0xFF), (0xFF, 0xFF), (0x00, 0xFF), (0, 0), (0, 0)]
      + [(switches, 0xAE)]
  }

  /// The status word tells what the switch says: low bits 17, 18, 19 and 21; generation 2: bit 23.
  private static func explain(_ bytes: [UInt8], mode: Int, generation: Int) -> String {
    guard bytes.count >= 64 else {
      return "the receiver is there, but no data: switch the box on and see to the optical fibre"
    }
    for start in 0..<(bytes.count - 8)
    where Array(bytes[start..<(start + 4)]) == [0x00, 0xFF, 0xFF, 0xFF] {
      let status =
        UInt32(bytes[start + 5]) | UInt32(bytes[start + 6]) << 8 | UInt32(bytes[start + 7]) << 16
      let found = Int(status >> 17 & 7 | status >> 18 & 8)
      let foundGeneration = status & 1 << 23 == 0 ? 1 : 2
      // A channel at −1 is no sync word: another must stand a sample further.
      guard found <= 8 else { continue }
      let next = start + 4 * words[foundGeneration - 1][found]
      guard next + 4 <= bytes.count, Array(bytes[next..<(next + 4)]) == [0x00, 0xFF, 0xFF, 0xFF]
      else { continue }
      if found != mode || foundGeneration != generation {
        return "the box is of generation \(foundGeneration) and in speed mode \(found): set "
          + "amplifier.generation and amplifier.speed-mode to that, or turn the switch"
      }
    }
    return "\(bytes.count) bytes came without samples in them: unplug the receiver and plug it in"
  }
}
