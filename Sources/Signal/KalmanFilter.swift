// A scalar Kalman filter for each channel: a random walk seen through noise.
//
// `process` is real-time: decoding thread; channels × 3 operations; no system call.

import MathShim
public import RT

/// The two variances of the model.
public struct KalmanModel: Sendable, Equatable {
  /// How fast the walk spreads, µV² per second.
  public var processVariancePerSecond: Double
  /// Noise on each sample, µV².
  public var measurementVariance: Double

  public init(processVariancePerSecond: Double, measurementVariance: Double) {
    self.processVariancePerSecond = processVariancePerSecond
    self.measurementVariance = measurementVariance
  }
}

/// P += Q; K = P / (P + R); x += K (z − x); P −= K P, for every channel.
///
/// What it is: the gain K does not depend on the data and comes to rest, after some 2 / K samples,
/// at K = (√(q² + 4q) − q) / 2 with q = Q / R; from then on this is the one-pole low-pass
/// y += K (z − y), with the corner and the delay that are stated below, and nothing more.
/// It starts at the first sample, with that sample's noise for its variance.
@safe
public struct KalmanFilter: ~Copyable, FrameStage {
  public let channelCount: Int
  public let samplesPerSecond: Double
  private let processVariance: Double
  private let measurementVariance: Double
  private let estimates: Workspace<Double>
  /// The same for all channels, as it does not depend on what is measured; negative: not begun.
  private var variance = -1.0

  public init(
    _ model: KalmanModel, samplesPerSecond: Double, channelCount: Int
  ) throws(SignalFault) {
    guard samplesPerSecond > 0, samplesPerSecond.isFinite else {
      throw .rateNotPositive(samplesPerSecond)
    }
    let (walk, noise) = (model.processVariancePerSecond, model.measurementVariance)
    guard walk > 0, walk.isFinite else {
      throw .varianceNotPositive(name: "process variance", walk)
    }
    guard noise > 0, noise.isFinite else {
      throw .varianceNotPositive(name: "measurement variance", noise)
    }
    processVariance = walk / samplesPerSecond
    measurementVariance = noise
    self.samplesPerSecond = samplesPerSecond
    self.channelCount = channelCount
    estimates = Workspace(count: channelCount, repeating: 0)
  }

  /// The gain at which K comes to rest.
  public var steadyGain: Double {
    let q = processVariance / measurementVariance
    // (√(q² + 4q) − q) / 2, without the difference of two nearly equal numbers for a large q.
    return 2 * q / (q + squareRoot(q * q + 4 * q))
  }

  /// Where the low-pass that it becomes lets half of the power through; nil: nowhere below half
  /// the rate.
  public var equivalentCorner: Hertz? {
    let k = steadyGain
    let cosine = 1 - k * k / (2 * (1 - k))
    guard k < 1, cosine > -1 else { return nil }
    return Hertz(math_acos(cosine) * samplesPerSecond / (2 * Double.pi))
  }

  /// Group delay of the low-pass that it becomes: (1 − K) / K samples at DC, less above.
  public func groupDelay(at frequency: Hertz) -> Nanoseconds {
    [equivalentSection].groupDelay(at: frequency, samplesPerSecond: samplesPerSecond)
  }

  /// The low-pass that it becomes.
  public var equivalentSection: Biquad {
    Biquad(b0: steadyGain, b1: 0, b2: 0, a1: steadyGain - 1, a2: 0)
  }

  /// Starts at the next sample again.
  @_noLocks @_noAllocation
  public mutating func reset() { variance = -1 }

  @_noLocks @_noAllocation
  public mutating func process(_ samples: UnsafeMutablePointer<Double>) {
    // SAFETY: `samples` and `estimates` hold `channelCount` values.
    guard variance >= 0 else {
      variance = measurementVariance
      for channel in 0..<channelCount { unsafe estimates.base[channel] = samples[channel] }
      return
    }
    let predicted = variance + processVariance
    let gain = predicted / (predicted + measurementVariance)
    variance = predicted - gain * predicted
    for channel in 0..<channelCount {
      let estimate = unsafe estimates.base[channel]
      let corrected = unsafe atRest(estimate + gain * (samples[channel] - estimate))
      unsafe estimates.base[channel] = corrected
      unsafe samples[channel] = corrected
    }
  }
}
