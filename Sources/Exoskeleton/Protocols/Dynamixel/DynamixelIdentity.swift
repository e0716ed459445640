// What a Dynamixel servo is asked, and told, before a session: who it is, how it is set up, and its
// bus watchdog. Nothing of its EEPROM is changed.

internal import RT

extension ExoskeletonLink {
  /// Not real-time.
  mutating func identifyDynamixel(until deadline: MonotonicInstant) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    let (model, firmware) = try ping(until: deadline)
    let level = try read(.statusReturnLevel, until: deadline)
    guard level == 2 else {
      throw unsuitable(
        "the servo answers only some instructions (Status Return Level \(level))",
        "set item 68 to 2 in DYNAMIXEL Wizard")
    }
    let hardware = UInt8(truncatingIfNeeded: try read(.hardwareErrorStatus, until: deadline))
    guard hardware == 0 else {
      throw unsuitable(
        "the servo reports a hardware error (\(dynamixelHardwareErrors(hardware)))",
        "find its cause, then switch the servo off and on")
    }
    let mode = try suitableMode(model, until: deadline)
    wire.dynamixel.amperesPerCount = model.amperesPerCount ?? .nan
    var identity = ExoskeletonIdentity(
      name: "Dynamixel \(model.name)", firmware: "\(firmware)",
      watchdog: try setWatchdog(until: deadline))
    switch settings.mode {
    case .position:
      let range = try goalRange(mode, until: deadline)
      wire.dynamixel.countsMinimum = range.lowerBound
      wire.dynamixel.countsMaximum = range.upperBound
      identity.positionDegrees = jointRange(range)
    case .effort:
      let limit = try read(.currentLimit, until: deadline)
      wire.dynamixel.currentMaximum = Int32(limit & 0x7FFF)
    }
    let velocityLimit = Double(try read(.velocityLimit, until: deadline))
    let fastest = settings.gearing.jointVelocity(velocityLimit * DynamixelUnit.degreesPerSecond)
    identity.velocityMaximum = fastest.magnitude
    let torque = try read(.torqueEnable, until: deadline)
    wire.dynamixel.noteIdentified(isTorqueOn: torque != 0)
    identity.remarks = try remarks(model, until: deadline)
    return identity
  }

  // MARK: What must be so

  /// Position by mode 3 or 4, effort by mode 0; a mode changes with the torque off alone, and a
  /// person should know that it does.
  private mutating func suitableMode(_ model: DynamixelModel, until deadline: MonotonicInstant)
    throws(LinkFault) -> DynamixelMode
  {
    let number = UInt8(truncatingIfNeeded: try read(.operatingMode, until: deadline))
    let mode = DynamixelMode(rawValue: number)
    switch settings.mode {
    case .position:
      if let mode, mode == .position || mode == .extendedPosition { return mode }
      throw unsuitable(
        "the servo is in operating mode \(DynamixelMode.text(number)), and the joint is led by"
          + " position",
        "switch its torque off and set item 11 to 3 (position) or 4 (extended position) in"
          + " DYNAMIXEL Wizard")
    case .effort:
      guard model.amperesPerCount != nil else {
        throw unsuitable(
          "a \(model.name) measures no current, and the joint is led by effort",
          "lead it by position, or use a servo that has the mode 0 (current)")
      }
      guard settings.gearing.newtonMetresPerAmpere > 0 else {
        throw unsuitable(
          "the torque constant of the servo is not known, and the joint is led by effort",
          "give the newton metres at the joint for an ampere")
      }
      if let mode, mode == .current { return mode }
      throw unsuitable(
        "the servo is in operating mode \(DynamixelMode.text(number)), and the joint is led by"
          + " effort",
        "switch its torque off and set item 11 to 0 (current) in DYNAMIXEL Wizard")
    }
  }

  private mutating func goalRange(_ mode: DynamixelMode, until deadline: MonotonicInstant)
    throws(LinkFault) -> ClosedRange<Int32>
  {
    if mode == .extendedPosition {
      return -DynamixelUnit.countsMaximum...DynamixelUnit.countsMaximum
    }
    let lowest = Int32(bitPattern: try read(.minPositionLimit, until: deadline))
    let highest = Int32(bitPattern: try read(.maxPositionLimit, until: deadline))
    guard lowest < highest else {
      throw unsuitable(
        "the servo's position limits are \(lowest) to \(highest), which allow nothing",
        "set items 52 and 48 in DYNAMIXEL Wizard")
    }
    return lowest...highest
  }

  private func jointRange(_ counts: ClosedRange<Int32>) -> ClosedRange<Double> {
    let ends = [counts.lowerBound, counts.upperBound].map {
      settings.gearing.jointDegrees(Double($0) / DynamixelUnit.countsPerDegree)
    }
    return min(ends[0], ends[1])...max(ends[0], ends[1])
  }

  /// Set, and read back. Written as 0 first, which lifts one that has bitten.
  private mutating func setWatchdog(until deadline: MonotonicInstant) throws(LinkFault)
    -> DriveWatchdog
  {
    let units = wire.dynamixel.watchdogUnits
    guard (1...127).contains(units) else {
      throw unsuitable(
        "a servo cannot have a watchdog of \(Int(settings.watchdog.milliseconds)) ms",
        "ask for 20 to 2540 ms")
    }
    // It bites only a servo whose torque is on: with the torque off it may be set anew.
    try write(.torqueEnable, 0, until: deadline)
    try write(.busWatchdog, 0, until: deadline)
    try write(.busWatchdog, UInt32(units), until: deadline)
    let found = try read(.busWatchdog, until: deadline)
    guard found == UInt32(units) else {
      throw unsuitable(
        "the servo's bus watchdog was set to \(units) and reads \(found)",
        "update its firmware to version 38 or later, which has one")
    }
    return .read(Nanoseconds(Int64(units) * DynamixelUnit.watchdog))
  }

  // MARK: What should be known

  private mutating func remarks(_ model: DynamixelModel, until deadline: MonotonicInstant)
    throws(LinkFault) -> [String]
  {
    var remarks = [
      "when its bus watchdog bites the servo stops and holds its place with torque: it does not"
        + " set the joint free"
    ]
    let delay = Nanoseconds.microseconds(
      2 * Int64(try read(.returnDelayTime, until: deadline)))
    if delay > .microseconds(250) {
      remarks.append(
        "the servo waits \(Int(delay.microseconds)) µs before each answer: set item 9 (Return Delay"
          + " Time) to 0 in DYNAMIXEL Wizard")
    }
    let span = exchangeTime(returnDelay: delay)
    if span * 2 > settings.controlPeriod {
      remarks.append(
        "at \(port.baud) baud a command and its answers take \(Int(span.microseconds)) µs on the"
          + " line, more than half of a control period of"
          + " \(Int(settings.controlPeriod.milliseconds)) ms: set a higher rate in item 8 (Baud"
          + " Rate), 1 000 000 or more")
    }
    let profile = try read(.profileVelocity, until: deadline)
    if settings.mode == .position, profile != 0 {
      remarks.append(
        "the servo moves by a profile of its own (Profile Velocity \(profile)) and follows commands"
          + " late: set item 112 to 0")
    }
    if try read(.driveMode, until: deadline) & 0x08 != 0 {
      remarks.append(
        "the servo switches its torque on at any goal (Drive Mode, bit 3): take that off in"
          + " DYNAMIXEL Wizard")
    }
    if model.amperesPerCount == nil || settings.gearing.newtonMetresPerAmpere == 0 {
      remarks.append(
        "its effort is not known, so that an obstructed joint is not noticed by its effort")
    }
    return remarks
  }

  /// A goal and the joint's state, each way, with the servo's own delays: bytes of 10 bits.
  private func exchangeTime(returnDelay: Nanoseconds) -> Nanoseconds {
    let goal = settings.mode == .position ? 16 : 14
    let byteCount = goal + 11 + 14 + 21
    return port.wireTime(byteCount: byteCount) + returnDelay * 2
  }

  // MARK: One question, one answer

  private func unsuitable(_ what: String, _ remedy: String) -> LinkFault {
    .unsuitable(path: port.path, what: what, remedy: remedy)
  }

  /// Who has the ID that is asked for; when nobody has, who else is there.
  private mutating func ping(until deadline: MonotonicInstant) throws(LinkFault)
    -> (DynamixelModel, firmware: UInt8)
  {
    guard (0...252).contains(settings.address) else {
      throw unsuitable("\(settings.address) is no servo's ID", "give an ID of 0 to 252")
    }
    let now = MonotonicInstant.now()
    let half = now + Nanoseconds((deadline - now).rawValue / 2)
    let question = Self.bytes { DynamixelPacket.putPing(id: $1, into: &$0) }
    var status: DynamixelStatus
    do throws(LinkFault) {
      status = try exchange(question(UInt8(settings.address)), count: 3, until: half)
    } catch {
      guard case .silent = error else { throw error }
      let everyone = DynamixelPacket.broadcastID
      do throws(LinkFault) {
        status = try exchange(question(everyone), from: everyone, count: 3, until: deadline)
      } catch {
        guard case .silent = error else { throw error }
        throw unsuitable(
          "no Dynamixel servo answered at \(port.baud) baud",
          "check its power, the cable, and its baud rate (57600 unless it was changed)")
      }
      if status.id != UInt8(settings.address) {
        throw unsuitable(
          "no servo with the ID \(settings.address) answered, but one with the ID \(status.id)",
          "give that ID, or change the servo's in DYNAMIXEL Wizard")
      }
    }
    guard let model = DynamixelModel(number: status.word(0)) else {
      throw unsuitable(
        "the servo is of model \(status.word(0)), whose control table is not known",
        "use one of the X series, or an MX with Protocol 2.0")
    }
    return (model, status.bytes[2])
  }

  private mutating func read(_ item: DynamixelItem, until deadline: MonotonicInstant)
    throws(LinkFault) -> UInt32
  {
    let question = Self.bytes { DynamixelPacket.putRead(item, id: $1, into: &$0) }
    let status = try exchange(
      question(UInt8(settings.address)), count: item.byteCount, until: deadline)
    switch item.byteCount {
    case 1: return UInt32(status.bytes[0])
    case 2: return UInt32(status.word(0))
    default: return status.long(0)
    }
  }

  private mutating func write(
    _ item: DynamixelItem, _ value: UInt32, until deadline: MonotonicInstant
  ) throws(LinkFault) {
    let question = Self.bytes { DynamixelPacket.putWrite(item, value, id: $1, into: &$0) }
    _ = try exchange(question(UInt8(settings.address)), count: 0, until: deadline)
  }

  private mutating func exchange(
    _ question: [UInt8], from id: UInt8? = nil, count: Int, until deadline: MonotonicInstant
  ) throws(LinkFault) -> DynamixelStatus {
    let own = UInt8(settings.address)
    var echoes: UInt64 = 0
    let status: DynamixelStatus
    do throws(LinkFault) {
      status = try ask(question, until: deadline) { queue in
        while let status = DynamixelPacket.find(from: id ?? own, in: &queue) {
          if status.isEcho {
            echoes += 1
          } else if status.result != 0 || status.count == count {
            return status
          }
        }
        return nil
      }
    } catch {
      if echoes > 0, case .garbled = error { throw .echo(path: port.path) }
      throw error
    }
    guard status.result == 0 else {
      throw unsuitable(
        "the servo refused what it was asked (error \(status.result))",
        "check that its firmware is of version 38 or later, and switch it off and on")
    }
    return status
  }

  /// A packet to a servo, as bytes.
  private static func bytes(_ put: @escaping (inout ByteWriter, UInt8) -> Void)
    -> (UInt8) -> [UInt8]
  {
    { id in
      var memory = [UInt8](repeating: 0, count: 32)
      let byteCount = unsafe memory.withUnsafeMutableBytes { memory in
        guard let base = memory.baseAddress else { return 0 }
        // SAFETY: the array's own bytes, as long as it is lent.
        var out = unsafe ByteWriter(base, capacity: memory.count)
        put(&out, id)
        return out.byteCount
      }
      return Array(memory[..<byteCount])
    }
  }
}
