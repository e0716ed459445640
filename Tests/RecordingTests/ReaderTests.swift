import Foundation
import RT
import Recording
import Signal
import TestSupport
import Testing

/// What one reader of others' making said (Tests/Oracles/recording/compare.py).
private struct Seen: Decodable {
  var labels: [String]
  var sampleCount: Int
  var signalCount: Int
  /// Counts that are not those that were recorded; -1: another shape.
  var differing: Int
  var paddingIsZero: Bool
  var annotations: [Annotation]
  var types: [String]?
  var rate: Double?
  var start: String?
  var prefilter: [String]?
  var transducer: [String]?
  var equipment: String?

  struct Annotation: Decodable {
    var onset: Double
    var duration: Double
    var text: String

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      onset = try values.decode(Double.self)
      duration = try values.decode(Double.self)
      text = try values.decode(String.self)
    }
  }
}

private let shapes: [Shape] = [
  Shape(
    rate: 250, channelCount: 8, statusWordCount: 1, sampleCount: 1_371, gapCount: 6,
    decisionCount: 60),
  Shape(rate: 250, channelCount: 8, statusWordCount: 0, sampleCount: 1_000, decisionCount: 20),
  Shape(rate: 1_000, channelCount: 1, statusWordCount: 1, sampleCount: 2_001, gapCount: 3),
  Shape(
    rate: 500, channelCount: 24, statusWordCount: 3, sampleCount: 1_234, gapCount: 10,
    decisionCount: 30),
  Shape(
    rate: 16_000, channelCount: 8, statusWordCount: 1, sampleCount: 40_003, gapCount: 4,
    decisionCount: 25),
  Shape(rate: 62.5, channelCount: 5, statusWordCount: 1, sampleCount: 300, gapCount: 2),
  Shape(rate: 250, channelCount: 8, statusWordCount: 1, sampleCount: 3),
]

@Suite("A recording in the readers of others")
struct ReaderTests {
  @Test("MNE, pyEDFlib and edfio return every count, gap and decision", arguments: shapes)
  func everySampleComesBack(shape: Shape) throws {
    let folder = try TemporaryFolder()
    let session = Session(shape)
    let notes = RecorderNotes()
    notes.add("Übung µV 左")
    let path = try session.record(into: folder.path, notes: notes)
    try writeCounts(session.expected, to: folder.path("expected"))
    let signalCount = shape.channelCount + shape.statusWordCount
    let answer = try JSONDecoder().decode(
      [String: Seen].self,
      from: Oracle.python(
        script: "recording/compare.py",
        arguments: [path, folder.path("expected"), "\(signalCount)"]))
    #expect(Set(answer.keys) == ["mne", "pyedflib", "edfio"])
    for (reader, seen) in answer {
      let labels =
        session.plan.montage.channels.map(\.label)
        + AuxiliarySignal.statusWords(shape.statusWordCount).map(\.label)
      #expect(seen.labels == labels, "\(reader)")
      #expect(seen.signalCount == signalCount, "\(reader)")
      #expect(seen.differing == 0, "\(reader)")
      #expect(seen.paddingIsZero, "\(reader)")
      let texts = seen.annotations.map(\.text)
      #expect(texts.contains("Übung µV 左"), "\(reader)")
      #expect(texts.contains("recording start") && texts.contains("recording stop"), "\(reader)")
      for gap in session.gaps {
        let found = seen.annotations.filter {
          $0.text == "BAD_gap \(gap.count)"
            && ($0.onset * shape.rate).rounded() == Double(gap.sampleIndex)
        }
        #expect(found.count == 1, "\(reader) \(gap)")
        #expect(
          found.allSatisfy { ($0.duration * shape.rate).rounded() == Double(gap.count) },
          "\(reader) \(gap)")
      }
      let decisions = seen.annotations.compactMap { annotation -> Session.Event? in
        let words = annotation.text.split(separator: " ")
        guard words.first == "decision", let confidence = Double(words[words.count - 1]),
          let index = session.plan.classNames.firstIndex(
            of: words.dropFirst().dropLast().joined(separator: " "))
        else { return nil }
        return Session.Event(
          classIndex: index, confidence: confidence,
          sampleIndex: UInt64((annotation.onset * shape.rate).rounded()))
      }
      // MNE sorts by onset, and several decisions may fall on one sample: compare as sets.
      #expect(decisions.count == session.decisions.count, "\(reader)")
      for decision in session.decisions { #expect(decisions.contains(decision), "\(reader)") }
    }
    #expect(answer["mne"]?.rate == shape.rate)
    #expect(answer["mne"]?.types == Array(repeating: "eeg", count: signalCount))
    // A part of the field has no blanks in the file, and EDFlib shows its underscores as blanks.
    #expect(answer["pyedflib"]?.equipment == "ADS1299 (model),")
    #expect(answer["pyedflib"]?.prefilter?.first == "HP:DC LP:65Hz")
    #expect(answer["pyedflib"]?.transducer?.first == "Ag/AgCl")
  }

