// One frame through all stages.
//
// Real-time: decoding thread; bounded by channels × stages (and taps, for an FIR); no system calls.


extension SignalChain {
  /// Takes one frame.
  ///
  /// Frames marked corrupt are not believed: they count as one lost sample. Samples lost before a
  /// frame close the gate for its hold-off; more than 100 ms of them restart all filters, and
  /// nothing is settled until the window is full again. Nothing is ever interpolated.
  @_noLocks @_noAllocation
  public mutating func process(_ frame: FrameSlot) {
    let header = frame.header
    if header.flags.isCorrupt {
      pendingGap = pendingGap &+ header.lostBefore &+ 1
      artifacts.advance(statusWord: 0, lostBefore: 1)
      return
    }
    let lost = pendingGap &+ header.lostBefore
    pendingGap = 0
    if lost > restartGap { restart() }

    var sum = 0.0
    for channel in 0..<channelCount {
      let counts = frame.count(channel)
      let microvolts = unsafe Double(counts) * scales[channel]
      if isFresh { dcRemoval.settle(on: microvolts, channel: channel) }
      let centred = dcRemoval.process(microvolts, channel: channel)
      artifacts.take(
        counts: counts, microvolts: microvolts, centred: centred, channel: channel)
      var value = centred
      if let output = recursive?.process(value, channel: channel) { value = output }
      if let output = fir?.process(value, channel: channel) { value = output }
      if let output = kalman?.process(value, channel: channel) { value = output }
      unsafe filtered[channel] = value
      sum += value
    }
    let common = isCommonAverage ? sum / Double(channelCount) : 0
    for channel in 0..<channelCount {
      unsafe filtered[channel] -= common
      powers.take(unsafe filtered[channel], channel: channel)
    }
    powers.advance()
    artifacts.advance(statusWord: header.statusWord, lostBefore: lost)
    isFresh = false
  }

  /// Log band power of each channel, ln µV². Meaningful once settled; valid until the next frame.
  @_noLocks @_noAllocation
  public mutating func features() -> UnsafePointer<Double> {
    unsafe powers.features()
  }

  /// The newest filtered sample of a channel in microvolts, after the common average.
  @_noLocks @_noAllocation
  public func filteredMicrovolts(_ channel: Int) -> Double {
    precondition(channel >= 0 && channel < channelCount, "the channel exists")
    return unsafe filtered[channel]
  }

  /// As of the newest frame.
  public var gate: GateState {
    @_noLocks @_noAllocation
    get { artifacts.state }
  }

  /// True when the window holds nothing but samples since the last restart.
  public var isSettled: Bool {
    @_noLocks @_noAllocation
    get { powers.isSettled }
  }

  /// As new.
  @_noLocks @_noAllocation
  public mutating func reset() {
    restart()
    artifacts.reset()
    pendingGap = 0
  }

  @_noLocks @_noAllocation
  private mutating func restart() {
    dcRemoval.reset()
    recursive?.reset()
    fir?.reset()
    kalman?.reset()
    powers.reset()
    isFresh = true
  }
}
