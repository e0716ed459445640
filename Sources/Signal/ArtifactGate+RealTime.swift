// The gate's judgement of one frame.
//
// Real-time: decoding thread; channels × about 20 operations; no system call.

extension ArtifactGate {
  /// What was wrong with one channel of the last frame.
  @_noLocks @_noAllocation
  public func flags(ofChannel channel: Int) -> ArtifactFlags {
    precondition(channel >= 0 && channel < channelCount, "a gate has flags for its own channels")
    // SAFETY: checked above.
    return unsafe flags.base[channel]
  }

  /// Forgets what went before, the hold-off included.
  @_noLocks @_noAllocation
  public mutating func reset() {
    state = GateState()
    closedFor = 0
    forgetSignal()
  }

  /// Judges a frame that can be believed as a whole.
  ///
  /// - Parameters:
  ///   - frame: for the counts (saturation) and the status word (lead-off).
  ///   - raw: the frame's potentials, µV, one a channel (flat line).
  ///   - broadband: the same after DC removal and notch (amplitude, gradient).
  ///   - followsGap: samples are missing between the frame before and this one. The gradient is not
  ///     judged across a gap.
  @_noLocks @_noAllocation
  public mutating func judge(
    _ frame: FrameSlot, raw: UnsafePointer<Double>, broadband: UnsafePointer<Double>,
    followsGap: Bool
  ) {
    if followsGap { unbroken = 0 }
    let leadsOff = leadsOff(frame.header)
    let canJudgeGradient = unbroken >= gradientFrames
    var all = ArtifactFlags(rawValue: 0)
    for channel in 0..<channelCount {
      var bits: UInt8 = followsGap ? ArtifactFlags.gap.rawValue : 0
      // SAFETY: all rows hold `channelCount` values; `newest` counts modulo `gradientFrames` rows.
      let potential = unsafe raw[channel]
      let sample = unsafe broadband[channel]
      let past = unsafe history.base + newest * channelCount + channel
      if abs(sample) > thresholds.amplitude.rawValue { bits |= ArtifactFlags.amplitude.rawValue }
      if canJudgeGradient, unsafe abs(sample - past.pointee) > gradientLimit {
        bits |= ArtifactFlags.gradient.rawValue
      }
      unsafe past.pointee = sample
      if isFlat(channel, potential) { bits |= ArtifactFlags.flat.rawValue }
      let count = frame.count(channel)
      if count >= thresholds.fullScaleCounts || count <= -thresholds.fullScaleCounts {
        bits |= ArtifactFlags.saturated.rawValue
      }
      if channel < 32, leadsOff & (1 << UInt32(channel)) != 0 {
        bits |= ArtifactFlags.leadOff.rawValue
      }
      unsafe flags.base[channel] = ArtifactFlags(rawValue: bits)
      all = ArtifactFlags(rawValue: all.rawValue | bits)
    }
    newest = newest + 1 == gradientFrames ? 0 : newest + 1
    if unbroken < gradientFrames { unbroken += 1 }
    settle(all)
  }

  /// Closes for a frame of which no channel can be believed.
  @_noLocks @_noAllocation
  public mutating func refuse(_ reason: ArtifactFlags) {
    // SAFETY: `flags` holds `channelCount` values.
    for channel in 0..<channelCount { unsafe flags.base[channel] = reason }
    settle(reason)
  }

  /// Starts the flat-line and gradient detectors over, the hold-off kept.
  @_noLocks @_noAllocation
  mutating func forgetSignal() {
    unbroken = 0
    newest = 0
    // SAFETY: `standing` holds `channelCount` values.
    for channel in 0..<channelCount { unsafe standing.base[channel] = 0 }
  }

  @_noLocks @_noAllocation
  private mutating func settle(_ all: ArtifactFlags) {
    state.flags = all
    if all.rawValue != 0 {
      closedFor = holdOffFrames
      state.isOpen = false
      state.framesSinceArtifact = 0
    } else {
      state.framesSinceArtifact &+= 1
      state.isOpen = closedFor == 0
      if closedFor > 0 { closedFor -= 1 }
    }
  }

  /// Channels with an electrode off, bit 0 the first of the first chip.
  ///
  /// A chip's word is 1100 | LOFF_STATP[7:0] | LOFF_STATN[7:0] | GPIO[3:0] (ADS1299 data sheet
  /// SBAS499, data output format: 24 status bits). Of an amplifier without such chips: none.
  @_noLocks @_noAllocation
  private func leadsOff(_ header: FrameHeader) -> UInt32 {
    let chipCount = min(4, Int(header.chipCount))
    guard chipCount > 0 else { return 0 }
    let channelsPerChip = Int(header.channelCount) / chipCount
    var positive: UInt32 = 0
    var negative: UInt32 = 0
    for chip in 0..<chipCount {
      let word = header.statusWord(ofChip: chip)
      let shift = UInt32(truncatingIfNeeded: chip * channelsPerChip)
      let present: UInt32 = channelsPerChip < 8 ? 1 << UInt32(channelsPerChip) &- 1 : 0xFF
      positive |= (word >> 12 & present) << shift
      negative |= (word >> 4 & present) << shift
    }
    return positive & thresholds.leadOffPositive | negative & thresholds.leadOffNegative
  }

  @_noLocks @_noAllocation
  private mutating func isFlat(_ channel: Int, _ potential: Double) -> Bool {
    // SAFETY: called with channels of the gate only; both rows hold `channelCount` values.
    let stood = unsafe standing.base[channel]
    let anchor = unsafe anchors.base[channel]
    guard stood > 0, abs(potential - anchor) <= thresholds.flat.rawValue else {
      unsafe anchors.base[channel] = potential
      unsafe standing.base[channel] = 1
      return false
    }
    if stood < flatFrames { unsafe standing.base[channel] = stood + 1 }
    return stood + 1 >= flatFrames
  }
}
