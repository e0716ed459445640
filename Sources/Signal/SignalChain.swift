// The stages from raw counts to features, assembled once.
//
//     counts → µV → DC removal → notch → band-pass → (Kalman) → common average → log band power
//                 ↘ artifact gate
//
// Filters, gate and powers see samples only, never a clock: the same samples give the same
// features, bit for bit, live and replayed.

import MathShim
public import RT

/// How the signal is treated. The defaults are those of the embedded decoder.
public struct SignalConfiguration: Sendable, Equatable {
  public enum BandPass: Sendable, Equatable {
    /// Causal, recursive; the short delay. `order` is the low-pass prototype's.
    case butterworth(order: Int)
    /// Linear phase; (taps − 1) / 2 samples of delay.
    case fir(taps: Int)
  }

  public var dcCornerHertz: Double
  /// Nil for no notch.
  public var mainsHertz: Double?
  public var notchQuality: Double
  public var bandPass: BandPass
  public var lowHertz: Double
  public var highHertz: Double
  /// Process over measurement variance; nil for no Kalman filter.
  public var kalmanRatio: Double?
  public var isCommonAverage: Bool
  public var windowSeconds: Double
  public var gate: GateLimits

  public init(
    dcCornerHertz: Double = 0.5, mainsHertz: Double? = 50, notchQuality: Double = 30,
    bandPass: BandPass = .butterworth(order: 2), lowHertz: Double = 8, highHertz: Double = 30,
    kalmanRatio: Double? = nil, isCommonAverage: Bool = true, windowSeconds: Double = 1,
    gate: GateLimits = GateLimits()
  ) {
    self.dcCornerHertz = dcCornerHertz
    self.mainsHertz = mainsHertz
    self.notchQuality = notchQuality
    self.bandPass = bandPass
    self.lowHertz = lowHertz
    self.highHertz = highHertz
    self.kalmanRatio = kalmanRatio
    self.isCommonAverage = isCommonAverage
    self.windowSeconds = windowSeconds
    self.gate = gate
  }
}

@safe
public struct SignalChain: ~Copyable, @unchecked Sendable {
  public let channelCount: Int
  /// What the method itself costs, stage by stage.
  public let delays: [StageDelay]
  /// Length of the band power window.
  public let structuralWindow: Nanoseconds

  let scales: UnsafeMutablePointer<Double>
  let filtered: UnsafeMutablePointer<Double>
  var dcRemoval: BiquadCascade
  var recursive: BiquadCascade?
  var fir: FIRFilter?
  var kalman: KalmanFilter?
  let isCommonAverage: Bool
  var powers: BandPower
  var artifacts: ArtifactGate
  /// The next frame is the first, or the first after a restart.
  var isFresh = true
  /// Samples lost or corrupt since the last one that was believed.
  var pendingGap: UInt32 = 0
  /// Gaps longer than this restart the filters.
  let restartGap: UInt32

  /// - Throws: `SignalFault` with a sentence, for a configuration that cannot work at this rate.
  public init(_ configuration: SignalConfiguration, montage: Montage) throws(SignalFault) {
    let rate = montage.samplesPerSecond
    guard rate > 0, rate.isFinite else {
      throw .badValue(name: "the sample rate", value: rate, mustBe: "positive")
    }
    guard !montage.channels.isEmpty else {
      throw .badValue(name: "the number of channels", value: 0, mustBe: "at least 1")
    }
    guard configuration.dcCornerHertz > 0, configuration.dcCornerHertz < rate / 4 else {
      throw .badValue(
        name: "the corner of DC removal", value: configuration.dcCornerHertz,
        mustBe: "between 0 and \(rate / 4) Hz")
    }
    let window = (configuration.windowSeconds * rate).rounded()
    guard window >= 1, window <= 1e7 else {
      throw .badValue(
        name: "the band power window", value: configuration.windowSeconds,
        mustBe: "at least one sample")
    }
    let centre = math_sqrt(configuration.lowHertz * configuration.highHertz)
    let dc = Biquad.dcRemoval(cornerHertz: configuration.dcCornerHertz, samplesPerSecond: rate)
    var delays = [
      StageDelay(
        name: "DC removal",
        delay: groupDelay(of: [dc], atHertz: centre, samplesPerSecond: rate), atHertz: centre)
    ]

    var sections: [Biquad] = []
    if let mains = configuration.mainsHertz {
      guard mains > 0, mains < rate / 2, configuration.notchQuality > 0 else {
        throw .badValue(
          name: "the notch's frequency", value: mains, mustBe: "between 0 and \(rate / 2) Hz")
      }
      let notch = Biquad.notch(
        centreHertz: mains, quality: configuration.notchQuality, samplesPerSecond: rate)
      sections.append(notch)
      delays.append(
        StageDelay(
          name: "notch", delay: groupDelay(of: [notch], atHertz: centre, samplesPerSecond: rate),
          atHertz: centre))
    }
    var taps: [Double]?
    switch configuration.bandPass {
    case .butterworth(let order):
      let band = try Butterworth.bandPass(
        order: order, lowHertz: configuration.lowHertz, highHertz: configuration.highHertz,
        samplesPerSecond: rate)
      sections += band
      delays.append(
        StageDelay(
          name: "band-pass", delay: groupDelay(of: band, atHertz: centre, samplesPerSecond: rate),
          atHertz: centre))
    case .fir(let count):
      taps = try LinearPhaseFIR.bandPass(
        taps: count, lowHertz: configuration.lowHertz, highHertz: configuration.highHertz,
        samplesPerSecond: rate)
      delays.append(
        StageDelay(
          name: "band-pass", delay: Nanoseconds(seconds: Double(count - 1) / 2 / rate),
          atHertz: 0))
    }
    if let ratio = configuration.kalmanRatio {
      guard ratio > 0, ratio.isFinite else {
        throw .badValue(name: "the Kalman filter's ratio", value: ratio, mustBe: "positive")
      }
      delays.append(
        StageDelay(
          name: "Kalman filter",
          delay: Nanoseconds(seconds: KalmanFilter.steadyDelay(ratio: ratio) / rate), atHertz: 0))
    }
    // Before the first allocation, so that a refusal leaves nothing behind.
    let gate = try ArtifactGate(
      configuration.gate, channelCount: montage.channels.count, samplesPerSecond: rate)

    channelCount = montage.channels.count
    self.delays = delays
    structuralWindow = Nanoseconds(seconds: window / rate)
    restartGap = UInt32(max(1, rate * 0.1))
    isCommonAverage = configuration.isCommonAverage
    unsafe scales = .allocate(capacity: channelCount)
    for (index, channel) in montage.channels.enumerated() {
      unsafe (scales + index).initialize(to: channel.microvoltsPerCount)
    }
    unsafe filtered = .allocate(capacity: channelCount)
    unsafe filtered.initialize(repeating: 0, count: channelCount)
    dcRemoval = BiquadCascade([dc], channelCount: channelCount)
    recursive = sections.isEmpty ? nil : BiquadCascade(sections, channelCount: channelCount)
    fir = taps.map { FIRFilter($0, channelCount: montage.channels.count) }
    kalman = configuration.kalmanRatio.map {
      KalmanFilter(ratio: $0, channelCount: montage.channels.count)
    }
    powers = BandPower(windowSampleCount: Int(window), channelCount: channelCount)
    artifacts = gate
  }

  deinit {
    unsafe scales.deallocate()
    unsafe filtered.deallocate()
  }
}
