// What an amplifier sends beside the potentials of each sample.

/// One of at most four such words of a frame: `FrameHeader.statusWord(ofChip:)` holds them, signed
/// and of 24 bits at most.
public struct AuxiliarySignal: Sendable, Equatable {
  /// At most 16 printable ASCII characters: "ADS1299 status", "Accelerometer X".
  public var label: String
  /// Of the number that a count stands for: "g", "mV"; empty for bits and plain numbers.
  public var unit: String
  public var unitsPerCount: Double

  public init(label: String, unit: String = "", unitsPerCount: Double = 1) {
    self.label = label
    self.unit = unit
    self.unitsPerCount = unitsPerCount
  }

  /// What a frame has words for.
  public static var most: Int { 4 }

  /// The status words of one to four ADS1299: "ADS1299 status", "ADS1299 status 2", …
  public static func statusWords(_ chipCount: Int) -> [AuxiliarySignal] {
    (0..<chipCount).map { AuxiliarySignal(label: "ADS1299 status" + ($0 == 0 ? "" : " \($0 + 1)")) }
  }

  /// Whose status word this is, 0 to 3; nil when it is none of an ADS1299.
  public var chip: Int? {
    Self.statusWords(Self.most).firstIndex { $0.label == label }
  }
}

/// An auxiliary signal, and what a recording holds of it.
public struct RecordedAuxiliary: Sendable, Equatable {
  public var signal: AuxiliarySignal
  /// One a sample, 24 bits signed.
  public var counts: [Int32]

  public init(signal: AuxiliarySignal, counts: [Int32]) {
    self.signal = signal
    self.counts = counts
  }
}
