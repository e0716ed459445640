// Real-time: the model's converter, on the acquisition thread. No system calls. Bounded by the
// conversions that came due since the last look, one at a time when they are held.

import RT

extension ADS1299Model {
  /// DR of CONFIG1; the reserved code acts as the slowest rate.
  var rateCode: UInt8 {
    @_noLocks @_noAllocation
    get { min(registers[1] & 0b111, 6) }
  }

  /// When the next conversion is due, or never.
  var nextDue: Int64 {
    @_noLocks @_noAllocation
    get {
      if !isConverting { return .max }
      if let stallAt = conditions.stallAt, truth.conversions >= stallAt, !isStallOver {
        return .max
      }
      let nominal =
        ADS1299.nominal(clocks: ADS1299.Clocks.settling(rateCode))
        + (sinceFilterStart + standingPeriods) * (62_500 << Int64(rateCode))
      // Exact to the nanosecond for centuries: the error is a share of the whole span, never a sum.
      let error = conditions.periodErrorPPM
      return filterStart + nominal + nominal / 1_000_000 * error
        + nominal % 1_000_000 * error / 1_000_000
    }
  }

  /// Periods that the modulator stands still before the next conversion.
  private var standingPeriods: Int64 {
    @_noLocks @_noAllocation
    get {
      guard let standing = conditions.standing, !hasStood, truth.conversions == standing.first
      else { return 0 }
      return Int64(truncatingIfNeeded: standing.count)
    }
  }

  /// Completes every conversion that is due; when they are held, the next one only if the last was
  /// read.
  @_noLocks @_noAllocation
  mutating func advance(to now: Int64) {
    var completed = false
    var due = nextDue
    while due <= now && !(isHeld && isUnread && isAnnounced) {
      completed = complete(at: due) || completed
      due = nextDue
    }
    if completed { compose() }
  }

  /// One conversion. False when the supply dipped instead.
  @_noLocks @_noAllocation
  private mutating func complete(at due: Int64) -> Bool {
    let conversion = truth.conversions
    if let brownOutAt = conditions.brownOutAt, conversion == brownOutAt, !hasBrownedOut {
      hasBrownedOut = true
      resetRegisters()
      isStarted = false
      isConverting = startPin
      startFilter(at: due)
      return false
    }
    if let upset = conditions.registerUpset, conversion == upset.at, !isUpset {
      isUpset = true
      registers[upsetAddress] = upset.value
      if upsetAddress == 1 { startFilter(at: due) }
    }
    if standingPeriods > 0 {
      sinceFilterStart += standingPeriods
      hasStood = true
    }
    if isUnread { truth.overwrittenUnread += 1 }
    isUnread = true
    lastDue = due
    truth.conversions += 1
    sinceFilterStart += 1
    if let lost = conditions.lostEdges, lost.contains(conversion) {
      truth.edgesLost += 1
      isAnnounced = false
    } else {
      isAnnounced = true
      announce(at: due)
    }
    return true
  }

  /// The falling edge of DRDY, as the kernel keeps it: a full buffer drops the oldest.
  @_noLocks @_noAllocation
  private mutating func announce(at due: Int64) {
    lineSequence &+= 1
    if edgeCount == Self.edgeCapacity {
      firstEdge = (firstEdge + 1) % Self.edgeCapacity
      edgeCount -= 1
    }
    edges[(firstEdge + edgeCount) % Self.edgeCapacity] = Edge(
      time: MonotonicInstant(nanoseconds: due), lineSequence: lineSequence)
    edgeCount += 1
  }

  @_noLocks @_noAllocation
  mutating func startFilter(at now: Int64) {
    filterStart = now
    sinceFilterStart = 0
  }

  /// Starts or stops converting, as pins and opcodes have it now.
  @_noLocks @_noAllocation
  mutating func updateConverting(at now: Int64) {
    let isWanted = powerPin && resetPin && !isStandby && (isStarted || startPin)
    if isWanted && !isConverting {
      startFilter(at: now)
      isUnread = false
      if countsFromNextStart {
        countsFromNextStart = false
        truth.conversions = 0
        truth.conversionsRead = 0
        truth.overwrittenUnread = 0
        truth.edgesLost = 0
      }
    }
    isConverting = isWanted
  }

  /// What power-up, the RESET pin and the RESET opcode leave behind.
  @_noLocks @_noAllocation
  mutating func resetRegisters() {
    for address in 0..<24 { registers[address] = 0 }
    registers[0] = identity
    registers[1] = 0x96
    registers[2] = 0xC0
    registers[3] = 0x60
    for address in 5...12 { registers[address] = 0x61 }
    registers[0x14] = 0x0F
    isContinuous = true
    isStandby = false
    referenceAt = .max
    if let stallAt = conditions.stallAt, conditions.stallEndsWithReset,
      truth.conversions >= stallAt, !countsFromNextStart
    {
      isStallOver = true
    }
    if let standing = conditions.standing, truth.conversions >= standing.first { hasStood = true }
  }

  // MARK: the output register

