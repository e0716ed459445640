// The model at work: commands, registers, conversions.
//
// Real-time: acquisition thread; bounded by the bytes of a transfer; one clock_nanosleep for a wait.

import MathShim
public import RT
import SPIShim

extension ModelPort {
  /// One transaction, chip select low from the first byte to the last.
  @_noLocks @_noAllocation
  public mutating func exchange(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Int32 {
    guard count > 0 else { return 0 }
    let command = unsafe bytes[0]
    if readsContinuously {
      // Only SDATAC is heard; whatever is clocked, data come out (SBAS499C §9.5.3.7).
      if command == 0x11 {
        readsContinuously = false
      } else if command != 0 && command != 0x02 {
        hearWhileReading(command)
      }
      unsafe putFrame(into: bytes, count: count)
    } else {
      unsafe obey(command, bytes, count)
    }
    if let stuck = faults.stuckOutput {
      for index in 0..<count { unsafe bytes[index] = stuck }
    }
    return 0
  }

  @_noLocks @_noAllocation
  private mutating func hearWhileReading(_ command: UInt8) {
    switch command {
    case 0x06: powerUp()
    case 0x08: beginConversions()
    case 0x0A: isConverting = false
    default: truth.violations &+= 1
    }
  }

  @_noLocks @_noAllocation
  private mutating func obey(_ command: UInt8, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int)
  {
    // After STANDBY only WAKEUP is legal (SBAS499C §9.5.3.2).
    if isStandby && command != 0x02 {
      truth.violations &+= 1
      return
    }
    let first = Int(command & 0x1F)
    let registerCount = unsafe count > 1 ? Int(bytes[1] & 0x1F) &+ 1 : 0
    switch command & 0xE0 {
    case 0x20:
      for index in 2..<max2(count) {
        let address = first &+ index &- 2
        let isAsked = index &- 2 < registerCount && address < 24
        unsafe bytes[index] = isAsked ? registers[address] : 0
      }
      return
    case 0x40:
      for index in 2..<max2(count) where index &- 2 < registerCount {
        unsafe write(bytes[index], to: first &+ index &- 2)
      }
      return
    default: break
    }
    switch command {
    case 0x02: isStandby = false
    case 0x04: isStandby = true
    case 0x06: powerUp()
    case 0x08: beginConversions()
    case 0x0A: isConverting = false
    case 0x10: readsContinuously = true
    case 0x11: break
    case 0x12: unsafe putFrame(into: bytes + 1, count: count &- 1)
    default: truth.violations &+= 1
    }
  }

  @_noLocks @_noAllocation
  private func max2(_ count: Int) -> Int { count > 2 ? count : 2 }

  @_noLocks @_noAllocation
  private mutating func write(_ value: UInt8, to address: Int) {
    // ID, LOFF_STATP and LOFF_STATN are the chip's own.
    guard address < 24, address != 0, address != 0x12, address != 0x13 else { return }
    if address == deafAddress { return }
    unsafe registers[address] = value
    // A new rate restarts the filter (SBAS499C §9.4.2.2).
    if address == 1 && isConverting { beginConversions() }
  }

  @_noLocks @_noAllocation
  private mutating func beginConversions() {
    let code = UInt64(unsafe registers[1] & 7)
    let nominal = Int64(62_500) &<< Int64(code > 6 ? 6 : code)
    period = Nanoseconds(nominal &+ nominal &* partsPerMillion / 1_000_000)
    // Four conversions and nine clocks until the filter has settled (SBAS499C §9.4.2.1.3).
    firstReady = MonotonicInstant.now() + Nanoseconds(period.rawValue &* 4 &+ 4_395)
    isConverting = true
    taken = 0
    latched = 0
  }

  /// The newest conversion that is ready; nil before the first.
  @_noLocks @_noAllocation
  private func newest(at now: MonotonicInstant) -> UInt64? {
    guard isConverting, now >= firstReady else { return nil }
    return UInt64((now - firstReady).rawValue / period.rawValue)
  }

  @_noLocks @_noAllocation
  private func readyTime(of conversion: UInt64) -> MonotonicInstant {
    firstReady + Nanoseconds(period.rawValue &* Int64(conversion))
  }

  /// Status word and channels of the conversion in the output register.
  @_noLocks @_noAllocation
  private mutating func putFrame(into bytes: UnsafeMutablePointer<UInt8>, count: Int) {
    var conversion = latched
    if !isHeld { conversion = newest(at: .now()) ?? 0 }
    if let brownOut = faults.brownOutAt, isConverting, conversion >= brownOut {
      let wasFirst = firstReady
      powerUp()
      readsContinuously = false
      // The clock goes on: a driver sees frames, of another make.
      isConverting = true
      firstReady = wasFirst
    }
    truth.framesRead &+= 1
    var status = unsafe UInt32(0xC0_0000) | UInt32(registers[0x14] &>> 4)
    status |= unsafe UInt32(registers[0x12]) &<< 12 | UInt32(registers[0x13]) &<< 4
    if let bad = faults.badStatusAt, conversion == bad { status ^= 0x40_0000 }
    for index in 0..<count {
      let word = index < 3 ? status : UInt32(bitPattern: sample(index / 3 &- 1, of: conversion))
      let shift = UInt32(16 &- 8 &* (index % 3))
      unsafe bytes[index] = index < 3 &* (channelCount &+ 1)
        ? UInt8(truncatingIfNeeded: word &>> shift) : 0
    }
  }

  /// Counts of a channel: what its input carries, at its gain.
  @_noLocks @_noAllocation
  private func sample(_ channel: Int, of conversion: UInt64) -> Int32 {
    let settings = unsafe registers[5 &+ channel]
    // Powered down: zero, but the place in the frame stays.
    if settings & 0x80 != 0 { return 0 }
    let code = Int((settings &>> 4) & 7)
    let gain = code == 0 ? 1 : code == 1 ? 2 : code == 2 ? 4 : code == 3 ? 6
      : code == 4 ? 8 : code == 5 ? 12 : 24
    let microvoltsPerCount = 4_500_000 / Double(gain) / 8_388_607
    var microvolts = 0.0
    switch settings & 7 {
    case 0:
      guard rowCount > 0 else { return 0 }
      let periodOfRate = unsafe Int64(62_500) &<< Int64(registers[1] & 7)
      let rate = UInt64(1_000_000_000 / periodOfRate)
      let row = Int((conversion &* rowsPerSecond / rate) % UInt64(rowCount))
      let place = channel % rowChannels
      microvolts = unsafe Double(rows[row &* rowChannels &+ place]) * rowScale[place]
    case 4: microvolts = 145_300
    case 5: microvolts = testSignal(at: conversion)
    default: microvolts = 0
    }
    let counts = math_rint(microvolts / microvoltsPerCount)
    if counts >= 8_388_607 { return 8_388_607 }
    if counts <= -8_388_608 { return -8_388_608 }
    return Int32(counts)
  }

  /// A square wave of ±1.875 mV, doubled by CAL_AMP, at fCLK/2^21 or 2^20 (SBAS499C §9.6.1.3).
  @_noLocks @_noAllocation
  private func testSignal(at conversion: UInt64) -> Double {
    let config2 = unsafe registers[2]
    guard config2 & 0x10 != 0 else { return 0 }
    let amplitude = config2 & 4 != 0 ? 3_750.0 : 1_875.0
    if config2 & 3 == 3 { return amplitude }
    let half: UInt64 = config2 & 3 == 1 ? 256_000_000 : 512_000_000
    let elapsed = conversion &* UInt64(period.rawValue)
    return (elapsed / half) & 1 == 0 ? -amplitude : amplitude
  }

  @_noLocks @_noAllocation
  public mutating func waitForEdge(until deadline: MonotonicInstant) -> EdgeOutcome {
    // At most one edge is skipped on purpose, so two turns are enough.
    for _ in 0..<2 {
      guard isConverting else { break }
      if let last = faults.silentAfter, taken > last { break }
      let due = readyTime(of: taken)
      if due > deadline { break }
      if MonotonicInstant.now() < due { shim_sleep_until(due.nanoseconds) }
      guard let ready = newest(at: .now()), ready >= taken else { continue }
      let conversion = isHeld ? taken : ready
      edgesEver &+= conversion &- taken &+ 1
      truth.conversions = conversion &+ 1
      taken = conversion &+ 1
      latched = conversion
      if let lost = faults.lostEdgeAt, conversion == lost { continue }
      return .edge(time: readyTime(of: conversion), number: edgesEver)
    }
    if MonotonicInstant.now() < deadline { shim_sleep_until(deadline.nanoseconds) }
    return .nothing
  }

  @_noLocks @_noAllocation
  public mutating func discardEdges() -> UInt64 {
    if let ready = newest(at: .now()), ready >= taken {
      edgesEver &+= ready &- taken &+ 1
      taken = ready &+ 1
    }
    return edgesEver
  }

  public var keepsConversions: Bool {
    @_noLocks @_noAllocation
    get { isHeld }
  }

  public mutating func pulseReset() -> Bool {
    powerUp()
    return true
  }

  @_noLocks @_noAllocation
  public mutating func setStart(_ isHigh: Bool) -> Bool { false }
}
