// Says when the signal is not the brain's: then nothing is decided.
//
// Real-time: constant time for a sample; no system calls.

/// Why a channel is not believed.
@frozen
public struct ArtifactFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt8

  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Farther from zero than the limit, after DC removal: a movement, a blink.
  public static var amplitude: ArtifactFlags { ArtifactFlags(rawValue: 1) }
  /// Steeper than the limit: a cable, a muscle.
  public static var gradient: ArtifactFlags { ArtifactFlags(rawValue: 2) }
  /// Has not moved for too long: a dead channel.
  public static var flat: ArtifactFlags { ArtifactFlags(rawValue: 4) }
  /// The converter is at its rail.
  public static var saturated: ArtifactFlags { ArtifactFlags(rawValue: 8) }
  /// The chip says that the electrode is off.
  public static var leadOff: ArtifactFlags { ArtifactFlags(rawValue: 16) }
  /// Samples were lost or corrupt.
  public static var gap: ArtifactFlags { ArtifactFlags(rawValue: 32) }
}

/// Limits of the gate.
public struct GateLimits: Sendable, Equatable {
  /// Of the signal after DC removal.
  public var amplitudeMicrovolts: Double
  public var gradientMicrovoltsPerMillisecond: Double
  /// A channel that stays within so little …
  public var flatMicrovolts: Double
  /// … for so long is flat.
  public var flatSeconds: Double
  /// The gate stays closed for so long after the last artifact.
  public var holdOffSeconds: Double
  /// Channels whose lead-off bits count, bit 0 = channel 0.
  public var leadOffChannels: UInt32

  public init(
    amplitudeMicrovolts: Double = 150, gradientMicrovoltsPerMillisecond: Double = 12.5,
    flatMicrovolts: Double = 0.5, flatSeconds: Double = 1, holdOffSeconds: Double = 0.25,
    leadOffChannels: UInt32 = 0
  ) {
    self.amplitudeMicrovolts = amplitudeMicrovolts
    self.gradientMicrovoltsPerMillisecond = gradientMicrovoltsPerMillisecond
    self.flatMicrovolts = flatMicrovolts
    self.flatSeconds = flatSeconds
    self.holdOffSeconds = holdOffSeconds
    self.leadOffChannels = leadOffChannels
  }
}

/// The state of the gate after a sample.
@frozen
public struct GateState: Equatable, Sendable, BitwiseCopyable {
  /// What was found on any channel in the newest sample.
  public var flags: ArtifactFlags
  /// Nothing was found for the hold-off time.
  public var isOpen: Bool
}

@safe
public struct ArtifactGate: ~Copyable, @unchecked Sendable {
  private let channelCount: Int
  private let amplitude: Double
  private let gradientPerSample: Double
  private let flatSpan: Double
  private let flatSamples: Int
  private let holdOffSamples: Int
  private let leadOffChannels: UInt32
  /// Of each channel: the sample before, where it was when it last moved, and for how long not.
  private let previous: UnsafeMutablePointer<Double>
  private let anchors: UnsafeMutablePointer<Double>
  private let stillSamples: UnsafeMutablePointer<Int>
  private var isFirst = true
  private var closedFor = 0
  private var flags = ArtifactFlags(rawValue: 0)

