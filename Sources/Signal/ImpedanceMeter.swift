// From counts to ohms: a synchronous detector for the current that measures electrodes.
//
// Every period of the current is a whole number of samples, so a window of whole periods sees it
// in one bin, and a constant offset in none. The window is a Hann window of about one second
// (2^21 clocks of the ADS1299): mains and drift far away leak as little as 1 / distance³ into the
// bin, and of the bins beside it ±2 and ±3 hold nothing of the current, but the same noise: that is
// the noise floor. Windows overlap by half and all begin at the same phase of the current, so their
// complex amplitudes are averaged before the magnitude is taken, whatever the phase is.
//
// Memory is taken by `init`; what feeds and reads is in ImpedanceMeter+RealTime.swift.

import MathShim

/// Measures the electrodes of all channels at once.
@safe
public struct ImpedanceMeter: ~Copyable {
  public let excitation: ImpedanceExcitation
  public let correction: ImpedanceCorrection
  public let channelCount: Int
  /// Samples of a window: a power of two, 1.02 s at the rates of the ADS1299.
  public let windowSamples: Int
  /// See `ContactThresholds.drownedAbove`.
  public let drownedAbove: Double
  /// The converter's last count, on either side.
  public let fullScaleCounts: Int32

  /// Windows that were completed since the start or the last reset.
  public internal(set) var windows: UInt64 = 0

  static var binCount: Int { @_noLocks @_noAllocation get { 5 } }

  let phaseError: Double
  /// The bin of the current, and those beside it in which there is only noise.
  let bins: Workspace<Int>
  /// Calibrated ohms for an amplitude of one count, one a channel.
  let ohmsPerCount: Workspace<Double>
  /// One turn: cos(2π n / windowSamples).
  let cosine: Workspace<Double>
  /// Of the sample at hand: window times cosine and sine, for each bin.
  let turns: Workspace<Double>
  /// Two windows, each with real and imaginary sums of all bins for each channel.
  let sums: Workspace<Double>
  /// Two windows, for each channel: bit 0 at the upper end, bit 1 at the lower.
  let rails: Workspace<UInt8>
  let newest: Workspace<ImpedanceEstimate>
  let average: Workspace<ImpedanceEstimate>
  /// Whether a window has seen every sample since its beginning.
  var isWhole: InlineArray<2, Bool> = [false, false]
  var hasStarted = false
  var expectedIndex: UInt64 = 0
  var epoch: UInt32 = 0

  /// - Parameters:
  ///   - montage: for the size of a count of each channel.
  ///   - drownedAbove: ohms.
  public init(
    _ excitation: ImpedanceExcitation, montage: Montage,
    correction: ImpedanceCorrection = ImpedanceCorrection(),
    drownedAbove: Double = ContactThresholds().drownedAbove, fullScaleCounts: Int32 = 8_388_607
  ) throws(ImpedanceFault) {
    guard !montage.channels.isEmpty else { throw .noChannels }
    guard montage.samplesPerSecond == excitation.samplesPerSecond else {
      throw .rateDiffers(
        montage: montage.samplesPerSecond, excitation: excitation.samplesPerSecond)
    }
    guard correction.calibration > 0, correction.calibration.isFinite,
      correction.seriesOhms >= 0, correction.seriesOhms.isFinite
    else {
      throw .correctionImpossible(
        calibration: correction.calibration, seriesOhms: correction.seriesOhms)
    }
    for (index, channel) in montage.channels.enumerated() {
      let scale = channel.microvoltsPerCount
      guard scale > 0, scale <= 1_000_000 else {
        throw .scaleOutOfRange(channel: index, microvoltsPerCount: scale)
      }
    }
    self.excitation = excitation
    self.correction = correction
    self.drownedAbove = drownedAbove
    self.fullScaleCounts = fullScaleCounts
    let channels = montage.channels.count
    let samples = max(
      Self.windowSamples(samplesPerSecond: excitation.samplesPerSecond),
      8 * excitation.periodSamples)
    channelCount = channels
    windowSamples = samples
    phaseError = excitation.phaseError
    ohmsPerCount = Workspace(count: channels, repeating: 0)
    cosine = Workspace(count: samples, repeating: 0)
    bins = Workspace(count: Self.binCount, repeating: 0)
    turns = Workspace(count: 2 * Self.binCount, repeating: 0)
    sums = Workspace(count: 2 * channels * 2 * Self.binCount, repeating: 0)
    rails = Workspace(count: 2 * channels, repeating: 0)
    newest = Workspace(count: channels, repeating: ImpedanceEstimate())
    average = Workspace(count: channels, repeating: ImpedanceEstimate())
    let scale = correction.calibration * 1e-6 / excitation.voltsPerOhm
    // SAFETY: each row is as long as what it is filled from.
    for (index, offset) in [0, -2, -3, 2, 3].enumerated() {
      unsafe bins.base[index] = samples / excitation.periodSamples + offset
    }
    for (index, channel) in montage.channels.enumerated() {
      unsafe ohmsPerCount.base[index] = channel.microvoltsPerCount * scale
    }
    for index in 0..<samples {
      unsafe cosine.base[index] = math_cos(2 * Double.pi * Double(index) / Double(samples))
    }
  }

  /// What drives a channel to the ends of its range, without the board's series resistors.
  public func fullScaleOhms(ofChannel channel: Int) -> Double {
    precondition(channel >= 0 && channel < channelCount, "a meter has its own channels only")
    // SAFETY: checked above. The square wave's peak is I · Z, its fundamental 4 / π of that.
    let ohms = unsafe ohmsPerCount.base[channel] * 4 / Double.pi * excitation.filterGain
    return ohms * Double(fullScaleCounts) - correction.seriesOhms
  }

  /// The smallest power of two that lasts a second.
  static func windowSamples(samplesPerSecond: Double) -> Int {
    var samples = 64
    while Double(samples) < samplesPerSecond, samples < 1 << 20 { samples *= 2 }
    return samples
  }

  static func binHertz(samplesPerSecond: Double) -> Double {
    samplesPerSecond / Double(windowSamples(samplesPerSecond: samplesPerSecond))
  }
}

/// What one or more windows say of a channel, in counts.
struct ImpedanceEstimate: BitwiseCopyable {
  /// Sums over the windows that were not saturated.
  var real = 0.0
  var imaginary = 0.0
  /// Mean square amplitude of the noise bins, summed.
  var noise = 0.0
  var windows = 0.0
  /// Windows with a sample at one end of the range, and at both.
  var saturated = 0.0
  var open = 0.0

  @_noLocks @_noAllocation
  init() {}
}
