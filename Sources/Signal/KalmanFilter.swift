// A scalar Kalman filter for each channel: a random walk seen through noise.
//
//     state        x[n] = x[n−1] + w,  var w = Q
//     measurement  z[n] = x[n] + v,    var v = R
//
// Only the ratio q = Q/R matters, and the gain K stands still in steady state, from which it starts
// here: this is a one-pole low-pass, y[n] = y[n−1] + K (z[n] − y[n−1]), with K = (√(q² + 4q) − q) / 2, and
// costs a low-pass's delay, (1 − K) / K samples at low frequencies. It knows nothing that a
// one-pole filter does not know; it is here because people ask for it by this name.
//
// Real-time: constant time for a sample; no system calls.

import MathShim

@safe
public struct KalmanFilter: ~Copyable, @unchecked Sendable {
  /// Process variance over measurement variance.
  public let ratio: Double
  private let channelCount: Int
  /// Estimate, and its variance in units of R, for each channel.
  private let estimates: UnsafeMutablePointer<Double>
  private let variances: UnsafeMutablePointer<Double>

  public init(ratio: Double, channelCount: Int) {
    precondition(ratio > 0 && channelCount > 0, "the ratio is positive")
    self.ratio = ratio
    self.channelCount = channelCount
    unsafe estimates = .allocate(capacity: channelCount)
    unsafe variances = .allocate(capacity: channelCount)
    unsafe estimates.initialize(repeating: 0, count: channelCount)
    unsafe variances.initialize(repeating: 0, count: channelCount)
    reset()
  }

  deinit {
    unsafe estimates.deallocate()
    unsafe variances.deallocate()
  }

  /// The gain that the filter comes to rest at.
  @_noLocks @_noAllocation
  public static func steadyGain(ratio: Double) -> Double {
    (math_sqrt(ratio * ratio + 4 * ratio) - ratio) / 2
  }

  /// Delay in samples at low frequencies, in steady state.
  public static func steadyDelay(ratio: Double) -> Double {
    let gain = steadyGain(ratio: ratio)
    return (1 - gain) / gain
  }

  @_noLocks @_noAllocation
  public mutating func process(_ sample: Double, channel: Int) -> Double {
    precondition(channel >= 0 && channel < channelCount, "the channel exists")
    // SAFETY: the channel was checked.
    let predicted = unsafe variances[channel] + ratio
    let gain = predicted / (predicted + 1)
    let estimate = unsafe estimates[channel]
    let corrected = estimate + gain * (sample - estimate)
    unsafe estimates[channel] = corrected
    unsafe variances[channel] = (1 - gain) * predicted
    return corrected
  }

  /// Starts from zero, in steady state: a first measurement, which may be an artifact, counts no
  /// more than any other.
  @_noLocks @_noAllocation
  public mutating func reset() {
    let gain = Self.steadyGain(ratio: ratio)
    for channel in 0..<channelCount {
      unsafe estimates[channel] = 0
      // The variance after an update in steady state is K·R.
      unsafe variances[channel] = gain
    }
  }
}
