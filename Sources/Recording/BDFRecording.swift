// A recording that has been read: samples, and everything that is known about them.

import RT
public import Signal

/// What `BDFReader` returns. Sample k of `samples` is the frame with sample index k.
public struct BDFRecording: Sendable {
  public var header: BDFHeader
  /// Raw counts of all voltages that have the main rate; zeros where `gaps` says so.
  public var samples: SampleTable
  /// One a channel: microvolts are count * microvoltsPerCount + offset. Not zero only in files of
  /// others whose ranges are lopsided, mostly by half a count; counts are kept as they are.
  public var offsetMicrovolts: [Double]
  /// Of the first sample, the part of a second included; nil when the header holds no date.
  public var start: RecordedTime?
  /// All annotations, in the file's order, those that the lists below are made of included.
  public var annotations: [RecordedAnnotation]
  /// The status word of each ADS1299 for each sample, `[chip][sample]`; empty when the file has
  /// none.
  public var statusWords: [[UInt32]]
  /// What other amplifiers sent beside the samples; at most four with the status words.
  public var auxiliaries: [RecordedAuxiliary]
  /// Where no samples are: lost by the amplifier (`BAD_gap`) or not stored by the recorder
  /// (`BAD_not_stored`). Rising; neighbours are joined.
  public var gaps: [RecordedGap]
  /// Frames that were flagged corrupt when they were recorded.
  public var corrupt: [RecordedGap]
  /// Frames of which some channels were missing when they were recorded: zeros there.
  public var incomplete: [RecordedGap]
  /// Frames that were flagged unsettled when they were recorded.
  public var unsettled: [RecordedGap]
  /// Frames that were recorded but that the decoder of that session never saw.
  public var undecoded: [RecordedGap]
  public var decisions: [RecordedDecision]
  /// Signals that are not in `samples`, and why.
  public var omitted: [OmittedSignal]
  /// Bytes that the header promises and the file does not have.
  public var missingBytes: Int
  /// Bytes after the last counted record: what a killed recorder had not accounted for yet.
  public var uncountedBytes: Int
  /// Lists of annotations that could not be read.
  public var malformedAnnotations: Int

  public var isTruncated: Bool { missingBytes > 0 }

  public struct OmittedSignal: Equatable, Sendable {
    public var label: String
    public var reason: String
  }
}

/// A decision as it was annotated.
public struct RecordedDecision: Equatable, Sendable {
  public var sampleIndex: UInt64
  public var className: String
  public var confidence: Double

  public init(sampleIndex: UInt64, className: String, confidence: Double) {
    self.sampleIndex = sampleIndex
    self.className = className
    self.confidence = confidence
  }

  /// `decision CLASS CONFIDENCE`, the confidence so that it reads back to the same number.
  public var text: String { "\(Self.word) \(className) \(confidence)" }

  static var word: String { "decision" }

  /// - Returns: nil for any other annotation.
  init?(text: String, sampleIndex: UInt64) {
    // A class may have a blank in its name, a number has none.
    guard text.hasPrefix(Self.word + " "), let last = text.lastIndex(of: " "),
      let confidence = Double(text[text.index(after: last)...])
    else { return nil }
    let name = text[..<last].dropFirst(Self.word.utf8.count + 1)
    guard !name.isEmpty else { return nil }
    self.init(sampleIndex: sampleIndex, className: String(name), confidence: confidence)
  }
}

/// The annotations that a reader of ours understands: `WORD COUNT` at the first of COUNT samples.
enum SpanMark: String, CaseIterable {
  /// Conversions that the amplifier lost; zeros in the file.
  case gap = "BAD_gap"
  /// Frames that the recorder was too late for; zeros in the file.
  case notStored = "BAD_not_stored"
  /// Zeros that fill up the last record.
  case padding = "BAD_padding"
  /// Frames whose status word was none.
  case corrupt = "corrupt frame"
  /// Frames of which some channels never came; those are zeros in the file.
  case incomplete = "incomplete frame"
  /// Frames from before the amplifier had settled.
  case unsettled = "unsettled frame"
  /// Counts beyond 24 bits, stored as the nearest 24-bit count.
  case outOfRange = "BAD_out_of_range"
  /// Frames that the decoding thread was too late for; their samples are in the file.
  case undecoded = "undecoded"

  func text(count: UInt64) -> String { "\(rawValue) \(count)" }

  /// How many samples `text` marks in this way; nil for any other annotation.
  func count(in text: String) -> UInt32? {
    guard text.hasPrefix(rawValue + " ") else { return nil }
    return UInt32(text.dropFirst(rawValue.utf8.count + 1))
  }
}
