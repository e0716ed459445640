import Foundation
import RT
import Signal
import TestSupport
import Testing

@testable import Recording

private let small = Shape(
  rate: 32, channelCount: 2, statusWordCount: 1, sampleCount: 80, gapCount: 0, decisionCount: 6)

private func recorded(_ shape: Shape = small) throws -> [UInt8] {
  let folder = try TemporaryFolder()
  return try [UInt8](
    Data(contentsOf: URL(fileURLWithPath: Session(shape).record(into: folder.path))))
}

@Suite("A file that is not what it should be")
struct BadFileTests {
  @Test(
    "a recording whose line ends were converted is refused",
    .enabled(
      if: Repository.sharedData("eegmmidb/S001R02.edf.damaged") != nil,
      "the recordings of eegmmidb are not here; ACQUIRE_SHARED_DATA says where they are"))
  func damaged() throws {
    let path = try #require(Repository.sharedData("eegmmidb/S001R02.edf.damaged"))
    #expect {
      try BDFReader.read(path)
    } throws: {
      guard case .damaged(path, _)? = $0 as? RecordingFault else { return false }
      return true
    }
  }

  @Test("line ends converted in a recording of ours are noticed", arguments: 1..<9 as Range<UInt64>)
  func lineEnds(seed: UInt64) throws {
    var shape = small
    shape.seed = seed
    shape.sampleCount = 640
    let bytes = try recorded(shape)
    let header = try BDFHeader(decoding: bytes, path: "")
    let converted = bytes[header.byteCount...].flatMap { $0 == 10 ? [13, 10] : [$0] }
    #expect(converted.count > bytes.count - header.byteCount)
    #expect(throws: RecordingFault.self) {
      try BDFReader.decode(
        Array((bytes[..<header.byteCount] + converted).prefix(bytes.count)), path: "x")
    }
  }

  @Test("what is missing, a folder, or something else is named")
  func named() throws {
    let folder = try TemporaryFolder()
    #expect(throws: RecordingFault.unreadable(path: folder.path("no.bdf"), errno: 2)) {
      try BDFReader.read(folder.path("no.bdf"))
    }
    #expect(throws: RecordingFault.unreadable(path: folder.path, errno: 21)) {
      try BDFReader.read(folder.path)
    }
    let text = folder.path("notes.txt")
    try String(repeating: "no recording ", count: 100).write(
      toFile: text, atomically: true, encoding: .utf8)
    #expect(throws: RecordingFault.notARecording(path: text)) { try BDFReader.read(text) }
    try Data().write(to: URL(fileURLWithPath: text))
    #expect(throws: RecordingFault.notARecording(path: text)) { try BDFReader.read(text) }
  }

  @Test("a discontinuous recording is refused, since its gaps would close silently")
  func discontinuous() throws {
    var bytes = try recorded()
    bytes[196] = UInt8(ascii: "D")
    #expect(throws: RecordingFault.discontinuous(path: "x")) {
      try BDFReader.decode(bytes, path: "x")
    }
  }

  @Test("signals of another rate or of no voltage are left out and named")
  func omitted() throws {
    func signal(_ label: String, _ samples: Int, _ dimension: String) -> BDFSignal {
      BDFSignal(
        label: label, dimension: dimension, physicalMinimum: -1_000, physicalMaximum: 1_000,
        digitalMinimum: -2_000, digitalMaximum: 2_000, samplesPerRecord: samples)
    }
    let header = BDFHeader(
      kind: .edf, patient: "", recording: "", start: RecordedTime(nanoseconds: 1_000_000_000_000),
      recordCount: -1, recordNanoseconds: 2_000_000_000,
      signals: [
        signal("slow", 1, "uV"), signal("C3", 4, "mV"), signal("light", 4, "lux"),
        signal("C4", 4, "uV"),
      ])
    let values: [Int16] = [7, 1, -2, 3, -4, 100, 101, 102, 103, 5, 6, 7, -2_000]
    let bytes = try header.encoded() + values.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8 & 0xFF)] }
    let recording = try BDFReader.decode(bytes, path: "x")
    #expect(recording.samples.counts == [1, 5, -2, 6, 3, 7, -4, -2_000])
    #expect(recording.samples.montage.samplesPerSecond == 2)
    #expect(recording.samples.montage.channels.map(\.microvoltsPerCount) == [500, 0.5])
    #expect(
      recording.omitted == [
        .init(label: "slow", reason: "another rate than most channels"),
        .init(label: "light", reason: "not a voltage"),
      ])
    #expect(recording.start?.civil.year == 1970 + 100)
  }

  @Test("an offset of others' scales is told and not hidden in the counts")
  func offset() throws {
    let signal = BDFSignal(
      label: "C3", dimension: "uV", physicalMinimum: -187_500, physicalMaximum: 187_500,
      digitalMinimum: -8_388_608, digitalMaximum: 8_388_607, samplesPerRecord: 1)
    let header = BDFHeader(
      kind: .bdf, patient: "", recording: "", start: RecordedTime(nanoseconds: 0), recordCount: 1,
      recordNanoseconds: 1_000_000_000, signals: [signal])
    let recording = try BDFReader.decode(header.encoded() + [0, 0, 0], path: "x")
    #expect(recording.samples.counts == [0])
    // Half a count: what MNE and EDFlib show for code 0 of such a file.
    #expect(abs(recording.offsetMicrovolts[0] - 0.011_175_871) < 1e-9)
  }

  @Test("no change of the header makes the reader crash", arguments: 0..<8 as Range<UInt64>)
  func fuzzedHeader(seed: UInt64) throws {
    let bytes = try recorded()
    var random = SplitMix64(seed: seed)
    let alphabet = Array("0123456789-+.eE XBDF\0\u{14}".utf8)
    var accepted = 0
    for _ in 0..<500 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        // Mostly where the sizes stand: the file's own, then the signals' numbers.
        let place =
          Bool.random(using: &random)
          ? Int.random(in: 184..<256, using: &random)
          : Int.random(in: 0..<(256 * 5), using: &random)
        changed[place] =
          Int.random(in: 0..<4, using: &random) == 0
          ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random)!
      }
      do throws(RecordingFault) {
        let recording = try BDFReader.decode(changed, path: "fuzzed")
        accepted += 1
        #expect(recording.samples.counts.count <= changed.count)
        for span in recording.gaps + recording.corrupt {
          #expect(span.sampleIndex + UInt64(span.count) <= UInt64(recording.samples.sampleCount))
        }
      } catch {
        #expect(error.message.hasSuffix("."))
      }
    }
    // Changes in texts do no harm.
    #expect(accepted > 0)
  }

  @Test("no change of the records makes the reader crash", arguments: 0..<4 as Range<UInt64>)
  func fuzzedRecords(seed: UInt64) throws {
    let bytes = try recorded()
    let header = try BDFHeader(decoding: bytes, path: "")
    var random = SplitMix64(seed: seed)
    let alphabet = Array("0123456789-+. BAD_gap\0\u{14}\u{15}".utf8)
    for _ in 0..<300 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...20, using: &random) {
        let place = Int.random(in: header.byteCount..<bytes.count, using: &random)
        changed[place] = alphabet.randomElement(using: &random)!
      }
      do throws(RecordingFault) {
        _ = try BDFReader.decode(changed, path: "fuzzed")
      } catch {
        guard case .damaged = error else {
          Issue.record("\(error.message)")
          continue
        }
      }
    }
  }
}

