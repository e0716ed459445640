import Foundation
import RT
import Signal
import TestSupport
import Testing

@testable import Recording

/// What a Cyton, a BioSemi and an OpenEEG send beside their samples, and what none should.
private let examples: [[AuxiliarySignal]] = [
  ["X", "Y", "Z"].map {
    AuxiliarySignal(label: "Accelerometer \($0)", unit: "g", unitsPerCount: 0.000_125)
  } + [AuxiliarySignal(label: "Footer")],
  [AuxiliarySignal(label: "Status")],
  [
    AuxiliarySignal(label: "Switches"),
    // A voltage, and yet no electrode.
    AuxiliarySignal(label: "Battery", unit: "mV", unitsPerCount: 1 / 3.0),
    AuxiliarySignal(label: "Reference", unit: "uV", unitsPerCount: 0.022_351_744_455_307_063),
  ],
]

/// A session of two channels whose frames carry these words, each within 24 bits.
private func session(_ auxiliaries: [AuxiliarySignal], seed: UInt64) -> Session {
  var session = Session(
    Shape(rate: 50, channelCount: 2, statusWordCount: 0, sampleCount: 150, gapCount: 2, seed: seed))
  session.plan.auxiliaries = auxiliaries
  var random = SplitMix64(seed: seed)
  for index in session.frames.indices {
    session.frames[index].header.chipCount = 0
    for word in auxiliaries.indices {
      let count = Int32.random(in: -8_388_608...8_388_607, using: &random)
      session.frames[index].header.setStatusWord(UInt32(bitPattern: count), ofChip: word)
    }
  }
  return session
}

/// Channels and words of all samples, zeros where none came.
private func expected(_ session: Session) -> [Int32] {
  let words = session.plan.auxiliaries.count
  let width = session.shape.channelCount + words
  var table = [Int32](repeating: 0, count: session.shape.sampleCount * width)
  for frame in session.frames {
    let base = Int(frame.header.sampleIndex) * width
    for (channel, count) in frame.counts.enumerated() { table[base + channel] = count }
    for word in 0..<words {
      table[base + session.shape.channelCount + word] =
        Int32(bitPattern: frame.header.statusWord(ofChip: word))
    }
  }
  return table
}

