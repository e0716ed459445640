import Foundation
import RT
import Recording
import Signal
import TestSupport
import Testing

/// Opens what is left of a recording with three readers; returns what they complain about.
private func complaints(
  of path: String, states: [[Int]], session: Session, in folder: TemporaryFolder
) throws -> [String] {
  try writeCounts(session.expected, to: folder.path("expected"))
  let signalCount = session.shape.channelCount + session.shape.statusWordCount
  let samplesPerRecord = try BDFHeader(
    decoding: Data(contentsOf: URL(fileURLWithPath: path)), path: path
  ).signals[0].samplesPerRecord
  let answer = try Oracle.python(
    script: "recording/cut.py",
    arguments: [
      path, folder.path("expected"), "\(signalCount)", "\(samplesPerRecord)",
      "\(session.shape.rate)",
    ], input: JSONEncoder().encode(states))
  return try JSONDecoder().decode([String].self, from: answer)
}

/// Our own reader's samples are the beginning of the session's.
private func expectBeginning(of session: Session, in recording: BDFRecording) {
  let channelCount = session.shape.channelCount
  let width = channelCount + session.shape.statusWordCount
  let expected = session.expected
  let count = recording.samples.sampleCount
  guard count * width <= expected.count else {
    Issue.record("\(count) samples, but \(expected.count / width) were recorded")
    return
  }
  var differing = 0
  for sample in 0..<count {
    for channel in 0..<channelCount
    where recording.samples.counts[sample * channelCount + channel]
      != expected[sample * width + channel]
    {
      differing += 1
    }
  }
  #expect(differing == 0)
}

@Suite("A recording that was killed")
struct KillTests {
  static let shape = Shape(
    rate: 64, channelCount: 3, statusWordCount: 1, sampleCount: 64 * 12 + 17, gapCount: 4,
    decisionCount: 30, seed: 7)

  @Test("opens unrepaired in three readers, wherever the write stopped")
  func everyCut() throws {
    let folder = try TemporaryFolder()
    let session = Session(Self.shape)
    let path = try session.record(into: folder.path)
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let header = try BDFHeader(decoding: bytes, path: path)
    var random = SplitMix64(seed: 11)
    var states: [[Int]] = []
    for _ in 0..<250 {
      let length = Int.random(
        in: (header.byteCount + header.recordByteCount)...bytes.count, using: &random)
      let whole = (length - header.byteCount) / header.recordByteCount
      // The count is written last, and, by choice, not after every record.
      states.append([length, Int.random(in: max(1, whole - 2)...whole, using: &random)])
    }
    #expect(try complaints(of: path, states: states, session: session, in: folder) == [])
    for state in states {
      var left = Array(bytes[..<state[0]])
      left.replaceSubrange(236..<244, with: Array("\(state[1])       ".utf8.prefix(8)))
      let recording = try BDFReader.decode(left, path: "cut")
      #expect(!recording.isTruncated)
      #expect(
        recording.uncountedBytes
          == state[0] - header.byteCount - state[1] * header.recordByteCount)
      expectBeginning(of: session, in: recording)
    }
  }

  @Test("opens before its first record is full, and holds no sample then")
  func firstMoment() throws {
    let folder = try TemporaryFolder()
    let session = Session(Self.shape)
    let rings = session.rings()
    let recorder = try Recorder(
      folder: folder.path, plan: session.plan, frames: rings.frames.take(),
      events: rings.events.take())
    let path = recorder.path
    let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
    #expect(
      try complaints(of: path, states: [[size, 1]], session: session, in: folder) == [])
    #expect(try BDFReader.read(path).samples.sampleCount == 0)
  }

  @Test(
    "by SIGKILL opens unrepaired and holds true samples only", arguments: 0..<6 as Range<UInt64>)
  func reallyKilled(seed: UInt64) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, seed = seed as UInt64] in
      let session = Session(killedShape(seed))
      let rings = session.rings()
      var recorder = try Recorder(
        folder: path, plan: session.plan, frames: rings.frames.take(), events: rings.events.take())
      var random = SplitMix64(seed: seed)
      let delay = UInt32.random(in: 0...30_000, using: &random)
      Thread.detachNewThread {
        usleep(delay)
        kill(getpid(), SIGKILL)
      }
      // Never told to stop: it ends by the signal alone.
      recorder.run(until: StopSignal())
    }
    let session = Session(killedShape(seed))
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: path).first { $0.hasSuffix(".bdf") })
    let left = try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
    let header = try BDFHeader(decoding: left, path: name)
    #expect(header.recordCount >= 1)
    #expect(
      try complaints(
        of: folder.path(name), states: [[left.count, header.recordCount]], session: session,
        in: folder) == [])
    expectBeginning(of: session, in: try BDFReader.read(folder.path(name)))
  }
}

/// Enough records to be killed among them.
private func killedShape(_ seed: UInt64) -> Shape {
  Shape(
    rate: 64, channelCount: 3, statusWordCount: 1, sampleCount: 64 * 100, gapCount: 3,
    decisionCount: 100, seed: seed)
}

@Suite("A recording that was cut short")
struct TruncationTests {
  @Test("gives its whole records and says what is missing, wherever it ends")
  func everywhere() throws {
    let folder = try TemporaryFolder()
    let session = Session(
      Shape(rate: 16, channelCount: 2, statusWordCount: 1, sampleCount: 70, decisionCount: 5))
    let path = try session.record(into: folder.path)
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let header = try BDFHeader(decoding: bytes, path: path)
    var refused = 0
    for length in stride(from: 0, to: bytes.count, by: 13) {
      do throws(RecordingFault) {
        let recording = try BDFReader.decode(Array(bytes[..<length]), path: "short")
        let whole = (length - header.byteCount) / header.recordByteCount
        #expect(recording.samples.sampleCount == min(70, whole * 16))
        #expect(recording.isTruncated)
        #expect(recording.missingBytes == bytes.count - length)
        expectBeginning(of: session, in: recording)
      } catch {
        refused += 1
        switch error {
        case .notARecording: #expect(length < 256)
        case .damaged: #expect(length < header.byteCount)
        case .empty: #expect(length < header.byteCount + header.recordByteCount)
        default: Issue.record("\(length) bytes: \(error.message)")
        }
      }
    }
    #expect(refused > 0)
  }
}
