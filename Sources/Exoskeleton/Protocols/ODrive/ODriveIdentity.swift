// What an ODrive is asked, and told, before a session: who it is, how the axis is set up, and its
// watchdog. Nothing is saved in the drive: a restart forgets it.

internal import RT

extension ExoskeletonLink {
  /// Not real-time.
  mutating func identifyODrive(until deadline: MonotonicInstant) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    let axis = settings.address
    guard axis == 0 || axis == 1 else {
      throw unsuitable("\(axis) is no axis of an ODrive", "give 0 or 1")
    }
    let prefix = "axis\(axis)."
    let firmware = try numbers(
      ["fw_version_major", "fw_version_minor", "fw_version_revision"], deadline)
    let hardware = try numbers(
      ["hw_version_major", "hw_version_minor", "hw_version_variant"], deadline)
    let volts = try decimal("vbus_voltage", deadline)
    guard volts >= 0, volts <= 1000 else { throw notUnderstood("vbus_voltage", "\(volts)") }
    let generation = try generation(firmware, deadline)
    try refuseErrors(prefix, generation, deadline)
    try checkModes(prefix, generation, deadline)
    let velocityLimit = try decimal(prefix + "controller.config.vel_limit", deadline)
    let remarks = try learnEffort(prefix, generation, deadline)
    var identity = ExoskeletonIdentity(
      name: "ODrive " + hardware.map { "\($0)" }.joined(separator: "."),
      firmware: firmware.map { "\($0)" }.joined(separator: "."),
      watchdog: try setODriveWatchdog(prefix, deadline),
      velocityMaximum: settings.gearing.jointVelocity(velocityLimit * 360).magnitude)
    // Its first nine places: the text protocol prints no more.
    let serial = try inquire("serial_number", deadline)
    if serial.allSatisfy(\.isNumber) { identity.serialNumber = serial }
    identity.remarks = remarks
    identity.remarks.append(
      "its supply is at \(Int(volts)) V, its position has no limits of its own")
    let span = port.wireTime(byteCount: wire.odrive.vocabulary.byteCountMax)
    if span * 2 > settings.controlPeriod {
      identity.remarks.append(
        "on a serial line of \(port.baud) baud a command and its questions take"
          + " \(Int(span.microseconds)) µs, more than half of a control period of"
          + " \(Int(settings.controlPeriod.milliseconds)) ms: set a higher rate"
          + " (config.uart_a_baudrate), or use the drive's USB, where no rate counts")
    }
    return identity
  }

  // MARK: What must be so

  private mutating func generation(_ firmware: [UInt32], _ deadline: MonotonicInstant)
    throws(LinkFault) -> ODriveGeneration
  {
    if firmware[0] == 0, firmware[1] == 5, firmware[2] >= 4 { return .five }
    if firmware[0] == 0, firmware[1] == 6 { return .six }
    let text = firmware.map { "\($0)" }.joined(separator: ".")
    throw unsuitable(
      "the ODrive has firmware \(text)", "use 0.5.4 to 0.5.6, or 0.6: others name things otherwise")
  }

  /// An expired watchdog alone is lifted when the joint is armed.
  private mutating func refuseErrors(
    _ prefix: String, _ generation: ODriveGeneration, _ deadline: MonotonicInstant
  ) throws(LinkFault) {
    var names = [ODriveVocabulary.errorName(generation)]
    if generation == .five { names += ["motor.error", "encoder.error", "controller.error"] }
    for name in names {
      var error = try number(prefix + name, deadline)
      if name == names[0] {
        error &= ~ODriveVocabulary.watchdogError(generation)
      }
      guard error == 0 else {
        throw unsuitable(
          "the ODrive reports \(prefix)\(name) 0x" + String(error, radix: 16, uppercase: true),
          "find its cause in the maker's list of errors, then clear it in odrivetool")
      }
    }
    guard generation == .five else { return }
    for name in ["motor.is_calibrated", "encoder.is_ready"] {
      guard try number(prefix + name, deadline) == 1 else {
        throw unsuitable(
          "the ODrive's \(prefix)\(name) is 0",
          "calibrate that axis in odrivetool, or give the axis that has the motor")
      }
    }
  }

  private mutating func checkModes(
    _ prefix: String, _ generation: ODriveGeneration, _ deadline: MonotonicInstant
  ) throws(LinkFault) {
    let control = try number(prefix + "controller.config.control_mode", deadline)
    let wanted: (UInt32, String) =
      switch settings.mode {
      case .position: (3, "position")
      case .effort: (1, "torque")
      }
    guard control == wanted.0 else {
      throw unsuitable(
        "the ODrive's control_mode is \(control), and the joint is led by \(wanted.1)",
        "set \(prefix)controller.config.control_mode to \(wanted.0)")
    }
    let input = try number(prefix + "controller.config.input_mode", deadline)
    guard input == 1 else {
      throw unsuitable(
        "the ODrive's input_mode is \(input), which is a course of its own",
        "set \(prefix)controller.config.input_mode to 1 (passthrough)")
    }
  }

  // MARK: Effort, watchdog

  /// Whether the drive tells its current, and what a newton metre is then.
  private mutating func learnEffort(
    _ prefix: String, _ generation: ODriveGeneration, _ deadline: MonotonicInstant
  ) throws(LinkFault) -> [String] {
    let current = try inquire(prefix + ODriveVocabulary.currentName(generation), deadline)
    let constant = try inquire(prefix + ODriveVocabulary.torqueConstantName(generation), deadline)
    let torqueConstant = Double(constant) ?? .nan
    let isTold = Double(current)?.isFinite ?? false
    let isKnown = torqueConstant > 0 || settings.gearing.newtonMetresPerAmpere > 0
    wire.odrive.torqueConstant = torqueConstant
    wire.odrive.noteIdentified(
      ODriveVocabulary(
        axis: settings.address, generation: generation, tellsCurrent: isTold && isKnown,
        watchdogSeconds: settings.watchdog.seconds))
    if isTold && isKnown { return [] }
    return [
      "its effort is not known, so that an obstructed joint is not noticed by its effort"
    ]
  }

  /// Set, fed, switched on, read back. The last questions: it counts from then on.
  private mutating func setODriveWatchdog(_ prefix: String, _ deadline: MonotonicInstant)
    throws(LinkFault) -> DriveWatchdog
  {
    let seconds = settings.watchdog.seconds
    guard seconds >= 0.01, seconds <= 10 else {
      throw unsuitable(
        "a drive shall not have a watchdog of \(Int(settings.watchdog.milliseconds)) ms",
        "ask for 10 to 10 000 ms")
    }
    let timeout = prefix + "config.watchdog_timeout"
    let setting = ["w \(timeout) \(seconds)", "u \(settings.address)"]
    let found = Double(try inquire(timeout, after: setting, deadline)) ?? .nan
    let enable = prefix + "config.enable_watchdog"
    let isOn = try inquire(enable, after: ["u \(settings.address)", "w \(enable) 1"], deadline)
    guard (found - seconds).magnitude < 0.001, ["1", "true", "True"].contains(isOn) else {
      throw unsuitable(
        "the ODrive's watchdog was set to \(seconds) s and reads \(found) s,"
          + " enable_watchdog \(isOn)", "check that its firmware is 0.5.4 or later")
    }
    return .read(Nanoseconds(seconds: found))
  }

  // MARK: One question, one answer

  private func unsuitable(_ what: String, _ remedy: String) -> LinkFault {
    .unsuitable(path: port.path, what: what, remedy: remedy)
  }

  private mutating func numbers(_ names: [String], _ deadline: MonotonicInstant)
    throws(LinkFault) -> [UInt32]
  {
    var numbers: [UInt32] = []
    for name in names { numbers.append(try number(name, deadline)) }
    return numbers
  }

  private mutating func number(_ name: String, _ deadline: MonotonicInstant) throws(LinkFault)
    -> UInt32
  {
    let text = try inquire(name, deadline)
    if let number = UInt32(text) { return number }
    throw notUnderstood(name, text)
  }

  private mutating func decimal(_ name: String, _ deadline: MonotonicInstant) throws(LinkFault)
    -> Double
  {
    let text = try inquire(name, deadline)
    if let number = Double(text), number.isFinite { return number }
    throw notUnderstood(name, text)
  }

  private func notUnderstood(_ name: String, _ text: String) -> LinkFault {
    unsuitable(
      "the ODrive answered \"\(text)\" when asked for \(name)",
      "update its firmware to 0.5.6 or 0.6, and check that it has that axis")
  }

  /// What the drive says of a property, after some lines that it says nothing to.
  private mutating func inquire(
    _ name: String, after commands: [String] = [], _ deadline: MonotonicInstant
  ) throws(LinkFault) -> String {
    let question = (commands + ["r " + name]).flatMap { ODriveText.line($0) }
    var echoes: UInt64 = 0
    do throws(LinkFault) {
      return try ask(question, until: deadline) { queue in
        while let line = ODriveLine.find(in: queue) {
          let text = unsafe Array(queue.bytes(0, count: line.textCount))
          if line.isIntact { queue.drop(line.byteCount) } else { queue.skip(line.byteCount) }
          guard line.isIntact else { continue }
          if text.count > 1, text[1] == 0x20, (0x61...0x7A).contains(text[0]) {
            echoes += 1
            continue
          }
          // It goes to terminals and logs.
          return String(
            decoding: text.map { (0x20...0x7E).contains($0) ? $0 : 0x3F }, as: UTF8.self)
        }
        return nil
      }
    } catch {
      if echoes > 0, case .garbled = error { throw .echo(path: port.path) }
      throw error
    }
  }
}
