// What a Cyton does when it is told, and what it says.

internal import RT

extension CytonBoard {
  mutating func obey(
    _ command: CytonCommand, at now: MonotonicInstant, into turn: inout Turn
  ) {
    switch command {
    case .channelOff(let number):
      rearranging(at: now) { board in
        guard board.hasConverter(of: number) else { return }
        board.frontEnd.channels[number].isPoweredDown = true
        board.frontEnd.channels[number].isDrivenP = false
        board.frontEnd.channels[number].isDrivenN = false
      }
    case .channelOn(let number):
      rearranging(at: now) { board in
        guard board.hasConverter(of: number) else { return }
        board.frontEnd.channels[number].isPoweredDown = false
      }
    case .shortInputs: connect(input: 1, signal: nil, at: now, into: &turn)
    case .testSignal(let signal): connect(input: 5, signal: signal, at: now, into: &turn)
    case .set(let number, let settings): set(number, settings, at: now, into: &turn)
    case .drive(let number, let p, let n): drive(number, p: p, n: n, at: now, into: &turn)
    case .setDefaults:
      sayUnlessStreaming("updating channel settings to default$$$", &turn)
      rearranging(at: now) { $0.frontEnd.reset() }
    case .reportDefaults: turn.send(text: "060110$$$")
    case .eightChannels, .sixteenChannels: changeDaisy(command, at: now, into: &turn)
    case .start:
      // Faster than 250 Hz the radio does not carry: the firmware falls back, settings and all.
      if rateCode != 6 { setRate(6) }
      start(at: now)
    case .stop: stop()
    case .reset: boot(at: now)
    case .registers: sayUnlessStreaming(registerText, &turn)
    case .version: turn.send(text: "v3.1.2$$$")
    case .stamp(let isOn):
      sayUnlessStreaming("Time stamp \(isOn ? "ON" : "OFF")$$$", &turn)
      auxiliary.stamp(isOn)
    case .queryMode: turn.send(text: "Success: \(auxiliary.mode.word)$$$")
    case .mode(let mode):
      auxiliary.choose(mode)
      if mode != .ble { turn.send(text: "Success: \(mode.word)$$$") }
    case .queryRate: turn.send(text: "Success: Sample rate is \(rate)Hz$$$")
    case .rate(let code):
      let wasStreaming = isStreaming
      setRate(code)
      sayUnlessStreaming("Success: Sample rate is \(rate)Hz$$$", &turn, wasStreaming)
      if wasStreaming { start(at: now) }
    case .marker(let character): auxiliary.mark(character)
    case .openCard:
      sayUnlessStreaming(
        "initialization failed. Things to check:\r\n* is a card is inserted?\r\n$$$", &turn)
    case .closeCard, .unknown: break
    case .attachShield: turn.send(text: "Failure: Wifi not attached$$$")
    case .detachShield: turn.send(text: "Failure: Wifi not removed$$$")
    case .queryShield: turn.send(text: "Wifi not present, send { to attach the shield$$$")
    case .resetShield: turn.send(text: "Wifi soft reset$$$")
    case .malformed(let reply, let saidWhileStreaming):
      if saidWhileStreaming { turn.send(text: reply) } else { sayUnlessStreaming(reply, &turn) }
    }
  }

  /// The firmware stops a running stream to write registers and starts it anew, from counter 0.
  private mutating func rearranging(
    at now: MonotonicInstant, _ change: (inout CytonBoard) -> Void
  ) {
    let wasStreaming = isStreaming
    change(&self)
    if wasStreaming { start(at: now) }
  }

  /// Changes a channel and says so, or refuses. Without a Daisy its channels are said to change
  /// all the same.
  private mutating func rearranging(
    _ number: Int, said success: String, refused failure: String, at now: MonotonicInstant,
    into turn: inout Turn, _ change: (inout CytonBoard) -> Void
  ) {
    guard !isRefusing else {
      sayUnlessStreaming("Failure: Err: \(failure)$$$", &turn)
      return
    }
    sayUnlessStreaming("Success: \(success) for \(number + 1)$$$", &turn)
    rearranging(at: now) { board in
      if board.hasConverter(of: number) { change(&board) }
    }
  }

  private func sayUnlessStreaming(
    _ text: String, _ turn: inout Turn, _ wasStreaming: Bool? = nil
  ) {
    if !(wasStreaming ?? isStreaming) { turn.send(text: text) }
  }

  private func hasConverter(of number: Int) -> Bool { number < 8 || isDaisyAttached }

