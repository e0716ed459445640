// Real-time: the model's serial interface, on the acquisition thread. No system calls. Bounded by
// the 32 bytes of a transfer.

import RT

/// Where the interface is in a command.
private enum SerialState {
  case command
  /// The second byte of RREG or WREG comes: how many registers, less one.
  case readCount(address: Int)
  case writeCount(address: Int)
  case reading(address: Int, left: Int)
  case writing(address: Int, left: Int)
}

extension ADS1299Model {
  /// One transfer: chip select low, the bytes, chip select high, which resets the interface.
  ///
  /// - Parameter byteNanoseconds: how long a byte takes on the wire.
  @_noLocks @_noAllocation
  mutating func exchange(
    _ bytes: ExchangeBytes, from first: Int = 0, byteCount: Int, byteNanoseconds: Int64,
    at now: Int64
  ) {
    var state = SerialState.command
    let level = stuckLevel(at: now)
    // The byte of the frame that clocks out next; a frame's length when none does.
    var position = isContinuous ? 0 : frameByteCount
    if isContinuous && byteCount >= frameByteCount {
      let end = now + Int64(byteCount) * byteNanoseconds
      let keepOut = ADS1299.nominal(clocks: ADS1299.Clocks.command)
      if nextDue - keepOut < end { truth.tornReads += 1 }
    }
    for index in 0..<byteCount {
      // SAFETY: a transfer is at most `ExchangeBytes.capacity` bytes; the port checks it.
      let input = unsafe bytes.transmit[first + index]
      var answer: UInt8 = 0
      if position < frameByteCount {
        answer = output[position]
        position += 1
        if position == frameByteCount && isUnread {
          isUnread = false
          truth.conversionsRead += 1
        }
      }
      switch state {
      case .command:
        state = begin(input, byteNanoseconds: byteNanoseconds, position: &position, at: now)
      case .readCount(let address):
        state = .reading(address: address, left: Int(input & 0b1_1111) + 1)
      case .writeCount(let address):
        state = .writing(address: address, left: Int(input & 0b1_1111) + 1)
      case .reading(let address, let left):
        answer = address < 24 ? registers[address] : 0
        if address == 0x14 { answer = pinLevels << 4 | registers[0x14] & 0x0F }
        state = left > 1 ? .reading(address: address + 1, left: left - 1) : .command
      case .writing(let address, let left):
        write(input, at: address, now: now)
        state = left > 1 ? .writing(address: address + 1, left: left - 1) : .command
      }
      unsafe bytes.receive[first + index] = level ?? answer
    }
  }

  /// The bus fails now.
  @_noLocks @_noAllocation
  mutating func isTransferRefused(at now: Int64) -> Bool {
    guard let span = conditions.failedTransfers else { return false }
    if failingSince == .max && hasReached(span) { failingSince = now }
    return lasts(span, since: failingSince, at: now)
  }

  /// What DOUT shows whatever the chip says.
  @_noLocks @_noAllocation
  private mutating func stuckLevel(at now: Int64) -> UInt8? {
    guard let stuck = conditions.stuckOutput else { return nil }
    if stuckSince == .max && hasReached(stuck.span) { stuckSince = now }
    return lasts(stuck.span, since: stuckSince, at: now) ? stuck.level.byte : nil
  }

  /// A fault that begins with a conversion; from power-up when it is the first.
  @_noLocks @_noAllocation
  private func hasReached(_ span: ConversionSpan) -> Bool {
    span.first == 0 || !countsFromNextStart && truth.conversions > span.first
  }

  /// It lasts as long as its conversions would have, also when none is made.
  @_noLocks @_noAllocation
  private func lasts(_ span: ConversionSpan, since: Int64, at now: Int64) -> Bool {
    if now < since { return false }
    return span.count == .max
      || now - since < Int64(truncatingIfNeeded: span.count) * (62_500 << Int64(rateCode))
  }

  /// The first byte of a command.
  @_noLocks @_noAllocation
  private mutating func begin(
    _ opcode: UInt8, byteNanoseconds: Int64, position: inout Int, at now: Int64
  ) -> SerialState {
    if opcode == 0x00 { return .command }
    if now < readyAt || !powerPin || !resetPin {
      truth.timingViolations += 1
      return .command
    }
    if isStandby && opcode != 0x02 {
      truth.refusedCommands += 1
      return .command
    }
    switch opcode {
    case 0x02:  // WAKEUP
      isStandby = false
      busy(ADS1299.Clocks.command, from: now)
      updateConverting(at: now)
    case 0x04:  // STANDBY
      isStandby = true
      updateConverting(at: now)
    case 0x06:  // RESET
      isStarted = false
      isConverting = false
      resetRegisters()
      busy(ADS1299.Clocks.afterReset, from: now)
      updateConverting(at: now)
    case 0x08:  // START
      isStarted = true
      updateConverting(at: now)
    case 0x0A:  // STOP
      isStarted = false
      updateConverting(at: now)
    case 0x10:  // RDATAC
      isContinuous = true
      busy(ADS1299.Clocks.command, from: now)
    case 0x11:  // SDATAC
      isContinuous = false
      position = frameByteCount
      busy(ADS1299.Clocks.command, from: now)
    case 0x12 where !isContinuous:  // RDATA
      position = 0
    case 0x20...0x5F where !isContinuous:  // RREG, WREG
      // Each byte must be decoded before the next one ends (tSDECODE).
      guard byteNanoseconds >= ADS1299.nominal(clocks: ADS1299.Clocks.command) else {
        truth.timingViolations += 1
        return .command
      }
      let address = Int(opcode & 0b1_1111)
      return opcode < 0x40 ? .readCount(address: address) : .writeCount(address: address)
    default:
      truth.refusedCommands += 1
    }
    return .command
  }

  @_noLocks @_noAllocation
  private mutating func busy(_ clocks: Int64, from now: Int64) {
    readyAt = now + ADS1299.nominal(clocks: clocks)
  }

  @_noLocks @_noAllocation
  private mutating func write(_ value: UInt8, at address: Int, now: Int64) {
    // ID and LOFF_STATx are read only; channels that are not there stay as they are.
    if address == 0 || address >= 24 || address == 0x12 || address == 0x13 { return }
    if address >= 5 + channelCount && address <= 12 { return }
    if address == deafAddress { return }
    let old = registers[address]
    registers[address] = value
    if address == 1 && old != value && isConverting { startFilter(at: now) }
    if address == 3 && (old ^ value) & 1 << 7 != 0 {
      referenceAt = value & 1 << 7 != 0 ? now + ADS1299.referenceStart.rawValue : .max
    }
  }
}
