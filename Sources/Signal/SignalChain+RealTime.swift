// One frame through all stages.
//
// Real-time: decoding thread; channels × (sections or taps, and one logarithm) bounded at assembly;
// no system call.

extension SignalChain {
  /// Takes the next frame from the amplifier.
  ///
  /// A frame that cannot be believed (flagged corrupt, unsettled or incomplete, or of another
  /// channel count) goes to no filter and counts as one lost sample: the gate closes, and
  /// `features` and `filtered` stay those of the last frame that was let in.
  ///
  /// Real-time: no heap, no locks.
  @_noLocks @_noAllocation
  public mutating func process(_ frame: FrameSlot) {
    let header = frame.header
    let lost = UInt64(header.lostBefore)
    let fault = fault(header)
    if fault != 0 {
      note(lost &+ 1)
      gateStage.refuse(
        ArtifactFlags(rawValue: fault | (lost > 0 ? ArtifactFlags.gap.rawValue : 0)))
      return
    }
    note(lost)
    let isReconfigured = hasStarted && header.configurationEpoch != epoch
    if isReconfigured { startOver() }
    let followsGap = isReconfigured || pendingLoss > 0
    pendingLoss = 0
    epoch = header.configurationEpoch
    hasStarted = true

    // SAFETY: `scales`, `raw` and `work` hold `channelCount` values, and so does the frame, by its
    // header.
    let raw = unsafe raw.base
    let work = unsafe work.base
    for channel in 0..<channelCount {
      let potential = unsafe Double(frame.count(channel)) * scales.base[channel]
      unsafe raw[channel] = potential
      unsafe work[channel] = potential
    }
    unsafe dcRemoval.process(work)
    unsafe notch.process(work)
    unsafe gateStage.judge(frame, raw: raw, broadband: work, followsGap: followsGap)
    unsafe bandPassSections.process(work)
    unsafe bandPassTaps.process(work)
    unsafe kalman?.process(work)
    unsafe commonAverage?.process(work)
    unsafe bandPower.process(work)
  }

  /// Back to the state after `init`; the next frame starts everything.
  @_noLocks @_noAllocation
  public mutating func reset() {
    startOver()
    gateStage.reset()
    pendingLoss = 0
    hasStarted = false
  }

  /// The natural logarithm of the band power, one for each channel.
  ///
  /// Points to `channelCount` values, valid while the chain lives, rewritten by each `process`.
  @unsafe
  public var features: UnsafePointer<Double> {
    @_noLocks @_noAllocation get { unsafe bandPower.features }
  }

  /// The last sample of every channel that was let in, after all filters, µV.
  ///
  /// Points to `channelCount` values, valid while the chain lives, rewritten by each `process`.
  @unsafe
  public var filtered: UnsafePointer<Double> {
    @_noLocks @_noAllocation get { unsafe UnsafePointer(work.base) }
  }

  /// One channel's logarithm of the band power.
  @_noLocks @_noAllocation
  public func feature(_ channel: Int) -> Double {
    precondition(channel >= 0 && channel < channelCount, "a chain has features of its channels")
    // SAFETY: checked above.
    return unsafe bandPower.features[channel]
  }

  /// Whether the last frame, and those within the hold-off before it, may be believed.
  public var gate: GateState {
    @_noLocks @_noAllocation get { gateStage.state }
  }

  /// What was wrong with one channel of the last frame.
  @_noLocks @_noAllocation
  public func flags(ofChannel channel: Int) -> ArtifactFlags {
    gateStage.flags(ofChannel: channel)
  }

  /// The window is full of samples since the start or the last long gap: no decision before that.
  public var isSettled: Bool {
    @_noLocks @_noAllocation get { bandPower.isSettled }
  }

  /// Why a frame cannot be believed as a whole, in bits of `ArtifactFlags`; 0: it can.
  @_noLocks @_noAllocation
  private func fault(_ header: FrameHeader) -> UInt8 {
    let unbelievable = FrameFlags.corrupt.rawValue | FrameFlags.unsettled.rawValue
    var bits: UInt8 = 0
    if header.flags.rawValue & unbelievable != 0 || header.channelCount != UInt32(channelCount) {
      bits |= ArtifactFlags.corrupt.rawValue
    }
    if header.flags.rawValue & FrameFlags.incomplete.rawValue != 0 {
      bits |= ArtifactFlags.incomplete.rawValue
    }
    return bits
  }

  /// Counts samples that are missing, and starts over as soon as they are too many.
  @_noLocks @_noAllocation
  private mutating func note(_ lost: UInt64) {
    let wasTolerated = pendingLoss <= toleratedLoss
    pendingLoss &+= lost
    if wasTolerated && pendingLoss > toleratedLoss { startOver() }
  }

  /// All filters and the window to their beginning; the gate keeps its hold-off.
  @_noLocks @_noAllocation
  private mutating func startOver() {
    dcRemoval.reset()
    notch.reset()
    bandPassSections.reset()
    bandPassTaps.reset()
    kalman?.reset()
    bandPower.reset()
    gateStage.forgetSignal()
  }
}
