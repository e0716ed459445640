import Foundation
import RT
import Recording
import Signal
import TestSupport
import Testing

private let shape = Shape(rate: 50, channelCount: 2, statusWordCount: 0, sampleCount: 230)

/// Fills the ring once more when the recorder has emptied it.
private struct Filler: ~Copyable {
  var producer: RingProducer
  let frames: [Session.Frame]
  let status: RecorderStatus
  let stop: StopSignal

  mutating func run() {
    while status.notStoredSamples == 0 { usleep(1_000) }
    for frame in frames { producer.push(frame) }
    stop.raise()
  }
}

@Suite("The recorder")
struct RecorderTests {
  @Test("frames that its ring refused are zeros in the file, annotated and counted")
  func refused() throws {
    let folder = try TemporaryFolder()
    let session = Session(shape)
    // A ring of 64 takes the first 64 frames; a second drain takes 64 more from sample 150 on.
    var ring = Ring(slotByteCount: FrameSlot.byteCount(channelCount: 2), capacity: 64)
    for frame in session.frames[..<150] { ring.producer.push(frame) }
    #expect(ring.producer.refusedCount == 86)
    let events = RecordedEventRing(capacity: 16)
    let status = RecorderStatus()
    let filler = Filler(
      producer: ring.producer, frames: Array(session.frames[150..<200]), status: status,
      stop: StopSignal())
    let stop = filler.stop
    var recorder = try Recorder(
      folder: folder.path, plan: session.plan, frames: ring.consumer, events: events.consumer,
      status: status)
    let path = recorder.path
    let thread = try RealTimeThread.start(
      ThreadSettings(name: "filler", policy: .other), workspace: filler
    ) { $0.run() }
    recorder.run(until: stop)
    _ = thread.join()
    let recording = try BDFReader.read(path)
    #expect(recording.samples.sampleCount == 200)
    #expect(recording.gaps == [RecordedGap(sampleIndex: 64, count: 86)])
    #expect(recording.annotations.contains { $0.text == "BAD_not_stored 86" })
    #expect(recording.annotations.contains { $0.text == "recording stop, 86 not stored" })
    #expect(status.notStoredSamples == 86 && status.lostSamples == 0)
    #expect(status.storedSamples == 200)
    for sample in 0..<200 {
      let isThere = sample < 64 || sample >= 150
      #expect(
        Array(recording.samples.counts[(2 * sample)..<(2 * sample + 2)])
          == (isThere ? session.frames[sample].counts : [0, 0]))
    }
  }

  @Test("runs of corrupt, incomplete and unsettled frames are annotated with their length")
  func flags() throws {
    let folder = try TemporaryFolder()
    var session = Session(shape)
    for index in 0..<7 { session.frames[index].header.flags = .unsettled }
    for index in [20, 21, 22, 60, 229] { session.frames[index].header.flags = .corrupt }
    for index in [22, 23, 70] { session.frames[index].header.flags.insert(.incomplete) }
    let recording = try BDFReader.read(session.record(into: folder.path))
    #expect(
      recording.incomplete == [
        RecordedGap(sampleIndex: 22, count: 2), RecordedGap(sampleIndex: 70, count: 1),
      ])
    #expect(recording.annotations.contains { $0.text == "incomplete frame 2" })
    #expect(recording.unsettled == [RecordedGap(sampleIndex: 0, count: 7)])
    #expect(
      recording.corrupt == [
        RecordedGap(sampleIndex: 20, count: 3), RecordedGap(sampleIndex: 60, count: 1),
        RecordedGap(sampleIndex: 229, count: 1),
      ])
    #expect(recording.samples.counts == session.frames.flatMap(\.counts))
  }

  @Test("a count beyond 24 bits is annotated and never passes for a true one")
  func outOfRange() throws {
    let folder = try TemporaryFolder()
    var session = Session(shape)
    session.frames[30].counts[1] = 8_388_608
    session.frames[31].counts[0] = .min
    let recording = try BDFReader.read(session.record(into: folder.path))
    let marks = recording.annotations.filter { $0.text == "BAD_out_of_range 2" }
    #expect(marks.map(\.onset) == [Nanoseconds(600_000_000)])
    #expect(recording.samples.counts[61] == 8_388_607)
    #expect(recording.samples.counts[62] == -8_388_608)
  }

  @Test("a frame that comes twice is refused and counted")
  func twice() throws {
    let folder = try TemporaryFolder()
    let session = Session(shape)
    var doubled = session
    doubled.frames.insert(session.frames[40], at: 80)
    let status = RecorderStatus()
    let recording = try BDFReader.read(doubled.record(into: folder.path, status: status))
    #expect(recording.samples.counts == session.frames.flatMap(\.counts))
    #expect(status.notStoredSamples == 1)
  }

  @Test("a gap of more than ten minutes ends the file, which stays readable")
  func longGap() throws {
    let folder = try TemporaryFolder()
    var session = Session(shape)
    for index in 120..<230 { session.frames[index].header.sampleIndex += 1 << 40 }
    let status = RecorderStatus()
    let path = try session.record(into: folder.path, status: status)
    #expect(status.fault == .gapTooLong(path: path, sampleCount: 1 << 40))
    let recording = try BDFReader.read(path)
    #expect(recording.samples.counts == session.frames[..<100].flatMap(\.counts))
    #expect(status.notStoredSamples == 130)
  }

  @Test("annotations that find no room go into later records, and none is lost")
  func flood() throws {
    let folder = try TemporaryFolder()
    var session = Session(shape)
    var random = SplitMix64(seed: 3)
    session.decisions = (0..<3_000).map { _ in
      Session.Event(
        classIndex: 1, confidence: Double.random(in: 0...1, using: &random),
        sampleIndex: UInt64.random(in: 0..<230, using: &random))
    }
    let status = RecorderStatus()
    let recording = try BDFReader.read(session.record(into: folder.path, status: status))
    #expect(recording.samples.sampleCount == 230)
    #expect(recording.decisions.map(\.confidence) == session.decisions.map(\.confidence))
    #expect(recording.decisions.map(\.sampleIndex) == session.decisions.map(\.sampleIndex))
    #expect(status.notStoredAnnotations == 0)
  }

  @Test("a session without a frame leaves a file that opens and holds no sample")
  func empty() throws {
    let folder = try TemporaryFolder()
    var session = Session(shape)
    session.frames.removeAll()
    let path = try session.record(into: folder.path)
    let recording = try BDFReader.read(path)
    #expect(recording.samples.sampleCount == 0)
    #expect(recording.annotations.map(\.text) == ["recording start", "recording stop"])
    _ = try Oracle.python(
      script: "recording/read_edf.py", arguments: [path, folder.path("counts")])
  }

  @Test("faults, notes and frames that were never decoded are annotated at their samples")
  func events() throws {
    let folder = try TemporaryFolder()
    let session = Session(shape)
    let rings = session.rings()
    var events = RecordedEventRing(capacity: 16)
    events.producer.pushFault("no acknowledgement from the exoskeleton", sampleIndex: 12)
    events.producer.pushNote("armed", sampleIndex: 7)
    events.producer.pushUndecoded(count: 5, sampleIndex: 100)
    events.producer.pushDecision(classIndex: 9, confidence: 0.1, sampleIndex: 3)
    var recorder = try Recorder(
      folder: folder.path, plan: session.plan, frames: rings.frames.take(),
      events: events.consumer)
    let stop = StopSignal()
    stop.raise()
    recorder.run(until: stop)
    let recording = try BDFReader.read(recorder.path)
    let said = Dictionary(
      recording.annotations.map { ($0.text, ($0.onset.seconds * 50).rounded()) },
      uniquingKeysWith: { first, _ in first })
    #expect(said["fault no acknowledgement from the exoskeleton"] == 12)
    #expect(said["armed"] == 7)
    #expect(recording.undecoded == [RecordedGap(sampleIndex: 95, count: 5)])
    #expect(
      recording.decisions == [
        RecordedDecision(sampleIndex: 3, className: "class9", confidence: 0.1)
      ])
  }

  @Test("the file's start is the time of sample 0 by the amplifier's clock, to the microsecond")
  func start() throws {
    let folder = try TemporaryFolder()
    var session = Session(shape)
    let shift = Nanoseconds.seconds(-7_200) + Nanoseconds(123_456_789)
    for index in session.frames.indices {
      let time = session.frames[index].header.edgeTime
      session.frames[index].header.edgeTime = time + shift
    }
    let before = Date().timeIntervalSince1970
    let first = session.frames[0].header.edgeTime
    let age = (MonotonicInstant.now() - first).seconds
    let recording = try BDFReader.read(session.record(into: folder.path))
    let start = try #require(recording.start)
    // Two clocks read one after the other on a busy machine: a second is plenty and yet tells the
    // start of the session from that of the file, two hours later.
    #expect(abs(Double(start.nanoseconds) / 1e9 - (before - age)) < 1)
    #expect(start.nanoseconds % 1_000 == 0)
    #expect(recording.annotations.first { $0.text == "recording start" }?.onset == .zero)
  }
}
