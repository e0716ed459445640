// What the servos of a bus do with each instruction, and whether they answer.
//
// Source: ROBOTIS e-Manual, "DYNAMIXEL Protocol 2.0", Instruction Details; Status Return Level.

internal import RT

extension DynamixelBus {
  /// A packet that has come whole.
  mutating func obey(_ frame: DynamixelFrame, at now: MonotonicInstant) {
    // What other devices answer is on the same line.
    guard frame.instruction != DynamixelInstruction.status.rawValue else { return }
    for place in servos.indices where !servos[place].isBooting {
      // "All the Instruction Packet" is communication to the bus watchdog, whoever is meant.
      servos[place].lastInstruction = now
    }
    let isBroadcast = frame.id == DynamixelFrame.broadcast
    let instruction = DynamixelInstruction(rawValue: frame.instruction)
    switch instruction {
    case .syncRead, .fastSyncRead, .syncWrite, .bulkRead, .bulkWrite:
      if isBroadcast, let instruction { obeyGroup(instruction, frame.parameters, at: now) }
    default:
      let ids = servos.indices.sorted { servos[$0].id < servos[$1].id }
      for place in ids where !servos[place].isBooting {
        let isMeant = servos[place].id == frame.id
        let isShadow = servos[place].secondaryID == frame.id
        guard isBroadcast || isMeant || isShadow else { continue }
        let answers = isMeant || isBroadcast && instruction == .ping
        obeyAlone(
          place, instruction, frame.parameters, at: now, isBroadcast: isBroadcast, answers: answers)
      }
    }
  }

  private mutating func obeyAlone(
    _ place: Int, _ instruction: DynamixelInstruction?, _ parameters: [UInt8],
    at now: MonotonicInstant, isBroadcast: Bool, answers: Bool
  ) {
    let level = servos[place].table[.statusReturnLevel]
    let least: Int64 =
      switch instruction {
      case .ping: 0
      case .read: 1
      default: 2
      }
    do throws(DynamixelError) {
      let data = try servos[place].obey(
        instruction, parameters, at: now, isBroadcast: isBroadcast)
      if answers, level >= least { answer(from: place, data, after: now) }
    } catch {
      servos[place].refusedCommands += 1
      if answers, level >= least { answer(from: place, error: error, after: now) }
    }
    // They are answered before they are done.
    switch instruction {
    case .reboot: servos[place].reboot(at: now)
    case .factoryReset where !(isBroadcast && parameters == [0xFF]):
      if let option = parameters.first, parameters.count == 1, [0xFF, 1, 2].contains(option) {
        servos[place].resetEEPROM(keepsID: option != 0xFF, keepsBaudRate: option == 2)
        servos[place].reboot(at: now)
      }
    default: break
    }
  }

  private mutating func obeyGroup(
    _ instruction: DynamixelInstruction, _ parameters: [UInt8], at now: MonotonicInstant
  ) {
    switch instruction {
    case .syncRead:
      guard let (address, count, ids) = sync(parameters) else { return }
      for id in ids { read(id: id, at: address, count: count, now) }
    case .fastSyncRead:
      guard let (address, count, ids) = sync(parameters) else { return }
      fastRead(ids: Array(ids), at: address, count: count, now)
    case .syncWrite:
      guard let (address, count, rest) = sync(parameters) else { return }
      guard count > 0, rest.count.isMultiple(of: count + 1) else { return }
      for start in stride(from: rest.startIndex, to: rest.endIndex, by: count + 1) {
        let data = Array(rest[(start + 1)..<(start + 1 + count)])
        write(id: rest[start], data, at: address, now)
      }
    case .bulkRead:
      guard parameters.count.isMultiple(of: 5) else { return }
      for start in stride(from: 0, to: parameters.count, by: 5) {
        read(
          id: parameters[start], at: word(parameters, start + 1),
          count: word(parameters, start + 3),
          now)
      }
    case .bulkWrite:
      var start = 0
      while start + 5 <= parameters.count {
        let count = word(parameters, start + 3)
        guard count > 0, start + 5 + count <= parameters.count else { return }
        let data = Array(parameters[(start + 5)..<(start + 5 + count)])
        write(id: parameters[start], data, at: word(parameters, start + 1), now)
        start += 5 + count
      }
    default: break
    }
  }

  /// Address, length, and what follows them.
  private func sync(_ parameters: [UInt8]) -> (Int, Int, ArraySlice<UInt8>)? {
    guard parameters.count > 4 else { return nil }
    return (word(parameters, 0), word(parameters, 2), parameters[4...])
  }

