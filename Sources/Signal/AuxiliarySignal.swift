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
}
