// Where samples come from: the configuration's words made into an amplifier.

import Amplifiers
import RT
import Recording
import SampleFeed
import Signal

extension Configuration {
  /// What the chip shall do.
  func chip() throws(Failure) -> ADS1299Configuration {
    // The settings' own table has let nothing else through.
    guard let rate = DataRate(samplesPerSecond: amplifier.rate),
      let gain = Gain(factor: amplifier.gain)
    else {
      throw Failure(
        .configuration, "an ADS1299 has neither \(amplifier.rate) samples a second nor gain "
          + "\(amplifier.gain)")
    }
    return ADS1299Configuration(
      rate: rate, gain: gain,
      input: amplifier.input == "test-signal" && amplifier.kind == "model"
        ? .testSignal : .electrode,
      channelCount: amplifier.channels.count)
  }

  /// The channels that the chip will deliver.
  func chipMontage() throws(Failure) -> Montage {
    let chip = try chip()
    return try explaining(.configuration) { () throws(AmplifierFault) in
      try chip.montage(labels: amplifier.channels)
    }
  }

  func modelledAmplifier() throws(Failure) -> ModelledADS1299 {
    let input: ModelInput
    switch amplifier.input {
    case "recording": input = .recording(try recordingToPlay().samples)
    default: input = .silence
    }
    let chip = try chip()
    let clock: ModelClock = amplifier.clock == "held" ? .held : .freeRunning
    return try explaining(.configuration) { () throws(AmplifierFault) in
      try ModelledADS1299(
        configuration: chip,
        port: ModelPort(input: input, clock: clock, channelCount: chip.channelCount),
        channelLabels: amplifier.channels)
    }
  }

  func linuxAmplifier() throws(Failure) -> LinuxADS1299 {
    let chip = try chip()
    func line(_ offset: Int) -> Int? { offset < 0 ? nil : offset }
    let wiring = ADS1299Wiring(
      spiDevice: amplifier.spiDevice, spiHertz: amplifier.spiHertz,
      chipLabel: amplifier.dataReadyChip, dataReadyLine: amplifier.dataReadyLine,
      resetLine: line(amplifier.resetLine), startLine: line(amplifier.startLine),
      powerDownLine: line(amplifier.powerDownLine))
    do throws(AmplifierFault) {
      return try LinuxADS1299(
        configuration: chip, port: LinuxPort(wiring), channelLabels: amplifier.channels)
    } catch {
      throw Failure(error.status, error.message)
    }
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
      name: "replay of \(name)", table: samples, statusWords: statusWords, gaps: gaps + undecoded,
      corrupt: corrupt, unsettled: unsettled, pace: pace)
  }
}

extension AmplifierFault {
  var status: ExitStatus {
    switch self {
    case .missing, .busy: .unavailable
    case .permissionDenied: .refused
    case .wrongIdentity, .registerMismatch: .wrongDevice
    case .unsupported: .configuration
    case .system: .system
    }
  }

  var message: String {
    switch self {
    case .missing(let device):
      "there is no \(device): check the wiring, switch SPI on (dtparam=spi=on), and look at "
        + "`acquire devices`"
    case .permissionDenied(let device):
      "\(device) may not be opened by this user: install the udev rules (make install) and join "
        + "the groups spi and gpio"
    case .busy(let device):
      "\(device) is held by another program: end it first"
    case .wrongIdentity(let found, let expected, let hint):
      "the chip identifies itself as 0x\(hex(found)), not as an ADS1299 (0x\(hex(expected)) in "
        + "its low five bits): \(hint)"
    case .registerMismatch(let name, let wrote, let read):
      "register \(name) was written 0x\(hex(wrote)) and reads 0x\(hex(read)): check the power "
        + "supply and slow the SPI clock down (amplifier.spi-hertz)"
    case .unsupported(let what): what
    case .system(let operation, let device, let errno):
      "\(operation) on \(device) failed: \(describe(errno: errno))"
    }
  }

  private func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}
