// The recorder: every frame of a session, and what was decided on it, in a file that always opens.
//
//     var recorder = try Recorder(folder: "recordings", plan: plan, frames: ring.consumer,
//                                 events: events.consumer, status: status, notes: notes)
//     recorder.run(until: stop)      // on a thread of its own, of normal priority
//
// It takes from rings only, so that it can never delay those who fill them. Raise its stop signal
// after the producers have ended: it drains both rings and closes the file. When the file cannot
// be continued it closes it at its last whole record, counts what is not stored, and keeps
// draining, so that the session goes on.

public import RT
import SPIShim
import Signal

public struct Recorder: ~Copyable {
  /// Where the recording lies.
  public let path: String
  public let status: RecorderStatus

  private var frames: RingConsumer
  private var events: RecordedEventConsumer
  private let notes: RecorderNotes
  private var writer: BDFWriter
  private let classNames: [String]
  private let longestGap: UInt64
  private let interval: Nanoseconds

  /// The index that the next frame should have.
  private var expectedIndex: UInt64 = 0
  private var hasBegun = false
  private var epoch: UInt32 = 0
  private var flagged: FlaggedRuns
  /// Frames that came out of the ring.
  private var takenFrames: UInt64 = 0
  private var droppedAnnotations: UInt64 = 0
  private var lostSamples: UInt64 = 0
  private var isOpen = true

  /// Makes `DIR/acquire-YYYYMMDDTHHMMSSZ.bdf`, and the folder when it is not there; a file that
  /// exists is never touched.
  ///
  /// - Parameters:
  ///   - frames: slots for the plan's channels; four seconds' worth bridges a slow disk.
  ///   - notes: texts from other threads.
  ///   - interval: between two times that it takes from the rings.
  /// - Throws: `.unwritable`, `.noRoom`, `.writeFailed`, `.doesNotFit`, `.unsupportedRate`.
  public init(
    folder: String, plan: RecordingPlan, frames: consuming RingConsumer,
    events: consuming RecordedEventConsumer, status: RecorderStatus = RecorderStatus(),
    notes: RecorderNotes = RecorderNotes(), interval: Nanoseconds = .milliseconds(50)
  ) throws(RecordingFault) {
    let start = RecordedTime(nanoseconds: shim_clock_realtime())
    writer = try Self.open(folder: folder, plan: plan, start: start)
    path = writer.path
    self.status = status
    self.frames = frames
    self.events = events
    self.notes = notes
    self.interval = interval
    classNames = plan.classNames
    flagged = FlaggedRuns(longest: UInt64(writer.clock.samplesPerRecord))
    longestGap = UInt64(max(1, plan.montage.samplesPerSecond * 600))
    writer.annotate(sample: 0, text: "recording start")
  }

  /// Records until the signal is raised and both rings are empty, then closes the file.
  ///
  /// Blocks. Wakes up once an interval; no doorbell, so that filling the rings costs nothing.
  public mutating func run(until stop: StopSignal) {
    while true {
      // Looked at before draining: what was published before it was raised is drained.
      let isLast = stop.isRaised
      drain()
      if isLast { return close() }
      _ = shim_sleep_until((MonotonicInstant.now() + interval).nanoseconds)
    }
  }

  // MARK: File

  private static func open(folder: String, plan: RecordingPlan, start: RecordedTime)
    throws(RecordingFault) -> BDFWriter
  {
    let made = unsafe shim_make_folders(folder)
    guard made == 0 else { throw .unwritable(folder: folder, errno: -made) }
    let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let stem = "\(base)/acquire-\(start.compactText)"
    // Several sessions may start within one second.
    for attempt in 0..<100 {
      let path = attempt == 0 ? "\(stem).bdf" : "\(stem)-\(attempt).bdf"
      do throws(RecordingFault) {
        let writer = try BDFWriter(path: path, plan: plan, start: start)
        do throws(RecordingFault) {
          try checkRoom(in: folder, for: plan, start: start)
        } catch {
          _ = unsafe shim_remove(path)
          throw error
        }
        return writer
      } catch .unwritable(_, errno: 17) {
        continue
      } catch .writeFailed(_, errno: 28) {
        try checkRoom(in: folder, for: plan, start: start)
        throw .unwritable(folder: folder, errno: 28)
      }
    }
    throw .unwritable(folder: folder, errno: 17)
  }

  /// A session that would end within a minute is not begun.
  private static func checkRoom(in folder: String, for plan: RecordingPlan, start: RecordedTime)
    throws(RecordingFault)
  {
    let header = try plan.header(start: start, recordCount: 1)
    let records = 60_000_000_000 / header.recordNanoseconds
    let needed = Int64(header.byteCount) + Int64(header.recordByteCount) * records
    let free = unsafe shim_free_space(folder)
    // A file system that cannot say is tried.
    guard free < 0 || free >= needed else {
      throw .noRoom(folder: folder, freeBytes: free, neededBytes: needed)
    }
  }

  private mutating func close() {
    let notStored = notStoredFrames
    if isOpen {
      flagged.end { [sample = expectedIndex] in
        writer.annotate(sample: sample - $1, count: $1, text: $0.text(count: $1))
      }
      let end = notStored == 0 ? "recording stop" : "recording stop, \(notStored) not stored"
      writer.annotate(sample: max(1, writer.sampleCount) - 1, text: end)
      do throws(RecordingFault) {
        try writer.finish()
        isOpen = false
      } catch {
        fail(error)
      }
    }
    report()
  }

