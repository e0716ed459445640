// The electrode's offset taken out: a one-pole high-pass.
//
// `process` is real-time: decoding thread; channels × 4 operations; no system call.

import MathShim

/// y[n] = g (x[n] − x[n−1]) + p y[n−1]: a first-order Butterworth high-pass, −3 dB at the corner.
///
/// p = (1 − k) / (1 + k) and g = 1 / (1 + k) with k = tan(π · corner / rate): scipy's
/// butter(1, corner, 'highpass'). It starts as if the first sample had stood there for ever, so the
/// first output is 0 and an offset of 100 mV makes no step.
@safe
public struct DCRemoval: ~Copyable, FrameStage {
  public let channelCount: Int
  public let section: Biquad
  private let gain: Double
  private let pole: Double
  private let previousInput: Workspace<Double>
  private let previousOutput: Workspace<Double>
  private var hasStarted = false

  public init(corner: Hertz, samplesPerSecond: Double, channelCount: Int) throws(SignalFault) {
    guard samplesPerSecond > 0, samplesPerSecond.isFinite else {
      throw .rateNotPositive(samplesPerSecond)
    }
    try corner.requireBelowNyquist(samplesPerSecond) { .dcCornerOutOfRange(corner, nyquist: $0) }
    let k = math_tan(Double.pi * corner.rawValue / samplesPerSecond)
    gain = 1 / (1 + k)
    pole = (1 - k) / (1 + k)
    section = Biquad(b0: gain, b1: -gain, b2: 0, a1: -pole, a2: 0)
    self.channelCount = channelCount
    previousInput = Workspace(count: channelCount, repeating: 0)
    previousOutput = Workspace(count: channelCount, repeating: 0)
  }

  /// Takes the next sample for the steady state again.
  @_noLocks @_noAllocation
  public mutating func reset() { hasStarted = false }

  @_noLocks @_noAllocation
  public mutating func process(_ samples: UnsafeMutablePointer<Double>) {
    // SAFETY: `samples` and both rows hold `channelCount` values.
    if !hasStarted {
      hasStarted = true
      for channel in 0..<channelCount {
        unsafe previousInput.base[channel] = samples[channel]
        unsafe previousOutput.base[channel] = 0
      }
    }
    for channel in 0..<channelCount {
      let x = unsafe samples[channel]
      let step = unsafe gain * (x - previousInput.base[channel])
      let y = unsafe atRest(step + pole * previousOutput.base[channel])
      unsafe previousInput.base[channel] = x
      unsafe previousOutput.base[channel] = y
      unsafe samples[channel] = y
    }
  }
}
