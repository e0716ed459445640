// From the configuration, text and numbers, to values that each part has checked; no hardware is
// touched yet, so that a mistake costs nothing.

import Amplifiers
import Decoding
import Exoskeleton
import RT
import Signal

/// Everything that a session needs to know before it opens the first device.
struct SessionPlan {
  let configuration: Configuration
  let montage: Montage
  let signal: SignalConfiguration
  let model: LinearModel
  let rule: DecisionRule
  let limits: GovernorLimits
  let drive: DriveSettings
  let demands: DemandTable
  let framesPerDecision: Int
  /// Electrodes measured while the session runs; nil: no current flows.
  var impedance: ImpedancePlan?
  /// What has come is taken once in so long; nil: at once.
  var gathering: Nanoseconds?
  /// False for a measurement of the path: no file is made.
  var records = true

  /// - Parameter montage: of the amplifier or of the recording.
  init(_ configuration: Configuration, montage: Montage) throws(Failure) {
    self.configuration = configuration
    self.montage = montage
    signal = try Self.signal(configuration, montage: montage)
    model = try Self.model(configuration.decoder)
    limits = try configuration.exoskeleton.limits()
    demands = try configuration.exoskeleton.demands(of: model.classes, limits: limits)
    drive = try configuration.exoskeleton.drive(mode: demands.mode)
    let decoder = configuration.decoder
    rule = try explaining(.configuration, prefix: "[decoder] ") { () throws(ModelFault) in
      try DecisionRule(
        enterProbability: decoder.enterProbability, exitProbability: decoder.exitProbability,
        dwellDecisions: decoder.dwellDecisions)
    }
    let frames = montage.samplesPerSecond * decoder.periodSeconds
    guard frames >= 1 else {
      throw Failure(
        .configuration,
        "`decoder.period` of \(decoder.periodSeconds) s is shorter than a sample at "
          + "\(montage.samplesPerSecond) a second: lengthen it")
    }
    framesPerDecision = Int(frames + 0.5)
    let lead = configuration.realTime.awakeBeforeFrameMicroseconds
    let longest = Int(Pipeline.longestLead(montage).microseconds)
    guard lead <= longest else {
      throw Failure(
        .configuration,
        "`realtime.awake-before-frame` of \(lead) µs is more than an eighth of the time between "
          + "samples: \(longest) µs is the most at \(montage.samplesPerSecond) a second")
    }
  }

  /// The signal chain and the decoder, for this plan's channels.
  func stage() throws(Failure) -> DecodingStage {
    let amplifier = configuration.amplifier
    if amplifier.kind != "replay", let dark = amplifier.off.first {
      throw Failure(
        .configuration,
        "`amplifier.off` powers \(dark) down, which the decoder needs: leave it on, or use "
          + "`acquire record`")
    }
    try explaining(.data) { () throws(ModelFault) in try model.validate(against: montage) }
    return DecodingStage(
      chain: try chain(), decoder: LinearDecoder(model: model, rule: rule),
      drift: try drift(), framesPerDecision: framesPerDecision)
  }

  private func drift() throws(Failure) -> DriftWatch? {
    let section = configuration.decoder
    if section.driftRatio == 0 { return nil }
    guard section.driftRatio > 1 else {
      throw Failure(
        .configuration,
        "`decoder.drift-ratio` is \(section.driftRatio), which every power has left: choose one "
          + "above 1, or 0 to watch for no drift")
    }
    return DriftWatch(
      model: model, ratio: section.driftRatio, span: Nanoseconds(seconds: section.driftSeconds))
  }

  /// No model was given, and the one that is part of the program is for other channels.
  var lacksModel: Bool {
    configuration.decoder.model.isEmpty && montage.channels.map(\.label) != model.channels
  }

  /// The signal chain alone, for this plan's channels.
  func chain() throws(Failure) -> SignalChain {
    try explaining(.configuration, prefix: "[signal] ") { () throws(SignalFault) in
      try SignalChain(signal, montage: montage)
    }
  }

