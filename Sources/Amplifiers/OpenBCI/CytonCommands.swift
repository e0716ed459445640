// What is said to a Cyton before it streams: text commands, each answered by text that ends in
// "$$$".
//
// Source: OpenBCI documentation, "Cyton Board SDK", firmware 3.1.

import RT

/// The commands that make a board be as its configuration says.
struct CytonCommands: Sendable {
  let isDaisy: Bool
  /// In order, one reply each.
  let settings: [String]
  /// Switches off what went through somebody: the board goes on with it when the stream has ended.
  let rest: [String]

  /// - Throws: `.unsupported` for what the board cannot do.
  init(_ configuration: CytonConfiguration) throws(AmplifierFault) {
    let chips = configuration.chips
    guard chips.count == 1 || chips.count == 2 else {
      throw .unsupported("a Cyton has one ADS1299, two with a Daisy, not \(chips.count)")
    }
    for chip in chips { try Self.check(chip) }
    isDaisy = chips.count == 2
    var commands = ["~6"]
    // The test signal is one for all; the channels' own settings come after it.
    if let chip = chips.first(where: { $0.testSource.isInternal }) {
      commands.append(Self.testSignal(chip.testSource))
    }
    for (index, chip) in chips.enumerated() {
      for (channel, settings) in chip.channels.enumerated() {
        commands.append(Self.channel(settings, of: chip, channel, name: Self.name(index, channel)))
      }
      commands += Self.currents(chip, names: (0..<8).map { Self.name(index, $0) })
    }
    commands.append("/\(configuration.boardMode.rawValue)")
    if configuration.hasTimeStamps { commands.append("<") }
    settings = commands
    rest = commands.filter { $0.hasPrefix("z") }.map { "\($0.prefix(2))00Z" }
  }

  private static func check(_ chip: ADS1299Configuration) throws(AmplifierFault) {
    guard chip.channels.count == 8 else {
      throw .unsupported("a Cyton's ADS1299 has 8 channels, \(chip.channels.count) are configured")
    }
    guard chip.dataRate.samplesPerSecond == 250 else {
      throw .unsupported(
        "a Cyton's radio carries 250 samples a second, not \(chip.dataRate.samplesPerSecond): set "
          + "amplifier.rate to 250")
    }
    guard let leadOff = chip.leadOff else { return }
    let settings = leadOff.settings
    guard case .hertz31 = settings.frequency, case .nanoamperes6 = settings.current else {
      throw .unsupported(
        "a Cyton's firmware drives 6 nA at 31.2 Hz through an electrode and nothing else: measure "
          + "with that, and leave amplifier.lead-off off")
    }
  }

  /// Of a channel, 1 to 8 on the board, Q to I on the Daisy.
  private static func name(_ chip: Int, _ channel: Int) -> String {
    chip == 0 ? String(channel + 1) : String(Array("QWERTYUI")[channel])
  }

  /// `x CH POWER GAIN INPUT BIAS SRB2 SRB1 X`.
  private static func channel(
    _ settings: ADS1299.ChannelSettings, of chip: ADS1299Configuration, _ channel: Int,
    name: String
  ) -> String {
    let bit = ADS1299.ChannelMask(rawValue: 1 << UInt8(channel))
    let feedsBias =
      chip.bias.map { !$0.positive.union($0.negative).isDisjoint(with: bit) } ?? false
    func digit(_ flag: Bool) -> String { flag ? "1" : "0" }
    return "x\(name)\(digit(settings.isPoweredDown))\(settings.gain.rawValue)"
      + "\(settings.input.rawValue)\(digit(feedsBias))\(digit(settings.connectsSRB2))"
      + "\(digit(chip.connectsSRB1))X"
  }

  /// `z CH P N Z` for each channel that a current flows in.
  private static func currents(_ chip: ADS1299Configuration, names: [String]) -> [String] {
    guard let leadOff = chip.leadOff else { return [] }
    return names.enumerated().compactMap { channel, name in
      let bit = ADS1299.ChannelMask(rawValue: 1 << UInt8(channel))
      let positive = leadOff.positive.contains(bit) ? "1" : "0"
      let negative = leadOff.negative.contains(bit) ? "1" : "0"
      return positive == "0" && negative == "0" ? nil : "z\(name)\(positive)\(negative)Z"
    }
  }

  private static func testSignal(_ source: ADS1299.Config2) -> String {
    switch source.frequency {
    case .direct: "p"
    case .slow: source.isDoubled ? "[" : "-"
    case .fast: source.isDoubled ? "]" : "="
    }
  }
}

extension CytonCommands {
  private static var terminator: String { "$$$" }

