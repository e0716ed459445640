// Between a sample's index and its time in the file, in whole numbers.

import RT

/// `samplesPerRecord` samples every `recordNanoseconds`; both positive.
struct RecordClock: Equatable, Sendable {
  var recordNanoseconds: Int64
  var samplesPerRecord: Int

  var samplesPerSecond: Double { Double(samplesPerRecord) * 1e9 / Double(recordNanoseconds) }

  /// When a sample was taken, since sample 0, to the nearest nanosecond.
  func onset(ofSample index: UInt64) -> Nanoseconds {
    let (records, rest) = index.quotientAndRemainder(dividingBy: UInt64(samplesPerRecord))
    let within =
      (UInt64(recordNanoseconds) * rest + UInt64(samplesPerRecord) / 2) / UInt64(samplesPerRecord)
    return Nanoseconds(Int64(truncatingIfNeeded: records) &* recordNanoseconds &+ Int64(within))
  }

  /// The sample that is nearest to a time since sample 0.
  func sample(at onset: Nanoseconds) -> UInt64 {
    guard onset.rawValue > 0 else { return 0 }
    let product = UInt64(onset.rawValue).multipliedFullWidth(by: UInt64(samplesPerRecord))
    let (low, carry) = product.low.addingReportingOverflow(UInt64(recordNanoseconds) / 2)
    let high = product.high + (carry ? 1 : 0)
    guard high < UInt64(recordNanoseconds) else { return .max }
    return UInt64(recordNanoseconds).dividingFullWidth((high, low)).quotient
  }

  /// The clock of a rate: the record is a second where that holds whole samples and at most
  /// `byteLimit` bytes, else the first of a few decimal lengths that does.
  static func forRate(_ samplesPerSecond: Double, frameByteCount: Int)
    throws(RecordingFault) -> RecordClock
  {
    // EDFlib refuses records above 15 MiB; leave room for the annotations.
    let byteLimit = 14 << 20
    let milliseconds: [Int64] = [
      1_000, 500, 250, 200, 125, 100, 50, 25, 20, 10, 5, 1, 2_000, 4_000, 5_000, 8_000, 10_000,
    ]
    for length in milliseconds {
      let samples = samplesPerSecond * Double(length) / 1_000
      guard samples >= 1, samples <= Double(byteLimit / frameByteCount),
        samples == samples.rounded()
      else { continue }
      return RecordClock(recordNanoseconds: length * 1_000_000, samplesPerRecord: Int(samples))
    }
    throw .unsupportedRate(samplesPerSecond: samplesPerSecond)
  }
}