  private static func signal(_ configuration: Configuration, montage: Montage) throws(Failure)
    -> SignalConfiguration
  {
    let section = configuration.signal
    var signal = SignalConfiguration()
    signal.dcCorner = Hertz(section.dcCornerHertz)
    signal.mains = Mains(rawValue: Int(section.mainsHertz))
    signal.notchQuality = section.notchQuality
    let band = Band(low: Hertz(section.bandHertz[0]), high: Hertz(section.bandHertz[1]))
    signal.bandPass =
      section.filter == "fir"
      ? .fir(taps: section.taps, band) : .butterworth(order: section.order, band)
    if section.kalmanProcessVariance > 0 {
      signal.kalman = KalmanModel(
        processVariancePerSecond: section.kalmanProcessVariance,
        measurementVariance: section.kalmanMeasurementVariance)
    }
    if configuration.impedance.monitor {
      let frequency = montage.samplesPerSecond / 4
      guard section.bandHertz[1] <= 0.8 * frequency else {
        throw Failure(
          .configuration,
          "impedance.monitor sends a current of \(frequency) Hz, too near to signal.band, which "
            + "ends at \(section.bandHertz[1]) Hz: raise amplifier.rate or narrow the band")
      }
      signal.leadOffFrequency = Hertz(frequency)
    }
    signal.commonAverage = section.commonAverage
    signal.windowSeconds = section.windowSeconds
    if let kind = configuration.streamKind {
      signal.gate.fullScaleCounts = try configuration.streamProfile(kind).format.fullScaleCounts
    }
    let gate = configuration.gate
    signal.gate.amplitude = Microvolts(gate.amplitudeMicrovolts)
    signal.gate.gradientMicrovoltsPerSecond = gate.gradientMicrovoltsPerMillisecond * 1_000
    signal.gate.flat = Microvolts(gate.flatMicrovolts)
    signal.gate.flatSpan = Nanoseconds(seconds: gate.flatSeconds)
    signal.gate.holdOff = Nanoseconds(seconds: gate.holdOffSeconds)
    if gate.leadOff {
      let watched = try watchedElectrodes(configuration, channelCount: montage.channels.count)
      signal.gate.leadOffPositive = watched.positive
      signal.gate.leadOffNegative = watched.negative
    }
    return signal
  }

  /// Whose lead-off bits close the gate, bit 0 the first channel of the first chip.
  private static func watchedElectrodes(
    _ configuration: Configuration, channelCount: Int
  ) throws(Failure) -> (positive: UInt32, negative: UInt32) {
    // What a recording was made with is in its status words.
    if configuration.amplifier.kind == "replay" {
      let all = channelCount < 32 ? 1 << UInt32(channelCount) - 1 : UInt32.max
      return (all, all)
    }
    var watched: (positive: UInt32, negative: UInt32) = (0, 0)
    var first = 0
    guard configuration.streamKind == nil else {
      throw Failure(
        .configuration,
        "`gate.lead-off` is true, but \(configuration.amplifier.kind) does not say whether an "
          + "electrode is off: set it to false")
    }
    for chip in try configuration.chips() {
      guard let leadOff = chip.leadOff else {
        throw Failure(
          .configuration,
          "`gate.lead-off` is true, but no electrode is watched: set `amplifier.lead-off` to dc")
      }
      watched.positive |= UInt32(leadOff.positive.rawValue) << first
      watched.negative |= UInt32(leadOff.negative.rawValue) << first
      first += chip.channels.count
    }
    return watched
  }

  private static func model(_ section: DecoderSection) throws(Failure) -> LinearModel {
    if !section.model.isEmpty { return try ModelFile.read(section.model) }
    return try explaining(.data) { () throws(ModelFault) in try .motorImagery() }
  }
}