  private mutating func connect(
    input: UInt8, signal: TestSignal?, at now: MonotonicInstant, into turn: inout Turn
  ) {
    sayUnlessStreaming("Success: Configured internal test signal.$$$", &turn)
    rearranging(at: now) { board in
      if let signal { board.frontEnd.testSignal = signal }
      for number in 0..<16 where board.hasConverter(of: number) {
        board.frontEnd.channels[number].settings.input = input
      }
    }
  }

  private mutating func set(
    _ number: Int, _ settings: CytonChannel.Settings, at now: MonotonicInstant,
    into turn: inout Turn
  ) {
    rearranging(number, said: "Channel set", refused: "9th char not X", at: now, into: &turn) {
      board in
      board.frontEnd.channels[number].settings = settings
      board.frontEnd.channels[number].isPoweredDown = settings.isPoweredDown
      // SRB1 is one switch for all channels of a converter.
      let chip = number / 8
      for neighbour in (chip * 8)..<(chip * 8 + 8) {
        board.frontEnd.channels[neighbour].settings.usesSRB1 = settings.usesSRB1
      }
    }
  }

  private mutating func drive(
    _ number: Int, p: Bool, n: Bool, at now: MonotonicInstant, into turn: inout Turn
  ) {
    rearranging(number, said: "Lead off set", refused: "5th char not Z", at: now, into: &turn) {
      board in
      board.frontEnd.channels[number].isDrivenP = p
      board.frontEnd.channels[number].isDrivenN = n
    }
  }

  private mutating func changeDaisy(
    _ command: CytonCommand, at now: MonotonicInstant, into turn: inout Turn
  ) {
    if command == .eightChannels {
      guard isDaisyAttached else { return }
      isDaisyAttached = false
      sayUnlessStreaming("daisy removed$$$", &turn)
      return
    }
    if !isDaisyAttached {
      isDaisyAttached = hasDaisy
      sayUnlessStreaming(hasDaisy ? "daisy attached" : "no daisy to attach!", &turn)
    }
    turn.send(text: isDaisyAttached ? "16$$$" : "8$$$")
  }

  /// Resets the converters, and so all channel settings.
  private mutating func setRate(_ code: UInt8) {
    rateCode = code
    initializeConverters()
  }

  private var rate: Int { 16_000 >> Int(rateCode) }

  // MARK: registers

  /// What `?` prints.
  private var registerText: String {
    var lines = ["", "Board ADS Registers"] + registerLines(chip: 0)
    if isDaisyAttached { lines += ["", "Daisy ADS Registers"] + registerLines(chip: 1) }
    lines += ["", "LIS3DH Registers", "0x0F.33", "0x20.08", "0x23.18"]
    return lines.joined(separator: "\r\n") + "\r\n$$$"
  }

  private func registerLines(chip: Int) -> [String] {
    let channels = frontEnd.channels[(chip * 8)..<(chip * 8 + 8)]
    func mask(_ isSet: (CytonChannel) -> Bool) -> UInt8 {
      zip(0..<8, channels).reduce(0) { isSet($1.1) ? $0 | 1 << UInt8($1.0) : $0 }
    }
    let bias = mask { $0.settings.isInBias && !$0.isPoweredDown }
    // With a Daisy the board's converter drives the clock line that the Daisy's listens to.
    let clock: UInt8 = chip == 0 && isDaisyAttached ? 0xB0 : 0x90
    var registers: [(String, UInt8)] = [
      ("ADS_ID", 0x3E), ("CONFIG1", clock | rateCode),
      ("CONFIG2", frontEnd.testSignal?.register ?? 0xC0), ("CONFIG3", 0xEC), ("LOFF", 0x02),
    ]
    for (place, channel) in zip(1..., channels) {
      registers.append(("CH\(place)SET", channel.register))
    }
    registers += [
      ("BIAS_SENSP", bias), ("BIAS_SENSN", bias), ("LOFF_SENSP", mask(\.isDrivenP)),
      ("LOFF_SENSN", mask(\.isDrivenN)), ("LOFF_FLIP", 0), ("LOFF_STATP", 0), ("LOFF_STATN", 0),
      ("GPIO", 0x0F), ("MISC1", channels.contains { $0.settings.usesSRB1 } ? 0x20 : 0),
      ("MISC2", 0), ("CONFIG4", channels.contains { $0.isDrivenP || $0.isDrivenN } ? 0x02 : 0),
    ]
    return zip(0..., registers).map { address, register in
      let bits = (0..<8).map { String(register.1 >> (7 - UInt8($0)) & 1) }.joined(separator: ", ")
      let place = hexadecimal(UInt8(address))
      return "\(register.0), \(place), \(hexadecimal(register.1)), \(bits)"
    }
  }
}