  /// From whatever state the board is in to where `b` makes it stream.
  ///
  /// - Returns: the firmware's version.
  func prepare(_ line: inout LineConversation) throws(AmplifierFault) -> String? {
    // It may stream since the last session.
    try line.send(Array("s".utf8))
    _ = try line.awaitQuiet(.milliseconds(60), within: .seconds(1))
    let version = try greet(&line)
    try chooseChannels(&line)
    for command in settings { try tell(command, &line) }
    return version
  }

  /// A soft reset, whose banner names board and firmware.
  private func greet(_ line: inout LineConversation) throws(AmplifierFault) -> String? {
    for _ in 0..<3 {
      guard let banner = try line.ask("v", terminator: Self.terminator, within: .seconds(2)) else {
        continue
      }
      guard banner.contains("OpenBCI") || banner.contains("ADS1299") else {
        throw .noAnswer(
          device: line.device, hint: "it answers, but not as a Cyton does: \(Self.short(banner))")
      }
      let version = Self.version(banner)
      guard version.map({ $0.hasPrefix("v2") || $0.hasPrefix("v3") }) ?? true else {
        throw .noAnswer(
          device: line.device,
          hint: "its firmware is another than 2 and 3: \(Self.short(banner)); update the board")
      }
      return version
    }
    throw .noAnswer(device: line.device, hint: try radioState(&line))
  }

  /// "v3.1.2" of "Firmware: v3.1.2"; nil where there is no such line.
  static func version(_ banner: String) -> String? {
    let name = "Firmware:"
    guard let line = banner.split(whereSeparator: \.isNewline).first(where: { $0.contains(name) })
    else { return nil }
    let words = line.split(separator: name).last?.split(whereSeparator: \.isWhitespace)
    return words?.first.map { short(String($0)) }
  }

  /// Why the board does not answer: the dongle itself knows whether its radio reaches one.
  private func radioState(_ line: inout LineConversation) throws(AmplifierFault) -> String {
    try line.send([0xF0, 0x07])
    let reply = String(decoding: try line.receive(for: .milliseconds(500)), as: UTF8.self)
    if reply.contains("Down") {
      return
        "the dongle reaches no board: switch the board on (to PC), charge its battery, and see "
        + "that both are on the same channel"
    }
    if reply.contains("Up") {
      return "the dongle reaches the board, which does not answer: switch it off and on"
    }
    return
      "neither dongle nor board answers: see that the dongle's switch is at GPIO 6 and that the "
      + "board is on"
  }

  private func chooseChannels(_ line: inout LineConversation) throws(AmplifierFault) {
    guard isDaisy else {
      // Answered only by a board that has a Daisy to let go.
      _ = try line.ask("c", terminator: Self.terminator, within: .milliseconds(300))
      return
    }
    let reply = try reply(to: "C", &line)
    if reply.lowercased().contains("no daisy") || reply.hasSuffix("8") {
      throw .commandRefused(
        device: line.device, command: "C",
        reply: Self.short(reply) + "; there is no Daisy on this board: set amplifier.kind to "
          + "cyton, or fit the Daisy with the board switched off")
    }
  }

  private func tell(_ command: String, _ line: inout LineConversation) throws(AmplifierFault) {
    let reply = try reply(to: command, &line)
    if reply.contains("Failure") {
      throw .commandRefused(
        device: line.device, command: command,
        reply: Self.short(reply) + "; switch the board off and on, and update firmware before 3")
    }
  }

  private func reply(to command: String, _ line: inout LineConversation) throws(AmplifierFault)
    -> String
  {
    guard
      let reply = try line.ask(command, terminator: Self.terminator, within: .milliseconds(1500))
    else {
      throw .noAnswer(
        device: line.device,
        hint:
          "it did not answer the command `\(command)`: bring board and dongle nearer, charge the "
          + "battery")
    }
    return reply
  }

  /// One line of it, of printable characters.
  private static func short(_ text: String) -> String {
    let words = text.split { $0.isNewline || $0.isWhitespace }.joined(separator: " ")
    return String(String(words.filter { $0.isASCII }).prefix(120))
  }

  /// Bytes in which no packets were found.
  static func explain(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty {
      return "the board answers but does not stream: switch it off and on"
    }
    let mixed = zip(bytes, bytes.dropFirst()).filter { $0 == 0xA0 && $1 == 0x41 }.count
    if mixed >= 3 && mixed * 40 >= bytes.count / 2 {
      return "its packets begin with A0 41, as they do when the radios of board and dongle have "
        + "different firmware: bring both to the same version"
    }
    return
      "\(bytes.count) bytes came without a packet in them: another device, another baud rate, or "
      + "a bad radio link"
  }
}
