// What the registers of up to four chips shall hold, and whether they do.
//
// Real-time: on the acquisition thread, once a second. Bounded; no system calls.

import Signal

extension ExchangeBytes {
  /// RREG: the values come from byte 2 on.
  @_noLocks @_noAllocation
  func putRead(from first: UInt8, count: Int) {
    put(0x20 | first, at: 0)
    put(UInt8(truncatingIfNeeded: count - 1), at: 1)
    for index in 0..<count { put(0, at: 2 + index) }
  }
}

/// SBAS499C, "Register Maps": what each register was given, 24 a chip.
struct RegisterImage {
  /// 24 a chip.
  private var values = InlineArray<96, UInt8>(repeating: 0)
  private let channelsPerChip: Int

  init(_ configurations: [ADS1299Configuration]) {
    channelsPerChip = configurations.first?.variant.channelCount ?? 0
    for (chip, configuration) in configurations.prefix(4).enumerated() {
      for (address, value) in configuration.registerValues().enumerated() {
        values[24 * chip + address] = value
      }
    }
  }

  @_noLocks @_noAllocation
  func value(ofChip chip: Int, at address: Int) -> UInt8 { values[24 * chip + address] }

  /// WREG with these registers' values. Bytes of the command.
  @_noLocks @_noAllocation
  func putWrite(of addresses: ClosedRange<Int>, chip: Int, into bytes: ExchangeBytes) -> Int {
    let first = addresses.lowerBound
    bytes.put(UInt8(truncatingIfNeeded: 0x40 | first), at: 0)
    bytes.put(UInt8(truncatingIfNeeded: addresses.upperBound - first), at: 1)
    for address in first...addresses.upperBound {
      bytes.put(value(ofChip: chip, at: address), at: 2 + address - first)
    }
    return 3 + addresses.upperBound - first
  }

  /// The first register that differs from what was written.
  ///
  /// - Parameter first: the byte of the answer with the first address' value.
  @_noLocks @_noAllocation
  func verdict(
    on bytes: ExchangeBytes, at first: Int, addresses: ClosedRange<Int>, chip: Int
  ) -> ChipVerdict {
    for address in addresses.lowerBound...addresses.upperBound where isWritten(address) {
      let found = bytes.received(first + address - addresses.lowerBound)
      let wanted = value(ofChip: chip, at: address)
      // BIAS_STAT of CONFIG3 is the chip's own.
      if found == wanted || (address == 3 && (found ^ wanted) == 1) { continue }
      return .mismatch(chip: chip, address: address, wrote: wanted, read: found)
    }
    return .good
  }

  /// Not ID and LOFF_STATx, which are read only, nor channels that are not there.
  @_noLocks @_noAllocation
  private func isWritten(_ address: Int) -> Bool {
    address != 0 && address != 0x12 && address != 0x13
      && (address < 5 + channelsPerChip || address > 12)
  }
}
