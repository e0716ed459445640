// Reads EDF, EDF+C, BDF and BDF+C files of anybody's making.
//
//     let recording = try BDFReader.read("session.bdf")
//     recording.samples.montage, recording.samples.counts, recording.gaps
//
// A file that was cut short anywhere gives all its whole records and says how much is missing. A
// file whose records are not where they should be is refused, because every count after the
// damage would be wrong.

import RT
import Signal

public enum BDFReader {
  /// Reads a whole file. Memory: the file, and four bytes for each of its samples.
  ///
  /// - Throws: any of the reading faults of `RecordingFault`.
  public static func read(_ path: String) throws(RecordingFault) -> BDFRecording {
    try decode(RecordingFile.open(path).contents(), path: path)
  }

  /// Reads a file that is already in memory; `path` is what faults will name.
  public static func decode(_ bytes: [UInt8], path: String) throws(RecordingFault) -> BDFRecording {
    let header = try BDFHeader(decoding: bytes, path: path)
    guard !header.kind.isDiscontinuous else { throw .discontinuous(path: path) }
    let layout = RecordLayout(header)
    let available = bytes.count - header.byteCount
    let whole = available / layout.byteCount
    let isCounted = header.recordCount >= 0
    let recordCount = isCounted ? min(whole, header.recordCount) : whole
    guard recordCount > 0 else { throw .empty(path: path) }
    guard header.recordNanoseconds > 0 else {
      throw .damaged(path: path, what: "its records have no length")
    }

    let choice = SignalChoice(header)
    guard !choice.channels.isEmpty else { throw .noChannels(path: path) }
    let samplesPerRecord = header.signals[choice.channels[0]].samplesPerRecord
    let clock = RecordClock(
      recordNanoseconds: header.recordNanoseconds, samplesPerRecord: samplesPerRecord)
    var notes = try AnnotationReader.read(
      bytes, header: header, layout: layout, recordCount: recordCount, path: path)
    let marks = SpanTable(
      notes.annotations, clock: clock, sampleCount: UInt64(recordCount * samplesPerRecord))
    let sampleCount = Int(marks.sampleCount)

    let promised = isCounted ? header.recordCount * layout.byteCount : available
    let tail = available - whole * layout.byteCount
    let scales = choice.channels.map { header.signals[$0].scale ?? (1, 0) }
    let montage = Montage(
      channels: zip(choice.channels, scales).map {
        Montage.Channel(
          label: header.signals[$0].label, microvoltsPerCount: $1.microvoltsPerCount)
      },
      samplesPerSecond: clock.samplesPerSecond)
    let counts = layout.samples(
      of: choice.channels, in: bytes, recordCount: recordCount, limit: sampleCount)
    let statusWords = choice.statusWords.map {
      layout.samples(of: [$0], in: bytes, recordCount: recordCount, limit: sampleCount)
        .map { UInt32(bitPattern: $0) & 0xFF_FFFF }
    }
    let auxiliaries = choice.auxiliaries.map { index, signal in
      RecordedAuxiliary(
        signal: signal,
        counts: layout.samples(of: [index], in: bytes, recordCount: recordCount, limit: sampleCount)
      )
    }
    notes.annotations.removeAll { SpanMark.padding.count(in: $0.text) != nil }
    return BDFRecording(
      header: header, samples: SampleTable(montage: montage, counts: counts),
      offsetMicrovolts: scales.map(\.offsetMicrovolts),
      start: header.start.map {
        RecordedTime(nanoseconds: $0.nanoseconds &+ notes.firstOnset.rawValue)
      },
      annotations: notes.annotations, statusWords: statusWords,
      auxiliaries: auxiliaries, gaps: marks.gaps, corrupt: marks.corrupt,
      incomplete: marks.incomplete, unsettled: marks.unsettled, undecoded: marks.undecoded,
      decisions: notes.annotations.compactMap {
        RecordedDecision(text: $0.text, sampleIndex: clock.sample(at: $0.onset))
      },
      omitted: choice.omitted,
      missingBytes: isCounted
        ? max(0, promised - available) : (tail == 0 ? 0 : layout.byteCount - tail),
      uncountedBytes: max(0, available - promised), malformedAnnotations: notes.malformedCount)
  }
}