  private func word(_ parameters: [UInt8], _ place: Int) -> Int {
    Int(parameters[place]) | Int(parameters[place + 1]) << 8
  }

  private mutating func read(id: UInt8, at address: Int, count: Int, _ now: MonotonicInstant) {
    guard let place = place(of: id), servos[place].table[.statusReturnLevel] >= 1 else { return }
    do throws(DynamixelError) {
      answer(from: place, try servos[place].read(at: address, count: count), after: now)
    } catch {
      servos[place].refusedCommands += 1
      answer(from: place, error: error, after: now)
    }
  }

  private mutating func write(
    id: UInt8, _ data: [UInt8], at address: Int, _ now: MonotonicInstant
  ) {
    for place in servos.indices
    where !servos[place].isBooting && (servos[place].id == id || servos[place].secondaryID == id) {
      do throws(DynamixelError) {
        try servos[place].write(data, at: address, now)
      } catch {
        servos[place].refusedCommands += 1
      }
    }
  }

  /// One status of all, each servo adding its part and the sum so far, without stuffing. It ends
  /// before the first servo that is not there, as nobody takes its turn.
  private mutating func fastRead(
    ids: [UInt8], at address: Int, count: Int, _ now: MonotonicInstant
  ) {
    let length = 1 + ids.count * (count + 4)
    var line = DynamixelFrame.header + [DynamixelFrame.broadcast]
    line += DynamixelFrame.littleEndian16(length) + [DynamixelInstruction.status.rawValue]
    var said = 0
    for id in ids {
      guard let place = place(of: id), servos[place].table[.statusReturnLevel] >= 1,
        let data = try? servos[place].read(at: address, count: count)
      else { break }
      line += [servos[place].alert, id] + data
      line += DynamixelFrame.littleEndian16(Int(DynamixelFrame.crc(line)))
      send(Array(line[said...]), from: place, after: now)
      said = line.count
    }
  }
}

extension DynamixelServo {
  /// Does what one servo alone is told; gives what its answer carries.
  mutating func obey(
    _ instruction: DynamixelInstruction?, _ parameters: [UInt8], at now: MonotonicInstant,
    isBroadcast: Bool
  ) throws(DynamixelError) -> [UInt8] {
    switch instruction {
    case .ping:
      return DynamixelFrame.littleEndian16(Int(table[.modelNumber])) + [options.firmwareVersion]
    case .read:
      guard parameters.count == 4 else { throw .length }
      // Reading is nothing that all can be told at once.
      guard !isBroadcast else { return [] }
      return try read(
        at: Int(parameters[0]) | Int(parameters[1]) << 8,
        count: Int(parameters[2]) | Int(parameters[3]) << 8)
    case .write, .regWrite:
      guard parameters.count > 2 else { throw .length }
      let address = Int(parameters[0]) | Int(parameters[1]) << 8
      let data = Array(parameters[2...])
      if instruction == .write {
        try write(data, at: address, now)
      } else {
        registered = try checked(data, at: address)
      }
    case .action:
      guard let changes = registered else { throw .instruction }
      registered = nil
      for change in changes { try check(change) }
      for change in changes { apply(change, at: now) }
    case .clear:
      guard parameters == [0x01, 0x44, 0x58, 0x4C, 0x22] else { throw .range }
      refresh()
      guard table[.moving] == 0 else { throw .result }
      forgetTurns()
      table[.goalPosition] = count(trajectory)
    case .factoryReset:
      guard let option = parameters.first, parameters.count == 1, [0xFF, 1, 2].contains(option)
      else { throw .range }
      guard !isTorqueOn else { throw .access }
    case .reboot: break
    case .status, .syncRead, .fastSyncRead, .syncWrite, .bulkRead, .bulkWrite, nil:
      throw .instruction
    }
    return []
  }

  mutating func read(at address: Int, count: Int) throws(DynamixelError) -> [UInt8] {
    refresh()
    return try table.read(at: address, count: count)
  }

  mutating func write(_ data: [UInt8], at address: Int, _ now: MonotonicInstant)
    throws(DynamixelError)
  {
    for change in try checked(data, at: address) { apply(change, at: now) }
  }

  private func checked(_ data: [UInt8], at address: Int) throws(DynamixelError)
    -> [DynamixelTable.Change]
  {
    let changes = try table.changes(writing: data, at: address)
    for change in changes { try check(change) }
    return changes
  }
}
