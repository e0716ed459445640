// A drive in a time of its own.

import RT
import TestSupport
import Testing

@testable import Emulators

extension Rehearsal where Kind: Drive {
  var status: DriveStatus { board.status }

  /// Says something again and again, as a host does in every control period.
  mutating func keepTelling(
    _ bytes: [UInt8], seconds: Double, period: Double = 0.02
  ) {
    for _ in 0..<Int((seconds / period).rounded()) {
      tell(bytes)
      wait(seconds: period - 0.001)
    }
  }

  mutating func raiseFault() {
    var turn = Turn()
    board.raiseFault(at: now, into: &turn)
    take(turn)
  }
}

/// Bytes out of hexadecimal digits.
func hex(_ text: String) -> [UInt8] {
  text.split(separator: " ").compactMap { UInt8($0, radix: 16) }
}

/// Bytes of which one or more are damaged, lost or invented, within: what was whole is not whole
/// before or after something else.
func damaged(_ bytes: [UInt8], using random: inout SplitMix64) -> [UInt8] {
  var damaged = bytes
  repeat {
    let place = Int.random(in: 0..<(damaged.count - 1), using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: damaged[place] = .random(in: 0...255, using: &random)
    case 2: damaged.insert(.random(in: 0...255, using: &random), at: place + 1)
    default: if damaged.count > 2 { damaged.remove(at: place) }
    }
  } while damaged.suffix(bytes.count) == bytes[...] || damaged.prefix(bytes.count) == bytes[...]
  return damaged
}
