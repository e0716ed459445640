// From an amplifier's counts to the features of a decoder: the stages, in their order.
//
//   counts → µV → DC removal → notch ─┬→ band-pass → Kalman → common average → band power
//                                     └→ artifact gate (also sees raw potentials and status word)
//
// Promises: the same frames give the same features, gate and settling, bit for bit, one at a time
// or in blocks, live or replayed. All memory is taken in `init`. Nothing is interpolated: a lost or
// corrupt sample is left out, the gate closes, and a gap beyond the tolerance starts the filters
// and the window over.
// Start reading at `process` in SignalChain+RealTime.swift.

public import RT

/// The signal path of one amplifier, used by one thread at a time.
@safe
public struct SignalChain: ~Copyable {
  public let configuration: SignalConfiguration
  public let channelCount: Int
  public let samplesPerSecond: Double
  /// Each stage's group delay at the band's geometric centre, in the order of the stages.
  ///
  /// The common average has none. The band power's window is not a delay of the filters: see
  /// `structuralWindow`.
  public let groupDelays: [StageDelay]

  var gateStage: ArtifactGate
  var dcRemoval: DCRemoval
  /// Without sections when there is no notch.
  var notch: SectionCascade
  /// Without sections when the band-pass is a FIR filter.
  var bandPassSections: SectionCascade
  /// Without taps when the band-pass is recursive.
  var bandPassTaps: LinearPhaseFIR
  var kalman: KalmanFilter?
  var commonAverage: CommonAverageReference?
  var bandPower: BandPower

  let scales: Workspace<Double>
  let raw: Workspace<Double>
  let work: Workspace<Double>
  let toleratedLoss: UInt64
  /// Samples lost since the last frame that was let in.
  var pendingLoss: UInt64 = 0
  var epoch: UInt32 = 0
  var hasStarted = false

  /// Assembles the chain for a montage; not on the real-time path.
  ///
  /// - Throws: the first thing in the configuration or the montage that would not do what it says.
  public init(_ configuration: SignalConfiguration, montage: Montage) throws(SignalFault) {
    let rate = montage.samplesPerSecond
    let channels = montage.channels.count
    guard channels > 0 else { throw .noChannels }
    guard rate > 0, rate.isFinite else { throw .rateNotPositive(rate) }
    for (index, channel) in montage.channels.enumerated() {
      guard channel.microvoltsPerCount > 0, channel.microvoltsPerCount <= 1e6 else {
        throw .scaleOutOfRange(channel: index, microvoltsPerCount: channel.microvoltsPerCount)
      }
    }
    guard configuration.gapTolerance >= .zero else {
      throw .thresholdNotPositive(name: "gap tolerance (s)", configuration.gapTolerance.seconds)
    }
    let band = configuration.bandPass.band
    let centre = band.centre
    var delays: [StageDelay] = []

    let dcRemoval = try DCRemoval(
      corner: configuration.dcCorner, samplesPerSecond: rate, channelCount: channels)
    delays.append(
      StageDelay(
        name: "DC removal",
        delay: [dcRemoval.section].groupDelay(at: centre, samplesPerSecond: rate), at: centre))

    var notchSections: [Biquad] = []
    if let mains = configuration.mains {
      notchSections = [
        try Notch.section(
          mains: mains.frequency, quality: configuration.notchQuality, samplesPerSecond: rate)
      ]
      let delay = notchSections.groupDelay(at: centre, samplesPerSecond: rate)
      delays.append(StageDelay(name: "notch", delay: delay, at: centre))
    }

    if let frequency = configuration.leadOffFrequency {
      let section = try Notch.section(
        mains: frequency, quality: configuration.notchQuality, samplesPerSecond: rate)
      notchSections.append(section)
      let delay = [section].groupDelay(at: centre, samplesPerSecond: rate)
      delays.append(StageDelay(name: "lead-off notch", delay: delay, at: centre))
    }

    var sections: [Biquad] = []
    var taps: [Double] = []
    switch configuration.bandPass {
    case .butterworth(let order, let band):
      sections = try Butterworth.bandPass(order: order, band: band, samplesPerSecond: rate)
    case .fir(let count, let band):
      taps = try LinearPhaseFIR.bandPass(taps: count, band: band, samplesPerSecond: rate)
    }
    guard configuration.dcCorner < band.low else {
      throw .dcCornerInBand(configuration.dcCorner, low: band.low)
    }
    let bandPassTaps = LinearPhaseFIR(taps: taps, channelCount: channels)
    let bandPassDelay =
      taps.isEmpty
      ? sections.groupDelay(at: centre, samplesPerSecond: rate)
      : bandPassTaps.groupDelay(samplesPerSecond: rate)
    delays.append(StageDelay(name: "band-pass", delay: bandPassDelay, at: centre))

    var kalman: KalmanFilter?
    if let model = configuration.kalman {
      let filter = try KalmanFilter(model, samplesPerSecond: rate, channelCount: channels)
      if let corner = filter.equivalentCorner, corner < centre {
        throw .kalmanCutsBand(corner: corner, centre: centre)
      }
      delays.append(
        StageDelay(name: "Kalman filter", delay: filter.groupDelay(at: centre), at: centre))
      kalman = consume filter
    }
    var commonAverage: CommonAverageReference?
    if configuration.commonAverage {
      commonAverage = try CommonAverageReference(channelCount: channels)
    }
    let gateStage = try ArtifactGate(
      configuration.gate, samplesPerSecond: rate, channelCount: channels)
    let bandPower = try BandPower(
      windowSeconds: configuration.windowSeconds, samplesPerSecond: rate, channelCount: channels)

    // Nothing throws from here on: a chain is never half made.
    self.gateStage = consume gateStage
    self.dcRemoval = consume dcRemoval
    notch = SectionCascade(notchSections, channelCount: channels)
    bandPassSections = SectionCascade(sections, channelCount: channels)
    self.bandPassTaps = consume bandPassTaps
    self.kalman = consume kalman
    self.commonAverage = consume commonAverage
    self.bandPower = consume bandPower

    self.configuration = configuration
    channelCount = channels
    samplesPerSecond = rate
    groupDelays = delays
    scales = Workspace(count: channels, repeating: 0)
    raw = Workspace(count: channels, repeating: 0)
    work = Workspace(count: channels, repeating: 0)
    toleratedLoss = UInt64(configuration.gapTolerance.seconds * rate)
    for (index, channel) in montage.channels.enumerated() {
      // SAFETY: `scales` was made for the channels of this montage.
      unsafe scales.base[index] = channel.microvoltsPerCount
    }
  }

  /// The group delays of all stages together.
  public var totalGroupDelay: Nanoseconds { groupDelays.reduce(.zero) { $0 + $1.delay } }

  /// The time that one value of the band power looks back over.
  public var structuralWindow: Nanoseconds {
    Nanoseconds(seconds: Double(bandPower.windowSamples) / samplesPerSecond)
  }

  /// The window of the band power, in samples.
  public var windowSamples: Int { bandPower.windowSamples }

  /// The gate's hold-off, in frames.
  public var holdOffFrames: Int { gateStage.holdOffFrames }
}
