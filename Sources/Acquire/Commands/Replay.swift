// acquire replay: the live pipeline over a recording, decision by decision.

import ArgumentParser
import Decoding
import Monitor
import RT
import Recording
import Signal

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the pipeline over a recording and prints its decisions.",
    discussion: """
      The decisions are those that a live session annotated in the file, bit for bit, as long as \
      the configuration is the same.

      EXAMPLES
        acquire replay recordings/acquire-20261120T101500Z.bdf
        acquire replay session.bdf --json | head
        acquire replay session.bdf --paced
      """)

  @OptionGroup var source: ConfigurationOptions

  @Argument(help: "A BDF or EDF file.")
  var file: String

  @Option(help: ArgumentHelp("Model file of the decoder.", valueName: "file"))
  var model: String?

  @Flag(help: "One JSON object a line: sample, class, confidence.")
  var json = false

  @Flag(help: "At the speed of the recording instead of as fast as possible.")
  var paced = false

  func run() throws {
    let configuration = try source.load(options: [("decoder.model", model)])
    let recording = try Configuration.read(file)
    if recording.isTruncated {
      Terminal.error.write(
        "acquire: \(file) was cut short, \(recording.missingBytes) bytes are missing: replaying "
          + "its whole records\n")
    }
    let plan = try SessionPlan(configuration, montage: recording.samples.montage)
    var stage = try plan.stage()
    var player = FramePlayer(recording)
    let start = MonotonicInstant.now()
    var decisions = 0
    while let frame = player.next() {
      let header = frame.header
      if paced {
        let span = Nanoseconds(seconds: Double(header.sampleIndex) / player.samplesPerSecond)
        var timer = CyclicTimer(period: max(Nanoseconds(1), start + span - .now()))
        _ = timer.wait()
      }
      _ = stage.filter(frame)
      guard case .decided(let intent) = stage.decide(frame) else { continue }
      decisions += 1
      show(intent, name: plan.model.classes[intent.classIndex], rate: player.samplesPerSecond)
    }
    if !json {
      Terminal.output.write(
        "\(decisions) decisions on \(recording.samples.sampleCount) samples of \(file)\n")
    }
  }

  private func show(_ intent: Intent, name: String, rate: Double) {
    if json {
      let line = JSON.object([
        .init("sample", .unsigned(intent.sampleIndex)), .init("class", .string(name)),
        .init("confidence", .number(intent.confidence)),
      ])
      Terminal.output.write(line.line + "\n")
    } else {
      let seconds = decimal(Double(intent.sampleIndex) / rate, places: 3)
      Terminal.output.write("\(seconds) s  \(name)  \(decimal(intent.confidence, places: 3))\n")
    }
  }
}

/// Makes the frames of a recording again, one at a time, in memory of its own.
@safe
struct FramePlayer: ~Copyable {
  let samplesPerSecond: Double
  private let recording: BDFRecording
  private let memory: UnsafeMutableRawPointer
  /// For each sample the flags of its frame; nil where there was none.
  private let flags: [UInt16?]
  private var sample = 0
  private var expected = 0

  init(_ recording: BDFRecording) {
    self.recording = recording
    samplesPerSecond = recording.samples.montage.samplesPerSecond
    var flags = [UInt16?](repeating: 0, count: recording.samples.sampleCount)
    func mark(_ spans: [RecordedGap], _ change: (UInt16?) -> UInt16?) {
      for span in spans {
        let first = Int(clamping: span.sampleIndex)
        let end = min(flags.count, first + Int(span.count))
        for index in min(first, end)..<end { flags[index] = change(flags[index]) }
      }
    }
    mark(recording.corrupt) { $0.map { $0 | FrameFlags.corrupt.rawValue } }
    mark(recording.incomplete) { $0.map { $0 | FrameFlags.incomplete.rawValue } }
    mark(recording.unsettled) { $0.map { $0 | FrameFlags.unsettled.rawValue } }
    // Neither the decoder of that session saw these.
    mark(recording.gaps) { _ in nil }
    mark(recording.undecoded) { _ in nil }
    self.flags = flags
    let byteCount = FrameSlot.byteCount(channelCount: recording.samples.channelCount)
    unsafe memory = .allocate(byteCount: byteCount, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit { unsafe memory.deallocate() }

  /// The next frame, valid until the next call; nil at the end.
  mutating func next() -> FrameSlot? {
    while sample < flags.count {
      defer { sample += 1 }
      guard let mark = flags[sample] else { continue }
      let frame = unsafe FrameSlot(memory)
      let table = recording.samples
      var header = FrameHeader()
      header.sampleIndex = UInt64(sample)
      header.lostBefore = UInt32(clamping: sample - expected)
      header.channelCount = UInt32(table.channelCount)
      header.flags = FrameFlags(rawValue: mark)
      header.chipCount = UInt16(recording.statusWords.count)
      for (chip, words) in recording.statusWords.enumerated() {
        header.setStatusWord(words[sample], ofChip: chip)
      }
      for (index, auxiliary) in recording.auxiliaries.enumerated() {
        header.setStatusWord(
          UInt32(bitPattern: auxiliary.counts[sample]),
          ofChip: recording.statusWords.count + index)
      }
      frame.header = header
      for channel in 0..<table.channelCount {
        frame.setCount(channel, to: table.counts[sample * table.channelCount + channel])
      }
      expected = sample + 1
      return frame
    }
    return nil
  }
}
