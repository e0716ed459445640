// From the words of [amplifier] to the chips that they describe: one configuration for each chip,
// all of it checked before any is touched.

import Amplifiers
import Signal

extension Configuration {
  /// What the only chip shall do.
  ///
  /// - Throws: `Failure` when a key is wrong, or when there are several chips.
  func chip() throws(Failure) -> ADS1299Configuration {
    let chips = try chips()
    guard chips.count == 1 else {
      throw Failure(
        .configuration,
        "`amplifier.arrangement` describes \(chips.count) chips where one is needed: set it to "
          + "single and name one chip's channels")
    }
    return chips[0]
  }

  /// What each chip shall do, the first chip first; `amplifier.channels` in their order.
  ///
  /// - Throws: `Failure` with one sentence that names the key.
  func chips() throws(Failure) -> [ADS1299Configuration] {
    let layout = try ChipLayout(amplifier)
    var chips: [ADS1299Configuration] = []
    for index in 0..<layout.count {
      let chip = try layout.chip(index)
      try explaining(.configuration, prefix: "[amplifier] ") { () throws(AmplifierFault) in
        try chip.validate()
      }
      chips.append(chip)
    }
    if amplifier.arrangement == "daisy-chain" {
      try layout.checkThatAllAreAlike(chips)
    }
    return chips
  }

  /// The channels that the amplifier will deliver, in their order; not of a replay.
  func montage() throws(Failure) -> Montage {
    if let kind = streamKind { return try streamProfile(kind).montage }
    let montages = try chips().map { $0.montage(labels: []) }
    var channels = montages.flatMap(\.channels)
    for index in channels.indices { channels[index].label = amplifier.channels[index] }
    return Montage(channels: channels, samplesPerSecond: Double(amplifier.rate))
  }
}

extension ChipLayout {
  /// What one chip shall do.
  func chip(_ index: Int) throws(Failure) -> ADS1299Configuration {
    var chip = try explaining(.configuration) { () throws(AmplifierFault) in
      try ADS1299Configuration(
        samplesPerSecond: Double(section.rate), gain: Double(section.gain),
        channelCount: channelsPerChip)
    }
    for channel in 0..<channelsPerChip {
      chip.channels[channel] = try settings(channel + index * channelsPerChip)
    }
    chip.connectsSRB1 = section.reference == "srb1" || section.reference == "usual"
    chip.bias = bias(index, chip.channels)
    chip.leadOff = try leadOff(chip.channels)
    chip.testSource = testSource(for: chip)
    chip.statusCanary = section.canary < 0 ? nil : UInt8(section.canary)
    chip.clockOutput = section.clockOutput == "first" && index == 0
    chip.isReadSeparately = section.arrangement == "cascade"
    chip.readMode = section.readMode == "rdatac" ? .continuous : .onRequest
    return chip
  }

  /// In a daisy chain on one chip select every chip hears every write.
  func checkThatAllAreAlike(_ chips: [ADS1299Configuration]) throws(Failure) {
    let first = chips[0].registerValues()
    for (index, chip) in chips.enumerated().dropFirst() {
      let values = chip.registerValues()
      // The bias amplifier runs in every chip of such a chain or in none; see `bias`.
      for register in ADS1299.Register.allCases
      where values[Int(register.rawValue)] != first[Int(register.rawValue)] {
        throw wrong(
          "arrangement",
          "is a daisy chain on one chip select, where all chips get the same settings, but "
            + "\(register.name) of chip \(index + 1) would differ from chip 1: make their channels "
            + "alike, or wire a cascade")
      }
    }
  }

  private func settings(_ channel: Int) throws(Failure) -> ADS1299.ChannelSettings {
    let label = section.channels[channel]
    let factor = section.gains.isEmpty ? section.gain : section.gains[channel]
    guard let gain = ADS1299.Gain(Double(factor)) else {
      throw wrong("gains", "gives \(label) a gain of \(factor): choose 1, 2, 4, 6, 8, 12 or 24")
    }
    // A channel that is powered down shall be shorted (SBAS499C, "CHnSET").
    if section.off.contains(label) {
      return .init(gain: gain, input: .shorted, isPoweredDown: true)
    }
    let word = section.inputs.isEmpty ? "electrode" : section.inputs[channel]
    guard let input = ADS1299.Input(word: word) else {
      let words = ADS1299.Input.allCases.map(\.word).joined(separator: ", ")
      throw wrong("inputs", "connects \(label) to \"\(word)\": choose \(words)")
    }
    let takesSRB2 =
      section.reference == "srb2"
      && (section.srb2.isEmpty ? input == .electrode : section.srb2.contains(label))
    return .init(gain: gain, input: input, connectsSRB2: takesSRB2)
  }

