// One time that the amplifier failed and was brought back, in the closing report.

public struct RecoveryRecord: Sendable, Equatable {
  /// Index of the first frame after it.
  public var sample: UInt64
  public var cause: String
  public var remedy: String
  /// From the detection to the first conversion.
  public var milliseconds: Int
  /// Conversions lost meanwhile.
  public var lost: UInt64
  /// Sample periods without a conversion meanwhile.
  public var paused: UInt64

  public init(
    sample: UInt64, cause: String, remedy: String, milliseconds: Int, lost: UInt64, paused: UInt64
  ) {
    self.sample = sample
    self.cause = cause
    self.remedy = remedy
    self.milliseconds = milliseconds
    self.lost = lost
    self.paused = paused
  }

  var text: String {
    "from \(cause) by \(remedy) in \(milliseconds) ms, before sample \(sample): \(lost) lost, "
      + "\(paused) periods without a conversion"
  }

  var json: JSON {
    .object([
      .init("sample", .unsigned(sample)), .init("cause", .string(cause)),
      .init("remedy", .string(remedy)), .init("milliseconds", .integer(Int64(milliseconds))),
      .init("lost", .unsigned(lost)), .init("paused", .unsigned(paused)),
    ])
  }
}
