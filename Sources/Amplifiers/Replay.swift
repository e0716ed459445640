// A recording as an amplifier: the frames of the live run once more, the lost ones included.

public import RT
public import Signal

/// How fast a recording is played.
public enum ReplayPace: Sendable, Equatable {
  /// Frame k at start + k / rate.
  case realTime
  /// As fast as the rings take it: the only source that waits for its consumers, so that nothing is
  /// lost.
  case asFastAsPossible
}

/// Plays a recording. Edge times are start + k / rate, whatever the pace.
///
/// Filled-in samples of a gap are not played: the next frame carries their number as `lostBefore`.
public struct Replay: Amplifier, ~Copyable {
  public let description: AmplifierDescription
  /// Samples of each signal beside the channels.
  private let wordCounts: [Int]
  private let gaps: [RecordedGap]
  let player: Player
  var isArmed = false
  var epoch: UInt32 = 0

  /// - Parameters:
  ///   - table: every sample of the recording, filled-in ones included.
  ///   - statusWords: of each ADS1299, one a sample; empty when the recording has none.
  ///   - auxiliaries: what another amplifier sent beside the samples; played, and judged by nobody.
  ///   - gaps: in order; those samples of the table were never measured.
  ///   - flagged: the frames that were flagged when they were recorded, and how.
  ///   - name: as a person would say it: "recording subject1.bdf".
  ///   - statusCanary: of the chip's configuration, so that the same frames count as corrupt.
  ///   - groupDelay: of the converter that made the recording.
  public init(
    table: SampleTable, statusWords: [[UInt32]], auxiliaries: [RecordedAuxiliary] = [],
    gaps: [RecordedGap], flagged: [(flag: FrameFlags, spans: [RecordedGap])] = [], name: String,
    pace: ReplayPace, statusCanary: UInt8? = nil, groupDelay: Nanoseconds = .zero
  ) {
    wordCounts = statusWords.map(\.count) + auxiliaries.map(\.counts.count)
    self.gaps = gaps.filter { $0.count > 0 }
    description = AmplifierDescription(
      name: name, serialNumber: nil, montage: table.montage, groupDelay: groupDelay,
      auxiliaries: Array(
        (AuxiliarySignal.statusWords(statusWords.count) + auxiliaries.map(\.signal))
          .prefix(AuxiliarySignal.most)))
    player = Player(
      table: table, statusWords: statusWords, auxiliaries: auxiliaries, gaps: self.gaps,
      flagged: flagged, pace: pace,
      canary: statusCanary ?? ADS1299StatusWord.noCanary)
  }

  /// - Throws: `.unsupported` when the parts of the recording do not fit together.
  public mutating func arm() throws(AmplifierFault) {
    let name = description.name
    guard player.channelCount > 0, player.samplesPerSecond > 0 else {
      throw .unsupported("\(name) has no channels or no sampling rate: choose another file")
    }
    if let count = wordCounts.first(where: { $0 != player.sampleCount }) {
      throw .unsupported(
        "\(name) has \(count) status words or auxiliary ones for \(player.sampleCount) samples: "
          + "the file is damaged, try `acquire recover`")
    }
    guard wordCounts.count <= AuxiliarySignal.most else {
      throw .unsupported(
        "\(name) has \(wordCounts.count) signals of status words or auxiliary ones, and a frame "
          + "has room for four: leave some out of the file")
    }
    var end: UInt64 = 0
    for gap in gaps {
      let (next, overflows) = gap.sampleIndex.addingReportingOverflow(UInt64(gap.count))
      guard gap.sampleIndex >= end, !overflows, next <= UInt64(player.sampleCount) else {
        throw .unsupported(
          "\(name) says that \(gap.count) samples are missing at sample \(gap.sampleIndex), where "
            + "there is no room for them: the file is damaged, try `acquire recover`")
      }
      end = next
    }
    epoch &+= 1
    isArmed = true
  }

  public mutating func stop() { isArmed = false }
}

/// The recording in memory of its own, so that playing it counts no references.
@safe
struct Player: ~Copyable {
  let counts: UnsafeMutablePointer<Int32>
  /// Those of the first chip, then those of the second, …, then the auxiliary signals.
  let words: UnsafeMutablePointer<UInt32>
  /// Of each sample, as they were recorded.
  let flags: UnsafeMutablePointer<UInt16>
  let gaps: UnsafeMutablePointer<RecordedGap>
  let chipCount: Int
  /// Status words and auxiliary ones.
  let wordCount: Int
  let sampleCount: Int
  let channelCount: Int
  let gapCount: Int
  let samplesPerSecond: Double
  let isPaced: Bool
  let canary: UInt8

  init(
    table: SampleTable, statusWords: [[UInt32]], auxiliaries: [RecordedAuxiliary],
    gaps: [RecordedGap], flagged: [(flag: FrameFlags, spans: [RecordedGap])], pace: ReplayPace,
    canary: UInt8
  ) {
    // SAFETY: each block is as long as its array, initialised here and freed by deinit.
    unsafe counts = Self.copied(table.counts)
    unsafe words = Self.copied(
      statusWords.flatMap(\.self)
        + auxiliaries.flatMap { $0.counts.map(UInt32.init(bitPattern:)) })
    unsafe flags = Self.copied(Self.flags(of: table.sampleCount, flagged))
    unsafe self.gaps = Self.copied(gaps)
    chipCount = statusWords.count
    wordCount = statusWords.count + auxiliaries.count
    sampleCount = table.sampleCount
    channelCount = table.channelCount
    gapCount = gaps.count
    samplesPerSecond = table.montage.samplesPerSecond
    isPaced = pace == .realTime
    self.canary = canary
  }

  deinit {
    unsafe counts.deallocate()
    unsafe words.deallocate()
    unsafe flags.deallocate()
    unsafe gaps.deallocate()
  }

  /// One for each sample; a span that leads beyond the last sample ends there.
  private static func flags(
    of sampleCount: Int, _ flagged: [(flag: FrameFlags, spans: [RecordedGap])]
  ) -> [UInt16] {
    var flags = [UInt16](repeating: 0, count: sampleCount)
    for (flag, spans) in flagged {
      for span in spans {
        let first = min(sampleCount, Int(clamping: span.sampleIndex))
        let end = first + min(sampleCount - first, Int(span.count))
        for sample in first..<end { flags[sample] |= flag.rawValue }
      }
    }
    return flags
  }

  /// Of elements that need no clearing away.
  private static func copied<Element>(_ elements: [Element])
    -> UnsafeMutablePointer<Element>
  {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    for (index, element) in elements.enumerated() {
      unsafe (memory + index).initialize(to: element)
    }
    return unsafe memory
  }
}
