// Why a chain could not be assembled. Every refusal comes before the first sample.

/// A configuration that would not do what it says.
public enum SignalFault: Error, Sendable, Equatable {
  /// The montage has no channel.
  case noChannels
  /// The rate of the montage is not a positive number.
  case rateNotPositive(Double)
  /// A channel's size of one count is not a positive number of microvolts, a million at most.
  case scaleOutOfRange(channel: Int, microvoltsPerCount: Double)
  /// The corner of the DC removal is not between zero and half the rate.
  case dcCornerOutOfRange(Hertz, nyquist: Hertz)
  /// The corner of the DC removal lies inside the band that should pass.
  case dcCornerInBand(Hertz, low: Hertz)
  /// The mains frequency is not below half the rate.
  case mainsOverNyquist(Hertz, nyquist: Hertz)
  /// The quality of the notch is not in 1…200.
  case notchQualityOutOfRange(Double)
  /// The band's edges are not two positive numbers in rising order.
  case bandOutOfOrder(low: Hertz, high: Hertz)
  /// The band's upper edge is not below half the rate.
  case bandOverNyquist(high: Hertz, nyquist: Hertz)
  /// The order of the Butterworth filter is not in 1…8.
  case orderOutOfRange(Int)
  /// The band is so narrow for the rate that double precision cannot hold the filter's poles.
  case bandTooNarrow(low: Hertz, high: Hertz)
  /// The number of taps is not in 3…8191.
  case tapsOutOfRange(Int)
  /// So few taps do not make a band-pass of this band; the measured response says what they make.
  case tooFewTaps(Int, measured: BandResponse)
  /// A variance of the Kalman filter is not a positive number.
  case varianceNotPositive(name: String, Double)
  /// In steady state the Kalman filter is a low-pass whose corner lies under the band's centre.
  case kalmanCutsBand(corner: Hertz, centre: Hertz)
  /// The mean of one channel is that channel: nothing would be left of it.
  case commonAverageOfOneChannel
  /// A threshold or a time of the gate is not a positive number.
  case thresholdNotPositive(name: String, Double)
  /// Lead-off is watched on a channel that the montage does not have (counted from 1).
  case leadOffBeyondMontage(channel: Int, channelCount: Int)
  /// The window of the band power is not 2…1 048 576 samples long.
  case windowOutOfRange(seconds: Double, samples: Double)

  /// One sentence: what is wrong, with what, and what to do.
  public var message: String {
    switch self {
    case .noChannels:
      "the montage has no channel: name at least one"
    case .rateNotPositive(let rate):
      "the sample rate \(rate) is not a positive number: give the amplifier's rate in Hz"
    case .scaleOutOfRange(let channel, let scale):
      "channel \(channel + 1) has \(scale) µV per count: give the size of one count, above 0 and "
        + "at most 1000000"
    case .dcCornerOutOfRange(let corner, let nyquist):
      "the DC removal's corner of \(corner.rawValue) Hz is not between 0 and "
        + "\(nyquist.rawValue) Hz, half the sample rate: 0.5 Hz is usual"
    case .dcCornerInBand(let corner, let low):
      "the DC removal's corner of \(corner.rawValue) Hz would cut into the band that begins at "
        + "\(low.rawValue) Hz: lower the corner"
    case .mainsOverNyquist(let mains, let nyquist):
      "a notch at \(mains.rawValue) Hz needs more than twice that rate, and half the sample rate "
        + "is \(nyquist.rawValue) Hz: sample faster or leave the notch out"
    case .notchQualityOutOfRange(let quality):
      "the notch quality \(quality) is not in 1…200: 30 is usual"
    case .bandOutOfOrder(let low, let high):
      "the band \(low.rawValue)–\(high.rawValue) Hz does not run upwards from above 0 Hz: "
        + "give the lower edge first"
    case .bandOverNyquist(let high, let nyquist):
      "the band's upper edge of \(high.rawValue) Hz is not below \(nyquist.rawValue) Hz, half the "
        + "sample rate: lower the edge or sample faster"
    case .orderOutOfRange(let order):
      "the Butterworth order \(order) is not in 1…8: 2 is usual"
    case .bandTooNarrow(let low, let high):
      "the band \(low.rawValue)–\(high.rawValue) Hz is too narrow for this sample rate and order: "
        + "widen it or lower the order"
    case .tapsOutOfRange(let taps):
      "\(taps) taps are not in 3…8191: about three times the rate divided by the lower edge is "
        + "usual"
    case .tooFewTaps(let taps, let measured):
      "\(taps) taps make no band-pass of this band (\(measured.sentence)): take more taps, or the "
        + "Butterworth filter"
    case .varianceNotPositive(let name, let variance):
      "the Kalman filter's \(name) of \(variance) is not a positive number: give it in µV² "
        + "(the process variance per second)"
    case .kalmanCutsBand(let corner, let centre):
      "the Kalman filter is a low-pass at \(corner.rawValue) Hz and would take away the band "
        + "around \(centre.rawValue) Hz: raise its process variance or leave it out"
    case .commonAverageOfOneChannel:
      "the common average of one channel is that channel and leaves nothing: switch it off"
    case .thresholdNotPositive(let name, let threshold):
      "the gate's \(name) of \(threshold) is not a positive number: give one"
    case .leadOffBeyondMontage(let channel, let channelCount):
      "lead-off is watched on channel \(channel), and the montage has \(channelCount): clear that "
        + "bit of the mask"
    case .windowOutOfRange(let seconds, let samples):
      "a window of \(seconds) s is \(samples) samples, not 2…1048576: 1 s is usual"
    }
  }
}
