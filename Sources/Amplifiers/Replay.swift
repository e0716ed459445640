// A recording in the place of an amplifier: the frames of the live session again, the lost ones
// lost again.

import RT
public import Signal

/// When a replayed frame is due.
public enum ReplayPace: Sendable, Equatable {
  /// At the rate of the recording.
  case realTime
  /// As fast as whoever takes the frames can.
  case asFastAsPossible
}

/// Frames of a recording, as they were.
@safe
public struct Replay: ~Copyable, Amplifier, @unchecked Sendable {
  public let description: AmplifierDescription
  let isPaced: Bool
  let sampleCount: UInt64
  let channelCount: Int
  let samplesPerSecond: Double
  let counts: UnsafeMutablePointer<Int32>
  let statusWords: UnsafeMutablePointer<UInt32>
  /// For each sample the flags of its frame, or `missing`.
  let marks: UnsafeMutablePointer<UInt8>

  /// In `marks`: no frame was recorded here.
  static var missing: UInt8 {
    @_noLocks @_noAllocation
    get { 0xFF }
  }

  /// - Parameters:
  ///   - statusWords: one a sample; nil when the recording has none.
  ///   - gaps: samples that are only there to fill the file.
  ///   - corrupt, unsettled: frames that carried these flags.
  public init(
    name: String, table: SampleTable, statusWords words: [UInt32]?, gaps: [RecordedGap],
    corrupt: [RecordedGap], unsettled: [RecordedGap], pace: ReplayPace
  ) {
    description = AmplifierDescription(
      name: name, serialNumber: nil, montage: table.montage, groupDelay: .zero,
      hasStatusWord: words != nil)
    isPaced = pace == .realTime
    sampleCount = UInt64(table.sampleCount)
    channelCount = table.channelCount
    samplesPerSecond = table.montage.samplesPerSecond
    unsafe counts = .allocate(capacity: max(1, table.counts.count))
    for (index, count) in table.counts.enumerated() {
      unsafe (counts + index).initialize(to: count)
    }
    let capacity = max(1, table.sampleCount)
    unsafe statusWords = .allocate(capacity: capacity)
    unsafe marks = .allocate(capacity: capacity)
    for sample in 0..<table.sampleCount {
      let word = words.flatMap { sample < $0.count ? $0[sample] : nil } ?? 0
      unsafe (statusWords + sample).initialize(to: word)
      unsafe (marks + sample).initialize(to: 0)
    }
    for (spans, mark) in [
      (corrupt, UInt8(FrameFlags.corrupt.rawValue)),
      (unsettled, UInt8(FrameFlags.unsettled.rawValue)), (gaps, Self.missing),
    ] {
      for span in spans {
        let end = min(sampleCount, span.sampleIndex &+ UInt64(span.count))
        for sample in min(span.sampleIndex, end)..<end { unsafe marks[Int(sample)] |= mark }
      }
    }
  }

  deinit {
    unsafe counts.deallocate()
    unsafe statusWords.deallocate()
    unsafe marks.deallocate()
  }

  public mutating func arm() throws(AmplifierFault) {
    guard sampleCount > 0 else {
      throw .unsupported("\(description.name) holds no samples: use another recording")
    }
  }

  public mutating func stop() {}
}
