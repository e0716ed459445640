// How many chips [amplifier] describes, and whether its lists fit them.

/// How the channels of [amplifier] lie on its chips.
struct ChipLayout {
  let section: AmplifierSection
  let count: Int
  let channelsPerChip: Int
  /// An SPI device for each chip select.
  let devices: [String]
  /// DRDY of each chip that has it connected; the first chip's is always there.
  let dataReadyLines: [Int]

  init(_ section: AmplifierSection) throws(Failure) {
    self.section = section
    devices = section.spiDevices.isEmpty ? [section.spiDevice] : section.spiDevices
    dataReadyLines =
      section.dataReadyLines.isEmpty ? [section.dataReadyLine] : section.dataReadyLines
    count = section.chips == 0 ? devices.count : section.chips
    channelsPerChip = section.channels.count / max(1, count)
    try checkArrangement()
    try checkWires()
    try checkChannels()
    try checkLists()
  }

  private func checkArrangement() throws(Failure) {
    switch section.arrangement {
    case "single":
      guard count == 1 else {
        throw wrong(
          "arrangement", "is single but \(count) chips are named: set it to cascade or daisy-chain")
      }
    case "cascade":
      guard count == devices.count else {
        throw wrong(
          "spi-devices",
          "names \(devices.count) for the \(count) chips of `amplifier.chips`: a cascade needs a "
            + "chip select for each")
      }
    default:
      guard devices.count == 1 else {
        throw wrong(
          "spi-devices",
          "names \(devices.count): a daisy chain has one chip select for all its chips; name one, "
            + "or make the arrangement a cascade")
      }
    }
    if section.arrangement != "single" && count == 1 {
      throw wrong(
        "arrangement",
        "is \(section.arrangement) but one chip is named: name more `amplifier.spi-devices`, or "
          + "set `amplifier.chips`")
    }
    if count > 4 { throw wrong("spi-devices", "names \(count) chips: at most 4 are read together") }
  }

  private func checkWires() throws(Failure) {
    if let twice = Self.firstTwice(devices) {
      throw wrong("spi-devices", "names \(twice) twice: each chip select is one device")
    }
    if dataReadyLines.count > count {
      throw wrong(
        "data-ready-lines",
        "names \(dataReadyLines.count) lines for \(count) chip\(count == 1 ? "" : "s"): at most "
          + "one each")
    }
    if let twice = Self.firstTwice(dataReadyLines) {
      throw wrong("data-ready-lines", "names line \(twice) twice: each chip's DRDY has its own")
    }
    if section.clockOutput == "first", section.arrangement == "daisy-chain" {
      throw wrong(
        "clock-output",
        "is first, but in a daisy chain every chip hears the same commands and would drive the "
          + "clock: use an external clock, or a cascade")
    }
  }

  private func checkChannels() throws(Failure) {
    let labels = section.channels
    guard [4, 6, 8].contains(channelsPerChip), channelsPerChip * count == labels.count else {
      let possible = [4, 6, 8].map { "\($0 * count)" }
      throw wrong(
        "channels",
        "names \(labels.count), but "
          + (count == 1 ? "an ADS1299 has" : "\(count) of the ADS1299 have")
          + " \(possible[0]), \(possible[1]) or \(possible[2]): name as many")
    }
    if let twice = Self.firstTwice(labels) {
      throw wrong("channels", "names \"\(twice)\" twice: each channel needs a label of its own")
    }
  }

  private func checkLists() throws(Failure) {
    for (key, length) in [("gains", section.gains.count), ("inputs", section.inputs.count)]
    where length != 0 && length != section.channels.count {
      throw wrong(
        key,
        "has \(length) for \(section.channels.count) channels: give one for each, or none")
    }
    try checkLabels("off", section.off)
    if section.off.count == section.channels.count {
      throw wrong("off", "powers every channel down: leave one on")
    }
    try checkLabels("srb2", section.srb2)
    if !section.srb2.isEmpty && section.reference != "srb2" {
      throw wrong(
        "srb2", "names channels, but `amplifier.reference` is not srb2: set it to srb2")
    }
    if section.bias.contains("all") || section.bias.contains("none") {
      guard section.bias.count == 1 else {
        throw wrong("bias", "must be labels of channels, or all alone, or none alone")
      }
    } else {
      try checkLabels("bias", section.bias)
      if section.bias.isEmpty { throw wrong("bias", "is empty: name channels, all, or none") }
    }
    for (key, labels) in [("srb2", section.srb2), ("bias", section.bias)] {
      if let dark = labels.first(where: section.off.contains) {
        throw wrong(key, "names \"\(dark)\", which `amplifier.off` powers down: take it out of one")
      }
    }
  }

  private func checkLabels(_ key: String, _ labels: [String]) throws(Failure) {
    guard let stranger = labels.first(where: { !section.channels.contains($0) }) else { return }
    let near = nearest(to: stranger, among: section.channels)
    throw wrong(
      key,
      "names \"\(stranger)\", which is none of `amplifier.channels`"
        + (near.map { ": did you mean \"\($0)\"?" } ?? ": name one of them"))
  }

  private static func firstTwice<Item: Hashable>(_ items: [Item]) -> Item? {
    var seen: Set<Item> = []
    return items.first { !seen.insert($0).inserted }
  }

  func wrong(_ key: String, _ what: String) -> Failure {
    Failure(.configuration, "`amplifier.\(key)` \(what)")
  }
}