@Suite("A recording that cannot be made or continued")
struct BadPlaceTests {
  private func recorder(in folder: String, plan: RecordingPlan) throws {
    let ring = Ring(slotByteCount: FrameSlot.byteCount(channelCount: 2), capacity: 16)
    let events = RecordedEventRing(capacity: 16)
    _ = try Recorder(
      folder: folder, plan: plan, frames: ring.consumer, events: events.consumer)
  }

  @Test("a folder that cannot be made is refused with its name")
  func notAFolder() throws {
    let folder = try TemporaryFolder()
    try Data().write(to: URL(fileURLWithPath: folder.path("file")))
    let plan = Session(small).plan
    #expect(throws: RecordingFault.unwritable(folder: folder.path("file/below"), errno: 20)) {
      try recorder(in: folder.path("file/below"), plan: plan)
    }
    #expect(throws: RecordingFault.unwritable(folder: folder.path("file"), errno: 20)) {
      try recorder(in: folder.path("file"), plan: plan)
    }
    // Root may write everywhere else; nobody may here.
    #expect {
      try recorder(in: "/proc", plan: plan)
    } throws: {
      guard case .unwritable("/proc", _)? = $0 as? RecordingFault else { return false }
      return true
    }
  }

  @Test("a file that exists is never touched, and two sessions of one second get two files")
  func neverOverwrites() throws {
    let folder = try TemporaryFolder()
    var session = Session(small)
    let paths = try (0..<4).map { _ in try session.record(into: folder.path + "/deep/er/") }
    #expect(Set(paths).count == 4)
    session.frames.removeAll()
    for path in paths {
      #expect(try BDFReader.read(path).samples.sampleCount == small.sampleCount)
      #expect(throws: RecordingFault.unwritable(folder: path, errno: 17)) {
        _ = try BDFWriter(path: path, plan: session.plan, start: RecordedTime(nanoseconds: 0))
      }
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path + "/deep/er").count == 4)
  }

  @Test(
    "a label that the header cannot hold is refused", arguments: ["Übung", "ABCDEFGHIJKLMNOPQ"])
  func label(label: String) throws {
    let folder = try TemporaryFolder()
    var plan = Session(small).plan
    plan.montage.channels[1].label = label
    #expect(throws: RecordingFault.doesNotFit(field: "label", text: label, byteCount: 16)) {
      try recorder(in: folder.path, plan: plan)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test(
    "a rate without whole samples in a record is refused", arguments: [0, -1, 33.3333, 0.01, .nan])
  func rate(rate: Double) throws {
    let folder = try TemporaryFolder()
    var plan = Session(small).plan
    plan.montage.samplesPerSecond = rate
    #expect {
      try recorder(in: folder.path, plan: plan)
    } throws: {
      guard case .unsupportedRate? = $0 as? RecordingFault else { return false }
      return true
    }
  }

  @Test("when a write fails the file ends at its last whole record, and the loss is counted")
  func writeFails() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    await #expect(processExitsWith: .success) { [path = path as String] in
      let session = Session(failingShape)
      let plan = session.plan
      let header = try plan.header(start: RecordedTime(nanoseconds: 0), recordCount: 1)
      // The kernel refuses to let any file of this process grow beyond three records and a half.
      signal(SIGXFSZ, SIG_IGN)
      let size = rlim_t(header.byteCount + header.recordByteCount * 7 / 2)
      var limit = rlimit(rlim_cur: size, rlim_max: size)
      unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let status = RecorderStatus()
      let file = try session.record(into: path, status: status)
      #expect(status.fault == .writeFailed(path: file, errno: 27))
      #expect(status.storedSamples == 96 && status.durableSamples == 96)
      #expect(status.notStoredSamples == UInt64(failingShape.sampleCount - 96))
    }
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: path).first)
    let recording = try BDFReader.read(folder.path(name))
    #expect(recording.samples.sampleCount == 96)
    #expect(!recording.isTruncated && recording.uncountedBytes == 0)
    #expect(recording.annotations.contains { $0.text.hasPrefix("fault ") })
    let session = Session(failingShape)
    try writeCounts(Array(session.expected.prefix(96 * 3)), to: folder.path("expected"))
    let answer = try Oracle.python(
      script: "recording/compare.py", arguments: [folder.path(name), folder.path("expected"), "3"])
    let seen = try #require(
      try JSONSerialization.jsonObject(with: answer) as? [String: [String: Any]])
    for (reader, said) in seen {
      #expect(said["differing"] as? Int == 0 && said["sampleCount"] as? Int == 96, "\(reader)")
    }
  }

  @Test(
    "a full disk ends the file at its last whole record, and a fuller one lets none begin",
    .enabled(if: geteuid() == 0, "only root can mount a small file system"))
  func fullDisk() throws {
    let folder = try TemporaryFolder()
    func run(_ program: String, _ arguments: String...) throws -> Int32 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    guard try run("/bin/mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder.path) == 0 else {
      // A container without the right to mount; `writeFails` covers the same path there.
      return
    }
    defer { _ = try? run("/bin/umount", folder.path) }
    var shape = small
    shape.sampleCount = 32 * 200
    let status = RecorderStatus()
    let path = try Session(shape).record(into: folder.path, status: status)
    #expect(status.fault == .writeFailed(path: path, errno: 28))
    let recording = try BDFReader.read(path)
    #expect(UInt64(recording.samples.sampleCount) == status.storedSamples)
    #expect(status.storedSamples + status.notStoredSamples == UInt64(shape.sampleCount))
    #expect(status.storedSamples > 0)
    #expect {
      try recorder(in: folder.path, plan: Session(shape).plan)
    } throws: {
      guard case .noRoom(folder.path, _, _)? = $0 as? RecordingFault else { return false }
      return true
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
  }
}

private let failingShape = Shape(
  rate: 32, channelCount: 2, statusWordCount: 1, sampleCount: 320, decisionCount: 10)
