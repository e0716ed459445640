// Builds a BDF+C file that opens in every reader at every moment.
//
// The rule, from the first byte on: the file that has the name holds as many whole records as its
// header says, or more. It is born under another name with one record of padding; whole records
// are appended and made durable; then, and only then, the count in the header grows. Whatever
// kills the program leaves a file that needs no repair.
//
//     var writer = try BDFWriter(path: path, plan: plan, start: now)
//     try writer.append(frame)                                  // a record now and then
//     writer.annotate(sample: 125, text: "eyes closed")
//     try writer.finish()

import RT
import SPIShim
public import Signal

/// One file being written. Not shared between threads; allocates.
@safe
public struct BDFWriter: ~Copyable {
  public let path: String
  let clock: RecordClock
  private let file: RecordingFile
  private let plan: RecordingPlan
  private let headerByteCount: Int
  private let recordByteCount: Int
  /// Where the annotations begin in a record; before them lie the samples.
  private let sampleByteCount: Int
  private let signalCount: Int

  /// The record that is being filled.
  private let record: UnsafeMutableRawBufferPointer
  private var filled = 0
  private var queue = AnnotationQueue()
  /// Bytes of annotations in the last record that was written.
  private var lastAnnotationByteCount = 0
  /// The part of a second that the header's start time lacks.
  private var startFraction = Nanoseconds.zero

  /// Whole records appended; those on the medium; those that the header counts.
  private var recordCount = 0
  private var syncedCount = 0
  private var announcedCount = 1
  /// Zeros that fill up the end of a finished file.
  private var padding: UInt64 = 0

  /// Where in the header the number of records stands.
  private static var countOffset: Int { 236 }
  /// Kept free in every record, so that a failing recorder can still say why it ended.
  private static var closingByteCount: Int { 160 }
  private static var longestText: Int { 400 }

  /// Makes the file. It must not exist; its folder must.
  ///
  /// - Throws: `.unwritable`, `.writeFailed`, `.doesNotFit`, `.unsupportedRate`.
  public init(path: String, plan: RecordingPlan, start: RecordedTime) throws(RecordingFault) {
    let header = try plan.header(start: start, recordCount: 1)
    let clock = try plan.clock()
    let sampleByteCount = plan.frameByteCount * clock.samplesPerRecord
    let bytes =
      try header.encoded()
      + Self.placeholder(
        fraction: Self.fraction(of: start), clock: clock, sampleByteCount: sampleByteCount,
        byteCount: header.recordByteCount)
    file = try RecordingFile.birth(of: path, bytes: bytes)
    self.path = path
    self.plan = plan
    self.clock = clock
    self.signalCount = plan.signalCount
    self.sampleByteCount = sampleByteCount
    headerByteCount = header.byteCount
    recordByteCount = header.recordByteCount
    unsafe record = .allocate(byteCount: header.recordByteCount, alignment: 64)
    unsafe record.initializeMemory(as: UInt8.self, repeating: 0)
    startFraction = Self.fraction(of: start)
  }

