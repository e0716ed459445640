// Collects the annotations of all records, and checks by their time stamps that the records are
// where they should be.

import RT
import Signal

struct AnnotationReader {
  /// Onsets are since the first sample.
  var annotations: [RecordedAnnotation] = []
  /// The part of a second that the header's start time lacks.
  var firstOnset = Nanoseconds.zero
  var malformedCount = 0

  static func read(
    _ bytes: [UInt8], header: BDFHeader, layout: RecordLayout, recordCount: Int, path: String
  ) throws(RecordingFault) -> AnnotationReader {
    var result = AnnotationReader()
    let signals = header.signals.indices.filter { header.signals[$0].isAnnotations }
    guard !signals.isEmpty else {
      guard !header.kind.isPlus else {
        throw .damaged(path: path, what: "it has no signal for annotations and says EDF+ or BDF+")
      }
      return result
    }
    for record in 0..<recordCount {
      for (position, signal) in signals.enumerated() {
        let block = TAL.decode(bytes[layout.range(signal: signal, record: record)])
        if position == 0, header.kind.isPlus {
          guard let onset = block.recordOnset else {
            throw .damaged(
              path: path, what: "data record \(record + 1) does not begin where it should")
          }
          if record == 0 { result.firstOnset = onset }
          try check(
            onset.rawValue &- result.firstOnset.rawValue, record: record, header: header,
            path: path)
        }
        result.malformedCount += block.malformedCount
        result.annotations += block.annotations
      }
    }
    for index in result.annotations.indices {
      let onset = result.annotations[index].onset.rawValue &- result.firstOnset.rawValue
      result.annotations[index].onset = Nanoseconds(onset)
    }
    return result
  }

  /// A record that is not at its time means shifted bytes or a hole: half a record is tolerated,
  /// for writers that round.
  private static func check(_ onset: Int64, record: Int, header: BDFHeader, path: String)
    throws(RecordingFault)
  {
    let (expected, overflow) = Int64(record).multipliedReportingOverflow(
      by: header.recordNanoseconds)
    guard !overflow, (onset &- expected).magnitude <= UInt64(header.recordNanoseconds / 2) else {
      throw .damaged(path: path, what: "data record \(record + 1) is not at its time")
    }
  }
}

/// What the annotations say about stretches of samples.
struct SpanTable {
  /// Samples of the file without the padding at its end.
  var sampleCount: UInt64
  var gaps: [RecordedGap] = []
  var corrupt: [RecordedGap] = []
  var incomplete: [RecordedGap] = []
  var unsettled: [RecordedGap] = []
  var undecoded: [RecordedGap] = []

  init(_ annotations: [RecordedAnnotation], clock: RecordClock, sampleCount: UInt64) {
    self.sampleCount = sampleCount
    var found: [SpanMark: [RecordedGap]] = [:]
    for annotation in annotations {
      for mark in SpanMark.allCases {
        guard let count = mark.count(in: annotation.text), count > 0 else { continue }
        let first = clock.sample(at: annotation.onset)
        found[mark, default: []].append(RecordedGap(sampleIndex: first, count: count))
      }
    }
    func rising(_ marks: SpanMark...) -> [RecordedGap] {
      marks.flatMap { found[$0] ?? [] }.sorted { $0.sampleIndex < $1.sampleIndex }
    }
    for span in rising(.padding).reversed() where span.end == self.sampleCount {
      self.sampleCount = span.sampleIndex
    }
    let limit = self.sampleCount
    // A mark about samples that the file does not hold says nothing about those that it holds.
    func joined(_ spans: [RecordedGap]) -> [RecordedGap] {
      var result: [RecordedGap] = []
      for span in spans where span.sampleIndex < limit && span.end <= limit {
        if let last = result.last, last.end == span.sampleIndex,
          let sum = UInt32(exactly: UInt64(last.count) + UInt64(span.count))
        {
          result[result.count - 1].count = sum
        } else if result.last.map({ $0.end <= span.sampleIndex }) ?? true {
          result.append(span)
        }
      }
      return result
    }
    gaps = joined(rising(.gap, .notStored))
    corrupt = joined(rising(.corrupt))
    incomplete = joined(rising(.incomplete))
    unsettled = joined(rising(.unsettled))
    undecoded = joined(rising(.undecoded))
  }
}

extension RecordedGap {
  /// The first sample after it; the largest index when there is no such index.
  var end: UInt64 {
    let (sum, overflow) = sampleIndex.addingReportingOverflow(UInt64(count))
    return overflow ? .max : sum
  }
}
