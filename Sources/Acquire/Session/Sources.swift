// Where samples come from: the configuration's words made into an amplifier.

import Amplifiers
import RT
import Recording
import SampleFeed
import Signal

extension Configuration {
  /// - Parameter wanted: what the chip shall do instead of `chip()`.
  func modelledAmplifier(_ wanted: ADS1299Configuration? = nil) throws(Failure)
    -> ModelledADS1299
  {
    let chip = if let wanted { wanted } else { try chip() }
    let input: ModelInput
    switch amplifier.input {
    case "recording": input = .recording(try recordingToPlay().samples)
    case "test-signal": input = .testSignal
    default: input = .silence
    }
    var conditions = ModelConditions()
    // At whichever input the electrodes are.
    conditions.electrodeOhmsPositive = ElectrodeOhms(amplifier.electrodeOhms)
    conditions.electrodeOhmsNegative = ElectrodeOhms(amplifier.electrodeOhms)
    return ModelledADS1299(
      configuration: chip, input: input,
      clock: amplifier.clock == "held" ? .held : .freeRunning,
      channelLabels: amplifier.channels, conditions: conditions)
  }

  /// - Parameter wanted: what the chips shall do instead of `chips()`.
  func linuxAmplifier(_ wanted: [ADS1299Configuration]? = nil) throws(Failure) -> LinuxADS1299 {
    let chips = if let wanted { wanted } else { try chips() }
    return LinuxADS1299(
      configurations: chips, wiring: try wiring(), channelLabels: amplifier.channels)
  }

  /// Where the chips are connected.
  func wiring() throws(Failure) -> ADS1299Wiring {
    func line(_ offset: Int) -> GPIOLine? { offset < 0 ? nil : .offset(offset) }
    let layout = try ChipLayout(amplifier)
    return ADS1299Wiring(
      spiDevices: layout.devices, clockHertz: UInt32(amplifier.spiHertz),
      chipLabel: amplifier.dataReadyChip, dataReadyLine: .offset(layout.dataReadyLines[0]),
      otherDataReadyLines: layout.dataReadyLines.dropFirst().map { .offset($0) },
      resetLine: line(amplifier.resetLine), startLine: line(amplifier.startLine),
      powerDownLine: line(amplifier.powerDownLine))
  }

  /// The file that was named, or the embedded recording.
  func recordingToPlay() throws(Failure) -> BDFRecording {
    if !amplifier.recording.isEmpty { return try Self.read(amplifier.recording) }
    let bytes = unsafe [UInt8](
      UnsafeBufferPointer(start: sample_feed_bytes(), count: Int(sample_feed_byte_count)))
    return try explaining(.data) { () throws(RecordingFault) in
      try BDFReader.decode(bytes, path: "the embedded recording")
    }
  }

  static func read(_ path: String) throws(Failure) -> BDFRecording {
    do throws(RecordingFault) {
      return try BDFReader.read(path)
    } catch {
      if case .unreadable = error { throw Failure(.noInput, error.message) }
      throw Failure(.data, error.message)
    }
  }
}

extension BDFRecording {
  /// The frames of this recording in the place of an amplifier.
  func replay(name: String, pace: ReplayPace) -> Amplifiers.Replay {
    Amplifiers.Replay(
      table: samples, statusWords: statusWords, auxiliaries: auxiliaries,
      gaps: Self.union(gaps + undecoded),
      flagged: [(.corrupt, corrupt), (.incomplete, incomplete), (.unsettled, unsettled)],
      name: "replay of \(name)", pace: pace)
  }
}

extension BDFRecording {
  /// Rising spans without overlap that cover the same samples.
  private static func union(_ spans: [RecordedGap]) -> [RecordedGap] {
    var merged: [RecordedGap] = []
    for span in spans.sorted(by: { $0.sampleIndex < $1.sampleIndex }) {
      let end = span.sampleIndex + UInt64(span.count)
      if let last = merged.last, span.sampleIndex <= last.sampleIndex + UInt64(last.count) {
        let reached = max(end, last.sampleIndex + UInt64(last.count))
        merged[merged.count - 1].count = UInt32(clamping: reached - last.sampleIndex)
      } else {
        merged.append(span)
      }
    }
    return merged
  }
}

extension AmplifierFault {
  var status: ExitStatus {
    switch self {
    case .missing, .busy, .noConversions, .notPlugged, .noAnswer, .line: .unavailable
    case .permissionDenied: .refused
    case .wrongIdentity, .registerMismatch, .unsynchronised: .wrongDevice
    case .unsupported, .severalPlugged: .configuration
    case .commandRefused: .wrongDevice
    case .system: .system
    }
  }
}
