// What a lead-off current adds to the model's electrodes.
//
// The current is direct, or a square wave in step with the modulator; the voltage I · Z passes the
// chip's own filter, so what a conversion shows of the square wave is the exact output of three
// boxcars of N clocks: one step response for every turn of the current within the filter's three
// conversions. No approximation, whatever the phase.
//
// Real-time: acquisition thread; at most two step responses a conversion, two products a channel;
// no system calls.

extension ADS1299Model {
  /// What the filter makes of the current's direction at a conversion: 1 when it has flowed forward
  /// throughout, −1 backward, between them around a turn.
  @_noLocks @_noAllocation
  func leadOffWave(_ conversion: UInt64) -> Double {
    let decimation = Int64(64) << Int64(rateCode)
    let half: Int64
    switch registers[4] & 0b11 {
    // fCLK / 2^18 and fCLK / 2^16, in clocks of the modulator, which runs at half of fCLK.
    case 0b01: half = 1 << 16
    case 0b10: half = 1 << 14
    case 0b11: half = 2 * decimation
    default: return 1
    }
    // Clocks that the conversion has seen; the current has flowed long before the first one.
    var clock = Int64(truncatingIfNeeded: conversion) * decimation
    clock += 8 * half + conditions.leadOffPhase % (2 * half)
    let turns: Int64 = clock / half
    // Forward in even halves.
    var wave = turns & 1 == 0 ? 1.0 : -1.0
    var change = wave
    var age = clock % half
    // Turns within the filter's three conversions: at fDR / 4 there is one every two.
    for _ in 0..<2 where age < 3 * decimation {
      // What it was before the turn, still in the filter.
      wave -= 2 * change * (1 - Self.step(age, decimation))
      change = -change
      age += half
    }
    return wave
  }

  /// Microvolts that the lead-off current adds between the inputs of a channel.
  @_noLocks @_noAllocation
  func leadOffMicrovolts(_ channel: Int, _ wave: Double) -> Double {
    let bit: UInt8 = 1 << UInt8(truncatingIfNeeded: channel)
    // SRB1 ties all negative inputs together, SRB2 the positive ones of its channels: whatever
    // flows into one flows through the reference.
    let hasSRB1 = registers[0x15] & 1 << 5 != 0
    let hasSRB2 = registers[5 + channel] & 1 << 3 != 0
    var positives = registers[0x0F] & bit != 0 ? 1.0 : 0
    if hasSRB2 {
      positives = 0
      for other in 0..<channelCount where registers[5 + other] & 1 << 3 != 0 {
        if registers[0x0F] & 1 << UInt8(truncatingIfNeeded: other) != 0 { positives += 1 }
      }
    }
    let negatives =
      hasSRB1 ? Double(registers[0x10].nonzeroBitCount) : registers[0x10] & bit != 0 ? 1 : 0
    if positives == 0 && negatives == 0 { return 0 }
    let direction = registers[0x11] & bit != 0 ? -wave : wave
    let positiveOhms =
      hasSRB2 ? conditions.referenceOhms : conditions.electrodeOhmsPositive[channel]
    let negativeOhms =
      hasSRB1 ? conditions.referenceOhms : conditions.electrodeOhmsNegative[channel]
    let isPositiveOff = conditions.detachedPositive.rawValue & bit != 0 || !positiveOhms.isFinite
    let isNegativeOff = conditions.detachedNegative.rawValue & bit != 0 || !negativeOhms.isFinite
    // Nothing to flow through: it charges the input until the supply stops it.
    if positives > 0 && isPositiveOff || negatives > 0 && isNegativeOff {
      return direction < 0 ? -1e12 : 1e12
    }
    // Sourced at the positive input, sunk at the negative one: both raise the difference.
    let positiveDrop = positives > 0 ? positives * positiveOhms : 0
    let negativeDrop = negatives > 0 ? negatives * negativeOhms : 0
    return direction * Self.leadOffMicroamperes(registers[4] >> 2 & 0b11)
      * conditions.leadOffCurrentShare * (positiveDrop + negativeDrop)
  }

  /// The share of a step that a sinc³ filter shows `age` clocks after it: of N³ sums i + j + k of
  /// three numbers below N, those below `age`.
  @_noLocks @_noAllocation
  private static func step(_ age: Int64, _ decimation: Int64) -> Double {
    let sums =
      tetrahedron(age) - 3 * tetrahedron(age - decimation)
      + 3 * tetrahedron(age - 2 * decimation) - tetrahedron(age - 3 * decimation)
    return Double(sums) / Double(decimation * decimation * decimation)
  }

  /// Ways to choose i + j + k < n: n (n + 1) (n + 2) / 6. Below 2^41 for the slowest rate.
  @_noLocks @_noAllocation
  private static func tetrahedron(_ n: Int64) -> Int64 {
    n <= 0 ? 0 : n * (n + 1) * (n + 2) / 6
  }

  /// ILEAD_OFF, SBAS499A p. 43.
  @_noLocks @_noAllocation
  private static func leadOffMicroamperes(_ code: UInt8) -> Double {
    switch code {
    case 0b00: 0.006
    case 0b01: 0.024
    case 0b10: 6
    default: 24
    }
  }
}