@Suite("Signals beside the channels")
struct AuxiliaryTests {
  @Test("come back with label, unit, scale and every count, and are no channel", arguments: 0..<3)
  func roundTrip(example: Int) throws {
    let folder = try TemporaryFolder()
    let session = session(examples[example], seed: UInt64(example))
    let recording = try BDFReader.read(session.record(into: folder.path))
    #expect(recording.samples.montage == session.plan.montage)
    #expect(recording.auxiliaries.map(\.signal) == examples[example])
    #expect(recording.statusWords.isEmpty && recording.omitted.isEmpty)
    let width = 2 + examples[example].count
    let table = expected(session)
    for (word, auxiliary) in recording.auxiliaries.enumerated() {
      #expect(
        auxiliary.counts
          == stride(from: 2 + word, to: table.count, by: width).map { table[$0] })
    }
  }

  @Test("MNE, pyEDFlib and edfio read them too", arguments: [0, 2])
  func others(example: Int) throws {
    let folder = try TemporaryFolder()
    let session = session(examples[example], seed: 7)
    let path = try session.record(into: folder.path)
    let table = expected(session)
    try writeCounts(table, to: folder.path("expected"))
    struct Seen: Decodable {
      var labels: [String]
      var differing: Int
      var paddingIsZero: Bool
    }
    let width = 2 + examples[example].count
    let answer = try JSONDecoder().decode(
      [String: Seen].self,
      from: Oracle.python(
        script: "recording/compare.py", arguments: [path, folder.path("expected"), "\(width)"]))
    #expect(answer.count == 3)
    for (reader, seen) in answer {
      #expect(seen.labels == ["C3", "C4"] + examples[example].map(\.label), "\(reader)")
      #expect(seen.differing == 0 && seen.paddingIsZero, "\(reader)")
    }
  }

  @Test("status words of the ADS1299 are stored as ever: no unit, whole range, nothing reserved")
  func statusWords() throws {
    #expect(
      AuxiliarySignal.statusWords(4).map(\.label)
        == ["ADS1299 status", "ADS1299 status 2", "ADS1299 status 3", "ADS1299 status 4"])
    for (chip, word) in AuxiliarySignal.statusWords(4).enumerated() {
      let signal = try BDFSignal.auxiliary(word, samplesPerRecord: 250)
      #expect(signal.chip == chip && signal.auxiliary == nil)
      #expect(signal.dimension.isEmpty && signal.transducer.isEmpty && signal.reserved.isEmpty)
      #expect(signal.physicalMinimum == -8_388_608 && signal.physicalMaximum == 8_388_607)
      #expect(signal.digitalMinimum == -8_388_608 && signal.digitalMaximum == 8_388_607)
    }
  }

  @Test("any scale that eight characters come near to reads back to the bit", arguments: 0..<8)
  func scales(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    for _ in 0..<100 {
      let exponent = Double.random(in: -9...(-0.01), using: &random)
      let scale = pow(10, exponent)
      let signal = AuxiliarySignal(label: "Force", unit: "N", unitsPerCount: scale)
      let header = BDFHeader(
        kind: .bdfContinuous, patient: "X X X X", recording: "X",
        start: RecordedTime(nanoseconds: 0), recordCount: 1, recordNanoseconds: 1_000_000_000,
        signals: [try .auxiliary(signal, samplesPerRecord: 50)])
      let back = try BDFHeader(decoding: header.encoded(), path: "")
      #expect(back.signals[0].auxiliary == signal)
      // With as many digits at both ends: code 0 is 0 for every reader.
      #expect(back.signals[0].physicalMinimum == -back.signals[0].physicalMaximum)
    }
  }

  @Test("a channel of any scale has code 0 at 0 µV, and its scale to the bit", arguments: 0..<8)
  func channels(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    for _ in 0..<100 {
      let scale = pow(10, Double.random(in: -6...(-0.01), using: &random))
      let header = BDFHeader(
        kind: .bdfContinuous, patient: "X X X X", recording: "X",
        start: RecordedTime(nanoseconds: 0), recordCount: 1, recordNanoseconds: 1_000_000_000,
        signals: [
          BDFSignal(
            label: "C3", transducer: "", microvoltsPerCount: scale, prefilter: "",
            samplesPerRecord: 50)
        ])
      let back = try BDFHeader(decoding: header.encoded(), path: "")
      let found = try #require(back.signals[0].scale)
      #expect(found.microvoltsPerCount == scale && found.offsetMicrovolts == 0)
    }
  }

  @Test("a scale, a unit or a label that a header cannot hold is refused, never bent")
  func refusals() throws {
    let refused: [AuxiliarySignal] = [
      AuxiliarySignal(label: "Tiny", unit: "V", unitsPerCount: 1e-15),
      AuxiliarySignal(label: "Huge", unit: "V", unitsPerCount: 10),
      AuxiliarySignal(label: "None", unit: "V", unitsPerCount: 0),
      AuxiliarySignal(label: "Backwards", unit: "V", unitsPerCount: -0.5),
      AuxiliarySignal(label: "Not a number", unit: "V", unitsPerCount: .nan),
      AuxiliarySignal(label: "ADS1299 status", unit: "uV", unitsPerCount: 0.5),
      AuxiliarySignal(label: "BDF Annotations"),
      AuxiliarySignal(label: ""),
      AuxiliarySignal(label: "Longer than sixteen"),
      AuxiliarySignal(label: "Temperature", unit: "°C", unitsPerCount: 0.01),
    ]
    let folder = try TemporaryFolder()
    for signal in refused {
      var plan = session([], seed: 1).plan
      plan.auxiliaries = [signal]
      do throws(RecordingFault) {
        _ = try BDFWriter(
          path: folder.path("refused.bdf"), plan: plan, start: RecordedTime(nanoseconds: 0))
        Issue.record("accepted: \(signal)")
      } catch {
        guard case .doesNotFit = error else {
          Issue.record("\(error) for \(signal)")
          continue
        }
      }
      #expect(!FileManager.default.fileExists(atPath: folder.path("refused.bdf")))
    }
  }

  @Test("more of them than a frame has words for are left out, with the reason")
  func tooMany() throws {
    let folder = try TemporaryFolder()
    let path = try session(examples[0], seed: 3).record(into: folder.path)
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    // One of the two channels becomes a fifth signal of that kind.
    let header = try BDFHeader(decoding: bytes, path: path)
    let place = 256 + header.signals.count * (256 - 32) + 32
    bytes.replaceSubrange(
      place..<place + 32, with: Array("aux/count 1.0".utf8) + Array(repeating: 32, count: 19))
    let recording = try BDFReader.decode(bytes, path: path)
    #expect(recording.samples.channelCount == 1)
    #expect(
      recording.auxiliaries.map(\.signal.label)
        == ["C4", "Accelerometer X", "Accelerometer Y", "Accelerometer Z"])
    #expect(
      recording.omitted == [
        .init(label: "Footer", reason: "more than a frame has words for")
      ])
  }

  @Test("what the reserved field claims is not believed where the range says otherwise")
  func contradiction() throws {
    var signal = try BDFSignal.auxiliary(
      AuxiliarySignal(label: "Battery", unit: "mV", unitsPerCount: 0.5), samplesPerRecord: 50)
    for claim in ["0.7", "nan", "inf", "", "-0.5", "half"] {
      signal.reserved = "aux/count " + claim
      let found = try #require(signal.auxiliary)
      #expect(found.label == "Battery" && found.unit == "mV")
      #expect(abs(found.unitsPerCount - 0.5) < 1e-6)
    }
  }
}