  @Test(
    "our own reader returns the session: frames, gaps, status words, decisions, scale",
    arguments: shapes)
  func ourReaderAgrees(shape: Shape) throws {
    let folder = try TemporaryFolder()
    let session = Session(shape)
    let recording = try BDFReader.read(session.record(into: folder.path))
    let width = shape.channelCount + shape.statusWordCount
    let expected = session.expected
    // The scale too, to the last bit: a replay decides on microvolts.
    #expect(recording.samples.montage == session.plan.montage)
    #expect(recording.samples.sampleCount == expected.count / width)
    var differing = 0
    for sample in 0..<recording.samples.sampleCount {
      for channel in 0..<shape.channelCount
      where recording.samples.counts[sample * shape.channelCount + channel]
        != expected[sample * width + channel]
      {
        differing += 1
      }
      for (chip, words) in recording.statusWords.enumerated() {
        let word = UInt32(bitPattern: expected[sample * width + shape.channelCount + chip])
        if words[sample] != word & 0xFF_FFFF { differing += 1 }
      }
    }
    #expect(differing == 0)
    #expect(recording.statusWords.count == shape.statusWordCount)
    #expect(recording.gaps == session.gaps)
    let byIndex = session.decisions.map {
      RecordedDecision(
        sampleIndex: $0.sampleIndex, className: session.plan.classNames[$0.classIndex],
        confidence: $0.confidence)
    }
    #expect(recording.decisions == byIndex)
    #expect(recording.offsetMicrovolts.allSatisfy { $0 == 0 })
    #expect(!recording.isTruncated && recording.uncountedBytes == 0)
    #expect(recording.malformedAnnotations == 0 && recording.omitted.isEmpty)
  }

  @Test(
    "an EDF+ file of others reads as pyEDFlib reads it",
    .enabled(
      if: Repository.sharedData("eegmmidb/S001R04.edf") != nil,
      "the recordings of eegmmidb are not here; ACQUIRE_SHARED_DATA says where they are"))
  func othersEDF() throws {
    let path = try #require(Repository.sharedData("eegmmidb/S001R04.edf"))
    try expectEqualToEDFlib(path)
    let recording = try BDFReader.read(path)
    #expect(recording.samples.channelCount == 64)
    #expect(recording.samples.montage.samplesPerSecond == 160)
    #expect(recording.annotations.prefix(2).map(\.text) == ["T0", "T2"])
  }

  @Test("the recording that the model plays reads as pyEDFlib reads it")
  func shippedRecording() throws {
    let path = Repository.path("Sources/SampleFeed/motor-imagery-8ch-250hz.bdf")
    try expectEqualToEDFlib(path)
    let recording = try BDFReader.read(path)
    #expect(recording.samples.montage.channels.map(\.label).first == "FC3")
    #expect(recording.samples.montage.channels[0].microvoltsPerCount == 187_500.0 / 8_388_607)
    #expect(recording.gaps.isEmpty)
  }

  private func expectEqualToEDFlib(_ path: String) throws {
    struct Answer: Decodable {
      var labels: [String]
      var scales: [Double]
      var annotations: [Seen.Annotation]
      var start: String
    }
    let folder = try TemporaryFolder()
    let answer = try JSONDecoder().decode(
      Answer.self,
      from: Oracle.python(
        script: "recording/read_edf.py", arguments: [path, folder.path("counts")]))
    let recording = try BDFReader.read(path)
    #expect(recording.samples.counts == (try readCounts(folder.path("counts"))))
    #expect(recording.samples.montage.channels.map(\.label) == answer.labels)
    for (channel, scale) in zip(recording.samples.montage.channels, answer.scales) {
      #expect(abs(channel.microvoltsPerCount - scale) <= scale * 1e-15)
    }
    #expect(recording.annotations.map(\.text) == answer.annotations.map(\.text))
    for (ours, theirs) in zip(recording.annotations, answer.annotations) {
      #expect(abs(ours.onset.seconds - theirs.onset) < 1e-6)
    }
    let start = try #require(recording.start?.civil)
    let text = String(
      format: "%04d-%02d-%02dT%02d:%02d:%02d", start.year, start.month, start.day, start.hour,
      start.minute, start.second)
    #expect(text == answer.start)
  }
}
