// Every channel against the mean of all.
//
// `process` is real-time: decoding thread; channels × 2 operations; no system call.

/// x − mean(x) over the channels of one sample.
///
/// The channels then sum to zero: their covariance has one rank less than there are channels, so
/// what inverts it needs shrinkage or one channel less.
public struct CommonAverageReference: ~Copyable, FrameStage {
  public let channelCount: Int

  /// - Throws: `.commonAverageOfOneChannel` for fewer than two channels.
  public init(channelCount: Int) throws(SignalFault) {
    guard channelCount >= 2 else { throw .commonAverageOfOneChannel }
    self.channelCount = channelCount
  }

  @_noLocks @_noAllocation
  public mutating func process(_ samples: UnsafeMutablePointer<Double>) {
    // SAFETY: `samples` holds `channelCount` values.
    var sum = 0.0
    for channel in 0..<channelCount { unsafe sum += samples[channel] }
    let mean = sum / Double(channelCount)
    for channel in 0..<channelCount { unsafe samples[channel] -= mean }
  }
}