  /// A whole record of nothing but padding, so that the file has one from the first moment on.
  private static func placeholder(
    fraction: Nanoseconds, clock: RecordClock, sampleByteCount: Int, byteCount: Int
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: sampleByteCount)
    bytes += TAL.encode(onset: fraction, text: "")
    bytes += TAL.encode(
      onset: fraction, duration: Nanoseconds(clock.recordNanoseconds),
      text: SpanMark.padding.text(count: UInt64(clock.samplesPerRecord)))
    return bytes + repeatElement(0, count: byteCount - bytes.count)
  }

  deinit { unsafe record.deallocate() }

  /// Samples so far, in the file or in the record that is being filled; zeros for lost ones count.
  public var sampleCount: UInt64 { position - padding }

  /// Samples in records that have been handed to the kernel: a killed program loses none of them.
  public var storedSampleCount: UInt64 { UInt64(recordCount) * samplesPerRecord - padding }

  /// Samples that a power cut leaves.
  public var durableSampleCount: UInt64 {
    min(UInt64(syncedCount) * samplesPerRecord, storedSampleCount)
  }

  /// Frames appended so far, and those of them that are in whole records.
  public private(set) var frameCount: UInt64 = 0
  public private(set) var storedFrameCount: UInt64 = 0

  private var samplesPerRecord: UInt64 { UInt64(clock.samplesPerRecord) }
  /// Where in the file the next sample will be.
  private var position: UInt64 { UInt64(recordCount) * samplesPerRecord + UInt64(filled) }

  /// Annotations that found no room, in no record.
  public var refusedAnnotationCount: UInt64 { queue.refusedCount }

  /// Corrects the time of sample 0. Only before the first record is full.
  public mutating func setStart(_ start: RecordedTime) throws(RecordingFault) {
    precondition(recordCount == 0, "a recording's start is known within its first record")
    let header = try plan.header(start: start, recordCount: 1)
    let fixed = try header.encoded().prefix(256)
    try file.write(Array(fixed), at: 0)
    startFraction = Self.fraction(of: start)
  }

  /// Adds the counts of a frame, and the words that the plan has signals for.
  ///
  /// - Returns: false when a count was beyond 24 bits; the nearest 24-bit count is stored then.
  public mutating func append(_ frame: FrameSlot) throws(RecordingFault) -> Bool {
    var isInRange = true
    let channelCount = plan.montage.channels.count
    for channel in 0..<channelCount {
      let count = frame.count(channel)
      let stored = min(max(count, -8_388_608), 8_388_607)
      if stored != count { isInRange = false }
      put(UInt32(bitPattern: stored), signal: channel)
    }
    let header = frame.header
    for word in 0..<plan.auxiliaries.count {
      put(header.statusWord(ofChip: word), signal: channelCount + word)
    }
    frameCount += 1
    try advance()
    return isInRange
  }

  /// Adds samples that never arrived, as zeros.
  public mutating func appendZeros(_ count: UInt64) throws(RecordingFault) {
    for _ in 0..<count {
      for signal in 0..<signalCount { put(0, signal: signal) }
      try advance()
    }
  }

  /// Notes something about a sample, or about `count` samples from it on.
  ///
  /// Texts of more than 400 bytes are cut. A text that finds no room in this record goes into the
  /// next one.
  public mutating func annotate(sample: UInt64, count: UInt64 = 0, text: String) {
    let onset = clock.onset(ofSample: sample)
    let end = clock.onset(ofSample: sample &+ count)
    queue.append(
      RecordedAnnotation(
        onset: onset, duration: count == 0 ? nil : end - onset, text: Self.cut(text)))
  }

  /// Fills up the last record, writes all that waits, and makes it durable. Nothing after this.
  public mutating func finish() throws(RecordingFault) {
    while filled > 0 || !queue.isEmpty || recordCount == 0 {
      let first = position
      let missing = UInt64(clock.samplesPerRecord - filled)
      clearRest(from: filled)
      try writeRecord(padding: (first, missing))
    }
    try sync()
  }

  /// After a fault: cuts the file to its whole records and says in the last of them why it ends.
  ///
  /// Every step is tried, since none can be relied on; the file opens whichever succeed.
  public mutating func abandon(_ text: String) {
    let last = recordCount > 0 ? recordCount - 1 : 0
    if recordCount > 0 {
      let bytes = TAL.encode(
        onset: startFraction + clock.onset(ofSample: max(1, storedSampleCount) - 1),
        text: Self.cut(text))
      let room = recordByteCount - sampleByteCount - lastAnnotationByteCount
      // One byte of zero must remain before it, which the list before it ended with.
      if bytes.count <= room {
        let place =
          headerByteCount + last * recordByteCount + sampleByteCount + lastAnnotationByteCount
        try? file.write(bytes, at: place)
      }
    }
    try? file.cut(to: headerByteCount + max(1, recordCount) * recordByteCount)
    try? sync()
  }

  // MARK: Records

  private mutating func put(_ pattern: UInt32, signal: Int) {
    let offset = 3 * (signal * clock.samplesPerRecord + filled)
    precondition(offset >= 0 && offset + 3 <= sampleByteCount, "a sample has a place")
    // SAFETY: the offset lies within the samples of the record, as was just checked.
    unsafe record.storeBytes(
      of: UInt8(truncatingIfNeeded: pattern), toByteOffset: offset, as: UInt8.self)
    unsafe record.storeBytes(
      of: UInt8(truncatingIfNeeded: pattern >> 8), toByteOffset: offset + 1, as: UInt8.self)
    unsafe record.storeBytes(
      of: UInt8(truncatingIfNeeded: pattern >> 16), toByteOffset: offset + 2, as: UInt8.self)
  }

  private mutating func advance() throws(RecordingFault) {
    filled += 1
    if filled == clock.samplesPerRecord { try writeRecord(padding: nil) }
  }

  private mutating func clearRest(from sample: Int) {
    let rest = 3 * (clock.samplesPerRecord - sample)
    for signal in 0..<signalCount {
      let start = 3 * (signal * clock.samplesPerRecord + sample)
      // SAFETY: the rest of one signal's samples, within the record.
      unsafe UnsafeMutableRawBufferPointer(rebasing: record[start..<(start + rest)])
        .initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  private mutating func writeRecord(padding: (sample: UInt64, count: UInt64)?)
    throws(RecordingFault)
  {
    let onset = startFraction + clock.onset(ofSample: UInt64(recordCount) * samplesPerRecord)
    var block = TAL.encode(onset: onset, text: "")
    if let padding {
      let start = clock.onset(ofSample: padding.sample)
      let end = clock.onset(ofSample: padding.sample + padding.count)
      block += TAL.encode(
        onset: startFraction + start, duration: end - start,
        text: SpanMark.padding.text(count: padding.count))
    }
    let room = recordByteCount - sampleByteCount
    while let next = queue.first {
      let bytes = TAL.encode(
        onset: startFraction + next.onset, duration: next.duration, text: next.text)
      guard block.count + bytes.count <= room - Self.closingByteCount else { break }
      block += bytes
      queue.removeFirst()
    }
    let used = block.count
    block += repeatElement(0, count: room - used)
    // SAFETY: the annotations are the last `room` bytes of the record.
    unsafe UnsafeMutableRawBufferPointer(rebasing: record[sampleByteCount...])
      .copyBytes(from: block)

    let place = headerByteCount + recordCount * recordByteCount
    if recordCount == 0 {
      // The placeholder is declared as padding until its samples are on the medium.
      unsafe try file.write(
        UnsafeRawBufferPointer(rebasing: record[..<sampleByteCount]), at: place)
      try file.sync()
      unsafe try file.write(
        UnsafeRawBufferPointer(rebasing: record[sampleByteCount...]), at: place + sampleByteCount)
    } else {
      unsafe try file.write(UnsafeRawBufferPointer(record), at: place)
    }
    recordCount += 1
    filled = 0
    self.padding += padding?.count ?? 0
    storedFrameCount = frameCount
    lastAnnotationByteCount = used
    if recordCount - syncedCount >= plan.recordsPerSync { try sync() }
  }

  /// First the records, then their number.
  private mutating func sync() throws(RecordingFault) {
    try file.sync()
    syncedCount = recordCount
    guard recordCount > announcedCount else { return }
    let text = String(recordCount)
    // Eight digits: three years of records of a second.
    guard text.utf8.count <= 8 else { throw .writeFailed(path: path, errno: 27) }
    try file.write(
      Array(text.utf8) + repeatElement(UInt8(ascii: " "), count: max(0, 8 - text.utf8.count)),
      at: Self.countOffset)
    announcedCount = recordCount
    try file.sync()
  }

  /// Microseconds: finer ones are lost in readers that keep time in them.
  private static func fraction(of start: RecordedTime) -> Nanoseconds {
    Nanoseconds(start.split.nanoseconds / 1_000 * 1_000)
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > longestText else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: longestText)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end])
  }
}
