// Which electrode each channel is, and how its counts become microvolts.

/// The channels of a recording or an amplifier, in the order of the frame's counts.
public struct Montage: Sendable, Equatable {
  public struct Channel: Sendable, Equatable {
    /// The electrode by the 10-10 system ("C3"), or "CH1".
    public var label: String
    /// Size of one count. ADS1299: 4.5 V / gain / (2^23 - 1).
    public var microvoltsPerCount: Double

    public init(label: String, microvoltsPerCount: Double) {
      self.label = label
      self.microvoltsPerCount = microvoltsPerCount
    }
  }

  public var channels: [Channel]
  /// Nominal rate.
  public var samplesPerSecond: Double

  public init(channels: [Channel], samplesPerSecond: Double) {
    self.channels = channels
    self.samplesPerSecond = samplesPerSecond
  }
}

/// Samples at rest: what a recording holds, what the model of an amplifier plays.
///
/// Shape: `counts[sample * channelCount + channel]`.
public struct SampleTable: Sendable, Equatable {
  public var montage: Montage
  public var counts: [Int32]

  public var channelCount: Int { montage.channels.count }
  public var sampleCount: Int { channelCount == 0 ? 0 : counts.count / channelCount }

  public init(montage: Montage, counts: [Int32]) {
    precondition(
      montage.channels.isEmpty ? counts.isEmpty : counts.count % montage.channels.count == 0,
      "a table of samples holds whole frames")
    self.montage = montage
    self.counts = counts
  }
}

/// A stretch of a recording for which no samples exist.
public struct RecordedGap: Sendable, Equatable {
  /// The first missing sample.
  public var sampleIndex: UInt64
  public var count: UInt32

  public init(sampleIndex: UInt64, count: UInt32) {
    self.sampleIndex = sampleIndex
    self.count = count
  }
}