  /// Channels of one chip that measure an electrode.
  private func onElectrodes(_ channels: [ADS1299.ChannelSettings]) -> ADS1299.ChannelMask {
    var mask: ADS1299.ChannelMask = []
    for (index, channel) in channels.enumerated()
    where channel.input == .electrode && !channel.isPoweredDown {
      mask.insert(.init(rawValue: 1 << UInt8(index)))
    }
    return mask
  }

  /// Channels of one chip, by label.
  private func labelled(_ labels: [String], of chip: Int) -> ADS1299.ChannelMask {
    var mask: ADS1299.ChannelMask = []
    for index in 0..<channelsPerChip
    where labels.contains(section.channels[index + chip * channelsPerChip]) {
      mask.insert(.init(rawValue: 1 << UInt8(index)))
    }
    return mask
  }

  /// The inputs on which electrodes are: with SRB1 on the negative ones the positive, with SRB2 on
  /// the positive ones the negative, else both.
  private func electrodes(_ mask: ADS1299.ChannelMask)
    -> (positive: ADS1299.ChannelMask, negative: ADS1299.ChannelMask)
  {
    switch section.reference {
    case "srb1", "usual": (mask, [])
    case "srb2": ([], mask)
    default: (mask, mask)
    }
  }

  private func bias(_ chip: Int, _ channels: [ADS1299.ChannelSettings])
    -> ADS1299Configuration.Bias?
  {
    if section.bias == ["none"] { return nil }
    let mask =
      section.bias == ["all"] ? onElectrodes(channels) : labelled(section.bias, of: chip)
    // One amplifier drives the electrode. Chips that share a chip select cannot be told apart.
    let isDriver = chip == 0 || devices.count == 1
    switch section.biasInputs {
    case "positive": return .init(positive: mask, isDriver: isDriver)
    case "negative": return .init(positive: [], negative: mask, isDriver: isDriver)
    case "both": return .init(positive: mask, negative: mask, isDriver: isDriver)
    default:
      let found = electrodes(mask)
      return .init(positive: found.positive, negative: found.negative, isDriver: isDriver)
    }
  }

  private func leadOff(_ channels: [ADS1299.ChannelSettings]) throws(Failure)
    -> ADS1299Configuration.LeadOffDetection?
  {
    guard section.leadOff == "dc" else { return nil }
    guard let current = ADS1299.LeadOff.Current(word: section.leadOffCurrent),
      let threshold = ADS1299.LeadOff.Threshold(percent: section.leadOffThreshold)
    else {
      throw wrong(
        "lead-off",
        "cannot be set to \(section.leadOffCurrent) at \(section.leadOffThreshold) %: the chip has "
          + "6nA, 24nA, 6uA, 24uA and 95, 92.5, 90, 87.5, 85, 80, 75, 70 %")
    }
    guard current.isForPeople else {
      throw wrong(
        "lead-off-current",
        "of \(section.leadOffCurrent) is for test loads, nothing for a person, and no session "
          + "drives it: set 6nA or 24nA")
    }
    let watched = electrodes(onElectrodes(channels))
    return .init(
      settings: .init(threshold: threshold, current: current),
      positive: watched.positive, negative: watched.negative)
  }

  private func testSource(for chip: ADS1299Configuration) -> ADS1299.Config2 {
    // Not while nobody looks at it.
    guard chip.channels.contains(where: { $0.input == .testSignal }) else { return .init() }
    return .init(
      isInternal: true, isDoubled: section.testSignalAmplitude == "3.75mV",
      frequency: ADS1299.Config2.Frequency(word: section.testSignalFrequency) ?? .slow)
  }
}