  /// Puts the conversion that has just ended into the output register.
  @_noLocks @_noAllocation
  private mutating func compose() {
    let conversion = truth.conversions - 1
    var nibble: UInt8 = 0b1100
    if let bad = conditions.badStatus, bad.contains(conversion) { nibble = 0 }
    let comparatorsAreOn = registers[0x17] & 1 << 1 != 0
    let positive =
      comparatorsAreOn ? conditions.detachedPositive.rawValue & registers[0x0F] : 0
    let negative =
      comparatorsAreOn ? conditions.detachedNegative.rawValue & registers[0x10] : 0
    registers[0x12] = positive
    registers[0x13] = negative
    output[0] = nibble << 4 | positive >> 4
    output[1] = positive << 4 | negative >> 4
    output[2] = negative << 4 | pinLevels
    let wave = leadOffWave(conversion)
    for channel in 0..<channelCount {
      let count = UInt32(bitPattern: measure(channel, conversion, wave))
      output[3 + 3 * channel] = UInt8(truncatingIfNeeded: count >> 16)
      output[4 + 3 * channel] = UInt8(truncatingIfNeeded: count >> 8)
      output[5 + 3 * channel] = UInt8(truncatingIfNeeded: count)
    }
  }

  /// GPIO4...1: outputs show what they drive, inputs see a low level.
  var pinLevels: UInt8 {
    @_noLocks @_noAllocation
    get { registers[0x14] >> 4 & ~registers[0x14] & 0x0F }
  }

  /// The counts of one channel.
  @_noLocks @_noAllocation
  private func measure(_ channel: Int, _ conversion: UInt64, _ wave: Double) -> Int32 {
    let settings = registers[5 + channel]
    let input = settings & 0b111
    if settings & 1 << 7 != 0 || input == 0b001 { return 0 }
    // Without a reference everything is beyond full scale.
    if lastDue < referenceAt { return ADS1299.countMaximum }
    let lsb = Self.microvoltsPerCount(gainCode: settings >> 4 & 0b111)
    switch input {
    case 0b000:
      let current = leadOffMicrovolts(channel, wave)
      return Self.clip(electrode(channel, conversion, lsb) + current / lsb)
    case 0b011:
      // MVDD: half of a 5 V analog supply, channels 3 and 4 a quarter of 3.3 V.
      return Self.clip((channel == 2 || channel == 3 ? 825_000 : 2_500_000) / lsb)
    case 0b100:
      // 145.3 mV at 25 °C.
      return Self.clip(145_300 / lsb)
    case 0b101 where registers[2] & 1 << 4 != 0:
      let doubled = registers[2] & 1 << 2 != 0
      return Self.clip(
        Self.testSignal(code: registers[2] & 0b11, clocks: clocks(conversion))
          * (doubled ? 2 : 1) / lsb)
    default:
      return 0
    }
  }

  /// What the electrode carries without lead-off current, in counts; whole ones are exact.
  @_noLocks @_noAllocation
  private func electrode(_ channel: Int, _ conversion: UInt64, _ lsb: Double) -> Double {
    switch electrodes.kind {
    case .silence:
      return 0
    case .testSignal:
      return Self.testSignal(code: 0, clocks: clocks(conversion)) / lsb
    case .recording:
      guard channel < electrodes.columnCount, let counts = unsafe electrodes.counts,
        let scales = unsafe electrodes.microvoltsPerCount
      else { return 0 }
      let samplesPerSecond = UInt64(16_000) >> UInt64(rateCode)
      let sample = conversion * electrodes.millihertz / (samplesPerSecond * 1_000)
      let row = Int(truncatingIfNeeded: sample % electrodes.rowCount)
      // SAFETY: row and channel lie within the table that `Electrodes.init` copied.
      let count = unsafe counts[row * electrodes.columnCount + channel]
      let ratio = unsafe scales[channel] / lsb
      // Scales that differ by less than a millionth are the same scale, rounded in a file's header.
      if ratio > 0.999_999 && ratio < 1.000_001 { return Double(count) }
      return Double(count) * ratio
    }
  }

  /// The age of a conversion in clocks, from which the test signal is divided.
  @_noLocks @_noAllocation
  private func clocks(_ conversion: UInt64) -> UInt64 {
    conversion * UInt64(ADS1299.Clocks.conversion(rateCode))
  }

  /// Microvolts: -(VREFP - VREFN) / 2400 and its opposite in turn; SBAS499A, CONFIG2.
  @_noLocks @_noAllocation
  private static func testSignal(code: UInt8, clocks: UInt64) -> Double {
    let amplitude = ADS1299.referenceMicrovolts / 2_400
    switch code {
    case 0b00: return clocks >> 20 & 1 == 0 ? -amplitude : amplitude
    case 0b01: return clocks >> 19 & 1 == 0 ? -amplitude : amplitude
    case 0b11: return -amplitude
    default: return 0
    }
  }

  @_noLocks @_noAllocation
  private static func microvoltsPerCount(gainCode: UInt8) -> Double {
    let factor: Double
    switch gainCode {
    case 0: factor = 1
    case 1: factor = 2
    case 2: factor = 4
    case 3: factor = 6
    case 4: factor = 8
    case 5: factor = 12
    default: factor = 24
    }
    return ADS1299.referenceMicrovolts / factor / Double(ADS1299.countMaximum)
  }

  /// The nearest 24-bit count; the chip clips at full scale.
  @_noLocks @_noAllocation
  private static func clip(_ counts: Double) -> Int32 {
    if counts >= 8_388_607 { return 8_388_607 }
    if counts <= -8_388_608 { return -8_388_608 }
    return Int32(counts < 0 ? counts - 0.5 : counts + 0.5)
  }
}