/// Which signals make the table.
struct SignalChoice {
  var channels: [Int] = []
  /// In the order of the chips.
  var statusWords: [Int] = []
  var auxiliaries: [(index: Int, signal: AuxiliarySignal)] = []
  var omitted: [BDFRecording.OmittedSignal] = []

  init(_ header: BDFHeader) {
    let voltages = header.signals.filter { !$0.isAnnotations && $0.scale != nil }
    // The main rate is that of most voltages, the first of equals.
    var tally: [Int: Int] = [:]
    for signal in voltages { tally[signal.samplesPerRecord, default: 0] += 1 }
    let most = tally.values.max()
    let main = voltages.first { tally[$0.samplesPerRecord] == most }?.samplesPerRecord
    for (index, signal) in header.signals.enumerated() where !signal.isAnnotations {
      if signal.chip == statusWords.count, signal.samplesPerRecord == main {
        statusWords.append(index)
      } else if let auxiliary = signal.auxiliary {
        if signal.samplesPerRecord != main {
          omitted.append(.init(label: signal.label, reason: "another rate than most channels"))
        } else {
          auxiliaries.append((index, auxiliary))
        }
      } else if signal.scale == nil {
        omitted.append(.init(label: signal.label, reason: "not a voltage"))
      } else if signal.samplesPerRecord != main {
        omitted.append(.init(label: signal.label, reason: "another rate than most channels"))
      } else {
        channels.append(index)
      }
    }
    // No writer of ours makes more, and no frame has words for them.
    while statusWords.count + auxiliaries.count > AuxiliarySignal.most {
      let (_, signal) = auxiliaries.removeLast()
      omitted.append(.init(label: signal.label, reason: "more than a frame has words for"))
    }
  }
}

/// Where each signal's samples lie in a record.
struct RecordLayout {
  let headerByteCount: Int
  let byteCount: Int
  let sampleByteCount: Int
  let offsets: [Int]
  let sampleCounts: [Int]

  init(_ header: BDFHeader) {
    headerByteCount = header.byteCount
    byteCount = header.recordByteCount
    sampleByteCount = header.kind.sampleByteCount
    sampleCounts = header.signals.map(\.samplesPerRecord)
    var offsets: [Int] = []
    var next = 0
    for count in sampleCounts {
      offsets.append(next)
      next += count * sampleByteCount
    }
    self.offsets = offsets
  }

  /// The bytes of one signal in one record, which must be whole.
  func range(signal: Int, record: Int) -> Range<Int> {
    let start = headerByteCount + record * byteCount + offsets[signal]
    return start..<(start + sampleCounts[signal] * sampleByteCount)
  }

  /// Counts of signals of one rate, sample by sample, at most `limit` samples.
  func samples(of signals: [Int], in bytes: [UInt8], recordCount: Int, limit: Int) -> [Int32] {
    var counts = [Int32](repeating: 0, count: limit * signals.count)
    let source = bytes.span
    var target = counts.mutableSpan
    for (channel, signal) in signals.enumerated() {
      let perRecord = sampleCounts[signal]
      for record in 0..<recordCount {
        var next = headerByteCount + record * byteCount + offsets[signal]
        let first = record * perRecord
        guard first < limit else { break }
        for sample in first..<min(limit, first + perRecord) {
          var pattern = UInt32(source[next]) << 8 | UInt32(source[next + 1]) << 16
          if sampleByteCount == 3 {
            pattern |= UInt32(source[next + 2]) << 24
            target[sample * signals.count + channel] = Int32(bitPattern: pattern) >> 8
          } else {
            target[sample * signals.count + channel] = Int32(bitPattern: pattern << 8) >> 16
          }
          next += sampleByteCount
        }
      }
    }
    return counts
  }
}