  private mutating func fail(_ fault: RecordingFault) {
    isOpen = false
    status.fail(fault)
    writer.abandon("fault \(fault.message)")
  }

  /// Frames that the amplifier delivered and that will not be in the file.
  private var notStoredFrames: UInt64 {
    takenFrames - (isOpen ? writer.frameCount : writer.storedFrameCount) + frames.refusedCount
  }

  private func report() {
    // An abandoned file keeps what its last whole record holds.
    status.update(stored: writer.storedSampleCount, durable: writer.durableSampleCount)
    status.update(taken: takenFrames, storedFrames: writer.storedFrameCount)
    status.update(
      lost: lostSamples, notStored: notStoredFrames,
      annotationsNotStored: droppedAnnotations + events.refusedCount
        + writer.refusedAnnotationCount)
  }

  // MARK: Frames

  private mutating func drain() {
    while let slot = unsafe frames.front() {
      let frame = unsafe FrameSlot(slot)
      takenFrames += 1
      if isOpen {
        do throws(RecordingFault) {
          try take(frame)
        } catch {
          fail(error)
        }
      }
      frames.release()
    }
    while let (event, text) = events.next() { take(event, text: text) }
    for text in notes.take() { annotate(sample: expectedIndex, text: text) }
    report()
  }

  private mutating func take(_ frame: FrameSlot) throws(RecordingFault) {
    let header = frame.header
    if !hasBegun { try begin(header) }
    guard header.sampleIndex >= expectedIndex else {
      annotate(sample: expectedIndex, text: "fault frame \(header.sampleIndex) came twice")
      return
    }
    try fill(upTo: header)
    if header.configurationEpoch != epoch {
      epoch = header.configurationEpoch
      annotate(sample: header.sampleIndex, text: "configuration \(epoch)")
    }
    if header.recovery.cause != nil {
      annotate(sample: header.sampleIndex, text: header.recovery.text)
    }
    if header.pausedBefore > 0 {
      annotate(sample: header.sampleIndex, text: "pause \(header.pausedBefore)")
    }
    let isInRange = try writer.append(frame)
    expectedIndex = header.sampleIndex + 1
    flagged.take(header.flags, isInRange: isInRange) { [sample = header.sampleIndex] in
      writer.annotate(sample: sample - $1, count: $1, text: $0.text(count: $1))
    }
  }

  /// The first frame tells when sample 0 was taken, by the amplifier's own clock.
  private mutating func begin(_ header: FrameHeader) throws(RecordingFault) {
    hasBegun = true
    epoch = header.configurationEpoch
    guard header.sampleIndex <= longestGap else { return }
    let offset = shim_clock_realtime() - shim_clock_monotonic()
    let first = header.signalTime - writer.clock.onset(ofSample: header.sampleIndex)
    let start = RecordedTime(nanoseconds: first.nanoseconds &+ offset)
    // The header's calendar is that of 1985 to 2084; a clock beyond it is not set.
    guard (1985...2084).contains(start.civil.year) else { return }
    try writer.setStart(start)
  }

  /// Zeros, and an annotation, for every sample between the last frame and this one.
  private mutating func fill(upTo header: FrameHeader) throws(RecordingFault) {
    let missing = header.sampleIndex - expectedIndex
    guard missing > 0 else { return }
    guard missing <= longestGap else {
      throw .gapTooLong(path: path, sampleCount: missing)
    }
    flagged.end { [sample = expectedIndex] in
      writer.annotate(sample: sample - $1, count: $1, text: $0.text(count: $1))
    }
    let lost = min(missing, UInt64(header.lostBefore))
    let notStored = missing - lost
    if notStored > 0 {
      writer.annotate(
        sample: expectedIndex, count: notStored, text: SpanMark.notStored.text(count: notStored))
    }
    if lost > 0 {
      lostSamples += lost
      writer.annotate(
        sample: header.sampleIndex - lost, count: lost, text: SpanMark.gap.text(count: lost))
    }
    try writer.appendZeros(missing)
    expectedIndex = header.sampleIndex
  }

  // MARK: Annotations

  private mutating func annotate(sample: UInt64, text: String) {
    guard isOpen else {
      droppedAnnotations += 1
      return
    }
    writer.annotate(sample: sample, text: text)
  }

  private mutating func take(_ event: RecordedEvent, text: String) {
    // The decoding thread may be ahead of the recorder, but never by as much as a gap may last.
    guard isOpen, event.sampleIndex <= expectedIndex + longestGap else {
      droppedAnnotations += 1
      return
    }
    switch RecordedEvent.Kind(rawValue: event.kind) {
    case .decision:
      let index = Int(event.classIndex)
      let decision = RecordedDecision(
        sampleIndex: event.sampleIndex,
        className: classNames.indices.contains(index) ? classNames[index] : "class\(index)",
        confidence: event.confidence)
      writer.annotate(sample: event.sampleIndex, text: decision.text)
    case .undecoded:
      writer.annotate(
        sample: event.sampleIndex, count: UInt64(event.count),
        text: SpanMark.undecoded.text(count: UInt64(event.count)))
    case .fault:
      writer.annotate(sample: event.sampleIndex, text: "fault \(text)")
    case .note:
      writer.annotate(sample: event.sampleIndex, text: text)
    case nil:
      droppedAnnotations += 1
    }
  }
}
