// What several chips on one bus must have in common.

import Signal

extension ADS1299Configuration {
  /// What a frame of these chips means.
  ///
  /// - Parameter labels: of all chips' channels; those without one are called "CH1", "CH2", ...
  static func montage(of chips: [ADS1299Configuration], labels: [String]) -> Montage {
    let channels = chips.flatMap(\.channels).enumerated().map { index, channel in
      Montage.Channel(
        label: index < labels.count ? labels[index] : "CH\(index + 1)",
        microvoltsPerCount: channel.gain.microvoltsPerCount)
    }
    return Montage(
      channels: channels, samplesPerSecond: Double(chips.first?.dataRate.samplesPerSecond ?? 0))
  }

  /// Whether these chips can be one stream.
  ///
  /// - Parameters:
  ///   - chips: one configuration a chip, in the order of the frame.
  ///   - selectCount: chip selects: one a chip (a cascade), or one for all (a daisy chain).
  /// - Throws: `.unsupported` with one sentence.
  static func validate(_ chips: [ADS1299Configuration], selectCount: Int) throws(AmplifierFault) {
    guard let first = chips.first, chips.count <= 4 else {
      throw .unsupported("one to four chips make a stream, not \(chips.count): name their channels")
    }
    guard selectCount == 1 || selectCount == chips.count else {
      throw .unsupported(
        "\(chips.count) chips cannot be read through \(selectCount) SPI devices: name one for "
          + "each chip, or one for a daisy chain")
    }
    for (index, chip) in chips.enumerated() {
      try chip.validate()
      guard chip.variant == first.variant, chip.dataRate == first.dataRate,
        chip.readMode == first.readMode
      else {
        throw .unsupported(
          "chip \(index + 1) differs from the first in its channels, its rate or its way of "
            + "reading: one stream needs the same of all")
      }
      guard chip.isReadSeparately == (selectCount > 1) else {
        throw .unsupported(
          "chip \(index + 1) is set up for a \(selectCount > 1 ? "daisy chain" : "cascade"), but "
            + "there are \(selectCount) SPI devices for \(chips.count) chips")
      }
      // They all listen to the same chip select.
      guard selectCount > 1 || chip == first else {
        throw .unsupported(
          "the chips of a daisy chain hear every command together: chip \(index + 1) cannot be set "
            + "up otherwise than the first; use a cascade")
      }
    }
  }
}
