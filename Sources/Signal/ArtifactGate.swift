// Which samples may be believed: what a gate looks for, with which thresholds, and what it says.

import MathShim
public import RT

/// What is wrong with a sample, or with a channel at a sample.
@frozen
public struct ArtifactFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt8

  @_noLocks @_noAllocation
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Farther from zero than an EEG comes: a movement, a blink, a cable.
  @inlinable public static var amplitude: ArtifactFlags {
    @_noLocks @_noAllocation get { ArtifactFlags(rawValue: 1 << 0) }
  }
  /// Steeper than an EEG gets: an electrode's pop, a discharge.
  @inlinable public static var gradient: ArtifactFlags {
    @_noLocks @_noAllocation get { ArtifactFlags(rawValue: 1 << 1) }
  }
  /// Stands still: a shorted or disconnected input, a stuck converter.
  @inlinable public static var flat: ArtifactFlags {
    @_noLocks @_noAllocation get { ArtifactFlags(rawValue: 1 << 2) }
  }
  /// The converter is at the end of its range.
  @inlinable public static var saturated: ArtifactFlags {
    @_noLocks @_noAllocation get { ArtifactFlags(rawValue: 1 << 3) }
  }
  /// The amplifier's comparators say that the electrode is off.
  @inlinable public static var leadOff: ArtifactFlags {
    @_noLocks @_noAllocation get { ArtifactFlags(rawValue: 1 << 4) }
  }
  /// The frame is not to be believed: corrupt, unsettled, or of another channel count.
  @inlinable public static var corrupt: ArtifactFlags {
    @_noLocks @_noAllocation get { ArtifactFlags(rawValue: 1 << 5) }
  }
  /// Samples are missing before this one, or the amplifier was reconfigured.
  @inlinable public static var gap: ArtifactFlags {
    @_noLocks @_noAllocation get { ArtifactFlags(rawValue: 1 << 6) }
  }
  /// Some channels of the frame are missing.
  @inlinable public static var incomplete: ArtifactFlags {
    @_noLocks @_noAllocation get { ArtifactFlags(rawValue: 1 << 7) }
  }
}

/// What the gate looks for. Every number means the same at every sample rate.
///
/// With the defaults the gate is open for 80.9 % of the shipped recording (31 250 frames, 8
/// channels, 250 Hz), whose blinks and movements pass 150 µV in 0.57 % of the frames.
public struct GateThresholds: Sendable, Equatable {
  /// Largest distance from zero, judged after DC removal and notch.
  public var amplitude = Microvolts(150)
  /// Steepest slope in µV/s, over `gradientSpan`, judged after DC removal and notch.
  ///
  /// The default is 50 µV in 4 ms: one sample at 250 Hz.
  public var gradientMicrovoltsPerSecond = 12_500.0
  /// The time between the two samples compared; at least one sample period is taken.
  ///
  /// Neighbouring samples would not do: at 16 kHz the amplifier's own noise is steeper than EEG.
  public var gradientSpan = Nanoseconds.milliseconds(4)
  /// A channel is flat when it has stayed within ± this of one of its samples for `flatSpan`;
  /// judged on the raw potential.
  public var flat = Microvolts(0.5)
  public var flatSpan = Nanoseconds.seconds(1)
  /// The converter's last count; a sample at or beyond it, on either side, is saturated.
  public var fullScaleCounts: Int32 = 8_388_607
  /// Channels whose positive input the ADS1299 compares, bit 0 the first: its LOFF_SENSP register,
  /// and behind it that of the second chip.
  ///
  /// The status bits of other channels mean nothing (ADS1299 data sheet SBAS499, LOFF_STATP).
  public var leadOffPositive: UInt32 = 0
  /// The same for the negative inputs: LOFF_SENSN.
  public var leadOffNegative: UInt32 = 0
  /// How long the gate stays closed after the last sample with a flag.
  public var holdOff = Nanoseconds.milliseconds(250)

  public init() {}

  func validate(channelCount: Int) throws(SignalFault) {
    let positives: [(String, Double)] = [
      ("amplitude threshold (µV)", amplitude.rawValue),
      ("gradient threshold (µV/s)", gradientMicrovoltsPerSecond),
      ("gradient span (s)", gradientSpan.seconds),
      ("flat-line threshold (µV)", flat.rawValue),
      ("flat-line span (s)", flatSpan.seconds),
      ("full scale (counts)", Double(fullScaleCounts)),
      ("hold-off (s)", holdOff.seconds),
    ]
    for (name, threshold) in positives where !(threshold > 0 && threshold.isFinite) {
      throw .thresholdNotPositive(name: name, threshold)
    }
    let watched = leadOffPositive | leadOffNegative
    for channel in 0..<32 where watched & (1 << channel) != 0 && channel >= channelCount {
      throw .leadOffBeyondMontage(channel: channel + 1, channelCount: channelCount)
    }
  }
}

/// What the gate says after a frame.
@frozen
public struct GateState: Sendable, Equatable, BitwiseCopyable {
  /// Nothing was wrong with this frame nor with any within the hold-off before it.
  public var isOpen = false
  /// What was wrong with this frame, on any channel.
  public var flags = ArtifactFlags(rawValue: 0)
  /// Frames since the last with a flag, this one included; 0: this one had a flag.
  ///
  /// Features are clean of an artifact once this reaches the window of the band power.
  public var framesSinceArtifact: UInt64 = 0

  @_noLocks @_noAllocation
  @inlinable public init() {}
}

/// Judges every channel of every frame; closed by any flag on any channel, and for the hold-off.
@safe
public struct ArtifactGate: ~Copyable {
  public let channelCount: Int
  public let thresholds: GateThresholds
  /// Frames that the gate stays closed for after the last one with a flag.
  public let holdOffFrames: Int
  /// Frames between the two samples whose difference is the gradient.
  public let gradientFrames: Int
  /// Frames that a channel must stand still for to be flat.
  public let flatFrames: Int

  public internal(set) var state = GateState()
  let gradientLimit: Double
  /// Frames since the start, the last reset or the last gap: before the gradient may be judged.
  var unbroken = 0
  var newest = 0
  var closedFor = 0
  /// The last `gradientFrames` frames, a row each.
  let history: Workspace<Double>
  let anchors: Workspace<Double>
  let standing: Workspace<Int>
  let flags: Workspace<ArtifactFlags>

  public init(
    _ thresholds: GateThresholds, samplesPerSecond: Double, channelCount: Int
  ) throws(SignalFault) {
    guard samplesPerSecond > 0, samplesPerSecond.isFinite else {
      throw .rateNotPositive(samplesPerSecond)
    }
    try thresholds.validate(channelCount: channelCount)
    self.channelCount = channelCount
    self.thresholds = thresholds
    holdOffFrames = Int(math_ceil(thresholds.holdOff.seconds * samplesPerSecond))
    gradientFrames = max(1, Int(math_rint(thresholds.gradientSpan.seconds * samplesPerSecond)))
    flatFrames = max(2, Int(math_ceil(thresholds.flatSpan.seconds * samplesPerSecond)))
    gradientLimit =
      thresholds.gradientMicrovoltsPerSecond * Double(gradientFrames) / samplesPerSecond
    history = Workspace(count: gradientFrames * channelCount, repeating: 0)
    anchors = Workspace(count: channelCount, repeating: 0)
    standing = Workspace(count: channelCount, repeating: 0)
    flags = Workspace(count: channelCount, repeating: ArtifactFlags(rawValue: 0))
  }
}