  /// - Throws: `SignalFault.badValue` for a limit that is not positive and finite.
  public init(_ limits: GateLimits, channelCount: Int, samplesPerSecond: Double)
    throws(SignalFault)
  {
    let positive = [
      ("the gate's amplitude", limits.amplitudeMicrovolts),
      ("the gate's gradient", limits.gradientMicrovoltsPerMillisecond),
      ("the gate's time for a flat line", limits.flatSeconds),
    ]
    for (name, value) in positive where !(value > 0 && value.isFinite) {
      throw .badValue(name: name, value: value, mustBe: "positive")
    }
    let notNegative = [
      ("the gate's span of a flat line", limits.flatMicrovolts),
      ("the gate's hold-off", limits.holdOffSeconds),
    ]
    for (name, value) in notNegative where !(value >= 0 && value.isFinite) {
      throw .badValue(name: name, value: value, mustBe: "zero or more")
    }
    self.channelCount = channelCount
    amplitude = limits.amplitudeMicrovolts
    gradientPerSample = limits.gradientMicrovoltsPerMillisecond * 1_000 / samplesPerSecond
    flatSpan = limits.flatMicrovolts
    flatSamples = max(1, Int((limits.flatSeconds * samplesPerSecond).rounded(.up)))
    holdOffSamples = Int((limits.holdOffSeconds * samplesPerSecond).rounded(.up))
    leadOffChannels = limits.leadOffChannels
    unsafe previous = .allocate(capacity: channelCount)
    unsafe previous.initialize(repeating: 0, count: channelCount)
    unsafe anchors = .allocate(capacity: channelCount)
    unsafe anchors.initialize(repeating: 0, count: channelCount)
    unsafe stillSamples = .allocate(capacity: channelCount)
    unsafe stillSamples.initialize(repeating: 0, count: channelCount)
  }

  deinit {
    unsafe previous.deallocate()
    unsafe anchors.deallocate()
    unsafe stillSamples.deallocate()
  }

  /// As of the newest sample.
  public var state: GateState {
    @_noLocks @_noAllocation
    get { GateState(flags: flags, isOpen: closedFor == 0) }
  }

  /// Judges one sample of a channel; all channels, then `advance`.
  ///
  /// - Parameters:
  ///   - counts: raw, for the rail.
  ///   - microvolts: unfiltered, for gradient and flat line.
  ///   - centred: after DC removal, for the amplitude.
  @_noLocks @_noAllocation
  public mutating func take(counts: Int32, microvolts: Double, centred: Double, channel: Int) {
    precondition(channel >= 0 && channel < channelCount, "the channel exists")
    // SAFETY: the channel was checked.
    if counts >= 8_388_607 || counts <= -8_388_607 { mark(.saturated) }
    // Written so that a NaN closes the gate too.
    if !(centred.magnitude <= amplitude) { mark(.amplitude) }
    if isFirst {
      unsafe anchors[channel] = microvolts
    } else {
      let step = unsafe (microvolts - previous[channel]).magnitude
      if !(step <= gradientPerSample) { mark(.gradient) }
    }
    unsafe previous[channel] = microvolts
    if unsafe (microvolts - anchors[channel]).magnitude <= flatSpan {
      unsafe stillSamples[channel] &+= 1
      if unsafe stillSamples[channel] > flatSamples { mark(.flat) }
    } else {
      unsafe anchors[channel] = microvolts
      unsafe stillSamples[channel] = 0
    }
  }

  /// Ends a sample: hold-off, and what belongs to the frame as a whole.
  ///
  /// - Parameter statusWord: 24 bits, 1100 | LOFF_STATP | LOFF_STATN | GPIO (SBAS499C §9.4.4.2).
  @_noLocks @_noAllocation
  public mutating func advance(statusWord: UInt32, lostBefore: UInt32) {
    let off = (statusWord >> 12 | statusWord >> 4) & 0xFF & leadOffChannels
    if off != 0 { mark(.leadOff) }
    if lostBefore > 0 { mark(.gap) }
    isFirst = false
    if pending.rawValue != 0 {
      closedFor = holdOffSamples &+ 1
    } else if closedFor > 0 {
      closedFor &-= 1
    }
    flags = pending
    pending = ArtifactFlags(rawValue: 0)
  }

  private var pending = ArtifactFlags(rawValue: 0)

  @_noLocks @_noAllocation
  private mutating func mark(_ flag: ArtifactFlags) {
    pending = ArtifactFlags(rawValue: pending.rawValue | flag.rawValue)
  }

  /// As new.
  @_noLocks @_noAllocation
  public mutating func reset() {
    isFirst = true
    closedFor = 0
    flags = ArtifactFlags(rawValue: 0)
    pending = ArtifactFlags(rawValue: 0)
    for channel in 0..<channelCount {
      unsafe previous[channel] = 0
      unsafe anchors[channel] = 0
      unsafe stillSamples[channel] = 0
    }
  }
}
