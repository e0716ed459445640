// Feeding the meter, and reading it.
//
// Real-time: decoding thread, or whoever owns the meter; two windows × (channels + 1) × 10
// operations a frame; no system call.

import MathShim

extension ImpedanceMeter {
  /// Takes the next frame.
  ///
  /// A loss, and a frame that cannot be believed, spoil the two windows that are open; the next
  /// ones begin where they would have begun, so that the phase of the current stays known.
  @_noLocks @_noAllocation
  public mutating func feed(_ frame: FrameSlot) {
    let header = frame.header
    if hasStarted && header.configurationEpoch != epoch { reset() }
    let follows = hasStarted && header.sampleIndex == expectedIndex
    hasStarted = true
    epoch = header.configurationEpoch
    expectedIndex = header.sampleIndex &+ 1
    let unbelievable =
      FrameFlags.corrupt.rawValue | FrameFlags.unsettled.rawValue | FrameFlags.incomplete.rawValue
    guard header.flags.rawValue & unbelievable == 0,
      header.channelCount == UInt32(channelCount)
    else {
      isWhole[0] = false
      isWhole[1] = false
      return
    }
    if !follows {
      isWhole[0] = false
      isWhole[1] = false
    }
    let mask = UInt64(windowSamples - 1)
    let place = Int(header.sampleIndex & mask)
    take(frame, window: 0, place: place)
    take(frame, window: 1, place: place ^ windowSamples >> 1)
  }

  /// Forgets everything.
  @_noLocks @_noAllocation
  public mutating func reset() {
    windows = 0
    hasStarted = false
    isWhole[0] = false
    isWhole[1] = false
    // SAFETY: both rows hold `channelCount` estimates.
    for channel in 0..<channelCount {
      unsafe newest.base[channel] = ImpedanceEstimate()
      unsafe average.base[channel] = ImpedanceEstimate()
    }
  }

  /// What the newest window says.
  @_noLocks @_noAllocation
  public func latest(_ channel: Int) -> ImpedanceReading {
    precondition(channel >= 0 && channel < channelCount, "a meter has its own channels only")
    // SAFETY: checked above.
    return unsafe reading(newest.base[channel], ohmsPerCount: ohmsPerCount.base[channel])
  }

  /// What all windows since the start or the last reset say together.
  @_noLocks @_noAllocation
  public func mean(_ channel: Int) -> ImpedanceReading {
    precondition(channel >= 0 && channel < channelCount, "a meter has its own channels only")
    // SAFETY: checked above.
    return unsafe reading(average.base[channel], ohmsPerCount: ohmsPerCount.base[channel])
  }

  /// - Parameter place: of the sample in this window, whose beginning is fixed by the sample index.
  @_noLocks @_noAllocation
  private mutating func take(_ frame: FrameSlot, window: Int, place: Int) {
    let width = 2 * Self.binCount
    // SAFETY: `sums` and `rails` hold both windows of every channel; places count modulo the
    // window, a power of two, which is also the length of `cosine`; `turns` holds `width` values.
    let sums = unsafe self.sums.base + window * channelCount * width
    let rails = unsafe self.rails.base + window * channelCount
    if place == 0 {
      isWhole[window] = true
      for index in 0..<channelCount * width { unsafe sums[index] = 0 }
      for channel in 0..<channelCount { unsafe rails[channel] = 0 }
    }
    guard isWhole[window] else { return }
    let mask = windowSamples - 1
    let quarter = windowSamples / 4
    // Hann: (1 − cos) / 2; the factor is made up for at the end.
    let taper = unsafe 1 - cosine.base[place]
    let turns = unsafe self.turns.base
    for index in 0..<Self.binCount {
      let angle = unsafe bins.base[index] &* place & mask
      unsafe turns[2 * index] = unsafe taper * cosine.base[angle]
      // sin(x) = cos(x − π / 2).
      unsafe turns[2 * index + 1] = unsafe taper * cosine.base[(angle &- quarter) & mask]
    }
    for channel in 0..<channelCount {
      let count = frame.count(channel)
      if count >= fullScaleCounts { unsafe rails[channel] |= 1 }
      if count <= -fullScaleCounts { unsafe rails[channel] |= 2 }
      let sample = Double(count)
      let row = unsafe sums + channel * width
      for index in 0..<width { unsafe row[index] += sample * turns[index] }
    }
    if place == windowSamples - 1 { complete(window) }
  }

  @_noLocks @_noAllocation
  private mutating func complete(_ window: Int) {
    isWhole[window] = false
    windows &+= 1
    let width = 2 * Self.binCount
    // The taper's sum is `windowSamples`; an amplitude is twice the mean.
    let scale = 2 / Double(windowSamples)
    for channel in 0..<channelCount {
      // SAFETY: as in `take`.
      let row = unsafe sums.base + (window * channelCount + channel) * width
      let rail = unsafe rails.base[window * channelCount + channel]
      var estimate = ImpedanceEstimate()
      if rail == 0 {
        estimate.windows = 1
        estimate.real = unsafe row[0] * scale
        estimate.imaginary = unsafe -row[1] * scale
        for index in 2..<width {
          let part = unsafe row[index] * scale
          estimate.noise += part * part
        }
        estimate.noise /= Double(Self.binCount - 1)
      } else {
        estimate.saturated = 1
        estimate.open = rail == 3 ? 1 : 0
      }
      unsafe newest.base[channel] = estimate
      let total = unsafe average.base + channel
      unsafe total.pointee.real += estimate.real
      unsafe total.pointee.imaginary += estimate.imaginary
      unsafe total.pointee.noise += estimate.noise
      unsafe total.pointee.windows += estimate.windows
      unsafe total.pointee.saturated += estimate.saturated
      unsafe total.pointee.open += estimate.open
    }
  }

  /// Three standard deviations of the noise, the most that the unknown phase can do, and the most
  /// that rounding to whole counts can: half a count, square, in step with the current.
  @_noLocks @_noAllocation
  private func reading(_ estimate: ImpedanceEstimate, ohmsPerCount: Double) -> ImpedanceReading {
    let seen = estimate.windows + estimate.saturated
    if seen == 0 { return .settling }
    // A window or two in a long measurement may be somebody pressing an electrode on.
    if 2 * estimate.saturated >= seen {
      return 2 * estimate.open >= estimate.saturated ? .open : .saturated
    }
    let count = estimate.windows
    let amplitude =
      math_sqrt(estimate.real * estimate.real + estimate.imaginary * estimate.imaginary) / count
    // Half of the noise is in phase. Windows that overlap by half share 1/6 of it (Welch 1967).
    let share = (1 + (1 - 1 / count) / 3) / count
    let deviation = math_sqrt(estimate.noise / count / 2 * share)
    let total = amplitude * ohmsPerCount
    let uncertainty =
      3 * deviation * ohmsPerCount + phaseError * total + 2 / Double.pi * ohmsPerCount
    let ohms = total - correction.seriesOhms
    if uncertainty > drownedAbove && uncertainty > ohms / 2 {
      return .drowned(uncertainty: uncertainty)
    }
    if ohms < -uncertainty { return .lessThanSeries(ohms: ohms, uncertainty: uncertainty) }
    if ohms < uncertainty { return .below(ohms: (ohms > 0 ? ohms : 0) + uncertainty) }
    return .measured(ohms: ohms, uncertainty: uncertainty)
  }
}
