// The six bytes of a packet that are no EEG: acceleration, pins, markers, time stamps.
//
// Source: OpenBCI "Cyton Data Format"; footers by OpenBCI_Cyton_Library 3.1.2.

/// What stands in the last seven bytes of a packet.
struct CytonAuxiliary: Equatable, Sendable {
  /// 0xC0…0xC6.
  var footer: UInt8
  /// Six.
  var bytes: [UInt8]
}

/// What `/n` chooses.
enum CytonBoardMode: UInt8, Sendable {
  case standard = 0
  case debug, analog, digital, marker, ble

  var word: String {
    switch self {
    case .standard: "default"
    case .debug: "debug"
    case .analog: "analog"
    case .digital: "digital"
    case .marker: "marker"
    case .ble: "BLE"
    }
  }
}

struct CytonAuxiliarySource: Sendable {
  private(set) var mode = CytonBoardMode.standard
  private(set) var isAccelerometerOn = true
  private(set) var isStamping = false
  /// The next stamped packet is the first since `<`.
  private var isStampNew = false
  private var marker: UInt8?

  mutating func choose(_ mode: CytonBoardMode) {
    guard mode != self.mode else { return }
    self.mode = mode
    switch mode {
    case .analog, .digital, .marker: isAccelerometerOn = false
    case .standard: isAccelerometerOn = true
    case .debug, .ble: break
    }
    isStampNew = isStamping
  }

  mutating func stamp(_ isOn: Bool) {
    isStamping = isOn
    isStampNew = isOn
  }

  mutating func mark(_ character: UInt8) { marker = character }

  /// - Parameters:
  ///   - sample: counts the samples since the stream's start.
  ///   - milliseconds: since power-up.
  mutating func next(sample: UInt64, milliseconds: UInt32) -> CytonAuxiliary {
    defer { if isStamping { isStampNew = false } }
    let words = isAccelerometerOn ? acceleration(sample) : pins(sample)
    guard isStamping else {
      return CytonAuxiliary(
        footer: isAccelerometerOn ? 0xC0 : 0xC1, bytes: words.flatMap { bigEndian($0) })
    }
    let base: UInt8 = isAccelerometerOn ? 0xC3 : 0xC5
    let stamp = (0..<4).map { UInt8(truncatingIfNeeded: milliseconds >> (24 - 8 * $0)) }
    return CytonAuxiliary(
      footer: isStampNew ? base : base + 1, bytes: bigEndian(words[0]) + stamp)
  }

  /// 25 times a second a fresh triple, zeros between. With time stamps there is room for one axis:
  /// X, Y and Z go into the packets whose counters end with 7, 8 and 9.
  private func acceleration(_ sample: UInt64) -> [Int16] {
    guard isStamping else {
      return sample.isMultiple(of: 10) ? Self.acceleration(reading: sample / 10) : [0, 0, 0]
    }
    let place = Int(sample % 256 % 10) - 7
    guard place >= 0 else { return [0, 0, 0] }
    return [Self.acceleration(reading: sample / 10)[place], 0, 0]
  }

  /// A head that nods slowly, in 0.125 mg: about 1 g in all. No axis is ever zero, which some
  /// programs take for an old reading.
  static func acceleration(reading: UInt64) -> [Int16] {
    let phase = Int16(reading % 100)
    let swing = phase < 50 ? phase : 100 - phase
    return [-1_010 + 40 * swing, 505 - 20 * swing, 7_900 + swing]
  }

  private mutating func pins(_ sample: UInt64) -> [Int16] {
    switch mode {
    case .analog:
      // A5, A6, A7, ten bits each: two ramps and a constant.
      return [Int16(sample % 1024), Int16(1023 - sample % 1024), 512]
    case .digital:
      // D11, D12, D13, D17, D18, one byte each: five bits that count the seconds.
      let seconds = sample / 250
      func pin(_ bit: UInt64) -> Int16 { Int16(seconds >> bit & 1) }
      return [pin(0) << 8 | pin(1), pin(2) << 8 | pin(3), pin(4)]
    case .marker:
      defer { marker = nil }
      return [Int16(marker ?? 0), 0, 0]
    case .standard, .debug, .ble: return [0, 0, 0]
    }
  }

  private func bigEndian(_ word: Int16) -> [UInt8] {
    [UInt8(truncatingIfNeeded: word >> 8), UInt8(truncatingIfNeeded: word)]
  }
}
